"""Dips: which of them there are, and where they are lowest (objectives/dips.py; slopes in test_objective_formulas)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objectives.dips import Dips

FINE = Dips(2, (0.3, 0.2), (1.0, 0.6), 30.0, 0.9, (1.0, 2.0), (0.2, 0.0))


@pytest.mark.parametrize(
    "name, wrong, text",
    [
        ("dips", (1.0, 1.5), "be a whole number"),
        ("depth", (0.3, 0.61), "be <= top"),
        ("period", (0.9, 0.6), "be >= 4 sqrt"),
    ],
)
def test_one_coordinate_is_enough_to_refuse(name, wrong, text):
    for value in (wrong, wrong[::-1]):
        with pytest.raises(ValueError, match=text):
            replace(FINE, top=(0.6, 0.6), **{name: value}) if name == "depth" else replace(FINE, **{name: value})


def test_edges_belong_to_it():
    """As deep as the top is high, and the next dip where the one before ends: the last refused float is just outside."""
    made = Dips(1, 1.0, 1.0, 8.0, 2.0)  # 4 sqrt(2/8) = 2
    for change in ({"depth": np.nextafter(1.0, 2.0)}, {"period": np.nextafter(2.0, 0.0)}):
        with pytest.raises(ValueError, match="dips"):
            replace(made, **change)


def test_the_lowest_place():
    """Where F is 0 and its gradient too, in every coordinate: below every other point of a fine grid."""
    lowest = FINE.lowest
    assert FINE.value(lowest) == pytest.approx(0.0, abs=1e-12) and FINE.grad(lowest) == pytest.approx(0.0, abs=1e-12)
    t = np.linspace(-1.0, 4.0, 5001)
    for k in range(2):
        x = np.tile(lowest, (len(t), 1))
        x[:, k] = t
        assert t[FINE.value(x).argmin()] == pytest.approx(lowest[k], abs=1e-3)
