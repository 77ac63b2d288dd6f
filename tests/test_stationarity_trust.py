"""The parts of stationarity/ that need trust: boxes, intervals, pieces and dual values are bounds, and as good as they say.

Each is compared with the formula of its docstring written out box by box, or with the least value that plain search finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from objectives import OBJECTIVES, build
from objectives.base import Constants, PiecewiseSlope
from objectives.smooth import CosineWell, Huber, SineSlope
from stationarity import branch_and_bound, dual_value, measure_general
from stationarity.branch_and_bound import GUESSES, Local, _smallest
from stationarity.direction_problem import best_direction, last_use
from stationarity.oracle import PiecewiseOracle, SmoothOracle
from stationarity.oracle import build as oracle_of

WELL = CosineWell(dim=3, slope=(2.0, 1.0, 0.7), frequency=(1.0, 2.0, 1.5))


def least(tilt, offset, low, high):
    """The least of tilt (t - offset) + t^2 ... over [low, high], where the parabola is t^2 - tilt t: ends and vertex."""
    return min(t * t - tilt * t for t in (low, high, *[x for x in (tilt / 2.0,) if low < x < high])) + offset


def plain(objective, x, lam):
    """(S, length, g) of the module's docstring."""
    size = np.linalg.norm(objective.grad(x))
    length = np.sqrt(size / lam)
    return size, length, lambda e: objective.grad(x + length * e) / size


# boxes


def box(objective, x, lam, u, v, centre, half, moved):
    """The lower bound of one box, from the docstring of `_boxes`: the better of two."""
    size, length, g = plain(objective, x, lam)
    constants, norm, dim = objective.constants, np.linalg.norm(u), len(x)
    if np.isfinite(constants.hessian_lipschitz):
        corners = [np.array(signs) for signs in product((-1.0, 1.0), repeat=dim)]
        heights = [float(u @ g(centre + half * signs)) for signs in corners]
        chord = sum(h * signs for h, signs in zip(heights, corners, strict=True)) / 2**dim / half
        rest = min(h - half * float(chord @ signs) for h, signs in zip(heights, corners, strict=True))
        level = rest - norm * constants.hessian_lipschitz / lam * half**2 / 2.0 * dim
    else:
        chord = np.zeros(dim)
        level = float(u @ g(centre)) - norm * constants.smoothness * length / size * half * np.sqrt(dim)
    level -= norm * constants.smoothness * length / size * moved * dim
    bounds = list(zip(centre - half, centre + half, strict=True))
    tilted = level + sum(least(v[i] - chord[i], -chord[i] * centre[i], *bounds[i]) for i in range(dim))
    flat = sum(least(v[i], 0.0, *bounds[i]) for i in range(dim)) - norm * constants.lipschitz / size
    return max(tilted, flat)


@pytest.mark.parametrize("far", [0.0, 2.0**30])  # there x + length e is rounded to 2^-22
@pytest.mark.parametrize("half", [1.3, 0.2, 0.01])
@pytest.mark.parametrize(
    "objective",
    [
        WELL,
        CosineWell(dim=2, slope=(2.0, 1.0), frequency=(1.0, 2.0)),
        CosineWell(slope=3.0),
        Huber(dim=2, slope=(2.0, 0.5), width=(0.5, 2.0)),
        Huber(dim=3, slope=2.0, width=0.7),
    ],
    ids=["well3", "well2", "well1", "huber2", "huber3"],
)
def test_a_box(objective, half, far):
    """Points, values and bounds are the docstring's; no point of the box lies below its bound."""
    dim, lam = len(objective.start), 0.6
    rng, x = np.random.default_rng(0), far + np.array([0.9, 0.4, -0.3])[:dim]
    local = Local(objective, x, lam, 10**6)
    size, length, g = plain(objective, x, lam)
    u, v = np.array([-0.5, 0.6, 0.3])[:dim], np.array([0.8, -1.1, 0.4])[:dim]
    centre = rng.uniform(-2.0, 2.0, (30, dim))
    e, value, low = local._boxes(u, v, centre, half)
    corners = half * np.array(list(product((-1.0, 1.0), repeat=dim)))
    wanted = np.concatenate([c + (corners if isinstance(objective, CosineWell) else 0.0 * c) for c in centre[:, None]])
    wanted = wanted.reshape(-1, dim)
    moved = float(np.abs(e - wanted).max())
    assert_allclose(e, ((x + wanted * length) - x) / length, rtol=1e-12)
    assert_allclose(value, [u @ g(each) + each @ (each - v) for each in e], rtol=1e-10, atol=1e-10)
    assert_allclose(low, [box(objective, x, lam, u, v, c, half, moved) for c in centre], rtol=1e-8, atol=2e-9)
    inside = centre[:, None] + half * rng.uniform(-1.0, 1.0, (30, 300, dim))
    inside = ((x + inside * length) - x) / length
    heights = objective.grad(x + inside * length) / size @ u + np.vecdot(inside, inside - v)
    assert (low[:, None] <= heights + 1e-12 + 3.0 * moved).all()


