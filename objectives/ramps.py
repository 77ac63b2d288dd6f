"""Ramps down to a flat floor: the instances on which the theorems' terms are attained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from objectives.base import Array, Constants, PiecewiseSlope
from objectives.separable import Scale, SeparableSum, steps


@dataclass(frozen=True)
class Ramp(SeparableSum):
    """f'(x) = -slope left of `length`, 0 right of length + corner, affine between; start 0.

    slope >= 0 (0: a coordinate that is nothing but noise), length > 0, corner >= 0 (0: a kink).
    Delta_i = slope (length + corner/2), the area under |f'| from 0. G_i = slope. L = slope/corner, inf at a
    kink; H = inf, for f'' jumps (slope = 0: L = H = 0).
    """

    slope: Scale = 1.0
    length: Scale = 1.0
    corner: Scale = 0.0
    positive: ClassVar[tuple[str, ...]] = ("length",)

    @property
    def start(self) -> Array:
        """The origin."""
        return np.zeros(self.dim)

    @cached_property
    def constants(self) -> Constants:
        slope, length, corner = (self.vector(name) for name in ("slope", "length", "corner"))
        jump = np.where(slope > 0, np.inf, 0.0)
        smoothness = np.divide(slope, corner, out=jump.copy(), where=corner > 0)
        return self._constants(slope * (length + corner / 2.0), slope, smoothness, jump)

    @cached_property
    def _kinked(self) -> bool:
        return not self.vector("corner").any()

    def terms(self, x: Array) -> Array:
        """Area under |f'| right of x."""
        p = self.p
        line = np.maximum(p.length - x, 0.0)
        if self._kinked:
            return p.slope * line
        inside = np.clip(p.length + p.corner - x, 0.0, p.corner)
        safe = np.where(np.asarray(p.corner) > 0, p.corner, 1.0)
        return p.slope * (line + 0.5 * inside * (inside / safe))

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """-slope times the share of the ramp that is left."""
        p = self.p
        out = np.empty_like(x) if out is None else out
        if self._kinked:
            np.less(x, p.length, out=out)
            return np.multiply(out, -np.asarray(p.slope), out=out)
        safe = np.where(np.asarray(p.corner) > 0, p.corner, 1.0)
        np.subtract(p.length + p.corner, x, out=out)
        share = np.where(np.asarray(p.corner) > 0, np.clip(out / safe, 0.0, 1.0), out > 0)
        return np.multiply(share, -np.asarray(p.slope), out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, length, corner = (self.vector(name)[i] for name in ("slope", "length", "corner"))
        if corner == 0:
            return steps([length], [-slope, 0.0])
        breaks = np.array([length, length + corner])
        anchors = np.array([length - 1.0, length, length + corner + 1.0])
        return PiecewiseSlope(breaks, anchors, np.array([-slope, -slope, 0.0]), np.array([0.0, slope / corner, 0.0]))


@dataclass(frozen=True)
class TwoSlopeRamp(SeparableSum):
    """f'(x) = -steep left of `edge`, -gentle until edge + length, then a flat floor; start 0. Kinked.

    steep >= gentle >= 0, edge, length > 0. Steep to make the start far from stationary, gentle to make the
    bound of Theorem 11 tight. Delta_i = steep edge + gentle length; G_i = steep; L = H = inf.
    """

    steep: Scale = 4.0
    gentle: Scale = 1.0
    edge: Scale = 1.0
    length: Scale = 1.0
    positive: ClassVar[tuple[str, ...]] = ("steep", "edge", "length")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.vector("gentle") > self.vector("steep")).any():
            raise ValueError(f"gentle = {self.gentle}: must be <= steep = {self.steep}")

    @property
    def start(self) -> Array:
        """The origin."""
        return np.zeros(self.dim)

    @cached_property
    def constants(self) -> Constants:
        steep, gentle, edge, length = (self.vector(name) for name in ("steep", "gentle", "edge", "length"))
        return self._constants(steep * edge + gentle * length, steep, np.full(1, np.inf), np.full(1, np.inf))

    def terms(self, x: Array) -> Array:
        """Two hinges."""
        p = self.p
        drop = np.asarray(p.steep) - p.gentle
        return drop * np.maximum(p.edge - x, 0.0) + p.gentle * np.maximum(p.edge + p.length - x, 0.0)

    @cached_property
    def _hinges(self) -> tuple[Array, Array]:
        p = self.p
        return np.asarray(p.gentle) - p.steep, np.asarray(p.edge) + p.length

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """Sum of two steps."""
        p = self.p
        extra, end = self._hinges
        out = np.empty_like(x) if out is None else out
        np.less(x, p.edge, out=out)
        np.multiply(out, extra, out=out)
        return np.subtract(out, (x < end) * p.gentle, out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        steep, gentle, edge, length = (self.vector(name)[i] for name in ("steep", "gentle", "edge", "length"))
        return steps([edge, edge + length], [-steep, -gentle, 0.0])


@dataclass(frozen=True)
class Hump(SeparableSum):
    """f'(x) = slope max(1 - |x|/width, 0): the tent on which Lemma 4's smooth case is attained; start 0, its top.

    slope, width > 0. Delta_i = slope width/2, the area under f' left of 0. G_i = slope, at 0. L = slope/width, on the
    tent's sides; H = inf, for f'' jumps.
    """

    slope: Scale = 1.0
    width: Scale = 1.0
    positive: ClassVar[tuple[str, ...]] = ("slope", "width")

    @property
    def start(self) -> Array:
        """The origin."""
        return np.zeros(self.dim)

    @cached_property
    def constants(self) -> Constants:
        slope, width = self.vector("slope"), self.vector("width")
        return self._constants(slope * width / 2.0, slope, slope / width, np.full(1, np.inf))

    def terms(self, x: Array) -> Array:
        """Area under f' left of x."""
        p = self.p
        inside = np.clip(x, -np.asarray(p.width), p.width)
        return p.slope * (0.5 * np.asarray(p.width) + inside - 0.5 * inside * np.abs(inside) / p.width)

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """The tent."""
        p = self.p
        out = np.abs(x, out=out)
        np.divide(out, -np.asarray(p.width), out=out)
        np.add(out, 1.0, out=out)
        np.maximum(out, 0.0, out=out)
        return np.multiply(out, p.slope, out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, width = self.vector("slope")[i], self.vector("width")[i]
        anchors = np.array([-width - 1.0, 0.0, 0.0, width + 1.0])
        bend = slope / width
        return PiecewiseSlope(
            np.array([-width, 0.0, width]),
            anchors,
            np.array([0.0, slope, slope, 0.0]),
            np.array([0.0, bend, -bend, 0.0]),
        )


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
