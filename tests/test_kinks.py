"""Which of the slopes next to a kink is the gradient there: as the docstrings of `grad` say, to the last float."""

from __future__ import annotations

import numpy as np
import pytest

from objectives import OBJECTIVES

# objective, its settings, and at each kink the slopes a float left of it, at it, a float right of it
KINKS = [
    ("capped_abs", {"slope": 2.0, "cap": 3.0}, {-3.0: (0, 0, -2), 0.0: (-2, 0, 2), 3.0: (2, 0, 0)}),
    ("triangle_wave", {"slope": 2.0, "period": 1.0, "teeth": 1}, {-1.0: (-2, 0, 2), 0.0: (-2, 0, 2), 1.0: (-2, 0, 2)}),
    (
        "triangle_wave",
        {"slope": 2.0, "period": 1.0, "teeth": 2},
        {0.5: (2, 2, -2), 1.5: (2, -2, -2), -0.5: (2, -2, -2)},
    ),
    (
        "zigzag",
        {"down": 2.0, "up": 1.0, "fall": 0.75, "rise": 0.25, "teeth": 2.0},
        {0.0: (-2, -2, -2), 0.75: (-2, 1, 1), 1.0: (1, -2, -2), 1.75: (-2, 1, 1), 2.0: (1, 0, 0)},
    ),
    ("ramp", {"slope": 2.0, "length": 1.5}, {1.5: (-2, 0, 0)}),
    ("two_slope_ramp", {"steep": 3.0, "gentle": 1.0, "edge": 1.5, "length": 0.5}, {1.5: (-3, -1, -1), 2.0: (-1, 0, 0)}),
    (
        "max_affine_difference",
        {"dim": 1, "inner": 3.0, "outer": 1.0},
        {-1.0: (-2, -2, -3), 0.0: (-3, 0, 3), 1.0: (3, 2, 2)},
    ),
]


@pytest.mark.parametrize("name, settings, kinks", KINKS)
def test_slopes_at_kinks(name, settings, kinks):
    objective = OBJECTIVES[name](**settings)
    for x, expected in kinks.items():
        places = [np.nextafter(x, -np.inf), x, np.nextafter(x, np.inf)]
        assert objective.grad(np.array(places)[:, None])[:, 0].tolist() == list(map(float, expected)), x


def test_the_first_of_the_largest_coordinates():
    """Where several are, its slope is the whole gradient."""
    objective = OBJECTIVES["max_affine_difference"](dim=3, inner=3.0, outer=1.0)
    x = np.array([[-0.5, 0.5, 0.5], [0.25, -0.5, 0.5], [0.0, 0.0, 0.0], [1.0, -2.0, 2.0]])
    assert objective.grad(x).tolist() == [[-3.0, 0.0, 0.0], [0.0, -3.0, 0.0], [0.0, 0.0, 0.0], [0.0, -2.0, 0.0]]
