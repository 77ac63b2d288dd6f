"""Algorithm 1 of arXiv 2405.18199, streamed over a batch of runs: memory does not grow with T.

Bit for bit, a run's numbers depend neither on which runs share its batch, nor on the length of the
blocks of random numbers, nor on the number of processes: every operation along a run is elementwise
or a reduction over its own coordinates, and every run owns its random streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from objectives.base import Objective
from objectives.noise import Noise
from optimizers.base import ALARM, Learner, Mover, narrow, take
from optimizers.scaling import Exponential, Scaling
from simulation.recording import BLOCK, Fold, Now, Probe, Recipe
from simulation.streams import Reservoir, Streams

Array = NDArray[np.float64]
NUMBERS = 2**16  # a probe's numbers of a block, of each kind: they stay in the second-level cache, too
TILE = 8192  # coordinates processed together: their state stays in the second-level cache


@dataclass(frozen=True)
class Setup:
    """What is run. All arrays have shape (runs,).

    steps: T of every run, int64 >= 1. noise_level: multiplies the noise of a run (additive noise
    only). numbers: those of the runs' random streams, 0, 1, ... if None; runs of one number share their random
    numbers. An objective that returns a number that is not finite stops the simulation with FloatingPointError.
    """

    objective: Objective
    noise: Noise
    learner: Learner
    steps: NDArray[np.int64]
    scaling: Scaling = field(default_factory=Exponential)
    noise_level: Array | None = None
    numbers: NDArray[np.int64] | None = None


def simulate(
    setup: Setup, probes: Sequence[Recipe], streams: Streams, checkpoints: NDArray[np.int64] | None = None
) -> dict[str, Array]:
    """Run the setup. Returns the probes' signals by name."""
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
            found = _Tile(setup, [made.make(tile) for made in probes], streams, tile, marks).run()
        for name, values in found.items():
            whole = results.setdefault(name, np.full((len(steps), *values.shape[1:]), np.nan))
            whole[tile] = values
    return results


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
        self.numbers = (tile if setup.numbers is None else setup.numbers[tile]).tolist()
        self.scaling = Reservoir(streams, "scaling", self.numbers, setup.scaling.fill, 1)
        self.noise = self._noise(None if setup.noise_level is None else setup.noise_level[tile], streams)
        self._link()

    def _link(self) -> None:
        """Where the stochastic gradient goes: nowhere without noise, else to where the learner wants it."""
        inbox = getattr(self.state, "inbox", None)
        if self.noise is None:
            self.now.noisy = self.now.grad
        elif inbox is not None:
            self.now.noisy = inbox

    def _noise(self, level: Array | None, streams: Streams) -> Reservoir | None:
        """The raw noise of the runs; None if there is none at all."""
        noise, dim, scale = self.setup.noise, self.now.x.shape[1], None
        if noise.additive:
            scale = np.outer(np.ones(len(self.numbers)) if level is None else level, noise.scale(dim))
            if not scale.any():
                return None
        return Reservoir(streams, "noise", self.numbers, noise.fill, noise.width(dim), scale)

    def run(self) -> dict[str, Array]:
        time = 0
        while self.active and not (self.folds and all(fold.probe.satisfied(self.active) for fold in self.folds)):
            steps = min(int(self.steps[self.active - 1]) - time, BLOCK, max(128, NUMBERS // self.active))
            steps = min(steps, self.scaling.ready())
            if self.noise is not None:
                steps = min(steps, self.noise.ready())
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
        gradient, choose, update = objective.grad, learner.play, learner.update
        for fold in self.folds:
            fold.probe.open(time, steps)
        rows = [(fold.probe.step, fold.views(steps, self.active)) for fold in self.folds]
        additive, oracle = self.setup.noise.additive, self.setup.noise.stochastic
        add = np.add
        move = partial(learner.move, state) if isinstance(learner, Mover) else np.multiply
        raws = repeat(None, steps) if self.noise is None else self.noise.rows(steps)
        for i, (scale, raw) in enumerate(zip(self.scaling.rows(steps), raws, strict=True)):
            choose(state, play)
            move(play, scale, step)
            add(x, step, x)
            gradient(x, grad)
            if raw is not None:  # else noisy is grad
                if additive:
                    add(grad, raw, noisy)
                else:
                    oracle(objective, x, grad, raw, noisy)
            update(state, noisy)
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
        self.scaling.narrow(keep)
        if self.noise is not None:
            self.noise.narrow(keep)
        self._link()
