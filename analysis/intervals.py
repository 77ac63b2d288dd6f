"""Confidence limits for a mean, at levels down to 1e-7: what is promised, for which laws, and what is not.

A limit is mean + s/sqrt(n) [t + c (1 + 2 t^2)], c = SKEWNESS/(6 sqrt n): Johnson's correction (1978, Modified t tests,
JASA 73) for a skewness that is fixed beforehand. The sample's own is no guide at small levels: the samples that mislead
are those that lack their tail. The level alpha enters by t:

* ENOUGH runs or more: P(|T| is beyond t) of a law that is symmetric about its mean, *any* such law: with
  x = t sqrt(n/(n-1+t^2)) it is at most 3.18 P(N > x) (Bentkus and Dzindzalieta 2015, A tight Gaussian bound for
  weighted sums of Rademacher random variables, Bernoulli 21). As x <= sqrt(n), no spread is so small that few runs say
  more than n coins would.
* fewer: Student's t at alpha/FEW. Of n equal samples only the former is known, whatever n.
* a single sample is a computed number, not a run: no claim runs once.

Promised: an error of alpha at most where the law is symmetric (proved, from ENOUGH runs on), or a gamma law or its
mirror image of skewness up to SKEWNESS (that of an exponential; benchmarks/coverage.py, to 1e-7, 5 to 2048 runs). Not
promised: heavier tails, and unequal lumps (a value far away that n runs may well miss); docs/coverage.md says for which
rows that matters. Where the samples show such a skewness there is no limit: inf, and p = 1. What is known to be bounded
has a limit without any assumption (`hi`): a bet on each run against the hypothesis (Waudby-Smith and Ramdas 2024,
JRSS B 86), averaged over BETS.

All is in units of the samples' size, a power of two: no number is too small or too large to be squared.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from foundation.arrays import Array, Float

SKEWNESS = 2.0  # up to which limits hold
ENOUGH = 32  # runs: 32 coins are alike with probability 2^-31, below any level in use
FEW = 8.0  # times Student's error at most, with c as above; benchmarks/coverage.py finds 6.1
SYMMETRIC = 3.18  # Bentkus and Dzindzalieta: 1/(4 P(N >= sqrt 2)) = 3.178
BETS = 1.0 - 2.0 ** -np.linspace(0.02, 12.0, 48)  # shares of what can be lost, fixed beforehand


def _unit(samples: Float[Array, "runs"]) -> float:
    """A power of two of about the size of the samples, 1 if all are 0: divided by it, they can be raised to powers.

    Raises ValueError unless there are samples and all are finite, as do the functions below.
    """
    n = len(samples)
    if n == 0 or not np.isfinite(samples).all():
        raise ValueError(f"samples: {n} numbers, all must be finite and at least one is needed")
    largest = float(np.abs(samples).max())
    return 2.0 ** (math.frexp(largest)[1] - 1) if largest else 1.0


def _moments(samples: Float[Array, "runs"]) -> tuple[float, float, float]:
    """(mean, standard error, skewness) of samples of size 1; a spread of rounding size counts as none."""
    n = len(samples)
    mean = float(np.mean(samples))
    centred = samples - mean
    variance = float(np.square(centred).sum() / max(1, n - 1))
    if variance <= (1e-13 * np.abs(samples).max()) ** 2:
        return mean, 0.0, 0.0
    return mean, float(np.sqrt(variance / n)), float(np.mean(centred**3)) / variance**1.5


def too_skewed(samples: Float[Array, "runs"]) -> bool:
    """Whether the samples show a skewness above SKEWNESS, by three standard errors of a normal sample's."""
    return _moments(samples / _unit(samples))[2] > SKEWNESS + 3.0 * math.sqrt(6.0 / len(samples))


def _tail(t: float, n: int) -> float:
    """The level at which n runs are held to this t, inf for equal samples."""
    if n < ENOUGH and math.isfinite(t):
        return min(1.0, FEW * float(stats.t.sf(t, n - 1)))
    x = math.sqrt(n) * (1.0 if math.isinf(t) else t / math.hypot(t, math.sqrt(n - 1.0)))
    return min(1.0, SYMMETRIC * float(stats.norm.sf(x)))


def _quantile(alpha: float, n: int) -> float:
    """The t of that level; inf if n runs cannot reach it."""
    if n < ENOUGH:
        return float(stats.t.isf(alpha / FEW, n - 1))
    x = float(stats.norm.isf(alpha / SYMMETRIC))
    return x * math.sqrt((n - 1.0) / (n - x * x)) if x * x < n else math.inf


def upper_limit(samples: Float[Array, "runs"], alpha: float, hi: float | None = None) -> float:
    """A number that the mean exceeds with probability alpha at most; hi: what no sample can exceed, where known."""
    unit = _unit(samples)
    if hi is not None:
        return _upper_bet(samples / unit, alpha, hi / unit) * unit
    mean, error, _ = _moments(samples / unit)
    n = len(samples)
    if error == 0.0:
        return mean * unit if n == 1 or _tail(math.inf, n) <= alpha else math.inf
    t, c = _quantile(alpha, n), SKEWNESS / (6.0 * math.sqrt(n))
    return math.inf if too_skewed(samples) else (mean + error * (t + c * (1.0 + 2.0 * t * t))) * unit


def lower_limit(samples: Float[Array, "runs"], alpha: float, lo: float | None = None) -> float:
    """A number that the mean falls below with probability alpha at most; lo: no sample can be less, where known."""
    return -upper_limit(-samples, alpha, None if lo is None else -lo)


def p_above(samples: Float[Array, "runs"], bound: float, hi: float | None = None) -> float:
    """p-value of the hypothesis mean >= bound: the alpha at which upper_limit meets the bound."""
    unit, n = _unit(samples), len(samples)
    bound = float(bound) / unit  # inf if it is that far
    if hi is not None:
        return _p_bet(samples / unit, bound, hi / unit)
    mean, error, _ = _moments(samples / unit)
    if n == 1:
        return 0.0 if mean <= bound else 1.0
    if error == 0.0:
        return _tail(math.inf, n) if mean < bound else 1.0
    c, distance = SKEWNESS / (6.0 * math.sqrt(n)), (bound - mean) / error
    if distance <= c or too_skewed(samples):
        return 1.0
    return _tail((math.sqrt(1.0 + 8.0 * c * (distance - c)) - 1.0) / (4.0 * c), n)


def p_below(samples: Float[Array, "runs"], bound: float, lo: float | None = None) -> float:
    """p-value of the hypothesis mean <= bound (a single number's is 0 if it is strictly above)."""
    if len(samples) == 1 and lo is None:
        return 0.0 if _unit(samples) and samples[0] > bound else 1.0
    return p_above(-samples, -bound, None if lo is None else -lo)


def _p_bet(samples: Float[Array, "runs"], bound: float, hi: float) -> float:
    """1 over what bets against mean >= bound have grown to: its expectation is 1 at most, were that true."""
    if bound > hi:
        return 0.0
    if bound == hi or not np.isfinite(bound):
        return 1.0
    gains = (bound - samples) / (hi - bound)  # >= -1
    growth = np.log1p(BETS[:, None] * np.maximum(gains, -1.0)).sum(axis=1)
    return float(min(1.0, np.exp(-(growth.max() + np.log(np.mean(np.exp(growth - growth.max())))))))


def _upper_bet(samples: Float[Array, "runs"], alpha: float, hi: float) -> float:
    """Where that p-value, which falls as the bound grows, meets alpha: by halving."""
    low, high = float(samples.mean()), hi
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _p_bet(samples, middle, hi) <= alpha else (middle, high)
    return high
