"""Attempts to break the proofs that are ours: potential, straight line, conversion, stationarity."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from theory import sharpened as ours
from theory.spread import SERIES, _coth_rest, _csch_rest, _phi, straight_line_spread, straight_line_spread_at


def potential(theta: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.where(theta <= 1, 1.5 - theta**2 / 2, 2 - theta)


def test_one_step_of_the_potential() -> None:
    """Item 3: p(theta) - min(theta, 1) a <= r p(theta'), over many orders of magnitude and near theta = 1."""
    rng = np.random.default_rng(8)
    size = 1_000_000
    theta = np.where(rng.random(size) < 0.3, 1 + rng.normal(size=size) * 1e-3, 10 ** rng.uniform(-6, 4, size))
    a = rng.choice([-1.0, 1.0], size) * 10 ** rng.uniform(-6, 6, size)
    a[::10] = -theta[::10] * (1 + 1e-3 * rng.normal(size=size // 10))
    b = np.where(rng.random(size) < 0.3, 0.0, 10 ** rng.uniform(-6, 6, size))
    r = np.sqrt(1 + a**2 + b**2)
    excess = potential(theta) - np.minimum(theta, 1) * a - r * potential(np.hypot(theta + a, b) / r)
    assert np.max(excess / (r + theta + np.abs(a))) <= 1e-15
    assert np.max(potential(theta) + theta) <= 2 + 1e-12


def regret_ratio(v: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Worst regret of scale-free FTRL with D = 1 over sqrt(sum ||v||^2); v has shape (runs, time, dim)."""
    total, square, loss = np.zeros_like(v[:, 0]), np.zeros(len(v)), np.zeros(len(v))
    for t in range(v.shape[1]):
        scale = np.maximum(np.sqrt(square), np.linalg.norm(total, axis=1))
        loss -= np.vecdot(v[:, t], total) / np.where(scale > 0, scale, 1)
        total += v[:, t]
        square += np.vecdot(v[:, t], v[:, t])
    return np.asarray((loss + np.linalg.norm(total, axis=1)) / np.sqrt(square))


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_regret_constant_two(dim: int) -> None:
    rng = np.random.default_rng(dim)
    sizes = 10 ** (rng.normal(size=(20_000, 12, 1)) * rng.choice([0.0, 1.0, 3.0], (20_000, 1, 1)))
    worst = regret_ratio(rng.normal(size=(20_000, 12, dim)) * sizes)
    assert worst.max() <= ours.lemma08_bound(1.0, 1.0)
    spike = np.zeros((1, 2, dim))
    spike[0, :, 0] = 1.0, -1e3
    assert regret_ratio(spike)[0] > 1.998, "2 is sharp"


def spread_by_recursion(beta: float, steps: int) -> np.ndarray[Any, Any]:
    """E of the spread of x_t = x_{t-1} + a_t: moments of x_t - xbar_t, step by step (no closed form used)."""
    weight = mean = square = spread = 0.0
    found = np.empty(steps)
    for t in range(steps):
        weight = 1 + beta * weight
        keep, moved = 1 - 1 / weight, square + 2 * mean + 2
        spread = keep * (spread + moved / weight)
        mean, square = keep * (mean + 1), keep * keep * moved
        found[t] = spread
    return found


@pytest.mark.parametrize("beta", [0.01, 0.5, 0.9, 0.99, 0.9999, 1 - 1e-9])
def test_straight_line_closed_form(beta: float) -> None:
    expected = spread_by_recursion(beta, 2000)
    found = straight_line_spread_at(3.0, beta, np.arange(1, 2001))
    assert found[0] == 0.0
    assert_allclose(found, 9 * expected, rtol=1e-9)
    assert_allclose(straight_line_spread(3.0, beta, 2000), 9 * expected.mean(), rtol=1e-9)
    assert np.all(found <= ours.lemma10_bound(3.0, beta) * (1 + 1e-12))
    assert np.all(np.diff(found) >= -1e-12 * found[1:])


@pytest.mark.parametrize(
    "found, exact",
    [
        (_phi, lambda x: 1 / x**2 - 1 / mpmath.sinh(x) ** 2),
        (_coth_rest, lambda x: mpmath.coth(x) - 1 / x),
        (_csch_rest, lambda x: 1 / x - 2 / mpmath.sinh(2 * x)),
    ],
)
def test_hyperbolic_functions_without_cancellation(found: Any, exact: Any) -> None:
    """To 1e-10 of the value, as SERIES promises: on both sides of it, and where nothing is small."""
    with mpmath.workdps(50):
        for x in (1e-9, 1e-3, 0.02, 0.04, np.nextafter(SERIES, 0.0), SERIES, 0.06, 0.1, 1.0, 20.0, 140.0, 400.0):
            assert abs(found(np.float64(x)) / exact(mpmath.mpf(x)) - 1) < 1e-10


def test_straight_line_limits() -> None:
    assert_allclose(straight_line_spread(1.0, 0.99, 10**9), ours.lemma10_bound(1.0, 0.99), rtol=1e-6)
    assert_allclose(straight_line_spread_at(1.0, 0.5, 2), 4 / 9), "weights 2/3, 1/3 times E a^2 = 2"
    t = np.arange(2.0, 50.0)
    uniform = (t**2 - 1) * (t + 2) / (12 * t)
    assert_allclose(straight_line_spread_at(1.0, 1 - 1e-12, t), uniform, rtol=1e-8)


def simulated_spread(beta: float, steps: int, play: Any) -> np.ndarray[Any, Any]:
    """Mean spread at each t over 20000 runs in two dimensions; play(r) moves, r = x - xbar, and has length <= 1."""
    rng = np.random.default_rng(5)
    r, spread, weight = np.zeros((20_000, 2)), np.zeros(20_000), 0.0
    means = np.empty(steps)
    for t in range(steps):
        weight = 1 + beta * weight
        moved = r + rng.exponential(size=(20_000, 1)) * play(r)
        keep = 1 - 1 / weight
        spread, r = keep * (spread + np.vecdot(moved, moved) / weight), keep * moved
        means[t] = spread.mean()
    return means


def away(r: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    moved = r + 1e-9  # a direction even at the start
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def test_no_learner_spreads_more_than_the_straight_line() -> None:
    """Item 2 by Monte Carlo: going straight away from xbar attains the formula; turning or waiting stays below."""
    exact = straight_line_spread_at(1.0, 0.9, np.arange(1, 61))
    assert_allclose(simulated_spread(0.9, 60, away)[4:], exact[4:], rtol=0.03)
    turning = [lambda r: np.roll(away(r), 1, axis=1), lambda r: away(r) * (np.linalg.norm(r, axis=1) < 8)[:, None]]
    for play in turning:
        assert np.all(simulated_spread(0.9, 60, play)[4:] < exact[4:] * 1.03)


def test_lemma07_is_tight_for_a_learner_that_stays() -> None:
    """z = 0 on a slope G: the left side is G, Delta = 0, Regret_t = D G (1-beta^t)/(1-beta): slack = start-up."""
    beta, slope, radius, steps = 0.9, 3.0, 0.5, 40
    regret = radius * slope * -np.expm1(np.arange(1, steps + 1) * np.log1p(beta - 1)) / (1 - beta)
    right = ours.lemma07_bound(0.0, slope, 0.0, radius, beta, steps, regret[-1], regret.sum())
    assert_allclose(right, slope + slope * beta / ((1 - beta) * steps), rtol=1e-13)


def test_lemma04_constants_are_attained() -> None:
    """Item 7: F'(y) = c - L|y - x|, two points; over all pairs (a, s) of the measure's terms for Lemma 5."""
    eps, smoothness = 0.3, 2.0
    offset, top = eps / (2 * smoothness), ours.lemma04_smooth(eps)
    assert_allclose(top - smoothness * offset + smoothness**2 / eps * offset**2, eps)
    widths = np.linspace(0, 3 * eps, 1001)
    assert_allclose(np.max(eps - widths**2 / eps + widths), top, rtol=1e-6)
    spread = np.linspace(0, eps / 2.0, 101)
    for lipschitz in (0.01, 5.0):
        reached = np.max(eps - 2.0 * spread + 2 * lipschitz * spread / 0.25)
        assert_allclose(reached, ours.lemma05(eps, 2.0, lipschitz, 0.5))
