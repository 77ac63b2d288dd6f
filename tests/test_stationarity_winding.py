"""One proof for many points: paraboloids, windings and their floors; suprema by boxes, and the bend of a helix near by."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from objectives import OBJECTIVES, build
from objectives.bump import Bump
from objectives.helix import Helix
from objectives.smooth import CosineWell
from objectives.supremum import supremum
from stationarity import (
    measure,
    measure_winding,
    paraboloid,
)
from stationarity.branch_and_bound import Local
from stationarity.paraboloid import Paraboloid


def test_a_paraboloid_is_made_of_its_search():
    """At its point it has its level; elsewhere <v, d> more and lam |d|^2 less, never below 0; refused where nothing holds."""
    well = CosineWell(dim=2, slope=(2.0, 1.0), frequency=(1.0, 2.0))
    x = np.array([0.9, 0.4])
    found = paraboloid(well, x, 0.6, 1e-2, 10**6)
    size = float(np.linalg.norm(well.grad(x)))
    assert found.reach >= np.sqrt(size / 0.6) and found.lam == 0.6
    d = np.array([0.2, -0.1])
    expected = found.level + d @ found.tilt - 0.6 * d @ d
    assert found.below(x) == pytest.approx(float(found.level)) and found.below(x + d) == pytest.approx(float(expected))
    assert found.below(x + 100.0) == 0.0
    exact = measure(well, x[None], 0.6, tolerance=1e-6)
    assert exact.upper[0] - 0.05 * size <= found.level <= exact.upper[0]
    for point, objective in ((np.zeros(2), well), (x, build(OBJECTIVES, "max_affine_difference", {}))):
        with pytest.raises(ValueError, match="proves nothing"):
            paraboloid(objective, point, 0.6, 1e-2, 100)
    with pytest.raises(TypeError, match="does not wind"):
        measure_winding(well, x[None], 0.6, 1e-2)


MILD = Helix(1.2, -1.5, (0.0, 0.3), (0.1, 0.3), 0.8, 0.05, (0.25, 0.1), (-0.2, -0.1, 0.1), gap=30.0)


@pytest.mark.parametrize("lam, first", [(0.8, -1.1), (4.0, -4.0)])
def test_the_floor_of_a_winding_bound(monkeypatch, lam, first):
    """One proof, that of the point in the middle, goes round; near the floor the level is at most what the floor allows:
    the least of the parabola beyond the room, found by search. Where the proof may meet the floor it says nothing."""
    made = []

    def proof(objective, x, lam, gap, budget, reach=4.0):
        made.append(x)
        return Paraboloid(x, np.array([first, 0.2, 0.1]), 0.9, lam, reach)

    monkeypatch.setattr(sys.modules["stationarity.paraboloid"], "paraboloid", proof)
    edge = -float(MILD.room(np.zeros(3)))
    heights = edge + np.array([30.0, 9.0, 3.0, 1.8, 0.3, 40.0, 50.0, -2.0, 60.0])  # one below the floor's edge
    x = np.stack([MILD.unwound(np.array([0.0, *MILD.orbit]), height) for height in heights])
    lower, upper = measure_winding(MILD, x, lam, 0.1)
    assert_array_equal(made[0], x[1])
    assert_allclose(upper, np.linalg.norm(MILD.grad(x), axis=1))
    d = -np.linspace(0.0, 60.0, 60_001)
    for k, room in enumerate(MILD.room(x)):
        beyond = d[-d >= room]
        floor = (lam * beyond**2 - first * beyond).min() - 0.05 / (
            4.0 * lam
        )  # across, -<v, d> + lam |d|^2 is at least that
        assert lower[k] == pytest.approx(max(min(0.9, floor), 0.0), abs=1e-3)
    assert lower[0] == pytest.approx(0.9) and lower[4] == lower[7] == 0.0 and (lam > 1.0 or 0.5 < lower[3] < 0.7)
    assert measure_winding(MILD, x[2:5], lam, 0.1)[0].tolist() == [0.0, 0.0, 0.0]  # 1.8 is less than the reach


@pytest.mark.parametrize("first, lower", [(0.0, 0.0), (1.0, 0.9)])
def test_where_the_middle_point_is_stationary(monkeypatch, first, lower):
    """Only where all of grad F is 0 there is nothing to prove."""

    def proof(objective, x, lam, gap, budget):
        return Paraboloid(x, np.zeros(3), 0.9, lam, 4.0)

    monkeypatch.setattr(sys.modules["stationarity.paraboloid"], "paraboloid", proof)
    monkeypatch.setattr(Helix, "grad", lambda self, x: np.array([first, 0.0, 0.0]) * np.ones_like(x))
    x = MILD.unwound(np.array([0.0, *MILD.orbit]), 30.0 - float(MILD.room(np.zeros(3))))[None]
    assert_allclose(measure_winding(MILD, x, 0.8, 0.1), [[lower], [first]])


# suprema and boxes of the helix


@pytest.mark.parametrize("place", [(0.31, -0.77), (-1.0, 1.0), (1.5, 1.0), (1.0, -1.5), (-1.5, -1.0), (-1.0, 1.5)])
def test_a_supremum_to_the_tolerance_asked_for(place):
    """Never below it, at most `tolerance` of it above, wherever in the square it is attained; outside nothing counts."""
    outside = max(abs(place[0]) - 1.0, abs(place[1]) - 1.0, 0.0)

    def bounds(p, half):
        distance = np.abs(p - place).max(axis=1)
        return 0.5 - 0.1 * distance, 0.5 - 0.1 * np.maximum(distance - half, 0.0)

    for tolerance in (0.1, 1e-3):
        found = supremum(bounds, (0.0, 0.0), 1.0, tolerance)
        assert 1.0 <= found / (0.5 - 0.1 * outside) <= (1.0 + tolerance) * (1.0 + 1e-12)


def test_a_search_on_a_helix_uses_its_local_bend():
    """Local takes the Hessian's constant about each box from the objective, where it has one."""
    x = np.array([20.0, 0.1, 0.3])
    local = Local(MILD, x, 1.0, 1000)
    size = float(np.linalg.norm(MILD.grad(x)))
    centre = np.array([[0.0, 0.0, 0.0], [0.4, -0.2, 0.1]])
    expected = MILD.hessian_lipschitz_near(x + centre * np.sqrt(size), 0.1 * np.sqrt(size) * np.sqrt(3.0))
    assert_allclose(local.bend(centre, 0.1), expected, rtol=1e-6)
    assert isinstance(MILD._bump, Bump) and local.tilted
