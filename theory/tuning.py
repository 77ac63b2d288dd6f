"""The parameters for which our bound reaches eps in the fewest steps. Ours; symbols as in `theory.adam_ema`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.adam_ema import Parameters
from theory.ranges import nonnegative, positive, round_up, show

Array = NDArray[np.float64]

GRID = 64  # shares tried at once; each zoom keeps the two cells around the best
ZOOMS = 12  # (2/65)^12 < 1e-18: the share is found to the last bit
NEWTON = 8  # from at most sqrt 2 times the root of a convex increasing cubic: quadratic from the first iteration on


def sharpened_parameters(
    eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike
) -> Parameters:
    """The smallest T, with its beta and D, at which `sharpened.guarantee` is <= eps. Status: ours (Theorem 11).

    beta and D are optimised numerically, not taken from leading-order formulas. Let s eps be the part of
    the guarantee that does not vanish with T and is not the spread: k sqrt(q/(2-q)) = s eps, q = 1-beta,
    k = 2 sqrt(G^2+sigma^2) + sigma. With a = 2 lam beta/((1+beta) q^2), c = beta (G/q + k/sqrt(q(2-q))),
    e = (1-s) eps: guarantee <= eps iff T >= (Delta/D + c)/(e - a D^2), least at the positive root of
    2ac D^3 + 3a Delta D^2 = e Delta. What is left is a search over s in (0, 1).
    Leading order: s = 4/7, a D^2 = eps/7, `complexity.leading_constant`.

    Inputs broadcast. Raises ValueError if eps >= k (then G <= k/2 <= eps/2: every point is stationary), if
    gap = 0, or if T > 2^53.
    """
    positive(eps=eps, lam=lam, gap=gap)
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    inputs = (np.asarray(v, float)[..., None] for v in (eps, lam, gap, lipschitz, sigma))
    eps, lam, gap, lipschitz, sigma = np.broadcast_arrays(*inputs)
    reach = 2.0 * np.hypot(lipschitz, sigma) + sigma
    if not np.all(eps < reach):
        raise ValueError(f"eps = {show(eps[..., 0])}: must be < 2 sqrt(G^2 + sigma^2) + sigma = {show(reach[..., 0])}")
    low, high = np.zeros_like(eps), np.ones_like(eps)
    share = np.full_like(eps, 0.5)
    for _ in range(ZOOMS):
        cell = (high - low) / (GRID + 1)
        shares = low + cell * np.arange(1, GRID + 1)
        steps = _least(shares, eps, lam, gap, lipschitz, reach)[2]
        share = np.take_along_axis(shares, np.argmin(steps, axis=-1, keepdims=True), axis=-1)
        low, high = share - cell, share + cell
    beta, radius, steps = (value[..., 0][()] for value in _least(share, eps, lam, gap, lipschitz, reach))
    return Parameters(beta, radius, round_up(steps))


def _least(
    share: Array, eps: Array, lam: Array, gap: Array, lipschitz: Array, reach: Array
) -> tuple[Array, Array, Array]:
    """beta, the best D and the real-valued least T where regret and noise take `share` of eps."""
    level = np.square(share * eps / reach)
    rate = 2.0 * level / (1.0 + level)
    beta = (1.0 - level) / (1.0 + level)
    fixed = beta * (lipschitz / rate + reach / np.sqrt(rate * (1.0 + beta)))
    curve = lam * 2.0 * beta / ((1.0 + beta) * np.square(rate))
    rest = (1.0 - share) * eps
    # each term of the cubic alone gives a number above the root
    radius = np.minimum(np.sqrt(rest / (3.0 * curve)), np.cbrt(rest * gap / (2.0 * curve * fixed)))
    for _ in range(NEWTON):
        excess = curve * np.square(radius) * (2.0 * fixed * radius + 3.0 * gap) - rest * gap
        radius = radius - excess / (6.0 * curve * radius * (fixed * radius + gap))
    return beta, radius, (gap / radius + fixed) / (rest - curve * np.square(radius))
