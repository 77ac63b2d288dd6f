"""`python .ci/cluster.py`: on a Dask cluster, one worker of which is killed on the way, sweeps leave the same bytes.

Of two sweeps, one has small cases, the other one that takes so long that its simulations are cut. A worker whose
sources are others is refused.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is not installed, and a script sees only its own folder

import distributed  # noqa: E402

from benchmarks.dask_here import dask_here  # noqa: E402
from experiments.sweep.versions import FOLDERS, SOURCES  # noqa: E402

SMALL = ("lemma07_small_triangle", "lemma08_pair", "lemma10_kink", "lemma20_kink", "theorem09_pair", "theorem18_kink")
LONG = (
    "preset.guess_limit=13",
    "preset.runs=200",
    "case.settings.guess_ratios=[4]",
)  # 16 s of one core, for the estimate 50
SWEEPS = {"small": (f"case={','.join(SMALL)}",), "large": ("case=theorem11_kink", *LONG)}
SAME = ("cells/*/*", "manifest.json", "verdicts.csv", "controls.csv", "tightness.csv", "resolution.csv")
PATIENCE = 900.0  # seconds, for a machine that has much else to do


def main() -> int:
    """Exit code 1 and a line for each broken promise."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / place for place in ("here", "there")]
        for name, asked in SWEEPS.items():
            finish(begin(folders[0] / name, *asked), f"{name}: local pool")
        with dask_here(2) as address:
            finish(begin(folders[1] / "small", *SWEEPS["small"], f"cluster={address}"), "small: cluster")
            sweep = begin(folders[1] / "large", *SWEEPS["large"], f"cluster={address}")
            kill_a_worker(address, sweep, folders[1] / "large" / "partial")
            finish(sweep, "large: cluster")
        broken = [line for name in SWEEPS for line in differences(*(folder / name for folder in folders))]
        broken += refusal(Path(scratch))
    for line in broken:
        print(f"broken promise: {line}", file=sys.stderr)
    return 1 if broken else 0


def begin(results: Path, *asked: str) -> subprocess.Popen[str]:
    """A sweep at work, as a user starts it."""
    command = [sys.executable, "-m", "experiments", "-m", "preset=smoke", *asked, f"results={results}"]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(sweep: subprocess.Popen[str], name: str) -> None:
    """Wait until the sweep is done, which it must be without an error."""
    began = time.monotonic()
    _, error = sweep.communicate(timeout=PATIENCE)
    if sweep.returncode or error:
        sys.exit(f"broken promise: {name}: exit code {sweep.returncode}, said {error!r}")
    print(f"{name}: done, {time.monotonic() - began:.0f} s", flush=True)


def kill_a_worker(address: str, sweep: subprocess.Popen[str], parts: Path) -> None:
    """SIGKILL for one that is at work on a part, once another part is there."""
    with distributed.Client(address, set_as_default=False) as client:
        pids, end = client.run(os.getpid), time.monotonic() + PATIENCE
        while not list(parts.glob("*/*.npz")):
            if sweep.poll() is not None or time.monotonic() > end:
                sys.exit("broken promise: the large case was not cut into parts")
            time.sleep(0.02)
        busy = [worker for worker, tasks in client.processing().items() if tasks]
        os.kill(pids[busy[0]], signal.SIGKILL)
        print(f"killed {busy[0]} with SIGKILL: {len(list(parts.glob('*/*.npz')))} parts done, {len(busy)} at work")


def differences(here: Path, there: Path) -> list[str]:
    """Files that are not the same, byte for byte, verdicts included."""
    found = []
    for results in (here, there):
        subprocess.run([sys.executable, "-m", "analysis", str(results)], cwd=ROOT, check=True, capture_output=True)
        files = {path for pattern in SAME for path in results.glob(pattern)}
        found.append({str(path.relative_to(results)): path.read_bytes() for path in sorted(files)})
    one, two = found
    print(f"{here.name}: {len(one)} files compared, {sum(map(len, one.values()))} bytes")
    lacking = [f"{here.name} has no {name}" for name in SAME if not list(here.glob(name))]
    return lacking + [f"differs: {name}" for name in sorted(one.keys() | two.keys()) if one.get(name) != two.get(name)]


def refusal(scratch: Path) -> list[str]:
    """A control: a worker with another source must be refused in one line, before anything is written."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, scratch / "other" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (scratch / "other" / "theory" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write("# another source\n")
    with dask_here(1, scratch / "other") as address:
        sweep = begin(scratch / "refused", "case=lemma08_pair", f"cluster={address}")
        printed, error = sweep.communicate(timeout=PATIENCE)
    print(f"other sources: exit code {sweep.returncode}: {error.strip()}")
    good = sweep.returncode and not printed and len(error.splitlines()) == 1 and SOURCES in error
    return [] if good and not (scratch / "refused").exists() else ["a worker with other sources was not refused"]


if __name__ == "__main__":
    sys.exit(main())