@dataclass(frozen=True)
class Cubes:
    """F = sum of x_i + bend x_i^3/6 about 0, whose third derivative is the same everywhere; other constants are generous."""

    bend: float = 1.7
    dim: int = 1
    smoothness: float = 50.0

    @property
    def start(self):
        return np.zeros(self.dim)

    @property
    def constants(self):
        return Constants(0.0, 60.0, np.full(self.dim, 60.0), self.smoothness, self.bend)

    def value(self, x):
        return (x + self.bend * x**3 / 6.0).sum(axis=-1)

    def grad(self, x):
        return 1.0 + self.bend * np.square(x) / 2.0


def test_a_box_is_exact_where_its_error_is_attained():
    """u = 1: <u, g> lies below its chord by bend half^2/2 in the middle, all that the bound takes off."""
    local = Local(Cubes(), np.zeros(1), 1.0, 100)
    for half in (0.1, 0.5):
        _, _, low = local._boxes(np.ones(1), np.zeros(1), np.zeros((1, 1)), half)
        assert_allclose(low, 1.0, rtol=1e-12)  # g(0) + 0^2


def test_a_local_bend():
    """Asked on the ball around the box, in units of x, and never inside it; per unit of e it is divided by lam."""
    asked = []

    @dataclass(frozen=True)
    class Near(Cubes):
        def hessian_lipschitz_near(self, x, radius):
            asked.append((x, radius))
            return np.full(len(x), 3.0)

    x, lam = np.array([0.3, -0.2]), 0.25
    local = Local(Near(dim=2), x, lam, 100)
    _, length, _ = plain(local.objective, x, lam)
    centre = np.array([[0.5, 1.0], [-2.0, 0.1]])
    assert_allclose(local.bend(centre, 0.2), [12.0, 12.0])
    assert_allclose(asked[0][0], x + length * centre)
    assert 1.0 <= asked[0][1] / (0.2 * length * 2**0.5) <= 1.0 + 1e-8
    assert Local(Cubes(dim=2), x, lam, 100).bend(centre, 0.2) == 1.7 / lam
    assert local.tilted and not Local(Huber(dim=2, slope=(1.0, 1.0)), x, lam, 9).tilted


# the whole search


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


def test_boxes_kept_where_nothing_is_certified():
    """All while they are few; else the GUESSES smallest and one more."""
    few, many = np.arange(GUESSES + 0.0), np.random.default_rng(0).permutation(np.arange(4.0 * GUESSES))
    assert _smallest(few).all() and set(many[_smallest(many)]) == set(range(GUESSES + 1))


def test_searches_of_a_stationary_point():
    """grad F = 0: units that divide by nothing, and a bracket of 0."""
    local = Local(WELL, np.zeros(3), 0.6, 10)
    assert local.scale == local.length == 0.0 and local.steepness == WELL.constants.smoothness and local.certified
    assert measure_general(WELL, np.zeros(3), 0.6).upper == 0.0


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


class Saddles:
    """F = x_1^2 x_2 / 2, whose slopes are as far from affine as their curvature lets them: <e_1, grad F> = x_1 x_2."""

    start = np.ones(2)
    constants = Constants(np.inf, 50.0, np.full(2, 50.0), 20.0, 2.0 / np.sqrt(3.0))  # D^3 F e^3 = 3 e_1^2 e_2

    def value(self, x):
        return x[..., 0] ** 2 * x[..., 1] / 2.0

    def grad(self, x):
        return np.stack([x[..., 0] * x[..., 1], x[..., 0] ** 2 / 2.0], axis=-1)


@pytest.mark.parametrize("u", [(1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.6, 0.8)])
def test_bounds_of_boxes_on_saddles(u):
    """Never above the least value in the box, where the corners alone would say more; and no farther below it than
    three times what slopes can bend."""
    lam, rng, u = 0.2, np.random.default_rng(6), np.array(u)
    local = Local(Saddles(), np.ones(2), lam, 10**6)
    grid = np.stack(np.meshgrid(*[np.linspace(-1.0, 1.0, 41)] * 2), axis=-1).reshape(-1, 2)
    for half in (0.05, 0.3, 1.0):
        centre, v = rng.normal(size=(8, 2)), rng.normal(size=2)
        _, _, low = local._boxes(u, v, centre, half)
        e = centre[:, None] + half * grid
        g = Saddles().grad(local.x + e * local.length) / local.scale
        least = (np.vecdot(g, u) + np.vecdot(e, e - v)).min(axis=1)
        bend = 2.0 / np.sqrt(3.0) / lam * half**2
        assert (low <= least + 1e-12).all() and (low >= least - 3.0 * bend).all()


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
    twice = PiecewiseSlope(np.array([0.0]), np.array([-1.0, 1.0]), np.array([-3.0, -2.0]), np.zeros(2))
    oracle = oracle_of(twice, np.zeros(1), 1.0)
    assert_allclose(
        [oracle.scale, oracle.sign, oracle.limits[:, 0], oracle.limits[:, 1]], [[2.0], [-1.0], [-3.0], [-2.0]]
    )


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
    if kind == "above":
        mean = 0.5 + np.abs(mean)
    if kind == "ties":
        mean, spread = np.round(2.0 * mean) / 2.0, np.round(2.0 * spread) / 4.0
    if kind == "idle":
        mean[::2, 1], spread[::2, 1] = 0.0, 0.0
    mean[..., 0], spread[..., 0] = np.abs(mean[..., 0]), 0.0
    return mean, spread


@pytest.mark.parametrize("kind", ["plain", "small", "above", "ties", "idle"])
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
