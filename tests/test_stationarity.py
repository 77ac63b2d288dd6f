"""The measure: closed forms, an independent LP, duality, invariances, extremes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from objectives import OBJECTIVES, build
from simulation.stationarity import measure


def value(objective, x, lam, norm="l2", tolerance=1e-3):
    bracket = measure(
        objective, np.atleast_2d(np.asarray(x, float).reshape(-1, len(objective.start))), lam, norm, tolerance
    )
    assert (bracket.lower <= bracket.upper).all()
    assert (bracket.upper - bracket.lower <= tolerance + 1e-4 * bracket.upper).all()
    return bracket


def test_ramp_closed_form():
    """A ramp of slope s, floor at distance D ahead, lam = 1: mass w at the floor's edge costs w D^2/(1-w) and saves s w.

    On the flat side 0. On the ramp: min over w in [0,1) of s (1 - w) + D^2 w/(1-w) (two atoms, the other behind x):
    stationary where s = D^2/(1-w)^2, so w = 1 - D/sqrt s if D < sqrt s, value 2 D sqrt s - D^2; else s.
    """
    s, edge = 2.0, 10.0
    objective = build(OBJECTIVES, "ramp", {"slope": s, "length": edge})
    distance = np.linspace(0.0, 3.0, 61)
    want = np.where(distance < np.sqrt(s), 2 * distance * np.sqrt(s) - distance**2, s)
    np.testing.assert_allclose(value(objective, edge - distance, 1.0).upper, want, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(value(objective, edge + distance + 1e-9, 1.0).upper, 0.0, atol=1e-9)


def test_absolute_value_closed_form():
    """s|x| at distance D from the kink, lam = 1. Mass w at 0 (taking the slope -s there) and the rest at D/(1-w):

    E f' = s (1 - 2w) >= 0 for w <= 1/2, cost D^2 w/(1-w): stationary at 2 s = D^2/(1-w)^2, w = 1 - D/sqrt(2s), value
    s - 2 s w + D^2 w/(1-w) = 2 D sqrt(2s) - s - D^2 while w in [0, 1/2]; below D = sqrt(2s)/2, w = 1/2 and D^2.
    """
    s = 1.5
    objective = build(OBJECTIVES, "capped_abs", {"slope": s, "begin": 1.0, "cap": 1e6})
    d = np.linspace(0.0, 3.0, 61)
    middle = 2 * d * np.sqrt(2 * s) - s - d**2
    want = np.where(d < np.sqrt(2 * s) / 2, d**2, np.where(d < np.sqrt(2 * s), middle, s))
    for sign in (1.0, -1.0):
        np.testing.assert_allclose(value(objective, sign * d, 1.0).upper, want, rtol=1e-9, atol=1e-9)


def test_quadratic_closed_form():
    """Where f' is affine, spreading changes nothing: the measure is |f'(x)| (Huber, far inside a wide basin)."""
    objective = build(OBJECTIVES, "huber", {"slope": 1e3, "width": 1e3, "begin": 1.0})
    x = np.linspace(-2, 2, 21)
    np.testing.assert_allclose(value(objective, x, 1.0).upper, np.abs(x), atol=1e-8)


def test_triangle_wave_small_period():
    """Minimum at distance a on one side, maximum at m - a on the other, steep slopes: E f' must be (nearly) 0.

    Half of the mass sits on falling pieces, r of it at the maximum and 1/2 - r at the minimum; the other half at
    2 (a - r m) from the minimum. Spread (1/2 - r) a^2 + r (m - a)^2 + (a - 2 r m)^2/2 is least at r = a/m - 1/4,
    clipped to [0, 1/2].
    """
    m = 0.2
    objective = build(OBJECTIVES, "triangle_wave", {"slope": 5.0, "period": 2 * m, "begin": 0.1, "teeth": 6})
    a = np.linspace(0.0, m, 21)
    r = np.clip(a / m - 0.25, 0.0, 0.5)
    want = (0.5 - r) * a**2 + r * (m - a) ** 2 + 0.5 * (a - 2 * r * m) ** 2
    np.testing.assert_allclose(value(objective, a, 1.0).upper, want, atol=1e-9)


CASES = [
    ("ramp", {"slope": 2.0, "length": 1.0, "corner": 0.7}, 0.4),
    ("capped_abs", {"slope": 1.5, "begin": 1.0, "cap": 2.0}, 1.0),
    ("triangle_wave", {"slope": 1.0, "period": 1.5, "begin": 0.3}, 0.8),
    ("two_slope_ramp", {"steep": 3.0, "gentle": 1.0, "edge": 0.5, "length": 1.0}, 1.0),
    ("cosine_well", {"slope": 2.0, "frequency": 1.3, "begin": 1.0}, 0.7),
    ("geman_mcclure", {"height": 2.0, "width": 0.8, "begin": 1.0}, 0.5),
]


def program(objective, x, lam, reach=6.0, count=4001):
    """The primal on a grid that contains the kinks from both sides, by HiGHS: min t + lam sum w d^2, |sum w f'| <= t."""
    d = np.linspace(-reach, reach, count)
    slope = objective.slopes()[0]
    if hasattr(slope, "breaks"):
        d = np.union1d(d, np.concatenate([slope.breaks - x - 1e-9, slope.breaks - x + 1e-9]))
    grad = slope.derivative(x + d)
    cost = np.append(lam * d**2, 1.0)
    above = np.array([np.append(grad, -1.0), np.append(-grad, -1.0)])
    equal = np.array([np.append(np.ones_like(d), 0.0), np.append(d, 0.0)])
    return optimize.linprog(cost, above, [0, 0], equal, [1, 0], bounds=(0, None)).fun


