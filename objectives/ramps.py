"""Ramps down to a flat floor: the instances on which the theorems' terms are attained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.base import Constants, PiecewiseSlope
from objectives.catalogue import objective
from objectives.separable import Scale, SeparableSum, piecewise_constant


@objective("ramp", exam={"dim": 2, "slope": (2.0, 0.5), "length": 1.3, "corner": (0.4, 0.7)}, units=("slope",))
@dataclass(frozen=True)
class Ramp(SeparableSum):
    """f'(x) = -slope left of `length`, 0 right of length + corner, affine between; start 0.

    slope >= 0 (0: a coordinate that is nothing but noise), length > 0, corner >= 0 (0: a kink).
    Delta_i = slope (length + corner/2), the area under |f'| from 0. G_i = slope. L = slope/corner, inf at a
    kink; H = inf, for f'' jumps (slope = 0: L = H = 0).
    """

    slope: Scale = setting(1.0, "[0, inf)")
    length: Scale = setting(1.0, "(0, inf)")
    corner: Scale = setting(0.0, "[0, inf)")

    @cached_property
    def constants(self) -> Constants:
        slope, length, corner = self.vectors()
        jump = np.where(slope > 0, np.inf, 0.0)
        smoothness = np.divide(slope, corner, out=jump.copy(), where=corner > 0)
        return self._constants(slope * (length + corner / 2.0), slope, smoothness, jump)

    @cached_property
    def _kinked(self) -> bool:
        """Whether every coordinate has a kink instead of a corner."""
        return not self.vector("corner").any()

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """Area under |f'| right of x."""
        p = self.p
        line = np.maximum(p.length - x, 0.0)
        if self._kinked:
            return p.slope * line
        inside = np.clip(p.length + p.corner - x, 0.0, p.corner)
        safe = np.where(np.asarray(p.corner) > 0, p.corner, 1.0)
        return p.slope * (line + 0.5 * inside * (inside / safe))

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
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
        slope, length, corner = (vector[i] for vector in self.vectors())
        if corner == 0:
            return piecewise_constant([length], [-slope, 0.0])
        breaks = np.array([length, length + corner])
        anchors = np.array([length - 1.0, length, length + corner + 1.0])
        return PiecewiseSlope(breaks, anchors, np.array([-slope, -slope, 0.0]), np.array([0.0, slope / corner, 0.0]))


