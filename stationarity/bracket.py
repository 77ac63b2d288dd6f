"""A bracket of the measure, the proof it carries, and the check of that proof without the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import Objective, PiecewiseSlope, Separable, SmoothSlope
from stationarity.oracle import ROUNDING

Norm = Literal["l1", "l2"]
DEPTH = 60


class CertificateError(ValueError):
    """A bracket does not prove what it says."""


@dataclass(frozen=True)
class Bracket:
    """lower <= measure <= upper, shape (points,), and what proves it.

    Separable objectives: `point` has shape (points, dim), (points,) for one slope function; coordinate i of y takes the
    values x_i + offsets with these weights, mean x_i, and its slope function the values `gradients` there (at a jump
    either one-sided limit); shapes (*point.shape, 4). Only marginals enter the measure, so any joint law will do.
    General objectives: point (dim,), offsets and gradients (atoms, dim), weights (atoms,), lower and upper ().
    direction u, tilt v: the dual pair, shape of point. certified: whether `lower` is proved; if not, it is
    the least value seen.
    """

    lower: Float[Array, "*points"]
    upper: Float[Array, "*points"]
    point: Float[Array, "*shape"]
    offsets: Float[Array, "*law"]
    weights: Float[Array, "..."]
    gradients: Float[Array, "*law"]
    direction: Float[Array, "*shape"]
    tilt: Float[Array, "*shape"]
    certified: bool = True

    @property
    def atoms(self) -> Float[Array, "*law"]:
        """The values of y: x + offsets (rounded; the offsets are exact where x is far from 0)."""
        return np.asarray((self.point if self.joint else self.point[..., None]) + self.offsets)

    @property
    def joint(self) -> bool:
        """Whether the atoms are points of R^dim with one weight each (general objectives), not marginals."""
        return self.weights.ndim < self.offsets.ndim

    @property
    def gap(self) -> Float[Array, "*points"]:
        """upper - lower, for every point."""
        return np.asarray(self.upper - self.lower)


@dataclass(frozen=True)
class Verified:
    """The dual value (below the measure) and the primal one (above it) of every point, recomputed from the proof."""

    dual: Float[Array, "*points"]
    primal: Float[Array, "*points"]


def size(mean: Float[Array, "*batch dim"], norm: Norm) -> Float[Array, "*batch"] | np.float64:
    """||mean||_1 or ||mean||_2 along the last axis."""
    return np.abs(mean).sum(axis=-1) if norm == "l1" else np.asarray(np.linalg.norm(mean, axis=-1))


def dual_value(slope: PiecewiseSlope | SmoothSlope, x: float, lam: float, u: float, v: float) -> float:
    """A lower bound of inf_y { u f'(y) + lam (y-x)^2 - v (y-x) }: the infimum up to rounding; any u, v.

    Piecewise affine f': the least of one parabola a piece. Smooth f': intervals, each bounded by the chord of f' less
    |u| bend width^2/8, cut in two while that matters (to 1e-13 of |u| height + v^2/lam).
    """
    if isinstance(slope, PiecewiseSlope):
        edges = np.concatenate([[-np.inf], slope.breaks - x, [np.inf]])
        level = slope.slopes + slope.curvatures * (x - slope.anchors)
        d = np.clip((v - u * slope.curvatures) / (2.0 * lam), edges[:-1], edges[1:])
        far = np.abs(x - slope.anchors) + np.abs(d)
        magnitude = np.abs(u) * (np.abs(slope.slopes) + np.abs(slope.curvatures) * far)
        value = u * (level + slope.curvatures * d) + d * (lam * d - v)
        return float((value - ROUNDING * (magnitude + np.abs(d) * (lam * np.abs(d) + abs(v)))).min())
    height, bend = abs(u) * slope.height, abs(u) * slope.bend
    # beyond this the value exceeds the value at x
    reach = (abs(v) + np.sqrt(v * v + 8.0 * lam * height)) / (2.0 * lam) + 8.0 * np.spacing(abs(x))
    small = 1e-13 * (height + v * v / lam)
    ends = x + np.linspace(-reach, reach, 257)
    a, b, done, best = ends[:-1], ends[1:], np.inf, np.inf
    for _ in range(DEPTH):
        ga, gb = u * slope.derivative(a), u * slope.derivative(b)
        best = min(best, float((ga + (a - x) * (lam * (a - x) - v)).min()))
        chord = np.divide(gb - ga, b - a, out=np.zeros_like(a), where=b > a)
        d = np.clip((v - chord) / (2.0 * lam), a - x, b - x)
        low = ga + chord * (d - (a - x)) + d * (lam * d - v) - bend * np.square(b - a) / 8.0
        keep = (low < best - small) & (b - a > 4.0 * np.spacing(np.abs(a)))
        done = min(done, float(low[~keep].min(initial=np.inf)))
        if not keep.any():
            break
        a, b = a[keep], b[keep]
        middle = 0.5 * (a + b)
        a, b = np.concatenate([a, middle]), np.concatenate([middle, b])
    return float(min(done, low.min()) - ROUNDING * (height + v * v / lam + lam * reach**2))


def verify(
    bracket: Bracket,
    objective: Objective | PiecewiseSlope | SmoothSlope,
    x: Float[Array, "*shape"],
    lam: float,
    norm: Norm = "l2",
) -> Verified:
    """Recompute both values from the proof alone: (u, v) below, atoms and weights above.

    objective, x, lam, norm: what the bracket was asked for (for measure_scalar the slope function).
    Raises CertificateError naming what fails: the point, weights, mean, gradients at the atoms (to rounding, or between
    the values of grad F a few floats to either side), ||u|| <= 1 in the dual norm, lower <= dual, primal <= upper.
    Joint laws: the dual is recomputed at the atoms only, which can refute `lower` but not prove it.
    """
    # each condition says what must hold: what is no number holds nowhere
    x = np.asarray(x, float)
    if not np.array_equal(bracket.point, x):
        raise CertificateError("the bracket is about another x")
    if x.ndim == 1 and not bracket.joint:
        parts = {k: getattr(bracket, k)[:, None] for k in ("offsets", "weights", "gradients", "direction", "tilt")}
        bracket = Bracket(bracket.lower, bracket.upper, x[:, None], **parts)
    axis = 0 if bracket.joint else -1
    shares = bracket.weights[:, None] if bracket.joint else bracket.weights
    _check_law(bracket, objective, shares, axis)
    u = bracket.direction
    length = np.linalg.norm(u, axis=-1) if norm == "l2" else np.abs(u).max(axis=-1)
    if not (length <= 1.0 + ROUNDING).all():
        raise CertificateError(f"the direction has dual norm {float(np.max(length))!r} > 1")
    mean, spread = ((shares * part).sum(axis=axis) for part in (bracket.gradients, np.square(bracket.offsets)))
    primal = size(mean, norm) + lam * spread.sum(axis=-1)
    if not (primal <= bracket.upper * (1.0 + ROUNDING)).all():
        raise CertificateError("the atoms' value exceeds `upper`")
    dual = _joint_dual(bracket, lam) if bracket.joint else _separable_dual(bracket, objective, lam)
    # what dual_value leaves away for rounding is not what the solver left away
    if not (dual >= bracket.lower - 1e-8 * bracket.upper).all():
        raise CertificateError("the dual value is below `lower`")
    return Verified(dual, np.asarray(primal))


def _check_law(
    bracket: Bracket,
    objective: Objective | PiecewiseSlope | SmoothSlope,
    shares: Float[Array, "*law"],
    axis: int,
) -> None:
    """Raise CertificateError unless the atoms are a law of mean x with the gradients that it says; axis: the atoms'."""
    weights, d = bracket.weights, bracket.offsets
    if not ((weights >= 0).all() and (np.abs(weights.sum(axis=-1) - 1.0) <= ROUNDING).all()):
        raise CertificateError("the weights are no distribution")
    if not (np.abs((shares * d).sum(axis=axis)) <= ROUNDING * (shares * np.abs(d)).sum(axis=axis)).all():
        raise CertificateError("the mean of the atoms is not x")
    grad = objective.grad if hasattr(objective, "grad") else objective.derivative
    parts = (bracket.atoms, bracket.gradients, shares)
    # atoms lead, so that the objective sees shapes (..., dim)
    atoms, stored, used = (part if bracket.joint else np.moveaxis(part, -1, 0) for part in parts)
    step = 8.0 * np.spacing(np.maximum(np.abs(atoms), np.abs(bracket.point)))
    around = np.stack([grad(atoms + k * step) for k in (-2, -1, 0, 1, 2)])
    slack = 1e-12 * np.maximum(np.abs(around).max(axis=(0, 1)), np.abs(stored).max(axis=0))
    # beside a jump a steep one-sided limit lies beyond the nearest sample by what f' moves in a step
    slack = slack + np.abs(np.diff(around, axis=0)[[0, -1]]).max(axis=0)
    held = (stored >= around.min(axis=0) - slack) & (stored <= around.max(axis=0) + slack)
    if ((used > 0) & ~held).any():
        raise CertificateError("a gradient is not the objective's at its atom")


def _separable_dual(
    bracket: Bracket, objective: Objective | PiecewiseSlope | SmoothSlope, lam: float
) -> Float[Array, "points"]:
    """The sum over coordinates of `dual_value` at the bracket's (u, v)."""
    slopes = (
        objective.slopes() if isinstance(objective, Separable) else (cast("PiecewiseSlope | SmoothSlope", objective),)
    )
    total = np.zeros(len(bracket.point))
    for k in range(len(total)):
        for i, slope in enumerate(slopes):
            x, u, v = (float(part[k, i]) for part in (bracket.point, bracket.direction, bracket.tilt))
            total[k] += dual_value(slope, x, lam, u, v)
    return total


def _joint_dual(bracket: Bracket, lam: float) -> Float[Array, ""]:
    """The least over the atoms: an upper bound of the dual value."""
    d = bracket.offsets
    value = np.vecdot(bracket.gradients, bracket.direction) + lam * np.vecdot(d, d) - np.vecdot(d, bracket.tilt)
    return np.asarray(value.min())
