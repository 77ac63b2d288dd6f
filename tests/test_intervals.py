"""Confidence limits: coverage by simulation at the small levels that a whole table needs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.intervals import SAFETY, lower_limit, p_above, p_below, upper_limit

LAWS = {
    "normal": (lambda rng, shape: rng.standard_normal(shape), 0.0),
    "mean of 12 exponentials": (lambda rng, shape: rng.standard_gamma(12.0, shape) / 12.0, 1.0),
    "reflected": (lambda rng, shape: -rng.standard_gamma(12.0, shape) / 12.0, -1.0),
    "gamma of shape 4": (lambda rng, shape: rng.standard_gamma(4.0, shape) / 4.0, 1.0),
    "two points": (lambda rng, shape: (rng.random(shape) < 0.5).astype(float), 0.5),
}


def _errors(samples, mean, alpha):
    """Share of rows whose upper limit lies below the mean; `upper_limit`, row by row, vectorized (checked below)."""
    n = samples.shape[1]
    m = samples.mean(axis=1)
    centred = samples - m[:, None]
    variance = np.square(centred).sum(axis=1) / (n - 1)
    c = np.maximum(0.0, (centred**3).mean(axis=1) / variance**1.5) / (6.0 * np.sqrt(n))
    t = stats.t.isf(alpha, n - 1)
    upper = m + np.sqrt(variance / n) * (t + c * (1.0 + 2.0 * t * t))
    for row in range(3):
        assert upper[row] == pytest.approx(upper_limit(samples[row], alpha), rel=1e-12)
    return (upper < mean).mean()


@pytest.mark.parametrize("runs", [32, 64])
@pytest.mark.parametrize("name", LAWS)
def test_coverage(name, runs):
    """At alpha = 1e-3 an upper limit is wrong at most SAFETY times as often as it says, which the judge allows for."""
    draw, mean = LAWS[name]
    rng = np.random.default_rng(0)
    rate = np.mean([_errors(draw(rng, (40_000, runs)), mean, 1e-3) for _ in range(5)])
    print(f"{name}, n = {runs}: error rate {rate:.2e} at nominal 1.0e-03")
    assert rate <= SAFETY * 1e-3


def test_p_values_invert_the_limits():
    """p_above is the alpha at which the upper limit meets the bound; likewise below."""
    rng = np.random.default_rng(1)
    for samples in (rng.standard_normal(40), rng.standard_gamma(2.0, 40), -rng.standard_gamma(2.0, 40)):
        for alpha in (1e-5, 1e-3, 0.1):
            assert p_above(samples, upper_limit(samples, alpha)) == pytest.approx(alpha, rel=1e-6)
            assert p_below(samples, lower_limit(samples, alpha)) == pytest.approx(alpha, rel=1e-6)
        assert p_above(samples, samples.mean() - 1.0) == 1.0


def test_constant_samples_are_a_point():
    """No spread, no doubt; equality counts as holding."""
    same = np.full(10, 0.25)
    assert upper_limit(same, 1e-4) == lower_limit(same, 1e-4) == 0.25
    assert (p_above(same, 0.25), p_below(same, 0.25), p_above(same, 0.2), p_below(same, 0.2)) == (0.0, 1.0, 1.0, 0.0)


def test_never_narrower_than_student():
    """The correction only widens."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        samples = rng.standard_exponential(20)
        plain = samples.mean() + stats.t.isf(1e-3, 19) * samples.std(ddof=1) / np.sqrt(20)
        assert upper_limit(samples, 1e-3) >= plain * (1 - 1e-12)


def test_bad_samples():
    """Empty or not finite."""
    for bad in (np.empty(0), np.array([1.0, np.nan])):
        with pytest.raises(ValueError, match="samples"):
            upper_limit(bad, 0.01)
