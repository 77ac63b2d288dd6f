"""The stationarity measure in one dimension: closed forms, duality, an independent LP, invariances, extremes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from objectives.base import PiecewiseSlope
from stationarity import dual_value, measure_scalar, verify

Array = NDArray[np.float64]


class Cosine:
    """f'(t) = height cos(frequency t); |f'''| <= height frequency^2."""

    def __init__(self, height: float = 1.0, frequency: float = 1.0) -> None:
        self.height, self.frequency, self.bend = height, frequency, height * frequency**2

    def derivative(self, t: Array) -> Array:
        return self.height * np.cos(self.frequency * t)


def affine(breaks: list[float], anchors: list[float], slopes: list[float], curvatures: list[float]) -> PiecewiseSlope:
    return PiecewiseSlope(*(np.asarray(part, float) for part in (breaks, anchors, slopes, curvatures)))


def ramp(slope: float) -> PiecewiseSlope:
    """-slope left of 0, 0 right of it."""
    return affine([0], [-1, 1], [-slope, 0], [0, 0])


def absolute(slope: float) -> PiecewiseSlope:
    return affine([0], [-1, 1], [-slope, slope], [0, 0])


def triangle(period: float, teeth: int = 4, slope: float = 1.0) -> PiecewiseSlope:
    """Minima at multiples of the period."""
    breaks = np.arange(-2 * teeth, 2 * teeth + 1) * period / 2
    anchors = np.append(breaks[0] - 1, breaks + period / 4)
    signs = np.where(np.arange(len(anchors)) % 2, slope, -slope)
    return PiecewiseSlope(breaks, anchors, signs, np.zeros(len(anchors)))


def holds(slope: PiecewiseSlope | Cosine, x: Array, lam: float, value: Array) -> None:
    """The value lies in the bracket, the bracket is tight and proves itself."""
    found = measure_scalar(slope, x, lam)
    assert (found.lower <= value * (1 + 1e-12) + 1e-14).all()
    assert (value <= found.upper * (1 + 1e-12) + 1e-14).all()
    assert (found.gap <= 1.0001e-4 * np.maximum(value, 1.0)).all()
    verify(found, slope, x, lam)


@pytest.mark.parametrize("slope, lam", [(1.0, 1.0), (3.0, 0.2), (0.1, 5.0)])
def test_ramp(slope: float, lam: float) -> None:
    """At distance a from the floor: atoms at the floor's edge and at b behind x, weights b/(a+b) and a/(a+b), give
    slope a/(a+b) + lam a b, least at a + b = sqrt(slope/lam) =: w: 2 a sqrt(slope lam) - lam a^2 for a <= w; farther
    the point mass, slope, is best (the dual (u, v) = (-1, 0) proves it: h = slope + lam d^2 left of the edge,
    lam d^2 >= lam a^2 >= slope beyond)."""
    a = np.linspace(0.0, 2.5 * np.sqrt(slope / lam), 101)
    near = 2.0 * a * np.sqrt(slope * lam) - lam * a**2
    holds(ramp(slope), -a, lam, np.where(a <= np.sqrt(slope / lam), near, slope))


@pytest.mark.parametrize("slope, lam", [(1.0, 1.0), (3.0, 0.2), (0.1, 5.0)])
def test_absolute_value_at_every_distance(slope: float, lam: float) -> None:
    """At distance a from the kink: an atom just across it and one at b from the kink, b > a, weights (b-a)/b and a/b:
    slope (2a/b - 1)+ + lam a (b - a). Unconstrained, b = sqrt(2 slope/lam) =: w, giving
    2 a sqrt(2 slope lam) - slope - lam a^2; it needs 2a >= b for a mean >= 0, else b = 2a: lam a^2; and a <= b, else
    the point mass, slope."""
    w = np.sqrt(2.0 * slope / lam)
    a = np.linspace(0.0, 2.0 * w, 161)
    middle = 2.0 * a * np.sqrt(2.0 * slope * lam) - slope - lam * a**2
    value = np.where(2.0 * a <= w, lam * a**2, np.where(a <= w, middle, slope))
    holds(absolute(slope), a, lam, value)
    holds(absolute(slope), -a, lam, value)


@pytest.mark.parametrize("curvature", [3.0, -2.0, 0.0])
def test_quadratic(curvature: float) -> None:
    """f' is affine, so E f'(y) = f'(x) whatever the law: the point mass is best, |curvature x|."""
    x = np.linspace(-2.0, 2.0, 21)
    holds(affine([], [0.0], [0.0], [curvature]), x, 0.7, np.abs(curvature * x))


