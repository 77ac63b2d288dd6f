"""Confidence limits: coverage by simulation at the small levels that a whole table needs."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from analysis.intervals import ENOUGH, lower_limit, p_above, p_below, upper_limit
from analysis.judge import ALPHA, ROUNDING, _p_values, judge, row_level
from experiments.words.evidence import Check, Kind
from experiments.words.numbers import paired_ratio

LEVEL = 5e-6  # about that of a row of a whole table


def _factor(alpha, runs):
    """(limit - mean)/standard error, of `upper_limit` itself."""
    samples = np.tile([-1.0, 1.0], runs)[:runs] + (runs % 2) / runs
    error = samples.std(ddof=1) / np.sqrt(runs)
    return (upper_limit(samples, alpha) - samples.mean()) / error


@pytest.mark.parametrize("runs", [5, 8, 16, 32, 64, 256])
@pytest.mark.parametrize("shape", [1.0, 4.0, 100.0])
def test_gamma_laws_are_covered_at_the_level_of_a_table(shape, runs):
    """P(upper limit < mean) <= alpha, exactly but for an average: the mean is independent of s/mean (Basu)."""
    rng = np.random.default_rng(0)
    samples = rng.standard_gamma(shape, (400_000 // runs, runs))
    ratio = samples.std(axis=1, ddof=1) / samples.mean(axis=1) / np.sqrt(runs)
    for alpha in (1e-3, LEVEL):
        away = _factor(alpha, runs)
        if np.isfinite(away):
            total = runs * shape
            assert special.gammainc(total, total / (1.0 + away * ratio)).mean() <= alpha


@pytest.mark.parametrize("runs", [8, 16, 24, 32, 64])
def test_two_points_are_covered(runs):
    """A symmetric law on two points, exactly, all equal samples included: the p-value of mean >= 1/2 where it is 1/2."""
    p_values = [p_above(np.repeat([1.0, 0.0], [k, runs - k]), 0.5) for k in range(runs + 1)]
    for alpha in (1e-3, 1e-5, LEVEL) if runs >= ENOUGH else (1e-2,):
        assert stats.binom.pmf(np.flatnonzero(np.array(p_values) <= alpha), runs, 0.5).sum() <= alpha


@pytest.mark.parametrize("chance", [0.5, 0.1, 0.02])
@pytest.mark.parametrize("runs", [8, 32, 128])
def test_what_is_bounded_is_covered(runs, chance):
    """Indicators whose range is known, however rare: exact; 32 zeros say little of a mean of 0.02."""
    p_values = [p_above(np.repeat([1.0, 0.0], [k, runs - k]), chance, 1.0) for k in range(runs + 1)]
    for alpha in (1e-3, LEVEL):
        assert stats.binom.pmf(np.flatnonzero(np.array(p_values) <= alpha), runs, chance).sum() <= alpha
    assert p_above(np.zeros(32), 0.02, 1.0) > 0.5
    assert p_above(np.zeros(128), 0.5, 1.0) < 1e-30


@pytest.mark.parametrize("share", [0.99, 1.0, 1.01])
def test_false_verdicts(share):
    """Tables of rows whose bound is 0.99, 1 and 1.01 times the mean: a wrong verdict anywhere at most as often as said."""
    rng, wrong, tables = np.random.default_rng(3), 0, 60
    for _ in range(tables):
        shapes = rng.choice([1.0, 4.0, 100.0], 10)
        samples = [rng.standard_gamma(shape, 64) / shape for shape in shapes]
        rulings = judge([Check("expected", "stated", "q", "s", share, each) for each in samples])
        wrong += any(ruling.verdict == ("supported" if share < 1.0 else "refuted") for ruling in rulings)
    assert wrong <= stats.binom.isf(1e-3, tables, ALPHA)


def test_ratios_of_two_means():
    """At the bound the noise of the denominator counts: errors of a share alpha at most, where one alone has many."""
    rng, alpha, tries = np.random.default_rng(4), 0.01, 400
    part, whole = 2.0 + 0.1 * rng.standard_normal((tries, 64)), 1.0 + 0.2 * rng.standard_normal((tries, 64))
    pairs = list(zip(part, whole, strict=True))
    samples = paired_ratio(*pairs[0], 2.0)
    assert samples.mean() == pytest.approx(pairs[0][0].mean() / pairs[0][1].mean(), rel=1e-12)
    assert np.mean([p_above(paired_ratio(a, b, 2.0), 2.0) <= alpha for a, b in pairs]) <= alpha + 0.01
    assert np.mean([p_above(a / b.mean(), 2.0) <= alpha for a, b in pairs]) > 10.0 * alpha


def test_too_skewed_samples_have_no_limit():
    """Where the samples show a skewness beyond SKEWNESS the row is undecided and says so; the other side is not hurt."""
    samples = np.random.default_rng(5).lognormal(0.0, 2.0, 256)
    assert (upper_limit(samples, LEVEL), p_above(samples, 1e6)) == (np.inf, 1.0)
    assert np.isfinite(lower_limit(samples, LEVEL))
    (ruling,) = judge([Check("expected", "stated", "q", "s", 1e6, samples)])
    assert (ruling.verdict, ruling.note) == ("undecided", "samples too skewed for a limit")


def test_part_of_the_lower_samples_is_not_a_number():
    """That is a failed row, not an error that stops the table."""
    made = Check("expected", "stated", "q", "s", 1.0, np.ones(8), lower_samples=np.zeros(8))
    made.lower_samples[3] = np.nan
    (ruling,) = judge([made])
    assert ruling.verdict == "failed"


def test_p_values_invert_the_limits():
    """p_above is the alpha at which the upper limit meets the bound; likewise below."""
    rng = np.random.default_rng(1)
    for samples in (rng.standard_normal(40), rng.standard_gamma(2.0, 40), -rng.standard_gamma(2.0, 40)):
        for alpha in (1e-5, 1e-3, 0.1):
            assert p_above(samples, upper_limit(samples, alpha)) == pytest.approx(alpha, rel=1e-6)
            assert p_below(samples, lower_limit(samples, alpha)) == pytest.approx(alpha, rel=1e-6)
        assert p_above(samples, samples.mean() - 1.0) == 1.0


def test_equal_samples():
    """Equal runs say no more than so many coins; a single computed number is a point, and equality holds."""
    same, one = np.full(32, 0.25), np.array([0.25])
    assert upper_limit(same, LEVEL) == lower_limit(same, LEVEL) == 0.25
    assert 2.0**-32 < p_above(same, 0.3) < 1e-7 and p_above(same, 0.25) == p_above(same, 0.2) == 1.0
    assert upper_limit(same[:10], LEVEL) == np.inf and p_above(same[:10], 0.3) > 2.0**-10
    assert upper_limit(one, LEVEL) == lower_limit(one, LEVEL) == 0.25
    assert (p_above(one, 0.25), p_below(one, 0.25), p_above(one, 0.2), p_below(one, 0.2)) == (0.0, 1.0, 1.0, 0.0)


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
    assert 0.0 < p_above(samples, 6.0 * size) < p_above(samples, 5.2 * size) < 1.0 == p_above(samples, 3.0 * size)
    assert upper_limit(samples, 1e-3) == pytest.approx(size * upper_limit(samples / size, 1e-3), rel=1e-12)
    assert p_above(samples, -1e305) == 1.0 and (p_above(samples, 1e305) < 1e-6 or size > 1e-9)


def row(kind, bound, samples, **more):
    return Check(kind, "ours", "quantity", "setting", bound, np.array(samples), **more)


def test_the_level_of_a_row():
    """ALPHA over the rows that have runs, of each of the two families alone; a single number takes none of it."""
    many, one = row("expected", 1.0, [0.1, 0.3, 0.2]), row("expected", 1.0, [0.5])
    assert row_level([many] * 5 + [one] * 7) == ALPHA / 5
    assert row_level([one]) == row_level([]) == ALPHA == 0.005


def test_an_identity_is_tested_from_both_sides():
    """Either may refute it, at half the level each; it is supported where both ends are excluded. The ratio is a size."""
    rng = np.random.default_rng(4)
    for shift in (-0.1, 0.1):
        samples = 1.0 + shift + 0.3 * rng.standard_normal(64)
        check = row("identity", 1.0, samples.tolist(), margin=0.05)
        below, above = np.nextafter(0.95, 0.0), 1.05
        holds, fails = _p_values(check)
        assert holds == max(p_above(samples, above), p_below(samples, below))
        assert fails == min(1.0, 2.0 * min(p_below(samples, above), p_above(samples, below))) < 1.0
        (ruling,) = judge([check])
        assert ruling.ratio == pytest.approx(abs(samples.mean() - 1.0) / 0.05) and ruling.ratio > 0.0


def test_a_path_whose_lower_end_is_at_the_bound_refutes_nothing():
    """Above it, it does; what lies between the ends is not known."""
    limit = 1.0 + ROUNDING
    for low, verdict in ((limit, "undecided"), (np.nextafter(limit, 2.0), "refuted")):
        (ruling,) = judge([row("pathwise", 1.0, [1.5], lower_samples=np.array([low]))])
        assert ruling.verdict == verdict
