"""Noise with a p-th moment only: its moments are exact, its draws have its law (objectives/heavy_noise.py)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from objectives import NOISES, OBJECTIVES, build
from objectives.heavy_noise import noise_moments


@pytest.mark.parametrize("tail", [1.2, 1.5, 2.0, 3.0])
def test_pareto_moments(tail):
    """Against scipy's law, and infinite from the tail index on."""
    noise, law = NOISES["pareto"](tail=tail), stats.pareto(tail)
    for power in np.linspace(0.3, tail - 0.05, 5):
        assert_allclose(noise.moment(power), law.expect(lambda r, q=power: r**q), rtol=1e-5)
    assert noise.moment(tail) == noise.moment(tail + 0.1) == np.inf
    ramp = build(OBJECTIVES, "ramp", {"dim": 2})
    assert np.isinf(noise.levels(ramp).sigma) == (tail <= 2.0)


def test_pareto_draws_have_its_law():
    """Sizes by Kolmogorov and Smirnov, signs by their number; the smallest and the largest uniform number give numbers."""
    noise, raw = NOISES["pareto"](tail=1.4), np.empty((100_000, 1))
    noise.fill(np.random.default_rng(1), raw)
    assert stats.kstest(np.abs(raw[:, 0]), stats.pareto(1.4).cdf).pvalue > 1e-3
    assert abs((raw > 0).mean() - 0.5) < 0.01

    class Edge(np.random.Generator):
        def random(self, out):
            out[:, 0] = 0.0, 0.5, 0.5 - 2.0**-53, 1.0 - 2.0**-53

    ends = np.empty((4, 1))
    noise.fill(Edge(np.random.SFC64()), ends)
    assert_allclose(ends[[0, 3], 0], [-1.0, 1.0])
    assert_allclose(ends[1:3, 0], np.array([1.0, -1.0]) * 2.0 ** (53 / 1.4))


@pytest.mark.parametrize("chance", [1e-4, 0.1, 0.7, 1.0])
def test_spikes_moments(chance):
    """Two points: mean zero, and every absolute moment, from the definition."""
    noise, points, weights = (
        NOISES["spikes"](chance=chance),
        np.array([1.0 - 1.0 / chance, 1.0]),
        [chance, 1.0 - chance],
    )
    assert abs(weights @ points) < 1e-12
    for power in (0.5, 1.0, 1.3, 2.0):
        assert_allclose(noise.moment(power), weights @ np.abs(points) ** power, atol=1e-12)
    raw = np.empty((1000, 3))
    noise.fill(np.random.default_rng(0), raw)
    assert set(np.unique(raw)) <= set(points)


def test_moments_of_vectors():
    """sigma_p^p adds up over coordinates, and is never below the moment of the 2-norm; other noises have sigma."""
    where = build(OBJECTIVES, "ramp", {"dim": 3})
    noise = NOISES["spikes"](chance=0.2, size=(1.0, 0.0, 0.5))
    raw = np.empty((200_000, 3))
    noise.fill(np.random.default_rng(2), raw)
    for power in (1.1, 1.5, 2.0):
        sigma, each = noise_moments(noise, where, power)
        assert_allclose(each, np.array([1.0, 0.0, 0.5]) * noise.moment(power) ** (1 / power))
        assert_allclose(sigma**power, (each**power).sum())
        measured = (np.linalg.norm(raw * noise.scale(3), axis=1) ** power).mean()
        assert 0.8 < measured / sigma**power < 1.01
    gaussian = NOISES["gaussian"](sigma=2.0)
    assert noise_moments(gaussian, where, 1.3).sigma == gaussian.levels(where).sigma
    with pytest.raises(
        ValueError, match=r"spikes\.size = \[1\.0, 2\.0\]: must be one number, or one for each of the 3"
    ):
        NOISES["spikes"](size=(1.0, 2.0)).levels(where)


@pytest.mark.parametrize("unit", [1e-100, 1e100])
def test_moments_in_any_unit(unit):
    """That settings may have; a size of 0 has moments 0 where there are none of others."""
    where = build(OBJECTIVES, "ramp", {"dim": 3})
    noise = NOISES["pareto"](size=(unit, 0.0, 2.0 * unit), tail=3.0)
    sigma, each = noise_moments(noise, where, 2.0)
    assert_allclose([sigma, *each], unit * np.sqrt([15.0, 3.0, 0.0, 12.0]), rtol=1e-14)
    sigma, each = noise_moments(NOISES["pareto"](size=(unit, 0.0, unit), tail=1.5), where, 2.0)
    assert [sigma, *each] == [np.inf, np.inf, 0.0, np.inf]
