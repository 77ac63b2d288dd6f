"""Lemma 16: from the L2 measure to the L1 measure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar, Self

import numpy as np

from experiments.base import Claim, Context, Problem, around, quotient, setting
from experiments.words.evidence import Check, Curve, Evidence, Panel
from objectives.base import Separable
from stationarity import Bracket, Norm
from stationarity import measure as stationarity
from theory import adam_ema

POINTS = 8  # a run


@dataclass(frozen=True)
class Lemma16(Claim):
    """A (lam/sqrt d, eps/sqrt d)-stationary point is a (lam, eps)-L1-stationary point: the L1 measure at lam is at most
    sqrt d times the L2 measure at lam/sqrt d. Measured: the ratio of a certified upper bound of the former to a
    certified lower bound of the latter, worst over sampled points and three lam."""

    name: ClassVar[str] = "lemma16"
    label: ClassVar[str] = "Lemma 16"
    title: ClassVar[str] = "L2 stationarity implies L1 stationarity"

    lams: tuple[float, ...] = setting((0.1, 1.0, 10.0))
    scaled: bool = True

    def __post_init__(self) -> None:
        if not self.lams or not all(0 < lam < np.inf for lam in self.lams):
            raise ValueError(f"case.settings.lams = {self.lams}: each must be finite and > 0")

    def accepts(self, problem: Problem) -> None:
        """Separable objectives in several coordinates."""
        super().accepts(problem)
        if not isinstance(problem.objective, Separable) or len(problem.objective.start) < 2:
            raise ValueError(f"problem = {problem.name}: lemma16 needs a separable objective in 2 or more coordinates")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row a lam: the worst ratio."""
        x = around(problem, context, POINTS)
        dim, flat = x.shape[-1], x.reshape(-1, x.shape[-1])
        checks: list[Check] = []
        curves: list[Curve] = []
        share = (np.arange(len(flat)) + 0.5) / len(flat)
        for lam in self.lams:
            lam2, factor = (float(a) for a in adam_ema.lemma16(lam, 1.0, dim)) if self.scaled else (lam, 1.0)
            one, two = _bracket(problem, context, lam, "l1"), _bracket(problem, context, lam2, "l2")
            ratio, least = quotient(factor * one.upper, two.lower), quotient(factor * one.lower, two.upper)
            worst, proven = (part.reshape(x.shape[:2]).max(axis=1) for part in (ratio, least))
            row = Check("pathwise", "stated", "L1 / (sqrt d L2)", f"lam={lam:.4g}", 1.0, worst, lower_samples=proven)
            checks.append(row)
            curves.append(Curve("norms", f"lam={lam:.4g}", "measured", share, np.sort(ratio)))
        curves.append(Curve("norms", "bound", "bound", np.array([0.0, 1.0]), np.ones(2)))
        panel = Panel("norms", "share of the points", "L1 measure / (sqrt d L2 measure)", "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def controls(self) -> dict[str, tuple[str, Self]]:
        """The same without the factors sqrt d."""
        return {"no sqrt d": ("the L2 measure at the same lam and eps", replace(self, scaled=False))}


@cache
def _bracket(problem: Problem, context: Context, lam: float, norm: Norm) -> Bracket:
    """The stationarity of all points; claim and control share what they have in common."""
    x, floor = around(problem, context, POINTS), 1e-6 * problem.objective.constants.lipschitz
    return stationarity(problem.objective, x.reshape(-1, x.shape[-1]), lam, norm, 1e-7, floor)
