"""One coordinate, and the direction, in stationarity/: intervals, pieces and dual values are bounds, and as good as they say.

Each is compared with the formula of its docstring written out, or with the least value that plain search finds.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from objectives.base import PiecewiseSlope
from objectives.smooth import SineSlope
from stationarity import dual_value
from stationarity import oracle as oracle_module
from stationarity.direction_problem import best_direction, last_use
from stationarity.oracle import PiecewiseOracle, SmoothOracle
from stationarity.oracle import build as oracle_of
from tests.test_stationarity_boxes import least

# one coordinate

SAW = PiecewiseSlope(*(np.array(a) for a in ([-1.0, 0.5], [-2.0, 0.0, 2.0], [1.0, -1.0, 3.0], [0.0, 4.0, -1.0])))
STEPS = PiecewiseSlope(
    *(np.array(a) for a in ([-0.4, 0.1, 1.0], [-1.0, 0.0, 0.5, 2.0], [2.0, -1.0, 0.5, 0.0], [0.0] * 4))
)


def pieces(slope):
    """(left end, right end, value at 0, second derivative) of each affine piece."""
    edges = [-np.inf, *slope.breaks.tolist(), np.inf]
    for k, (at, level, bend) in enumerate(zip(slope.anchors, slope.slopes, slope.curvatures, strict=True)):
        yield edges[k], edges[k + 1], level - bend * at, bend


def piecewise_least(slope, x, lam, u, v):
    """min of u f'(y) + lam (y-x)^2 - v (y-x): on each closed piece at its ends and vertex. (value, y, f'(y))"""
    found = []
    for left, right, level, bend in pieces(slope):
        vertex = x + (v - u * bend) / (2.0 * lam)
        for y in (left, right, vertex):
            if np.isfinite(y) and left <= y <= right:
                g = level + bend * y
                found.append((u * g + lam * (y - x) ** 2 - v * (y - x), y, g))
    return min(found)


@pytest.mark.parametrize("slope", [SAW, STEPS], ids=["saw", "steps"])
def test_pieces(slope):
    """The oracle's minima and the checker's dual values are exact, up to their rounding, at and off the breaks."""
    rng, lam = np.random.default_rng(3), 0.7
    x = np.concatenate([rng.normal(size=40), [-1.5, 2.5, 0.0]])
    x = x[slope.derivative(x) != 0.0]
    oracle, rows, f = oracle_of(slope, x, lam), np.arange(len(x)), slope.derivative(x)
    assert isinstance(oracle, PiecewiseOracle)
    assert_allclose(oracle.scale, np.abs(f))
    assert_allclose(oracle.sign, np.sign(f))
    assert_allclose(oracle.length, np.sqrt(np.abs(f) / lam))
    assert_allclose(oracle.limits, np.stack([f, f], axis=1))
    for scale in (0.1, 1.0, 10.0):
        u, v = rng.uniform(0.0, 1.0, len(x)), scale * rng.normal(size=len(x))
        found = oracle.minimise(rows, u, v, np.zeros(len(x)))
        for part in (rows[:7], rows[::2]):
            some = oracle.minimise(rows[part], u[part], v[part], np.zeros(len(part)))
            for name in ("lower", "offset", "slope"):
                assert_allclose(getattr(some, name), getattr(found, name)[part], rtol=1e-14)
        for k in rows:
            size, length, sign = oracle.scale[k], oracle.length[k], oracle.sign[k]
            value, y, g = piecewise_least(slope, x[k], lam, u[k] * sign, v[k] * size / length)
            assert value / size - 1e-12 * (1.0 + v[k] ** 2 + u[k] * 10.0 / size) <= found.lower[k] <= value / size
            assert_allclose(
                [x[k] + length * found.offset[k], size * sign * found.slope[k]], [y, g], rtol=1e-9, atol=1e-9
            )
            dual = dual_value(slope, x[k], lam, u[k], v[k])
            true = piecewise_least(slope, x[k], lam, u[k], v[k])[0]
            assert true - 1e-12 * (10.0 + v[k] ** 2) <= dual <= true


def test_what_a_minimum_takes_off_for_rounding():
    """Of a smooth slope, 32 eps times what is summed up, below the value at the offset in 40 digits."""
    slope, lam, rng = SineSlope(2.0, 2.0), 0.7, np.random.default_rng(8)
    x = rng.uniform(-1.5, 1.5, 24)
    oracle, rows = oracle_of(slope, x, lam), np.arange(24)
    assert isinstance(oracle, SmoothOracle)
    for most, scale in ((1.0, 0.1), (1.0, 3.0), (1e-3, 30.0)):
        u, v = rng.uniform(0.0, most, 24), scale * rng.normal(size=24)
        found = oracle.minimise(rows, u, v, np.full(24, 1e-16))
        with mpmath.workdps(40):
            for k in rows:
                e, size, length = (mpmath.mpf(float(each[k])) for each in (found.offset, oracle.scale, oracle.length))
                g = 2 * mpmath.sin(2 * (mpmath.mpf(float(x[k])) + e * length)) / size * int(oracle.sign[k])
                value = float(mpmath.mpf(float(u[k])) * g + e * e - mpmath.mpf(float(v[k])) * e - float(found.lower[k]))
                off = 32.0 * 2.0**-52 * (u[k] * 2.0 / float(size) + abs(float(e)) * (abs(float(e)) + abs(v[k])))
                assert 0.5 * off < value < 2.0 * off + 1e-15


def test_limits_at_a_break():
    """The smaller of two one-sided limits of one sign is the slope; of two signs none, and both are kept."""
    oracle = oracle_of(STEPS, np.array([-0.4, 0.1, 1.0]), 1.0)
    assert_allclose(oracle.limits, [[2.0, -1.0], [-1.0, 0.5], [0.5, 0.0]])
    assert_allclose([oracle.scale, oracle.sign], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    for left, right, scale, sign in ((-3.0, -2.0, 2.0, -1.0), (-2.0, -3.0, 2.0, -1.0), (2.0, 5.0, 2.0, 1.0)):
        twice = PiecewiseSlope(np.array([0.0]), np.array([-1.0, 1.0]), np.array([left, right]), np.zeros(2))
        oracle = oracle_of(twice, np.zeros(1), 1.0)
        assert_allclose([oracle.scale, oracle.sign, *oracle.limits.T], [[scale], [sign], [left], [right]])


@pytest.mark.parametrize(
    "slope, bend, u, v",
    [
        (3.0, 0.0, 1.0, 0.0),
        (-3.0, 2e3, 0.9, 0.1),
        (3e3, -2e3, 0.9, 0.1),
        (-3.0, -2e3, 0.9, -0.1),
        (1.0, 0.5, 1e-3, 40.0),
        (1.0, 0.5, 1e-3, -40.0),
    ],
)
def test_what_a_minimum_over_pieces_takes_off_for_rounding(slope, bend, u, v):
    """32 eps (u (|slope| + |curvature (x - anchor)|)/S + |e| (|u c| + |e| + |v|)), c the curvature in units of the row."""
    x, lam = 0.75, 0.5
    line = PiecewiseSlope(np.zeros(0), np.array([0.5]), np.array([slope]), np.array([bend]))
    oracle = oracle_of(line, np.array([x]), lam)
    found = oracle.minimise(np.zeros(1, int), np.array([u]), np.array([v]), np.zeros(1))
    with mpmath.workdps(60):
        here = mpmath.mpf(slope) + mpmath.mpf(bend) * mpmath.mpf(0.25)
        size, length = (mpmath.mpf(float(each[0])) for each in (oracle.scale, oracle.length))
        level, curve = here / size * int(oracle.sign[0]), mpmath.mpf(bend) * length / size * int(oracle.sign[0])
        p, q = mpmath.mpf(u), mpmath.mpf(v)
        e = (q - p * curve) / 2
        true = p * level + e * (p * curve + e - q)
        parts = p * (abs(slope) + abs(bend) * 0.25) / size + abs(e) * (abs(p * curve) + abs(e) + abs(q))
        assert float(true - mpmath.mpf(float(found.lower[0]))) == pytest.approx(32.0 * 2.0**-52 * float(parts), rel=0.1)


@pytest.mark.parametrize("gap", [0.3, 1e-2, 1e-6])
def test_intervals(gap):
    """Certified minima of smooth slopes: never above the true ones, within `gap` of them, attained by the atom given."""
    slope, lam, rng = SineSlope(2.0, 3.0), 0.7, np.random.default_rng(4)
    x = rng.normal(size=30)
    oracle, rows = oracle_of(slope, x, lam), np.arange(30)
    assert isinstance(oracle, SmoothOracle)
    size, length, sign = (
        np.abs(slope.derivative(x)),
        np.sqrt(np.abs(slope.derivative(x)) / lam),
        np.sign(np.sin(3.0 * x)),
    )
    assert_allclose([oracle.scale, oracle.length, oracle.sign], [size, length, sign])
    assert_allclose([oracle.height, oracle.bend], [2.0 / size, np.full(30, 18.0 / lam)])
    u, v = rng.uniform(0.0, 1.0, 30), 3.0 * rng.normal(size=30)
    found = oracle.minimise(rows, u, v, np.full(30, gap))
    for k in rows:

        def height(e, k=k):
            return u[k] * sign[k] * slope.derivative(x[k] + length[k] * e) / size[k] + e * (e - v[k])

        grid = v[k] / 2.0 + np.linspace(-1.0, 1.0, 8001) * np.sqrt(2.0 * u[k] * (2.0 / size[k] + 1.0) + v[k] ** 2)
        near, step = grid[np.argmin(height(grid))], grid[1] - grid[0]
        better = optimize.minimize_scalar(
            height, bounds=(near - step, near + step), method="bounded", options={"xatol": 1e-12}
        )
        true = min(float(better.fun), float(height(near)))
        assert true - gap - 1e-10 * (1.0 + abs(true)) <= found.lower[k] <= true
        assert_allclose(
            height(found.offset[k]), u[k] * found.slope[k] + found.offset[k] * (found.offset[k] - v[k]), atol=1e-10
        )
        assert height(found.offset[k]) <= true + gap + 1e-10 * (1.0 + abs(true))
        dual = dual_value(slope, x[k], lam, u[k] * sign[k], v[k] * size[k] / length[k])
        assert size[k] * true - 1e-9 * (1.0 + abs(true)) <= dual <= size[k] * true


def test_the_point_itself_may_be_best():
    """At a peak of |f'|, where nothing near by gains what it costs: offset 0, and the slope there, which is 1."""
    oracle = oracle_of(SineSlope(2.0, 3.0), np.array([np.pi / 6.0]), 0.7)
    found = oracle.minimise(np.zeros(1, int), np.full(1, 0.05), np.zeros(1), np.full(1, 1e-9))
    assert 0.05 - 2e-9 <= found.lower[0] <= 0.05 and found.offset.tolist() == [0.0] and found.slope.tolist() == [1.0]


