"""Every objective is the function of its docstring: slopes and constants written out, with numbers other than the exam's."""

from __future__ import annotations

from math import cos, inf, sin, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize

from objectives import OBJECTIVES, build
from objectives.base import PiecewiseSlope, Separable
from objectives.kinks import MaxAffineDifference
from objectives.regression import RobustRegression
from objectives.wave import Wave


def rise(u):
    """q of Dips."""
    return 0.0 if u <= 0 else u * u / 2 if u <= 1 else 1 - (2 - u) ** 2 / 2 if u <= 2 else 1.0


def dips(t, depth, top, bend, period, dips, lead):
    a, b, edge = sqrt((top + depth) / bend), sqrt(2 * top / bend), lead + dips * period
    if t >= edge:
        return 2 * top * rise((t - edge) / b) - top
    for k in range(int(dips)):
        y = abs(t - (lead + k * period + 2 * a))
        if y <= 2 * a:
            return depth - (top + depth) * rise(y / a)
    return -top


def dips_gap(depth, top, bend, period, dips, lead):
    a, b = sqrt((top + depth) / bend), sqrt(2 * top / bend)
    return top * (lead + dips * period + b) - 2 * a * dips * (top + depth) - top * b / 3


def zigzag(t, down, up, fall, rise, teeth):
    if t < 0:
        return -down
    for k in range(int(teeth)):
        if t < k * (fall + rise) + fall:
            return -down
        if t < (k + 1) * (fall + rise):
            return up
    return 0.0


def triangle(t, slope, period, begin, teeth):
    """The side of the nearest of the minima k period, |k| <= teeth."""
    nearest = min(range(-teeth, teeth + 1), key=lambda k: abs(t - k * period))
    return slope * np.sign(t - nearest * period)


def ramp(t, slope, length, corner):
    return -slope if t < length else -slope * (length + corner - t) / corner if t < length + corner else 0.0


def eased(t, slope, length, corner):
    u = (t - length) / corner
    return -slope * (1 if u < 0 else 1 - 2 * u * u if u < 0.5 else 2 * (1 - u) ** 2 if u < 1 else 0)


