"""Algorithm 1 of arXiv 2405.18199, streamed over a batch of runs: memory does not grow with T.

Bit for bit, a run's numbers depend neither on which runs share its batch, nor on the length of the
blocks of random numbers, nor on the number of processes: every operation along a run is elementwise
or a reduction over its own coordinates, and every run owns its random streams.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from objectives.base import Objective
from objectives.noise import Noise
from optimizers.base import ALARM, Learner, Mover, narrow, take
from optimizers.scaling import Exponential, Scaling
from simulation.streams import Reservoir, Streams

Array = NDArray[np.float64]
TILE = 8192  # coordinates processed together: their state stays in the second-level cache
BLOCK = 1024  # steps between two folds of what the probes recorded


@dataclass(frozen=True)
class Setup:
    """What is run. All arrays have shape (runs,).

    steps: T of every run, int64 >= 1. noise_level: multiplies the noise of a run (additive noise
    only). first_run: number of the first run's random streams. An objective that returns a number
    that is not finite stops the simulation with FloatingPointError.
    """

    objective: Objective
    noise: Noise
    learner: Learner
    steps: NDArray[np.int64]
    scaling: Scaling = field(default_factory=Exponential)
    noise_level: Array | None = None
    first_run: int = 0


class Now:
    """The current step, for the probes: arrays of shape (runs, dim), overwritten at every step."""

    def __init__(self, start: Array, runs: int) -> None:
        shape = (runs, len(start))
        self.time = 0
        self.x = np.broadcast_to(start, shape).copy()
        self.play, self.step, self.grad, self.noisy = (np.zeros(shape) for _ in range(4))


class Probe:
    """Something measured at every step. `signals` names its rows; subclasses say what they hold.

    While streaming, a row holds one number a signal and run, with a trailing axis of 1. After a block,
    `settle` turns the raw rows into the signals in place. For a signal `s` the
    simulation returns s.mean (over t = 1..T), s.last (t = T), s.max, each of shape (runs,), and, if
    there are checkpoints, s.curve of shape (runs, checkpoints): its value at those times (nan after T).
    """

    signals: tuple[str, ...] = ()

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Allocate; `runs` are the indices of the batch's runs in the setup."""

    def open(self, first: int, steps: int) -> None:
        """Prepare for the steps first+1 .. first+steps."""

    def step(self, now: Now, row: Array, last: Array) -> None:
        """Write this step's raw row, shape (signals, runs, 1); `last` is the previous raw row."""

    def settle(self, rows: Array, first: int) -> None:
        """Turn raw rows, shape (steps, signals, runs), of steps first+1, first+2, ... into signals."""

    def extras(self) -> dict[str, Array]:
        """Further results of the batch, by name, shape (runs, ...)."""
        return {}


MakeProbes = Callable[[NDArray[np.int64]], Sequence[Probe]]


