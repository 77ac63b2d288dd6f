"""Where Dips is lowest (objectives/dips.py; its slope is in test_objective_formulas.py)."""

from __future__ import annotations

import numpy as np
import pytest

from objectives.dips import Dips

FINE = Dips(2, (0.3, 0.2), (1.0, 0.6), 30.0, 0.9, (1.0, 2.0), (0.2, 0.0))


def test_the_lowest_place():
    """Where F is 0 and its gradient too, in every coordinate: below every other point of a fine grid."""
    lowest = FINE.lowest
    assert FINE.value(lowest) == pytest.approx(0.0, abs=1e-12) and FINE.grad(lowest) == pytest.approx(0.0, abs=1e-12)
    t = np.linspace(-1.0, 4.0, 5001)
    for k in range(2):
        x = np.tile(lowest, (len(t), 1))
        x[:, k] = t
        assert t[FINE.value(x).argmin()] == pytest.approx(lowest[k], abs=1e-3)
