"""Sums over coordinates and over discounted time, for the probes."""

from __future__ import annotations

import numpy as np
from numpy import multiply

from foundation.arrays import Array, Float, Int, IntArray

NumberOrArray = int | float | Float[Array, "..."] | Int[IntArray, "..."]


def total_weight(beta: NumberOrArray, time: NumberOrArray) -> Float[Array, "..."]:
    """W_t = (1 - beta^t)/(1 - beta), accurate for beta near 1; t for beta = 1. Shapes broadcast."""
    beta, time = np.broadcast_arrays(np.asarray(beta, float), np.asarray(time, float))
    rate = 1.0 - beta
    safe = np.where((rate > 0) & (beta > 0), rate, 0.5)
    weight = -np.expm1(time * np.log1p(-safe)) / safe
    return np.where(rate == 0, time, np.where(beta == 0, 1.0, weight))


def dot(a: Float[Array, "runs dim"], b: Float[Array, "runs dim"], out: Float[Array, "runs"]) -> None:
    """out[r] = <a[r], b[r]> over coordinates."""
    if a.shape[1] == 1:
        multiply(a, b, out[:, None])
    else:
        np.vecdot(a, b, out=out)


def add_up(a: Float[Array, "runs dim"], out: Float[Array, "runs"]) -> None:
    """out[r] = sum of a[r] over coordinates."""
    np.add.reduce(a, axis=1, out=out)
