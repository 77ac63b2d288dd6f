"""A slope with ripples across it, on which a path winds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import Constants


@dataclass(frozen=True)
class Wave:
    """F(x) = slope x_1 + size width cos(rate x_1) sin(x_2/width) in two dimensions, from the origin.

    In no catalogue, for it has no floor: Delta = inf. |d_1 F| <= slope + size width rate = G_1, |d_2 F| <= size = G_2,
    G <= ||(G_1, G_2)||. The entries of the Hessian are size p times (width rate^2, 1/width) and size q rate, |p| + |q|
    <= 1 by the sine of a sum; since rate is the geometric mean of the two numbers, a row adds up to at most
    L = size max{width rate^2, 1/width}.
    """

    slope: float
    size: float
    rate: float
    width: float

    @property
    def start(self) -> Float[Array, "dim"]:
        """The origin."""
        return np.zeros(2)

    @property
    def constants(self) -> Constants:
        """As derived above; H is not given."""
        each = np.array([self.slope + self.size * self.width * self.rate, self.size])
        smoothness = self.size * max(self.width * self.rate**2, 1.0 / self.width)
        return Constants(np.inf, float(np.hypot(*each)), each, smoothness)

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """The slope, and the ripples across it."""
        ripple = np.cos(self.rate * x[..., 0]) * np.sin(x[..., 1] / self.width)
        return self.slope * x[..., 0] + self.size * self.width * ripple

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """The derivatives along and across."""
        along, across = self.rate * x[..., 0], x[..., 1] / self.width
        first = self.slope - self.size * self.width * self.rate * np.sin(along) * np.sin(across)
        return np.stack([first, self.size * np.cos(along) * np.cos(across)], axis=-1)
