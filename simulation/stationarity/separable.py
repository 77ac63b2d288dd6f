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

from objectives.base import PiecewiseSlope, Separable
from simulation.stationarity.scalar import RADIAL, Solution, cut, envelope, solve

Array = NDArray[np.float64]
Norm = Literal["l1", "l2"]
ROUNDING = 256 * np.finfo(float).eps
CACHED = 8192  # pieces times points in a batch: its arrays stay in the second-level cache


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


class _Problem:
    """All coordinates of all points, grouped by equal slope functions."""

    def __init__(self, slopes: tuple[Any, ...], x: Array, lam: float, tolerance: float) -> None:
        self.x, self.lam = x, lam
        groups: dict[int, list[int]] = {}
        for i, slope in enumerate(slopes):
            groups.setdefault(id(slope), []).append(i)
        self.groups = [(columns, slopes[columns[0]]) for columns in groups.values()]
        self.pieces = [cut(slope, x[:, columns], lam, tolerance) for columns, slope in self.groups]
        self.error = np.zeros(x.shape[1])
        for (columns, _), p in zip(self.groups, self.pieces, strict=True):
            self.error[columns] = p.error

    def solve(self, mu: Array, coarse: bool = False) -> Solution:
        """Every coordinate's problem at mu, shape (points,): arrays (points, dim) and (points, dim, 4)."""
        points, dim = self.x.shape
        whole = Solution(*(np.empty((points, dim)) for _ in range(3)), *(np.empty((points, dim, 4)) for _ in range(3)))
        for (columns, _), p in zip(self.groups, self.pieces, strict=True):
            part = solve(p, self.x[:, columns].ravel(), self.lam, np.repeat(mu, len(columns)), coarse)
            for name, value in vars(part).items():
                getattr(whole, name)[:, columns] = value.reshape(points, len(columns), *value.shape[1:])
        return whole

    def dual(self, u: Array) -> tuple[Array, Array]:
        """(certified lower bounds less rounding, v) at the direction u, shapes (points,), (points, dim)."""
        value, v = np.empty(u.shape), np.empty(u.shape)
        for (columns, _), p in zip(self.groups, self.pieces, strict=True):
            found = envelope(p, self.x[:, columns].ravel(), self.lam, u[:, columns].ravel())
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
    slopes, tolerance = objective.slopes(), tolerance / 2.0 / x.shape[1]
    pieces = max(len(cut(slope, x[:1], lam, tolerance).left) for slope in {id(f): f for f in slopes}.values())
    size = max(8, CACHED // (pieces * x.shape[1]))
    order = np.lexsort(x.T[::-1])  # neighbours together: a batch's mesh covers all of its points
    found = [_measure(slopes, x[order[i : i + size]], lam, norm, tolerance) for i in range(0, len(x), size)]
    back = np.argsort(order)
    return Bracket(*(np.concatenate(parts)[back] for parts in zip(*(vars(b).values() for b in found), strict=True)))


def _measure(slopes: tuple[Any, ...], x: Array, lam: float, norm: Norm, tolerance: float) -> Bracket:
    """One batch of points."""
    problem = _Problem(slopes, x, lam, tolerance)
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
    atoms = x[:, :, None] + found.d
    return Bracket(np.maximum(lower, 0.0), _primal(problem, found, norm), atoms, found.weight, found.gradient, u, v)


def _primal(problem: _Problem, found: Solution, norm: Norm) -> Array:
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