STEEP, SHARP = (
    3 * sqrt(3) / 8,
    optimize.minimize_scalar(
        lambda u: -24 * u * (1 - u * u) / (1 + u * u) ** 4, bounds=(0, 1), method="bounded", options={"xatol": 1e-12}
    ).fun,
)  # of Geman and McClure's loss
# what it is made with, the slope of one coordinate, its (Delta, G, L, H), where it is lowest
FORMULAS = {
    "ramp": (
        {"slope": (3.0, 0.4, 2.0), "length": (0.5, 2.0, 1.0), "corner": (2.0, 0.25, 0.0)},
        ramp,
        lambda slope, length, corner: (slope * (length + corner / 2), slope, slope / corner if corner else inf, inf),
        5.0,
    ),
    "two_slope_ramp": (
        {"steep": (3.0, 0.5), "gentle": (0.5, 0.25), "edge": (1.5, 0.3), "length": (0.7, 2.0)},
        lambda t, steep, gentle, edge, length: -steep if t < edge else -gentle if t < edge + length else 0.0,
        lambda steep, gentle, edge, length: (steep * edge + gentle * length, steep, inf, inf),
        5.0,
    ),
    "hump": (
        {"slope": (3.0, 0.5), "width": (2.0, 0.7)},
        lambda t, slope, width: slope * max(1 - abs(t) / width, 0.0),
        lambda slope, width: (slope * width / 2, slope, slope / width, inf),
        -5.0,
    ),
    "eased_ramp": (
        {"slope": (3.0, 0.5), "length": (0.3, 1.5), "corner": (2.0, 0.6)},
        eased,
        lambda slope, length, corner: (
            slope * (length + corner / 2), slope, 2 * slope / corner, 4 * slope / corner**2
        ),
        5.0,
    ),
    "capped_abs": (
        {"slope": (3.0, 0.5), "begin": (0.7, -1.2), "cap": (1.0, 2.5)},
        lambda t, slope, begin, cap: slope * np.sign(t) if abs(t) < cap else 0.0,
        lambda slope, begin, cap: (slope * abs(begin), slope, inf, inf),
        0.0,
    ),
    "triangle_wave": (
        {"slope": (3.0, 0.5), "period": (0.6, 1.7), "begin": (0.4, -0.5), "teeth": 2},
        triangle,
        lambda slope, period, begin: (slope * min(abs(begin), abs(abs(begin) - period)), slope, inf, inf),
        0.0,
    ),
    "zigzag": (
        {"down": (3.0, 0.5), "up": (1.0, 0.7), "fall": (0.4, 1.5), "rise": (1.1, 0.9), "teeth": (3.0, 1.0)},
        zigzag,
        lambda down, up, fall, rise, teeth: (
            (teeth - 1) * (down * fall - up * rise) + down * fall, max(down, up), inf, inf
        ),
        (2 * 1.5 + 0.4, 1.5),
    ),
    "cosine_well": (
        {"slope": (3.0, 0.5), "frequency": (0.6, 4.0), "begin": (0.4, -0.9)},
        lambda t, slope, frequency, begin: slope * sin(frequency * t),
        lambda slope, frequency, begin: (
            slope / frequency * (1 - cos(frequency * begin)), slope, slope * frequency, slope * frequency**2
        ),
        0.0,
    ),
    "geman_mcclure": (
        {"height": (3.0, 0.5), "width": (2.0, 0.6), "begin": (0.4, -0.9)},
        lambda t, height, width, begin: 2 * height / width * (t / width) / (1 + (t / width) ** 2) ** 2,
        lambda height, width, begin: (
            height * (begin / width) ** 2 / (1 + (begin / width) ** 2),
            STEEP * height / width, 2 * height / width**2, -SHARP * height / width**3,
        ),
        0.0,
    ),
    "huber": (
        {"slope": (3.0, 0.5), "width": (2.0, 0.3), "begin": (3.0, -0.1)},
        lambda t, slope, width, begin: slope * max(-1.0, min(t / width, 1.0)),
        lambda slope, width, begin: (
            slope * (abs(begin) - width / 2 if abs(begin) > width else begin**2 / (2 * width)), slope, slope / width, inf
        ),
        0.0,
    ),
    "dips": (
        {"depth": (0.3, 0.1), "top": (1.5, 0.8), "bend": (4.0, 20.0), "period": (3.0, 1.0), "dips": (1.0, 3.0),
         "lead": (0.4, 0.1)},
        dips,
        lambda depth, top, bend, period, dips, lead: (
            dips_gap(depth, top, bend, period, dips, lead), top, sqrt(2 * top * bend), bend
        ),
        (0.4 + 3.0 + sqrt(3.0 / 4.0), 0.1 + 3.0 + sqrt(1.6 / 20.0)),
    ),
}  # fmt: skip


def test_every_separable_objective_has_a_formula():
    """What is entered in the table is written out here, or below."""
    apart = {"max_affine_difference", "hard_chain", "helix", "robust_regression"}
    assert set(OBJECTIVES) == {*FORMULAS, *apart}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula(name):
    """Slopes, one by one; constants; values, as differences and from the lowest point, where F = 0."""
    arguments, slope, constants, lowest = FORMULAS[name]
    dim = max(np.size(each) for each in arguments.values())
    objective = build(OBJECTIVES, name, {"dim": dim, **arguments})
    each = [{k: v[i] if isinstance(v, tuple) else v for k, v in arguments.items()} for i in range(dim)]
    whole = {k for k, v in arguments.items() if isinstance(v, int)}
    x = np.random.default_rng(0).uniform(-4.0, 8.0, (300, dim))
    expected = [[slope(float(t), **each[i]) for i, t in enumerate(row)] for row in x]
    assert_allclose(objective.grad(x), expected, rtol=1e-10, atol=1e-12)
    for i, one in enumerate(objective.slopes()):
        assert_allclose(one.derivative(x[:, i]), np.array(expected)[:, i], rtol=1e-10, atol=1e-12)
    gap, lipschitz, smoothness, hessian = zip(
        *(constants(**{k: v for k, v in one.items() if k not in whole}) for one in each), strict=True
    )
    found = objective.constants
    assert_allclose(found.coordinate_lipschitz, lipschitz, rtol=1e-12)
    assert_allclose(
        [found.gap, found.lipschitz, found.smoothness, found.hessian_lipschitz],
        [sum(gap), np.linalg.norm(lipschitz), max(smoothness), max(hessian)],
        rtol=1e-9,
    )
    assert_allclose(objective.start, arguments.get("begin", np.zeros(dim)))
    bottom = np.broadcast_to(lowest, (dim,)).astype(float)
    assert_allclose([objective.value(bottom), objective.value(objective.start)], [0.0, sum(gap)], rtol=1e-9, atol=1e-12)
    t = (np.arange(40_000) + 0.5) / 40_000
    for end in np.random.default_rng(1).uniform(-2.0, 5.0, (3, dim)):
        path = bottom + t[:, None] * (end - bottom)
        area = np.vecdot(objective.grad(path), end - bottom).mean()
        assert objective.value(end) == pytest.approx(area, rel=1e-6, abs=3e-4)


