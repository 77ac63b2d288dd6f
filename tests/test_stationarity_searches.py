"""Searches by boxes (stationarity/branch_and_bound.py): never above the least value, as near as they say, and no longer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from objectives import OBJECTIVES, build
from objectives.base import Constants
from objectives.smooth import CosineWell, Huber
from stationarity import branch_and_bound, measure_general
from stationarity.branch_and_bound import GUESSES, Local, _smallest
from tests.test_stationarity_boxes import WELL, Cubes, plain


def separable_least(objective, x, lam, u, v):
    """inf <u, g> + |e|^2 - <v, e>, coordinate by coordinate: a fine grid, then a local minimiser."""
    size, length, _ = plain(objective, x, lam)
    total = 0.0
    for i, slope in enumerate(objective.slopes()):

        def height(e, i=i, slope=slope):
            return u[i] * slope.derivative(x[i] + length * e) / size + e * (e - v[i])

        e = np.linspace(-6.0, 6.0, 4001)
        near = e[np.argmin(height(e))]
        found = optimize.minimize_scalar(
            height, bounds=(near - 0.01, near + 0.01), method="bounded", options={"xatol": 1e-10}
        )
        total += min(float(found.fun), float(height(e).min()))
    return total


@pytest.mark.parametrize("gap", [0.5, 0.05, 2e-3])
@pytest.mark.parametrize("objective", [WELL, Huber(dim=2, slope=(2.0, 0.5), width=(0.5, 2.0))], ids=["well", "huber"])
def test_a_search(objective, gap):
    """Never above the least value; within `gap` of it if it says so; the atom that it adds comes as near."""
    dim, rng, lam = len(objective.start), np.random.default_rng(1), 0.6
    if gap < 0.01 and dim == 3:
        gap = 0.02
    for _ in range(6):
        x, u, v = rng.normal(size=(3, dim))
        u /= np.linalg.norm(u)
        local = Local(objective, x, lam, 300_000)
        true = separable_least(objective, x, lam, u, v)
        bound, complete = local.search(u, v, gap)
        assert complete and true - gap - 1e-9 <= bound <= true + 1e-9
        e, g = local.atoms[-1], local.slopes[-1]
        assert_allclose(g, plain(objective, x, lam)[2](e), rtol=1e-9, atol=1e-12)
        assert true - 1e-9 <= u @ g + e @ (e - v) <= true + gap + 1e-9
        rough, complete = Local(objective, x, lam, 2**dim).search(u, v, gap)
        assert rough <= true + 1e-9 and not (complete and gap < 0.1)


@pytest.mark.parametrize("budget", [3, 20, 60, 200, 10**6])
@pytest.mark.parametrize("dim", [1, 2])
def test_rough_searches(monkeypatch, dim, budget):
    """Where much is left open, or no more may be spent, the bound still holds: it counts boxes laid aside on the way, and
    the worst of those that are left. And no more is spent, but for the first box."""
    objective, rng, lam, spent = (
        CosineWell(dim=dim, slope=(2.0, 1.0)[:dim], frequency=(4.0, 3.0)[:dim]),
        np.random.default_rng(3),
        0.6,
        [],
    )
    boxes = Local._boxes
    monkeypatch.setattr(Local, "_boxes", lambda *given: (found := boxes(*given), spent.append(found[1].size))[0])
    for gap in np.repeat([0.02, 0.3, 1.0], 25):
        x, u, v = rng.normal(size=(3, dim))
        u, v = u / np.linalg.norm(u), 3.0 * v
        local = Local(objective, x, lam, budget)
        spent.clear()
        bound, complete = local.search(u, v, float(gap))
        true = separable_least(objective, x, lam, u, v)
        assert bound <= true + 1e-9 and sum(spent[1:]) + spent[0] <= max(budget, spent[0])
        assert not complete or bound >= true - gap - 1e-9
        assert complete or sum(spent) + 2**dim * 2**dim * spent[-1] > budget  # the next boxes, each by its corners


def test_a_search_that_ends_early(monkeypatch):
    """After the last level what is left open counts, and the search does not say that it is complete."""
    x, u, v = np.array([0.9, 0.4, -0.3]), np.array([-0.5, 0.6, 0.3]), np.array([0.8, -1.1, 0.4])
    true = separable_least(WELL, x, 0.6, u, v)
    monkeypatch.setattr(branch_and_bound, "LEVELS", 3)
    bound, complete = Local(WELL, x, 0.6, 10**6).search(u, v, 1e-3)
    assert not complete and bound <= true + 1e-9


@dataclass(frozen=True)
class Line(Cubes):
    """F = x_1 + x_2, with a G that is far too large: the infimum is known, and what is taken off for rounding is seen."""

    @property
    def constants(self):
        return Constants(0.0, 1e9, np.full(2, 1e9), 0.0, 0.0)

    def grad(self, x):
        return np.ones(x.shape)


def test_what_a_search_takes_off_for_rounding():
    """32 eps (|u| height + reach (reach + |v|)), the infimum being that of a parabola, u g - |v|^2/4."""
    local, u, v = Local(Line(dim=2), np.zeros(2), 0.5, 10**6), np.array([0.3, -0.4]), np.array([3e4, 4e4])
    bound, complete = local.search(u, v, 1e-7)
    reach, height = local.reach(u, v), 1e9 / 2**0.5
    assert_allclose(reach, 2.5e4 + np.sqrt(2.5e4**2 + 0.5 * height + (u @ np.ones(2)) / 2**0.5), rtol=1e-8)
    error = 32.0 * np.finfo(float).eps * (0.5 * height + reach * (reach + 5e4))
    assert complete and error == pytest.approx((u @ np.ones(2)) / 2**0.5 - 6.25e8 - bound, abs=1e-6)


def test_a_search_that_only_guesses():
    """Without a Lipschitz constant: the least value seen, near the true one, and not above the value at 0."""
    objective, rng = (
        build(OBJECTIVES, "capped_abs", {"dim": 2, "slope": (2.0, 1.0), "cap": 2.0}),
        np.random.default_rng(2),
    )
    for _ in range(4):
        x, u, v = rng.uniform(0.2, 0.8, (3, 2))
        local = Local(objective, x, 0.6, 30_000)
        assert not local.certified
        bound, complete = local.search(u, -v, 0.01)
        true = separable_least(objective, x, 0.6, u, -v)
        assert not complete and true - 1e-9 <= bound <= min(true + 0.05, float(u @ local.first) / local.scale)


def test_reach():
    """No farther than where the value may come back to that at 0, as a slope does that turns from 1 to -1; a little more."""
    for v, x in ((0.8, 0.5), (-2.0, 1.5), (0.0, -0.7)):
        objective = build(OBJECTIVES, "capped_abs", {"slope": 1.5, "cap": 9.0})
        local, side = Local(objective, np.array([x]), 0.3, 100), np.sign(x)
        # 1 = -1 + e^2 - |v| e at the edge, u being the sign of the slope at x
        expected = 0.5 * (abs(v) + np.sqrt(v * v + 8.0))
        found = local.reach(np.array([side]), np.array([v]))
        assert expected <= found <= expected * (1.0 + 1e-8)
        assert_allclose(local.reach(np.array([-side]), np.array([v])), abs(v), rtol=1e-8, atol=1e-12)
        half = 0.5 * (abs(v) + np.sqrt(v * v + 4.0))
        assert_allclose(local.reach(np.array([0.5 * side]), np.array([v])), half, rtol=1e-8)


@pytest.mark.parametrize("x", [(2.0**40, 0.3), (-(2.0**40), 0.3), (0.3, 2.0**40), (3.0, -(2.0**50))])
def test_reach_far_from_zero(x):
    """Four floats farther, of the largest coordinate there: so much may the outermost point lose by rounding."""
    local = Local(Huber(dim=2, slope=(40.0, 30.0), width=(1e-3, 1e-3)), np.array(x), 1e-3, 100)
    u, v = np.array([0.6, 0.8]), np.array([0.3, -0.4])
    base = 0.5 * (0.5 + np.sqrt(0.25 + 4.0 * (1.0 + u @ local.first / 50.0)))
    far = 4.0 * np.spacing(max(map(abs, x)) + base * local.length) / local.length
    assert far > 1e-6 and local.reach(u, v) == pytest.approx(base + far, rel=2e-9)


def test_boxes_kept_where_nothing_is_certified():
    """All while they are few; else the GUESSES smallest and one more."""
    few, many = np.arange(GUESSES + 0.0), np.random.default_rng(0).permutation(np.arange(4.0 * GUESSES))
    assert _smallest(few).all() and set(many[_smallest(many)]) == set(range(GUESSES + 1))


def test_searches_of_a_stationary_point():
    """grad F = 0: units that divide by nothing, and a bracket of 0."""
    local = Local(WELL, np.zeros(3), 0.6, 10)
    assert local.scale == local.length == 0.0 and local.steepness == WELL.constants.smoothness and local.certified
    found = measure_general(WELL, np.zeros(3), 0.6)
    assert found.upper == found.lower == 0.0 and found.certified
    assert found.offsets.tolist() == found.gradients.tolist() == [[0.0] * 3] and found.weights.tolist() == [1.0]
    assert found.direction.tolist() == found.tilt.tolist() == [0.0] * 3
