"""Robust linear regression with the Geman-McClure loss: non-separable, a finite sum for minibatch noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import dot, picked, total
from foundation.settings import setting
from objectives.base import Constants
from objectives.catalogue import objective
from objectives.smooth import SHARPEST, STEEPEST, rho, rho_slope

LARGEST = 1e6  # number of entries of the matrix


@objective(
    "robust_regression",
    exam={"dim": 3, "components": 9, "height": 2.0},
    units=("height",),
    where=lambda regression: regression.truth[None],
    unattained="not all residuals are steepest at once",
)
@dataclass(frozen=True)
class RobustRegression(Entry):
    """F(x) = (height/n) sum_j rho(a_j . (x - truth)), rho(r) = r^2/(1 + r^2), rows a_j from a seed.

    The targets are exact (b = A truth), so inf F = F(truth) = 0 and Delta = F(0); start 0, truth = distance
    times a unit vector. Bounds of a finite sum, not attained in general (all residuals would have to be 1/sqrt 3 with
    matching signs): G <= height 3 sqrt 3/8 ||A||_2/sqrt n (the vector of rho' has norm <= 3 sqrt 3/8 sqrt n),
    G_i <= height 3 sqrt 3/8 (1/n) sum_j |a_ji|. L = 2 height lambda_max(A'A)/n, attained at truth where every
    rho'' = 2 = sup |rho''|. With h = sup |rho'''|, H <= height h (1/n) max_u sum |a_j.u|^3
    <= height h max_j ||a_j|| lambda_max(A'A)/n.
    components = n >= dim. Raises ValueError out of range.
    """

    dim: int = setting(4, "[1, 1e4]")
    components: int = setting(16, "[1, 1e4]")
    height: float = setting(1.0, "(0, inf)")
    distance: float = setting(3.0, "(0, inf)")
    seed: int = setting(0, "[0, 1e40]")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.components < self.dim:
            raise self.refusal("components", f"be >= dim = {self.dim}")
        if self.components * self.dim > LARGEST:
            raise self.refusal("components", f"keep components * dim <= {LARGEST:g}, dim = {self.dim}")

    @cached_property
    def rows(self) -> Float[Array, "components dim"]:
        """The matrix A, drawn from `seed`; row norms about 1."""
        rng = np.random.default_rng(self.seed)
        return rng.standard_normal((self.components, self.dim)) / np.sqrt(self.dim)

    @cached_property
    def truth(self) -> Float[Array, "dim"]:
        """The minimiser, at `distance` from the start."""
        direction = np.random.default_rng(self.seed + 1).standard_normal(self.dim)
        return self.distance * direction / np.linalg.norm(direction)

    @property
    def start(self) -> Float[Array, "dim"]:
        """The origin."""
        return np.zeros(self.dim)

    @cached_property
    def constants(self) -> Constants:
        spectrum = np.linalg.norm(self.rows, 2)
        longest = np.linalg.norm(self.rows, axis=1).max()
        return Constants(
            gap=float(self.value(self.start)),
            lipschitz=float(self.height * STEEPEST * spectrum / np.sqrt(self.components)),
            coordinate_lipschitz=self.height * STEEPEST * np.abs(self.rows).mean(axis=0),
            smoothness=float(2.0 * self.height * spectrum**2 / self.components),
            hessian_lipschitz=float(self.height * SHARPEST * longest * spectrum**2 / self.components),
        )

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """F(x), shape (*batch,)."""
        away = x - self.truth
        losses = (rho(total(away * row)) for row in self.rows)
        return self.height / self.components * reduce(add, losses)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """grad F(x), shape (*batch, dim)."""
        away = x - self.truth
        pulls = (rho_slope(total(away * row))[..., None] * row for row in self.rows)
        return self.height / self.components * reduce(add, pulls)

    def component_grad(self, x: Float[Array, "runs dim"], index: Float[Array, "runs"]) -> Float[Array, "runs dim"]:
        """The gradient of component floor(index[r]), times n and so unbiased, at x[r]."""
        row = picked(self.rows, index)
        return self.height * rho_slope(dot(x - self.truth, row))[:, None] * row

    @cached_property
    def component_levels(self) -> tuple[float, Float[Array, "dim"]]:
        """(sigma, sigma_i) of one uniform component: variance <= second moment <= sup rho'^2 mean ||a_j||^2."""
        second = np.square(self.height * STEEPEST * self.rows).mean(axis=0)
        return float(np.sqrt(second.sum())), np.sqrt(second)
