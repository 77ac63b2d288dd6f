"""Lemma 5: a stationary point is a Goldstein stationary point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.base import Array, Claim, Context, Problem, around, quotient, setting
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from objectives.base import Separable
from stationarity import measure as stationarity
from theory import adam_ema, sharpened

POINTS = 8  # a run
SAMPLES = 96  # gradients in each ball


def least_norm(vectors: Array) -> float:
    """The least ||.||_2 in the convex hull of the rows of `vectors`, shape (count, dim).

    min_w ||V^T w||^2 + (1 - sum w)^2 over w >= 0 has its optimum on the ray of the nearest point of the hull, so
    non-negative least squares (scipy.optimize.nnls) solves the quadratic programme. Any w is an upper bound.
    """
    from scipy.optimize import nnls  # slow to import: only here

    scale = float(np.abs(vectors).max())
    if scale == 0.0:
        return 0.0
    unit = vectors / scale
    matrix = np.concatenate([unit.T, np.ones((1, len(vectors)))])
    weights = nnls(matrix, np.append(np.zeros(vectors.shape[1]), 1.0))[0]
    return scale * float(np.linalg.norm(weights @ unit) / weights.sum())


@dataclass(frozen=True)
class Lemma05(Claim):
    """If F is G-Lipschitz, a (lam, eps)-stationary x has dist(0, conv{grad F(y): ||y - x|| <= delta}) <=
    (1 + 2G/(lam delta^2)) eps; ours: max(1, 2G/(lam delta^2)) eps. Every x is (lam, eps)-stationary with eps its
    measure. Measured: the distance for the hull of 96 gradients in the ball (an upper bound, by a quadratic
    programme) over the bound at a certified lower bound of the measure."""

    name: ClassVar[str] = "lemma05"
    label: ClassVar[str] = "Lemma 5"
    title: ClassVar[str] = "Stationary points are Goldstein stationary"

    lam: float = setting(1.0)
    radii: tuple[float, ...] = setting((0.5, 1.0, 2.0))
    hull: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.lam < np.inf:
            raise ValueError(f"case.settings.lam = {self.lam}: must be finite and > 0")
        if not self.radii or not all(0 < radius < np.inf for radius in self.radii):
            raise ValueError(f"case.settings.radii = {self.radii}: delta/sqrt(2G/lam), each must be finite and > 0")

    def accepts(self, problem: Problem) -> None:
        """Separable objectives."""
        super().accepts(problem)
        if not isinstance(problem.objective, Separable):
            raise ValueError(f"problem = {problem.name}: lemma05 needs a separable objective")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row a form and delta: the worst distance over its bound."""
        objective, lipschitz = problem.objective, problem.objective.constants.lipschitz
        x = around(problem, context, POINTS)
        flat = x.reshape(-1, x.shape[-1])
        found = stationarity(objective, flat, self.lam, "l2", 1e-6, 1e-3 * lipschitz)
        ball = self._ball(x.shape[-1], context)
        checks: list[Check] = []
        curves: list[Curve] = []
        share = (np.arange(len(flat)) + 0.5) / len(flat)
        for radius in self.radii:
            delta = radius * float(np.sqrt(2.0 * lipschitz / self.lam))
            distance = np.array([self._distance(objective, point, delta * ball) for point in flat])
            for form, factor in self._factors(lipschitz, delta).items():
                ratio, least = (quotient(distance, factor * side) for side in (found.lower, found.upper))
                worst, proven = (part.reshape(x.shape[:2]).max(axis=1) for part in (ratio, least))
                row = Check(
                    "pathwise", form, "distance / bound", f"delta={delta:.4g}", 1.0, worst, lower_samples=proven
                )
                checks.append(row)
                if form == "ours":
                    curves.append(Curve("goldstein", f"ours, delta={delta:.4g}", "measured", share, np.sort(ratio)))
        curves.append(Curve("goldstein", "bound", "bound", np.array([0.0, 1.0]), np.ones(2)))
        panel = Panel("goldstein", "share of the points", "Goldstein distance / bound", "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _ball(self, dim: int, context: Context) -> Array:
        """Offsets in the unit ball: 0, the ends of the axes, and random ones."""
        rng = context.streams.generator(0, "ball")
        axes = np.concatenate([np.zeros((1, dim)), np.eye(dim), -np.eye(dim)])
        random = rng.standard_normal((SAMPLES, dim))
        random *= (rng.random((SAMPLES, 1)) ** (1.0 / dim)) / np.linalg.norm(random, axis=1, keepdims=True)
        return np.concatenate([axes, random])

    def _distance(self, objective: Separable, point: Array, offsets: Array) -> float:
        gradients = objective.grad(point + offsets if self.hull else point[None])  # type: ignore[attr-defined]
        return least_norm(gradients)

    def _factors(self, lipschitz: float, delta: float) -> dict[Form, float]:
        inputs = (1.0, self.lam, lipschitz, delta)
        return {"stated": float(adam_ema.lemma05(*inputs)), "ours": float(sharpened.lemma05(*inputs))}

    def controls(self) -> dict[str, tuple[str, Self]]:
        """The gradient at x in place of the hull."""
        return {"no ball": ("||grad F(x)|| in place of the distance to the hull", replace(self, hull=False))}
