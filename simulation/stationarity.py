"""The stationarity measure itself, with certificates from both sides, for separable objectives.

||grad F(x)||^[lam] = inf { ||E grad F(y)|| + lam E||y - x||_2^2 : E y = x } (arXiv 2405.18199, Definitions 3
and 15). A distribution with mean x is an upper bound. Dual: for every u in the unit ball of the dual norm and
every v, inf_y { <u, grad F(y)> + lam ||y-x||^2 - <v, y-x> } is a lower bound. For F(x) = sum_i f_i(x_i) the inner
infimum splits over coordinates, so only one-dimensional problems are ever solved:

* one coordinate, u given: h(y) = u f'(y) + lam (y-x)^2; the best v makes the minimiser y(v) cross x, and y(v) is
  non-decreasing: bisection. Where f' is affine on pieces, h is a convex parabola on each and the minimum is exact.
* L1: u_i in [-1, 1] coordinate by coordinate. phi_i(u) = max_v min_y is concave with derivative E f_i'(y): bisection.
* L2: maximise sum phi_i(u_i) over ||u||_2 <= 1: phi_i'(u_i) = mu u_i, one more bisection, on mu.

A smooth f' is replaced by its chords on a mesh, which moves the measure by at most the sum of the chords' errors
(|E f' - E chord| <= error), and by -+ its bound outside the mesh. At a jump of f' both one-sided limits are
available to y: atoms can be put as close to it as one likes, and the infimum is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from objectives.base import PiecewiseSlope, Separable, SmoothSlope

Array = NDArray[np.float64]
Norm = Literal["l1", "l2"]
INNER, OUTER = 42, 36  # bisections on v and u; fewer where chords limit the gap anyway
RADIAL, COARSE = 18, (26, 20)  # bisections on mu, and on v and u meanwhile: the value is flat at the optimum
ROUNDING = 256 * np.finfo(float).eps


@dataclass(frozen=True)
class Bracket:
    """lower <= measure <= upper at each point, shapes (points,), and what proves it.

    atoms, weights: shape (points, dim, 4): coordinate i of y takes the value atoms with these
    weights, mean x_i; gradients: f_i' there (one-sided at a jump). direction u, tilt v: (points, dim).
    """

    lower: Array
    upper: Array
    atoms: Array
    weights: Array
    gradients: Array
    direction: Array
    tilt: Array


@dataclass(frozen=True)
class _Pieces:
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


def _pieces(slope: PiecewiseSlope | SmoothSlope, x: Array, lam: float, tolerance: float) -> _Pieces:
    if isinstance(slope, PiecewiseSlope):
        edges = np.concatenate([[-np.inf], slope.breaks, [np.inf]])
        before = slope.slopes[:-1] + slope.curvatures[:-1] * (slope.breaks - slope.anchors[:-1])
        after = slope.slopes[1:] + slope.curvatures[1:] * (slope.breaks - slope.anchors[1:])
        height = float(np.abs(np.concatenate([before, after, slope.slopes])).max())
        none = np.zeros(len(slope.slopes), bool)
        return _Pieces(edges[:-1], edges[1:], slope.anchors, slope.slopes, slope.curvatures, none, 0.0, height)
    # no minimiser lies further from x: lam d^2 - v d <= 2 height (d = 0 does as well) and |v| <= 2 sqrt(2 lam height)
    reach = (2.0 + np.sqrt(2.0)) * np.sqrt(slope.height / lam) * (1.0 + 1e-6)
    low, high = x.min() - reach, x.max() + reach
    count = int(np.ceil((high - low) / np.sqrt(8.0 * tolerance / slope.bend))) + 1 if slope.bend > 0 else 2
    mesh = np.linspace(low, high, count + 1)
    values = slope.derivative(mesh)
    width = mesh[1] - mesh[0]
    worst = np.full(1, slope.height)
    return _Pieces(
        np.concatenate([[-np.inf], mesh]),
        np.concatenate([mesh, [np.inf]]),
        np.concatenate([mesh[:1], mesh[:-1], mesh[-1:]]),
        np.concatenate([worst, values[:-1], worst]),
        np.concatenate([[0.0], np.diff(values) / width, [0.0]]),
        np.concatenate([[True], np.zeros(count, bool), [True]]),
        float(slope.bend * width**2 / 8.0),
        slope.height,
    )


def _minimise(p: _Pieces, x: Array, lam: float, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """min_d { u f'(x+d) + lam d^2 - v d } over all pieces, exactly: (value, d, f'), each of shape (points,)."""
    u_, v_ = u[:, None], v[:, None]
    level = np.where(p.outer, -np.sign(u_) * p.level, p.level + p.curvature * (x[:, None] - p.anchor))
    d = np.clip((v_ - u_ * p.curvature) / (2.0 * lam), p.left - x[:, None], p.right - x[:, None])
    gradient = level + p.curvature * d
    value = u_ * gradient + d * (lam * d - v_)
    best = value.argmin(axis=1)[:, None]
    return tuple(np.take_along_axis(a, best, axis=1)[:, 0] for a in (value, d, gradient))  # type: ignore[return-value]


@dataclass
class _Mixture:
    """A distribution of two atoms at x + d with mean x, optimal for u; and the dual v that proves it."""

    v: Array
    value: Array
    d: Array
    gradient: Array
    weight: Array

    @property
    def mean(self) -> Array:
        return (self.weight * self.gradient).sum(axis=1)


def _envelope(p: _Pieces, x: Array, lam: float, u: Array, coarse: bool = False) -> _Mixture:
    """The convex envelope of h_u at x: bisection on v, with the two atoms between which x lies."""
    span = 2.0 * np.sqrt(2.0 * lam * p.height) * (1.0 + 1e-9) + 1e-300
    low, high = np.full(x.shape, -span), np.full(x.shape, span)
    for _ in range(200):  # slopes that grow without bound need a wider start
        short_low, short_high = _minimise(p, x, lam, u, low)[1] > 0, _minimise(p, x, lam, u, high)[1] < 0
        if not (short_low.any() or short_high.any()):
            break
        low, high = np.where(short_low, 2.0 * low, low), np.where(short_high, 2.0 * high, high)
    for _ in range(p.bisections(coarse)[0]):
        middle = 0.5 * (low + high)
        left = _minimise(p, x, lam, u, middle)[1] <= 0
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    (below, d0, g0), (above, d1, g1) = _minimise(p, x, lam, u, low), _minimise(p, x, lam, u, high)
    gap = d1 - d0
    share = np.divide(d1, gap, out=np.ones_like(gap), where=gap > 0)
    share = np.clip(share, 0.0, 1.0)
    weight = np.stack([share, 1.0 - share], axis=1)
    better = above > below
    value, v = np.where(better, above, below), np.where(better, high, low)
    return _Mixture(v, value, np.stack([d0, d1], axis=1), np.stack([g0, g1], axis=1), weight)


@dataclass
class _Solution:
    """A coordinate's dual (u, v), its dual value, and four atoms."""

    u: Array
    v: Array
    value: Array
    d: Array
    gradient: Array
    weight: Array


