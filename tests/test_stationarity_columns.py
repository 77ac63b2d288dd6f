"""Column generation (stationarity/general.py): how far it goes, when it stops, and the law that it ends with."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from objectives.smooth import CosineWell, Huber
from stationarity import (
    general,
    measure,
    measure_general,
    verify,
)
from stationarity.branch_and_bound import Local

EPS = np.finfo(float).eps


def test_one_to_three_dimensions():
    """And no more, and none; a budget of 1 suffices to say something."""
    well, x = CosineWell(), np.full(1, 0.4)
    found = measure_general(well, x, 0.6, budget=1)
    assert 0.0 <= found.lower <= found.upper <= np.linalg.norm(well.grad(x)) * (1 + 1e-12)
    assert found.lower == 0.0 and not found.direction.any() and not found.tilt.any()
    verify(found, well, x, 0.6)
    with pytest.raises(ValueError, match="1 to 3 dimensions"):
        measure_general(CosineWell(dim=4), np.zeros(4), 1.0)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            measure_general(CosineWell(dim=2), np.array([bad, 0.0]), 1.0)


def test_a_law_whose_mean_is_off():
    """One more atom at distance 1, of weight r/(1 + r), makes a mean of length r zero; the value is that of the new law,
    with 32 eps of all that is summed; atoms without weight are left out."""
    well, x, lam = CosineWell(dim=2, slope=(2.0, 1.0), frequency=(1.0, 2.0)), np.array([0.9, 0.4]), 0.6
    local = Local(well, x, lam, 100)
    for e in ((0.0, 0.0), (0.5, 0.25), (-1.0, 0.5), (9.0, 9.0)):
        local.add(np.array(e))
    weights = np.array([0.5, 0.25, 0.25, 0.0])
    found = general._bracket(local, "l1", 0.1, weights, (np.array([0.6, -0.8]), np.array([0.2, 0.3])))
    mean = np.array([-0.125, 0.1875])
    rest = np.linalg.norm(mean)
    assert_allclose(found.weights[:4], [*(weights[:3] / (1.0 + rest)), rest / (1.0 + rest)], rtol=1e-6)
    assert len(found.weights) <= 6 and found.weights[4:].sum() < 1e-9
    assert_allclose(found.offsets[3] / local.length, -mean / rest, rtol=1e-6)
    assert_allclose(found.weights @ found.offsets, 0.0, atol=1e-15)
    assert_allclose(found.gradients, well.grad(x + found.offsets))
    parts = (found.weights[:, None] * np.abs(found.gradients)).sum(), lam * (found.weights @ found.offsets**2).sum()
    value = np.abs(found.weights @ found.gradients).sum() + parts[1]
    assert (found.upper - value) / (32.0 * EPS * sum(parts)) == pytest.approx(1.0, abs=0.2)
    assert_allclose(found.lower, 0.1 * local.scale)
    assert_allclose(found.direction, [0.6, -0.8])
    assert_allclose(found.tilt, np.array([0.2, 0.3]) * local.scale / local.length)


@pytest.mark.parametrize(
    "gains, complete, searches",
    [
        ([0.04] * 80, [False] * 80, 4),
        ([0.04] * 80, [True] * 80, 80),
        ([0.06] * 80, [False] * 80, 80),
        ([0.04] * 3 + [0.06] + [0.04] * 80, [False] * 84, 8),
        ([0.0] * 3 + [-1.0] + [0.0] * 80, [False] * 3 + [True] + [False] * 80, 8),
        ([-0.5] * 80, [False] * 80, 4),
    ],
)
def test_searches_that_gain_little(monkeypatch, gains, complete, searches):
    """Four in a row that are not complete and gain less than a twentieth of what is open: there is no fifth."""
    well, x, made = CosineWell(dim=2, slope=(2.0, 1.0), frequency=(1.0, 2.0)), np.array([0.9, 0.4]), []
    size = float(np.linalg.norm(well.grad(x)))
    monkeypatch.setattr(Local, "search", lambda self, u, v, gap: (0.0, True))
    upper = float(measure_general(well, x, 0.6, tolerance=1e-9).upper) / size

    def search(self, u, v, gap):
        lower = max((bound for bound, _ in made), default=0.0)
        made.append((max(lower, 0.0) + gains[len(made)] * (upper - max(lower, 0.0)), complete[len(made)]))
        return made[-1]

    monkeypatch.setattr(Local, "search", search)
    found = measure_general(well, x, 0.6, tolerance=1e-9)
    assert len(made) == searches
    counted = made if searches == 80 else made[:-1]
    assert found.lower == pytest.approx(size * max(0.0, max(bound for bound, _ in counted)), rel=1e-9)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_less_is_done_where_less_is_asked(norm):
    """Against a floor above all slopes no bound is needed; against a lower one a rough one will do."""
    well, x = CosineWell(dim=2, slope=(80.0, 40.0), frequency=(1.0, 2.0)), np.array([-0.8, -1.3])
    found = measure_general(well, x, 5.0, norm, 0.02, 1e4)
    assert found.lower == 0.0 and not found.direction.any()
    rough = measure_general(well, x, 5.0, norm, 0.1, 80.0)
    assert 1.5 < rough.gap <= 8.0 and rough.lower > 0.0


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("lam, height", [(0.6, 1.0), (5.0, 40.0)])
def test_columns_close_the_gap(norm, lam, height):
    """To tolerance max(value, floor) where the budget allows it; the law has mean x, and its value is the upper bound."""
    well = CosineWell(dim=2, slope=(2.0 * height, height), frequency=(1.0, 2.0))
    for x in np.random.default_rng(5).normal(size=(1, 2)) * np.array([[1.0], [-1.0]]):
        for tolerance, floor in ((1e-2, 0.0),) if lam < 1.0 else ((0.02, 2.0 * height),):
            found = measure_general(well, x, lam, norm, tolerance, floor)
            exact = measure(well, x[None], lam, norm, 1e-7)
            assert found.gap <= tolerance * max(float(found.upper), floor) + 1e-9
            assert exact.lower[0] - 1e-9 <= found.upper and found.lower <= exact.upper[0] + 1e-9
            checked = verify(found, well, x, lam, norm)
            assert_allclose(checked.primal, found.upper, rtol=1e-12)
            assert_allclose(found.weights @ found.offsets, 0.0, atol=1e-14)
            assert_allclose(found.gradients, well.grad(x + found.offsets), rtol=1e-9, atol=1e-9 * height)


@pytest.mark.parametrize("signs", [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
@pytest.mark.parametrize("norm, value", [("l1", 2.5), ("l2", 4.25**0.5)])
def test_where_all_slopes_are_the_same(norm, value, signs):
    """Far out a Huber's slopes are constant: the measure is their size, found as nearly as is asked for."""
    objective, x = Huber(dim=2, slope=(2.0, 0.5), width=4.0), 60.0 * np.array(signs)  # gentle: the budget suffices
    found = measure_general(objective, x, 0.6, norm)
    assert (1.0 - 1e-2) * value <= found.lower <= value * (1.0 + 1e-12)
    assert_allclose(found.upper, value, rtol=1e-12)
    assert found.direction @ (np.array(signs) * (2.0, 0.5)) >= found.lower  # it proves so much, by its point mass
    verify(found, objective, x, 0.6, norm)
