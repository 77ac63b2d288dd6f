"""How far a sweep is: what its cases cost before, a line for every case that ends, and a note of who is at work.

Costs are seconds of one core. They stand beside the cells, not in them: a cell has the same bytes whenever it is made.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from experiments.sweep.asked import varied
from experiments.sweep.job import Job
from experiments.sweep.sizes import duration, sizes
from foundation.files import write

OFTEN = 5.0  # seconds after which costs are written again: there may be very many


def read_json(path: Path, otherwise: Any) -> Any:
    """What a file holds that is of use only if it is there and whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise


def write_json(path: Path, value: Any) -> None:
    """Write a small file, all or nothing. Raises OSError that names the path."""
    write(path, json.dumps(value, indent=1, sort_keys=True).encode() + b"\n")


def name_of(case: str, varied: str) -> str:
    """A case with what sets it apart from its row of the table: "theorem11_kink", "theorem11_kink (seed=1)"."""
    return f"{case} ({varied})" if varied else case


class Costs:
    """What cases of a preset took, in seconds of one core, from results/costs.json."""

    def __init__(self, results: Path, preset: str) -> None:
        self._path, self._preset, self._written = results / "costs.json", preset, -OFTEN
        self._known: dict[str, float] = read_json(self._path, {}).get(preset, {})

    def expected(self, jobs: Mapping[str, Job]) -> dict[str, float]:
        """What each job, by its key, will take: what its case took before, else by its size.

        Raises TooManyError, one line, for a job that is too large for this machine.
        """
        found = zip(jobs.items(), sizes(list(jobs.values())), strict=True)
        return {
            name: self._known.get(name_of(job.name, varied(job)), max(0.5, size.seconds)) for (name, job), size in found
        }

    def of(self, case: str) -> float | None:
        """What the case took before, if it was measured."""
        return self._known.get(case)

    def add(self, case: str, seconds: float) -> None:
        """Remember what a case took; it is written now and then, and at the end."""
        self._known[case] = round(seconds, 2)
        if time.monotonic() - self._written > OFTEN:
            self._write()

    def __enter__(self) -> Costs:
        self._written = time.monotonic()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._known:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        write_json(self._path, {**read_json(self._path, {}), self._preset: self._known})


class Progress:
    """Says how far a sweep is. expected: seconds of every job that is not done, by its key; total: of all."""

    def __init__(self, total: int, expected: Mapping[str, float], workers: int) -> None:
        self._total, self._left, self._workers = total, dict(expected), workers
        self._console = Console(soft_wrap=True, highlight=False, markup=False)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}")
        self._bar = Bar(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("cases", total=len(expected), left="")
        self._paid = self._price = 0.0  # seconds since the start, and what was expected for what is done

    def __enter__(self) -> Progress:
        if self._left:
            left = f", about {duration(self._time_left())} left"
            longest = max(self._left, key=self._left.__getitem__)
            if self._left[longest] > 60.0:
                left += f"; the longest is {longest.rsplit('-', 1)[0]}, {duration(self._left[longest])} of one core"
        self._say(f"{self._total} cases, {self._total - len(self._left)} already done{left if self._left else ''}")
        self._began = time.monotonic()
        self._bar.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.stop()

    def done(self, name: str, case: str, error: str) -> None:
        """A job has ended; its error, "" if it has none."""
        self._price += self._left.pop(name, 0.0)
        self._paid = time.monotonic() - self._began
        self._bar.update(self._task, advance=1, left=f"about {duration(self._time_left())} left")
        if error or not self._console.is_terminal:
            count = self._bar.tasks[0].completed
            note = f"FAILED: {error}" if error else "done"
            clock = f"{duration(self._paid)}, about {duration(self._time_left())} left"
            self._say(f"[{count:.0f}/{self._bar.tasks[0].total:.0f}] {case}: {note}; {clock}")

    def _time_left(self) -> float:
        """By what was expected, scaled by how well that has fitted so far."""
        share = self._paid * self._workers / self._price if self._price else 1.0
        return sum(self._left.values()) / self._workers * min(10.0, max(0.1, share))

    def _say(self, line: str) -> None:
        self._console.print(line)


class Running:
    """A note in the results folder of what a sweep is at work on, for `python -m experiments status`."""

    def __init__(self, results: Path) -> None:
        self._results, self._path = results, results / f".running-{os.getpid()}.json"

    def __enter__(self) -> Running:
        running(self._results)  # removes the notes of those that were killed
        return self

    def __exit__(self, *raised: object) -> None:
        self._path.unlink(missing_ok=True)

    def write(self, cases: Sequence[str]) -> None:
        """The keys of the cases that somebody is at work on."""
        write_json(self._path, list(cases))


def running(results: Path) -> list[str]:
    """What sweeps are at work on in this folder; notes of processes that are no more are removed."""
    found: list[str] = []
    for path in results.glob(".running-*.json"):
        if Path(f"/proc/{path.stem.rpartition('-')[2]}").exists() or not Path("/proc").exists():
            found += read_json(path, [])
        else:
            path.unlink(missing_ok=True)
    return found
