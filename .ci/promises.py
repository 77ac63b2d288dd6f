"""Checks that a smoke run left what the README promises, and that bad input is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

RESULTS = Path("results")
PROMISED = ["claim", "label", "kind", "problem", "form", "quantity", "measured", "bound", "ratio", "lower", "upper"]
BAD = ("case=nosuch", "preset.runs=-1", "preset.runs=many", "seed=-1", "nonsense=1", "problem.arguments.slope=-1")


def main() -> int:
    """Exit code 1 and a line for each broken promise."""
    broken: list[str] = []
    verdicts = pd.read_csv(RESULTS / "verdicts.csv")
    missing = [name for name in [*PROMISED, "control", "verdict"] if name not in verdicts]
    broken += [f"verdicts.csv has no column {name}" for name in missing]
    if len(verdicts) < 50:
        broken.append(f"verdicts.csv has only {len(verdicts)} rows")
    bad = verdicts[verdicts["verdict"].isin(["refuted", "failed"])]
    broken += [f"smoke has a {row.verdict} row: {row.label} on {row.problem}" for row in bad.itertuples()]
    report = (RESULTS / "report.html").read_text(encoding="utf-8")
    broken += [f"report.html lacks {label}" for label in verdicts["label"].unique() if label not in report]
    if 'src="http' in report or '<link rel="stylesheet" href="http' in report:
        broken.append("report.html loads something from outside")
    for cell in json.loads((RESULTS / "manifest.json").read_text(encoding="utf-8"))["cells"]:
        for ending in ("svg", "pdf"):
            if not (RESULTS / "figures" / f"{cell['case']}.{ending}").is_file():
                broken.append(f"no figure {cell['case']}.{ending}")
    broken += refusals()
    for line in broken:
        print(f"broken promise: {line}", file=sys.stderr)
    return 1 if broken else 0


def refusals() -> list[str]:
    """Bad input must give one line, a non-zero exit, and write nothing."""
    broken = []
    before = sorted(path.stat().st_mtime_ns for path in RESULTS.rglob("*"))
    for override in BAD:
        for sweep in ([], ["-m"]):
            command = [sys.executable, "-m", "experiments", *sweep, override]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0 or len(done.stderr.strip().splitlines()) != 1 or done.stdout:
                broken.append(f"{' '.join(command[1:])}: exit {done.returncode}, said {done.stderr!r} {done.stdout!r}")
    if before != sorted(path.stat().st_mtime_ns for path in RESULTS.rglob("*")):
        broken.append("bad input changed the results")
    return broken


if __name__ == "__main__":
    sys.exit(main())
