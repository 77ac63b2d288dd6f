"""`python -m tests.mutants [FILE ...] [--sample N] [--seed S]`: how many faults the tests notice, file by file.

First the whole suite runs once, to learn which test runs which line. Then, for every fault, the tests that run its line,
the fastest first, in a copy of the repository, until one fails: the fault is killed. Faults that no test could
notice, for they change nothing, stand in tests/equivalent_mutants.csv, each with its reason. A suite that takes ten times as
long as it should counts as failed.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutants import PACKAGES
from tests.mutants.coverage_map import ROOT, read
from tests.mutants.operators import Mutant, mutants

EQUIVALENT = ROOT / "tests" / "equivalent_mutants.csv"
BUDGET = 40.0  # seconds of tests for a fault
AIM = 0.95


def main() -> int:
    """Exit code 1 if the tests notice less than the aim in some file."""
    given = _arguments()
    chosen = _chosen(given.files, given.sample, given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        lines, times = _map(Path(scratch) if given.map is None else given.map)
        survivors = defaultdict(list)
        for mutant, killed in _judged(chosen, lines, times, Path(scratch), given.workers):
            if not killed:
                survivors[mutant.path].append(mutant)
                print(f"survives: {mutant.path}:{mutant.line}: {mutant.what}", flush=True)
    return _report(chosen, survivors)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="files to mutate; all of the mutated folders if none is given")
    parser.add_argument("--sample", type=int, help="so many faults of each file, chosen at random; all if not given")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="faults that are tried at once")
    parser.add_argument("--map", type=Path, help="a folder that keeps which test runs which line, from run to run")
    return parser.parse_args()


def _chosen(files: Sequence[str], sample: int | None, seed: int) -> list[Mutant]:
    """The faults to be tried; those that are known to change nothing are left out."""
    paths = files or [str(p.relative_to(ROOT)) for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
    known = {(row["file"], row["fault"]) for row in equivalent()}
    chosen = []
    for path in paths:
        found = [each for each in mutants(path, (ROOT / path).read_text()) if (path, each.what) not in known]
        if sample is not None and len(found) > sample:
            found = sorted(random.Random(f"{seed}/{path}").sample(found, sample), key=lambda each: each.number)
        chosen += found
    return chosen


def equivalent() -> list[dict[str, str]]:
    """The rows of tests/equivalent_mutants.csv: file, fault, reason."""
    with EQUIVALENT.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _map(folder: Path) -> tuple[dict[str, dict[int, list[str]]], dict[str, float]]:
    """Which test runs which line, and how long it takes."""
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("lines.*")):
        print("learning which test runs which line", flush=True)
        command = [sys.executable, "-m", "pytest", "-n", "auto", "-p", "tests.mutants.coverage_map"]
        environment = {**os.environ, "MUTANTS_LINES": str(folder)}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return read(folder)


def _judged(
    chosen: Sequence[Mutant],
    lines: dict[str, dict[int, list[str]]],
    times: dict[str, float],
    scratch: Path,
    workers: int,
) -> Iterator[tuple[Mutant, bool]]:
    """Every fault with whether a test notices it."""
    copies: Queue[Path] = Queue()
    for i in range(workers):
        copies.put(_copy(scratch / f"copy{i}"))

    def judge(mutant: Mutant) -> tuple[Mutant, bool]:
        copy = copies.get()
        try:
            return mutant, _is_killed(mutant, _tests(mutant, lines.get(mutant.path, {}), times), times, copy)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(judge, chosen)


def _copy(target: Path) -> Path:
    """A copy of what git knows, with the same environment."""
    known = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in known.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    (target / ".venv").symlink_to(sys.prefix)
    return target


def _tests(mutant: Mutant, lines: dict[int, list[str]], times: dict[str, float]) -> list[str]:
    """The tests that run the line, the fastest first, as far as the budget goes; of a line that runs when its file is
    imported only, those that run anything of the file."""
    found = lines.get(mutant.line) or sorted({test for tests in lines.values() for test in tests})
    left, chosen = BUDGET, []
    for test in sorted(found, key=lambda test: times.get(test, 1.0)):
        left -= times.get(test, 1.0)
        if left < 0.0 and chosen:
            break
        chosen.append(test)
    return chosen


def _is_killed(mutant: Mutant, tests: Sequence[str], times: dict[str, float], copy: Path) -> bool:
    if not tests:
        return False
    target, limit = copy / mutant.path, 30.0 + 10.0 * sum(times.get(test, 1.0) for test in tests)
    whole = target.read_text()
    target.write_text(mutant.source)
    try:
        return _fails(tests, copy, limit)
    finally:
        target.write_text(whole)


def _fails(tests: Sequence[str], copy: Path, limit: float) -> bool:
    """Whether the tests fail, in a process group of their own, so that nothing of them is left."""
    listed = copy / "chosen.txt"
    listed.write_text("\n".join(tests))
    command = [sys.executable, "-m", "pytest", "-x", "-q", f"@{listed}"]
    started = subprocess.Popen(
        command, cwd=copy, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + limit
    try:
        return started.wait(max(1.0, end - time.monotonic())) != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def _report(chosen: Sequence[Mutant], survivors: dict[str, list[Mutant]]) -> int:
    """A line for every file; the exit code."""
    counts: dict[str, int] = defaultdict(int)
    for mutant in chosen:
        counts[mutant.path] += 1
    for path, count in counts.items():
        killed = count - len(survivors[path])
        print(f"{path}: {killed} of {count} ({killed / count:.0%})")
    missed = sum(len(found) for found in survivors.values())
    print(f"all: {len(chosen) - missed} of {len(chosen)} killed")
    return 1 if any(len(survivors[path]) > (1.0 - AIM) * count for path, count in counts.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
