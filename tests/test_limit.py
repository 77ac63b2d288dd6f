"""The flow that Algorithm 1 becomes for large C: closed forms, its identities, and the algorithm itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from objectives.dips import Dips
from objectives.ramps import Ramp
from objectives.smooth import CosineWell, Huber
from simulation.limit import TOLERANCES, _read, _states, flow
from stationarity import measure_separable
from theory.limit import limit_descent, limit_spread

REACH = 0.25


def test_a_straight_ramp_is_known():
    """x and xbar in closed form, all norms 1."""
    times = np.array([1e-3, 0.5, 3.0, 30.0])
    found = flow(Ramp(1, 1.0, 80.0, 1.0), REACH, times)
    assert_allclose(found.x[:, 0], REACH * times, rtol=1e-8)
    lag = 1.0 - times * np.exp(-times) / -np.expm1(-times)
    assert_allclose(found.xbar[:, 0], REACH * (times - lag), rtol=1e-6)
    for ones in (found.norm, found.norm_mean, found.gradient_mean):
        assert_allclose(ones, 1.0, rtol=1e-8)
    assert_allclose(found.pull, -np.expm1(-times), rtol=1e-8)


def test_an_affine_slope_is_known():
    """On f' = -(5 - x) at constant speed the average of the gradients seen is the gradient at the average."""
    times = np.linspace(0.5, 12.0, 5)
    objective = Huber(1, 20.0, 20.0, -5.0)
    found = flow(objective, REACH, times)
    assert_allclose(found.norm, np.abs(objective.grad(found.xbar)[:, 0]), rtol=1e-7)
    assert_allclose(found.norm_mean, found.gradient_mean, rtol=1e-7)


@pytest.mark.parametrize(
    "objective",
    [
        Huber(3, (2.0, 0.7, 0.3), 1.0, (0.6, 2.0, -1.0)),
        CosineWell(2, (1.5, 0.5), (1.0, 2.0), (1.0, -1.2)),
        CosineWell(1, 1.0, 1.0, 0.5),  # m changes its sign on the way
        Dips(2, 0.045, 1.7, 2.0, 4.7, 1.0, (0.0, 0.5)),
    ],
    ids=["huber", "wells", "well", "dips"],
)
def test_lemma7_is_an_equality(objective):
    """The descent is what theory says, to the solver's error."""
    times = np.linspace(1.0, 9.0, 3)
    found = flow(objective, REACH, times)
    drop = objective.value(objective.start) - objective.value(found.x)
    assert found.error < 3e-4
    assert_allclose(limit_descent(REACH, times * found.pull_mean, found.pull), drop, atol=found.error + 1e-7)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_error_is_the_largest_change(side):
    """Upwards or downwards, of any of the numbers, from the coarse tolerance to the fine one."""
    objective, times = CosineWell(1, 1.0, 1.0, 0.5 * side), np.linspace(1.0, 9.0, 3)
    coarse, fine = (_read(objective, times, _states(objective, REACH, times, each)) for each in TOLERANCES)
    names = ("x", "xbar", "norm", "norm_mean", "gradient_mean", "pull", "pull_mean")
    changes = np.concatenate([(getattr(fine, name) - getattr(coarse, name)).ravel() for name in names])
    found = flow(objective, REACH, times)
    assert found.error == np.abs(changes).max() > 0.0
    assert found.x.tolist() == fine.x.tolist() != coarse.x.tolist()
    assert TOLERANCES[1] == pytest.approx(TOLERANCES[0] / 100)


