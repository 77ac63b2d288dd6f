"""`python .ci/promises.py RESULTS`: a smoke run left what the README promises, and bad input is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is not installed, and a script sees only its own folder

from analysis.resolution import RESOLUTION  # noqa: E402
from analysis.tables import CONTROLS, VERDICTS  # noqa: E402
from analysis.tightness import TIGHTNESS  # noqa: E402
from experiments.sweep.cells import figure_name  # noqa: E402
from experiments.sweep.manifest import read  # noqa: E402

BAD = (
    "case=nosuch",
    "preset=nosuch",
    "preset.runs=-1",
    "preset.runs=many",
    "seed=-1",
    "nonsense=1",
    "problem.arguments.slope=-1",
)

REFUTED = {("Theorem 11 (constant)", "stated")}  # in smoke; Theorem 11 itself, for large C, only where there is time

# claims of which smoke rejects no near miss: what tells, loud noise or a helix, takes too long there
TAKES_PAPER = {"baselines", "constant", "optimality_rate"}
VACUOUS = {(name, "ledger: last") for name in ("lemma07", "lemma17")}  # their docstring says why


def main(results: Path) -> int:
    """Exit code 1 and a line for each broken promise."""
    verdicts = pd.read_csv(results / "verdicts.csv")
    twins = pd.read_csv(results / "controls.csv")
    broken = [
        *columns(results),
        *table(verdicts),
        *near_misses(verdicts, twins),
        *page(results, verdicts),
        *figures(results),
        *refusals(results),
    ]
    for line in broken:
        print(f"broken promise: {line}", file=sys.stderr)
    return 1 if broken else 0


def columns(results: Path) -> list[str]:
    """The tables have the columns that the analysis declares, in that order."""
    promised = {
        "verdicts.csv": VERDICTS,
        "controls.csv": CONTROLS,
        "tightness.csv": TIGHTNESS,
        "resolution.csv": RESOLUTION,
    }
    found = {name: tuple(pd.read_csv(results / name, nrows=0).columns) for name in promised}
    return [
        f"{name} has columns {found[name]}, not {promised[name]}" for name in promised if found[name] != promised[name]
    ]


def table(verdicts: pd.DataFrame) -> list[str]:
    """verdicts.csv has enough rows, every claim a rejected control; refuted is what must be, and nothing failed."""
    broken = []
    if len(verdicts) < 50:
        broken.append(f"verdicts.csv has only {len(verdicts)} rows")
    refuted = verdicts[verdicts["verdict"] == "refuted"]
    if set(zip(refuted["label"], refuted["form"], strict=True)) != REFUTED:
        broken.append(f"smoke refutes other rows than {sorted(REFUTED)}")
    bad = pd.concat([refuted[refuted["form"] != "stated"], verdicts[verdicts["verdict"] == "failed"]])
    broken += [f"smoke has a {row.verdict} row: {row.label} on {row.problem}" for row in bad.itertuples()]
    for label, rows in verdicts.groupby("label"):
        if not rows["control"].str.contains(": refuted").any():
            broken.append(f"no control of {label} was rejected")
    return broken


def near_misses(verdicts: pd.DataFrame, twins: pd.DataFrame) -> list[str]:
    """A near miss of every claim is rejected, but for those that take a larger preset; vacuous is what must be."""
    rejected = set(twins[twins["near"] & (twins["verdict"] == "refuted")]["claim"])
    silent = set(verdicts["claim"]) - rejected
    broken = [f"no near miss of {name} was rejected" for name in sorted(silent - TAKES_PAPER)]
    broken += [f"a near miss of {name} was rejected, after all" for name in sorted(TAKES_PAPER & rejected)]
    rows = verdicts[verdicts["verdict"] == "vacuous"]
    vacuous = set(zip(rows["claim"], rows["quantity"], strict=True))
    broken += [f"vacuous in smoke: {quantity} of {name}" for name, quantity in sorted(vacuous - VACUOUS)]
    return broken + [f"not vacuous, after all: {quantity} of {name}" for name, quantity in sorted(VACUOUS - vacuous)]


class Loads(HTMLParser):
    """Collects what a page would fetch: everything but links to click on, anchors and inline data."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps what the tag's attributes would fetch."""
        for key, value in attrs:
            fetches = key in ("src", "srcset", "data", "href", "xlink:href") and tag != "a"
            if fetches and not (value or "").startswith(("#", "data:")):
                self.found.append(f"{tag} {key}={value}")


def page(results: Path, verdicts: pd.DataFrame) -> list[str]:
    """report.html speaks of every claim and loads nothing: what it needs is inside."""
    text = (results / "report.html").read_text(encoding="utf-8")
    parser = Loads()
    parser.feed(text)
    styles = re.findall(r"""@import.*|url\((?!\s*["']?(?:#|data:))[^)]*""", text)
    broken = [f"report.html lacks {label}" for label in verdicts["label"].unique() if label not in text]
    return broken + [f"report.html loads {found}" for found in [*parser.found, *styles]]


def figures(results: Path) -> list[str]:
    """An SVG and a PDF for every case of the sweep."""
    names = [figure_name(cell.case, cell.varied) for cell in read(results)[-1].cells]
    paths = [results / "figures" / f"{name}.{ending}" for name in names for ending in ("svg", "pdf", "csv")]
    return [f"no figure {path.name}" for path in paths if not path.is_file()]


def refusals(results: Path) -> list[str]:
    """Bad input must give one line, a non-zero exit, and write nothing, neither here nor in the working tree."""
    broken = []
    before = state(results)
    for override in BAD:
        for sweep in ([], ["-m"]):
            command = [sys.executable, "-m", "experiments", *sweep, override, f"results={results}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
            if done.returncode == 0 or len(done.stderr.strip().splitlines()) != 1 or done.stdout:
                broken.append(f"{' '.join(command[1:])}: exit {done.returncode}, said {done.stderr!r} {done.stdout!r}")
    if before != state(results):
        broken.append("bad input wrote something")
    return broken


def state(results: Path) -> tuple[list[tuple[str, int]], str]:
    """Every file of the results with its time, and what git sees in the working tree."""
    files = sorted((str(path), path.stat().st_mtime_ns) for path in results.rglob("*"))
    git = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=False, cwd=ROOT)
    return files, git.stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
