"""Run one job, or many in parallel: each becomes a cell, and one that fails does not take the others with it."""

from __future__ import annotations

import shutil
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from experiments.sweep.asked import varied, write_manifest
from experiments.sweep.cells import Cell
from experiments.sweep.cluster import ClusterError
from experiments.sweep.extra import load
from experiments.sweep.job import Job
from experiments.sweep.keys import fresh, key, recording
from experiments.sweep.pool import TaskError, printed, reason
from experiments.sweep.progress import Costs, Progress, Running, name_of
from experiments.sweep.provenance import provenance
from experiments.sweep.schema import plain
from experiments.sweep.shards import Begun, DeferredError, Kept, deferring, joined, parts, simulate_part
from experiments.sweep.store import DamagedCellError, clean, refresh, save, set_aside
from experiments.words.harness import examine
from simulation.batch_plans import Ask
from simulation.pausing import Snapshot
from simulation.plan import Signals

R = TypeVar("R")


def bare_cell(job: Job, name: str) -> Cell:
    """The cell of a job of which nothing is known yet."""
    claim, problem = job.claim, job.problem
    said: dict[str, Any] = {"varied": varied(job), "config": plain(job.config), "provenance": provenance()}
    return Cell(name, job.name, claim.info(), problem.name, problem.description, **said)


def run(job: Job, name: str | None = None, known: Mapping[int, Signals] | None = None) -> Cell:
    """Measure the claim and its controls; what goes wrong becomes the cell's error.

    name: the job's key, if known. known: simulations that have been done already; without it, all are done here, else
    DeferredError is raised for long ones.
    """
    if job.config.extra is not None:
        load(job.config.extra)  # in another process its rows are not known yet
    bare = bare_cell(job, name or key(job))
    simulate = {} if known is None else {"simulate": deferring(known)}
    with printed() as output:
        try:
            with recording(job) as reads:
                evidence, controls = examine(job.claim, job.problem, job.context, **simulate)
                left_out = job.claim.left_out(job.problem, job.context)
        except DeferredError:
            raise
        except BaseException as error:  # one case must not take the others with it, nor leave by sys.exit
            return failed(bare, reason(error), traceback.format_exc(), output())
    return replace(bare, evidence=evidence, controls=controls, left_out=left_out, reads=reads)


def failed(bare: Cell, error: str, trace: str, output: str) -> Cell:
    """The cell of a case that failed: why, where, and what it had printed."""
    return replace(bare, error=error, traceback=trace, output=output)


def perform(job: Job, name: str, known: Mapping[int, Signals]) -> Cell | dict[int, Ask]:
    """A task: the cell of a job, or the simulations, by number, that it wants to have done elsewhere before."""
    try:
        return run(job, name, known)
    except DeferredError as deferred:
        return deferred.asks


def timed(function: Callable[..., R], *arguments: Any) -> tuple[R, float]:
    """What a task finds, and the seconds that it took."""
    began = time.monotonic()
    return function(*arguments), time.monotonic() - began


@dataclass
class _Case:
    """A job on its way to a cell: what has been found for it, and what it waits for."""

    job: Job
    name: str
    kept: Kept
    seconds: float = 0.0
    known: dict[int, Signals] = field(default_factory=dict)
    waiting: dict[int, dict[int, Signals | None]] = field(default_factory=dict)  # part by part
    tasks: set[Future[Any]] = field(default_factory=set)
    pieces: dict[tuple[int, int], Ask] = field(default_factory=dict)  # the parts that are being simulated

    def ready(self) -> bool:
        """Puts together what is complete; whether nothing is missing."""
        for number, found in list(self.waiting.items()):
            if None not in found.values():
                self.known[number] = joined([part for _, part in sorted(found.items()) if part is not None])
                del self.waiting[number]
        return not self.waiting


