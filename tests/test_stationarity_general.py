"""The measure without separability: against the separable solver, duality, and honesty about what is proven."""

from __future__ import annotations

import numpy as np
import pytest

from objectives import OBJECTIVES, build
from simulation.stationarity import measure, measure_general


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_agrees_with_the_separable_solver(norm):
    """Both brackets contain the truth, so they overlap; both are tight, so they agree."""
    objective = build(OBJECTIVES, "cosine_well", {"dim": 2, "slope": [1.0, 0.6], "frequency": [1.5, 2.0], "begin": 0.8})
    for x in (np.array([0.8, 0.3]), np.array([1.7, -0.9])):
        general = measure_general(objective, x, 0.5, norm, tolerance=0.01)
        exact = measure(objective, x[None], 0.5, norm, tolerance=1e-3)
        assert general.certified
        assert general.lower <= exact.upper[0] + 1e-9 and exact.lower[0] <= general.upper + 1e-9
        assert general.upper - general.lower <= 0.03
        np.testing.assert_allclose(general.weights @ general.atoms, x, atol=1e-7)
        assert general.weights.sum() == pytest.approx(1.0)


def test_not_separable():
    """A robust regression is bracketed with proof; a piecewise linear objective is bracketed without, and says so."""
    smooth = build(OBJECTIVES, "robust_regression", {"dim": 2, "components": 6, "height": 2.0})
    found = measure_general(smooth, smooth.start, 0.5, tolerance=0.01)
    assert found.certified and 0 <= found.lower <= found.upper <= np.linalg.norm(smooth.grad(smooth.start[None])) + 1e-9
    assert found.upper - found.lower <= 0.05
    kinked = build(OBJECTIVES, "max_affine_difference", {"dim": 2})
    found = measure_general(kinked, kinked.start, 1.0)
    assert not found.certified and found.upper - found.lower <= 0.02


def test_bad_input():
    """Dimension, shape and lam."""
    objective = build(OBJECTIVES, "huber", {"dim": 4})
    with pytest.raises(ValueError, match="dimensions"):
        measure_general(objective, np.zeros(4), 1.0)
    with pytest.raises(ValueError, match="lam"):
        measure_general(build(OBJECTIVES, "huber", {"dim": 2}), np.zeros(2), 0.0)
