"""The hard instance of stochastic nonconvex optimization: a chain whose links must be found one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import erfc, exp, largest, shifted, total
from foundation.settings import setting
from objectives.base import Constants
from objectives.catalogue import objective

TOP = float(np.sqrt(2.0 * np.pi * np.e))  # sup Phi = 4.1327
ROOT_E = float(np.sqrt(np.e))  # sup Phi'
ROOT_HALF = float(np.sqrt(0.5))
FLAT = 0.04  # below 2 a - 1 = 0.04, Psi(a) < 1e-270 counts as 0
SMOOTHNESS = 152.0  # arXiv 1912.02365, Lemma 2


def link(
    a: Float[Array, "*batch"],
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Psi(a) = exp(1 - 1/(2a-1)^2) for a > 1/2, else 0, and its derivative 4 Psi(a)/(2a-1)^3; elementwise."""
    u = 2.0 * a - 1.0
    inside = u > FLAT
    safe = np.where(inside, u, 1.0)
    square = safe * safe
    psi = np.where(inside, exp(1.0 - 1.0 / square), 0.0)
    return psi, 4.0 * psi / (square * safe)


def normal(t: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The normal distribution function, elementwise."""
    return 0.5 * erfc(-ROOT_HALF * t)


@cache
def _steepest(share: float) -> float:
    """sup_a share sqrt(e) exp(-a^2/2) + Psi'(a) sqrt(2 pi e), on a grid plus what may hide between its points.

    The second derivative of the sum stays below 1e4 in size, so between points 2e-6 apart less than 1e-8 is missed.
    """
    a = np.arange(0.0, 3.0, 2e-6)
    return float((share * np.sqrt(np.e) * np.exp(-a * a / 2.0) + TOP * link(a)[1]).max()) + 1e-8


@objective(
    "hard_chain",
    exam={"dim": 2, "height": 0.7, "width": 0.3},
    units=("height",),
    unattained="L is cited, and of G_i, attained one by one, the norm G is not",
)
@dataclass(frozen=True)
class HardChain(Entry):
    """F(x) = height F_n(x/width), n = dim, start 0; F_n of arXiv 1912.02365 (Arjevani et al.), after 1710.11606.

    F_n(x) = -Psi(1) Phi(x_1) + sum_{i>=2} [Psi(-x_{i-1}) Phi(-x_i) - Psi(x_{i-1}) Phi(x_i)], Phi(t) = sqrt(2 pi e)
    times the normal distribution function. d_i F_n = -Psi(|x_{i-1}|) Phi'(x_i) - Psi'(|x_i|) Phi(sign(x_i)
    x_{i+1}), with Psi(|x_0|) = Psi(1) = 1 and no second term for i = n: while x_i, ..., x_n are near 0 only d_i is
    not 0.

    Delta, exactly: every bracket is >= -e sqrt(2 pi e) and the first term >= -sqrt(2 pi e), all approached
    together as x -> infinity; F_n(0) = -sqrt(2 pi e)/2. So Delta_n = sqrt(2 pi e) (1/2 + e (n-1)) <= 12 n. G_i:
    since Psi < e, Phi' <= sqrt(e) and Phi < sqrt(2 pi e), sup of `_steepest`; e^{3/2} for i = n > 1. G =
    ||(G_i)||, not attained. L_n = 152 is cited, not attained. H is finite but not derived: inf here. height scales
    F, width x.
    """

    dim: int = setting(4, "[1, 1e5]")
    height: float = setting(1.0, "(0, inf)")
    width: float = setting(1.0, "(0, inf)")

    @property
    def start(self) -> Float[Array, "dim"]:
        """The origin."""
        return np.zeros(self.dim)

    @cached_property
    def constants(self) -> Constants:
        gap = self.height * TOP * (0.5 + np.e * (self.dim - 1))
        each = np.full(self.dim, _steepest(np.e) if self.dim > 2 else 0.0)
        if self.dim > 1:
            each[0], each[-1] = _steepest(1.0), np.e**1.5
        else:
            each[0] = np.sqrt(np.e)
        each *= self.height / self.width
        smoothness = SMOOTHNESS * self.height / self.width**2
        scale = each.max()
        return Constants(gap, float(scale * np.linalg.norm(each / scale)), each, smoothness)

    def progress(self, x: Float[Array, "*batch dim"], threshold: float) -> Float[Array, "*batch"]:
        """prog_a(x) = max {i : |x_i|/width > a}, 0 if there is none: from 0 to dim (arXiv 1912.02365).

        threshold: a, in units of width.
        """
        index = np.arange(1.0, self.dim + 1.0)
        return largest(np.where(np.abs(x) > threshold * self.width, index, 0.0))

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """F(x), shape (*batch,)."""
        y = x / self.width
        before = self._before(y)
        psi, _ = link(np.abs(before))
        return -self.height * TOP * total(np.sign(before) * psi * normal(np.sign(before) * y))

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """grad F(x): every coordinate is <= 0."""
        y = x / self.width
        psi, _ = link(np.abs(self._before(y)))
        _, slope = link(np.abs(y))
        slope = np.where(np.arange(self.dim) < self.dim - 1, slope, 0.0)  # nothing hangs on the last link
        own = ROOT_E * psi * exp(-0.5 * np.square(y))
        return -self.height / self.width * (own + slope * (TOP * normal(np.sign(y) * shifted(y, -1))))

    def _before(self, y: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """y_{i-1}, where y_0 = 1."""
        return np.where(np.arange(self.dim) > 0, shifted(y, 1), 1.0)
