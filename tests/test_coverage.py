"""The bench of coverage: its estimator against probabilities that are known, at levels that are used."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.intervals import lower_limit, p_above, upper_limit
from analysis.judge import judge
from benchmarks import laws, rare
from benchmarks.coverage import gamma_errors, lump_error
from benchmarks.false_verdicts import again, wrong
from experiments.words.evidence import Check

LEVEL = 5e-6  # about that of a row of a whole table


def _estimate(law, limit, draws=4000, seed=0, bound=None):
    return rare.probability(law, law.mean if bound is None else bound, limit, draws, np.random.default_rng(seed))


def _agrees(estimate, exact, rounding=0.0):
    """Within five standard errors, which are small themselves."""
    assert estimate.error < 0.1 * exact
    assert abs(estimate.value - exact) < 5.0 * estimate.error + rounding * exact


@pytest.mark.parametrize("alpha", [0.05, 1e-3, LEVEL, 1e-9])
@pytest.mark.parametrize("runs", [16, 64])
def test_normal_law(runs, alpha):
    """Student's law, exactly, down to levels that nothing plain could see."""
    limit = rare.house(runs, alpha)
    _agrees(_estimate(laws.gamma(0.0), limit), stats.t.sf(limit.away, runs - 1), rounding=0.02)


@pytest.mark.parametrize("alpha", [0.05, LEVEL])
@pytest.mark.parametrize("runs", [16, 64])
def test_gamma_law(runs, alpha):
    """An exponential law, whose error is known by Basu's theorem; samples that look too skewed are not left out."""
    away = rare.house(runs, alpha).away
    exact = gamma_errors(1.0, runs, away, np.random.default_rng(1))[0]
    _agrees(_estimate(laws.gamma(2.0), rare.Limit(runs, alpha, away, checked=False)), exact, rounding=0.03)


@pytest.mark.parametrize("alpha", [0.05, 1e-3, LEVEL])
@pytest.mark.parametrize("chance", [0.5, 0.1])
def test_two_points(chance, alpha):
    """Lumps, with the limits of equal and of skewed samples: a binomial sum."""
    law = laws.Law(np.array([0.0, 1.0]), np.array([1.0 - chance, chance]))
    _agrees(_estimate(law, rare.house(64, alpha)), lump_error(chance, 64, alpha))


@pytest.mark.parametrize("alpha", [0.05, 0.01, 1e-3])
@pytest.mark.parametrize("skewness", [-2.0, 0.5, 4.0])
def test_against_plain_simulation(skewness, alpha):
    """Where plain simulation can see it, with few runs and `upper_limit` itself; below the mean, too."""
    law, rng = laws.gamma(skewness), np.random.default_rng(2)
    drawn = law.values[laws.choose(law.weights, (1000, 12), rng)]
    limits = np.array([upper_limit(each, alpha) for each in drawn])
    for bound in (0.0, -0.05):
        seen, found = (limits < bound).mean(), _estimate(law, rare.house(12, alpha), bound=bound)
        assert abs(found.value - seen) < 4.0 * np.hypot(found.error, np.sqrt((found.value + 1e-4) / 1000))


@pytest.mark.parametrize("runs", [8, 64])
@pytest.mark.parametrize("highest", [None, 40.0])
def test_limits_are_those_of_the_house(runs, highest):
    """A row of samples is below a bound where `upper_limit` is: smooth, skewed, in lumps, all equal."""
    rng = np.random.default_rng(3)
    kinds = [
        rng.standard_gamma(1.0, (30, runs)),
        rng.lognormal(0.0, 1.0, (30, runs)),
        rng.choice([0.0, 1.0], (30, runs)),
    ]
    samples = np.minimum(np.concatenate([*kinds, np.full((1, runs), 0.3)]), 40.0)
    for alpha in (0.05, LEVEL):
        limits = np.array([upper_limit(each, alpha, highest) for each in samples])
        for bound in (0.4, 1.0, 3.0, 30.0):
            np.testing.assert_array_equal(rare.house(runs, alpha, highest).below(samples, bound), limits < bound)


@pytest.mark.parametrize(("chance", "runs"), [(0.97, 256), (0.3, 256), (0.97, 32)])
def test_bets(chance, runs):
    """Indicators whose range is known, a binomial sum: below the level, by proof."""
    p_values = [p_above(np.repeat([1.0, 0.0], [k, runs - k]), chance, 1.0) for k in range(runs + 1)]
    exact = stats.binom.pmf(np.flatnonzero(np.array(p_values) <= LEVEL), runs, chance).sum()
    law = laws.Law(np.array([0.0, 1.0]), np.array([1.0 - chance, chance]))
    _agrees(_estimate(law, rare.house(runs, LEVEL, 1.0)), exact)
    assert 0.0 < exact < LEVEL


