"""A slope that dips below zero for a moment: where the gradient's size and its running average part company."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.settings import setting, show
from objectives.base import Constants
from objectives.catalogue import objective
from objectives.separable import Scale, SeparableSum, hinge

_Numbers = float | Float[Array, "dim"]  # one, or one a coordinate


def _rise(u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """q(u): from 0 at u <= 0 to 1 at u >= 2 with |q''| <= 1, two parabolas that meet at q(1) = 1/2."""
    v = np.clip(u, 0.0, 2.0)
    return 0.5 * np.square(v) - np.square(hinge(v - 1.0))


def _area(u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Q(u), the integral of q from 0 to u: 1/6 at u = 1, u - 1 from u = 2 on."""
    v = np.clip(u, 0.0, 2.0)
    w = hinge(v - 1.0)
    return v * np.square(v) / 6.0 - w * np.square(w) / 3.0 + hinge(u - 2.0)


@dataclass(frozen=True)
class _Shape:
    """phi, of one coordinate of Dips or of all at once: parameters and formulas as there."""

    depth: _Numbers
    top: _Numbers
    bend: _Numbers
    period: _Numbers
    dips: _Numbers
    lead: _Numbers

    @property
    def width(self) -> _Numbers:
        """a, a quarter of a dip with its sides: (bend/2) a^2 is half of top + depth."""
        return np.sqrt((self.top + self.depth) / self.bend)

    @property
    def fall(self) -> _Numbers:
        """From the edge of the valley to its lowest point, where bend/2 times its square is `top`."""
        return np.sqrt(2.0 * self.top / self.bend)

    @property
    def edge(self) -> _Numbers:
        """Where the valley begins."""
        return self.lead + self.dips * self.period

    def place(self, t: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
        """(number of dips before the nearest one, distance from its lowest point in units of `width`)."""
        before = np.clip(np.floor((t - self.lead) / self.period), 0.0, self.dips - 1.0)
        return before, (t - self.lead - before * self.period) / self.width - 2.0

    def slope(self, t: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """-phi(t), elementwise."""
        _, u = self.place(t)
        valley = 2.0 * self.top * _rise((t - self.edge) / self.fall)
        return valley + self.depth - (self.top + self.depth) * _rise(np.abs(u))

    def above(self, t: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The integral of phi from t to the lowest point: how far t lies above it."""
        before, u = self.place(t)
        size = np.abs(u)
        passed = 2.0 * before + 1.0 + np.sign(u) * (size - _area(size))  # of the areas that dips lack, each twice
        lacking = (self.top + self.depth) * self.width * (2.0 * self.dips - passed)
        valley = 2.0 * self.top * self.fall * (1.0 / 6.0 - _area((t - self.edge) / self.fall))
        return self.top * (self.edge + self.fall - t) - lacking - valley


@dataclass(frozen=True)
class DippedSlope:
    """The derivative -phi of one coordinate of Dips, with |phi| <= height and |phi''| <= bend."""

    shape: _Shape
    height: float
    bend: float

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """-phi(t), elementwise, at points of any shape."""
        return self.shape.slope(t)


@objective(
    "dips",
    exam={
        "dim": 2,
        "depth": (0.3, 0.2),
        "top": (1.0, 0.6),
        "bend": 30.0,
        "period": 0.9,
        "dips": (1.0, 2.0),
        "lead": (0.2, 0.0),
    },
    units=("depth", "top", "bend"),
    where=lambda made: made.lowest[None],
)
@dataclass(frozen=True)
class Dips(SeparableSum):
    """f' = -phi: phi = top, but `dips` times, every `period`, it falls to -depth and rises again; then a valley.

    phi consists of parabolas with |phi''| = bend and of lines. With q the rise from 0 to 1 by two parabolas (q = u^2/2
    up to u = 1, 1 - (2-u)^2/2 up to u = 2), a = sqrt((top + depth)/bend) and y the distance from the middle of a dip:
    phi = -depth + (top + depth) q(|y|/a). The first dip begins at `lead`, its middle lies 2a on; at the edge, lead +
    dips period, begins the valley: phi = top - 2 top q(y/b), y from the edge, b = sqrt(2 top/bend); it is -top from
    2b on. 0 < depth <= top, period >= 4a, dips a whole number >= 1, lead >= 0; start 0.

    f is lowest at y = b in the valley, where phi changes sign for good: a period descends by top period - 2 a (top +
    depth) >= 0, for 4a top >= 2a (top + depth), so that no dip is lower. Hence, with the integral of q (1/6 at u = 1,
    u - 1 from u = 2 on), Delta_i = top (lead + dips period + b) - 2 a dips (top + depth) - top b/3.
    G_i = top; L_i = max |phi'| = 2 top/b = sqrt(2 top bend), at the lowest point; H_i = bend.

    What it is for: with bend = 2 lam the stationarity measure is |f'| everywhere (theory/sharpened.py, Lemma 4), and a
    point that moves at speed r to the right has the exponential average m of phi, with m >= r^2 bend/2 - depth
    but for what is further back than the dip's own parabola: it passes, and averages |phi|, not phi.
    """

    depth: Scale = setting(0.06, "(0, inf)")
    top: Scale = setting(1.7, "(0, inf)")
    bend: Scale = setting(2.0, "(0, inf)")
    period: Scale = setting(4.8, "(0, inf)")
    dips: Scale = setting(1.0, "[1, 1e5]")
    lead: Scale = setting(0.0, "[0, inf)")

    def __post_init__(self) -> None:
        super().__post_init__()
        width = self._all.width
        if (self.vector("dips") % 1.0).any():
            raise self.refusal("dips", "be a whole number")
        if (self.vector("depth") > self.vector("top")).any():
            raise self.refusal("depth", f"be <= top = {show(self.top)}")
        if (self.vector("period") < 4.0 * width).any():
            others = ", ".join(f"{name} = {show(getattr(self, name))}" for name in ("top", "depth", "bend"))
            raise self.refusal("period", f"be >= 4 sqrt((top + depth)/bend) = {np.max(4.0 * width):.4g}, {others}")

    @cached_property
    def _all(self) -> _Shape:
        """All coordinates at once."""
        return _Shape(*self.vectors())

    @property
    def lowest(self) -> Float[Array, "dim"]:
        """Where F = inf F = 0."""
        return np.asarray(self._all.edge + self._all.fall)

    @cached_property
    def constants(self) -> Constants:
        _, top, bend, *_ = self.vectors()
        return self._constants(self._all.above(self.start), top, np.sqrt(2.0 * top * bend), bend)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """How far every coordinate lies above its lowest point."""
        return self._all.above(x)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """The derivative -phi(x_i) in every coordinate."""
        return self._all.slope(x)

    def _piece(self, i: int) -> DippedSlope:
        alone = _Shape(*(float(vector[i]) for vector in self.vectors()))
        return DippedSlope(alone, float(alone.top), float(alone.bend))
