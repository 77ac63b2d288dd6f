"""A Gaussian times a quadratic, in the plane: its derivatives, and bounds of them around a point."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import exp

# |He_n|, n = 0 to 4: the coefficients of the Hermite polynomials in absolute value
HERMITE = ((1.0,), (0.0, 1.0), (1.0, 0.0, 1.0), (0.0, 3.0, 0.0, 1.0), (3.0, 0.0, 6.0, 0.0, 1.0))


@dataclass(frozen=True)
class Bump:
    """Phi(p) = exp(-|u|^2/(2 width^2)) (level + <tilt, u> + <u, bend u>/2), u = p - centre, bend = (b11, b12, b22)."""

    centre: tuple[float, ...]
    width: float
    level: float
    tilt: tuple[float, ...]
    bend: tuple[float, ...]

    def slopes(
        self, first: Float[Array, "*batch"], second: Float[Array, "*batch"]
    ) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"], Float[Array, "*batch"]]:
        """Phi and its two derivatives at p = (first, second)."""
        (l1, l2), (b11, b12, b22), shrink = self.tilt, self.bend, 1.0 / self.width**2
        u, v = first - self.centre[0], second - self.centre[1]
        one, two = l1 + b11 * u + b12 * v, l2 + b12 * u + b22 * v  # of the quadratic factor
        bell, factor = exp(-0.5 * shrink * (u * u + v * v)), self.level + 0.5 * ((l1 + one) * u + (l2 + two) * v)
        return bell * factor, bell * (one - shrink * factor * u), bell * (two - shrink * factor * v)

    def _factors(self, p: Float[Array, "points 2"]) -> tuple[Array, Array, Array, Array, Array]:
        """The bell; the first derivative of its logarithm; the quadratic factor with both derivatives."""
        u, shrink = p - self.centre, 1.0 / self.width**2
        bend = np.array([[self.bend[0], self.bend[1]], [self.bend[1], self.bend[2]]])
        f1 = self.tilt + u @ bend
        f = self.level + 0.5 * np.vecdot(f1 + self.tilt, u)
        return np.exp(-0.5 * shrink * np.vecdot(u, u)), -shrink * u, f, f1, bend

    def first_two(self, p: Float[Array, "points 2"]) -> tuple[Float[Array, "points 2"], Float[Array, "points 2 2"]]:
        """The first two derivatives of Phi, from those of both factors by the product rule."""
        bell, e1, f, f1, bend = self._factors(p)
        e2 = _outer(e1, e1) - np.eye(2) / self.width**2
        second = e2 * f[:, None, None] + _outer(e1, f1) + _outer(f1, e1) + bend
        return (e1 * f[:, None] + f1) * bell[:, None], second * bell[:, None, None]

    def third(self, p: Float[Array, "points 2"]) -> Float[Array, "points 2 2 2"]:
        """The third derivative of Phi."""
        bell, e1, f, f1, bend = self._factors(p)
        plane, square = np.eye(2) / self.width**2, _outer(e1, e1)
        e3 = _outer(square, e1) - _each(_outer(e1, plane[None]))
        third = e3 * f[:, None, None, None] + _each(_outer(f1, square - plane)) + _each(_outer(e1, bend[None]))
        return third * bell[:, None, None, None]

    def sizes(
        self, p: Float[Array, "*batch 2"], moved: float | Float[Array, "*batch"]
    ) -> tuple[Float[Array, "*batch"], ...]:
        """Bounds of ||D^n Phi||, n = 0 to 4, within `moved` of p.

        In a direction e, with t = |u|/width and the quadratic factor f,
        |D^n Phi e^n| <= exp(-t^2/2) sum_j C(n, j) ||D^j f|| |He_{n-j}|(t)/width^{n-j}, with |He| as in HERMITE.
        """
        u = p - self.centre
        distance = np.sqrt(np.vecdot(u, u))
        near, far = np.maximum(distance - moved, 0.0) / self.width, (distance + moved) / self.width
        b11, b12, b22 = self.bend
        bend = abs(b11 + b22) / 2.0 + np.hypot((b11 - b22) / 2.0, b12)
        tilt, size = np.hypot(self.tilt[0], self.tilt[1]), far * self.width
        factor = abs(self.level) + tilt * size + bend * size**2 / 2.0, tilt + bend * size, bend
        bell, hermite = np.exp(-0.5 * near * near), [np.polynomial.polynomial.polyval(far, c) for c in HERMITE]
        return tuple(
            bell * sum(comb(n, j) * factor[j] * hermite[n - j] / self.width ** (n - j) for j in range(min(n, 2) + 1))
            for n in range(5)
        )


def _outer(a: Float[Array, "points ..."], b: Float[Array, "#points ..."]) -> Float[Array, "points ..."]:
    """a_i.. b_k.. of every point."""
    return np.asarray(a.reshape(*a.shape, *(1,) * (b.ndim - 1)) * b.reshape(len(b), *(1,) * (a.ndim - 1), *b.shape[1:]))


def _each(product: Float[Array, "points 2 2 2"]) -> Float[Array, "points 2 2 2"]:
    """a_i b_jk + a_j b_ik + a_k b_ij, from a_i b_jk, b symmetric."""
    return product + product.swapaxes(1, 2) + product.swapaxes(1, 3)
