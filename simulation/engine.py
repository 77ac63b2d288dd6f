"""Algorithm 1 of arXiv 2405.18199 over any number of runs: memory does not grow with T.

Bit for bit, a run's numbers depend neither on which runs share its batch, nor on the length of the
blocks of random numbers, nor on the engine, nor on the number of processes: every operation along a run is elementwise
or a sum over its own coordinates in a fixed order, and every run owns its random streams.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from foundation.runs import check_runs, select_runs
from objectives.base import Objective
from objectives.noise import Noise
from optimizers.base import Learner
from optimizers.scaling import Exponential, Scaling
from simulation import reference
from simulation.parts import Batch, Level, algorithm1
from simulation.pausing import Pause
from simulation.recording import Probe, Recipe, first_step
from simulation.streams import Draws, Streams

TILE = 8192  # coordinates that are moved together: their state stays in the second-level cache

Engine = Literal["auto", "numpy", "compiled"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


@dataclass(frozen=True)
class Setup:
    """What is run: an objective with noise, a learner, and the runs.

    steps: T of every run, >= 1. noise_level: multiplies the noise of a run (additive noise
    only). numbers: those of the runs' random streams, 0, 1, ... if None; runs of one number share their random
    numbers. A gradient that is not finite, or what else simulation/finite.py names, stops the simulation with
    FloatingPointError.
    """

    objective: Objective
    noise: Noise
    learner: Learner
    steps: Int[IntArray, "runs"]
    scaling: Scaling = field(default_factory=Exponential)
    noise_level: Float[Array, "runs"] | None = None
    numbers: Int[IntArray, "runs"] | None = None


def simulate(
    setup: Setup,
    probes: Sequence[Recipe],
    streams: Streams,
    checkpoints: Int[IntArray, "times"] | None = None,
    engine: Engine = "auto",
    pause: Pause | None = None,
) -> dict[str, Array]:
    """Run the setup. Returns the probes' signals by name, shape (runs, ...), the runs in the order of the setup.

    checkpoints: the times, from 1 on, at which curves are given; curves have them in ascending order, each once.
    engine: the compiled one where everything has a kernel ("auto"), or one of the two. Raises ValueError for steps that
    are not all >= 1, TypeError for a learner, state or probe with an array of no declared shape (foundation/runs.py)
    and, engine = "compiled", for a part without kernel, FloatingPointError for numbers that are not finite
    (simulation/finite.py). pause: where it goes on, and when PausedError puts it down; a setup of more than one
    tile begins at the beginning and goes on to the end.
    """
    steps = np.asarray(setup.steps)
    if steps.ndim != 1 or not len(steps) or steps.min() < 1:
        raise ValueError(f"steps = {steps}: must be a non-empty vector of integers >= 1")
    checkpoints = np.empty(0, np.int64) if checkpoints is None else np.unique(checkpoints)
    size = max(1, TILE // len(setup.objective.start))
    results: dict[str, Array] = {}
    _check(setup, probes, np.arange(min(3, len(steps))))
    order = np.argsort(-steps, kind="stable")
    pause = pause if len(order) <= size else None
    for first in range(0, len(order), size):
        tile = order[first : first + size]
        found = run_batch(lambda tile=tile: _batch(setup, probes, streams, tile, checkpoints), engine, pause)  # type: ignore[misc]
        for name, values in found.items():
            whole = results.setdefault(name, np.full((len(steps), *values.shape[1:]), np.nan))
            whole[tile] = values
    return results


def run_batch(make: Callable[[], Batch], engine: Engine, pause: Pause | None = None) -> dict[str, Array]:
    """Run a batch on an engine; errors as `simulate` raises them."""
    with np.errstate(all="ignore"):  # machine code cannot see what overflows on the way: simulation/finite.py
        return reference.run(make(), pause) if engine == "numpy" else _compiled(make, engine, pause)


def _compiled(make: Callable[[], Batch], engine: Engine, pause: Pause | None) -> dict[str, Array]:
    """On the compiled engine, or, unless that is asked for, on the reference where it cannot be recorded."""
    from simulation.compiled.engine import (
        NotRecordedError,
        Program,
        SuspectError,
    )  # takes a while, and is not always needed

    try:
        program = Program(make())
    except NotRecordedError as error:
        if engine == "compiled":
            raise TypeError(f"engine = compiled: {error}") from error
        return reference.run(make(), pause)
    try:
        return program.run(pause)
    except SuspectError as suspect:  # something in a block is not finite: once more, from there on step by step
        return Program(make()).run(pause, suspect.time)


def _batch(
    setup: Setup,
    probes: Sequence[Recipe],
    streams: Streams,
    tile: Int[IntArray, "runs"],
    checkpoints: Int[IntArray, "times"],
) -> Batch:
    """The runs `tile`, ready to be run."""
    objective, noise, dim = setup.objective, setup.noise, len(setup.objective.start)
    learner = select_runs(setup.learner, tile)
    level = _level(setup, tile)
    width = noise.width(dim) if level is not None else 0
    now = first_step(objective.start, len(tile), width)
    parts, learn = algorithm1(learner, learner.init((len(tile), dim)), objective, noise, level)
    numbers = (tile if setup.numbers is None else setup.numbers[tile]).tolist()
    scaling = Draws(streams, "scaling", numbers, setup.scaling.fill, 1)
    draws = None if level is None else Draws(streams, "noise", numbers, noise.fill, width)
    made = _begun([made.make(tile) for made in probes], objective, now.x)
    return Batch(tile, setup.steps[tile], now, parts, learn, made, checkpoints, scaling, draws)


def _level(setup: Setup, tile: Int[IntArray, "runs"]) -> Level | None:
    """What the raw noise is multiplied with; None if there is none at all."""
    noise, dim = setup.noise, len(setup.objective.start)
    if not noise.additive:
        return Level()
    scale = np.asarray(noise.scale(dim))[None, :]
    if setup.noise_level is not None:
        scale = setup.noise_level[tile][:, None] * scale
    return Level(scale) if scale.any() else None


def _begun(probes: Sequence[Probe], objective: Objective | None, start: Float[Array, "runs dim"]) -> Sequence[Probe]:
    for probe in probes:
        probe.begin(objective, start)
    return probes


def _check(setup: Setup, probes: Sequence[Recipe], few: Int[IntArray, "runs"]) -> None:
    """Raise TypeError for an array of no declared shape, ValueError for one of other runs, before anything runs."""
    shape = len(few), len(setup.objective.start)
    check_runs(setup.learner, len(setup.steps))
    check_runs(select_runs(setup.learner, few).init(shape), len(few))
    for made in probes:
        made.check(len(setup.steps))
        probe = made.make(few)
        probe.begin(setup.objective, first_step(setup.objective.start, len(few)).x)
        check_runs(probe, len(few))