@pytest.mark.parametrize("name", FORMULAS)
def test_what_slopes_say_of_themselves(name):
    """Pieces have an anchor each, inside; smooth ones attain their height and their bend."""
    arguments, *_ = FORMULAS[name]
    dim = max(np.size(each) for each in arguments.values())
    objective = build(OBJECTIVES, name, {"dim": dim, **arguments})
    assert isinstance(objective, Separable)
    for slope in objective.slopes():
        if isinstance(slope, PiecewiseSlope):
            edges = np.concatenate([[-inf], slope.breaks, [inf]])
            assert (np.diff(slope.breaks) > 0).all()
            assert ((edges[:-1] <= slope.anchors) & (slope.anchors <= edges[1:])).all()
            continue
        t, h = np.linspace(-6.0, 8.0, 20_001), 1e-3
        third = (slope.derivative(t + h) - 2 * slope.derivative(t) + slope.derivative(t - h)) / h**2
        assert slope.height * 0.999 <= np.abs(slope.derivative(t)).max() <= slope.height * (1 + 1e-9)
        assert slope.bend * 0.99 <= np.abs(third).max() <= slope.bend * (1 + 1e-5)


def test_equal_coordinates_share_a_slope():
    """So that what is prepared for one serves all."""
    first, second, third = build(OBJECTIVES, "huber", {"dim": 3, "slope": (1.0, 2.0, 1.0)}).slopes()
    assert first is third and first is not second


def test_the_max_of_affine_functions():
    """Start, value and gradient from the docstring; of coordinates that tie, the first."""
    objective = MaxAffineDifference(dim=3, inner=3.0, outer=1.0, width=0.5, begin=-2.0)
    assert objective.start.tolist() == [-2.0, -1.0, -0.5]
    assert objective.constants.gap == 3.0 * 2.0 - 1.0 * 1.5 and objective.constants.lipschitz == 3.0
    assert objective.constants.coordinate_lipschitz.tolist() == [3.0, 3.0, 3.0]
    for x, value, grad in (
        ((0.1, -0.4, 0.3), 1.2, (0.0, -3.0, 0.0)),
        ((0.1, 0.7, -0.9), 2.7 - 0.4, (0.0, 0.0, -2.0)),
        ((0.2, -0.3, 0.3), 0.9, (0.0, -3.0, 0.0)),
        ((0.5, 0.0, 0.0), 1.5, (2.0, 0.0, 0.0)),
    ):
        assert_allclose(objective.value(np.array(x)), value)
        assert_allclose(objective.grad(np.array(x)), grad)
    with pytest.raises(ValueError, match="outer"):
        MaxAffineDifference(inner=1.0, outer=1.1)
    MaxAffineDifference(inner=1.0, outer=1.0)


