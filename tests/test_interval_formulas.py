"""Confidence limits against their formulas, written out (analysis/intervals.py), and at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.intervals import _unit, lower_limit, p_above, p_below, too_skewed, upper_limit

RUNS = [2, 3, 31, 32, 33, 100]


def written_out(samples, alpha):
    """mean + s/sqrt(n) [t + c (1 + 2 t^2)], c = 2/(6 sqrt n)."""
    n, mean = len(samples), sum(samples) / len(samples)
    error = math.sqrt(sum((each - mean) ** 2 for each in samples) / (n - 1) / n)
    if n < 32:
        t = stats.t.isf(alpha / 8.0, n - 1)
    else:
        x = stats.norm.isf(alpha / 3.18)
        t = x * math.sqrt((n - 1) / (n - x * x))
    return mean + error * (t + (1.0 + 2.0 * t * t) / (3.0 * math.sqrt(n)))


def uneven(n):
    """Samples of a law that leans a little, none of them of size 1."""
    return 0.3 + np.linspace(0.0, 1.7, n) ** 1.5


@pytest.mark.parametrize("n", RUNS)
@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 0.1])
def test_limits_are_those_of_the_page(n, alpha):
    samples = uneven(n)
    assert upper_limit(samples, alpha) == pytest.approx(written_out(samples, alpha), rel=1e-9)
    assert lower_limit(samples, alpha) == pytest.approx(-written_out(-samples, alpha), rel=1e-9)


@pytest.mark.parametrize("n", RUNS)
@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 0.1])
def test_p_values_are_the_levels_of_these_limits(n, alpha):
    samples = uneven(n)
    assert p_above(samples, written_out(samples, alpha)) == pytest.approx(alpha, rel=1e-6)
    assert p_below(samples, -written_out(-samples, alpha)) == pytest.approx(alpha, rel=1e-6)


@pytest.mark.parametrize("n", RUNS)
def test_p_values_are_at_most_one(n):
    """Just above the mean, where the factor of a level would make them more; the range known or not."""
    samples = uneven(n)
    for bound in samples.mean() + np.array([-0.2, 0.0, 1e-9, 0.01, 0.05, 0.1]):
        assert p_above(samples, bound) <= 1.0 and p_above(samples, bound, 3.0) <= 1.0
    assert p_above(samples, samples.mean() + 1e-9) == p_above(samples, samples.mean() - 0.2, 3.0) == 1.0


def test_levels_beyond_what_so_many_runs_can_say():
    """x^2 < n no longer holds: no limit."""
    assert upper_limit(uneven(32), 1e-12) == math.inf > upper_limit(uneven(64), 1e-12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_spread_of_rounding_size_is_none(sign):
    """Relative to the largest sample, whatever its sign and however small others are: 1e-13 of it."""
    coins = np.repeat([-1.0, 1.0], 16) * math.sqrt(31 / 32)  # of variance 1
    for spread, none in ((1e-16, True), (0.8e-13, True), (1.3e-13, False), (1e-7, False)):
        samples = sign * (1.0 + spread * coins)
        assert (upper_limit(samples, 1e-6) == samples.mean()) == none
    assert upper_limit(sign * np.append(np.zeros(16), np.full(16, 1e-12)), 1e-3) > sign * 0.5e-12


def test_samples_at_the_ends_of_what_a_float_can_hold():
    """Their unit is a float as well; all zeros have the unit 1."""
    assert upper_limit(np.full(40, 1e308), 1e-3) == 1e308 and upper_limit(np.full(40, 5e-324), 1e-3) == 5e-324
    assert p_below(np.array([5e-324]), 0.0) == 0.0 and p_above(np.array([1e308]), 1.1e308) == 0.0
    assert _unit(np.zeros(3)) == 1.0 and _unit(np.array([-3.0, 1.0])) == 2.0


def test_levels_that_are_reached_exactly():
    """Where the quantile is sqrt(n) itself there is no limit; at the level 1 it is the mean."""
    assert upper_limit(np.linspace(0.0, 1.0, 36), 3.137348711219872e-09) == math.inf
    assert upper_limit(np.linspace(0.0, 0.5, 50), 1.0, 1.0) == pytest.approx(0.25)


def test_the_level_of_equal_samples_is_reached():
    """At the level itself they are a point, just below they are none."""
    same = np.full(32, 0.25)
    level = p_above(same, 0.3)
    assert upper_limit(same, level) == 0.25 and upper_limit(same, np.nextafter(level, 0.0)) == math.inf


@pytest.mark.parametrize("n", [12, 40])
def test_skewness_that_is_too_much(n):
    """2 + 3 sqrt(6/n) of the centred third moment by s^3; what one sample makes grows up to about sqrt(n)."""

    def skewness(samples):
        mean = sum(samples) / n
        spread = sum((each - mean) ** 2 for each in samples) / (n - 1)
        return sum((each - mean) ** 3 for each in samples) / n / spread**1.5

    rest, found = np.resize([-1.0, 1.0], n - 1), []
    for far in np.linspace(0.0, 40.0, 400):
        samples = np.append(rest, far)
        found.append(too_skewed(samples))
        assert found[-1] == (skewness(samples) > 2.0 + 3.0 * math.sqrt(6.0 / n))
    assert any(found) == (n == 40) and not all(found)


SHARES = [1.0 - 2.0 ** -(0.02 + (12.0 - 0.02) * k / 47) for k in range(48)]


def bet(samples, bound, hi):
    """1 over the mean, over SHARES, of the product of 1 + share (bound - sample)/(hi - bound); exact sums."""
    grown = [math.prod(1.0 + share * (bound - each) / (hi - bound) for each in samples) for share in SHARES]
    return min(1.0, 1.0 / (math.fsum(grown) / 48))


@pytest.mark.parametrize("n", [1, 5, 40])
def test_bets_are_those_of_the_page(n):
    samples = 0.2 + 0.3 * np.linspace(0.0, 1.0, n) ** 2
    for bound in (0.1, 0.3, 0.4, 0.6, 0.99):
        assert p_above(samples, bound, 1.25) == pytest.approx(bet(samples, bound, 1.25), rel=1e-11)
        assert p_below(samples, bound, -0.5) == pytest.approx(bet(-samples, -bound, 0.5), rel=1e-11)
    for alpha in (1e-6, 1e-3, 0.1):
        assert bet(samples, upper_limit(samples, alpha, 1.25), 1.25) == pytest.approx(alpha, rel=1e-9)
        assert bet(-samples, -lower_limit(samples, alpha, -0.5), 0.5) == pytest.approx(alpha, rel=1e-9)


def test_bounds_at_what_no_sample_exceeds_and_beyond():
    """The mean may be all that is possible, and is not more; a float above it is rounding."""
    samples, hi = np.array([0.5, 1.0, 1.0]), 1.0
    assert p_above(samples, hi, hi) == p_above(samples, -math.inf, hi) == 1.0
    assert p_above(samples, np.nextafter(hi, 2.0), hi) == 0.0
    assert p_above(np.full(3, np.nextafter(hi, 2.0)), np.nextafter(hi, 0.0), hi) == 1.0
