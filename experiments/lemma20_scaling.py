"""Lemma 20: with exponential step scaling, descent equals the linear term in expectation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.algorithm import EXPONENTIAL
from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import dots
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from objectives.base import Objective
from optimizers.scaling import Constant, Exponential, Gamma, Scaling, Uniform

MARGIN = 0.01  # of the scale G ||z||, fixed beforehand
CANDIDATES = 256  # points and directions among which the hardest is chosen


_DIFFERENCE = r"$[F(x+az) - F(x) - \langle\nabla F(x+az), z\rangle] / (G\|z\|)$"
_PANELS = (
    Panel("identity", "step scaling $a$", _DIFFERENCE, "linear", "linear"),
    Panel("means", "laws", "mean over $a$ of that difference", "linear", "linear", "dots", "by law", ("mean",)),
)


def difference(
    objective: Objective, x: Float[Array, "*points dim"], z: Float[Array, "*points dim"], a: Float[Array, "scalings"]
) -> Float[Array, "batch"]:
    """F(x + a z) - F(x) - <grad F(x + a z), z> for step scalings a.

    One pair (x, z) of shape (dim,) and many a, or many pairs, shape (points, dim), and one a.
    """
    ends = x + a[:, None] * z
    return objective.value(ends) - objective.value(x) - np.vecdot(objective.grad(ends), z)


def hardest_pair(problem: Problem, context: Context) -> tuple[Float[Array, "dim"], Float[Array, "dim"]]:
    """The (x, z), each of shape (dim,), at which a = 1 violates the identity most, in units of ||z||.

    Chosen by the deterministic a = 1, so that the choice uses none of the claim's random numbers.
    """
    objective, scales = problem.objective, problem.scales
    rng, start = context.streams.generator(0, "pairs"), objective.start
    reach, shape = scales.gap / scales.lipschitz, (CANDIDATES, len(start))
    x = start + reach * rng.uniform(-1.5, 1.5, shape)
    z = reach * rng.standard_normal(shape) * rng.uniform(0.05, 1.0, (CANDIDATES, 1))
    worst = int(np.argmax(np.abs(difference(objective, x, z, np.ones(1))) / np.sqrt(np.vecdot(z, z))))
    return x[worst], z[worst]


@dataclass(frozen=True)
class Lemma20(Claim):
    r"""stated, Lemma 20: For $a \sim \mathrm{Exp}(1)$ and all $x$ and $z$, $\mathbb{E}[F(x + a z) - F(x)] = \mathbb{E}
    \langle \nabla F(x + a z), z\rangle$.

    Measured: the difference of both sides, in units of $G \|z\|$, at the pair $(x, z)$ at which $a = 1$ violates it
    most among 256 random ones.
    """

    name: ClassVar[str] = "lemma20"
    label: ClassVar[str] = "Lemma 20"
    title: ClassVar[str] = "Descent against the linear term, with exponential step scaling"

    scaling: Scaling = EXPONENTIAL

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row: the identity at the hardest pair."""
        objective, effort = problem.objective, context.effort
        x, z = hardest_pair(problem, context)
        scale = objective.constants.lipschitz * np.sqrt(np.vecdot(z, z))
        samples, a = np.empty(effort.runs), np.empty(effort.draws)
        for run in range(effort.runs):
            self.scaling.fill(context.streams.generator(run, "scaling"), a)
            samples[run] = difference(objective, x, z, a).mean() / scale
        check = Check("identity", "stated", "descent - linear term", "hardest (x, z)", 0.0, samples, MARGIN)
        sizes = np.linspace(0.0, 4.0, 161)
        profile = difference(objective, x, z, sizes) / scale
        curves = (
            Curve("identity", "at the hardest $(x, z)$", "measured", sizes, profile),
            Curve("identity", r"stated mean 0", "bound", sizes[[0, -1]], np.zeros(2), form="stated"),
            dots("means", r"$a \sim \mathrm{Exp}(1)$", [samples]),
            Curve("means", "stated 0", "bound", np.zeros(1), np.zeros(1), form="stated"),
        )
        return Evidence((check,), curves, _PANELS)

    def controls(self) -> dict[str, Twin]:
        """Other laws of the step scaling."""
        laws: dict[str, tuple[str, Scaling]] = {
            "a = 1": ("no random scaling", Constant()),
            "U(0,2)": ("uniform scaling of mean 1", Uniform()),
            "Gamma(4)": ("Gamma scaling of mean 1, shape 4", Gamma(4.0)),
            "mean 1.5": ("exponential scaling of mean 1.5", Exponential(1.5)),
        }
        found = {name: self.twin(text, "random scaling", scaling=law) for name, (text, law) in laws.items()}
        near = self.near("exponential scaling of mean 1.1", "random scaling", scaling=Exponential(1.1))
        return {**found, "mean 1.1": near}