def test_the_flow_is_the_algorithm_with_tiny_steps():
    """Algorithm 1 written down, a_t = 1 and D = r0/1000."""
    objective, rate = Huber(2, (2.0, 0.7), 1.0, (0.6, 2.0)), 1e-3
    x, first, second, summed, weight = objective.start.copy(), np.zeros(2), 0.0, np.zeros(2), 0.0
    for _ in range(4000):
        size = max(np.linalg.norm(first), np.sqrt(second))
        x = x - rate * REACH * (first / size if size > 0 else 0.0)
        grad = objective.grad(x)
        first, second = (1 - rate) * first + grad, (1 - rate) ** 2 * second + grad @ grad
        summed, weight = (1 - rate) * summed + x, (1 - rate) * weight + 1.0
    found = flow(objective, REACH, np.array([4.0]))
    assert_allclose(x, found.x[0], atol=2e-3)
    assert_allclose(summed / weight, found.xbar[0], atol=2e-3)
    assert_allclose(np.linalg.norm(first) / weight, found.norm[0], atol=5e-3)


def test_nothing_moves_on_the_floor():
    """Where the gradient is 0 the flow stays."""
    found = flow(CosineWell(2, 1.0, 1.0, 0.0), REACH, np.array([5.0]))
    assert not found.x.any() and not found.norm.any() and found.error == 0.0


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.floats(0.0, np.pi / 2), st.floats(0.01, 10.0))
def test_the_spread_of_a_helix(alpha, omega):
    """By quadrature over ages, and never more than that of a straight line."""
    nodes, weights = np.polynomial.laguerre.laggauss(120) if omega < 2.0 else _midpoints()
    path = REACH * np.stack(
        [
            np.cos(alpha) * nodes,
            np.sin(alpha) / omega * np.cos(omega * nodes),
            np.sin(alpha) / omega * np.sin(omega * nodes),
        ]
    )
    mean = path @ weights
    spread = np.square(path - mean[:, None]).sum(axis=0) @ weights
    assert_allclose(limit_spread(REACH, alpha, omega), spread, rtol=1e-5)
    assert spread <= REACH**2 * (1.0 + 1e-6)


def _midpoints():
    nodes = (np.arange(100_000) + 0.5) * 4e-4
    return nodes, np.exp(-nodes) * 4e-4


def test_dips_are_what_they_are_for():
    """With |f'''| = 2 lam the certified measure is |f'|, which averages above the average of f' that passes a dip."""
    dips = Dips(1, 0.045, 1.7, 2.0, 4.7, 3.0)
    points = np.linspace(0.0, dips.lowest[0], 201)[:, None]
    size = np.abs(dips.grad(points)[:, 0])
    bracket = measure_separable(dips.slopes(), points, 1.0, "l2", 1e-4, 1.0)
    assert (bracket.lower <= size * (1.0 + 1e-9)).all() and (bracket.upper >= bracket.lower).all()
    assert (size - bracket.lower).max() < 3e-4
    period = 4.7 / REACH
    found = flow(dips, REACH, np.array([1.0, 2.0]) * period)
    assert_allclose(np.diff(found.x[:, 0]), 4.7, rtol=1e-6, err_msg="it is turned back")
    excess = np.diff((found.gradient_mean - found.norm_mean) * found.times)[0] * REACH
    assert_allclose(excess, 8.0 / 3.0 * 0.045**1.5, rtol=1e-3)  # twice the area of a dip


def test_deep_dips_are_not_passed():
    """Below r0^2 |f'''|/2 = 1/16 the average changes its sign, and the flow turns back: what stops a run."""
    ends = [flow(Dips(1, depth, 1.7, 2.0, 4.7, 1.0), REACH, np.array([12.0])).x[0, 0] for depth in (0.058, 0.065)]
    assert ends[0] > 2.9 and ends[1] < 2.2


@pytest.mark.parametrize(
    ("arguments", "name"),
    [({"dips": 1.5}, "dips"), ({"depth": 2.0}, "depth"), ({"period": 3.0}, "period"), ({"bend": 0.0}, "bend")],
)
def test_dips_refuse(arguments, name):
    """Bad arguments, in one line that names them."""
    with pytest.raises(ValueError, match=rf"dips\.{name} = ") as caught:
        Dips(**arguments)
    assert "\n" not in str(caught.value)
