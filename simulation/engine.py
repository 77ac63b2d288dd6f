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

from foundation.arrays import Array, Float, Int, IntArray
from foundation.runs import check_runs, keep_runs, select_runs
from objectives.base import Objective
from objectives.noise import Noise
from optimizers.alarm import ALARM
from optimizers.base import Learner, Mover
from optimizers.scaling import Exponential, Scaling
from simulation.recording import BLOCK, Probe, Recipe, Step
from simulation.streams import NoiseBuffer, Streams
from simulation.summary import SignalSummary

NUMBERS = 2**16  # a probe's numbers of a block, of each kind: they stay in the second-level cache, too
TILE = 8192  # coordinates processed together: their state stays in the second-level cache


@dataclass(frozen=True)
class Setup:
    """What is run: an objective with noise, a learner, and the runs.

    steps: T of every run, >= 1. noise_level: multiplies the noise of a run (additive noise
    only). numbers: those of the runs' random streams, 0, 1, ... if None; runs of one number share their random
    numbers. An objective that returns a number that is not finite stops the simulation with FloatingPointError.
    """

    objective: Objective
    noise: Noise
    learner: Learner
    steps: Int[IntArray, "runs"]
    scaling: Scaling = field(default_factory=Exponential)
    noise_level: Float[Array, "runs"] | None = None
    numbers: Int[IntArray, "runs"] | None = None


