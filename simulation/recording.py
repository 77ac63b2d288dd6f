"""What is recorded along a run: the current step, and probes that look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float, Int, IntArray
from foundation.runs import check_arguments, concat_arguments, select_arguments
from objectives.base import Objective


@dataclass
class Step:
    """The current step of every run.

    x: x_t. play: z_t. move: x_t - x_{t-1}. grad: grad F(x_t). noisy: g_t. scale: a_t. raw: the random numbers of the
    noise. time: t, the same for all runs.
    """

    x: Float[Array, "runs dim"]
    play: Float[Array, "runs dim"]
    move: Float[Array, "runs dim"]
    grad: Float[Array, "runs dim"]
    noisy: Float[Array, "runs dim"]
    scale: Float[Array, "runs 1"]
    raw: Float[Array, "runs width"]
    time: float = 0.0


def first_step(start: Float[Array, "dim"], runs: int, width: int = 0) -> Step:
    """Before the first step: every run at the start; width: how many random numbers the noise takes."""
    play, move, grad, noisy = (np.zeros((runs, len(start))) for _ in range(4))
    return Step(np.tile(start, (runs, 1)), play, move, grad, noisy, np.zeros((runs, 1)), np.zeros((runs, width)))


class Probe:
    """Something measured at every step; subclasses say what, and declare the shapes of their arrays.

    `step` gives the signals of a step. For a signal `s` the simulation returns s.mean (over t = 1..T), s.last (t = T),
    s.max, each of shape (runs,), and, if there are checkpoints, s.curve of shape (runs, checkpoints): its value at
    those times (nan after T). What else is kept is an attribute, an array with an axis `runs` (foundation/runs.py).

    samples: times, shape (runs, k), at which the point `sample` is kept, as xbar, shape (runs, k, dim), with the last
    signal, as sampled, shape (runs, k); nan after T. stops: this probe may know enough before T (`satisfied`). Then the
    simulation returns its extras only, for how far it went depends on the batch.
    """

    signals: tuple[str, ...] = ()
    samples: Int[IntArray, "runs k"] | None = None
    stops: bool = False

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """Allocate; every run is at the start."""

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """The signals of this step, in the order of `signals`."""
        return ()

    def sample(self, now: Step) -> Float[Array, "runs dim"]:
        """The point that is kept at sampled times; comes after `step`, and changes nothing."""
        return now.x

    def satisfied(self, runs: int) -> Bool[BoolArray, "runs"]:
        """For each of the `runs` runs, whether nothing that this probe returns can change any more."""
        return np.zeros(runs, bool)

    def extras(self) -> dict[str, Array]:
        """Further results, by name, shape (runs, ...), when the runs are done."""
        return {}


@dataclass(frozen=True)
class Recipe:
    """A probe that can be made for any of the runs: its class and arguments.

    Which arguments have a row a run is declared by the shapes in the signature of the class.
    """

    kind: Callable[..., Probe]
    arguments: dict[str, Any]

    def check(self, count: int) -> None:
        """Raise ValueError unless every argument that has runs has `count`, TypeError for one of no declared shape."""
        check_arguments(self.kind, self.arguments, count)

    def make(self, index: Int[IntArray, "k"]) -> Probe:
        """The probe for the runs `index`."""
        return self.kind(**select_arguments(self.kind, self.arguments, index))


def recipe(kind: Callable[..., Probe], **arguments: Any) -> Recipe:
    """The recipe of a probe: its class, and by name the arguments for all runs."""
    return Recipe(kind, arguments)


def concat_recipes(recipes: Sequence[Recipe]) -> Recipe:
    """One recipe for the runs of all, one after the other. Raises ValueError where they differ in more than arrays."""
    kinds = {each.kind for each in recipes}
    if len(kinds) > 1:
        raise ValueError("probes of different classes cannot share a batch")
    kind = kinds.pop()
    return Recipe(kind, concat_arguments(kind, [each.arguments for each in recipes]))