@objective(
    "two_slope_ramp",
    exam={"dim": 2, "steep": (2.0, 0.5), "gentle": 0.4, "edge": 0.6, "length": 1.1},
    units=("steep", "gentle"),
)
@dataclass(frozen=True)
class TwoSlopeRamp(SeparableSum):
    """f'(x) = -steep left of `edge`, -gentle until edge + length, then a flat floor; start 0. Kinked.

    steep >= gentle >= 0, edge, length > 0. Steep to make the start far from stationary, gentle to make the
    bound of Theorem 11 tight. Delta_i = steep edge + gentle length; G_i = steep; L = H = inf.
    """

    steep: Scale = setting(4.0, "(0, inf)")
    gentle: Scale = setting(1.0, "[0, inf)")
    edge: Scale = setting(1.0, "(0, inf)")
    length: Scale = setting(1.0, "(0, inf)")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.vector("gentle") > self.vector("steep")).any():
            raise self.refusal("gentle", f"be <= steep = {self.steep}")

    @cached_property
    def constants(self) -> Constants:
        steep, gentle, edge, length = self.vectors()
        return self._constants(steep * edge + gentle * length, steep)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """Two hinges."""
        p = self.p
        drop = np.asarray(p.steep) - p.gentle
        return drop * np.maximum(p.edge - x, 0.0) + p.gentle * np.maximum(p.edge + p.length - x, 0.0)

    @cached_property
    def _hinges(self) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """(the drop of the slope at `edge`, the end of the ramp), shape () or (dim,)."""
        p = self.p
        return np.asarray(p.gentle - p.steep), np.asarray(p.edge + p.length)

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """-steep left of `edge`, -gentle up to edge + length, 0 beyond, in every coordinate."""
        p = self.p
        extra, end = self._hinges
        out = np.empty_like(x) if out is None else out
        np.less(x, p.edge, out=out)
        np.multiply(out, extra, out=out)
        return np.subtract(out, (x < end) * p.gentle, out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        steep, gentle, edge, length = (vector[i] for vector in self.vectors())
        return piecewise_constant([edge, edge + length], [-steep, -gentle, 0.0])


@objective("hump", exam={"dim": 2, "slope": (2.0, 0.5), "width": (0.8, 1.5)}, units=("slope",))
@dataclass(frozen=True)
class Hump(SeparableSum):
    """f'(x) = slope max(1 - |x|/width, 0): the tent on which Lemma 4's smooth case is attained; start 0, its top.

    slope, width > 0. Delta_i = slope width/2, the area under f' left of 0. G_i = slope, at 0. L = slope/width, on the
    tent's sides; H = inf, for f'' jumps.
    """

    slope: Scale = setting(1.0, "(0, inf)")
    width: Scale = setting(1.0, "(0, inf)")

    @cached_property
    def constants(self) -> Constants:
        slope, width = self.vectors()
        return self._constants(slope * width / 2.0, slope, slope / width)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """Area under f' left of x."""
        p = self.p
        inside = np.clip(x, -np.asarray(p.width), p.width)
        return p.slope * (0.5 * np.asarray(p.width) + inside - 0.5 * inside * np.abs(inside) / p.width)

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """The tent itself: slope at 0, falling to 0 at x = +-width, 0 outside."""
        p = self.p
        out = np.abs(x, out=out)
        np.divide(out, -np.asarray(p.width), out=out)
        np.add(out, 1.0, out=out)
        np.maximum(out, 0.0, out=out)
        return np.multiply(out, p.slope, out=out)

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, width = (vector[i] for vector in self.vectors())
        anchors = np.array([-width - 1.0, 0.0, 0.0, width + 1.0])
        bend = slope / width
        return PiecewiseSlope(
            np.array([-width, 0.0, width]),
            anchors,
            np.array([0.0, slope, slope, 0.0]),
            np.array([0.0, bend, -bend, 0.0]),
        )


@dataclass(frozen=True)
class EasedSlope:
    """The derivative of one coordinate of an EasedRamp, a function of one variable: -slope q((t - length)/corner)."""

    slope: float
    length: float
    corner: float

    @property
    def height(self) -> float:
        """|f'| <= slope."""
        return self.slope

    @property
    def bend(self) -> float:
        """|f'''| <= 4 slope/corner^2."""
        return 4.0 * self.slope / self.corner**2

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """f'(t) at points of any shape: -slope left of `length`, 0 right of length + corner, smooth between."""
        u = np.clip((t - self.length) / self.corner, 0.0, 1.0)
        return -self.slope * np.where(u < 0.5, 1.0 - 2.0 * u * u, 2.0 * np.square(1.0 - u))


@objective("eased_ramp", exam={"dim": 2, "slope": (2.0, 0.5), "length": 0.3, "corner": (1.0, 0.7)}, units=("slope",))
@dataclass(frozen=True)
class EasedRamp(SeparableSum):
    """f' = -slope until `length`, then -slope q((x - length)/corner), then 0: a ramp that has an H; start 0.

    q(u) = 1 - 2u^2 until 1/2, 2(1-u)^2 until 1: it falls from 1 to 0, and q'' = -4, then 4. All parameters > 0.
    Delta_i = slope (length + corner/2), the area under |f'| from 0, since q(1-u) = 1 - q(u). G_i = slope.
    L = 2 slope/corner, at u = 1/2; H = 4 slope/corner^2, on the whole corner.
    """

    slope: Scale = setting(1.0, "(0, inf)")
    length: Scale = setting(1.0, "(0, inf)")
    corner: Scale = setting(1.0, "(0, inf)")

    @cached_property
    def constants(self) -> Constants:
        slope, length, corner = self.vectors()
        bend = slope / corner
        return self._constants(slope * (length + corner / 2.0), slope, 2.0 * bend, 4.0 * bend / corner)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """Area under |f'| right of x."""
        p = self.p
        u = np.clip((x - p.length) / p.corner, 0.0, 1.0)
        inside = np.where(u < 0.5, 0.5 - u + 2.0 / 3.0 * u**3, 2.0 / 3.0 * (1.0 - u) ** 3)
        return p.slope * (np.maximum(p.length - x, 0.0) + p.corner * inside)

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """-slope q((x - length)/corner), where q is 1 left of the corner and 0 right of it."""
        p = self.p
        out = np.subtract(x, p.length, out=out)
        np.divide(out, p.corner, out=out)
        np.clip(out, 0.0, 1.0, out=out)
        late = out >= 0.5
        np.subtract(1.0, out, out=out, where=late)
        np.multiply(out, out, out=out)
        np.multiply(out, 2.0, out=out)
        np.subtract(1.0, out, out=out, where=~late)
        return np.multiply(out, -np.asarray(p.slope), out=out)

    def _piece(self, i: int) -> EasedSlope:
        return EasedSlope(*(float(vector[i]) for vector in self.vectors()))
