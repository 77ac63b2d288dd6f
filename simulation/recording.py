"""What is recorded along a run: the current step, probes that look at it, and how their signals fold over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from objectives.base import Objective
from optimizers.base import Pair

Array = NDArray[np.float64]
BLOCK = 1024  # steps between two folds of what the probes recorded


class Row(NamedTuple):
    """What a probe notes of one step: a number for each run and raw quantity, twice the same memory.

    whole: shape (quantities, runs, 1). each: one array of shape (runs,) a quantity.
    """

    whole: Array
    each: tuple[Array, ...]


class Now:
    """The current step, for the probes: arrays of shape (runs, dim), overwritten at every step.

    pair: grad F(x_t) and x_t - x_{t-1}, together.
    """

    def __init__(self, start: Array, runs: int) -> None:
        shape = (runs, len(start))
        self.time = 0
        self.x = np.broadcast_to(start, shape).copy()
        self.play, self.noisy, self.pair = np.zeros(shape), np.zeros(shape), Pair.zeros(shape)
        _, self.grad, self.step = self.pair


class Probe:
    """Something measured at every step; subclasses say what.

    While streaming, a row holds `raws` quantities (None: one a signal). After a block, `settle` turns the rows into the
    signals. For a signal `s` the simulation returns s.mean (over t = 1..T), s.last (t = T), s.max, each of shape
    (runs,), and, if there are checkpoints, s.curve of shape (runs, checkpoints): its value at those times (nan after
    T).

    stops: this probe may know enough before T (`satisfied`). Then the simulation returns its extras only, for how far
    it went depends on the batch.
    """

    signals: tuple[str, ...] = ()
    raws: int | None = None
    stops: bool = False

    def satisfied(self, runs: int) -> bool:
        """Whether nothing that this probe returns can change any more, for the first `runs` runs of the batch."""
        return False

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Allocate; `runs` are the indices of the batch's runs in the setup."""

    def open(self, first: int, steps: int) -> None:
        """Prepare for the steps first+1 .. first+steps."""

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Write this step's raw row; `last` is the previous raw row."""

    def settle(self, rows: Array, first: int, out: Array) -> None:
        """Write the signals of the steps first+1, first+2, ... to `out`, shape (signals, steps, runs).

        rows: shape (raws, steps, runs).
        """
        np.copyto(out, rows)

    def extras(self) -> dict[str, Array]:
        """Further results of the batch, by name, shape (runs, ...)."""
        return {}


@dataclass(frozen=True)
class Recipe:
    """A probe that can be made for any of the runs: its class and arguments, in which every array has a row a run."""

    kind: Callable[..., Probe]
    arguments: dict[str, Any]

    def make(self, index: NDArray[np.int64]) -> Probe:
        """The probe for the runs `index`."""
        return self.kind(**{k: v[index] if isinstance(v, np.ndarray) else v for k, v in self.arguments.items()})


def recipe(kind: Callable[..., Probe], **arguments: Any) -> Recipe:
    """See Recipe."""
    return Recipe(kind, arguments)


class Fold:
    """Folds one probe's signals over time: mean, last, max and the values at checkpoints."""

    def __init__(self, probe: Probe, runs: int, marks: NDArray[np.int64]) -> None:
        count = len(probe.signals)
        self.probe, self.marks = probe, marks
        self.rows = np.zeros((BLOCK + 1, probe.raws or count, runs, 1))
        self.signals = np.empty((count, BLOCK, runs))
        self._views: list[Row] = []
        self._viewed = 0
        self.total = np.zeros((count, runs))
        self.last, self.mean = np.zeros((count, runs)), np.zeros((count, runs))
        self.max = np.full((count, runs), -np.inf)
        self.curve = np.full((len(marks), count, runs), np.nan)

    def views(self, steps: int, active: int) -> list[Row]:
        """The last row of the block before, then at least `steps` rows of this one, of the active runs."""
        if active != self._viewed:
            self._views, self._viewed = [], active
        new = self.rows[len(self._views) : steps + 1, :, :active]
        self._views += [Row(row, tuple(row[..., 0])) for row in new]
        return self._views

    def close(self, first: int, steps: int, active: int) -> None:
        """Fold the block's rows of the active runs."""
        block = self.signals[:, :steps, :active]
        self.probe.settle(self.rows[1 : steps + 1, :, :active, 0].swapaxes(0, 1), first, block)
        for signal, total in zip(block, self.total, strict=True):
            _sum(signal, total[:active])
        self.last[:, :active] = block[:, -1]
        self.max[:, :active] = np.maximum(self.max[:, :active], block.max(axis=1))
        inside = (self.marks > first) & (self.marks <= first + steps)
        self.curve[inside, :, :active] = block[:, self.marks[inside] - first - 1].swapaxes(0, 1)
        self.rows[0] = self.rows[steps]

    def finish(self, active: slice, time: int) -> None:
        """The runs of the slice end at this time."""
        self.mean[:, active] = self.total[:, active] / time

    def results(self) -> dict[str, Array]:
        """The probe's signals, folded, by name."""
        found: dict[str, Array] = {}
        for i, name in enumerate(() if self.probe.stops else self.probe.signals):
            found |= {f"{name}.mean": self.mean[i], f"{name}.last": self.last[i], f"{name}.max": self.max[i]}
            if len(self.marks):
                found[f"{name}.curve"] = self.curve[:, i].T.copy()
        return found | self.probe.extras()


def _sum(block: Array, total: Array) -> None:
    """Add the rows to the total one after the other, so that the sum does not depend on the blocks."""
    if total.size == 1:  # where numpy would add in pairs
        for row in block:
            np.add(total, row, out=total)
        return
    first = block[0].copy()
    block[0] += total
    np.add.reduce(block, axis=0, out=total)
    block[0] = first
