"""What the tables of test_objective_formulas.py do not reach: zeros, where Dips is lowest, noise that is none."""

from __future__ import annotations

import numpy as np
import pytest

from objectives.dips import Dips
from objectives.noise import Exact
from objectives.ramps import Ramp
from objectives.separable import hinge
from objectives.smooth import Huber

FINE = Dips(2, (0.3, 0.2), (1.0, 0.6), 30.0, 0.9, (1.0, 2.0), (0.2, 0.0))


def test_the_lowest_place_of_dips():
    """Where F is 0 and its gradient too, in every coordinate: below every other point of a fine grid."""
    lowest = FINE.lowest
    assert FINE.value(lowest) == pytest.approx(0.0, abs=1e-12) and FINE.grad(lowest) == pytest.approx(0.0, abs=1e-12)
    t = np.linspace(-1.0, 4.0, 5001)
    for k in range(2):
        x = np.tile(lowest, (len(t), 1))
        x[:, k] = t
        assert t[FINE.value(x).argmin()] == pytest.approx(lowest[k], abs=1e-3)


def test_a_ramp_with_a_coordinate_that_is_nothing_but_noise():
    """Slope 0, be it with a kink or a corner: L = H = 0, and nothing to descend."""
    for corner in (0.0, 0.5):
        flat = Ramp(slope=0.0, corner=corner).constants
        assert (flat.gap, flat.lipschitz, flat.smoothness, flat.hessian_lipschitz) == (0.0, 0.0, 0.0, 0.0)
    both = Ramp(dim=2, slope=(0.0, 2.0), corner=(0.0, 0.5)).constants
    assert (both.smoothness, both.hessian_lipschitz) == (4.0, np.inf)
    assert both.coordinate_lipschitz.tolist() == [0.0, 2.0]


def test_a_huber_loss_with_a_coordinate_that_is_nothing_but_noise():
    """The same: where the slope is 0 there is no curvature, and none that jumps."""
    flat = Huber(slope=0.0).constants
    assert (flat.gap, flat.lipschitz, flat.smoothness, flat.hessian_lipschitz) == (0.0, 0.0, 0.0, 0.0)
    assert Huber(dim=2, slope=(0.0, 2.0)).constants.hessian_lipschitz == np.inf


def test_a_corner_that_is_hardly_there():
    """Its slopes lie between those beside it, though its ends are rounded: 1000 + 2e-13 is 2.3e-13 further."""
    ramp = Ramp(slope=3.0, length=1000.0, corner=2e-13)
    found = ramp.grad(np.array([[np.nextafter(1000.0, 0.0)], [1000.0], [1000.0 + 1.2e-13], [1000.0 + 2.4e-13]]))[:, 0]
    assert found[:2].tolist() == [-3.0, -3.0] and -3.0 < found[2] < 0.0 == found[3]


def test_no_noise():
    """Is zeros, whatever stood there."""
    raw = np.full((3, 2), np.nan)
    Exact().fill(np.random.default_rng(0), raw)
    assert raw.tolist() == [[0.0, 0.0]] * 3


def test_zeros_of_a_hinge():
    """Of either sign it gives the same back."""
    assert np.signbit(hinge(np.array([-0.0, 0.0, -1.0]))).tolist() == [True, False, False]
