"""The first time at which a running average, of the certificate or of the gradient at xbar_t, meets a target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from objectives.base import Objective
from simulation.probes import Certificate, Norm
from simulation.recording import Array, Now, Row
from simulation.weights import advance


class HittingTime(Certificate):
    """Gives `hitting`, shape (runs,): min {t : (1/t) sum_{s<=t} certificate_s <= target}, inf if that is after T.

    That average is the left-hand side that Theorem 11 of arXiv 2405.18199 bounds, at T = t. target: shape (runs,).
    whole: all runs go on to T, and the certificate's signals are returned, too.
    """

    def __init__(self, beta: Array, lam: Array, target: Array, norm: Norm = "l2", whole: bool = False) -> None:
        super().__init__(beta, lam, norm)
        self.target, self.total, self.stops = target.copy(), np.zeros(len(beta)), not whole

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """See Probe."""
        super().begin(objective, now, runs)
        # not an attribute array: runs that are done keep theirs when the batch narrows
        self._hit = {"hitting": np.full(len(runs), np.inf)}

    def settle(self, rows: Array, first: int, out: Array) -> None:
        """Signals of the certificate; the running sum goes step by step, so that it does not depend on the blocks."""
        super().settle(rows, first, out)
        self._note(out[2], first)

    def _note(self, values: Array, first: int) -> None:
        """Values of the steps first+1, first+2, ..., shape (steps, runs)."""
        sums = np.add.accumulate(np.concatenate([self.total[None], values]), axis=0)
        self.total = sums[-1].copy()
        times = np.arange(first + 1, first + len(values) + 1)[:, None]
        reached = sums[1:] <= self.target * times
        now = np.where(reached.any(axis=0), first + 1 + reached.argmax(axis=0), np.inf)
        found = self._hit["hitting"][: len(now)]
        np.minimum(found, now, out=found)

    def satisfied(self, runs: int) -> bool:
        """All have hit."""
        return self.stops and bool(np.isfinite(self._hit["hitting"][:runs]).all())

    def extras(self) -> dict[str, Array]:
        """The hitting times."""
        return self._hit


class GradientHittingTime(HittingTime):
    """The same for ||grad F(xbar_t)||, which is never below the stationarity at xbar_t (the law at one point)."""

    signals: tuple[str, ...] = ("gradient",)
    raws: int | None = 1

    def __init__(self, beta: Array, target: Array) -> None:
        super().__init__(beta, np.ones(len(beta)), target)

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """See Probe."""
        super().begin(objective, now, runs)
        assert objective is not None
        self._grad = objective.grad

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row: the signal, at xbar_t = x_t - k_t w_t."""
        at = now.time - self._first
        advance(self.sums, self._decays[at], now.pair)
        slope = self._grad(now.x - self._weights.keep(at) * self.sums.second)
        np.sqrt(np.vecdot(slope, slope), out=row.each[0])

    def settle(self, rows: Array, first: int, out: Array) -> None:
        """Nothing but the running sum."""
        np.copyto(out, rows)
        self._note(rows[0], first)