def test_triangle_wave() -> None:
    """Small teeth: E f' = 0 is best. x lies a beyond a minimum and b before a maximum. Half of the mass must sit where
    f' < 0: at -a (w1) or at +b (w2), the other half at c; mean 0 gives w1 = (c+b)/(2(a+b)), w2 = (a-c)/(2(a+b)) and
    spread ab/2 + c(a-b)/2 + c^2/2, least at c = (b-a)/2 if that is <= a (w2 >= 0), else c = a: a^2; by symmetry b and a
    change places when a > 3b."""
    period, lam = 2.0, 0.1
    a = np.linspace(0.0, period / 2, 81)
    b = period / 2 - a
    spread = np.where(b > 3 * a, a**2, np.where(a > 3 * b, b**2, a * b / 2 - (b - a) ** 2 / 8))
    holds(triangle(period), a, lam, lam * spread)
    holds(triangle(period), -a, lam, lam * spread)


def test_a_jump_across_zero_or_a_zero_is_stationary() -> None:
    """At the kink of |x| both one-sided limits are available to y: mean 0 without spread."""
    found = measure_scalar(absolute(2.0), np.zeros(1), 1.0)
    assert found.upper[0] == pytest.approx(0.0, abs=1e-13) and found.lower[0] == 0.0
    flat = affine([0.0], [-1.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    assert (measure_scalar(flat, np.linspace(-1, 1, 5), 1.0).upper == 0.0).all()
    verify(found, absolute(2.0), np.zeros(1), 1.0)


@pytest.mark.parametrize("height, frequency, lam", [(2.0, 1.0, 1.0), (5.0, 4.0, 0.5)])
def test_smooth_slopes_agree_with_a_linear_programme(height: float, frequency: float, lam: float) -> None:
    """On a grid of spacing h the least value over laws on the grid exceeds the measure by at most
    (bend/8 + lam/4) h^2: splitting an atom between its neighbours keeps the mean and moves f' and d^2 by that.
    The grid reaches beyond every optimal atom of the points tested (mass there is checked to vanish)."""
    slope = Cosine(height, frequency)
    x = np.array([0.1, 0.7, 1.3, 2.9])
    found = measure_scalar(slope, x, lam, floor=0.0)
    d = np.linspace(-8.0, 8.0, 3201)
    error = (slope.bend / 8 + lam / 4) * (d[1] - d[0]) ** 2
    for point, low, high in zip(x, found.lower, found.upper, strict=True):
        g = slope.derivative(point + d)
        cost = np.concatenate([lam * d**2, [1.0, 1.0]])
        equal = np.stack([np.append(np.ones_like(d), [0, 0]), np.append(d, [0, 0]), np.append(g, [-1, 1])])
        answer = linprog(cost, A_eq=equal, b_eq=[1.0, 0.0, 0.0])
        assert answer.x is not None and answer.x[0] == answer.x[-3] == 0.0
        assert low - 1e-9 <= answer.fun and answer.fun - error - 1e-9 <= high
    verify(found, slope, x, lam)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["triangle", "huber", "cosine", "saw"]))
def test_weak_duality(seed: int, name: str) -> None:
    """Any law with mean x lies above `lower`; any (u, v) with |u| <= 1 proves at most `upper`; sampled values of the
    dual's function never fall below dual_value."""
    rng = np.random.default_rng(seed)
    slopes: dict[str, PiecewiseSlope | Cosine] = {
        "triangle": triangle(1.0),
        "huber": affine([-0.3, 0.3], [-1, 0, 1], [-2, 0, 2], [0, 2 / 0.3, 0]),
        "cosine": Cosine(2.0, 3.0),
        "saw": affine([-1.0, 0.5], [-2.0, 0.0, 2.0], [1.0, -1.0, 3.0], [0.0, 4.0, -1.0]),
    }
    slope, x = slopes[name], rng.normal(size=8)
    lam = float(10.0 ** rng.uniform(-2, 2))
    found = measure_scalar(slope, x, lam)
    near = 10.0 ** rng.uniform(-3, 1, size=(2, 400)) * np.array([[-1.0], [1.0]])
    weight = np.stack([near[1], -near[0]]) / (near[1] - near[0])
    for k, point in enumerate(x):
        mean = (weight * slope.derivative(point + near)).sum(axis=0)
        spread = lam * (weight * near**2).sum(axis=0)
        mixed = np.abs(mean[:200] + mean[200:]) / 2 + (spread[:200] + spread[200:]) / 2
        here = abs(float(slope.derivative(np.array(point))))
        assert found.lower[k] <= min((np.abs(mean) + spread).min(), mixed.min(), here) + 1e-12
        u, v = rng.uniform(-1, 1), rng.normal() * 3
        value = dual_value(slope, point, lam, u, v)
        assert value <= found.upper[k]
        d = near.ravel()
        assert value <= (u * slope.derivative(point + d) + lam * d**2 - v * d).min()