class Sweep:
    """Cases at work on an executor. Whatever is found comes back here, and is written here."""

    def __init__(self, executor: Executor, results: Path) -> None:
        self.executor, self.results = executor, results
        self.tasks: dict[Future[Any], tuple[_Case, tuple[int, int] | None]] = {}  # in the order in which they came
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    def begin(self, job: Job, name: str) -> None:
        """Put a job to work."""
        self._go_on(_Case(job, name, Kept(self.results / "partial" / name)))

    def next(self) -> list[tuple[Cell, float]]:
        """Wait for the next tasks to end; the cells that are finished by that, with the seconds of all their tasks."""
        cells = []
        for future in [self._done.get(), *(self._done.get() for _ in range(self._done.qsize()))]:
            case, part = self.tasks.pop(future, (None, None))  # none of a case that has failed
            if case is None:
                continue
            case.tasks.remove(future)
            cell = self._take(future, case, part)
            if cell is not None:
                self._forget(case)
                cells.append((cell, case.seconds))
        return cells

    def _submit(self, case: _Case, part: tuple[int, int] | None, *task: Any) -> None:
        future = self.executor.submit(timed, *task)
        self.tasks[future] = case, part
        case.tasks.add(future)
        future.add_done_callback(self._done.put)

    def _go_on(self, case: _Case) -> None:
        self._submit(case, None, perform, case.job, case.name, case.known)

    def _take(self, future: Future[Any], case: _Case, part: tuple[int, int] | None) -> Cell | None:
        """What a task has found; the case's cell if that ends it."""
        try:
            found, seconds = future.result()
            case.seconds += seconds
        except ClusterError:
            raise
        except Exception as error:  # of the machinery, or of the process: the case's own are in its cell
            return self._fail(case, error)
        if isinstance(found, Cell):
            return found
        if part is None:
            self._share(case, found)
        elif isinstance(found, Begun):
            case.kept.keep(*part, found.snapshot, begun=True)
            self._simulate(case, part, case.pieces[part], found.snapshot)
        else:
            case.kept.keep(*part, found)
            case.waiting[part[0]][part[1]] = found
            del case.pieces[part]
        if case.ready():
            self._go_on(case)
        return None

    def _share(self, case: _Case, asks: dict[int, Ask]) -> None:
        """Give away what the case leaves to others, part by part, but not what was done before an interruption."""
        for number, ask in asks.items():
            pieces = parts(ask, case.job.context.engine)
            case.waiting[number] = {i: case.kept.find(number, i) for i in range(len(pieces))}
            for i, piece in enumerate(pieces):
                if case.waiting[number][i] is None:
                    case.pieces[number, i] = piece
                    self._simulate(case, (number, i), piece, case.kept.find(number, i, begun=True))

    def _simulate(self, case: _Case, part: tuple[int, int], piece: Ask, begun: Snapshot | None) -> None:
        context = case.job.context
        self._submit(case, part, simulate_part, piece, context.streams, context.engine, begun)

    def _fail(self, case: _Case, error: Exception) -> Cell:
        bare = bare_cell(case.job, case.name)
        if isinstance(error, TaskError):
            return failed(bare, str(error), error.trace, error.output)
        return failed(bare, reason(error), "".join(traceback.format_exception(error)), "")

    def _forget(self, case: _Case) -> None:
        """Of a case that is done, its other tasks, and its parts."""
        for future in case.tasks:
            future.cancel()
            del self.tasks[future]
        shutil.rmtree(self.results / "partial" / case.name, ignore_errors=True)

    def running(self, workers: int) -> list[str]:
        """The keys of the cases that these workers are at work on."""
        at_work = (case.name for future, (case, _) in self.tasks.items() if future.running())
        return sorted(set(islice(at_work, workers)))  # who came first is at work first


def sweep(jobs: Sequence[Job], executor: Executor, workers: int = 1) -> list[str]:
    """Run all jobs that are not stored yet, side by side, with progress; returns the failures, a line each.

    Raises TooManyError, before anything is written, for a job that is too large for this machine.
    """
    named = {key(job): job for job in jobs}
    if not named:
        return []
    names, jobs = list(named), list(named.values())
    results = Path(jobs[0].config.results)
    clean(results / "cells")
    todo = {name: job for job, name in zip(jobs, names, strict=True) if not is_done(results / "cells" / name, job)}
    costs = Costs(results, jobs[0].preset)
    expected = costs.expected(todo)
    write_manifest(jobs, names)
    failures: list[str] = []
    with costs, Progress(len(jobs), expected, workers) as progress, Running(results) as note:
        work = Sweep(executor, results)
        for name in sorted(todo, key=lambda name: -expected[name]):  # the long ones first
            work.begin(todo[name], name)
        while work.tasks:
            note.write(work.running(workers))
            for cell, seconds in work.next():
                save(cell, results / "cells")
                costs.add(name_of(cell.case, cell.varied), seconds)
                progress.done(cell.key, name_of(cell.case, cell.varied), cell.error)
                if cell.error:
                    failures.append(f"{name_of(cell.case, cell.varied)}: {cell.error}")
    return failures


def is_done(cell: Path, job: Job) -> bool:
    """Whether the cell is stored and no failure; what claim and problem say of themselves is brought up to date.

    A damaged cell is set aside, with a word.
    """
    try:
        if not fresh(cell):
            return False
        refresh(cell, job.claim.info(), job.problem.description)
    except DamagedCellError as error:
        print(f"{error}: set aside as {set_aside(cell)}, and measured again", file=sys.stderr)
        return False
    return True
