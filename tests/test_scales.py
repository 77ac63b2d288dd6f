"""What an axis shows, to the number (analysis/figures/scales.py)."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures import scales
from experiments.words.evidence import Curve

MARGIN = 0.06


def labelled(low, high, ticks):
    """The labels of some ticks on a logarithmic axis from low to high."""
    axes = Figure().add_subplot()
    axes.set(xscale="log", xlim=(low, high))
    formatter = scales.Powers()
    axes.xaxis.set_minor_formatter(formatter)
    formatter.set_locs(ticks)
    return [formatter(tick) for tick in ticks]


def test_labels_of_logarithmic_axes():
    """Powers of ten; between them plain numbers near 1, else a digit and a power; none where there is no room."""
    assert labelled(1e-4, 1e5, [1e-3, 1.0, 10.0, 100.0, 3.0]) == ["10⁻³", "1", "10", "10²", ""]
    assert labelled(1.5, 9.0, [2.0, 3.0]) == ["2", "3"]
    assert labelled(0.015, 0.09, [0.02]) == ["0.02"] and labelled(0.0015, 0.009, [0.002]) == ["2·10⁻³"]
    assert labelled(150.0, 950.0, [200.0]) == ["200"] and labelled(1500.0, 9500.0, [2000.0]) == ["2·10³"]


def whole(own, bounds=(), controls=(), scale="linear"):
    """The limits of an axis with a curve for each of these numbers, or lists of numbers."""
    made = [
        [Curve("p", "l", "measured", np.arange(np.size(y)), np.atleast_1d(np.array(y, float))) for y in each]
        for each in (own, bounds, controls)
    ]
    return scales.limits(*made, scale)


def limits(*given, scale="linear", **more):
    """The same, less their margins."""
    low, high = whole(*given, scale=scale, **more)
    if scale == "log":
        low, high = np.log10(low), np.log10(high)
    span = (high - low) / (1.0 + 2.0 * MARGIN)
    return low + MARGIN * span, high - MARGIN * span


def test_an_axis_shows_what_the_figure_is_about():
    """A ratio near 1 fills it; a bound of 150 beside numbers below 2 does not press them into a line."""
    low, high = whole([1.02, 1.04], [1.03])
    assert 1.0 < low < 1.02 < 1.04 < high < 1.1
    low, high = whole([0.2, 1.7], [2.0, 4.0])
    assert low <= 0.0 and low > -0.2 and 4.0 < high < 4.5
    assert whole([0.5, 1.5], [150.0])[1] < 2.0 and whole([0.5, 1.5], [12.0])[1] > 12.0
    assert whole([0.5, 1.5], [6.5, 12.0])[1] < 8.0, "a second one must be nearer"
    assert whole([1.0, 2.0], controls=[1e6])[1] < 6.0, "controls leave the frame"
    low, high = whole([1e-3, 1.0], [50.0, 1e9], [1e-30], "log")
    assert 1e-5 < low < 1e-3 and 50.0 < high < 1e3
    low, high = whole([3.0], scale="log")
    assert low < 3.0 < high


def test_how_near_a_bound_must_be():
    """The nearest within ten times the largest measured size, further ones within four times."""
    assert limits([1.0, 2.0], [20.0]) != limits([1.0, 2.0]) == limits([1.0, 2.0], [20.1])
    assert limits([-2.0, 1.0], [20.0])[1] == pytest.approx(20.0)
    assert limits([-2.0, 1.0], [20.1])[1] == pytest.approx(1.0)
    assert limits([-2.0, 1.0], [-3.0, 7.9])[1] == pytest.approx(7.9)
    assert limits([-2.0, 1.0], [-3.0, 8.1])[1] == pytest.approx(1.0)
    assert whole([0.0, 0.0], [5.0]) == pytest.approx((-0.1, 5.3)), "beside nothing but zeros any bound is near"
    assert limits([[-2.0, 1.0]], [[-20.1, -1.0]])[0] == pytest.approx(-2.0), "all of it must be near"
    assert limits([-2.0, 1.0], [9.0, [-11.5, -1.0]]) == pytest.approx((-2.0, 9.0)), "one of them is the nearest"
    assert limits([-2.0, 1.0], [[-5.0, 3.0]]) == pytest.approx((-5.0, 3.0)), "and then all of it is shown"


def test_how_near_a_bound_must_be_on_a_logarithmic_axis():
    """Three decades, up and down, from what was measured: not from the bounds before."""
    for bound, shown in ((999.0, 9990.0), (1001.0, 10.0)):
        assert limits([1.0, 10.0], [10.0 * bound], scale="log")[1] == pytest.approx(np.log10(shown))
    assert limits([1.0], [1e3], scale="log")[1] == pytest.approx(3.0), "exactly so far is near"
    assert limits([1.0], [1e-3], scale="log")[0] == pytest.approx(-3.0)
    found = limits([1.0, 10.0], [9.9e3, 1.1e4, 1.1e-3, 0.9e-3], scale="log")
    assert found == pytest.approx((np.log10(1.1e-3), np.log10(9.9e3)))


def test_room_for_controls():
    """As far as they go, but no further than as much again as the rest, or a decade."""
    assert limits([-1.0, 2.0], controls=[3.0, -2.5]) == pytest.approx((-2.5, 3.0))
    assert limits([-1.0, 2.0], controls=[9.0, -9.0]) == pytest.approx((-4.0, 5.0))
    assert limits([1.0, 10.0], controls=[50.0, 0.2], scale="log") == pytest.approx((np.log10(0.2), np.log10(50.0)))
    assert limits([1.0, 10.0], controls=[1e9, 1e-9], scale="log") == pytest.approx((-1.0, 2.0))


def test_axes_that_begin_at_zero():
    """Where what is shown begins below half of its end; 0 then has less of a margin."""
    assert whole([[0.9, 2.0]]) == pytest.approx((-0.04, 2.12))
    assert limits([1.0, 2.0]) == pytest.approx((1.0, 2.0)) and limits([-0.1, 2.0]) == pytest.approx((-0.1, 2.0))


def test_the_least_that_an_axis_spans():
    """A hundredth of its numbers, 1 where they are 0; half a decade."""
    low, high = limits([100.0, 100.5])
    assert high - low == pytest.approx(1.005) and (high + low) / 2 == pytest.approx(100.25)
    low, high = limits([-100.5, -100.0])
    assert high - low == pytest.approx(1.005)
    low, high = limits([0.0])
    assert high - low == pytest.approx(1.0) and high + low == pytest.approx(0.0)
    low, high = limits([2.0, 3.0], scale="log")
    assert high - low == pytest.approx(0.5) and (high + low) / 2 == pytest.approx(np.log10(6.0) / 2)


def test_only_bounds_or_controls():
    """Where nothing was measured they are what the axis shows; numbers that it cannot show are left out."""
    assert limits([], [-1.0, 4.0]) == pytest.approx((-1.0, 4.0))
    assert limits([], [], [-1.0, 4.0]) == pytest.approx((-1.0, 4.0))
    assert limits([[np.nan, -1.0, 2.0]]) == pytest.approx((-1.0, 2.0))
    assert limits([[0.0, -5.0, 1.0, 100.0]], scale="log") == pytest.approx((0.0, 2.0))


@pytest.mark.parametrize("high, ticks", [(1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), (12.0, [0.0, 2.5, 5.0, 7.5, 10.0])])
def test_ticks_of_a_linear_axis(high, ticks):
    """Five at most lie between the ends, at multiples of 1, 2, 2.5 or 5 times a power of ten."""
    axes = Figure().add_subplot()
    axes.set_xlim(0.0, high)
    scales.few_ticks(axes.xaxis)
    found = axes.get_xticks()
    assert found[(found >= 0.0) & (found <= high)] == pytest.approx(ticks)


def test_small_ticks_only_where_there_is_room():
    for high, count in ((50.0, 1), (100.0, 1), (101.0, 0), (1000.0, 0)):
        axes = Figure().add_subplot()
        axes.set(xscale="log", yscale="linear", xlim=(1.0, high))
        scales.plain_ticks(axes)
        assert min(1, len(axes.xaxis.get_minorticklocs())) == count
        assert isinstance(axes.xaxis.get_major_formatter(), scales.Powers)
        assert not isinstance(axes.yaxis.get_major_formatter(), scales.Powers)


def test_names_of_rows():
    """The first on top, half a row of room and a little more at both ends; some slanted, none with a tick."""
    axes = Figure().add_subplot()
    scales.name_rows(axes, ["one", "$x_2$", "three"], [False, True])
    assert axes.get_ylim() == (2.6, -0.6) and axes.get_yticks().tolist() == [0, 1, 2]
    labels = axes.get_yticklabels()
    assert [label.get_text() for label in labels] == ["one", "$x_2$", "three"]
    assert [label.get_fontstyle() for label in labels] == ["normal", "italic", "normal"]
    assert [label.get_parse_math() for label in labels] == [False, True, False]
