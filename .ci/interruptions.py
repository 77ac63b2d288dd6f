"""`python .ci/interruptions.py [KILLS]`: a sweep that is killed again and again ends as if nothing had happened.

The parent or a worker is killed (SIGKILL) at random moments; then the same command goes on. In the end every byte of
cells, tables, figures and report is that of a sweep that nobody disturbed, and no process is left after any kill.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = (
    "lemma04_hump,lemma05_kink,lemma07_kink,lemma08_pair,lemma10_kink,lemma20_kink,"
    "theorem09_pair,theorem11_kink,theorem18_kink,section11_still,equation1_kink,corollary19_short"
)
LONGEST = 2.5  # seconds after the first line, until a kill


def main(kills: int) -> int:
    """Exit code 1 and a line for each broken promise."""
    rng, broken = random.Random(0), []
    with tempfile.TemporaryDirectory() as scratch:
        calm, wild = Path(scratch, "calm"), Path(scratch, "wild")
        finish(calm)
        counts = {"parent": 0, "worker": 0, "too late": 0}
        while counts["parent"] + counts["worker"] < kills:
            forget(wild, rng)
            whom, family = disturb(wild, rng)
            counts[whom] += 1
            broken += [f"{whom} killed: process {pid} is still there" for pid in left(family)]
        damaged = sorted(path.name for path in (wild / "damaged").glob("*"))
        finish(wild)
        broken += [f"set aside as damaged: {name}" for name in damaged]
        broken += [f"differs or is missing: {name}" for name in differences(calm, wild)]
    print(
        f"killed {counts['parent']} parents and {counts['worker']} workers; {counts['too late']} times it was too late"
    )
    for line in broken:
        print(f"broken promise: {line}", file=sys.stderr)
    return 1 if broken else 0


def command(results: Path) -> list[str]:
    """The sweep that is disturbed."""
    return [sys.executable, "-m", "experiments", "-m", f"case={CASES}", "preset=smoke", f"results={results}"]


def finish(results: Path) -> None:
    """The sweep and its report, undisturbed; CalledProcessError if one of them fails."""
    for task in (command(results), [sys.executable, "-m", "analysis", str(results)]):
        subprocess.run(task, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def forget(results: Path, rng: random.Random) -> None:
    """Take away some of the cells, so that there is something to do."""
    for cell in sorted((results / "cells").glob("[a-z]*")):
        if rng.random() < 0.5:
            subprocess.run(["rm", "-r", str(cell)], check=True)


def disturb(results: Path, rng: random.Random) -> tuple[str, list[int]]:
    """Start the sweep and kill somebody; whom, and all processes that there were."""
    started = subprocess.Popen(
        command(results), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1
    )
    assert started.stdout is not None
    started.stdout.readline()
    time.sleep(rng.random() * LONGEST)
    family = below(started.pid)
    workers = [pid for pid in family if depth(pid, started.pid) > 1]
    whom = "worker" if workers and rng.random() < 0.5 else "parent"
    target = rng.choice(workers) if whom == "worker" else started.pid
    try:
        if started.poll() is not None:
            raise ProcessLookupError
        os.kill(target, signal.SIGKILL)
    except ProcessLookupError:
        whom = "too late"
    started.stdout.read()  # a sweep whose worker was killed goes on to its end
    started.wait()
    return whom, family


def parents() -> dict[int, int]:
    """Every process with its parent; zombies are none."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


def below(pid: int) -> list[int]:
    """All processes that a process has started, directly or not."""
    above, found = parents(), [pid]
    for parent in found:
        found += [child for child, own in above.items() if own == parent]
    return found[1:]


def depth(pid: int, top: int) -> int:
    """How many generations a process is below another."""
    above, count = parents(), 0
    while pid != top and pid in above:
        pid, count = above[pid], count + 1
    return count


def left(family: list[int], patience: float = 10.0) -> list[int]:
    """Those of the processes that are still there after a while."""
    end = time.monotonic() + patience
    while (alive := [pid for pid in family if pid in parents()]) and time.monotonic() < end:
        time.sleep(0.05)
    return alive


def differences(one: Path, other: Path) -> list[str]:
    """Names of files that are not in both, with the same bytes; but what cases cost is not expected to be equal."""
    found = []
    for name in sorted({path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*")}):
        both = [folder / name for folder in (one, other)]
        if name.name == "costs.json" or all(path.is_dir() for path in both):
            continue
        if not all(path.is_file() for path in both) or both[0].read_bytes() != both[1].read_bytes():
            found.append(str(name))
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