def simulate(
    setup: Setup, probes: MakeProbes, streams: Streams, checkpoints: NDArray[np.int64] | None = None
) -> dict[str, Array]:
    """Run the setup; `probes(index)` makes the probes for the runs `index`. Returns signals by name."""
    steps = np.asarray(setup.steps)
    if steps.ndim != 1 or not len(steps) or steps.min() < 1:
        raise ValueError(f"steps = {steps}: must be a non-empty vector of integers >= 1")
    marks = np.empty(0, np.int64) if checkpoints is None else np.unique(checkpoints)
    order = np.argsort(-steps, kind="stable")
    size = max(1, TILE // len(setup.objective.start))
    results: dict[str, Array] = {}
    for first in range(0, len(order), size):
        tile = order[first : first + size]
        with ALARM.arm():
            found = _Tile(setup, probes(tile), streams, tile, marks).run()
        for name, values in found.items():
            whole = results.setdefault(name, np.full((len(steps), *values.shape[1:]), np.nan))
            whole[tile] = values
    return results


class Fold:
    """Folds one probe's signals over time: mean, last, max and the values at checkpoints."""

    def __init__(self, probe: Probe, runs: int, marks: NDArray[np.int64]) -> None:
        count = len(probe.signals)
        self.probe, self.marks = probe, marks
        self.rows = np.zeros((BLOCK + 1, count, runs, 1))
        self.total = np.zeros((count, runs))
        self.last, self.mean = np.zeros((count, runs)), np.zeros((count, runs))
        self.max = np.full((count, runs), -np.inf)
        self.curve = np.full((len(marks), count, runs), np.nan)

    def close(self, first: int, steps: int, active: int) -> None:
        """Fold the block's rows of the active runs."""
        raw_last = self.rows[steps].copy()
        block = self.rows[1 : steps + 1, :, :active, 0]
        self.probe.settle(block, first)
        self._sum(block, self.total[:, :active])
        self.last[:, :active] = block[-1]
        self.max[:, :active] = np.maximum(self.max[:, :active], block.max(axis=0))
        inside = (self.marks > first) & (self.marks <= first + steps)
        self.curve[inside, :, :active] = block[self.marks[inside] - first - 1]
        self.rows[0] = raw_last

    def _sum(self, block: Array, total: Array) -> None:
        """Add the rows to the total one after the other, so that the sum does not depend on the blocks."""
        if total.size == 1:  # where numpy would add in pairs
            for row in block:
                np.add(total, row, out=total)
            return
        first = block[0].copy()
        block[0] += total
        np.add.reduce(block, axis=0, out=total)
        block[0] = first

    def finish(self, active: slice, time: int) -> None:
        """The runs of the slice end at this time."""
        self.mean[:, active] = self.total[:, active] / time

    def results(self) -> dict[str, Array]:
        """The probe's signals, folded, by name."""
        found: dict[str, Array] = {}
        for i, name in enumerate(self.probe.signals):
            found |= {f"{name}.mean": self.mean[i], f"{name}.last": self.last[i], f"{name}.max": self.max[i]}
            if len(self.marks):
                found[f"{name}.curve"] = self.curve[:, i].T.copy()
        return found | self.probe.extras()


class _Tile:
    """One batch, runs sorted by falling T: those that are done are dropped from its end."""

    def __init__(
        self, setup: Setup, probes: Sequence[Probe], streams: Streams, tile: NDArray[np.int64], marks: NDArray[np.int64]
    ) -> None:
        self.setup, self.steps, self.active = setup, setup.steps[tile], len(tile)
        dim = len(setup.objective.start)
        self.learner = take(setup.learner, tile)
        self.state: Any = self.learner.init((len(tile), dim))
        self.now = Now(setup.objective.start, len(tile))
        self.folds = [Fold(probe, len(tile), marks) for probe in probes]
        for probe in probes:
            probe.begin(setup.objective, self.now, tile)
        runs = tile + setup.first_run
        noise, width = setup.noise, setup.noise.width(dim)
        scale = None
        if noise.additive:
            level = np.ones(len(tile)) if setup.noise_level is None else setup.noise_level[tile]
            scale = level[:, None] * noise.scale(dim)
        self.noise = Reservoir([streams.generator(run, "noise") for run in runs], noise.fill, width, scale)
        self.scaling = Reservoir([streams.generator(run, "scaling") for run in runs], setup.scaling.fill, 1)

    def run(self) -> dict[str, Array]:
        time = 0
        while self.active:
            steps = min(int(self.steps[self.active - 1]) - time, BLOCK, self.noise.ready(), self.scaling.ready())
            self._block(time, steps)
            for fold in self.folds:
                fold.close(time, steps, self.active)
            time += steps
            if not np.isfinite(self.now.x).all():
                raise FloatingPointError(f"the objective gave a number that is not finite by step {time}")
            self._drop(time)
        found: dict[str, Array] = {}
        for fold in self.folds:
            found |= fold.results()
        return found

    def _block(self, time: int, steps: int) -> None:
        now, learner, state, objective = self.now, self.learner, self.state, self.setup.objective
        play, step, x, grad, noisy = now.play, now.step, now.x, now.grad, now.noisy
        for fold in self.folds:
            fold.probe.open(time, steps)
        rows = [(fold.probe.step, fold.rows[: steps + 1, :, : self.active]) for fold in self.folds]
        additive, oracle = self.setup.noise.additive, self.setup.noise.stochastic
        add = np.add
        move = partial(learner.move, state) if isinstance(learner, Mover) else np.multiply
        for i, (scale, raw) in enumerate(zip(self.scaling.rows(steps), self.noise.rows(steps), strict=True)):
            learner.play(state, play)
            move(play, scale, step)
            add(x, step, x)
            objective.grad(x, grad)
            if additive:
                add(grad, raw, noisy)
            else:
                oracle(objective, x, grad, raw, noisy)
            learner.update(state, noisy)
            now.time = time + i + 1
            for measure, block in rows:
                measure(now, block[i + 1], block[i])

    def _drop(self, time: int) -> None:
        keep = int(np.searchsorted(-self.steps[: self.active], -time))
        if keep == self.active:
            return
        for fold in self.folds:
            fold.finish(slice(keep, self.active), time)
            narrow(fold.probe, keep)
        self.active = keep
        for part in (self.now, self.state):
            narrow(part, keep)
        self.noise.narrow(keep)
        self.scaling.narrow(keep)
