"""The boxes of stationarity/branch_and_bound.py, and their search: bounds, and as good as they say.

Each is compared with the formula of its docstring written out box by box, or with the least value that plain search finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from objectives.base import Constants
from objectives.smooth import CosineWell, Huber
from stationarity.branch_and_bound import Local

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


def test_no_direction_and_no_bend(monkeypatch):
    """u = 0 where nothing is known of the bend: what is left is the parabola."""
    monkeypatch.setattr(Local, "bend", lambda self, centre, half: np.full(len(centre), np.inf))
    local = Local(Cubes(), np.zeros(1), 1.0, 100)
    assert_allclose(local._boxes(np.zeros(1), np.ones(1), np.array([[0.5], [3.0]]), 1.0)[2], [-0.25, 2.0])


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