@pytest.mark.parametrize(("name", "arguments", "lam"), CASES)
def test_agrees_with_linear_program(name, arguments, lam):
    """HiGHS on a fine grid can only be above, and is hardly so."""
    objective = build(OBJECTIVES, name, arguments)
    x = np.array([-1.3, 0.05, 0.4, 0.9, 1.7])
    bracket = value(objective, x, lam)
    grid = np.array([program(objective, point, lam) for point in x])
    assert (bracket.lower <= grid + 1e-7).all()
    np.testing.assert_allclose(bracket.upper, grid, atol=2e-3)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_certificates_prove_it(norm):
    """The atoms have mean x and the value `upper`; the dual pair bounds every distribution, random ones included."""
    rng = np.random.default_rng(0)
    objective = build(
        OBJECTIVES, "triangle_wave", {"dim": 3, "slope": [2.0, 1.0, 0.2], "period": [1.0, 2.0, 0.7], "begin": 0.2}
    )
    x, lam = rng.uniform(-1, 1, (6, 3)), 0.6
    b = measure(objective, x, lam, norm)
    np.testing.assert_allclose(b.weights.sum(axis=2), 1.0, rtol=1e-12)
    np.testing.assert_allclose((b.weights * b.atoms).sum(axis=2), x, atol=1e-9)
    mean = (b.weights * b.gradients).sum(axis=2)
    size = np.abs(mean).sum(axis=1) if norm == "l1" else np.linalg.norm(mean, axis=1)
    spread = (b.weights * (b.atoms - x[:, :, None]) ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(size + lam * spread, b.upper, rtol=1e-9, atol=1e-9)
    limit = np.abs(b.direction).max(axis=1) if norm == "l1" else np.linalg.norm(b.direction, axis=1)
    assert (limit <= 1.0 + 1e-12).all()
    y = rng.uniform(-4, 4, (20_000, 3))
    for point, u, v, low in zip(x, b.direction, b.tilt, b.lower, strict=True):  # the dual function at random y
        h = (u * objective.grad(y) + lam * (y - point) ** 2 - v * (y - point)).sum(axis=1)
        assert h.min() >= low - 1e-9
    for scale in (0.01, 0.3, 2.0):  # distributions with mean x
        for i, point in enumerate(x):
            cloud = scale * rng.standard_normal((50, 3))
            cloud = point + cloud - cloud.mean(axis=0)
            grads = objective.grad(cloud).mean(axis=0)
            size = np.abs(grads).sum() if norm == "l1" else np.linalg.norm(grads)
            assert size + lam * np.square(cloud - point).sum(axis=1).mean() >= b.lower[i] - 1e-9
    order = 1 if norm == "l1" else 2
    assert (np.linalg.norm(objective.grad(x), ord=order, axis=1) >= b.lower - 1e-9).all()


def test_l2_closed_form_in_two_coordinates():
    """Far from every kink the measure is ||grad F|| in either norm; where spreading helps, L2 <= L1 <= sqrt(d) L2'."""
    objective = build(OBJECTIVES, "ramp", {"dim": 2, "slope": [3.0, 4.0], "length": 100.0})
    x = np.zeros((1, 2))
    np.testing.assert_allclose(measure(objective, x, 1.0, "l2").upper, 5.0, rtol=1e-9)
    np.testing.assert_allclose(measure(objective, x, 1.0, "l1").upper, 7.0, rtol=1e-9)
    huber = build(OBJECTIVES, "huber", {"dim": 3, "slope": [2.0, 1.0, 0.5], "width": 0.3, "begin": 1.0})
    points = np.random.default_rng(1).uniform(-1, 1, (4, 3))
    l1, l2 = (measure(huber, points, 1.0, norm) for norm in ("l1", "l2"))
    assert (l2.upper - l2.lower <= 1e-4 * np.maximum(l2.upper, 1.0)).all()
    assert (l2.lower <= l1.upper + 1e-9).all()
    wide = measure(huber, points, np.sqrt(3), "l1")  # Lemma 16: (lam, eps) in L2 gives (sqrt d lam, sqrt d eps) in L1
    assert (wide.lower <= np.sqrt(3) * l2.upper + 1e-9).all()


@pytest.mark.parametrize(("name", "arguments", "lam"), CASES[:4])
def test_scaling_law(name, arguments, lam):
    """Powers of two in front of F and lam scale the measure exactly; permuting coordinates permutes nothing."""
    objective = build(OBJECTIVES, name, arguments)
    x = np.linspace(-1.5, 1.5, 13)[:, None]
    key = [k for k in ("slope", "steep") if k in arguments]
    factor = 2.0**-40
    scaled = {k: v * factor if k in (*key, "gentle") else v for k, v in arguments.items()}
    small = measure(build(OBJECTIVES, name, scaled), x, lam * factor)
    np.testing.assert_allclose(small.upper / factor, measure(objective, x, lam).upper, rtol=1e-9, atol=1e-12)


def test_extremes():
    """Zero gradient: 0. A kink: 0. lam huge: the gradient; lam tiny: the convex hull of gradients."""
    flat = build(OBJECTIVES, "ramp", {"slope": 0.0})
    assert measure(flat, np.zeros((1, 1)), 1.0).upper[0] == 0.0
    kink = build(OBJECTIVES, "capped_abs", {"slope": 1.0, "begin": 1.0})
    assert measure(kink, np.zeros((1, 1)), 1.0).upper[0] <= 1e-12
    assert measure(kink, np.full((1, 1), 0.5), 1e12).lower[0] == pytest.approx(1.0)
    assert measure(kink, np.full((1, 1), 0.5), 1e-12).upper[0] <= 1e-11


def test_errors():
    """Not separable, wrong shapes, lam out of range."""
    kink = build(OBJECTIVES, "capped_abs", {})
    with pytest.raises(TypeError, match="separable"):
        measure(build(OBJECTIVES, "max_affine_difference", {}), np.zeros((1, 2)), 1.0)
    with pytest.raises(ValueError, match="shape"):
        measure(kink, np.zeros((1, 2)), 1.0)
    for lam in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="lam"):
            measure(kink, np.zeros((1, 1)), lam)
