"""`python -m tests.mutants [FILE ...] [--sample N] [--seed S]`: how many faults the tests notice, file by file.

First the whole suite runs once, to learn which test runs which line. Then, for every fault, the tests that run its line,
in a copy of the repository, until one fails: the fault is killed. Those that killed other faults of the file come first,
then the fastest. Faults that no test could notice, for they change nothing, stand in tests/equivalent_mutants.csv, each
with its reason. A suite that takes ten times as long as it should counts as failed.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, groupby
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from tests.mutants import PACKAGES
from tests.mutants.coverage_map import ROOT, Map, read
from tests.mutants.forks import Answer, Server
from tests.mutants.operators import Mutant, mutants

EQUIVALENT = ROOT / "tests" / "equivalent_mutants.csv"
BUDGET = 40.0  # seconds of tests for a fault
AIM = 0.95
FEW = 5  # tests that run a line: others may have what it found from the one that ran it first
FIRST = 4  # tests that are asked before all others, for they killed the faults before


def main() -> int:
    """Exit code 1 if the tests notice less than the aim in some file."""
    given = _arguments()
    chosen = _chosen(given.files, given.sample, given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        known = _map(Path(scratch) / "map" if given.map is None else given.map)
        scores = []
        for path, judged in groupby(_judged(chosen, known, Path(scratch), given.workers), lambda each: each[0].path):
            scores.append(_scored(path, judged))
    print(f"all: {sum(each.killed for each in scores)} of {sum(each.count for each in scores)} killed")
    return 1 if any(each.killed < AIM * each.count for each in scores) else 0


class Score(NamedTuple):
    """Of the `count` faults of a file, so many are killed."""

    killed: int
    count: int


def _scored(path: str, judged: Iterable[tuple[Mutant, bool]]) -> Score:
    """Prints what survives, and the score of the file."""
    killed = count = 0
    for mutant, dead in judged:
        killed, count = killed + dead, count + 1
        if not dead:
            print(f"survives: {path}:{mutant.line}: {mutant.within}: {mutant.what}", flush=True)
    print(f"{path}: {killed} of {count} ({killed / count:.0%})", flush=True)
    return Score(killed, count)


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
    known = {(row["file"], row["within"], row["fault"]) for row in equivalent()}
    chosen = []
    for path in paths:
        faults = mutants(path, (ROOT / path).read_text())
        found = [each for each in faults if (path, each.within, each.what) not in known]
        if sample is not None and len(found) > sample:
            found = sorted(random.Random(f"{seed}/{path}").sample(found, sample), key=lambda each: each.number)
        chosen += found
    return chosen


def equivalent() -> list[dict[str, str]]:
    """The rows of tests/equivalent_mutants.csv: file, within, fault, reason."""
    with EQUIVALENT.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _map(folder: Path) -> Map:
    """Which test runs which line, and how long it takes; tests that fail without any fault are named."""
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("lines.*")):
        print("learning which test runs which line", flush=True)
        command = [sys.executable, "-m", "pytest", "-n", "auto", "-p", "tests.mutants.coverage_map"]
        environment = {**os.environ, "MUTANTS_LINES": str(folder)}
        subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL)
    found = read(folder)
    for test in sorted(found.failing):
        print(f"fails without any fault, and is left out: {test}", flush=True)
    return found


def _judged(chosen: Sequence[Mutant], known: Map, scratch: Path, workers: int) -> Iterator[tuple[Mutant, bool]]:
    """Every fault with whether a test notices it."""
    copies: Queue[Copy] = Queue()
    made = [Copy(_copied(scratch / f"copy{i}")) for i in range(workers)]
    for each in made:
        copies.put(each)

    def judge(mutant: Mutant) -> tuple[Mutant, bool]:
        copy = copies.get()
        try:
            return mutant, copy.is_killed(mutant, known)
        finally:
            copies.put(copy)

    try:
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(judge, chosen)
    finally:
        for each in made:
            each.server.close()


def _copied(target: Path) -> Path:
    """A copy of what git knows, with the same environment."""
    known = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in known.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    (target / ".venv").symlink_to(sys.prefix)
    return target


class Copy:
    """A copy of the repository, with a server that runs tests in it."""

    def __init__(self, place: Path) -> None:
        self.place, self.server = place, Server(place)
        self._passes: dict[str, bool] = {}  # tests that failed with a fault: whether they pass without
        self._killers: dict[str, list[str]] = defaultdict(list)  # for every file, the tests that failed, the last first

    def is_killed(self, mutant: Mutant, known: Map) -> bool:
        """Whether a test fails with the fault that passes without."""
        tests = [test for test in _tests(mutant, known) if self._passes.get(test, True)]
        first = [test for test in self._killers[mutant.path] if test in tests][:FIRST]
        others = [test for test in tests if test not in first]
        return self._fails(mutant, first, known) or self._fails(mutant, others, known)

    def _fails(self, mutant: Mutant, tests: list[str], known: Map) -> bool:
        while tests:
            answer = self._answer(mutant, tests, known)
            if answer.code == 0:
                return False
            if not answer.failing:  # what is imported fails, or takes for ever
                if self.server.run(["--collect-only", *tests], _limit(tests, known)).code:
                    raise ValueError("the map is of other tests: it has to be made anew")
                return True
            if self._is_sound(answer.failing, known):
                killers = self._killers[mutant.path]
                killers[:] = [answer.failing, *(each for each in killers if each != answer.failing)]
                return True
            tests.remove(answer.failing)
        return False

    def _answer(self, mutant: Mutant, tests: Sequence[str], known: Map) -> Answer:
        target = self.place / mutant.path
        whole = target.read_text()
        try:
            _write(target, mutant.source)
            return self.server.run(tests, _limit(tests, known))
        finally:
            _write(target, whole)

    def _is_sound(self, test: str, known: Map) -> bool:
        if test not in self._passes:
            self._passes[test] = self.server.run([test], _limit([test], known)).code == 0
        return self._passes[test]


def _write(target: Path, text: str) -> None:
    """Without what was compiled of the text before, which may bear the same date and size."""
    target.write_text(text)
    for compiled in (target.parent / "__pycache__").glob(f"{target.stem}.*"):
        compiled.unlink()


def _limit(tests: Sequence[str], known: Map) -> float:
    return 60.0 + 10.0 * sum(known.times.get(test, 1.0) for test in tests)


def _tests(mutant: Mutant, known: Map) -> list[str]:
    """The tests that run the line, the fastest first, as far as the budget goes. After them, where the line runs in few
    tests only (when its file is imported, or once in a process, for what it finds is kept), those of the whole file; and
    where these are few (it is compiled, and machine code does not tell what runs), those of its folder."""
    lines = known.lines.get(mutant.path, {})
    files = (found for path, found in known.lines.items() if Path(path).parent == Path(mutant.path).parent)
    tests: list[str] = []
    for more in (lines.get(mutant.line, ()), chain(*lines.values()), chain(*(chain(*each.values()) for each in files))):
        if len(tests) < FEW:
            tests += _fastest_first({*more} - {*tests}, known)
    left, chosen = BUDGET, []
    for test in tests:
        left -= known.times.get(test, 1.0)
        if left < 0.0 and chosen:
            break
        chosen.append(test)
    return chosen


def _fastest_first(tests: Iterable[str], known: Map) -> list[str]:
    return sorted(tests, key=lambda test: (known.times.get(test, 1.0), test))


if __name__ == "__main__":
    sys.exit(main())
