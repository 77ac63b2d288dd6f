"""What stationarity/bracket.py proves: dual values to the last digits, as far as they have to look, and laws that are none."""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import numpy as np
import pytest

from objectives.base import PiecewiseSlope
from objectives.smooth import SineSlope
from stationarity import dual_value
from stationarity.oracle import build as oracle_of

EPS = 2.0**-52


@dataclass(frozen=True)
class Level:
    """f' = 1, with a bound of |f'| that is as generous as one likes."""

    height: float
    bend: float = 0.0

    def derivative(self, t):
        return np.ones(np.shape(t))


@dataclass(frozen=True)
class Step:
    """f' = height up to `place` and -height beyond, within a width of 1/steep: what every reach has to allow for."""

    place: float
    height: float = 1.5
    steep: float = 200.0

    @property
    def bend(self):
        return 2.0 * self.height * self.steep**2  # |tanh'''| <= 2

    def derivative(self, t):
        return self.height * np.tanh(self.steep * (self.place - t))


@dataclass(frozen=True)
class Mirrored:
    """f'(-t)."""

    of: Step

    @property
    def height(self):
        return self.of.height

    @property
    def bend(self):
        return self.of.bend

    def derivative(self, t):
        return self.of.derivative(-t)


@pytest.mark.parametrize("v", [3.0, -3.0, 3e5])
@pytest.mark.parametrize("u", [0.4, -0.4])
@pytest.mark.parametrize("x", [0.7, -0.7])
def test_what_a_dual_value_of_a_smooth_slope_takes_off(x, u, v):
    """The infimum of u + lam d^2 - v d is u - v^2/(4 lam): less 32 eps (|u| height + v^2/lam + lam reach^2)."""
    lam, height = 0.5, 1e10
    reach = (abs(v) + np.sqrt(v * v + 8.0 * lam * abs(u) * height)) / (2.0 * lam)
    off = 32.0 * EPS * (abs(u) * height + v * v / lam + lam * reach**2)
    assert (u - v * v / (4.0 * lam)) - dual_value(Level(height), x, lam, u, v) == pytest.approx(off, rel=0.05)


@pytest.mark.parametrize(
    "slope, bend, anchor, x, u, v",
    [
        (3e6, 0.0, 0.0, 0.3, -1.0, 0.0),
        (-3e6, 0.0, 0.0, 0.3, 1.0, 0.0),
        (3.0, -2.0, 1e6, 9e5, -0.7, 0.0),
        (3.0, 2.0, -1e6, -9e5, 0.7, 0.0),
        (1.0, 1e6, 2.0, 2.0, 1.0, 0.0),
        (1.0, -1e6, 2.0, 2.0, -1.0, 1e5),
        (1.0, 0.0, 0.0, 0.3, 0.5, 1e4),
        (1.0, 0.0, 0.0, 0.3, 0.5, -1e4),
    ],
)
def test_what_a_dual_value_of_pieces_takes_off(slope, bend, anchor, x, u, v):
    """32 eps (|u| (|slope| + |curvature| (|x - anchor| + |d|)) + |d| (lam |d| + |v|)) at the vertex d."""
    lam = 0.25
    line = PiecewiseSlope(np.zeros(0), np.array([anchor]), np.array([slope]), np.array([bend]))
    with mpmath.workdps(60):
        s, c, a, at, m, p, q = (mpmath.mpf(each) for each in (slope, bend, anchor, x, lam, u, v))
        d = (q - p * c) / (2 * m)
        true = p * (s + c * (at - a + d)) + d * (m * d - q)
        size = abs(p) * (abs(s) + abs(c) * (abs(at - a) + abs(d))) + abs(d) * (m * abs(d) + abs(q))
        off = float(true - mpmath.mpf(dual_value(line, x, lam, u, v)))
        assert off == pytest.approx(32.0 * EPS * float(size), rel=0.1)


def test_how_near_a_dual_value_comes():
    """1e-13 (|u| height + v^2/lam), in whatever units."""
    slope, u = SineSlope(2.0, 3.0), 0.8
    for lam, v in ((1e4, 3e4), (10.0, 0.0), (1.0, 0.5)):
        d = (v - np.linspace(-1.01, 1.01, 4_000_001) * 6.0 * u) / (2.0 * lam)  # where the derivative vanishes
        true = (u * slope.derivative(0.4 + d) + d * (lam * d - v)).min()
        off = true - dual_value(slope, 0.4, lam, u, v)
        assert 0.0 < off <= 2e-13 * (2.0 * u + v * v / lam) + 1e-11


def infima(slope, x, lam, u, v):
    """What the checker and the oracle say, in units of f'."""
    oracle = oracle_of(slope, np.array([x]), lam)
    size, length = oracle.scale[0], oracle.length[0]
    found = oracle.minimise(np.zeros(1, int), np.array([u]), np.array([v * length / size]), np.array([1e-9]))
    return dual_value(slope, x, lam, u, v), size * float(found.lower[0])


@pytest.mark.parametrize("x", [0.0, 1.0, -2.0])
@pytest.mark.parametrize("v", [0.0, 0.2, -0.2])
def test_as_far_as_one_has_to_look(x, v):
    """A slope that falls from one end of its range to the other shortly before the value would come back to that at x:
    there is the infimum, and both come as near to it as they say."""
    lam, u, height = 0.5, 0.8, 1.5
    reach = (abs(v) + np.sqrt(v * v + 8.0 * lam * u * height)) / (2.0 * lam)
    for side in (1.0, -1.0):
        if side * v >= 0.0:
            step = Step(0.95 * reach + side * x)
            slope = step if side > 0.0 else Mirrored(step)
            d = side * np.linspace(0.9 * reach, reach, 2_000_001)
            true = (u * slope.derivative(x + d) + d * (lam * d - v)).min()
            assert true < u * height - v * v / (4.0 * lam) - 0.05 * u * height  # it is not at the parabola's foot
            for found in infima(slope, x, lam, u, v):
                assert true - 2e-9 <= found <= true


@pytest.mark.parametrize("x", [2.0**44, -(2.0**44)])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_float_or_two_farther(x, side):
    """Far from 0, where the ends of what is looked at are rounded: the slope falls two floats before the last."""
    lam, u, height, ulp = 0.5, 0.8, 1.5, 2.0**-8
    reach = np.sqrt(8.0 * lam * u * height) / (2.0 * lam)
    step = Step(side * x + reach - 2.5 * ulp, steep=1e5)
    slope = step if side > 0.0 else Mirrored(step)
    y = x + side * (np.floor(reach / ulp) + np.arange(-9.0, 2.0)) * ulp
    true = (u * slope.derivative(y) + lam * (y - x) ** 2).min()
    assert true < u * height - 1e-3
    assert max(infima(slope, x, lam, u, 0.0)) <= true
