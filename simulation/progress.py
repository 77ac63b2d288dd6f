"""When a run reaches the end of the hard chain (objectives/chain.py)."""

from __future__ import annotations

from typing import cast

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float
from foundation.numerics import norm
from objectives.base import Objective
from objectives.chain import HardChain
from simulation.recording import Probe, Step


class Progress(Probe):
    """How far along the hard chain a run is; its objective must be a `HardChain`.

    Signals: found = prog_0(x_t), passed = prog_1(x_t), inverse_slope = 1/||grad F(x_t)|| while prog_1 < n (else 0;
    throughout: always).

    Extras, shape (runs,): arrival = min {t : prog_0(x_t) = n}, traversal = min {t : prog_1(x_t) = n}; inf if after T.
    Gradients at x_1, ..., x_{t-1} have been seen when x_t is chosen. inverse_slope is in units of width/height.
    stops: runs end when they are through, and nothing but the times is returned.
    """

    signals = ("found", "passed", "inverse_slope")

    arrival: Float[Array, "runs"]
    traversal: Float[Array, "runs"]

    def __init__(self, throughout: bool = False, stops: bool = False) -> None:
        self.throughout, self.stops = throughout, stops

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """No link is reached by any run."""
        self.chain = cast(HardChain, objective)
        self.arrival, self.traversal = np.full(len(start), np.inf), np.full(len(start), np.inf)

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """found, passed and inverse_slope; the first times are noted."""
        links, unit = float(self.chain.dim), self.chain.width / self.chain.height
        found, passed = self.chain.progress(now.x, 0.0), self.chain.progress(now.x, 1.0)
        self.arrival = np.where((self.arrival == np.inf) & (found >= links), now.time, self.arrival)
        self.traversal = np.where((self.traversal == np.inf) & (passed >= links), now.time, self.traversal)
        inverse_slope = 1.0 / np.maximum(norm(now.grad * unit), 1e-300)
        if not self.throughout:
            inverse_slope = np.where(passed < links, inverse_slope, 0.0)
        return found, passed, inverse_slope

    def satisfied(self, runs: int) -> Bool[BoolArray, "runs"]:
        """Whether the run is through."""
        return np.isfinite(self.traversal) if self.stops else np.zeros(runs, bool)

    def extras(self) -> dict[str, Array]:
        """The times of arrival and traversal, shape (runs,)."""
        return {"arrival": self.arrival, "traversal": self.traversal}
