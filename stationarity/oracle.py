"""The only part of the measure that needs trust: certified minima of one-dimensional functions.

Units. In a row (one coordinate of one point x) all is measured in its own scale: S = |f'(x)| and
length = sqrt(S/lam); the offset is e = (y - x)/length and the slope is g(e) = sign(f'(x)) f'(x + length e)/S, so
g(0) = 1 and h_u(y)/S = u g(e) + e^2 with u >= 0. The oracles minimise u g(e) + e^2 - v e over all real e. Since
S may be 1e-100 or 1e100, nothing overflows that need not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import PiecewiseSlope, SmoothSlope

# An evaluation of u g + e^2 - v e makes fewer than 32 roundings, each relative to one of the magnitudes summed.
ROUNDING = 32 * np.finfo(float).eps
FAR = 1e100  # offsets are clipped here; e^2 - v e is positive beyond for every tilt the solver proposes
SPLIT = 4  # children of an interval
LEVELS = 40  # of refinement: the root interval over 4^40 is below rounding
MOST = 1 << 21  # intervals alive at once; beyond, refinement stops and the (still certified) bound is wider


class Minimum(NamedTuple):
    """lower <= inf over e; `offset` and `slope` = g(offset) nearly attain it."""

    lower: Float[Array, "rows"]
    offset: Float[Array, "rows"]
    slope: Float[Array, "rows"]


@runtime_checkable
class Oracle(Protocol):
    """Minimises u g(e) + e^2 - v e for chosen rows, in each row's own units.

    scale: S = |f'(x)|; length: sqrt(S/lam); sign: that of f'(x). One number a row.
    """

    scale: Float[Array, "rows"]
    length: Float[Array, "rows"]
    sign: Float[Array, "rows"]

    def slope(
        self, rows: Int[IntArray, "*batch"], offset: Float[Array, "*batch"]
    ) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
        """(offset moved so that x + length offset is a float, g there)."""
        ...

    def minimise(
        self, rows: Int[IntArray, "rows"], u: Float[Array, "rows"], v: Float[Array, "rows"], gap: Float[Array, "rows"]
    ) -> Minimum:
        """Certified minima over all real e, u >= 0; `gap`: the precision asked for (a wish, never assumed)."""
        ...


@dataclass
class _Base:
    """What both oracles share: the points, and their own units."""

    x: Float[Array, "rows"]
    scale: Float[Array, "rows"]
    length: Float[Array, "rows"]
    sign: Float[Array, "rows"]

    def _derivative(self, points: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        raise NotImplementedError(type(self).__name__)

    def slope(
        self, rows: Int[IntArray, "*batch"], offset: Float[Array, "*batch"]
    ) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
        """(offset moved so that x + length offset is a float, g there); rows and offset of one shape."""
        x, length = self.x[rows], self.length[rows]
        point = x + offset * length
        return (point - x) / length, self._derivative(point) / self.scale[rows] * self.sign[rows]


class PiecewiseOracle(_Base):
    """Exact, piece by piece: on a piece the function is a parabola with leading coefficient 1.

    Pieces are closed: at a jump of f' both one-sided limits count (see the package docstring).
    """

    def __init__(self, source: PiecewiseSlope, x: Float[Array, "rows"], lam: float) -> None:
        self.source = source
        after = source.derivative(x)
        place = np.searchsorted(source.breaks, x, side="left")
        before = source.slopes[place] + source.curvatures[place] * (x - source.anchors[place])
        small = np.where(np.abs(before) < np.abs(after), before, after)
        small = np.where(np.sign(before) * np.sign(after) > 0, small, 0.0)
        self.limits = np.stack([before, after], axis=-1)
        super().__init__(x, np.abs(small), np.sqrt(np.abs(small)) / np.sqrt(lam), np.sign(small))
        factor = self.sign / np.where(self.scale > 0, self.scale, 1.0)
        length = np.where(self.length > 0, self.length, 1.0)
        with np.errstate(over="ignore"):
            edges = np.clip((source.breaks - x[:, None]) / length[:, None], -FAR, FAR)
            outer = np.full((len(x), 1), FAR)
            self.left = np.concatenate([-outer, edges], axis=1)
            self.right = np.concatenate([edges, outer], axis=1)
            tilt = source.curvatures * (x[:, None] - source.anchors)
            self.level = (source.slopes + tilt) * factor[:, None]
            self.curve = source.curvatures * length[:, None] * factor[:, None]
            self.size = (np.abs(source.slopes) + np.abs(tilt)) * np.abs(factor)[:, None]

    def _derivative(self, points: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        return np.asarray(self.source.derivative(points))

    def minimise(
        self, rows: Int[IntArray, "rows"], u: Float[Array, "rows"], v: Float[Array, "rows"], gap: Float[Array, "rows"]
    ) -> Minimum:
        """Exact up to rounding, which is subtracted piece by piece (a computed vertex or edge is off by
        a few units in its last place, which moves the value by that times |u c e| + 2 e^2 + |v e|)."""
        whole = len(rows) == len(self.x)
        level, curve, size, left, right = (
            a if whole else a[rows] for a in (self.level, self.curve, self.size, self.left, self.right)
        )
        u_, v_ = u[:, None], v[:, None]
        bend = u_ * curve
        e = np.clip(0.5 * (v_ - bend), left, right)
        value = u_ * level + e * (bend + (e - v_))
        error = ROUNDING * (u_ * size + np.abs(e) * (np.abs(bend) + np.abs(e) + np.abs(v_)))
        best = value.argmin(axis=1)[:, None]
        e0 = np.take_along_axis(e, best, axis=1)[:, 0]
        piece, source = best[:, 0], self.source
        # from the anchor, not from x: no cancellation where a steep piece is far from x
        away = self.x[rows] + e0 * self.length[rows] - source.anchors[piece]
        g0 = (source.slopes[piece] + source.curvatures[piece] * away) / self.scale[rows] * self.sign[rows]
        return Minimum((value - error).min(axis=1), e0, g0)


class SmoothOracle(_Base):
    """Branch and bound over intervals: a chord of f' over a length w is off by at most bend w^2/8.

    The search is restricted to |e| <= (|v| + sqrt(v^2 + 4 u (height + 1)))/2, height = sup |f'|/S: beyond, the
    value exceeds u = u g(0), the value at e = 0. Assumes that `derivative` errs by at most 8 eps height.
    """

    def __init__(self, source: SmoothSlope, x: Float[Array, "rows"], lam: float, roots: int = 32) -> None:
        self.source, self.roots = source, roots
        here = source.derivative(x)
        size = np.abs(here)
        super().__init__(x, size, np.sqrt(size) / np.sqrt(lam), np.sign(here))
        self.limits = np.stack([here, here], axis=-1)
        safe = np.where(size > 0, size, 1.0)
        self.height = source.height / safe
        # |d^2 g/de^2| = |f'''| length^2/S = |f'''|/lam
        self.bend = np.full(x.shape, source.bend / lam)

    def _derivative(self, points: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        return np.asarray(self.source.derivative(points))

    def minimise(
        self, rows: Int[IntArray, "rows"], u: Float[Array, "rows"], v: Float[Array, "rows"], gap: Float[Array, "rows"]
    ) -> Minimum:
        """Certified to within `gap` unless the work limit is met."""
        reach = 0.5 * (np.abs(v) + np.sqrt(v * v + 4.0 * u * (self.height[rows] + 1.0))) * (1.0 + 1e-9)
        # mesh points move to floats: cover what the outermost may lose
        reach += 4.0 * np.spacing(np.abs(self.x[rows]) + reach * self.length[rows]) / self.length[rows]
        mesh = np.linspace(-1.0, 1.0, self.roots + 1) * reach[:, None]
        index = np.repeat(np.arange(len(rows)), self.roots + 1).reshape(mesh.shape)
        best = Minimum(u.copy(), np.zeros(len(rows)), np.ones(len(rows)))
        floor = u.copy()
        mesh, slopes = self._visit(rows, index, mesh, u, v, best)
        own, a, b = index[:, 1:].ravel(), mesh[:, :-1].ravel(), mesh[:, 1:].ravel()
        ga, gb = slopes[:, :-1].ravel(), slopes[:, 1:].ravel()
        for level in range(LEVELS):
            bound = self._bound(rows, own, a, b, ga, gb, u, v)
            alive = bound < (best.lower - gap)[own]
            if level == LEVELS - 1 or np.count_nonzero(alive) * SPLIT > MOST:
                alive[:] = False
            np.minimum.at(floor, own[~alive], bound[~alive])
            if not alive.any():
                break
            own, a, b, ga, gb = own[alive], a[alive], b[alive], ga[alive], gb[alive]
            inner: Array = a[:, None] + np.arange(1, SPLIT) / SPLIT * (b - a)[:, None]
            inner, middle = self._visit(rows, np.repeat(own[:, None], SPLIT - 1, axis=1), inner, u, v, best)
            ends = np.concatenate([a[:, None], inner, b[:, None]], axis=1)
            values = np.concatenate([ga[:, None], middle, gb[:, None]], axis=1)
            own = np.repeat(own, SPLIT)
            a, b, ga, gb = ends[:, :-1].ravel(), ends[:, 1:].ravel(), values[:, :-1].ravel(), values[:, 1:].ravel()
        e = best.offset
        error = ROUNDING * (u * self.height[rows] + np.abs(e) * (np.abs(e) + np.abs(v)))
        return Minimum(np.minimum(floor, best.lower) - error, e, best.slope)

    def _visit(
        self,
        rows: Int[IntArray, "rows"],
        index: Int[IntArray, "k points"],
        e: Float[Array, "k points"],
        u: Float[Array, "rows"],
        v: Float[Array, "rows"],
        best: Minimum,
    ) -> tuple[Float[Array, "k points"], Float[Array, "k points"]]:
        """Evaluate at offsets e of the rows `index` (into the call's arrays) and keep each row's best."""
        e, g = self.slope(rows[index], e)
        value = u[index] * g + e * (e - v[index])
        before = best.lower.copy()
        np.minimum.at(best.lower, index.ravel(), value.ravel())
        hit = (value == best.lower[index]) & (value < before[index])
        best.offset[index[hit]], best.slope[index[hit]] = e[hit], g[hit]
        return e, g

    def _bound(
        self,
        rows: Int[IntArray, "rows"],
        own: Int[IntArray, "k"],
        a: Float[Array, "k"],
        b: Float[Array, "k"],
        ga: Float[Array, "k"],
        gb: Float[Array, "k"],
        u: Float[Array, "rows"],
        v: Float[Array, "rows"],
    ) -> Float[Array, "k"]:
        """A lower bound on each interval: the larger of the chord's parabola less its error, and height's."""
        u, v, width = u[own], v[own], b - a
        chord = np.divide(gb - ga, width, out=np.zeros_like(width), where=width > 0)
        e = np.clip(0.5 * (v - u * chord), a, b)
        fine = u * (ga + chord * (e - a)) + e * (e - v) - u * self.bend[rows[own]] * (width * width / 8.0)
        e = np.clip(0.5 * v, a, b)
        return np.asarray(np.maximum(fine, -u * self.height[rows[own]] + e * (e - v)))


def build(source: PiecewiseSlope | SmoothSlope, x: Float[Array, "rows"], lam: float) -> PiecewiseOracle | SmoothOracle:
    """The oracle of one slope function at the coordinates x, one a row: exact pieces, or branch and bound."""
    if isinstance(source, PiecewiseSlope):
        return PiecewiseOracle(source, x, lam)
    return SmoothOracle(source, x, lam)
