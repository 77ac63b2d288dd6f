"""What searches for a bracket, and what a bracket says: precision, laws, limits at jumps, allowances, ranges."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from objectives import OBJECTIVES, build
from objectives.base import PiecewiseSlope
from objectives.smooth import CosineWell, SineSlope
from stationarity import (
    measure,
    measure_scalar,
    measure_separable,
    verify,
)
from stationarity import separable as separable_module
from stationarity.convex_envelope import _Model, envelope, start
from stationarity.oracle import SmoothOracle
from stationarity.oracle import build as oracle_of
from stationarity.separable import check_range
from stationarity.solver import Sampled
from tests.test_stationarity_trust import SAW, STEPS

STEEP = PiecewiseSlope(SAW.breaks, SAW.anchors, SAW.slopes, -SAW.curvatures)
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


def test_what_guides_the_search():
    """Atoms at the distance times 2^-24, ..., 2^8, on either side, and the point itself: the least value over them."""
    oracle, rng = oracle_of(SINE, np.array([0.4, -0.7, 0.0]), 0.7), np.random.default_rng(7)
    distance = np.array([1.0, 4.0, 1.0])
    found = Sampled(oracle, distance)
    places = 2.0 ** np.arange(-24, 9)
    assert_allclose(found.offset[:2], distance[:2, None] * np.append(-places[::-1], places), rtol=1e-6)
    some = np.append(found.offset[:2], np.zeros((2, 1)), axis=1)
    g = SINE.derivative(oracle.x[:2, None] + oracle.length[:2, None] * some)
    g = g * oracle.sign[:2, None] / oracle.scale[:2, None]
    for _ in range(40):
        rows, u, v = rng.permutation(2), rng.uniform(0.0, 1.0, 2), 3.0 * rng.normal(size=2)
        least = found.minimise(rows, u, v, np.zeros(2))
        value = u[:, None] * g[rows] + some[rows] * (some[rows] - v[:, None])
        best = value.argmin(axis=1)
        assert_allclose(least.lower, value.min(axis=1), rtol=1e-9)
        assert_allclose(least.offset, some[rows, best])
        assert_allclose(least.slope, g[rows, best], rtol=1e-9)
    peak = Sampled(oracle_of(SINE, np.array([np.pi / 6.0]), 0.7), np.ones(1))
    here = peak.minimise(np.zeros(1, int), np.full(1, 0.05), np.zeros(1), np.zeros(1))
    assert_allclose(here, [[0.05], [0.0], [1.0]])


def test_a_search_among_many_waves(monkeypatch):
    """With lam = 1e-10 what is near in units of a row is far from x: without a first search among samples the certified
    one looks at a thousand times as many points."""
    seen = []
    visit = SmoothOracle._visit
    monkeypatch.setattr(
        SmoothOracle, "_visit", lambda self, *given: (seen.append(given[2].size), visit(self, *given))[1]
    )
    slopes = [*build(OBJECTIVES, "geman_mcclure", {"dim": 3, "height": (1.0, 4.0, 2.0)}).slopes(), STEPS]
    found = measure_separable(slopes, np.random.default_rng(0).normal(size=(8, 4)), 1e-10, tolerance=1e-2)
    assert found.gap.max() < 1e-2 and sum(seen) < 30_000


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
    if tolerance * floor >= 0.03:
        assert found.gap.max() > 5e-3
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


def test_a_zero_of_a_smooth_slope():
    """The point mass alone, nothing computed: 0 to the last bit."""
    found = measure_scalar(SINE, np.zeros(1), 0.7)
    assert found.upper[0] == found.lower[0] == 0.0
