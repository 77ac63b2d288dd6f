"""The C library's functions: the same bits from Python's `math` for a few numbers, and from Numba for many."""

from __future__ import annotations

import numpy as np
import pytest

from foundation import numerics
from foundation.compiling import BODIES, library

EXTREME = [0.0, -0.0, 5e-324, 1e-300, 1e300, -1e300, 709.7, 709.8, -745.2, -746.0, 27.0, 28.0, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("name", BODIES)
def test_the_library_by_two_ways(name, monkeypatch):
    """At numbers of all sizes, infinities and nan included; scalars, and arrays of any shape."""
    rng = np.random.default_rng(0)
    sizes = 10.0 ** rng.uniform(-12.0, 6.0, 4000)
    x = np.concatenate([rng.normal(size=4000) * 8.0, sizes, -sizes, EXTREME])
    with np.errstate(all="ignore"):
        many = library()[name](x)
        asked = []
        monkeypatch.setattr(numerics, "library", _Absent(asked))
        few = np.concatenate([getattr(numerics, name)(part) for part in np.array_split(x, 400)])
        assert few.tobytes() == many.tobytes() or np.array_equal(few, many, equal_nan=True)
        np.testing.assert_array_equal(np.signbit(few), np.signbit(many))
        one, none = getattr(numerics, name)(np.float64(0.7)), getattr(numerics, name)(np.zeros((2, 0)))
    assert len(asked) < 200  # only where Python's raises
    assert one == library()[name](0.7) and np.ndim(one) == 0 and none.shape == (2, 0)


class _Absent:
    """The library as if it had not been loaded yet; notes who asks for it."""

    def __init__(self, asked):
        self.asked = asked

    def cache_info(self):
        return type("Info", (), {"currsize": 0})

    def __call__(self):
        self.asked.append(1)
        return library()
