"""What stationarity/bracket.py proves: dual values to the last digits, as far as they have to look, and laws that are none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import mpmath
import numpy as np
import pytest

from objectives.base import PiecewiseSlope
from objectives.smooth import CosineWell, SineSlope
from stationarity import (
    Bracket,
    CertificateError,
    dual_value,
    measure_general,
    measure_scalar,
    measure_separable,
    verify,
)
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


# laws and bounds that are none


def bracket(slope, x=0.75, offsets=(0.0,), weights=(1.0,), gradients=(), u=0.0, v=0.0, lower=0.0, upper=None):
    """Of one point, with atoms of one's own; the gradients are the slope's unless they are said; upper: the law's value."""
    d, w = (np.append(each, np.zeros(4 - len(each)))[None] for each in (offsets, weights))
    g = np.append(gradients, slope.derivative(x + d[0])[len(gradients) :])[None]
    value = abs(float((w * g).sum())) + 0.5 * float((w * d**2).sum())
    point, u, v = np.array([x]), np.array([u]), np.array([v])
    return Bracket(np.array([lower]), np.array([value if upper is None else upper]), point, d, w, g, u, v)


def holds(slope, **given):
    """Whether the checker lets it pass, at lam = 0.5."""
    made = bracket(slope, **given)
    try:
        verify(made, slope, made.point, 0.5)
    except CertificateError:
        return False
    return True


def limits(of):
    """The largest of what passes, up to a factor: what is asked for must lie between the two."""
    good, bad = of(0.8), of(1.25)
    return good and not bad


FLAT = PiecewiseSlope(np.zeros(0), np.zeros(1), np.array([2.0]), np.zeros(1))

HALVES = (0.5, 0.5)


