"""Confidence limits for a mean, from samples that may be skewed.

Student's t with a skewness correction (Johnson 1978, Modified t tests, JASA 73): the upper limit is
mean + s/sqrt(n) [t + c (1 + 2 t^2)], c = max(0, skewness)/(6 sqrt n), never below Student's own; the lower limit
mirrors it. All is in units of the samples' size, a power of two: no number is too small or too large to be squared.

Simulated error rates over nominal (500 000 samples of n runs; in brackets plain t); tests/test_intervals.py repeats it:
                          alpha = 1e-3               alpha = 1e-4
                          n = 32       n = 64        n = 32       n = 64
normal                    0.8 (0.9)    0.9 (1.0)     1.0 (1.3)    0.7 (0.9)
mean of 12 exponentials   1.5 (2.3)    1.3 (2.0)     2.2 (3.7)    1.4 (3.2)
gamma of shape 4          2.4 (4.3)    1.6 (3.2)     4.1 (9.0)    1.9 (5.6)
two points                0.3 (1.0)    0.4 (0.8)     0.1 (2.8)    0.1 (1.1)
So the judge divides its level by SAFETY. (A run's sample is an average over many windows: less skewed than gamma(4).)
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from foundation.arrays import Array, Float

SAFETY = 4.0  # an upper limit is wrong at most this many times as often as it says, see above


def _unit(samples: Float[Array, "runs"]) -> float:
    """A power of two of about the size of the samples, 1 if all are 0: divided by it, they can be raised to powers.

    Raises ValueError unless there are samples and all are finite, as do the functions below.
    """
    n = len(samples)
    if n == 0 or not np.isfinite(samples).all():
        raise ValueError(f"samples: {n} numbers, all must be finite and at least one is needed")
    largest = float(np.abs(samples).max())
    return 2.0 ** (math.frexp(largest)[1] - 1) if largest else 1.0


def _moments(samples: Float[Array, "runs"]) -> tuple[float, float, float, int]:
    """(mean, standard error, c, n) of samples of size 1; a spread of rounding size counts as none."""
    n = len(samples)
    mean = float(np.mean(samples))
    centred = samples - mean
    variance = float(np.square(centred).sum() / max(1, n - 1))
    if variance <= (1e-13 * np.abs(samples).max()) ** 2:
        return mean, 0.0, 0.0, n
    skewness = float(np.mean(centred**3)) / variance**1.5
    return mean, float(np.sqrt(variance / n)), max(0.0, skewness) / (6.0 * np.sqrt(n)), n


def upper_limit(samples: Float[Array, "runs"], alpha: float) -> float:
    """A number that the mean exceeds with probability about alpha at most."""
    unit = _unit(samples)
    mean, error, c, n = _moments(samples / unit)
    if error == 0.0:
        return mean * unit
    t = float(stats.t.isf(alpha, n - 1))
    return (mean + error * (t + c * (1.0 + 2.0 * t * t))) * unit


def lower_limit(samples: Float[Array, "runs"], alpha: float) -> float:
    """A number that the mean falls below with probability about alpha at most."""
    return -upper_limit(-samples, alpha)


def p_above(samples: Float[Array, "runs"], bound: float) -> float:
    """p-value of the hypothesis mean >= bound: the alpha at which upper_limit meets the bound."""
    unit = _unit(samples)
    mean, error, c, n = _moments(samples / unit)
    bound = float(bound) / unit  # inf if it is that far
    if error == 0.0:
        return 0.0 if mean <= bound else 1.0
    distance = (bound - mean) / error
    if distance <= c:
        return 1.0
    t = distance if c == 0.0 else (math.sqrt(1.0 + 8.0 * c * (distance - c)) - 1.0) / (4.0 * c)
    return float(stats.t.sf(t, n - 1))


def p_below(samples: Float[Array, "runs"], bound: float) -> float:
    """p-value of the hypothesis mean <= bound (strictly above when constant)."""
    unit = _unit(samples)
    mean, error, _, _ = _moments(samples / unit)
    if error == 0.0:
        return 0.0 if mean > float(bound) / unit else 1.0
    return p_above(-samples, -bound)
