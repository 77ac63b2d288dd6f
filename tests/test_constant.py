"""The search for the constant of the limit: its shapes, and what is certified of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from experiments.theorem11_constant import DRAW, Examination, draw_shapes, examine_shape
from objectives.dips import Dips
from objectives.smooth import CosineWell
from objectives.wave import Wave
from simulation.limit import flow


def test_a_wave_has_its_constants():
    """The gradient is that of the values; no gradient and no difference quotient is larger than certified."""
    rng, h = np.random.default_rng(0), 1e-6
    for _ in range(5):
        wave = Wave(*rng.uniform(0.3, 2.0, 4))
        x, turn = rng.uniform(-5.0, 5.0, (20_000, 2)), rng.uniform(0.0, np.pi, (20_000, 1))
        sides = [(wave.value(x + h * e) - wave.value(x - h * e)) / (2 * h) for e in np.eye(2)]
        assert_allclose(wave.grad(x), np.stack(sides, 1), atol=1e-8)
        step = h * np.concatenate([np.cos(turn), np.sin(turn)], 1)
        bends = np.linalg.norm(wave.grad(x + step) - wave.grad(x), axis=1) / h
        constants = wave.constants
        assert 0.9 * constants.smoothness <= bends.max() <= constants.smoothness * (1 + 1e-6)
        assert (np.abs(wave.grad(x)) <= constants.coordinate_lipschitz).all()
        assert np.linalg.norm(wave.grad(x), axis=1).max() <= constants.lipschitz


def test_the_average_of_dips_is_known():
    """1 + twice the area of a dip over the period, the gradient's size being the measure."""
    shape, period = DRAW["dips"](np.random.default_rng(3))
    assert isinstance(shape, Dips)
    found = examine_shape(shape, "dips", period, 64, 1e-3)
    assert found is not None and found.closing < 1e-4
    known = 1.0 + 8.0 / 3.0 * float(np.asarray(shape.depth)) ** 1.5 / period
    assert_allclose(found.gradient, known, atol=2e-5)
    assert_allclose([found.lower, found.upper], known, atol=1.5e-3)
    assert found.lower <= found.upper <= 17 / 16


def test_a_search_keeps_what_passes():
    """A dip that is too deep is not passed, and is no candidate."""
    deep = Dips(1, 0.3, 0.7, 2.0, 2.9, 4.0)
    found = Examination("dips", 8, 1e-2)((*draw_shapes("dips", np.random.default_rng(3), 1, deep), (deep, 2.9)))
    assert np.isfinite([values[0] for values in found.values()]).all()
    assert np.isnan([values[1] for values in found.values()]).all()


def test_a_flow_at_rest_is_refused():
    """At a minimum m keeps returning to 0: there is no limit, and the solver would not come to an end."""
    with pytest.raises(ArithmeticError, match="comes to rest"):
        flow(CosineWell(2, (3.0, 2.0), (6.0, 9.0), (0.2, 0.1)), 1.0, np.array([20.0]))