def test_how_exact_a_law_has_to_be():
    """Weights to 32 eps, the mean to 32 eps of E|y - x|, the direction to 32 eps, the value too, `lower` to 1e-8 of
    `upper`: 0.8 times that passes, 1.25 times that does not, on either side where there are two."""
    off = 32.0 * EPS
    for sign in (1.0, -1.0):
        assert limits(lambda k, s=sign: holds(FLAT, weights=(1.0 + s * k * off,), upper=3.0))
        assert limits(
            lambda k, s=sign: holds(FLAT, offsets=(8.0, -8.0 + s * 16.0 * k * off), weights=HALVES, upper=60.0)
        )
        assert limits(lambda k, s=sign: holds(FLAT, u=s * (1.0 + k * off), lower=-9.0))
    assert limits(lambda k: holds(FLAT, upper=2.0 * (1.0 - k * off)))
    assert limits(lambda k: holds(FLAT, u=1.0, upper=4.0, lower=2.0 + k * 4e-8))
    assert not holds(FLAT, weights=(1.5, -0.5), upper=9.0)
    for what in ("weights", "offsets", "gradients"):
        assert not holds(FLAT, **{"upper": 9.0, what: (np.nan,)}), what
    for what in ("x", "u", "v", "lower", "upper"):
        assert not holds(FLAT, **{"upper": 9.0, what: np.nan}), what
    assert not holds(FLAT, offsets=(1.0, -1.0, 0.0), weights=(0.75, 0.25), upper=9.0)
    assert not holds(FLAT, x=2.0, gradients=(2.0 + 1e-6,), upper=9.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("x", [0.75, -0.75])
def test_how_exact_a_gradient_has_to_be(side, x):
    """To 1e-12 of the largest near by; or within what f' is from 16 floats left of the atom to 16 floats right of it, and
    beyond that by what it moves in 8."""
    smooth = SineSlope(2.0, 3.0)
    g = float(smooth.derivative(np.array(x)))
    assert limits(lambda k: holds(smooth, x=x, gradients=(g + side * k * 1e-12 * abs(g),), upper=9.0))
    ulp = 2.0**-53
    jump = PiecewiseSlope(np.array([x]), np.array([x, x]), np.array([1.0, 3.0]), np.zeros(2))
    for floats, seen in ((0, True), (15, True), (17, False), (23, False)):
        at = x + side * (floats + (side < 0.0)) * ulp  # at the break itself it is the right one's
        assert holds(jump, x=at, gradients=(2.0,), upper=9.0) is seen
    far = -1000.0 * side
    jump = PiecewiseSlope(np.array([far]), np.array([far, far]), np.array([1.0, 3.0]), np.zeros(2))
    for floats, seen in ((15, True), (17, False)):
        d = far - x - floats * 2.0**-43
        assert holds(jump, x=x, upper=1e9, offsets=(d, -d), weights=HALVES, gradients=(2.0,)) is seen
    sizes = PiecewiseSlope(np.array([0.0]), np.array([-1.0, 1.0]), np.array([1e-3, -1e6])[:: int(side)], np.zeros(2))
    law = {"offsets": (-1.5, 1.5), "weights": HALVES, "upper": 1e9}  # to 1e-12 of the larger one
    small = sizes.derivative(np.array([x - 1.5, x + 1.5])).copy()
    assert limits(lambda k: holds(sizes, x=x, gradients=tuple(small + k * 1e-6 * (np.abs(small) < 1.0)), **law))
    for bend in (2.0**40, -(2.0**40)):  # 2^-13 a float
        steep = PiecewiseSlope(np.zeros(0), np.array([x]), np.array([1.0]), np.array([bend]))
        assert limits(lambda k, s=steep: holds(s, x=x, gradients=(1.0 + side * k * 24.0 * 2.0**-13,), upper=9.0))
    edge = x + side * 12.0 * ulp  # flat up to 12 floats from the atom, then -5 and steep: the limit there counts
    parts = [[x, edge], [1.0, -5.0], [0.0, side * 2.0**40]]
    beside = PiecewiseSlope(np.array([edge]), *(np.array(part[:: int(side)]) for part in parts))
    assert holds(beside, x=x, gradients=(-5.0,), upper=9.0) and not holds(beside, x=x, gradients=(-12.0,), upper=99.0)


@pytest.mark.parametrize("bad", [0, 1, slice(None)], ids=["first", "second", "both"])
def test_a_bracket_that_does_not_hold(bad):
    """At one of two points, or at both; nor is it about others than its own."""
    x = np.array([0.4, 1.1])
    good, slope = measure_scalar(SineSlope(2.0, 3.0), x, 0.5), SineSlope(2.0, 3.0)
    verify(good, slope, x, 0.5)
    shifted = good.offsets + 1e-6
    for change, text in (
        ({"lower": good.lower + 1e-3}, "lower"),
        ({"upper": good.upper - 1e-3}, "upper"),
        ({"weights": good.weights * 1.001}, "distribution"),
        ({"offsets": shifted, "gradients": slope.derivative(x[:, None] + shifted)}, "mean"),
        ({"gradients": 0.9 * good.gradients}, "gradient"),
        ({"direction": 1.01 * np.sign(good.direction)}, "direction"),
        ({"point": x + 1.0}, "another x"),
    ):
        whole = {name: getattr(good, name).copy() for name in change}
        for name, values in change.items():
            whole[name][bad] = values[bad]
        with pytest.raises(CertificateError, match=text):
            verify(replace(good, **whole), slope, x, 0.5)
    with pytest.raises(CertificateError, match="another x"):
        verify(good, slope, x + 1.0, 0.5)


@pytest.mark.parametrize("norm, inside, outside", [("l1", (0.9, -0.9), (0.3, -1.1)), ("l2", (0.7, -0.7), (0.8, -0.7))])
def test_the_dual_norm(norm, inside, outside):
    """Of L1 the largest |u_i|, of L2 the Euclidean one."""
    well, x = CosineWell(dim=2), np.array([[0.4, 1.1]])
    good = replace(measure_separable(well.slopes(), x, 0.5, norm), lower=np.array([-99.0]))
    verify(replace(good, direction=np.array([inside])), well, x, 0.5, norm)
    with pytest.raises(CertificateError, match="direction"):
        verify(replace(good, direction=np.array([outside])), well, x, 0.5, norm)


def test_separable_brackets_are_proofs():
    """Unless said otherwise a bracket is one."""
    assert measure_scalar(SineSlope(2.0, 3.0), np.array([0.4]), 0.5).certified


def test_atoms_without_weight_and_joint_laws():
    """What has no weight need not hold; of a joint law the least at its atoms refutes a bound that is above it."""
    assert holds(FLAT, offsets=(0.0, 1.0), weights=(1.0, 0.0), gradients=(2.0, 9.0))
    well, x = CosineWell(dim=2, slope=(2.0, 1.0), frequency=(1.0, 2.0)), np.array([0.9, 0.4])
    found = measure_general(well, x, 0.6)
    verify(found, well, x, 0.6)
    assert len(found.weights) > 2
    with pytest.raises(CertificateError, match="lower"):
        verify(replace(found, lower=found.lower + 0.05 * found.upper), well, x, 0.6)
