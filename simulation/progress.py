"""When a run reaches the end of the hard chain (objectives/chain.py)."""

from __future__ import annotations

from typing import cast

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from objectives.chain import HardChain
from simulation.recording import Probe, Row, Step


class Progress(Probe):
    """How far along the hard chain a run is; its objective must be a `HardChain`.

    Signals: found = prog_0(x_t), passed = prog_1(x_t), inverse_slope = 1/||grad F(x_t)|| while prog_1 < n (else 0;
    throughout: always).

    Extras, shape (runs,): arrival = min {t : prog_0(x_t) = n}, traversal = min {t : prog_1(x_t) = n}; inf if after T.
    Gradients at x_1, ..., x_{t-1} have been seen when x_t is chosen. inverse_slope is in units of width/height.
    stops: runs end when all of the batch are through, and nothing but the times is returned.
    """

    signals = ("found", "passed", "inverse_slope")

    arrival: Float[Array, "batch"]
    traversal: Float[Array, "batch"]

    def __init__(self, throughout: bool = False, stops: bool = False) -> None:
        self.throughout, self.stops = throughout, stops

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """No link is reached by any run."""
        chain = cast(HardChain, objective)
        self._progress, self._links, self._unit = chain.progress, chain.dim, chain.width / chain.height
        self.arrival, self.traversal = (np.full(len(runs), np.inf) for _ in range(2))

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row: the signals themselves."""
        found, passed, inverse_slope = row.each
        found[:], passed[:] = self._progress(current.x, 0.0), self._progress(current.x, 1.0)
        size = np.sqrt(np.vecdot(current.grad, current.grad)) * self._unit
        inverse_slope[:] = np.where(self.throughout | (passed < self._links), 1.0 / np.maximum(size, 1e-300), 0.0)

    def settle(
        self, rows: Float[Array, "raws steps runs"], first: int, out: Float[Array, "signals steps runs"]
    ) -> None:
        """Note the first time of every run."""
        np.copyto(out, rows)
        for signal, times in zip(rows, (self.arrival, self.traversal), strict=False):
            there = signal >= self._links
            time = np.where(there.any(axis=0), first + 1 + there.argmax(axis=0), np.inf)
            found = times[: len(time)]
            np.minimum(found, time, out=found)

    def satisfied(self, runs: int) -> bool:
        """Whether all runs are through."""
        return self.stops and bool(np.isfinite(self.traversal[:runs]).all())

    def extras(self) -> dict[str, Array]:
        """The times of arrival and traversal, shape (runs,)."""
        return {"arrival": self.arrival, "traversal": self.traversal}
