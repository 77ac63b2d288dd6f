"""The direction u: maximise sum_i c_i(u_i) over ||u||_2 <= 1, u >= 0, c_i(u) = min_k (mean_ik u + spread_ik).

Each law of y_i with mean x_i is a cut, phi_i(u) <= u E g + E e^2. The maximum equals the least
||(E g_i)_i||_2 + sum_i E e_i^2 over mixtures of the cuts' laws (minimax: both sets are convex and compact), so it is an
upper bound of the measure, and sum_i phi_i(u_i) at its maximiser is a lower one.

With the multiplier mu >= 0 of (||u||^2 - 1)/2 coordinates separate: c_i' crosses the line mu u once. Cut k is
minimal up to u = r_k = min { intersections with cuts of smaller mean }, and
u_i = max_k min(r_k, mean_k/mu):
every term is <= u_i (if mean_k <= mu u_i clearly; otherwise a cut j with mean_j <= mu u_i < mean_k is minimal at
u_i, and cuts k and j meet at or before u_i), and the cut minimal just left of u_i attains it. ||u(mu)||
falls with mu: bisection.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray

BISECTIONS = 64


class Direction(NamedTuple):
    """The direction u, the two cuts whose mixture is best for it, and the share of the first of them."""

    u: Float[Array, "points dim"]
    cuts: Int[IntArray, "points dim 2"]
    share: Float[Array, "points dim"]


def last_use(
    mean: Float[Array, "cuts points dim"], spread: Float[Array, "cuts points dim"]
) -> Float[Array, "cuts points dim"]:
    """r_k, where cut k stops being minimal as u grows; inf if never."""
    ends = np.full(mean.shape, np.inf)
    for mean_j, spread_j in zip(mean, spread, strict=True):
        fall, rise = mean - mean_j, spread_j - spread
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            meet = rise / fall
        # of two cuts with the same mean the one with more spread is never minimal
        meet[~(fall > 0)] = np.inf
        meet[(fall == 0) & (rise < 0)] = -np.inf
        np.minimum(ends, meet, out=ends)
    return ends


def best_direction(mean: Float[Array, "points dim cuts"], spread: Float[Array, "points dim cuts"]) -> Direction:
    """Solve the direction problem for every point: u, and the law in which its best cuts are mixed."""
    # NumPy is fast along long axes, and there are few cuts: they come first here
    means, spreads = (np.ascontiguousarray(np.moveaxis(each, -1, 0)) for each in (mean, spread))
    ends = last_use(means, spreads)

    def at(mu: Float[Array, "points"]) -> Float[Array, "points dim"]:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            line = means / mu[:, None]
        line[np.isnan(line)] = 0.0
        return np.asarray(np.maximum(np.minimum(ends, line).max(axis=0), 0.0))

    low = np.zeros(mean.shape[0])
    high = np.sqrt(np.square(mean.max(axis=-1)).sum(axis=-1))  # there u_i <= mean_i/mu, so ||u|| <= 1
    inside = np.square(at(low)).sum(axis=-1) <= 1.0
    high = np.where(inside, 0.0, high)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        out = np.square(at(middle)).sum(axis=-1) > 1.0
        low, high = np.where(out, middle, low), np.where(out, high, middle)
    u = at(high)
    u = u / np.maximum(1.0, np.sqrt(np.square(u).sum(axis=-1)) * (1.0 + 1e-15))[:, None]
    # high - low is rounding, yet u may jump between them where a cut's mean is mu u: aim at either side's mean
    target = high[:, None] * u
    value = mean * u[..., None] + spread
    above = np.where(mean >= target[..., None], value, np.inf).argmin(axis=-1)
    below = np.where(mean <= target[..., None], value, np.inf).argmin(axis=-1)
    cuts = np.stack([above, below], axis=-1)
    ends_mean = np.take_along_axis(mean, cuts, axis=-1)
    gap = ends_mean[..., 0] - ends_mean[..., 1]
    share = np.divide(target - ends_mean[..., 1], gap, out=np.ones_like(gap), where=gap > 0)
    missing = ~(mean <= target[..., None]).any(axis=-1)
    share = np.where(missing, 1.0, np.clip(share, 0.0, 1.0))
    return Direction(u, cuts, share)