def _solve(p: _Pieces, x: Array, lam: float, mu: Array, coarse: bool) -> _Solution:
    """maximise phi(u) - mu u^2/2 over u in [-1, 1]: bisection on its derivative E f' - mu u."""
    low, high = np.full(x.shape, -1.0), np.full(x.shape, 1.0)
    at_low, at_high = _envelope(p, x, lam, low, coarse), _envelope(p, x, lam, high, coarse)
    low = np.where(at_high.mean - mu * high >= 0, high, low)
    high = np.where(at_low.mean - mu * -1.0 <= 0, -1.0, high)
    for _ in range(p.bisections(coarse)[1]):
        middle = 0.5 * (low + high)
        rising = _envelope(p, x, lam, middle, coarse).mean - mu * middle >= 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    at_low, at_high = _envelope(p, x, lam, low, coarse), _envelope(p, x, lam, high, coarse)
    target = mu * 0.5 * (low + high)
    gap = at_low.mean - at_high.mean
    share = np.divide(target - at_high.mean, gap, out=np.ones_like(gap), where=gap > 0)
    share = np.clip(share, 0.0, 1.0)[:, None]
    better = at_high.value > at_low.value
    return _Solution(
        np.where(better, high, low),
        np.where(better, at_high.v, at_low.v),
        np.where(better, at_high.value, at_low.value),
        np.concatenate([at_low.d, at_high.d], axis=1),
        np.concatenate([at_low.gradient, at_high.gradient], axis=1),
        np.concatenate([share * at_low.weight, (1.0 - share) * at_high.weight], axis=1),
    )


