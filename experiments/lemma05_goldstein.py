"""Lemma 5: a stationary point is a Goldstein stationary point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import stationarity
from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from experiments.words.numbers import safe_ratio, sample_points
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.fingerprint import remembered
from foundation.settings import setting
from objectives.base import Separable
from theory import adam_ema, sharpened

POINTS = 8  # a run
SAMPLES = 96  # gradients in each ball
bracket = remembered(stationarity.measure)  # the control asks for the same


def least_norm(vectors: Float[Array, "count dim"]) -> float:
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


def unit_ball(dim: int, context: Context) -> Float[Array, "offsets dim"]:
    """Offsets in the unit ball, shape (offsets, dim): 0, the ends of the axes, and random ones."""
    rng = context.streams.generator(0, "ball")
    axes = np.concatenate([np.zeros((1, dim)), np.eye(dim), -np.eye(dim)])
    random = rng.standard_normal((SAMPLES, dim))
    random *= (rng.random((SAMPLES, 1)) ** (1.0 / dim)) / np.linalg.norm(random, axis=1, keepdims=True)
    return np.concatenate([axes, random])


@dataclass(frozen=True)
class Lemma05(Claim):
    r"""Measured: $\mathrm{dist}(0, \mathrm{conv}\{\nabla F(y): \|y - x\| \leq \delta\})$ for the hull of about a
    hundred gradients in the ball (an upper bound, by a quadratic programme), over the bound at the least $\varepsilon$
    for which $x$ is stationary, its measure, of which a certified lower bound is taken; the worst of sampled points,
    for each $\delta$."""

    name: ClassVar[str] = "lemma05"
    label: ClassVar[str] = "Lemma 5"
    title: ClassVar[str] = "Goldstein's distance at stationary points"
    statements = (adam_ema.lemma05, sharpened.lemma05)

    lam: float = setting(1.0, "(0, inf)")
    radii: tuple[float, ...] = setting((0.5, 1.0, 2.0), "(0, 1e6]")  # delta in units of sqrt(2G/lam)
    hull: bool = True
    reach: float = 1.0  # of delta, in which gradients are looked for

    def accepts(self, problem: Problem) -> None:
        """Separable objectives."""
        super().accepts(problem)
        self.require(isinstance(problem.objective, Separable), problem, "a separable objective")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row a form and delta: the worst distance over its bound."""
        objective, lipschitz = problem.objective, problem.objective.constants.lipschitz
        x = sample_points(problem, context, POINTS)
        flat = x.reshape(-1, x.shape[-1])
        found = bracket(objective, flat, self.lam, "l2", 1e-6, 1e-3 * lipschitz)
        ball = unit_ball(x.shape[-1], context) if self.hull else np.zeros((1, x.shape[-1]))
        share = (np.arange(len(flat)) + 0.5) / len(flat)
        checks, curves = [], []
        for radius in self.radii:
            delta = radius * float(np.sqrt(2.0 * lipschitz / self.lam))
            where = f"delta={delta:.4g}"
            distance = np.array([least_norm(objective.grad(point + self.reach * delta * ball)) for point in flat])
            for form, factor in self._factors(lipschitz, delta).items():
                ratio, least = (safe_ratio(distance, factor * side) for side in (found.lower, found.upper))
                worst, proven = (part.reshape(x.shape[:2]).max(axis=1) for part in (ratio, least))
                row = Check("pathwise", form, "distance / bound", where, 1.0, worst, lower_samples=proven)
                checks.append(row)
                if form == "ours":
                    label = rf"$\delta = {radius:g}\,(2G/\lambda)^{{1/2}}$"
                    curves.append(Curve("goldstein", label, "measured", share, np.sort(ratio)))
        curves.append(Curve("goldstein", "ours 1", "bound", np.array([0.0, 1.0]), np.ones(2), form="ours"))
        axis = "Goldstein distance / our bound"
        panel = Panel("goldstein", "share of the points, by their ratio", axis, "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _factors(self, lipschitz: float, delta: float) -> dict[Form, float]:
        """The bound over eps, by whose it is."""
        stated, ours = (float(bound(1.0, self.lam, lipschitz, delta)) for bound in self.statements)
        return {"stated": stated, "ours": ours}

    def controls(self) -> dict[str, Twin]:
        """A ball that is too small, and the gradient at x in place of the hull."""
        return {
            "delta/2": self.near("gradients from half the ball", reach=0.5),
            "no ball": self.twin("||grad F(x)|| in place of the distance to the hull", hull=False),
        }
