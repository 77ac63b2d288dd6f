"""Smooth objectives: a cosine well, the redescending Geman-McClure loss, the Huber loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.base import Constants, PiecewiseSlope
from objectives.catalogue import objective
from objectives.separable import Scale, SeparableSum


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
        return self.height * np.sin(self.frequency * t)


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
        return 2.0 * np.asarray(p.slope) / p.frequency * np.square(np.sin(0.5 * np.asarray(p.frequency) * x))

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """slope sin(frequency x), coordinate by coordinate."""
        out = np.multiply(x, self.p.frequency, out=out)
        np.sin(out, out=out)
        return np.multiply(out, self.p.slope, out=out)

    def _piece(self, i: int) -> SineSlope:
        return SineSlope(*(float(vector[i]) for vector in self.vectors()))


@dataclass(frozen=True)
class RedescendingSlope:
    """The derivative of one coordinate of a GemanMcClure loss: (2 size/width) u/(1 + u^2)^2, u = t/width.

    height and bend: sup |f'| and sup |f'''|, as derived there.
    """

    size: float
    width: float
    height: float
    bend: float

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """(2 size/width) u/(1 + u^2)^2, u = t/width, at points of any shape."""
        u = t / self.width
        return 2.0 * self.size / self.width * u / np.square(1.0 + u * u)


@objective("geman_mcclure", exam={"dim": 2, "height": (2.0, 0.5), "width": (0.7, 1.3), "begin": 1.4}, units=("height",))
@dataclass(frozen=True)
class GemanMcClure(SeparableSum):
    """f(x) = height u^2/(1 + u^2), u = x/width: the redescending robust loss; start `begin`.

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
        v = 1.0 - np.sqrt(0.8)
        third = 24.0 * height / width**3 * np.sqrt(v) * (1.0 - v) / (1.0 + v) ** 4
        steepest = 3.0 * np.sqrt(3.0) / 8.0 * height / width
        return self._constants(self.terms(self.start), steepest, 2.0 * height / width**2, third)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """height u^2/(1 + u^2)."""
        square = np.square(x / self.p.width)
        return self.p.height * (square / (1.0 + square))

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """(2 height/width) u/(1 + u^2)^2."""
        u = x / self.p.width
        out = np.multiply(u, u, out=out)
        np.add(out, 1.0, out=out)
        np.multiply(out, out, out=out)
        np.divide(u, out, out=out)
        return np.multiply(out, 2.0 * np.asarray(self.p.height) / self.p.width, out=out)

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
        """The Huber loss."""
        size = np.abs(x)
        inside = np.minimum(size, self.p.width)
        return self.p.slope * (inside * (inside / (2.0 * np.asarray(self.p.width))) + (size - inside))

    def grad(
        self, x: Float[Array, "*batch dim"], out: Float[Array, "*batch dim"] | None = None
    ) -> Float[Array, "*batch dim"]:
        """slope clip(x/width, -1, 1), coordinate by coordinate."""
        steepness, slope, minus_slope = self._levels
        out = np.multiply(x, steepness, out=out)
        np.minimum(out, slope, out=out)  # faster than np.clip on small batches
        return np.maximum(out, minus_slope, out=out)

    @cached_property
    def _levels(self) -> tuple[Float[Array, "..."], Float[Array, "..."], Float[Array, "..."]]:
        """(slope/width, slope, -slope), each of shape () or (dim,)."""
        slope = np.asarray(self.p.slope)
        return np.asarray(slope / self.p.width), slope, np.asarray(-slope)

    def _piece(self, i: int) -> PiecewiseSlope:
        slope, width = (vector[i] for vector in self.vectors())
        breaks, curvature = np.array([-width, width]), np.array([0.0, slope / width, 0.0])
        anchors = np.array([-width - 1.0, 0.0, width + 1.0])
        return PiecewiseSlope(breaks, anchors, np.array([-slope, 0.0, slope]), curvature)
