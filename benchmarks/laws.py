"""Laws to simulate confidence limits with: finitely many values with their probabilities, so that a mean is exact.

Of a row only its samples are known, and they leave the tail open. So a row is simulated with more than one law:

* own: the samples themselves, each as likely; of fewer than ENOUGH, widened by a normal kernel of Silverman's width,
  for their limits are promised for smooth laws only, and eight values are not one. It has no tail beyond the samples.
* smooth: the tail that a law of the samples' skewness may have: a shifted gamma law; where their kurtosis is more than
  a gamma's, a Johnson SU law of both, or, where none has so little of it, the log-normal law that is next.
* pool: the samples of the same row in another sweep, with other random numbers and many more runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asinh, sqrt

import numpy as np
from scipy import optimize, stats

from analysis.intervals import ENOUGH
from foundation.arrays import Array, Float

SCORES = np.linspace(-7.5, 7.5, 376)  # normal scores of a smooth law's values: 0.04 apart, to tails of 3e-14
KERNEL = np.linspace(-4.0, 4.0, 17)  # the same of a kernel


@dataclass(frozen=True)
class Law:
    """Values, shape (points,), and their probabilities."""

    values: Float[Array, "points"]
    weights: Float[Array, "points"]

    @property
    def mean(self) -> float:
        """The mean, which a limit must not miss."""
        return float(self.weights @ self.values)

    @property
    def mirrored(self) -> Law:
        """The law of minus the value: its upper limits are the lower ones of this."""
        return Law(-self.values, self.weights)

    @property
    def shape(self) -> tuple[float, float]:
        """Skewness and excess kurtosis."""
        centred = self.values - self.mean
        spread = sqrt(self.weights @ centred**2)
        third, fourth = (float(self.weights @ (centred / spread) ** power) for power in (3, 4))
        return third, fourth - 3.0

    def quantile(self, share: float) -> float:
        """The least value that is not exceeded with this probability; inf for all."""
        if share >= 1.0:
            return np.inf
        order = np.argsort(self.values)
        return float(self.values[order][np.searchsorted(np.cumsum(self.weights[order]), share)])


def choose(weights: Float[Array, "points"], shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Indices of points, drawn with these weights, which need not add up to 1."""
    steps = np.cumsum(weights)
    return np.minimum(np.searchsorted(steps / steps[-1], rng.random(shape), side="right"), len(weights) - 1)


def atoms(samples: Float[Array, "runs"]) -> Law:
    """Each of the samples, as likely as any other."""
    values, counts = np.unique(samples, return_counts=True)
    return Law(values, counts / len(samples))


def own(samples: Float[Array, "runs"]) -> Law:
    """The samples; where they are few, widened."""
    if len(samples) >= ENOUGH:
        return atoms(samples)
    width = 0.9 * samples.std() * len(samples) ** -0.2
    kernel = stats.norm.pdf(KERNEL)
    values = (samples[:, None] + width * KERNEL).ravel()
    return Law(values, np.tile(kernel / kernel.sum(), len(samples)) / len(samples))


def smooth(samples: Float[Array, "runs"]) -> Law:
    """A law without lumps that has the samples' mean, spread and skewness, and as much kurtosis at least."""
    skewness, kurtosis = atoms(samples).shape
    standard = gamma(skewness)
    if kurtosis > 1.5 * skewness**2:  # more than a gamma law's
        standard = johnson(skewness, max(kurtosis, log_normal_kurtosis(skewness) + 1e-3))
    return Law(samples.mean() + samples.std() * standard.values, standard.weights)


def log_normal_kurtosis(skewness: float) -> float:
    """The excess kurtosis of a log-normal law of this skewness; a Johnson SU law has more."""
    w = 1.0
    if skewness:
        w = float(optimize.brentq(lambda w: (w + 2.0) ** 2 * (w - 1.0) - skewness**2, 1.0, 2.0 + abs(skewness)))
    return w**4 + 2.0 * w**3 + 3.0 * w**2 - 6.0


def gamma(skewness: float) -> Law:
    """A shifted gamma law of this skewness, or its mirror image; mean 0, variance 1; normal for none."""
    if abs(skewness) < 1e-3:
        return _at_scores(SCORES)
    shape = 4.0 / skewness**2
    quantiles = np.where(
        SCORES < 0.0,
        stats.gamma.ppf(stats.norm.cdf(SCORES), shape),
        stats.gamma.isf(stats.norm.sf(SCORES), shape),
    )
    law = _at_scores((quantiles - shape) / sqrt(shape))
    return law if skewness > 0.0 else law.mirrored


def johnson(skewness: float, kurtosis: float) -> Law:
    """The Johnson SU law of this skewness and excess kurtosis, mean 0, variance 1 (Tuenter 2001, JSCS 70)."""
    second, first = kurtosis + 3.0, skewness**2

    def parts(omega: float) -> float:
        return -2.0 + sqrt(4.0 + 2.0 * (omega**2 - (second + 3.0) / (omega**2 + 2.0 * omega + 3.0)))

    def excess(omega: float) -> float:
        return (omega - 1.0 - parts(omega)) * (omega + 2.0 + 0.5 * parts(omega)) ** 2 - first

    top = sqrt(sqrt(2.0 * second - 2.0) - 1.0)
    bottom = optimize.brentq(lambda w: w**4 + 2.0 * w**3 + 3.0 * w**2 - 3.0 - second, 1.0, top + 1.0)
    omega = float(optimize.brentq(excess, bottom, top)) if first > 1e-6 else top
    lean = asinh(sqrt(max(0.0, (omega + 1.0) / (2.0 * omega) * ((omega - 1.0) / parts(omega) - 1.0))))
    values = np.sinh(SCORES * sqrt(np.log(omega)) + np.sign(skewness) * lean)
    law = _at_scores(values)
    centred = values - law.mean
    return Law(centred / sqrt(law.weights @ centred**2), law.weights)


def _at_scores(values: Float[Array, "points"]) -> Law:
    """These values, as likely as the normal scores that they belong to."""
    density = stats.norm.pdf(SCORES)
    return Law(values, density / density.sum())
