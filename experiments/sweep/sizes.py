"""How much a job asks for: about how long it takes on one core, and how much memory, before anything is run."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.sweep.job import Job
from experiments.words.problem import Effort, Problem
from foundation.ranges import TooManyError
from simulation.batch_plans import Ask
from simulation.engine import TILE, Engine
from simulation.game import Duel
from simulation.plan import Plan
from simulation.streams import VALUES
from simulation.work import Work

STEP, COORDINATE, CALLS = 10e-9, 27e-9, 20e-6  # seconds: a run's step, a coordinate's; a step of the reference engine
STATE = 60  # numbers a coordinate: iterates, learner, probes
LONGEST = 30.0  # days on one core
NUMBER = 8  # bytes
DAY, GIB = 86400.0, 2**30


@dataclass(frozen=True)
class Size:
    """About how many seconds on one core, and bytes."""

    seconds: float
    bytes: float

    def __str__(self) -> str:
        return f"{duration(self.seconds)} and {self.bytes / GIB:.2g} GiB"


def duration(seconds: float) -> str:
    """A number of seconds, in the unit that a person would choose."""
    for name, unit in (("days", DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.0f} s"


def ask_size(ask: Ask, engine: Engine) -> Size:
    """What one simulation, or other work, costs; nothing is known of other asks."""
    if isinstance(ask, Work):
        return Size(len(ask.items) * ask.seconds, 0.0)
    if isinstance(ask, Duel):
        runs, dim, longest = len(ask.beta), ask.adversary.dim, ask.steps
        every, kept = float(runs) * longest, 4.0 * runs * longest
    elif isinstance(ask, Plan):
        steps, dim = np.asarray(ask.setup.steps), len(ask.setup.objective.start)
        runs, longest, every = len(steps), int(steps.max()), float(steps.sum(dtype=float))
        times = 0 if ask.checkpoints is None else len(ask.checkpoints)
        samples = [np.shape(each.arguments.get("samples", 0)) for each in ask.probes]
        kept = float(runs) * (VALUES + 10 * times + (dim + 2) * sum(shape[-1] for shape in samples if len(shape) > 1))
    else:
        return Size(0.0, 0.0)
    seconds = every * (STEP + COORDINATE * dim)
    if engine == "numpy":
        seconds = max(seconds, CALLS * longest * max(1.0, runs * dim / TILE))
    return Size(seconds, NUMBER * (STATE * runs * dim + kept))


def job_size(job: Job) -> Size:
    """What a job asks for first, it and its controls: nearly all, for most. Raises TooManyError as round_up does."""
    arms = [job.claim, *(twin.claim for twin in job.claim.controls().values())]
    asks, drawn = [], 0
    for arm in arms:
        if inspect.isgeneratorfunction(inspect.unwrap(type(arm).measure)):
            asks += _first(arm.measure(job.problem, job.context))
        else:
            drawn += 1
    sizes = [ask_size(ask, job.context.engine) for ask in asks]
    if drawn:
        sizes += [_drawn(job.context.effort, job.problem)] * drawn
    return Size(sum(size.seconds for size in sizes), max((size.bytes for size in sizes), default=0.0))


def _first(measurement: Any) -> list[Ask]:
    """What it asks for before anything has been run."""
    try:
        ask = next(measurement, None)
    except TooManyError:
        raise
    except MemoryError as error:
        raise TooManyError("its settings alone must fit into memory") from error
    except Exception:  # the case will fail by itself, alone
        return []
    measurement.close()
    return [] if ask is None else [ask]


def _drawn(effort: Effort, problem: Any) -> Size:
    """Of a claim that runs nothing, but draws points: one run's points at a time."""
    dim = len(problem.objective.start) if isinstance(problem, Problem) else 1
    numbers = float(effort.draws) * dim
    return Size(effort.runs * numbers * 1e-7, NUMBER * 10 * numbers)


def sizes(jobs: Sequence[Job]) -> list[Size]:
    """The size of every job. Raises TooManyError, one line, for one that is impossible here."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = f"{LONGEST:.0f} days on one core and {memory / GIB:.0f} GiB"
    found = []
    for job in jobs:
        try:
            size = job_size(job)
        except TooManyError as error:
            raise TooManyError(f"case = {job.name}: {error}") from error
        if size.bytes > memory or size.seconds > LONGEST * DAY:
            raise TooManyError(f"case = {job.name}: would take about {size}: must stay below {limit}")
        found.append(size)
    return found
