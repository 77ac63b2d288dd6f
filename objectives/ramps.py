"""Ramps down to a flat floor: the instances on which the theorems' terms are attained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import ratio
from foundation.settings import setting, show
from objectives.base import Constants, PiecewiseSlope
from objectives.catalogue import objective
from objectives.separable import Scale, SeparableSum, hinge, piecewise_constant


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

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """Area under |f'| right of x."""
        p = self.p
        inside = np.clip(p.length + p.corner - x, 0.0, p.corner)
        return p.slope * (hinge(p.length - x) + 0.5 * inside * ratio(inside, p.corner))

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """-slope left of `length`; from there on times the share of the corner that is left, of a kink nothing."""
        p = self.p
        share = np.clip(ratio(p.length + p.corner - x, p.corner), 0.0, 1.0)
        return -p.slope * np.where(x < p.length, 1.0, share)

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
            raise self.refusal("gentle", f"be <= steep = {show(self.steep)}")

    @cached_property
    def constants(self) -> Constants:
        steep, gentle, edge, length = self.vectors()
        return self._constants(steep * edge + gentle * length, steep)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """Two hinges."""
        p = self.p
        return (p.steep - p.gentle) * hinge(p.edge - x) + p.gentle * hinge(p.edge + p.length - x)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """-steep left of `edge`, -gentle up to edge + length, 0 beyond, in every coordinate."""
        p = self.p
        return np.where(x < p.edge, -p.steep, np.where(x < p.edge + p.length, -p.gentle, 0.0))

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
        inside = np.clip(x, -self.p.width, self.p.width)
        return self.p.slope * (0.5 * self.p.width + inside - 0.5 * inside * np.abs(inside) / self.p.width)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """The tent itself: slope at 0, falling to 0 at x = +-width, 0 outside."""
        return self.p.slope * hinge(1.0 - np.abs(x) / self.p.width)

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


def eased(u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """q(u), elementwise: from 1 at 0 to 0 at 1 by 1 - 2u^2 until 1/2 and 2(1-u)^2 from there; constant outside."""
    u = np.clip(u, 0.0, 1.0)
    return np.where(u < 0.5, 1.0 - 2.0 * np.square(u), 2.0 * np.square(1.0 - u))


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
        return -self.slope * eased((t - self.length) / self.corner)


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
        late = 2.0 / 3.0 * (1.0 - u) * np.square(1.0 - u)
        inside = np.where(u < 0.5, 0.5 - u + 2.0 / 3.0 * u * np.square(u), late)
        return p.slope * (hinge(p.length - x) + p.corner * inside)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """-slope q((x - length)/corner), where q is 1 left of the corner and 0 right of it."""
        return -self.p.slope * eased((x - self.p.length) / self.p.corner)

    def _piece(self, i: int) -> EasedSlope:
        return EasedSlope(*(float(vector[i]) for vector in self.vectors()))
