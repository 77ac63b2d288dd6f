"""What searches for a bracket, and what a bracket says: precision, laws, limits at jumps, allowances, ranges."""

from __future__ import annotations

import sys
from inspect import signature

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from objectives import OBJECTIVES, build
from objectives.base import PiecewiseSlope
from objectives.bump import Bump
from objectives.helix import Helix
from objectives.smooth import CosineWell, SineSlope
from objectives.supremum import supremum
from stationarity import (
    measure,
    measure_general,
    measure_scalar,
    measure_separable,
    measure_winding,
    paraboloid,
    verify,
)
from stationarity import separable as separable_module
from stationarity.branch_and_bound import Local
from stationarity.convex_envelope import _Model, envelope, start
from stationarity.oracle import build as oracle_of
from stationarity.paraboloid import Paraboloid
from stationarity.separable import check_range

SAW = PiecewiseSlope(*(np.array(a) for a in ([-1.0, 0.5], [-2.0, 0.0, 2.0], [1.0, -1.0, 3.0], [0.0, 4.0, -1.0])))
STEEP = PiecewiseSlope(SAW.breaks, SAW.anchors, SAW.slopes, -SAW.curvatures)
STEPS = PiecewiseSlope(
    *(np.array(a) for a in ([-0.4, 0.1, 1.0], [-1.0, 0.0, 0.5, 2.0], [2.0, -1.0, 0.5, 0.0], [0.0] * 4))
)
SINE = SineSlope(2.0, 3.0)
EPS = np.finfo(float).eps


# the convex envelope


@pytest.mark.parametrize("slope", [SAW, STEPS, SINE], ids=["saw", "steps", "sine"])
@pytest.mark.parametrize("gap", [0.1, 1e-7])
def test_an_envelope(slope, gap):
    """A law of mean 0 whose value is at most `gap` above a lower bound that its tilt proves."""
    rng, lam = np.random.default_rng(0), 0.7
    x = rng.uniform(-1.5, 0.9, 60)
    x = x[slope.derivative(x) != 0.0]
    oracle = oracle_of(slope, x, lam)
    rows = rng.permutation(len(x))[:40]
    u = np.append(rng.uniform(0.0, 1.5, 39), 0.0)
    offset, g = start(oracle, rows, np.full(40, 2.0))
    assert_allclose(offset, [[-2.0, 2.0]] * 40, rtol=1e-12)
    assert_allclose(g, oracle.slope(np.stack([rows, rows], 1), offset)[1])
    found = envelope(oracle, rows, u, np.full(40, gap), (offset, g))
    assert_allclose(found.weight.sum(axis=1), 1.0)
    assert_allclose((found.weight * found.offset).sum(axis=1), 0.0, atol=1e-12)
    assert (found.weight >= 0.0).all()
    assert_allclose(found.mean, (found.weight * found.slope).sum(axis=1))
    assert_allclose(found.spread, (found.weight * found.offset**2).sum(axis=1))
    value = u * found.mean + found.spread
    assert (found.lower <= value + 1e-12).all() and (value - found.lower <= gap * (1.0 + 1e-9) + 1e-12).all()
    again = oracle.minimise(rows, u, found.tilt, np.full(40, 0.25 * gap)).lower
    assert_allclose(again, found.lower, rtol=1e-12, atol=1e-12)


def test_a_chord():
    """Its height at 0, its slope as the tilt; the point mass if it is lower than either chord, with a tilt between."""
    offset = np.array([[-1.0, 3.0], [-2.0, 1.0], [-1.0, 1.0]])
    slope = np.array([[-2.0, -4.0], [4.0, 5.0], [1.0, 1.0]])
    u = np.array([0.5, 2.0, 1.0])  # heights of 0: u; of the atoms: u g + e^2
    v, value, alone = _Model(offset, slope, u).best()
    # -1 + 1 = 0 and -2 + 9 = 7, at -1 and 3; 8 + 4 = 12 and 10 + 1 = 11, at -2 and 1, above 2; 2 and 2, above 1
    assert_allclose(v, [(0.5 + 6.5 / 3.0) / 2.0, (-5.0 + 9.0) / 2.0, 0.0])
    assert alone.all()
    assert_allclose(value, [0.5, 2.0, 1.0])
    lower = _Model(offset[:1], np.array([[-2.0, -20.0]]), u[:1])  # 0 and -1
    assert_allclose([part[0] for part in lower.best()], [-0.25, -0.25, False])


# separable objectives


