"""Lemmas 7 and 17: the discounted-to-nonconvex conversion, whole, and its ledger term by term."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from experiments.algorithm import FreeClaim
from experiments.base import Array, Context, Problem, band, setting, thin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from optimizers.scaling import Constant, Exponential
from simulation.plan import Plan
from simulation.probes import Certificate, Descent, Regret
from simulation.recording import recipe
from theory import adam_ema, sharpened


@dataclass(frozen=True)
class Lemma07(FreeClaim):
    """E_{t~[T]} E||E_{y_t} grad F(y_t)|| <= Delta/(DT) + (2G + sigma)/((1-beta)T) + sigma sqrt(1-beta)
    + (1/(DT)) [beta E Regret_T(u_T) + (1-beta) sum_t E Regret_t(u_t)], for any learner in the ball of radius D.
    Measured: the left side minus the regret bracket, run by run; and, from its proof, each term against its bound
    (in units of D T G): descent -(F(x_T) - F(x_0)) <= Delta, comparator, noise, last."""

    name: ClassVar[str] = "lemma07"
    label: ClassVar[str] = "Lemma 7"
    title: ClassVar[str] = "Discounted-to-nonconvex conversion (L2)"

    radius_factor: float = setting(0.0)
    share: float = 1.0  # of the constants that are claimed

    def parameters(self, problem: Problem, context: Context) -> tuple[Array, Array, NDArray[np.int64]]:
        """See FreeClaim; D is `radius_factor` Delta/G if that is set."""
        beta, radius, steps = super().parameters(problem, context)
        if self.radius_factor:
            radius = np.full_like(beta, self.radius_factor * problem.scales.gap / problem.scales.lipschitz)
        return beta, radius, steps

    def plan(self, problem: Problem, context: Context) -> Plan:
        """The gradient's average, the regret and the descent at every step."""
        beta, radius, steps = self.parameters(problem, context)
        probes = (
            recipe(Certificate, beta=beta, lam=np.ones_like(beta), norm=self.norm),
            recipe(Regret, beta=beta, radius=radius, norm=self.norm),
            recipe(Descent, beta=beta),
        )
        return self.planned(problem, beta, radius, steps, *probes)

    def conclude(self, problem: Problem, context: Context, found: dict[str, Array]) -> Evidence:
        """Two rows of the whole inequality and four of the ledger for each beta."""
        beta, radius, steps = self.parameters(problem, context)
        checks: list[Check] = []
        curves: list[Curve] = []
        for name, runs in self.groups(context):
            part = {key: value[runs] for key, value in found.items()}
            b, d, t = float(beta[runs][0]), float(radius[runs][0]), int(steps[runs][0])
            left, bracket = part["norm.mean"], b * part["regret.last"] + (1.0 - b) * t * part["regret.mean"]
            for form, bound in self._bounds(problem, b, d, t).items():
                checks.append(Check("expected", form, "gradient - regret", name, bound, left - bracket / (d * t)))
            checks += self._ledger(problem, name, part, b, d, t)
            times = thin(int(steps.max()))
            keep = times <= t
            curves.append(Curve("gradient", name, "measured", times[keep], *band(part["norm.curve"][:, keep])))
            right = self._bounds(problem, b, d, t)["stated"] + bracket.mean() / (d * t)
            curves.append(Curve("gradient", f"right side, {name}", "bound", np.array([1.0, t]), np.full(2, right)))
        panel = Panel("gradient", "t", "norm of E grad F(y_t)", "log", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _scales(self, problem: Problem) -> tuple[float, float, float]:
        """(Delta, G, sigma) in the norm at hand."""
        s = problem.scales
        return self.share * s.gap, self.share * s.lipschitz, self.share * s.sigma

    def _bounds(self, problem: Problem, beta: float, radius: float, steps: int) -> dict[Form, float]:
        inputs = (*self._scales(problem), radius, beta, steps)
        return {"stated": float(adam_ema.lemma07_bound(*inputs)), "ours": float(sharpened.lemma07_bound(*inputs))}

    def _ledger(
        self, problem: Problem, name: str, part: dict[str, Array], beta: float, radius: float, steps: int
    ) -> list[Check]:
        gap, lipschitz, sigma = self._scales(problem)
        unit = radius * steps * lipschitz / self.share
        bounds = adam_ema.lemma07_ledger(lipschitz, sigma, radius, beta, steps)
        pull = (1.0 - beta) * part["pull.mean"]
        last = part["pull.last"]
        samples = {
            "comparator": radius * steps * (part["norm.mean"] - pull) / unit,
            "noise": (1.0 - beta) * steps * part["noise.mean"] / unit,
            "last": beta * (part["noise.last"] - radius * last) / unit,
        }
        rows = [
            Check("expected", "proved", f"ledger: {term}", name, float(bounds[term]) / unit, value)
            for term, value in samples.items()
            if bounds[term] > 0  # without noise there is no noise term
        ]
        descent = Check("pathwise", "proved", "ledger: descent", name, gap / unit, -part["value.last"] / unit)
        return [descent, *rows]

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Other step scalings break the conversion; constants that are not the problem's break the ledger."""
        return {
            "a = 1": ("no random scaling", replace(self, scaling=Constant())),
            "mean 0.5": (
                "exponential scaling of mean 0.5: half the descent that is charged",
                replace(self, scaling=Exponential(0.5)),
            ),
            "a tenth": ("claims a tenth of Delta, G and sigma", replace(self, share=0.1)),
        }


@dataclass(frozen=True)
class Lemma17(Lemma07):
    """E_{t~[T]} E||E_{y_t} grad F(y_t)||_1 <= Delta/(DT) + 2||G+sigma||_1/((1-beta)T) + ||sigma||_1 sqrt(1-beta)
    + (1/(DT)) [beta E Regret_T(u_T) + (1-beta) sum_t E Regret_t(u_t)], regret summed over coordinates,
    for any learner with every |z_t[i]| <= D. Measured as in Lemma 7."""

    name: ClassVar[str] = "lemma17"
    label: ClassVar[str] = "Lemma 17"
    title: ClassVar[str] = "Discounted-to-nonconvex conversion (L1)"

    coordinatewise: bool = True

    def _scales(self, problem: Problem) -> tuple[float, float, float]:
        s = problem.scales
        lipschitz, sigma = float(s.coordinate_lipschitz.sum()), float(s.coordinate_sigma.sum())
        return self.share * s.gap, self.share * lipschitz, self.share * sigma

    def _bounds(self, problem: Problem, beta: float, radius: float, steps: int) -> dict[Form, float]:
        gap, lipschitz, sigma = self._scales(problem)
        return {
            "stated": float(adam_ema.lemma17_bound(gap, lipschitz + sigma, sigma, radius, beta, steps)),
            "ours": float(sharpened.lemma07_bound(gap, lipschitz, sigma, radius, beta, steps)),
        }