def test_naive_interval_is_found_out():
    """Student's limit at the same level: wrong hundreds of times as often as said, as Basu's theorem says, too."""
    naive = rare.Limit(64, LEVEL, float(stats.t.isf(LEVEL, 63)), checked=False)
    found = _estimate(laws.gamma(2.0), naive)
    _agrees(found, gamma_errors(1.0, 64, naive.away, np.random.default_rng(1))[0], rounding=0.03)
    assert found.value > 100.0 * LEVEL
    assert _estimate(laws.gamma(2.0), rare.house(64, LEVEL)).value < LEVEL


def test_skewness_that_no_sample_shows():
    """Of a heavy tail, samples that mislead must look harmless: fewer than those that mislead, and still seen."""
    law = laws.own(-np.random.default_rng(4).lognormal(0.0, 1.5, 512)).mirrored
    limit = rare.house(256, LEVEL)
    for cut in rare.CUTS:
        np.testing.assert_allclose(rare._tilted(law, law.mean, limit, cut)[0].sum(axis=1), 1.0, rtol=1e-9)
    plain = _estimate(law, rare.Limit(256, LEVEL, limit.away, checked=False))
    found = [_estimate(law, limit, draws, seed) for seed, draws in enumerate((1000, 4000))]
    assert 0.0 < found[1].value < plain.value
    assert abs(found[0].value - found[1].value) < 4.0 * np.hypot(found[0].error, found[1].error)


@pytest.mark.parametrize("skewness", [-3.0, 0.0, 0.4, 6.0])
def test_laws_have_the_moments_they_are_made_for(skewness):
    """Mean, spread, skewness; of a Johnson SU law the kurtosis, too."""
    law = laws.gamma(skewness)
    assert (law.mean, law.weights @ law.values**2) == pytest.approx((0.0, 1.0), abs=1e-8)
    assert law.shape == pytest.approx((skewness, 1.5 * skewness**2), rel=1e-6, abs=1e-6)
    kurtosis = laws.log_normal_kurtosis(skewness) + 1.0
    assert laws.johnson(skewness, kurtosis).shape == pytest.approx((skewness, kurtosis), rel=0.01, abs=1e-6)


def test_smooth_law_follows_its_samples():
    """Mean, spread and skewness are those of the samples, kurtosis no less."""
    rng = np.random.default_rng(5)
    for samples in (
        rng.standard_normal(40),
        -rng.lognormal(0.0, 0.6, 200),
        rng.uniform(0.0, 1.0, 64),
        rng.standard_t(5, 90),
    ):
        law, (skewness, kurtosis) = laws.smooth(samples), laws.atoms(samples).shape
        assert law.mean == pytest.approx(samples.mean(), abs=1e-9)
        assert law.shape[0] == pytest.approx(skewness, abs=1e-3) and law.shape[1] > kurtosis - 1e-3


@pytest.mark.parametrize("kind", ["expected", "identity", "attained"])
@pytest.mark.parametrize("share", [0.99, 1.0, 1.01])
def test_rows_drawn_again(kind, share):
    """The upper end of what is allowed is a share of the mean, and a verdict on the wrong side of it is wrong."""
    samples = 1.0 + 0.001 * np.random.default_rng(6).standard_normal(64)
    check = Check(kind, "stated", "q", "s", 7.0, samples, margin=0.5)
    drawn, mean = again(check, None, share, np.random.default_rng(7))
    (ruling,) = judge([drawn])
    assert mean == samples.mean() and np.isin(drawn.samples, samples).all() and not wrong(ruling, mean)
    assert ruling.verdict == {0.99: "refuted", 1.0: "undecided", 1.01: "supported"}[share]
    ruling.verdict = "supported" if share < 1.0 else "refuted"
    assert wrong(ruling, mean)


def test_lower_limits_are_those_of_the_mirrored_law():
    """What a lower limit misses is what the upper limit of the negative misses."""
    samples = np.random.default_rng(8).standard_gamma(2.0, 20)
    assert lower_limit(samples, LEVEL) == -upper_limit(-samples, LEVEL)
    law = laws.atoms(samples)
    assert law.mirrored.mean == -law.mean and law.mirrored.shape[0] == pytest.approx(-law.shape[0])
