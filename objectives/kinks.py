"""Nonsmooth objectives: the absolute value with a ceiling, the triangle wave, a non-separable piecewise-linear one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import largest, smallest
from foundation.settings import setting, show
from objectives.base import Constants, PiecewiseSlope
from objectives.catalogue import objective
from objectives.separable import Scale, SeparableSum, hinge, piecewise_constant


@objective("capped_abs", exam={"dim": 2, "slope": (2.0, 0.5), "begin": (1.0, -0.7), "cap": 1.8}, units=("slope",))
@dataclass(frozen=True)
class CappedAbs(SeparableSum):
    """f(x) = slope min(|x|, cap): a kink at 0, a plateau outside, nonconvex; start `begin`, |begin| < cap.

    Delta_i = slope |begin|; G_i = slope; L = H = inf.
    """

    slope: Scale = setting(1.0, "(0, inf)")
    begin: Scale = setting(1.0, "(-inf, inf)")
    cap: Scale = setting(1e3, "(0, inf)")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (np.abs(self.vector("begin")) >= self.vector("cap")).any():
            raise self.refusal("begin", f"lie inside (-cap, cap), cap = {show(self.cap)}")

    @cached_property
    def constants(self) -> Constants:
        slope = self.vector("slope")
        return self._constants(slope * np.abs(self.vector("begin")), slope)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope min(|x|, cap)."""
        return self.p.slope * np.minimum(np.abs(x), self.p.cap)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope sign(x) inside the cap, 0 at the kink and outside."""
        return self.p.slope * np.where(np.abs(x) >= self.p.cap, 0.0, np.sign(x))

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, cap = self.vector("slope")[i], self.vector("cap")[i]
        return piecewise_constant([-cap, 0.0, cap], [0.0, -slope, slope, 0.0])


@objective(
    "triangle_wave",
    exam={"dim": 2, "slope": (2.0, 0.5), "period": (1.0, 0.7), "begin": 0.2, "teeth": 2},
    units=("slope",),
)
@dataclass(frozen=True)
class TriangleWave(SeparableSum):
    """f(x) = slope |x - period round(x/period)|, rounded to at most `teeth` periods from 0: kinks up and down.

    Minima 0 at k period, |k| <= teeth; rising walls outside, so inf f = 0. start `begin`.
    Delta_i = f(begin); G_i = slope; L = H = inf.
    """

    slope: Scale = setting(1.0, "(0, inf)")
    period: Scale = setting(1.0, "(0, inf)")
    begin: Scale = setting(0.25, "(-inf, inf)")
    teeth: int = setting(3, "[0, 1e5]")

    @cached_property
    def constants(self) -> Constants:
        return self._constants(self.terms(self.start), self.vector("slope"))

    def _offset(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """x less the nearest minimum."""
        nearest = np.clip(np.rint(x / self.p.period), -float(self.teeth), float(self.teeth))
        return x - self.p.period * nearest

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope times the distance to the nearest minimum."""
        return self.p.slope * np.abs(self._offset(x))

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope times the side of the nearest minimum."""
        return self.p.slope * np.sign(self._offset(x))

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, period = self.vector("slope")[i], self.vector("period")[i]
        breaks = [k * period / 2.0 for k in range(-2 * self.teeth, 2 * self.teeth + 1)]
        return piecewise_constant(breaks, [slope if j % 2 else -slope for j in range(len(breaks) + 1)])


@objective(
    "max_affine_difference",
    exam={"dim": 2, "inner": 2.0, "outer": 1.2, "width": 0.8, "begin": 1.7},
    units=("inner", "outer"),
)
@dataclass(frozen=True)
class MaxAffineDifference(Entry):
    """F(x) = inner max_i |x_i| - outer max(0, max_i |x_i| - width): max of affine minus max of affine.

    Not separable, not convex; inner >= outer >= 0, width > 0; start begin (1, 1/2, 1/4, ...).
    With m = max|x_i|, F = inner m for m <= width, then slope inner - outer >= 0: inf F = 0 at 0 and
    Delta = F(start). The gradient is one signed coordinate vector times inner or inner - outer, so
    G = G_i = inner (attained near 0 for every i). L = H = inf.
    """

    dim: int = setting(2, "[1, 1e5]")
    inner: float = setting(1.0, "(0, inf)")
    outer: float = setting(0.5, "[0, inf)")
    width: float = setting(1.0, "(0, inf)")
    begin: float = setting(2.0, "(-inf, inf)")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.outer > self.inner:
            raise self.refusal("outer", f"be <= inner = {self.inner}")

    @property
    def start(self) -> Float[Array, "dim"]:
        """begin (1, 1/2, 1/4, ...): no two coordinates tie."""
        return np.asarray(self.begin * 0.5 ** np.arange(self.dim), np.float64)

    @cached_property
    def constants(self) -> Constants:
        return Constants(float(self.value(self.start)), self.inner, np.full(self.dim, float(self.inner)))

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """F(x), shape (*batch,)."""
        top = largest(np.abs(x))
        return self.inner * top - self.outer * hinge(top - self.width)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """The signed coordinate vector of the (first) largest coordinate, times the local slope."""
        size, index = np.abs(x), np.arange(float(self.dim))
        top = largest(size)[..., None]
        first = smallest(np.where(size < top, float(self.dim), index))[..., None]
        slope = np.where(top < self.width, self.inner, self.inner - self.outer)
        return np.where(index == first, slope * np.sign(x), 0.0)


@objective(
    "zigzag",
    exam={"dim": 2, "down": (2.0, 0.5), "up": (1.0, 0.7), "fall": 0.6, "rise": 0.4, "teeth": (2.0, 3.0)},
    units=("down", "up"),
)
@dataclass(frozen=True)
class Zigzag(SeparableSum):
    """f' = -down for `fall`, then +up for `rise`, `teeth` times from 0 on; then a flat floor; -down left of 0; start 0.

    down, fall, rise > 0, up >= 0, teeth a whole number >= 1, up rise <= down fall. Every tooth descends by net = down
    fall - up rise >= 0, and the lowest point is the foot of the last fall: Delta_i = (teeth - 1) net + down fall.
    G_i = max(down, up). L = H = inf.
    """

    down: Scale = setting(1.0, "(0, inf)")
    up: Scale = setting(0.5, "[0, inf)")
    fall: Scale = setting(1.0, "(0, inf)")
    rise: Scale = setting(1.0, "(0, inf)")
    teeth: Scale = setting(1.0, "[1, 1e5]")

    def __post_init__(self) -> None:
        super().__post_init__()
        down, up, fall, rise, teeth = self.vectors()
        if (teeth % 1.0).any():
            raise self.refusal("teeth", "be a whole number")
        if (up * rise > down * fall).any():
            others = ", ".join(f"{name} = {show(getattr(self, name))}" for name in ("rise", "down", "fall"))
            raise self.refusal("up", f"keep up * rise <= down * fall, {others}")

    @cached_property
    def constants(self) -> Constants:
        down, up, fall, rise, teeth = self.vectors()
        gap = (teeth - 1.0) * (down * fall - up * rise) + down * fall
        return self._constants(gap, np.maximum(down, up))

    def _place(self, x: Float[Array, "*batch dim"]) -> tuple[Float[Array, "*batch dim"], Float[Array, "*batch dim"]]:
        """(number of whole teeth left of x, how far x is into the next)."""
        period = self.p.fall + self.p.rise
        inside = np.clip(x, 0.0, period * self.p.teeth)
        whole = np.floor(inside / period)
        return whole, inside - whole * period

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """What is left to the lowest point, and the ascent left of 0."""
        p = self.p
        whole, into = self._place(x)
        net = p.down * p.fall - p.up * p.rise
        done = whole * net + p.down * np.minimum(into, p.fall) - p.up * hinge(into - p.fall)
        return (p.teeth - 1.0) * net + p.down * p.fall - done + p.down * hinge(-x)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """-down on a fall and left of 0, +up on a rise, 0 on the floor from x = teeth (fall + rise) on."""
        p = self.p
        _, into = self._place(x)
        slope = np.where(into < p.fall, -p.down, p.up)  # left of 0, `into` is 0
        return np.where(x < (p.fall + p.rise) * p.teeth, slope, 0.0)

    def _piece(self, i: int) -> PiecewiseSlope:
        down, up, fall, rise, teeth = (float(vector[i]) for vector in self.vectors())
        feet = np.arange(int(teeth)) * (fall + rise)
        breaks = np.append(np.stack([feet[1:], feet[1:] + fall], axis=1).ravel(), teeth * (fall + rise))
        slopes = [-down, up] * int(teeth) + [0.0]
        return piecewise_constant([fall, *breaks.tolist()], slopes)
