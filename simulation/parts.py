"""Algorithm 1 of arXiv 2405.18199, a step in parts: what both engines run, and the compiled one records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float, Int, IntArray
from objectives.base import Objective
from objectives.noise import Noise
from optimizers.base import Learner, Mover
from simulation.recording import Probe, Step
from simulation.streams import Draws


@dataclass(frozen=True)
class Part:
    """A part of a step: run(state, now) reads and changes the current step and the state.

    name: what it is, for errors. state: an object whose arrays change, or None. signals: how many it gives.
    """

    name: str
    run: Callable[[Any, Step], Any]
    state: Any = None
    signals: int = 0


@dataclass
class Batch:
    """Runs that are moved together: the parts of a step, in their order, and the probes.

    runs: their places in the setup. steps: T of each, none longer than the one before. learn: the last part, after the
    probes have looked. scaling, noise: where a_t and the random numbers of the noise come from. checkpoints: ascending
    times.
    """

    runs: Int[IntArray, "runs"]
    steps: Int[IntArray, "runs"]
    now: Step
    parts: Sequence[Part]
    learn: Part
    probes: Sequence[Probe]
    checkpoints: Int[IntArray, "times"]
    scaling: Draws | None = None
    noise: Draws | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(runs, dim)."""
        return self.now.x.shape

    def satisfied(self) -> Bool[BoolArray, "runs"]:
        """The runs of which no probe wants to see more."""
        if not self.probes or not all(probe.stops for probe in self.probes):
            return np.zeros(len(self.runs), bool)
        return np.all([probe.satisfied(len(self.runs)) for probe in self.probes], axis=0)

    def going_on(self, time: int) -> Int[IntArray, "some"]:
        """The runs that are not done at this time: T is later, and some probe wants to see more."""
        return np.flatnonzero((self.steps > time) & ~self.satisfied())


@dataclass
class Level:
    """What the raw numbers of additive noise are multiplied with."""

    scale: Float[Array, "#runs dim"] = field(default_factory=lambda: np.ones((1, 1)))


def algorithm1(
    learner: Learner, state: Any, objective: Objective, noise: Noise, level: Level | None
) -> tuple[list[Part], Part]:
    """The parts of a step up to g_t, and the learner's update with it. level: None without any noise."""

    mover = learner if isinstance(learner, Mover) else None

    def move(state: Any, now: Step) -> None:
        now.play = learner.play(state)
        now.move = now.scale * now.play if mover is None else mover.move(state, now.play, now.scale)
        now.x = now.x + now.move

    def gradient(_: None, now: Step) -> None:
        now.grad = now.noisy = objective.grad(now.x)

    def oracle(level: Level, now: Step) -> None:
        raw = level.scale * now.raw if noise.additive else now.raw
        now.noisy = noise.stochastic(objective, now.x, now.grad, raw)

    parts = [Part(_named(learner), move, state), Part(_named(objective), gradient)]
    if level is not None:
        parts.append(Part(_named(noise), oracle, level))
    return parts, _update(learner, state)


def game(learner: Learner, state: Any, adversary: Any) -> tuple[list[Part], Part]:
    """The same for a learner against an adversary: nothing moves, and g_t is the adversary's answer to z_t."""

    def play(state: Any, now: Step) -> None:
        now.play = learner.play(state)

    def answer(_: None, now: Step) -> None:
        now.grad = now.noisy = adversary.next(now.time, now.play, now.raw)

    return [Part(_named(learner), play, state), Part(_named(adversary), answer)], _update(learner, state)


def _update(learner: Learner, state: Any) -> Part:
    return Part(_named(learner), lambda state, now: learner.update(state, now.noisy), state)


def _named(thing: Any) -> str:
    return type(thing).__name__
