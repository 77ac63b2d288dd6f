"""What is recorded along a run: the current step, and probes that look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from foundation.runs import check_arguments, concat_arguments, select_arguments
from objectives.base import Objective
from optimizers.batch import StackedPair

BLOCK = 1024  # steps between two summaries of what the probes recorded


class Row(NamedTuple):
    """What a probe notes of one step: a number for each run and raw quantity, twice the same memory.

    each: one array a quantity.
    """

    whole: Float[Array, "quantities runs 1"]
    each: tuple[Float[Array, "runs"], ...]


class Step:
    """The current step, for the probes; its arrays are overwritten at every step.

    x: x_t. play: z_t. grad: grad F(x_t). noisy: g_t. move: x_t - x_{t-1}. stacked: grad and move, together.
    """

    x: Float[Array, "runs dim"]
    play: Float[Array, "runs dim"]
    noisy: Float[Array, "runs dim"]
    grad: Float[Array, "runs dim"]
    move: Float[Array, "runs dim"]
    stacked: StackedPair

    def __init__(self, start: Float[Array, "dim"], runs: int) -> None:
        shape = (runs, len(start))
        self.time = 0
        self.x = np.broadcast_to(start, shape).copy()
        self.play, self.noisy, self.stacked = np.zeros(shape), np.zeros(shape), StackedPair.zeros(shape)
        _, self.grad, self.move = self.stacked


class Probe:
    """Something measured at every step; subclasses say what, and declare the shapes of their arrays.

    While streaming, a row holds `raws` quantities (None: one a signal). After a block, `settle` turns the rows into the
    signals. For a signal `s` the simulation returns s.mean (over t = 1..T), s.last (t = T), s.max, each of shape
    (runs,), and, if there are checkpoints, s.curve of shape (runs, checkpoints): its value at those times (nan after
    T). An array with an axis `runs` is cut when runs are done (foundation/runs.py); results that stay whole call it
    `batch`.

    stops: this probe may know enough before T (`satisfied`). Then the simulation returns its extras only, for how far
    it went depends on the batch.
    """

    signals: tuple[str, ...] = ()
    raws: int | None = None
    stops: bool = False

    def satisfied(self, runs: int) -> bool:
        """Whether nothing that this probe returns can change any more, for the first `runs` runs of the batch."""
        return False

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """Allocate; `current` is the start, `runs` are the indices of the batch's runs in the setup."""

    def open(self, first: int, steps: int) -> None:
        """Prepare for the steps first+1 .. first+steps."""

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Write this step's raw row; `last` is the previous raw row, zeros at t = 1."""

    def settle(
        self, rows: Float[Array, "raws steps runs"], first: int, out: Float[Array, "signals steps runs"]
    ) -> None:
        """Write the signals of the steps first+1, first+2, ... to `out`."""
        np.copyto(out, rows)

    def extras(self) -> dict[str, Array]:
        """Further results of the batch, by name, shape (runs, ...)."""
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