def gap_asked(found, tolerance, floor):
    return tolerance * np.maximum(found.upper, floor) * (1.0 + 1e-9) + 1e-12


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("tolerance, floor", [(0.1, 1.0), (1e-3, 30.0), (1e-2, 0.0), (1e-5, 0.1)])
def test_the_precision_asked_for(norm, tolerance, floor):
    """upper - lower <= tolerance max(value, floor), and less work where less is asked for."""
    objective = CosineWell(dim=3, slope=(2.0, 1.0, 0.3), frequency=(1.0, 3.0, 2.0))
    x = np.random.default_rng(1).normal(size=(10, 3))
    found = measure(objective, x, 0.6, norm, tolerance, floor)
    assert (found.gap <= gap_asked(found, tolerance, floor)).all() and (found.gap >= 0.0).all()
    if tolerance >= 0.1:
        assert found.gap.max() > 1e-4
    verify(found, objective, x, 0.6, norm)


def test_pieces_are_measured_to_the_last_digits():
    """Where all slopes are piecewise affine, and only there, and one point or a shape that does not fit is refused."""
    x = np.random.default_rng(2).uniform(-1.0, 1.0, (20, 2))
    ramp = build(OBJECTIVES, "huber", {"dim": 2, "slope": (2.0, 0.5), "width": 0.3})
    assert measure(ramp, x, 0.6).gap.max() <= 3e-10
    finer = measure(ramp, x, 0.6, tolerance=1e-12)
    assert finer.gap.max() <= 3e-12 * 3.0
    assert measure(CosineWell(dim=2), x, 0.6, tolerance=1e-2).gap.max() > 1e-6
    regression = build(OBJECTIVES, "robust_regression", {"dim": 2})
    with pytest.raises(TypeError, match="not separable"):
        measure(regression, x, 0.6)


def test_limits_mix_at_a_jump():
    """Limits 2 and -1 mix to 0 with 1/3 and 2/3, at no spread; -1 and 1/2 likewise; at a zero nothing has to."""
    x = np.array([-0.4, 0.1, 1.0, 2.0])
    found = measure_scalar(STEPS, x, 1.0)
    assert_allclose(found.upper, 0.0, atol=1e-13)
    assert_array_equal(found.lower, 0.0)
    assert_allclose(found.gradients[:2, :2], [[2.0, -1.0], [-1.0, 0.5]])
    assert_allclose(found.weights[:3], [[1 / 3, 2 / 3, 0, 0], [1 / 3, 2 / 3, 0, 0], [0, 1, 0, 0]])
    assert not found.offsets.any()
    verify(found, STEPS, x, 1.0)


@pytest.mark.parametrize("slope", [SAW, STEEP, SINE], ids=["saw", "steep", "sine"])
def test_what_an_upper_bound_adds_for_rounding(slope):
    """32 eps times the law's E|g|, its spread, and what a slope may be wrong by: sup |f'|, or what a piece moves by."""
    x, lam = np.random.default_rng(3).uniform(-2.0, 2.0, 40), 0.7
    found = measure_scalar(slope, x, lam)
    value = verify(found, slope, x, lam).primal
    spread = lam * (found.weights * found.offsets**2).sum(axis=1)
    moved = (found.weights * (found.offsets != 0.0)).sum(axis=1)
    reach = np.abs(x) + np.abs(found.offsets).max(axis=1)
    doubt = np.full(40, 2.0) if slope is SINE else 4.0 * reach * moved
    size = (found.weights * np.abs(found.gradients)).sum(axis=1) + spread + doubt
    assert_allclose(found.upper - value, 32.0 * EPS * size, atol=2.5 * EPS * found.upper.max())


@pytest.mark.parametrize("slopes", [[3.0], [3.0, 4.0], [1.0, 2.0, 2.0], [-3.0, 4.0], [0.0, 2.0], [0.5] * 64])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_what_a_lower_bound_takes_off_for_rounding(slopes, norm):
    """On straight lines the measure is the slope: less 32 eps for the oracle, for every coordinate summed, for units."""
    lines = [PiecewiseSlope(np.zeros(0), np.zeros(1), np.array([each]), np.zeros(1)) for each in slopes]
    found = measure_separable(lines, np.full((1, len(slopes)), 0.7), 0.5, norm)
    true = np.linalg.norm(slopes, 1 if norm == "l1" else 2)
    parts = 3 + len(slopes) / 32 if norm == "l1" else 2 + len(slopes)
    assert parts - 0.1 <= (1.0 - found.lower / true) / (32.0 * EPS) <= parts + 0.3
    assert 1.0 <= (found.upper - true) / (32.0 * EPS * np.abs(slopes).sum()) <= 2.0


@pytest.mark.parametrize("x", [1e10, -1e10])
def test_a_lam_that_is_too_large_for_floats(x):
    """On either side of 0."""
    measure_scalar(SINE, np.array([x]), 1e3)
    with pytest.raises(ValueError, match="too large"):
        measure_scalar(SINE, np.array([x]), 1e215)


