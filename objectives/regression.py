"""Robust linear regression with the Geman-McClure loss: non-separable, a finite sum for minibatch noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from foundation.catalogue import Entry
from foundation.settings import setting
from objectives.base import Constants
from objectives.catalogue import objective

_STEEPEST = 3.0 * np.sqrt(3.0) / 8.0  # sup |rho'|, rho(r) = r^2/(1 + r^2)


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

    dim: int = setting(4, "[1, inf)")
    components: int = setting(16, "[1, inf)")
    height: float = setting(1.0, "(0, inf)")
    distance: float = setting(3.0, "(0, inf)")
    seed: int = setting(0, "[0, inf)")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.components < self.dim:
            raise self.refusal("components", f"be >= dim = {self.dim}")

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
        v = 1.0 - np.sqrt(0.8)
        third = 24.0 * np.sqrt(v) * (1.0 - v) / (1.0 + v) ** 4
        longest = np.linalg.norm(self.rows, axis=1).max()
        return Constants(
            gap=float(self.value(self.start)),
            lipschitz=float(self.height * _STEEPEST * spectrum / np.sqrt(self.components)),
            coordinate_lipschitz=self.height * _STEEPEST * np.abs(self.rows).mean(axis=0),
            smoothness=float(2.0 * self.height * spectrum**2 / self.components),
            hessian_lipschitz=float(self.height * third * longest * spectrum**2 / self.components),
        )

    def _residuals(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch components"]:
        # vecdot row by row: a matrix product's bits would depend on the batch
        return np.vecdot((x - self.truth)[..., None, :], self.rows)

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"] | np.float64:
        """F(x), shape (*batch,)."""
        square = np.square(self._residuals(x))
        return self.height * (square / (1.0 + square)).mean(axis=-1)

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """grad F(x), shape (*batch, dim)."""
        pull = self._pull(self._residuals(x)) / self.components
        return np.vecdot(pull[..., None, :], np.ascontiguousarray(self.rows.T), out=out)

    def _pull(self, residual: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        """height rho'(residual), elementwise."""
        return 2.0 * self.height * residual / np.square(1.0 + residual * residual)

    def component_grad(
        self, x: Float[Array, "runs dim"], index: Int[IntArray, "runs"], out: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """The gradient of component index[r], times n and so unbiased, at x[r]."""
        rows = self.rows[index]
        return np.multiply(self._pull(np.vecdot(x - self.truth, rows))[:, None], rows, out=out)

    @cached_property
    def component_levels(self) -> tuple[float, Float[Array, "dim"]]:
        """(sigma, sigma_i) of one uniform component: variance <= second moment <= sup rho'^2 mean ||a_j||^2."""
        second = np.square(self.height * _STEEPEST * self.rows).mean(axis=0)
        return float(np.sqrt(second.sum())), np.sqrt(second)