@pytest.mark.parametrize("name, value", [("LEVELS", 2), ("MOST", 20)])
def test_a_search_that_is_cut_short(monkeypatch, name, value):
    """After so many levels, or where there would be too many intervals, what is left open counts, and no more is done."""
    slope, lam = SineSlope(2.0, 10.0), 0.2
    x = np.array([0.31, 1.234])
    oracle, u, v = oracle_of(slope, x, lam), np.array([1.0, 0.7]), np.array([0.2, -0.4])
    exact = oracle.minimise(np.arange(2), u, v, np.full(2, 1e-6)).lower
    monkeypatch.setattr(oracle_module, name, value)
    seen = []
    visit = SmoothOracle._visit
    monkeypatch.setattr(
        SmoothOracle, "_visit", lambda self, *given: (seen.append(given[2].size), visit(self, *given))[1]
    )
    rough = oracle.minimise(np.arange(2), u, v, np.full(2, 1e-6)).lower
    assert (rough < exact - 1e-3).all()
    assert len(seen) == 2 if name == "LEVELS" else max(seen[1:], default=0) <= value


def test_an_interval():
    """The better of the chord's parabola less u bend width^2/8 and of height's, written out."""
    slope, lam, rng = SineSlope(2.0, 3.0), 0.7, np.random.default_rng(5)
    x = np.array([0.4, 1.1])
    oracle, rows, own = oracle_of(slope, x, lam), np.array([1, 0]), rng.integers(0, 2, 200)
    u, v = np.array([0.9, 0.4]), np.array([0.6, -1.5])
    a = rng.uniform(-2.0, 2.0, 200)
    b = a + 10.0 ** rng.uniform(-3.0, 0.3, 200)
    ga, gb = oracle.slope(rows[own], a)[1], oracle.slope(rows[own], b)[1]
    found = oracle._bound(rows, own, a, b, ga, gb, u, v)
    for k in range(200):
        size, uk, vk = oracle.scale[rows[own[k]]], u[own[k]], v[own[k]]
        chord = uk * (gb[k] - ga[k]) / (b[k] - a[k])
        fine = least(vk - chord, uk * ga[k] - chord * a[k], a[k], b[k]) - uk * 18.0 / lam * (b[k] - a[k]) ** 2 / 8.0
        assert_allclose(found[k], max(fine, least(vk, -uk * 2.0 / size, a[k], b[k])), rtol=1e-8, atol=1e-9)
        e, g = oracle.slope(np.full(50, rows[own[k]]), np.linspace(a[k], b[k], 50))
        assert found[k] <= (uk * g + e * (e - vk)).min() + 1e-10


