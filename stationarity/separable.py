"""The measure for one slope function, or for a sum of functions of one coordinate each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import PiecewiseSlope
from stationarity.bracket import Bracket, Norm, size
from stationarity.oracle import ROUNDING
from stationarity.solver import Grouped, Proof, Search, Slope

CELLS = 1 << 16  # rows times pieces worked on at once: stays in the cache
SMOOTH_CELLS = 128  # what a row costs where f' is smooth


def check_range(lam: float, tolerance: float, floor: float, norm: str) -> None:
    """Raise ValueError naming parameter, value and range unless lam, tolerance > 0, floor >= 0 and norm is known."""
    for name, value in (("lam", lam), ("tolerance", tolerance)):
        if not 0 < value < np.inf:
            raise ValueError(f"{name} = {value}: must be finite and > 0")
    if not 0 <= floor < np.inf:
        raise ValueError(f"floor = {floor}: must be finite and >= 0")
    if norm not in ("l1", "l2"):
        raise ValueError(f"norm = {norm!r}: must be 'l1' or 'l2'")


def _points(x: Float[Array, "*shape"], shape: str, dims: int) -> Float[Array, "*shape"]:
    """x as floats. Raises ValueError unless it has `dims` axes, as `shape` says in words, and is finite."""
    x = np.asarray(x, float)
    if x.ndim != dims:
        raise ValueError(f"x has shape {x.shape}: must be {shape}")
    if not np.isfinite(x).all():
        raise ValueError("x = nan or inf: must be finite")
    return x


def measure_scalar(
    slope: Slope, x: Float[Array, "points"], lam: float, tolerance: float = 1e-4, floor: float = 1.0
) -> Bracket:
    """Bracket ||f'(x)||^[lam] (arXiv 2405.18199, Definition 3; in one dimension also 15) at the points x.

    lam > 0; the gap asked for is tolerance * max(value, floor), with floor the target eps (0: relative only).
    Raises ValueError out of range. Points are independent of each other, bit for bit.
    """
    x = _points(x, "(points,)", 1)
    check_range(lam, tolerance, floor, "l2")
    proof = _search([slope], x[:, None], lam, "l2", tolerance, floor)
    bracket = _bracket([slope], x[:, None], lam, "l2", proof)
    parts = {k: getattr(bracket, k)[:, 0] for k in ("offsets", "weights", "gradients", "direction", "tilt")}
    return Bracket(bracket.lower, bracket.upper, x, **parts)


def measure_separable(
    slopes: Sequence[Slope],
    x: Float[Array, "points dim"],
    lam: float,
    norm: Norm = "l2",
    tolerance: float = 1e-4,
    floor: float = 1.0,
) -> Bracket:
    """Bracket the measure of F(x) = sum_i f_i(x_i) at the points x.

    L1 (Definition 15) is the sum of the one-dimensional measures: ||E grad F||_1 = sum_i |E f_i'(y_i)| and
    E||y-x||^2 = sum_i E(y_i-x_i)^2 depend on the marginals of y only, the constraint E y = x too, and any
    marginals have a joint law (their product): the infimum of the sum is the sum of the infima.
    L2 (Definition 3): the marginals couple through ||.||_2 = max_{||u||_2 <= 1} <u, .>. By minimax (u in a compact
    convex set, the objective linear in u and in the law) it is max over u of sum_i phi_i(u_i), phi_i the envelope of
    u_i f_i'(y) + lam (y - x_i)^2 at x_i, which is concave in u_i.
    Arguments and errors as in measure_scalar.
    """
    x = _points(x, "(points, dim)", 2)
    check_range(lam, tolerance, floor, norm)
    if x.shape[1] != len(slopes) or not len(slopes):
        raise ValueError(f"x has shape {x.shape}: must be (points, dim) with dim = {len(slopes)} slopes, at least 1")
    return _bracket(slopes, x, lam, norm, _search(slopes, x, lam, norm, tolerance, floor))


def _search(
    slopes: Sequence[Slope], x: Float[Array, "points dim"], lam: float, norm: Norm, tolerance: float, floor: float
) -> Proof:
    """Points in blocks that fit the cache; a block's size never changes a point's numbers.

    L1: each coordinate alone; gap_i <= tolerance/2 max(value_i, floor/dim) adds up to tolerance max(value, floor).
    """
    dim = x.shape[1]
    widest = max(len(s.slopes) if isinstance(s, PiecewiseSlope) else SMOOTH_CELLS for s in slopes)
    block = max(1, CELLS // (widest * dim))
    parts = []
    for i in range(0, max(1, len(x)), block):
        some = x[i : i + block]
        oracle = Grouped(slopes, some, lam)
        if norm == "l2":
            parts.append(Search(oracle, (len(some), dim), tolerance, floor).run())
        else:
            alone = Search(oracle, (some.size, 1), 0.5 * tolerance, floor / dim).run()
            parts.append(Proof(**{k: v.reshape(*some.shape, *v.shape[2:]) for k, v in vars(alone).items()}))
    whole = Proof(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))
    if norm == "l1":
        whole.lower = whole.lower.sum(axis=1) * (1.0 - dim * np.finfo(float).eps)
    return whole


def _doubt(slopes: Sequence[Slope], x: Float[Array, "points dim"], proof: Proof) -> Float[Array, "points dim"]:
    """What the rounding of f' at an atom is relative to: sup |f'| if smooth, else what a piece's slope moves by
    between two floats. 0 where the only atom is x."""
    moved = (proof.weight * (proof.offset != 0)).sum(axis=-1)
    rows = [np.abs(s.curvatures).max() if isinstance(s, PiecewiseSlope) else s.height for s in slopes]
    affine = np.array([isinstance(s, PiecewiseSlope) for s in slopes])
    reach = np.abs(x) + np.abs(proof.offset).max(axis=-1)
    return np.asarray(np.array(rows) * np.where(affine, reach * moved, proof.direction != 0))


def _bracket(slopes: Sequence[Slope], x: Float[Array, "points dim"], lam: float, norm: Norm, proof: Proof) -> Bracket:
    """The value of the atoms, with its rounding added, is the upper bound.

    The weights of two atoms are ratios of their offsets, so weights within a few units in the last place of them
    make the mean exact; the allowance covers that change too.
    """
    mean = (proof.weight * proof.slope).sum(axis=-1)
    spread = lam * (proof.weight * np.square(proof.offset)).sum(axis=-1)
    absolute = (proof.weight * np.abs(proof.slope)).sum(axis=-1) + _doubt(slopes, x, proof)
    upper = size(mean, norm) + spread.sum(axis=-1)
    allowance = ROUNDING * (absolute.sum(axis=-1) + spread.sum(axis=-1))
    return Bracket(
        proof.lower, upper + allowance, x, proof.offset, proof.weight, proof.slope, proof.direction, proof.tilt
    )
