"""The first time at which a running average, of the certificate or of the gradient at xbar_t, meets a target."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float, Int, IntArray
from objectives.base import Objective
from simulation.certificate import Certificate, Norm
from simulation.recording import Step


class HittingTime(Certificate):
    """When the certificate meets a target on average: `hitting`, shape (runs,), a time, inf if that is after T.

    hitting = min {t : (1/t) sum_{s<=t} certificate_s <= target}. That average is the certificate's in the place of the
    left-hand side that Theorem 11 of arXiv 2405.18199 bounds, at T = t. target: in the unit of the gradient. whole: all
    runs go on to T, and the certificate's signals are returned, too.
    """

    target: Float[Array, "runs"]
    total: Float[Array, "runs"]  # sum_{s<=t} certificate_s
    hitting: Float[Array, "runs"]

    def __init__(
        self,
        beta: Float[Array, "runs"],
        lam: Float[Array, "runs"],
        target: Float[Array, "runs"],
        norm: Norm = "l2",
        samples: Int[IntArray, "runs k"] | None = None,
        whole: bool = False,
    ) -> None:
        super().__init__(beta, lam, norm, samples)
        self.target, self.stops = target, not whole

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """No run has hit its target."""
        super().begin(objective, start)
        self.total, self.hitting = np.zeros(len(start)), np.full(len(start), np.inf)

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """Signals of the certificate."""
        signals = super().step(now)
        self._note(signals[-1], now)
        return signals

    def _note(self, value: Float[Array, "runs"], now: Step) -> None:
        """Take in the value of this step, and note who hits now for the first time."""
        self.total = self.total + value
        hits = (self.hitting == np.inf) & (self.total <= self.target * now.time)
        self.hitting = np.where(hits, now.time, self.hitting)

    def satisfied(self, runs: int) -> Bool[BoolArray, "runs"]:
        """Whether the run has hit."""
        return np.isfinite(self.hitting) if self.stops else np.zeros(runs, bool)

    def extras(self) -> dict[str, Array]:
        """The hitting times, shape (runs,)."""
        return {"hitting": self.hitting}


class GradientHittingTime(HittingTime):
    """When the gradient at the average meets a target: min {t : (1/t) sum_{s<=t} ||grad F(xbar_s)|| <= target}.

    Given as `hitting`, shape (runs,), inf if that is after T. ||grad F(xbar_t)|| is what Corollary 13 of arXiv
    2405.18199 bounds, and never below the stationarity at xbar_t (the law that sits in one point).
    """

    signals: tuple[str, ...] = ("gradient",)

    def __init__(self, beta: Float[Array, "runs"], target: Float[Array, "runs"]) -> None:
        super().__init__(beta, np.ones(len(beta)), target)

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """No run has hit; gradients are taken of the objective."""
        super().begin(objective, start)
        assert objective is not None
        self.objective = objective

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """The size of the gradient at xbar_t; nothing else of the certificate is needed."""
        self.average(now)
        gradient = self.length(self.objective.grad(self.sample(now)))
        self._note(gradient, now)
        return (gradient,)
