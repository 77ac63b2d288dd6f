"""The exam of every objective: its constants are never exceeded and nearly attained, its gradient is its gradient."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import optimize

from objectives import NOISES, OBJECTIVES, build
from objectives.base import Separable

EXAM = {
    "cosine_well": {"dim": 2, "slope": [2.0, 0.5], "frequency": [1.5, 3.0], "begin": [0.7, -1.1]},
    "geman_mcclure": {"dim": 2, "height": [2.0, 0.5], "width": [0.7, 1.3], "begin": 1.4},
    "huber": {"dim": 3, "slope": [2.0, 0.0, 0.3], "width": 0.2, "begin": 1.5},
    "robust_regression": {"dim": 3, "components": 9, "height": 2.0},
    "capped_abs": {"dim": 2, "slope": [2.0, 0.5], "begin": [1.0, -0.7], "cap": 1.8},
    "triangle_wave": {"dim": 2, "slope": [2.0, 0.5], "period": [1.0, 0.7], "begin": 0.2, "teeth": 2},
    "max_affine_difference": {"dim": 2, "inner": 2.0, "outer": 1.2, "width": 0.8, "begin": 1.7},
    "ramp": {"dim": 2, "slope": [2.0, 0.5], "length": 1.3, "corner": [0.4, 0.7]},
    "hump": {"dim": 2, "slope": [2.0, 0.5], "width": [0.8, 1.5]},
    "zigzag": {"dim": 2, "down": [2.0, 0.5], "up": [1.0, 0.7], "fall": 0.6, "rise": 0.4, "teeth": [2.0, 3.0]},
    "eased_ramp": {"dim": 2, "slope": [2.0, 0.5], "length": 0.3, "corner": [1.0, 0.7]},
    "hard_chain": {"dim": 2, "height": 0.7, "width": 0.3},
    "two_slope_ramp": {"dim": 2, "steep": [2.0, 0.5], "gentle": 0.4, "edge": 0.6, "length": 1.1},
}
FINITE_SUMS = {"robust_regression"}
NOT_ATTAINED = FINITE_SUMS | {"hard_chain"}
SLACK = 1.0 + 1e-9
BOX = 4.0


@pytest.fixture(params=sorted(OBJECTIVES), name="name")
def _name(request):
    return request.param


@pytest.fixture(name="objective")
def _objective(name):
    return build(OBJECTIVES, name, EXAM[name])


def points(objective, count=40_000):
    rng = np.random.default_rng(0)
    return rng.uniform(-BOX, BOX, (count, len(objective.start)))


def climbed(function, objective, starts):
    """The largest value a local search finds."""
    best = 0.0
    for x0 in starts:
        found = optimize.minimize(lambda x: -function(x), x0, method="Nelder-Mead", options={"maxiter": 400})
        best = max(best, -float(found.fun))
    return best


def attained(name, value, constant):
    """Never exceeded; within 5 % of it (where the bound need not be attained: within a factor 2)."""
    assert value <= constant * SLACK
    print(f"{name}: found {value:.6g}, certified {constant:.6g}, ratio {value / constant:.4f}")
    assert value >= constant * (0.5 if name in NOT_ATTAINED else 0.95)


def test_lipschitz(name, objective):
    """G and G_i."""
    x = points(objective)
    grads = objective.grad(x)
    norms = np.linalg.norm(grads, axis=1)
    top = x[np.argsort(norms)[-3:]]
    attained(
        name,
        max(norms.max(), climbed(lambda y: np.linalg.norm(objective.grad(y[None])), objective, top)),
        objective.constants.lipschitz,
    )
    for i, constant in enumerate(objective.constants.coordinate_lipschitz):
        if constant == 0:
            assert not grads[:, i].any()
        else:
            attained(name, np.abs(grads[:, i]).max(), constant)


def _quotients(function, objective, constant_norm, step):
    rng = np.random.default_rng(1)
    x = points(objective, 60_000)
    x[::2] *= 0.02  # the steepest curvature of most is at 0
    direction = rng.standard_normal(x.shape)
    direction[::3] = np.eye(x.shape[1])[rng.integers(0, x.shape[1], len(direction[::3]))]
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return constant_norm(function(x + step * direction) - function(x)) / step


def test_smoothness(name, objective):
    """L, as difference quotients of the gradient at several distances; inf where there are kinks."""
    constant = objective.constants.smoothness
    found = max(
        _quotients(objective.grad, objective, lambda d: np.linalg.norm(d, axis=1), step).max()
        for step in (1.0, 0.1, 1e-4)
    )
    if np.isinf(constant):
        assert _quotients(objective.grad, objective, lambda d: np.linalg.norm(d, axis=1), 2e-3).max() > 50
        return
    if name in FINITE_SUMS:
        near = objective.truth + 1e-5 * np.linalg.svd(objective.rows)[2][0]
        found = max(found, np.linalg.norm(objective.grad(near[None])) / 1e-5)
    attained(name, found, constant * (1.0 + 1e-6))


def test_hessian_lipschitz(name, objective):
    """H, as difference quotients of central second differences."""
    constant, h = objective.constants.hessian_lipschitz, 1e-5
    if np.isinf(constant):
        return

    def diagonal(x):
        columns = np.eye(x.shape[1])
        return np.stack(
            [(objective.grad(x + h * e) - objective.grad(x - h * e))[:, i] / (2 * h) for i, e in enumerate(columns)], 1
        )

    found = max(_quotients(diagonal, objective, lambda d: np.abs(d).max(axis=1), step).max() for step in (0.3, 0.02))
    assert found <= constant * (1.0 + 1e-4)
    if name not in FINITE_SUMS:
        assert found >= 0.95 * constant


def test_gradient(name, objective):
    """Central differences away from kinks (where the gradient is constant nearby, or smooth)."""
    x, h = points(objective, 4000), 1e-6
    columns = np.eye(x.shape[1])
    near = np.max(
        [np.abs(objective.grad(x + s * 3 * h * e) - objective.grad(x)).max(axis=1) for e in columns for s in (-1, 1)], 0
    )
    x = x[near < 1e-3]
    assert len(x) > 3000
    differences = np.stack([(objective.value(x + h * e) - objective.value(x - h * e)) / (2 * h) for e in columns], 1)
    np.testing.assert_allclose(objective.grad(x), differences, atol=1e-7)


def test_line_integral(objective):
    """Assumption 2: F(y) - F(x) is the integral of the chosen gradient along the segment, kinks or not."""
    rng = np.random.default_rng(2)
    t = (np.arange(20_000) + 0.5) / 20_000
    for x, y in zip(points(objective, 6), rng.uniform(-BOX, BOX, (6, len(objective.start))), strict=True):
        path = x + t[:, None] * (y - x)
        integral = np.vecdot(objective.grad(path), y - x).mean()
        change = objective.value(y) - objective.value(x)
        assert integral == pytest.approx(float(change), abs=2e-3)


def test_gap(name, objective):
    """Delta = F(start) - inf F: nothing lies lower, and something lies that low."""
    constant = objective.constants.gap
    start = float(objective.value(objective.start))
    box = [(-BOX, BOX)] * len(objective.start)
    found = optimize.differential_evolution(lambda x: float(objective.value(x)), box, seed=0, tol=1e-12, maxiter=150)
    far = 1e6 * np.stack(np.meshgrid(*[[-1.0, 1.0]] * len(objective.start)), axis=-1)
    lowest = min(float(found.fun), float(objective.value(points(objective)).min()), float(objective.value(far).min()))
    assert start - lowest <= constant * SLACK
    assert start - lowest >= constant * (1.0 - 1e-4)


def test_batches_and_out(objective):
    """One point or many: the same bits; `out` is used."""
    x = points(objective, 50)
    whole, out = objective.grad(x), np.empty_like(x)
    assert objective.grad(x, out) is out
    np.testing.assert_array_equal(whole, out)
    np.testing.assert_array_equal(whole, np.concatenate([objective.grad(row[None]) for row in x]))
    values = objective.value(x)
    assert values.shape == (50,)
    np.testing.assert_array_equal(values, np.concatenate([objective.value(row[None]) for row in x]))
    assert objective.grad(x[0]).shape == x[0].shape


def test_slopes(objective):
    """The one-dimensional derivatives of a separable objective agree with its gradient; smooth ones keep their bounds."""
    if not isinstance(objective, Separable):
        return
    x = points(objective, 5000)
    grads = objective.grad(x)
    for i, slope in enumerate(objective.slopes()):
        np.testing.assert_allclose(slope.derivative(x[:, i]), grads[:, i], rtol=1e-12, atol=1e-12)
        if hasattr(slope, "bend"):
            assert np.abs(grads[:, i]).max() <= slope.height * SLACK
            t, h = np.linspace(-BOX, BOX, 4001), 1e-3
            third = (slope.derivative(t + h) - 2 * slope.derivative(t) + slope.derivative(t - h)) / h**2
            assert np.abs(third).max() <= slope.bend * (1 + 1e-5)


def test_extremes(name):
    """At 0, at the start, d = 1, and scales of 1e-100 and 1e100: finite, without warnings."""
    for scale in (1e-100, 1.0, 1e100):
        key = {
            "geman_mcclure": "height",
            "robust_regression": "height",
            "max_affine_difference": "inner",
            "two_slope_ramp": "steep",
            "hard_chain": "height",
            "zigzag": "down",
        }
        arguments = {key.get(name, "slope"): scale, "dim": 1}
        if name == "zigzag":
            arguments["up"] = scale / 2
        if name == "max_affine_difference":
            arguments["outer"] = scale / 2
        if name == "two_slope_ramp":
            arguments["gentle"] = scale / 2
        objective = build(OBJECTIVES, name, arguments)
        for x in (np.zeros((1, 1)), objective.start[None], np.full((1, 1), 1e10)):
            assert np.isfinite(objective.value(x)).all() and np.isfinite(objective.grad(x)).all()
        c = objective.constants
        assert 0 < c.gap < np.inf and 0 < c.lipschitz < np.inf


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("nosuch", {}, "must be one of"),
        ("ramp", {"slop": 1.0}, "ramp takes"),
        ("ramp", {"slope": -1.0}, "slope"),
        ("ramp", {"length": 0.0}, "length"),
        ("ramp", {"slope": float("nan")}, "slope"),
        ("ramp", {"dim": 0}, "dim"),
        ("ramp", {"dim": 2, "slope": [1.0, 2.0, 3.0]}, "2 coordinates"),
        ("ramp", {"slope": "steep"}, "number"),
        ("two_slope_ramp", {"steep": 1.0, "gentle": 2.0}, "gentle"),
        ("capped_abs", {"begin": 5.0, "cap": 2.0}, "begin"),
        ("max_affine_difference", {"inner": 1.0, "outer": 2.0}, "outer"),
        ("robust_regression", {"components": 2, "dim": 4}, "components"),
        ("triangle_wave", {"teeth": -1}, "teeth"),
        ("zigzag", {"teeth": 1.5}, "whole"),
        ("zigzag", {"up": 2.0}, "up"),
    ],
)
def test_bad_arguments(name, arguments, text):
    """One line that names what is wrong."""
    with pytest.raises(ValueError, match=text) as caught:
        build(OBJECTIVES, name, arguments)
    assert "\n" not in str(caught.value)


NOISY = [
    ("none", {}, "huber"),
    ("two_point", {"sigma": 1.3}, "huber"),
    ("gaussian", {"coordinate_sigma": [0.1, 0.0, 2.0]}, "huber"),
    ("sparse", {"probability": 0.3}, "huber"),
    ("minibatch", {}, "robust_regression"),
    ("chain", {"probability": 0.2}, "hard_chain"),
]


@pytest.mark.parametrize(("noise", "arguments", "name"), NOISY)
def test_noise(noise, arguments, name):
    """Unbiased; the variance never above the certified level and, for one oracle at least at some point, near it."""
    objective = build(OBJECTIVES, name, EXAM[name])
    made = build(NOISES, noise, arguments)
    levels = made.levels(objective)
    dim, count, worst = len(objective.start), 200_000, np.zeros(len(objective.start))
    tries = points(objective, 5)
    if noise == "chain":
        tries[:2] = [[0.0, 0.0], [1e3, 0.0]]  # nothing found yet, and one link
    for x in tries:
        rng = np.random.Generator(np.random.SFC64(7))
        raw = np.empty((count, made.width(dim)))
        made.fill(rng, raw)
        batch = np.broadcast_to(x, (count, dim)).copy()
        grad, out = objective.grad(batch), np.empty((count, dim))
        made.stochastic(objective, batch, grad, raw * made.scale(dim), out)
        error = out - grad
        assert np.abs(error.mean(axis=0)).max() <= 5 * max(levels.sigma, 1e-300) / np.sqrt(count)
        variance = np.square(error).mean(axis=0)
        worst = np.maximum(worst, variance)
        assert (variance <= np.square(levels.coordinate_sigma) * 1.02 + 1e-300).all()
        assert variance.sum() <= levels.sigma**2 * 1.02 + 1e-300
    if noise != "minibatch":  # its bound would need every residual at the steepest point at once
        np.testing.assert_allclose(worst, np.square(levels.coordinate_sigma), rtol=0.03, atol=1e-300)


@pytest.mark.parametrize(("noise", "arguments", "name"), NOISY)
def test_noise_stream_has_no_cuts(noise, arguments, name):
    """One long fill or many short ones: the same numbers."""
    made = build(NOISES, noise, arguments)
    whole, parts = np.empty((300, 3)), np.empty((300, 3))
    made.fill(np.random.Generator(np.random.SFC64(3)), whole)
    rng = np.random.Generator(np.random.SFC64(3))
    for cut in (parts[:1], parts[1:8], parts[8:200], parts[200:]):
        made.fill(rng, cut)
    np.testing.assert_array_equal(whole, parts)


def test_noise_that_does_not_fit():
    """Dimension mismatch; a minibatch of what is not a finite sum."""
    huber = build(OBJECTIVES, "huber", {})
    with pytest.raises(ValueError, match="coordinate_sigma"):
        build(NOISES, "gaussian", {"coordinate_sigma": [1.0, 2.0]}).levels(huber)
    with pytest.raises(ValueError, match="needs a chain"):
        build(NOISES, "chain", {}).levels(huber)
    with pytest.raises(ValueError, match="finite sum"):
        build(NOISES, "minibatch", {}).levels(huber)
    with pytest.raises(ValueError, match="probability"):
        build(NOISES, "sparse", {"probability": 0.0})


def test_the_chain_is_a_chain():
    """Definition, sparsity and ||grad F_n|| >= 1 before the end, as arXiv 1912.02365 has them."""
    from scipy.special import ndtr

    chain = build(OBJECTIVES, "hard_chain", {"dim": 4, "height": 1.0, "width": 1.0})
    psi = lambda t: float(np.exp(1 - 1 / (2 * t - 1) ** 2)) if t > 0.5 else 0.0  # noqa: E731
    phi = lambda t: float(np.sqrt(2 * np.pi * np.e) * ndtr(t))  # noqa: E731
    rng = np.random.default_rng(0)
    for x in rng.uniform(-2.5, 2.5, (200, 4)):
        literal = -psi(1) * phi(x[0]) + sum(psi(-a) * phi(-b) - psi(a) * phi(b) for a, b in pairwise(x))
        assert float(chain.value(x)) == pytest.approx(literal, rel=1e-12)
    assert chain.constants.gap <= 12 * 4 and chain.constants.coordinate_lipschitz.max() <= 23
    x = rng.uniform(-2.5, 2.5, (100_000, 4))
    x[:, 2:] *= rng.choice([0.0, 0.04, 1.0], (100_000, 1))
    x[::3, 1:] *= 0.02
    stuck = chain.progress(x, 1.0) < 4
    assert stuck.sum() > 50_000 and np.linalg.norm(chain.grad(x[stuck]), axis=1).min() >= 1.0
    found = chain.progress(x, 0.25)
    assert set(found.tolist()) == {0, 1, 2, 3, 4}
    beyond = np.arange(1, 5) > found[:, None] + 1
    assert not chain.grad(x)[beyond].any()
