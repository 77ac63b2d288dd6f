"""The first time at which a running average, of the certificate or of the gradient at xbar_t, meets a target."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from simulation.certificate import Certificate, Norm
from simulation.ema_weights import advance
from simulation.recording import Row, Step


class HittingTime(Certificate):
    """When the certificate meets a target on average: `hitting`, shape (runs,), a time, inf if that is after T.

    hitting = min {t : (1/t) sum_{s<=t} certificate_s <= target}. That average is the certificate's in the place of the
    left-hand side that Theorem 11 of arXiv 2405.18199 bounds, at T = t. target: in the unit of the gradient. whole: all
    runs go on to T, and the certificate's signals are returned, too.
    """

    target: Float[Array, "runs"]
    total: Float[Array, "runs"]
    hitting: Float[Array, "batch"]

    def __init__(
        self,
        beta: Float[Array, "runs"],
        lam: Float[Array, "runs"],
        target: Float[Array, "runs"],
        norm: Norm = "l2",
        whole: bool = False,
    ) -> None:
        super().__init__(beta, lam, norm)
        self.target, self.total, self.stops = target.copy(), np.zeros(len(beta)), not whole

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """No run has hit its target."""
        super().begin(objective, current, runs)
        self.hitting = np.full(len(runs), np.inf)

    def settle(
        self, rows: Float[Array, "raws steps runs"], first: int, out: Float[Array, "signals steps runs"]
    ) -> None:
        """Signals of the certificate; the running sum goes step by step, so that it does not depend on the blocks."""
        super().settle(rows, first, out)
        self._note(out[2], first)

    def _note(self, values: Float[Array, "steps runs"], first: int) -> None:
        """Add up the values of the steps first+1, first+2, ..., and note who has hit."""
        sums = np.add.accumulate(np.concatenate([self.total[None], values]), axis=0)
        self.total = sums[-1].copy()
        times = np.arange(first + 1, first + len(values) + 1)[:, None]
        reached = sums[1:] <= self.target * times
        hit = np.where(reached.any(axis=0), first + 1 + reached.argmax(axis=0), np.inf)
        found = self.hitting[: len(hit)]
        np.minimum(found, hit, out=found)

    def satisfied(self, runs: int) -> bool:
        """Whether all runs have hit."""
        return self.stops and bool(np.isfinite(self.hitting[:runs]).all())

    def extras(self) -> dict[str, Array]:
        """The hitting times, shape (runs,)."""
        return {"hitting": self.hitting}


class GradientHittingTime(HittingTime):
    """When the gradient at the average meets a target: min {t : (1/t) sum_{s<=t} ||grad F(xbar_s)|| <= target}.

    Given as `hitting`, shape (runs,), inf if that is after T. ||grad F(xbar_t)|| is what Corollary 13 of arXiv
    2405.18199 bounds, and never below the stationarity at xbar_t (the law that sits in one point).
    """

    signals: tuple[str, ...] = ("gradient",)
    raws: int | None = 1

    def __init__(self, beta: Float[Array, "runs"], target: Float[Array, "runs"]) -> None:
        super().__init__(beta, np.ones(len(beta)), target)

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """No run has hit; gradients are taken of the objective."""
        super().begin(objective, current, runs)
        assert objective is not None
        self._grad = objective.grad

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row: the signal, at xbar_t = x_t - k_t w_t."""
        at = current.time - self._first
        advance(self.sums, self._decays[at], current.stacked)
        slope = self._grad(current.x - self._weights.keep(at) * self.sums.second)
        np.sqrt(np.vecdot(slope, slope), out=row.each[0])

    def settle(
        self, rows: Float[Array, "raws steps runs"], first: int, out: Float[Array, "signals steps runs"]
    ) -> None:
        """Nothing but the running sum."""
        np.copyto(out, rows)
        self._note(rows[0], first)
