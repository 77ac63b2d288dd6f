"""Confidence limits: coverage by simulation at the small levels that a whole table needs."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.intervals import SAFETY, lower_limit, p_above, p_below, upper_limit
from analysis.judge import judge
from experiments.words.evidence import Check, Kind

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
    rate = np.mean([_errors(draw(rng, (40_000, runs)), mean, 1e-3) for _ in range(2)])
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


SIZES = st.floats(-4.0, 4.0).map(lambda x: round(x, 6))
SAMPLES = st.lists(SIZES, min_size=2, max_size=20).map(np.array)
POWERS = st.sampled_from([-400, -373, -52, -1, 1, 30, 367, 400])


@given(SAMPLES, SIZES, st.sampled_from([1e-9, 1e-4, 0.2]), POWERS)
def test_limits_have_no_unit(samples, bound, alpha, power):
    """Samples and bound in other units, from 2^-400 to 2^400: the same p-values, limits in that unit, bit for bit."""
    scaled, unit = np.ldexp(samples, power), 2.0**power
    for limit in (upper_limit, lower_limit):
        assert limit(scaled, alpha) == limit(samples, alpha) * unit
    for p_value in (p_above, p_below):
        assert p_value(scaled, bound * unit) == p_value(samples, bound)


@given(SAMPLES, SIZES, POWERS, st.sampled_from(get_args(Kind)), st.floats(0.0, 2.0).map(lambda x: round(x, 3)))
def test_verdicts_have_no_unit(samples, bound, power, kind, margin):
    """The judge says the same of a table in other units: verdicts, ratios, and limits in that unit."""

    def table(unit):
        checks = [Check(kind, "stated", "q", "s", unit * bound, unit * each, unit * margin) for each in shares]
        return judge(checks)

    shares = [samples, 0.1 * samples, samples[:1] + 0.0 * samples]
    plain, scaled = table(1.0), table(2.0**power)
    for one, two in zip(plain, scaled, strict=True):
        assert (one.verdict, one.ratio) == (two.verdict, two.ratio) or (np.isnan(one.ratio) and np.isnan(two.ratio))
        assert np.ldexp([one.measured, one.lower, one.upper], power).tolist() == [two.measured, two.lower, two.upper]


@pytest.mark.parametrize("size", [1e-300, 1e-178, 1e-110, 1e110, 1e300])
def test_sizes_whose_powers_are_no_numbers(size):
    """What the squares or cubes of samples would be is of no account; nor is a bound that is far away."""
    samples = size * np.random.default_rng(0).standard_gamma(4.0, 30)
    assert p_above(samples, 5.0 * size) < 0.05 < p_above(samples, 4.1 * size) < 1.0 == p_above(samples, 3.0 * size)
    assert upper_limit(samples, 1e-3) == pytest.approx(size * upper_limit(samples / size, 1e-3), rel=1e-12)
    assert (p_above(samples, 1e305), p_above(samples, -1e305)) == (0.0, 1.0) if size < 1e-9 else True
