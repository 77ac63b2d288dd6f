"""Lemma 16: from the L2 measure to the L1 measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import stationarity
from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import safe_ratio, sample_points
from experiments.words.problem import Context, Problem
from foundation.fingerprint import remembered
from foundation.settings import setting
from objectives.base import Separable
from theory import adam_ema

POINTS = 8  # a run
bracket = remembered(stationarity.measure)  # the control brackets the L1 measure at the same points


@dataclass(frozen=True)
class Lemma16(Claim):
    r"""Measured: a certified upper bound of the L1 measure at $\lambda$ over $\sqrt{d}$ times a certified lower bound
    of the L2 measure at $\lambda/\sqrt{d}$, at the worst of sampled points, for each $\lambda$."""

    name: ClassVar[str] = "lemma16"
    label: ClassVar[str] = "Lemma 16"
    title: ClassVar[str] = "The L1 measure against the L2 measure"
    statements = (adam_ema.lemma16,)

    lams: tuple[float, ...] = setting((0.1, 1.0, 10.0), "(0, inf)")
    scaled: bool = True
    power: float = 0.5  # of d, that lam is divided by

    def accepts(self, problem: Problem) -> None:
        """Separable objectives in several coordinates."""
        super().accepts(problem)
        several = isinstance(problem.objective, Separable) and len(problem.objective.start) > 1
        self.require(several, problem, "a separable objective in 2 or more coordinates")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row a lam: the worst ratio."""
        x, objective = sample_points(problem, context, POINTS), problem.objective
        dim, flat, floor = x.shape[-1], x.reshape(-1, x.shape[-1]), 1e-6 * objective.constants.lipschitz
        share = (np.arange(len(flat)) + 0.5) / len(flat)
        checks, curves = [], []
        for lam in self.lams:
            lam2, factor = (float(a) for a in adam_ema.lemma16(lam, 1.0, dim)) if self.scaled else (lam, 1.0)
            lam2 *= dim ** (0.5 - self.power)
            one = bracket(objective, flat, lam, "l1", 1e-7, floor)
            two = bracket(objective, flat, lam2, "l2", 1e-7, floor)
            ratio, least = safe_ratio(factor * one.upper, two.lower), safe_ratio(factor * one.lower, two.upper)
            worst, proven = (part.reshape(x.shape[:2]).max(axis=1) for part in (ratio, least))
            where = f"lam={lam:.4g}"
            row = Check("pathwise", "stated", "L1 / (sqrt d L2)", where, 1.0, worst, lower_samples=proven)
            checks.append(row)
            curves.append(Curve("norms", rf"$\lambda = {lam:g}$", "measured", share, np.sort(ratio)))
        curves.append(Curve("norms", "stated 1", "bound", np.array([0.0, 1.0]), np.ones(2), form="stated"))
        axis = r"$\|\nabla F\|_1^{[\lambda]} / (d^{1/2}\|\nabla F\|^{[\lambda/d^{1/2}]})$"
        panel = Panel("norms", "share of the points, by their ratio", axis, "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def controls(self) -> dict[str, Twin]:
        """The same without the factors sqrt d, and with another power of d."""
        return {
            "no sqrt d": self.twin("the L2 measure at the same lam and eps", scaled=False),
            "lam/d": self.near("the L2 measure at lam/d, not lam/sqrt d", power=1.0),
        }