# the direction


def cuts(kind, rng, points=40, dim=3, count=6):
    """(mean, spread) of random laws, the point mass first; some of equal mean, some alike, some coordinates idle."""
    mean, spread = rng.normal(size=(points, dim, count)), rng.exponential(size=(points, dim, count))
    if kind == "small":
        mean, spread = 0.3 * mean, 0.1 * spread
    if kind == "tiny":  # the multiplier is about 0.01
        mean, spread = 0.01 * np.abs(mean), 0.003 * spread
    if kind == "wide":  # the first coordinate alone makes the multiplier
        mean, spread = np.abs(mean) * np.array([[1.0], [1e-3], [1e-3]]), spread * np.array([[0.3], [3e-4], [3e-4]])
    if kind == "above":
        mean = 0.5 + np.abs(mean)
    if kind == "ties":
        mean, spread = np.round(2.0 * mean) / 2.0, np.round(2.0 * spread) / 4.0
    if kind == "idle":
        mean[::2, 1], spread[::2, 1] = 0.0, 0.0
    mean[..., 0], spread[..., 0] = np.abs(mean[..., 0]), 0.0
    return mean, spread


@pytest.mark.parametrize("kind", ["plain", "small", "tiny", "wide", "above", "ties", "idle"])
def test_the_direction(kind):
    """Direction and mixture prove each other optimal: the concave function at u equals the mixture's value."""
    mean, spread = cuts(kind, np.random.default_rng(6))
    found = best_direction(mean, spread)
    assert (found.u >= 0.0).all() and (np.linalg.norm(found.u, axis=1) <= 1.0 + 1e-12).all()
    assert (found.share >= 0.0).all() and (found.share <= 1.0).all()
    dual = (mean * found.u[..., None] + spread).min(axis=-1).sum(axis=-1)
    first, second = (found.cuts[..., k, None] for k in (0, 1))
    mixed = [
        found.share * np.take_along_axis(part, first, -1)[..., 0]
        + (1.0 - found.share) * np.take_along_axis(part, second, -1)[..., 0]
        for part in (mean, spread)
    ]
    primal = np.linalg.norm(mixed[0], axis=1) + mixed[1].sum(axis=1)
    assert_allclose(primal, dual, rtol=1e-9, atol=1e-9)
    grid = np.random.default_rng(7).normal(size=(4000, 3))
    grid = (
        np.abs(grid) / np.linalg.norm(grid, axis=1)[:, None] * np.random.default_rng(8).uniform(0, 1, (4000, 1)) ** 0.3
    )
    for k in range(len(mean)):
        assert (mean[k] * grid[:, :, None] + spread[k]).min(axis=-1).sum(axis=-1).max() <= dual[k] + 1e-9


def test_where_cuts_end():
    """The first intersection with a cut of smaller mean; never minimal beside one of the same mean and less spread."""
    mean, spread = np.array([3.0, 1.0, 0.0, 1.0, 3.0]), np.array([0.0, 1.0, 4.0, 1.5, 0.0])
    found = last_use(mean[:, None, None], spread[:, None, None])[:, 0, 0]
    assert found.tolist() == [0.5, 3.0, np.inf, -np.inf, 0.5]
