"""One coordinate of the measure: convex envelopes of u f'(y) + lam (y-x)^2, by exact minimisation and bisection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from objectives.base import PiecewiseSlope, SmoothSlope

Array = NDArray[np.float64]
INNER, OUTER = 42, 36  # bisections on v and u; fewer where chords limit the gap anyway
RADIAL, COARSE = 18, (26, 20)  # bisections on mu, and on v and u meanwhile: the value is flat at the optimum


@dataclass(frozen=True)
class Pieces:
    """f'(y) = level + curvature (y - anchor) for left <= y <= right, up to `error`; outer pieces are worst cases."""

    left: Array
    right: Array
    anchor: Array
    level: Array
    curvature: Array
    outer: NDArray[np.bool_]
    error: float
    height: float

    def bisections(self, coarse: bool = False) -> tuple[int, int]:
        """On v and on u: enough for a thousandth of the chords' error."""
        if coarse or self.error == 0.0:
            return COARSE if coarse else (INNER, OUTER)
        needed = int(np.log2(1e4 * self.height / self.error))
        return min(INNER, needed + 2), min(OUTER, needed)


def cut(slope: PiecewiseSlope | SmoothSlope, x: Array, lam: float, tolerance: float) -> Pieces:
    """The pieces of a slope: its own, or chords that are off by at most `tolerance` around the points x."""
    if isinstance(slope, PiecewiseSlope):
        edges = np.concatenate([[-np.inf], slope.breaks, [np.inf]])
        before = slope.slopes[:-1] + slope.curvatures[:-1] * (slope.breaks - slope.anchors[:-1])
        after = slope.slopes[1:] + slope.curvatures[1:] * (slope.breaks - slope.anchors[1:])
        height = float(np.abs(np.concatenate([before, after, slope.slopes])).max())
        none = np.zeros(len(slope.slopes), bool)
        return Pieces(edges[:-1], edges[1:], slope.anchors, slope.slopes, slope.curvatures, none, 0.0, height)
    # no minimiser lies further from x: lam d^2 - v d <= 2 height (d = 0 does as well) and |v| <= 2 sqrt(2 lam height)
    reach = (2.0 + np.sqrt(2.0)) * np.sqrt(slope.height / lam) * (1.0 + 1e-6)
    low, high = x.min() - reach, x.max() + reach
    count = int(np.ceil((high - low) / np.sqrt(8.0 * tolerance / slope.bend))) + 1 if slope.bend > 0 else 2
    mesh = np.linspace(low, high, count + 1)
    values = slope.derivative(mesh)
    width = mesh[1] - mesh[0]
    worst = np.full(1, slope.height)
    return Pieces(
        np.concatenate([[-np.inf], mesh]),
        np.concatenate([mesh, [np.inf]]),
        np.concatenate([mesh[:1], mesh[:-1], mesh[-1:]]),
        np.concatenate([worst, values[:-1], worst]),
        np.concatenate([[0.0], np.diff(values) / width, [0.0]]),
        np.concatenate([[True], np.zeros(count, bool), [True]]),
        float(slope.bend * width**2 / 8.0),
        slope.height,
    )


def minimise(p: Pieces, x: Array, lam: float, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """min_d { u f'(x+d) + lam d^2 - v d } over all pieces, exactly: (value, d, f'), each of shape (points,)."""
    u_, v_ = u[:, None], v[:, None]
    level = np.where(p.outer, -np.sign(u_) * p.level, p.level + p.curvature * (x[:, None] - p.anchor))
    d = np.clip((v_ - u_ * p.curvature) / (2.0 * lam), p.left - x[:, None], p.right - x[:, None])
    gradient = level + p.curvature * d
    value = u_ * gradient + d * (lam * d - v_)
    best = value.argmin(axis=1)[:, None]
    return tuple(np.take_along_axis(a, best, axis=1)[:, 0] for a in (value, d, gradient))  # type: ignore[return-value]


@dataclass
class Mixture:
    """A distribution of two atoms at x + d with mean x, optimal for u; and the dual v that proves it."""

    v: Array
    value: Array
    d: Array
    gradient: Array
    weight: Array

    @property
    def mean(self) -> Array:
        """E f'(y)."""
        return (self.weight * self.gradient).sum(axis=1)


def envelope(p: Pieces, x: Array, lam: float, u: Array, coarse: bool = False) -> Mixture:
    """The convex envelope of h_u at x: bisection on v, with the two atoms between which x lies."""
    span = 2.0 * np.sqrt(2.0 * lam * p.height) * (1.0 + 1e-9) + 1e-300
    low, high = np.full(x.shape, -span), np.full(x.shape, span)
    for _ in range(200):  # slopes that grow without bound need a wider start
        short_low, short_high = minimise(p, x, lam, u, low)[1] > 0, minimise(p, x, lam, u, high)[1] < 0
        if not (short_low.any() or short_high.any()):
            break
        low, high = np.where(short_low, 2.0 * low, low), np.where(short_high, 2.0 * high, high)
    for _ in range(p.bisections(coarse)[0]):
        middle = 0.5 * (low + high)
        left = minimise(p, x, lam, u, middle)[1] <= 0
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    (below, d0, g0), (above, d1, g1) = minimise(p, x, lam, u, low), minimise(p, x, lam, u, high)
    gap = d1 - d0
    share = np.divide(d1, gap, out=np.ones_like(gap), where=gap > 0)
    share = np.clip(share, 0.0, 1.0)
    weight = np.stack([share, 1.0 - share], axis=1)
    better = above > below
    value, v = np.where(better, above, below), np.where(better, high, low)
    return Mixture(v, value, np.stack([d0, d1], axis=1), np.stack([g0, g1], axis=1), weight)


@dataclass
class Solution:
    """A coordinate's dual (u, v), its dual value, and four atoms."""

    u: Array
    v: Array
    value: Array
    d: Array
    gradient: Array
    weight: Array


def solve(p: Pieces, x: Array, lam: float, mu: Array, coarse: bool) -> Solution:
    """maximise phi(u) - mu u^2/2 over u in [-1, 1]: bisection on its derivative E f' - mu u."""
    low, high = np.full(x.shape, -1.0), np.full(x.shape, 1.0)
    at_low, at_high = envelope(p, x, lam, low, coarse), envelope(p, x, lam, high, coarse)
    low = np.where(at_high.mean - mu * high >= 0, high, low)
    high = np.where(at_low.mean - mu * -1.0 <= 0, -1.0, high)
    for _ in range(p.bisections(coarse)[1]):
        middle = 0.5 * (low + high)
        rising = envelope(p, x, lam, middle, coarse).mean - mu * middle >= 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    at_low, at_high = envelope(p, x, lam, low, coarse), envelope(p, x, lam, high, coarse)
    target = mu * 0.5 * (low + high)
    gap = at_low.mean - at_high.mean
    share = np.divide(target - at_high.mean, gap, out=np.ones_like(gap), where=gap > 0)
    share = np.clip(share, 0.0, 1.0)[:, None]
    better = at_high.value > at_low.value
    return Solution(
        np.where(better, high, low),
        np.where(better, at_high.v, at_low.v),
        np.where(better, at_high.value, at_low.value),
        np.concatenate([at_low.d, at_high.d], axis=1),
        np.concatenate([at_low.gradient, at_high.gradient], axis=1),
        np.concatenate([share * at_low.weight, (1.0 - share) * at_high.weight], axis=1),
    )
