"""Smooth objectives: a cosine well, the redescending Geman-McClure loss, the Huber loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import sin
from foundation.settings import setting
from objectives.base import Constants, PiecewiseSlope
from objectives.catalogue import objective
from objectives.separable import Scale, SeparableSum

STEEPEST = 3.0 * np.sqrt(3.0) / 8.0  # sup |rho'|, at r^2 = 1/3
_V = 1.0 - np.sqrt(0.8)
SHARPEST = 24.0 * np.sqrt(_V) * (1.0 - _V) / (1.0 + _V) ** 4  # sup |rho'''|, where 5v^2 - 10v + 1 = 0, v = r^2
_Numbers = float | Float[Array, "dim"]  # one, or one a coordinate


def rho(r: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The Geman-McClure loss r^2/(1 + r^2), elementwise; rho'' <= 2 = rho''(0)."""
    square = np.square(r)
    return square / (1.0 + square)


def rho_slope(r: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """rho'(r) = 2r/(1 + r^2)^2, elementwise."""
    return 2.0 * r / np.square(1.0 + np.square(r))


def wave(t: Float[Array, "*shape"], height: _Numbers, frequency: _Numbers) -> Float[Array, "*shape"]:
    """height sin(frequency t), elementwise: the derivative of a cosine well."""
    return height * sin(frequency * t)


@dataclass(frozen=True)
class SineSlope:
    """The derivative of one coordinate of a CosineWell, a function of one variable: height sin(frequency t)."""

    height: float
    frequency: float

    @property
    def bend(self) -> float:
        """|f'''| <= height frequency^2."""
        return self.height * self.frequency**2

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """height sin(frequency t) at points of any shape."""
        return wave(t, self.height, self.frequency)


@objective(
    "cosine_well", exam={"dim": 2, "slope": (2.0, 0.5), "frequency": (1.5, 3.0), "begin": (0.7, -1.1)}, units=("slope",)
)
@dataclass(frozen=True)
class CosineWell(SeparableSum):
    """f(x) = slope/frequency (1 - cos(frequency x)): bounded, smooth, nonconvex; start `begin`.

    f' = slope sin, so G_i = slope; f'' = slope frequency cos: L = slope frequency; H = slope frequency^2;
    inf f = 0, so Delta_i = f(begin).
    """

    slope: Scale = setting(1.0, "(0, inf)")
    frequency: Scale = setting(1.0, "(0, inf)")
    begin: Scale = setting(1.0, "(-inf, inf)")

    @cached_property
    def constants(self) -> Constants:
        slope, frequency = self.vectors()
        return self._constants(self.terms(self.start), slope, slope * frequency, slope * frequency**2)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """2 slope/frequency sin^2(frequency x/2), accurate near the minimum."""
        p = self.p
        return 2.0 * p.slope / p.frequency * np.square(sin(0.5 * p.frequency * x))

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope sin(frequency x), coordinate by coordinate."""
        return wave(x, self.p.slope, self.p.frequency)

    def _piece(self, i: int) -> SineSlope:
        return SineSlope(*(float(vector[i]) for vector in self.vectors()))


@dataclass(frozen=True)
class RedescendingSlope:
    """The derivative of one coordinate of a GemanMcClure loss: size/width rho'(t/width).

    height and bend: sup |f'| and sup |f'''|, as derived there.
    """

    size: float
    width: float
    height: float
    bend: float

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """size/width rho'(t/width) at points of any shape."""
        return self.size / self.width * rho_slope(t / self.width)


@objective("geman_mcclure", exam={"dim": 2, "height": (2.0, 0.5), "width": (0.7, 1.3), "begin": 1.4}, units=("height",))
@dataclass(frozen=True)
class GemanMcClure(SeparableSum):
    """f(x) = height rho(u), rho(u) = u^2/(1 + u^2), u = x/width: the redescending robust loss; start `begin`.

    f' = (2 height/width) u/(1 + u^2)^2, largest at u^2 = 1/3: G_i = 3 sqrt(3)/8 height/width.
    f'' = (2 height/width^2)(1 - 3u^2)/(1 + u^2)^3, largest at 0: L = 2 height/width^2.
    f''' = (24 height/width^3) u (u^2 - 1)/(1 + u^2)^4, largest where 5v^2 - 10v + 1 = 0, v = u^2 = 1 - sqrt(4/5).
    inf f = 0, so Delta_i = f(begin).
    """

    height: Scale = setting(1.0, "(0, inf)")
    width: Scale = setting(1.0, "(0, inf)")
    begin: Scale = setting(1.0, "(-inf, inf)")

    @cached_property
    def constants(self) -> Constants:
        height, width = self.vectors()
        third, steepest = SHARPEST * height / width**3, STEEPEST * height / width
        return self._constants(self.terms(self.start), steepest, 2.0 * height / width**2, third)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """height rho(x/width), coordinate by coordinate."""
        return self.p.height * rho(x / self.p.width)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """height/width rho'(x/width), coordinate by coordinate."""
        return self.p.height / self.p.width * rho_slope(x / self.p.width)

    def _piece(self, i: int) -> RedescendingSlope:
        height, width = (float(vector[i]) for vector in self.vectors())
        alone = replace(self, dim=1, height=height, width=width, begin=0.0).constants
        return RedescendingSlope(height, width, alone.lipschitz, alone.hessian_lipschitz)


@objective("huber", exam={"dim": 3, "slope": (2.0, 0.0, 0.3), "width": 0.2, "begin": 1.5}, units=("slope",))
@dataclass(frozen=True)
class Huber(SeparableSum):
    """f'(x) = slope clip(x/width, -1, 1): quadratic inside, linear outside; start `begin`.

    slope >= 0 (0: a coordinate that is nothing but noise), width > 0. G_i = slope (attained if slope > 0),
    L = slope/width, H = inf (f'' jumps; 0 if slope = 0), inf f = 0, so Delta_i = f(begin).
    """

    slope: Scale = setting(1.0, "[0, inf)")
    width: Scale = setting(0.1, "(0, inf)")
    begin: Scale = setting(1.0, "(-inf, inf)")

    @cached_property
    def constants(self) -> Constants:
        slope, width = self.vectors()
        jump = np.where(slope > 0, np.inf, 0.0)
        return self._constants(self.terms(self.start), slope, slope / width, jump)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope (inside^2/(2 width) + outside), where inside = min(|x|, width), outside = |x| - inside."""
        inside = np.minimum(np.abs(x), self.p.width)
        return self.p.slope * (inside * (inside / (2.0 * self.p.width)) + (np.abs(x) - inside))

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """slope clip(x/width, -1, 1), coordinate by coordinate."""
        return self.p.slope * np.clip(x * (1.0 / self.p.width), -1.0, 1.0)  # the inverse is a constant

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, width = (vector[i] for vector in self.vectors())
        breaks, curvature = np.array([-width, width]), np.array([0.0, slope / width, 0.0])
        anchors = np.array([-width - 1.0, 0.0, width + 1.0])
        return PiecewiseSlope(breaks, anchors, np.array([-slope, 0.0, slope]), curvature)