def test_a_regression():
    """Values, gradients and constants from the rows, one by one; a component is drawn by its number."""
    objective = RobustRegression(dim=3, components=7, height=2.5, distance=1.5, seed=4)
    rows, n = objective.rows, 7
    assert_allclose(rows, np.random.default_rng(4).standard_normal((n, 3)) / sqrt(3))
    assert np.linalg.norm(objective.truth) == pytest.approx(1.5) and not objective.start.any()
    assert not np.allclose(objective.truth, RobustRegression(dim=3, components=7, distance=1.5, seed=5).truth)
    direction = np.random.default_rng(5).standard_normal(3)  # the seed after that of the matrix
    assert_allclose(objective.truth, 1.5 * direction / np.linalg.norm(direction))
    x = np.random.default_rng(0).normal(size=(4, 3))
    r = (x - objective.truth) @ rows.T
    assert_allclose(objective.value(x), 2.5 / n * (r**2 / (1 + r**2)).sum(axis=1))
    pulls = (2 * r / (1 + r**2) ** 2)[:, :, None] * rows
    assert_allclose(objective.grad(x), 2.5 / n * pulls.sum(axis=1))
    for j in range(n):
        for index in (j, j + 0.99):
            assert_allclose(objective.component_grad(x, np.full(4, float(index))), 2.5 * pulls[:, j])
    top, found = float(np.linalg.eigvalsh(rows.T @ rows).max()), objective.constants
    longest = max(np.linalg.norm(rows, axis=1))
    assert found.gap == pytest.approx(float(objective.value(np.zeros(3))))
    assert_allclose(
        [found.lipschitz, found.smoothness, found.hessian_lipschitz],
        [2.5 * STEEP * sqrt(top / n), 2 * 2.5 * top / n, -SHARP * 2.5 * longest * top / n],
    )
    assert_allclose(found.coordinate_lipschitz, [2.5 * STEEP / n * sum(abs(row[i]) for row in rows) for i in range(3)])
    sigma, each = objective.component_levels
    assert_allclose(each, [2.5 * STEEP * sqrt(sum(row[i] ** 2 for row in rows) / n) for i in range(3)])
    assert sigma == pytest.approx(np.linalg.norm(each))
    RobustRegression(dim=3, components=3)
    RobustRegression(dim=100, components=10_000)
    for arguments, text in (
        ({"dim": 3, "components": 2}, r"components = 2: must be >= dim = 3"),
        ({"dim": 101, "components": 10_000}, r"components = 10000: must keep components \* dim <= 1e\+06, dim = 101"),
    ):
        with pytest.raises(ValueError, match=text):
            RobustRegression(**arguments)


def test_a_wave():
    """Values, gradient and constants, written out."""
    wave = Wave(slope=1.3, size=0.4, rate=2.0, width=0.7)
    for x, y in ((0.3, -0.5), (2.0, 1.0), (0.0, 0.0)):
        point = np.array([x, y])
        assert float(wave.value(point)) == pytest.approx(1.3 * x + 0.28 * cos(2 * x) * sin(y / 0.7))
        grad = [1.3 - 0.56 * sin(2 * x) * sin(y / 0.7), 0.4 * cos(2 * x) * cos(y / 0.7)]
        assert_allclose(wave.grad(point), grad)
    assert_allclose(wave.constants.coordinate_lipschitz, [1.3 + 0.56, 0.4])
    assert wave.constants.lipschitz == pytest.approx(np.hypot(1.86, 0.4))
    assert (wave.constants.gap, wave.constants.hessian_lipschitz, wave.start.tolist()) == (inf, inf, [0.0, 0.0])
    assert wave.constants.smoothness == pytest.approx(0.4 * 0.7 * 4)
    assert Wave(1.0, 0.4, 1.0, 0.5).constants.smoothness == pytest.approx(0.4 / 0.5)


@pytest.mark.parametrize("height", [1e-102, 1e102])
def test_levels_of_a_regression_of_any_size(height):
    """They grow as the height does, to the ends of its range."""
    levels, unit = (RobustRegression(dim=3, components=7, height=h).component_levels for h in (height, 1.0))
    assert_allclose([levels[0], *levels[1]], height * np.array([unit[0], *unit[1]]), rtol=1e-12)