class _Problem:
    """All coordinates of all points, grouped by equal slope functions."""

    def __init__(self, slopes: tuple[Any, ...], x: Array, lam: float, tolerance: float) -> None:
        self.x, self.lam = x, lam
        groups: dict[int, list[int]] = {}
        for i, slope in enumerate(slopes):
            groups.setdefault(id(slope), []).append(i)
        self.groups = [(columns, slopes[columns[0]]) for columns in groups.values()]
        self.pieces = [_pieces(slope, x[:, columns], lam, tolerance) for columns, slope in self.groups]
        self.error = np.zeros(x.shape[1])
        for (columns, _), p in zip(self.groups, self.pieces, strict=True):
            self.error[columns] = p.error

    def solve(self, mu: Array, coarse: bool = False) -> _Solution:
        """Every coordinate's problem at mu, shape (points,): arrays (points, dim) and (points, dim, 4)."""
        points, dim = self.x.shape
        whole = _Solution(*(np.empty((points, dim)) for _ in range(3)), *(np.empty((points, dim, 4)) for _ in range(3)))
        for (columns, _), p in zip(self.groups, self.pieces, strict=True):
            part = _solve(p, self.x[:, columns].ravel(), self.lam, np.repeat(mu, len(columns)), coarse)
            for name, value in vars(part).items():
                getattr(whole, name)[:, columns] = value.reshape(points, len(columns), *value.shape[1:])
        return whole

    def dual(self, u: Array) -> tuple[Array, Array]:
        """(certified lower bounds less rounding, v) at the direction u, shapes (points,), (points, dim)."""
        value, v = np.empty(u.shape), np.empty(u.shape)
        for (columns, _), p in zip(self.groups, self.pieces, strict=True):
            found = _envelope(p, self.x[:, columns].ravel(), self.lam, u[:, columns].ravel())
            slack = ROUNDING * (p.height + np.square(found.v) / self.lam + np.abs(found.value))
            shape = (len(u), len(columns))
            value[:, columns] = (found.value - slack).reshape(shape)
            v[:, columns] = found.v.reshape(shape)
        return (value - np.abs(u) * self.error).sum(axis=1), v


def measure(objective: Any, x: Array, lam: float, norm: Norm = "l2", tolerance: float = 5e-5) -> Bracket:
    """Bracket the measure of a separable objective at the points x, shape (points, dim).

    lam > 0; tolerance: the gap allowed for the chords of smooth slopes (piecewise affine ones need none).
    Raises ValueError out of range, TypeError if the objective is not separable.
    """
    x = np.asarray(x, float)
    if not isinstance(objective, Separable):
        raise TypeError(f"objective = {type(objective).__name__}: the measure is implemented for separable objectives")
    if x.ndim != 2 or x.shape[1] != len(objective.start):
        raise ValueError(f"x has shape {x.shape}: must be (points, {len(objective.start)})")
    if not (0 < lam < np.inf and 0 < tolerance < np.inf):
        raise ValueError(f"lam = {lam}, tolerance = {tolerance}: must be finite and > 0")
    problem = _Problem(objective.slopes(), x, lam, tolerance / 2.0 / x.shape[1])
    mu = np.zeros(len(x))
    found = problem.solve(mu)
    u = found.u
    if norm == "l2" and x.shape[1] > 1:
        high = np.sqrt(np.square(np.max(np.abs(found.gradient), axis=2)).sum(axis=1)) + 1e-300
        low = mu
        for _ in range(RADIAL):
            mu = 0.5 * (low + high)
            outside = np.square(problem.solve(mu, coarse=True).u).sum(axis=1) > 1.0
            low, high = np.where(outside, mu, low), np.where(outside, high, mu)
        inside = np.square(found.u).sum(axis=1) <= 1.0
        found = problem.solve(np.where(inside, 0.0, high))
        u = found.u / np.maximum(1.0, np.sqrt(np.square(found.u).sum(axis=1)))[:, None]
    lower, v = problem.dual(u)
    upper = _primal(problem, found, norm)
    atoms = x[:, :, None] + found.d
    return Bracket(np.maximum(lower, 0.0), upper, atoms, found.weight, found.gradient, u, v)


def _primal(problem: _Problem, found: _Solution, norm: Norm) -> Array:
    """The value of the distribution, with the chords' errors and rounding added: an upper bound."""
    exact = found.gradient.copy()
    for columns, slope in problem.groups:
        if not isinstance(slope, PiecewiseSlope):
            exact[:, columns] = slope.derivative(problem.x[:, columns, None] + found.d[:, columns])
    mean = np.abs((found.weight * exact).sum(axis=2))
    size = mean.sum(axis=1) if norm == "l1" else np.sqrt(np.square(mean).sum(axis=1))
    spread = problem.lam * (found.weight * np.square(found.d)).sum(axis=(1, 2))
    scale = np.abs(exact).max(axis=2).sum(axis=1) + spread
    return size + spread + ROUNDING * scale
