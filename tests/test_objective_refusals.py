"""What objectives refuse that no range of a single setting says: whichever coordinate it is, and up to which number."""

from __future__ import annotations

import numpy as np
import pytest

from objectives import NOISES, OBJECTIVES


def after(x):
    """The next float."""
    return float(np.nextafter(x, np.inf))


def before(x):
    """The float before."""
    return float(np.nextafter(x, -np.inf))


# name, other settings, which is refused, its last good value, the first bad one, what is said
EDGES = [
    ("capped_abs", {"cap": 2.0}, "begin", before(2.0), 2.0, "lie inside (-cap, cap), cap = 2.0"),
    ("capped_abs", {"cap": 2.0}, "begin", after(-2.0), -2.0, "lie inside (-cap, cap)"),
    ("zigzag", {}, "teeth", 2.0, 2.5, "be a whole number"),
    ("zigzag", {"down": 1.5, "fall": 2.0, "rise": 3.0}, "up", 1.0, after(1.0), "keep up * rise <= down * fall"),
    ("dips", {}, "dips", 3.0, 2.5, "be a whole number"),
    ("dips", {"top": 1.0, "bend": 8.0, "period": 9.0}, "depth", 1.0, after(1.0), "be <= top = 1.0"),
    (
        "dips",
        {"depth": 1.0, "top": 1.0, "bend": 8.0},
        "period",
        2.0,
        before(2.0),
        "be >= 4 sqrt((top + depth)/bend) = 2",
    ),
    ("two_slope_ramp", {"steep": 3.0}, "gentle", 3.0, after(3.0), "be <= steep = 3.0"),
]


@pytest.mark.parametrize("name, others, key, good, bad, text", EDGES)
@pytest.mark.parametrize("dim", [1, 2])
def test_the_last_good_and_the_first_bad(name, others, key, good, bad, text, dim):
    """One bad coordinate of two is enough, whichever it is."""
    assert len(OBJECTIVES[name](dim=dim, **others, **{key: good}).start) == dim
    for value in [bad] if dim == 1 else [(good, bad), (bad, good)]:
        with pytest.raises(ValueError) as caught:
            OBJECTIVES[name](dim=dim, **others, **{key: value})
        assert str(caught.value).startswith(f"{name}.{key} = ") and f": must {text}" in str(caught.value)


def test_what_is_one_number_or_one_a_coordinate():
    OBJECTIVES["capped_abs"](dim=3, slope=(1.0, 2.0, 3.0))
    for wrong in ((1.0, 2.0), (1.0,) * 4):
        with pytest.raises(ValueError, match=r"capped_abs.slope = .*: must be one number, or one for each of the 3"):
            OBJECTIVES["capped_abs"](dim=3, slope=wrong)


def test_outer_and_inner():
    OBJECTIVES["max_affine_difference"](inner=1.5, outer=1.5)
    with pytest.raises(ValueError, match=r"outer = .*: must be <= inner = 1.5"):
        OBJECTIVES["max_affine_difference"](inner=1.5, outer=after(1.5))


def test_noise_in_one_way():
    """sigma or coordinate_sigma; no sigma is 0 beside the other."""
    NOISES["gaussian"](sigma=0.0, coordinate_sigma=(1.0, 2.0))
    with pytest.raises(
        ValueError, match=r"gaussian.sigma = 1.0: must be left out where coordinate_sigma = \[1.0, 2.0\]"
    ):
        NOISES["gaussian"](sigma=1.0, coordinate_sigma=(1.0, 2.0))
