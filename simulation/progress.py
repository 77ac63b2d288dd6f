"""When a run reaches the end of the hard chain (objectives/chain.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from objectives.base import Objective
from simulation.recording import Array, Now, Probe, Row


class Progress(Probe):
    """Signals: found = prog_0(x_t), passed = prog_1(x_t), slope = 1/||grad F(x_t)|| while prog_1 < n (else 0;
    throughout: always).

    Extras, shape (runs,): arrival = min {t : prog_0(x_t) = n}, traversal = min {t : prog_1(x_t) = n}; inf if after T.
    Gradients at x_1, ..., x_{t-1} have been seen when x_t is chosen. slope is in units of width/height.
    stops: runs end when all of the batch are through, and nothing but the times is returned.
    """

    signals = ("found", "passed", "slope")

    def __init__(self, throughout: bool = False, stops: bool = False) -> None:
        self.throughout, self.stops = throughout, stops

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Nothing is reached."""
        self._chain: Any = objective
        # not attribute arrays: runs that are done keep theirs when the batch narrows
        self._times = {name: np.full(len(runs), np.inf) for name in ("arrival", "traversal")}

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row: the signals."""
        chain = self._chain
        found, passed, slope = row.each
        found[:], passed[:] = chain.progress(now.x, 0.0), chain.progress(now.x, 1.0)
        size = np.sqrt(np.vecdot(now.grad, now.grad)) * (chain.width / chain.height)
        slope[:] = np.where(self.throughout | (passed < chain.dim), 1.0 / np.maximum(size, 1e-300), 0.0)

    def settle(self, rows: Array, first: int, out: Array) -> None:
        """Note the first times."""
        np.copyto(out, rows)
        for signal, name in enumerate(("arrival", "traversal")):
            there = rows[signal] >= self._chain.dim
            time = np.where(there.any(axis=0), first + 1 + there.argmax(axis=0), np.inf)
            found = self._times[name][: len(time)]
            np.minimum(found, time, out=found)

    def satisfied(self, runs: int) -> bool:
        """All are through."""
        return self.stops and bool(np.isfinite(self._times["traversal"][:runs]).all())

    def extras(self) -> dict[str, Array]:
        """The times."""
        return self._times