@pytest.mark.parametrize("factor", [1e-100, 1e-9, 1.0, 1e9, 1e100])
@pytest.mark.parametrize("stretch", [2.0**-20, 1.0, 2.0**20])
def test_scaling(factor: float, stretch: float) -> None:
    """F -> factor F(x/stretch), lam -> factor lam/stretch^3, x -> stretch x multiplies it by factor/stretch."""
    x = np.array([0.05, 0.21, 0.4, 0.8, 1.7])
    base = measure_scalar(triangle(1.0), x, 0.7, 1e-9, 0.0)
    slope = triangle(stretch, slope=factor / stretch)
    moved = measure_scalar(slope, stretch * x, 0.7 * factor / stretch**3, 1e-9, 0.0)
    ratio = factor / stretch
    np.testing.assert_allclose(moved.upper / ratio, base.upper, rtol=3e-9)
    np.testing.assert_allclose(moved.lower / ratio, base.lower, rtol=3e-9)
    smooth = Cosine(2.0 * factor / stretch, 1.0 / stretch)
    moved = measure_scalar(smooth, stretch * x, 0.7 * factor / stretch**3, 1e-7, 0.0)
    base = measure_scalar(Cosine(2.0, 1.0), x, 0.7, 1e-7, 0.0)
    np.testing.assert_allclose(moved.upper / ratio, base.upper, rtol=3e-7)


def test_translation() -> None:
    """F(x - s) at x + s, far from the origin."""
    s, x = 2.0**20, np.arange(1, 30) / 64.0
    moved = replace(triangle(1.0), breaks=triangle(1.0).breaks + s, anchors=triangle(1.0).anchors + s)
    a, b = measure_scalar(triangle(1.0), x, 0.7, 1e-9, 0.0), measure_scalar(moved, x + s, 0.7, 1e-9, 0.0)
    np.testing.assert_allclose(a.upper, b.upper, rtol=2e-9)  # both within 1e-9 of the same number


@pytest.mark.parametrize("slope", [triangle(1.0), Cosine(2.0, 3.0)], ids=["triangle", "cosine"])
def test_lam_tiny_and_huge(slope: PiecewiseSlope | Cosine) -> None:
    """lam -> 0: gradients of both signs mix for nothing; lam -> inf: only the gradient at x counts."""
    x = np.array([0.1, 0.3, 0.45, 0.8])
    here = np.abs(slope.derivative(x))
    small, large = measure_scalar(slope, x, 1e-12, floor=0.0), measure_scalar(slope, x, 1e14, floor=0.0)
    assert (small.upper <= 2e-12).all() and (small.lower >= 0).all()
    np.testing.assert_allclose(large.upper, here, rtol=1e-6)
    np.testing.assert_allclose(large.lower, here, rtol=2e-4)
    extreme = measure_scalar(slope, x, 1e120, floor=0.0)
    np.testing.assert_allclose(extreme.lower, here, rtol=2e-4)


@pytest.mark.parametrize("slope", [triangle(1.0), Cosine(2.0, 3.0)], ids=["triangle", "cosine"])
def test_points_do_not_see_each_other(slope: PiecewiseSlope | Cosine) -> None:
    """Bit for bit the same alone and in any batch."""
    x = np.random.default_rng(1).normal(size=40)
    whole = measure_scalar(slope, x, 0.5)
    for part in (x[:1], x[3:20], x[::-1]):
        some = measure_scalar(slope, part, 0.5)
        where = [int(np.flatnonzero(x == p)[0]) for p in part]
        for name in ("lower", "upper", "offsets", "weights", "gradients", "direction", "tilt"):
            np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[where])


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("lam", (np.zeros(1), 0.0)),
        ("lam", (np.zeros(1), np.inf)),
        ("tolerance", (np.zeros(1), 1.0, 0.0)),
        ("floor", (np.zeros(1), 1.0, 0.1, -1.0)),
        ("x", (np.zeros((1, 1)), 1.0)),
        ("x", (np.array([np.nan]), 1.0)),
        ("lam", (np.ones(1), 1e300)),
    ],
)
def test_bad_input(name: str, arguments: tuple[Array, float]) -> None:
    with pytest.raises((ValueError, TypeError), match=name):  # TypeError where annotations are checked
        measure_scalar(absolute(1.0), *arguments)
    assert measure_scalar(absolute(1.0), np.zeros(0), 1.0).lower.shape == (0,)
