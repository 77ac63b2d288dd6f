"""Lemma 20 for other laws of the step scaling, whose gradients must be weighted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gamma as gamma_function
from typing import ClassVar

import numpy as np

from experiments.lemma20_scaling import MARGIN, hardest_pair
from experiments.words.algorithm import EXPONENTIAL
from experiments.words.claim import Claim, Statements, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import dots
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.numerics import erfc
from optimizers.scaling import Gamma, HalfNormal, Scaling, Uniform, Weibull
from theory import step_laws

Function = Callable[[Float[Array, "scalings"]], Float[Array, "scalings"]]
SHAPE = 1.5  # of Weibull and Gamma: E w^2 is finite below 2
SPEED = gamma_function(1.0 + 1.0 / SHAPE)  # of Weibull, for mean 1


@dataclass(frozen=True)
class StepLaw:
    """A law of mean 1 of the step scaling: how it is drawn, its survival function and its density."""

    scaling: Scaling
    survival: Function
    density: Function

    def weight(self, s: Float[Array, "scalings"]) -> Float[Array, "scalings"]:
        """S(s)/f(s), one number a scaling, shape (scalings,)."""
        return np.asarray(step_laws.step_weight(self.survival(s), self.density(s)))


def _gamma_density(s: Float[Array, "scalings"]) -> Float[Array, "scalings"]:
    return SHAPE * 2.0 * np.sqrt(SHAPE * s / np.pi) * np.exp(-SHAPE * s)


def _weibull_survival(s: Float[Array, "scalings"]) -> Float[Array, "scalings"]:
    return np.exp(-((SPEED * s) ** SHAPE))


LAWS = {
    "Exp(1)": StepLaw(EXPONENTIAL, lambda s: np.exp(-s), lambda s: np.exp(-s)),
    "U(0,2)": StepLaw(Uniform(), lambda s: np.maximum(1.0 - s / 2.0, 0.0), lambda s: np.full_like(s, 0.5)),
    "half-normal": StepLaw(
        HalfNormal(), lambda s: erfc(s / np.pi**0.5), lambda s: 2.0 / np.pi * np.exp(-s * s / np.pi)
    ),
    "Weibull(1.5)": StepLaw(
        Weibull(SHAPE),
        _weibull_survival,
        lambda s: SHAPE * SPEED * (SPEED * s) ** (SHAPE - 1.0) * _weibull_survival(s),
    ),
    "Gamma(1.5)": StepLaw(Gamma(SHAPE), lambda s: erfc(np.sqrt(SHAPE * s)) + _gamma_density(s) / SHAPE, _gamma_density),
}


_MEAN = r"mean of [descent $-$ weighted linear term] $/ (G\|z\|)$"
_PANELS = (
    Panel("weight", "step scaling $s$", "weight $S(s)/f(s)$", "linear", "linear"),
    Panel("means", "laws", _MEAN, "linear", "linear", "dots", "both sides compared", tuple(LAWS)),
)


@dataclass(frozen=True)
class Lemma20Laws(Claim):
    r"""Measured: the difference of both sides, in units of $G \|z\|$, for five laws of mean 1, at the pair $(x, z)$ at
    which $a = 1$ violates Lemma 20 most among 256 random ones."""

    name: ClassVar[str] = "lemma20_laws"
    label: ClassVar[str] = "Lemma 20 (other laws)"
    title: ClassVar[str] = "Descent against the weighted linear term, for other laws of the step scaling"
    statements: ClassVar[Statements] = (step_laws.step_weight,)

    weighted: bool = True
    stretch: float = 1.0  # the weight is taken at s/stretch
    mean: float = 1.0  # what the draws are multiplied with

    def weight(self, law: StepLaw, s: Float[Array, "scalings"]) -> Float[Array, "scalings"]:
        """The weight of the gradient after a step of s."""
        return law.weight(s / self.stretch) if self.weighted else np.ones_like(s)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row for each law: the identity at the hardest pair."""
        objective, effort = problem.objective, context.effort
        x, z = hardest_pair(problem, context)
        scale = objective.constants.lipschitz * np.sqrt(np.vecdot(z, z))

        def difference(law: StepLaw, s: Float[Array, "scalings"]) -> Float[Array, "scalings"]:
            ends = x + s[:, None] * z
            linear = self.weight(law, s) * np.vecdot(objective.grad(ends), z)
            return (objective.value(ends) - objective.value(x) - linear) / scale

        checks, curves, means = [], [], []
        sizes, s = np.linspace(0.02, 1.98, 99), np.empty(effort.draws)
        for name, law in LAWS.items():
            samples = np.empty(effort.runs)
            for run in range(effort.runs):
                law.scaling.fill(context.streams.generator(run, f"scaling {name}"), s)
                samples[run] = difference(law, self.mean * s).mean()
            checks.append(Check("identity", "ours", "descent - weighted linear term", name, 0.0, samples, MARGIN))
            curves.append(Curve("weight", name, "measured", sizes, self.weight(law, sizes)))
            means.append(samples)
        one = np.ones(2)
        curves.append(Curve("weight", "Lemma 20: no weight", "bound", sizes[[0, -1]], one, form="stated"))
        curves.append(dots("means", "weighted $S/f$", means))
        curves.append(Curve("means", "ours 0", "bound", np.zeros(1), np.zeros(1), form="ours"))
        return Evidence(tuple(checks), tuple(curves), _PANELS)

    def controls(self) -> dict[str, Twin]:
        """Weights and laws that do not fit together."""
        return {
            "no weight": self.twin("the gradient as it is, whatever the law", "random scaling", weighted=False),
            "2 - s/1.5": self.near("every weight taken at s/1.5: 2 - s/1.5 for U(0,2)", stretch=1.5),
            "mean 1.2": self.near("steps of mean 1.2 with the weights for mean 1", mean=1.2),
        }
