"""Robust linear regression with the Geman-McClure loss: non-separable, a finite sum for minibatch noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from objectives.base import Array, Constants

_STEEPEST = 3.0 * np.sqrt(3.0) / 8.0  # sup |rho'|, rho(r) = r^2/(1 + r^2)


@dataclass(frozen=True)
class RobustRegression:
    """F(x) = (height/n) sum_j rho(a_j . (x - truth)), rho(r) = r^2/(1 + r^2), rows a_j from a seed.

    The targets are exact (b = A truth), so inf F = F(truth) = 0 and Delta = F(0); start 0, truth = distance
    times a unit vector. Bounds of a finite sum, not attained in general (all residuals would have to be 1/sqrt 3 with
    matching signs): G <= height 3 sqrt 3/8 ||A||_2/sqrt n (the vector of rho' has norm <= 3 sqrt 3/8 sqrt n),
    G_i <= height 3 sqrt 3/8 (1/n) sum_j |a_ji|. L = 2 height lambda_max(A'A)/n, attained at truth where every
    rho'' = 2 = sup |rho''|. With h = sup |rho'''|, H <= height h (1/n) max_u sum |a_j.u|^3
    <= height h max_j ||a_j|| lambda_max(A'A)/n.
    components = n >= dim >= 1. Raises ValueError out of range.
    """

    dim: int = 4
    components: int = 16
    height: float = 1.0
    distance: float = 3.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (isinstance(self.dim, int) and self.dim >= 1):
            raise ValueError(f"dim = {self.dim}: must be an integer >= 1")
        if not (isinstance(self.components, int) and self.components >= self.dim):
            raise ValueError(f"components = {self.components}: must be an integer >= dim = {self.dim}")
        for name in ("height", "distance"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} = {getattr(self, name)}: must be finite and > 0")

    @cached_property
    def rows(self) -> Array:
        """The matrix A, shape (components, dim); row norms about 1."""
        rng = np.random.default_rng(self.seed)
        return rng.standard_normal((self.components, self.dim)) / np.sqrt(self.dim)

    @cached_property
    def truth(self) -> Array:
        """The minimiser, shape (dim,)."""
        direction = np.random.default_rng(self.seed + 1).standard_normal(self.dim)
        return self.distance * direction / np.linalg.norm(direction)

    @property
    def start(self) -> Array:
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

    def _residuals(self, x: Array) -> Array:
        # vecdot row by row: a matrix product's bits would depend on the batch
        return np.vecdot((x - self.truth)[..., None, :], self.rows)

    def value(self, x: Array) -> Array:
        """F(x), shape (*batch,)."""
        square = np.square(self._residuals(x))
        return self.height * (square / (1.0 + square)).mean(axis=-1)

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """grad F(x), shape (*batch, dim)."""
        pull = self._pull(self._residuals(x)) / self.components
        return np.vecdot(pull[..., None, :], np.ascontiguousarray(self.rows.T), out=out)

    def _pull(self, residual: Array) -> Array:
        return 2.0 * self.height * residual / np.square(1.0 + residual * residual)

    def component_grad(self, x: Array, index: NDArray[np.int64], out: Array) -> Array:
        """The gradient of component index[r] (times n: unbiased) at x[r], shapes (runs,), (runs, dim)."""
        rows = self.rows[index]
        return np.multiply(self._pull(np.vecdot(x - self.truth, rows))[:, None], rows, out=out)

    @cached_property
    def component_levels(self) -> tuple[float, Array]:
        """(sigma, sigma_i) of one uniform component: variance <= second moment <= sup rho'^2 mean ||a_j||^2."""
        second = np.square(self.height * _STEEPEST * self.rows).mean(axis=0)
        return float(np.sqrt(second.sum())), np.sqrt(second)