def simulate(
    setup: Setup, probes: Sequence[Recipe], streams: Streams, checkpoints: Int[IntArray, "times"] | None = None
) -> dict[str, Array]:
    """Run the setup. Returns the probes' signals by name, shape (runs, ...), the runs in the order of the setup.

    checkpoints: the times, from 1 on, at which curves are given; curves have them in ascending order, each once.
    Raises ValueError for steps that are not all >= 1, TypeError for a learner, state or probe with an array of no
    declared shape (foundation/runs.py), FloatingPointError where the objective gives what is not finite.
    """
    steps = np.asarray(setup.steps)
    if steps.ndim != 1 or not len(steps) or steps.min() < 1:
        raise ValueError(f"steps = {steps}: must be a non-empty vector of integers >= 1")
    checkpoints = np.empty(0, np.int64) if checkpoints is None else np.unique(checkpoints)
    order = np.argsort(-steps, kind="stable")
    size = max(1, TILE // len(setup.objective.start))
    results: dict[str, Array] = {}
    _check(setup, probes, order[:3])
    for first in range(0, len(order), size):
        tile = order[first : first + size]
        with ALARM.arm():
            found = _Tile(setup, [made.make(tile) for made in probes], streams, tile, checkpoints).run()
        for name, values in found.items():
            whole = results.setdefault(name, np.full((len(steps), *values.shape[1:]), np.nan))
            whole[tile] = values
    return results


def _check(setup: Setup, probes: Sequence[Recipe], few: Int[IntArray, "runs"]) -> None:
    """Raise TypeError for an array of no declared shape, ValueError for one of other runs, before anything runs.

    The state and the probes of a few runs are made for this and thrown away: CPython reads the attributes of an object
    more slowly once they were listed.
    """
    shape = len(few), len(setup.objective.start)
    check_runs(setup.learner, len(setup.steps))
    check_runs(select_runs(setup.learner, few).init(shape), len(few))
    for made in probes:
        made.check(len(setup.steps))
        probe = made.make(few)
        probe.begin(setup.objective, Step(setup.objective.start, len(few)), few)
        check_runs(probe, len(few))


class _Tile:
    """One batch, runs sorted by falling T: those that are done are dropped from its end."""

    def __init__(
        self,
        setup: Setup,
        probes: Sequence[Probe],
        streams: Streams,
        tile: Int[IntArray, "runs"],
        checkpoints: Int[IntArray, "times"],
    ) -> None:
        self.setup, self.steps, self.active = setup, setup.steps[tile], len(tile)
        dim = len(setup.objective.start)
        self.learner = select_runs(setup.learner, tile)
        self.state: Any = self.learner.init((len(tile), dim))
        self.current = Step(setup.objective.start, len(tile))
        self.summaries = [SignalSummary(probe, len(tile), checkpoints) for probe in probes]
        for probe in probes:
            probe.begin(setup.objective, self.current, tile)
        self.numbers = (tile if setup.numbers is None else setup.numbers[tile]).tolist()
        self.scaling = NoiseBuffer(streams, "scaling", self.numbers, setup.scaling.fill, 1)
        self.noise = self._noise(None if setup.noise_level is None else setup.noise_level[tile], streams)
        self._link()

    def _link(self) -> None:
        """Where the stochastic gradient goes: nowhere without noise, else to where the learner wants it."""
        inbox = getattr(self.state, "inbox", None)
        if self.noise is None:
            self.current.noisy = self.current.grad
        elif inbox is not None:
            self.current.noisy = inbox

    def _noise(self, level: Float[Array, "runs"] | None, streams: Streams) -> NoiseBuffer | None:
        """The raw noise of the runs; None if there is none at all."""
        noise, dim, scale = self.setup.noise, self.current.x.shape[1], None
        if noise.additive:
            scale = np.outer(np.ones(len(self.numbers)) if level is None else level, noise.scale(dim))
            if not scale.any():
                return None
        return NoiseBuffer(streams, "noise", self.numbers, noise.fill, noise.width(dim), scale)

    def run(self) -> dict[str, Array]:
        """To the end of every run; the signals by name, shape (runs, ...)."""
        time, probes = 0, [summary.probe for summary in self.summaries]
        while self.active and not (probes and all(probe.satisfied(self.active) for probe in probes)):
            steps = min(int(self.steps[self.active - 1]) - time, BLOCK, max(128, NUMBERS // self.active))
            steps = min(steps, self.scaling.ready())
            if self.noise is not None:
                steps = min(steps, self.noise.ready())
            self._block(time, steps)
            for summary in self.summaries:
                summary.close(time, steps, self.active)
            time += steps
            if not np.isfinite(self.current.x).all():
                raise FloatingPointError(f"the objective gave a number that is not finite by step {time}")
            self._drop(time)
        found: dict[str, Array] = {}
        for summary in self.summaries:
            found |= summary.results()
        return found

    def _block(self, time: int, steps: int) -> None:
        """The steps time+1, ..., time+steps of the active runs."""
        current, learner, state, objective = self.current, self.learner, self.state, self.setup.objective
        play, moved, x, grad, noisy = current.play, current.move, current.x, current.grad, current.noisy
        gradient, choose, update = objective.grad, learner.play, learner.update
        for summary in self.summaries:
            summary.probe.open(time, steps)
        rows = [(summary.probe.step, summary.views(steps, self.active)) for summary in self.summaries]
        additive, oracle = self.setup.noise.additive, self.setup.noise.stochastic
        add = np.add
        move = partial(learner.move, state) if isinstance(learner, Mover) else np.multiply
        raws = repeat(None, steps) if self.noise is None else self.noise.rows(steps)
        for i, (scale, raw) in enumerate(zip(self.scaling.rows(steps), raws, strict=True)):
            choose(state, play)
            move(play, scale, moved)
            add(x, moved, x)
            gradient(x, grad)
            if raw is not None:  # else noisy is grad
                if additive:
                    add(grad, raw, noisy)
                else:
                    oracle(objective, x, grad, raw, noisy)
            update(state, noisy)
            current.time = time + i + 1
            for measure, block in rows:
                measure(current, block[i + 1], block[i])

    def _drop(self, time: int) -> None:
        """Leave out the runs whose T is this time, wherever they are kept."""
        keep = int(np.searchsorted(-self.steps[: self.active], -time))
        if keep == self.active:
            return
        for summary in self.summaries:
            summary.finish(slice(keep, self.active), time)
            keep_runs(summary.probe, keep)
        self.active = keep
        for part in (self.current, self.state):
            keep_runs(part, keep)
        self.scaling.keep_runs(keep)
        if self.noise is not None:
            self.noise.keep_runs(keep)
        self._link()
