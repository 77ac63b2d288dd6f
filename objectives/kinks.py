"""Nonsmooth objectives: the absolute value with a ceiling, the triangle wave, a non-separable piecewise-linear one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from objectives.base import Array, Constants, PiecewiseSlope
from objectives.separable import Scale, SeparableSum, steps


@dataclass(frozen=True)
class CappedAbs(SeparableSum):
    """f(x) = slope min(|x|, cap): a kink at 0, a plateau outside, nonconvex; start `begin`, |begin| < cap.

    Delta_i = slope |begin|; G_i = slope; L = H = inf.
    """

    slope: Scale = 1.0
    begin: Scale = 1.0
    cap: Scale = 1e3
    positive: ClassVar[tuple[str, ...]] = ("slope", "cap")
    signed: ClassVar[tuple[str, ...]] = ("begin",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if (np.abs(self.vector("begin")) >= self.vector("cap")).any():
            raise ValueError(f"begin = {self.begin}: must lie inside (-cap, cap), cap = {self.cap}")

    @property
    def start(self) -> Array:
        """`begin` in every coordinate."""
        return self.vector("begin")

    @cached_property
    def constants(self) -> Constants:
        slope = self.vector("slope")
        none = np.full(1, np.inf)
        return self._constants(slope * np.abs(self.vector("begin")), slope, none, none)

    def terms(self, x: Array) -> Array:
        """slope min(|x|, cap)."""
        return self.p.slope * np.minimum(np.abs(x), self.p.cap)

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """slope sign(x) inside the cap, 0 at the kink and outside."""
        out = np.empty_like(x) if out is None else out
        np.sign(x, out=out)
        np.multiply(out, self.p.slope, out=out)
        return np.multiply(out, np.abs(x) < self.p.cap, out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, cap = self.vector("slope")[i], self.vector("cap")[i]
        return steps([-cap, 0.0, cap], [0.0, -slope, slope, 0.0])


@dataclass(frozen=True)
class TriangleWave(SeparableSum):
    """f(x) = slope |x - period round(x/period)|, rounded to at most `teeth` periods from 0: kinks up and down.

    Minima 0 at k period, |k| <= teeth; rising walls outside, so inf f = 0. start `begin`.
    Delta_i = f(begin); G_i = slope; L = H = inf.
    """

    slope: Scale = 1.0
    period: Scale = 1.0
    begin: Scale = 0.25
    teeth: int = 3
    positive: ClassVar[tuple[str, ...]] = ("slope", "period")
    signed: ClassVar[tuple[str, ...]] = ("begin",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.teeth, int) and self.teeth >= 0):
            raise ValueError(f"teeth = {self.teeth}: must be an integer >= 0")

    @property
    def start(self) -> Array:
        """`begin` in every coordinate."""
        return self.vector("begin")

    @cached_property
    def constants(self) -> Constants:
        none = np.full(1, np.inf)
        return self._constants(self.terms(self.start), self.vector("slope"), none, none)

    def _offset(self, x: Array, out: Array | None = None) -> Array:
        out = np.divide(x, self.p.period, out=out)
        np.rint(out, out=out)
        np.clip(out, -self.teeth, self.teeth, out=out)
        np.multiply(out, self.p.period, out=out)
        return np.subtract(x, out, out=out)

    def terms(self, x: Array) -> Array:
        """slope times the distance to the nearest minimum."""
        return self.p.slope * np.abs(self._offset(x))

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """slope times the side of the nearest minimum."""
        out = self._offset(x, out)
        np.sign(out, out=out)
        return np.multiply(out, self.p.slope, out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, period = self.vector("slope")[i], self.vector("period")[i]
        breaks = [k * period / 2.0 for k in range(-2 * self.teeth, 2 * self.teeth + 1)]
        return steps(breaks, [slope if j % 2 else -slope for j in range(len(breaks) + 1)])


@dataclass(frozen=True)
class MaxAffineDifference:
    """F(x) = inner max_i |x_i| - outer max(0, max_i |x_i| - width): max of affine minus max of affine.

    Not separable, not convex; inner >= outer >= 0, width > 0; start begin (1, 1/2, 1/4, ...).
    With m = max|x_i|, F = inner m for m <= width, then slope inner - outer >= 0: inf F = 0 at 0 and
    Delta = F(start). The gradient is one signed coordinate vector times inner or inner - outer, so
    G = G_i = inner (attained near 0 for every i). L = H = inf.
    """

    dim: int = 2
    inner: float = 1.0
    outer: float = 0.5
    width: float = 1.0
    begin: float = 2.0

    def __post_init__(self) -> None:
        if not (isinstance(self.dim, int) and self.dim >= 1):
            raise ValueError(f"dim = {self.dim}: must be an integer >= 1")
        if not 0 < self.inner < np.inf:
            raise ValueError(f"inner = {self.inner}: must be finite and > 0")
        if not 0 <= self.outer <= self.inner:
            raise ValueError(f"outer = {self.outer}: must lie in [0, inner = {self.inner}]")
        if not 0 < self.width < np.inf:
            raise ValueError(f"width = {self.width}: must be finite and > 0")
        if not np.isfinite(self.begin):
            raise ValueError(f"begin = {self.begin}: must be finite")

    @property
    def start(self) -> Array:
        """begin (1, 1/2, 1/4, ...): no two coordinates tie."""
        return np.asarray(self.begin * 0.5 ** np.arange(self.dim), np.float64)

    @cached_property
    def constants(self) -> Constants:
        return Constants(float(self.value(self.start)), self.inner, np.full(self.dim, self.inner))

    def value(self, x: Array) -> Array:
        """F(x), shape (*batch,)."""
        largest = np.abs(x).max(axis=-1)
        return self.inner * largest - self.outer * np.maximum(largest - self.width, 0.0)

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """The signed coordinate vector of the (first) largest coordinate, times the local slope."""
        out = np.empty_like(x) if out is None else out
        out.fill(0.0)
        place = np.abs(x).argmax(axis=-1)[..., None]
        largest = np.take_along_axis(x, place, axis=-1)
        slope = np.where(np.abs(largest) < self.width, self.inner, self.inner - self.outer)
        np.put_along_axis(out, place, slope * np.sign(largest), axis=-1)
        return out


@dataclass(frozen=True)
class Zigzag(SeparableSum):
    """f' = -down for `fall`, then +up for `rise`, `teeth` times from 0 on; then a flat floor; -down left of 0; start 0.

    down, fall, rise > 0, up >= 0, teeth a whole number >= 1, up rise <= down fall. Every tooth descends by net = down
    fall - up rise >= 0, and the lowest point is the foot of the last fall: Delta_i = (teeth - 1) net + down fall.
    G_i = max(down, up). L = H = inf.
    """

    down: Scale = 1.0
    up: Scale = 0.5
    fall: Scale = 1.0
    rise: Scale = 1.0
    teeth: Scale = 1.0
    positive: ClassVar[tuple[str, ...]] = ("down", "fall", "rise", "teeth")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.vector("teeth") % 1.0).any():
            raise ValueError(f"teeth = {self.teeth}: must be whole numbers >= 1")
        if (self.vector("up") * self.vector("rise") > self.vector("down") * self.vector("fall")).any():
            raise ValueError(f"up = {self.up}: up * rise must be <= down * fall")

    @property
    def start(self) -> Array:
        """The origin."""
        return np.zeros(self.dim)

    @cached_property
    def constants(self) -> Constants:
        down, up, fall, rise, teeth = (self.vector(name) for name in ("down", "up", "fall", "rise", "teeth"))
        gap = (teeth - 1.0) * (down * fall - up * rise) + down * fall
        return self._constants(gap, np.maximum(down, up), np.full(1, np.inf), np.full(1, np.inf))

    def _place(self, x: Array) -> tuple[Array, Array]:
        """(number of whole teeth left of x, how far x is into the next)."""
        p = self.p
        period = np.asarray(p.fall) + p.rise
        inside = np.clip(x, 0.0, period * p.teeth)
        whole = np.floor(inside / period)
        return whole, inside - whole * period

    def terms(self, x: Array) -> Array:
        """What is left to the lowest point, and the ascent left of 0."""
        p = self.p
        whole, into = self._place(x)
        drop = p.down * np.minimum(into, p.fall) - p.up * np.maximum(into - p.fall, 0.0)
        left = self.vector("down") * np.maximum(-x, 0.0)
        deepest = (np.asarray(p.teeth) - 1.0) * (np.asarray(p.down) * p.fall - np.asarray(p.up) * p.rise)
        done = whole * (np.asarray(p.down) * p.fall - np.asarray(p.up) * p.rise) + drop
        return deepest + np.asarray(p.down) * p.fall - done + left

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """-down, +up or 0."""
        p = self.p
        out = np.empty_like(x) if out is None else out
        _, into = self._place(x)
        np.copyto(out, np.where((into < p.fall) | (x < 0.0), np.negative(p.down), p.up))
        out *= x < (np.asarray(p.fall) + p.rise) * p.teeth
        return out

    def _piece(self, i: int) -> PiecewiseSlope:
        down, up, fall, rise, teeth = (float(self.vector(n)[i]) for n in ("down", "up", "fall", "rise", "teeth"))
        feet = np.arange(int(teeth)) * (fall + rise)
        breaks = np.append(np.stack([feet[1:], feet[1:] + fall], axis=1).ravel(), teeth * (fall + rise))
        slopes = [-down, up] * int(teeth) + [0.0]
        return steps([fall, *breaks.tolist()], slopes)
