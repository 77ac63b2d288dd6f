"""Lemma 20: with exponential step scaling, descent equals the linear term in expectation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from experiments.base import Array, Claim, Context, Problem
from experiments.words.evidence import Check, Curve, Evidence, Panel
from optimizers.scaling import Constant, Exponential, Gamma, Scaling, Uniform

MARGIN = 0.01  # of the scale G ||z||, fixed beforehand
CANDIDATES = 256  # points and directions among which the hardest is chosen


@dataclass(frozen=True)
class Lemma20(Claim):
    """For a ~ Exp(1): E[F(x + a z) - F(x)] = E <grad F(x + a z), z>, an equality. Measured: the difference of both
    sides, in units of G ||z||, at the pair (x, z) at which a_t = 1 violates it most among 256 random ones."""

    name: ClassVar[str] = "lemma20"
    label: ClassVar[str] = "Lemma 20"
    title: ClassVar[str] = "Exponential step scaling"

    scaling: Scaling = field(default_factory=Exponential)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row: the identity at the hardest pair."""
        objective, effort = problem.objective, context.effort
        x, z = self._hardest(problem, context)
        scale = objective.constants.lipschitz * np.sqrt(np.vecdot(z, z))
        samples = np.empty(effort.runs)
        for run in range(effort.runs):
            a = np.empty(effort.draws)
            self.scaling.fill(context.streams.generator(run, "scaling"), a)
            samples[run] = self._difference(objective, x, z, a).mean() / scale
        check = Check("identity", "stated", "descent - linear term", "hardest (x, z)", 0.0, samples, MARGIN)
        sizes = np.linspace(0.0, 4.0, 161)
        profile = self._difference(objective, x, z, sizes) / scale
        curve = Curve("identity", "F(x+az) - F(x) - <grad F(x+az), z>", "measured", sizes, profile)
        zero = Curve("identity", "its mean over a ~ Exp(1)", "bound", sizes[[0, -1]], np.zeros(2))
        panel = Panel("identity", "step scaling a", "difference / (G |z|)", "linear", "linear")
        return Evidence((check,), (curve, zero), (panel,))

    @staticmethod
    def _difference(objective: Any, x: Array, z: Array, a: Array) -> Array:
        points = x + a[:, None] * z
        return objective.value(points) - objective.value(x) - np.vecdot(objective.grad(points), z)

    def _hardest(self, problem: Problem, context: Context) -> tuple[Array, Array]:
        """Chosen by the deterministic a = 1, so that the choice uses none of the claim's random numbers."""
        objective, scales = problem.objective, problem.scales
        rng = context.streams.generator(0, "pairs")
        start = objective.start
        reach = scales.gap / scales.lipschitz
        x = start + reach * rng.uniform(-1.5, 1.5, (CANDIDATES, len(start)))
        z = reach * rng.standard_normal((CANDIDATES, len(start))) * rng.uniform(0.05, 1.0, (CANDIDATES, 1))
        end = x + z
        gap = objective.value(end) - objective.value(x) - np.vecdot(objective.grad(end), z)
        worst = int(np.argmax(np.abs(gap) / np.sqrt(np.vecdot(z, z))))
        return x[worst], z[worst]

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Other laws of the step scaling."""
        laws: dict[str, tuple[str, Scaling]] = {
            "a = 1": ("no random scaling", Constant()),
            "U(0,2)": ("uniform scaling of mean 1", Uniform()),
            "Gamma(4)": ("Gamma scaling of mean 1, shape 4", Gamma(4.0)),
            "mean 1.5": ("exponential scaling of mean 1.5", Exponential(1.5)),
        }
        return {name: (text, replace(self, scaling=law)) for name, (text, law) in laws.items()}
