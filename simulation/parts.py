"""Algorithm 1 of arXiv 2405.18199, a step in parts: what both engines run, and the compiled one records."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float, Int, IntArray
from foundation.runs import is_frozen
from objectives.base import Objective
from objectives.noise import Noise
from optimizers.base import Learner, Mover
from simulation.recording import Probe, Step
from simulation.streams import Draws


@dataclass(frozen=True)
class Part:
    """A part of a step: run(state, now) reads and changes the current step and the state.

    name: what it is, for errors. state: an object whose arrays change, or None. signals: how many it gives.
    owner: whose method it calls, and who must not change.
    """

    name: str
    run: Callable[[Any, Step], Any]
    state: Any = None
    signals: int = 0
    owner: Any = None


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
        now.play = given(learner, "play", learner.play(state), now)
        if mover is None:
            now.move = now.scale * now.play
        else:
            now.move = given(mover, "move", mover.move(state, now.play, now.scale), now)
        now.x = sealed(now.x + now.move)

    def gradient(_: None, now: Step) -> None:
        now.grad = now.noisy = given(objective, "grad", objective.grad(now.x), now)

    def oracle(level: Level, now: Step) -> None:
        raw = level.scale * now.raw if noise.additive else now.raw
        now.noisy = given(noise, "stochastic", noise.stochastic(objective, now.x, now.grad, raw), now)

    state = separated(state)
    parts = [Part(_named(learner), move, state, owner=learner), Part(_named(objective), gradient, owner=objective)]
    if level is not None:
        parts.append(Part(_named(noise), oracle, level, owner=noise))
    return parts, _update(learner, state)


def game(learner: Learner, state: Any, adversary: Any) -> tuple[list[Part], Part]:
    """The same for a learner against an adversary: nothing moves, and g_t is the adversary's answer to z_t."""

    def play(state: Any, now: Step) -> None:
        now.play = given(learner, "play", learner.play(state), now)

    def answer(_: None, now: Step) -> None:
        now.grad = now.noisy = given(adversary, "next", adversary.next(now.time, now.play, now.raw), now)

    state = separated(state)
    parts = [Part(_named(learner), play, state, owner=learner), Part(_named(adversary), answer, owner=adversary)]
    return parts, _update(learner, state)


def given(owner: Any, method: str, value: Any, now: Step) -> Any:
    """What a method gave, for every run a row: a copy that nobody can change, for the owner may use its array again.

    Raises TypeError for another shape. A symbol of a recording is a value, and stays as it is.
    """
    if hasattr(value, "record_call"):
        return value
    array = np.array(value, np.float64)
    if array.shape != now.x.shape:
        what = f"an array of shape {array.shape}, not (runs, dim) = {now.x.shape}"
        raise TypeError(f"{_named(owner)}.{method} gives {what}")
    return sealed(array)


def sealed(array: Any) -> Any:
    """The array itself, made read-only; symbols are."""
    if isinstance(array, np.ndarray):
        array.flags.writeable = False
    return array


def separated(state: Any) -> Any:
    """A copy of a state with arrays of its own: then what changes one of them in place changes nothing else."""
    if not hasattr(state, "__dict__") or is_frozen(state):
        return state
    state = copy.copy(state)
    vars(state).update({name: each.copy() for name, each in vars(state).items() if isinstance(each, np.ndarray)})
    return state


def _update(learner: Learner, state: Any) -> Part:
    return Part(_named(learner), lambda state, now: learner.update(state, now.noisy), state, owner=learner)


def _named(thing: Any) -> str:
    return type(thing).__name__
