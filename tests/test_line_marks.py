"""How a line is drawn, by how many points it has, and what its axis spans (analysis/figures/lines.py)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures import lines, styles
from analysis.figures.labels import Label, write
from experiments.words.evidence import Curve, Panel

COLUMN = styles.STYLES["column"]
LOG, LINEAR = Panel("p", "t", "y"), Panel("p", "t", "y", "linear", "linear")


def drawn(count, panel, role="measured", place=0):
    """The line of a curve of so many points, the `place`-th of its role."""
    x = np.linspace(1.0, 2.0, count)
    curves = [Curve("p", f"line {k}", role, x, (k + 1.0) * x) for k in range(place + 1)]
    axes = Figure().add_subplot()
    lines.draw(axes, panel, curves, COLUMN)
    return axes.lines[place]


@pytest.mark.parametrize(
    "count, marked, joined", [(3, True, False), (4, True, False), (5, True, True), (24, True, True)]
)
def test_points_are_marked_where_they_are_few(count, marked, joined):
    """Up to 24; up to 4 are not joined on a linear axis, for what is between them was not looked at."""
    assert (drawn(count, LINEAR).get_marker() == "o") == marked == (drawn(count, LOG).get_marker() == "o")
    assert (drawn(count, LINEAR).get_linestyle() != "None") == joined and drawn(count, LOG).get_linestyle() != "None"


def test_many_points():
    """The first line has none that are marked, others seven or so, from the middle of their part on."""
    assert drawn(25, LINEAR).get_marker() == "" and drawn(2, LINEAR).get_marker() == ""
    assert drawn(24, LINEAR, place=1).get_markevery() is None
    assert drawn(25, LINEAR, place=1).get_markevery() == (1, 3)
    assert drawn(70, LINEAR, place=1).get_markevery() == (5, 10)


@pytest.mark.parametrize("role", ["control", "bound", "context"])
def test_what_was_not_measured_is_not_marked(role):
    """But for a single point, which would not be seen."""
    assert drawn(5, LINEAR, role).get_marker() == "" and drawn(3, LOG, role).get_linestyle() != "None"
    if role != "bound":
        assert drawn(1, LINEAR, role).get_marker() == "o"


@pytest.mark.parametrize("role, width", [("measured", 1.3), ("control", 1.1), ("bound", 0.9), ("context", 0.7)])
def test_widths(role, width):
    assert drawn(5, LOG, role).get_linewidth() == width


def test_a_level_is_drawn_as_what_it_is_the_level_of():
    """Thin, in the colour of the measured curve before it; two points of other heights are a curve of their own."""
    x = np.linspace(1.0, 8.0, 30)
    curve = Curve("p", "line", "measured", x, x)
    level = Curve("p", "mean", "measured", x[[0, -1]], np.full(2, 3.0))
    for second, same in ((level, True), (replace(level, y=np.array([3.0, 4.0])), False)):
        axes = Figure().add_subplot()
        lines.draw(axes, LOG, [curve, second], COLUMN)
        first, other = axes.lines[:2]
        assert (first.get_color() == other.get_color()) == same and other.get_linewidth() == (0.7 if same else 1.3)
    axes = Figure().add_subplot()
    lines.draw(axes, LOG, [replace(curve, role="control"), level], COLUMN)
    assert [line.get_color() for line in axes.lines[:2]] == [styles.CONTROLS[0].colour, styles.MEASURED[0].colour]


def spanned(panel, *places):
    """The ends of the axis of x, with a curve for each tuple of places."""
    axes = Figure().add_subplot()
    lines.draw(
        axes, panel, [Curve("p", "l", "measured", np.array(x), np.arange(1.0, len(x) + 1)) for x in places], COLUMN
    )
    return axes.get_xlim()


def test_what_an_axis_spans():
    """All curves from end to end; half a unit, or half a decade, beside a single point; no logarithm of 0."""
    assert spanned(LINEAR, (2.0, 5.0), (1.0, 3.0)) == (1.0, 5.0)
    assert spanned(LOG, (2.0, 50.0), (1.0, 3.0)) == pytest.approx((1.0, 50.0))
    assert spanned(LINEAR, (4.0,)) == (3.5, 4.5) and spanned(LOG, (4.0,)) == pytest.approx((4 / 10**0.5, 4 * 10**0.5))
    assert spanned(LOG, (0.0, 1.0, 100.0)) == pytest.approx((1.0, 100.0))


@pytest.mark.parametrize("role, count, across", [("measured", 1, False), ("measured", 2, True), ("bound", 1, True)])
def test_a_number_known_at_one_place(role, count, across):
    """A point, if it is one and was measured; else it goes all the way across, for the place says no more."""
    curve = Curve("p", "l", role, np.full(count, 3.0), np.full(count, 2.0))
    axes = Figure().add_subplot()
    lines.draw(axes, LINEAR, [curve], COLUMN)
    assert list(axes.lines[0].get_xdata()) == ([0, 1] if across else [3.0])


@pytest.mark.parametrize("panel", [LINEAR, LOG])
def test_a_place_has_room_for_its_name(panel):
    """Left of it an eighth of the axis, where it is the first of all; elsewhere there is nothing to be done."""
    x = np.geomspace(1.0, 100.0, 5)
    for place, low in ((1.0, None), (0.0 if panel is LOG else 50.0, 1.0)):
        axes = Figure().add_subplot()
        mark = Curve("p", "here", "context", np.full(2, place), np.array([1.0, 2.0]))
        lines.draw(axes, panel, [Curve("p", "l", "measured", x, x), mark], COLUMN)
        found = lines._across(axes, 1.0)
        assert found == pytest.approx(lines.BESIDE if low is None else 0.0, abs=1e-12)
        assert axes.get_xlim()[1] == pytest.approx(100.0)


@pytest.mark.parametrize("y, end", [([3.0, 2.0, np.nan], 2.0), ([3.0, 0.0, -1.0], 3.0), ([np.nan, 2.0, 4.0], 4.0)])
def test_a_name_stands_at_the_last_point_that_is_drawn(y, end):
    """On a logarithmic axis zeros and negative numbers are not; where nothing is, it is far below."""
    curve = Curve("p", "l", "measured", np.array([1.0, 2.0, 3.0]), np.array(y))
    assert [label.y for label in lines.draw(Figure().add_subplot(), LOG, [curve], COLUMN)] == [end]
    single = Curve("p", "l", "control", np.ones(1), np.zeros(1))
    assert [label.y for label in lines.draw(Figure().add_subplot(), LOG, [curve, single], COLUMN)] == [end, -np.inf]
    none = replace(curve, y=np.array([-1.0, 0.0, -2.0]))
    above = replace(curve, y=np.array([1.0, 2.0, 3.0]))
    assert [label.y for label in lines.draw(Figure().add_subplot(), LOG, [none, above], COLUMN)] == [-np.inf, 3.0]
    assert [label.y for label in lines.draw(Figure().add_subplot(), LINEAR, [none], COLUMN)] == [-2.0]


@pytest.mark.parametrize("slope", [0.5, -0.5, 2.5])
def test_a_triangle_stands_on_its_base(slope):
    """Below the line, its right angle where it is high: right if the line ascends, else left; whole on the axis."""
    x = np.geomspace(1.0, 1e3, 9)
    axes = Figure().add_subplot()
    lines.draw(
        axes, Panel("p", "t", "y", kind="rates", slope=slope), [Curve("p", "l", "measured", x, x**slope)], COLUMN
    )
    corners = np.log10(axes.lines[-1].get_xydata())
    (low, foot), (upright, other), (same, top), last = corners
    assert (foot, same, last.tolist()) == (other, upright, [low, foot])
    assert top > foot and (upright > low) == (slope > 0) and {round(low, 9), round(upright, 9)} == {1.35, 2.25}
    said = axes.texts[-1]
    assert (said.get_text(), said.get_ha()) == (f"${slope:g}$", "left" if slope > 0 else "right")
    assert np.log10(said.xy) == pytest.approx([upright, (foot + top) / 2])
    assert top - foot == pytest.approx(0.9 * abs(slope)) and 10.0**foot > axes.get_ylim()[0]


def test_names_of_what_lies_beyond():
    """An arrow says where; at the edge itself there is none."""
    axes = Figure().add_subplot()
    axes.set_ylim(1.0, 2.0)
    heights = {"high": 2.5, "top": 2.0, "low": 0.5, "bottom": 1.0}
    names = write(axes, [Label(name, y, "black", False) for name, y in heights.items()], COLUMN)
    assert [name.text.get_text() for name in names] == ["high ↑", "top", "low ↓", "bottom"]
    assert [name.y for name in names] == [2.0, 2.0, 1.0, 1.0]


def test_a_slope_of_nothing():
    """Is a stroke below the line, with its name left of it."""
    x = np.array([1.0, 10.0, 100.0])
    axes = Figure().add_subplot()
    panel = Panel("p", "t", "y", kind="rates", slope=0.0)
    lines.draw(axes, panel, [Curve("p", "l", "measured", x, np.array([1.0, 1.1, 1.3]))], COLUMN)
    (said,) = axes.texts
    assert (said.xyann[0], said.get_ha(), said.xy[0]) == (-2.0, "right", pytest.approx(10**0.9))


@pytest.mark.parametrize("end, marked", [(8.9, True), (9.0, False)])
def test_lines_that_end_early(end, marked):
    """Before nine tenths of the axis a line has a mark there."""
    curves = [Curve("p", f"{x}", "measured", np.array([0.0, x]), np.array([1.0, 2.0])) for x in (end, 10.0)]
    axes = Figure().add_subplot()
    lines.draw(axes, LINEAR, curves, COLUMN)
    assert (len(axes.lines) == 3) == marked