def test_blocks_change_nothing(monkeypatch):
    """However many points are worked on at once."""
    slopes, x = [SAW, SINE, STEPS], np.random.default_rng(4).normal(size=(5, 3))
    for norm in ("l1", "l2"):
        whole = measure_separable(slopes, x, 0.5, norm)
        monkeypatch.setattr(separable_module, "CELLS", 2 * 128 * 3)
        blocks = measure_separable(slopes, x, 0.5, norm)
        monkeypatch.undo()
        for name in ("lower", "upper", "offsets", "weights", "direction", "tilt"):
            assert_array_equal(getattr(blocks, name), getattr(whole, name))


@pytest.mark.parametrize("norm, asked", [("l1", (0.05, 1.0)), ("l2", (0.1, 3.0))])
def test_what_is_asked_of_a_coordinate(monkeypatch, norm, asked):
    """In L1 each is on its own: half the tolerance, and its share of the floor, so that the gaps add up to the whole's."""
    given = []

    class Spied(separable_module.Search):
        def __init__(self, oracle, shape, *rest):
            given.append(rest)
            super().__init__(oracle, shape, *rest)

    monkeypatch.setattr(separable_module, "Search", Spied)
    measure_separable([SAW, SINE, STEPS], np.full((2, 3), 0.3), 0.5, norm, 0.1, 3.0)
    assert_allclose(given, [asked])


@pytest.mark.parametrize("measures", [measure, measure_scalar, measure_separable])
def test_what_is_asked_unless_said(measures):
    """1e-4 of the value, or of a target of 1 if that is more."""
    given = signature(measures).parameters
    assert given["tolerance"].default == 1e-4 and given["floor"].default == 1.0


def test_ranges():
    """lam, tolerance > 0 and finite, floor >= 0 and finite, one of two norms; one slope a coordinate."""
    check_range(1e-300, 1e-300, 0.0, "l1")
    check_range(1.0, 1.0, 5.0, "l2")
    for wrong, name in (
        ((0.0, 1.0, 1.0, "l1"), "lam"), ((np.inf, 1.0, 1.0, "l1"), "lam"), ((np.nan, 1.0, 1.0, "l1"), "lam"),
        ((1.0, 0.0, 1.0, "l1"), "tolerance"), ((1.0, np.inf, 1.0, "l1"), "tolerance"),
        ((1.0, 1.0, -1e-9, "l1"), "floor"), ((1.0, 1.0, np.inf, "l1"), "floor"), ((1.0, 1.0, 1.0, "l3"), "norm"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"^{name} = "):
            check_range(*wrong)
    with pytest.raises(ValueError, match="x has shape"):
        measure_separable([SAW, SAW], np.zeros((2, 3)), 1.0)


# what is not separable


def test_one_to_three_dimensions():
    """And no more, and none; a budget of 1 suffices to say something."""
    well, x = CosineWell(), np.full(1, 0.4)
    found = measure_general(well, x, 0.6, budget=1)
    assert 0.0 <= found.lower <= found.upper <= np.linalg.norm(well.grad(x)) * (1 + 1e-12)
    with pytest.raises(ValueError, match="1 to 3 dimensions"):
        measure_general(CosineWell(dim=4), np.zeros(4), 1.0)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            measure_general(CosineWell(dim=2), np.array([bad, 0.0]), 1.0)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("lam, height", [(0.6, 1.0), (5.0, 40.0)])
def test_columns_close_the_gap(norm, lam, height):
    """To tolerance max(value, floor) where the budget allows it; the law has mean x, and its value is the upper bound."""
    well = CosineWell(dim=2, slope=(2.0 * height, height), frequency=(1.0, 2.0))
    for x in np.random.default_rng(5).normal(size=(1, 2)):
        for tolerance, floor in ((1e-2, 0.0),) if lam < 1.0 else ((0.02, 2.0 * height),):
            found = measure_general(well, x, lam, norm, tolerance, floor)
            exact = measure(well, x[None], lam, norm, 1e-7)
            assert found.gap <= tolerance * max(float(found.upper), floor) + 1e-9
            assert exact.lower[0] - 1e-9 <= found.upper and found.lower <= exact.upper[0] + 1e-9
            checked = verify(found, well, x, lam, norm)
            assert_allclose(checked.primal, found.upper, rtol=1e-12)
            assert_allclose(found.weights @ found.offsets, 0.0, atol=1e-14)
            assert_allclose(found.gradients, well.grad(x + found.offsets), rtol=1e-9, atol=1e-9 * height)


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


def test_a_zero_of_a_smooth_slope():
    """The point mass alone, nothing computed: 0 to the last bit."""
    found = measure_scalar(SINE, np.zeros(1), 0.7)
    assert found.upper[0] == found.lower[0] == 0.0
