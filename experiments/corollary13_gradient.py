"""Corollary 13, its end: on smooth objectives Theorem 11 gives small gradients at the model average."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from experiments.base import Array, Context, Problem, setting
from experiments.theorem11_stationarity import Point, Theorem11
from experiments.words.evidence import Check, Evidence
from simulation.plan import Plan
from theory import sharpened


@dataclass(frozen=True)
class Corollary13Gradient(Theorem11):
    """Theorem 11 at lam = L^2/eps on an L-smooth F, or at lam = H/2 where the Hessian is H-Lipschitz, ends in
    E||grad F(xbar_t)|| = O(eps) through Lemma 4. Ours, in expectation: for any law of y with mean x and spread s,
    ||grad F(x)|| <= ||E grad F(y)|| + L sqrt(s) <= measure + L^2/(4 lam), and with the Hessian ||grad F(x)|| <=
    ||E grad F(y)|| + (H/2) s <= measure; so (17/16 + 0.237 (G+sigma)/C + 1/4) eps, and the same without the 1/4.
    Measured: the gradient at sampled xbar_t."""

    name: ClassVar[str] = "corollary13_gradient"
    label: ClassVar[str] = "Corollary 13"
    title: ClassVar[str] = "The rate for smooth objectives"

    case: Literal["smooth", "hessian"] = setting("smooth")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.case not in ("smooth", "hessian"):
            raise ValueError(f"case.settings.case = {self.case!r}: must be 'smooth' or 'hessian'")

    def accepts(self, problem: Problem) -> None:
        """A finite L or H."""
        super().accepts(problem)
        if not np.isfinite(self._weight(problem)):
            raise ValueError(f"problem = {problem.name}: {self.name} needs a finite {'LH'[self.case == 'hessian']}")

    def _weight(self, problem: Problem) -> float:
        constants = problem.objective.constants
        if self.case == "smooth":
            return constants.smoothness**2 / self.eps
        return constants.hessian_lipschitz / 2.0

    def plan(self, problem: Problem, context: Context) -> Plan:
        """Theorem 11 at this lam."""
        return Theorem11.plan(self._at(problem), problem, context)

    def conclude(self, problem: Problem, context: Context, found: dict[str, Array]) -> Evidence:
        """Theorem 11 at this lam."""
        return Theorem11.conclude(self._at(problem), problem, context, found)

    def _at(self, problem: Problem) -> Self:
        return replace(self, lam=self._weight(problem))

    def _start(self, problem: Problem) -> float:
        return float(np.linalg.norm(problem.objective.grad(problem.objective.start))) / self.eps

    def _checks(
        self, point: Point, certificate: Array, infimum: list[Array], gradient: Array, start: float | None, note: str
    ) -> list[Check]:
        """One row: the gradient."""
        bound = float(sharpened.theorem18_bound(1.0, point.guess / self.eps, self._scale(point.scales) / self.eps))
        bound += 0.25 if self.case == "smooth" else 0.0
        name = "lam = L^2/eps" if self.case == "smooth" else "lam = H/2"
        return [Check("expected", "ours", "||grad F(xbar)||/eps", f"{point}, {name}", bound, gradient, start=start)]
