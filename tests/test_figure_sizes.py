"""How much room a panel takes, in points, by what is in it: written out for the style of a column (7 point letters)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.figures import dots, lines, terms
from analysis.figures.choice import Shown
from analysis.figures.labels import key_columns, room
from analysis.figures.page import figure_of, rows_of, table_of
from analysis.figures.styles import STYLES, applied, shade
from experiments.words.evidence import Curve, Evidence, Panel

COLUMN = STYLES["column"]  # 3.3 x 1.8 inches, one panel beside another, lines of 20 letters
X = np.array([0.0, 1.0])


def curve(label="line", role="measured"):
    return Curve("p", label, role, X, X)


def named(kind, *names):
    return Panel("p", "t", "y", "linear", "linear", kind, names=names)


def test_the_styles():
    """Inches of a figure and of a panel, panels beside each other, points of letters, letters a line, controls."""
    told = {
        name: (style.width, style.height, style.columns, style.size, style.letters, style.controls)
        for name, style in STYLES.items()
    }
    assert told == {
        "report": (7.2, 2.3, 2, 8.0, 22, 4),
        "column": (3.3, 1.8, 1, 7.0, 20, 3),
        "text": (5.5, 1.8, 2, 7.0, 17, 3),
        "grey": (3.3, 1.8, 1, 7.0, 20, 3),
    }
    assert [name for name, style in STYLES.items() if style.outlines] == ["column", "text", "grey"]
    assert [name for name, style in STYLES.items() if style.heading] == ["report"]
    assert [name for name, style in STYLES.items() if shade("#D55E00", style) != "#D55E00"] == ["grey"]


def test_columns_of_a_key():
    """As many as fit: a name of n letters takes (n + 6) 0.58 of the letters' size; one at least, and no empty ones."""
    assert key_columns(["abcd"] * 9, 3.3, 7.0) == int(3.3 * 72 / (10 * 0.58 * 7)) == 5
    assert key_columns(["abcd", "abcdefghij"] * 5, 3.3, 7.0) == int(3.3 * 72 / (16 * 0.58 * 7)) == 3
    assert key_columns(["abcd"] * 3, 3.3, 7.0) == 3 and key_columns(["x" * 99] * 3, 3.3, 7.0) == 1
    assert key_columns([], 3.3, 7.0) == 1


def test_room_for_names():
    """Lines of 1.25 times the letters' size, and a point between two names."""
    assert room(["one", "two", "a name of more than twenty letters"], COLUMN) == pytest.approx(4 * 1.25 * 7 + 3)
    assert room([], COLUMN) == 0.0


def test_lines():
    """The style's height less what stands above and below; more where there are more names than that has room for."""
    panel = named("lines")
    assert lines.around(panel, [], COLUMN) == 42.0 and lines.above([curve()], COLUMN) == 0.0
    assert lines.height(panel, [curve()], COLUMN) == pytest.approx(1.8 * 72 - 42)
    many = [curve(f"name {k}") for k in range(12)]
    assert lines.height(panel, many, COLUMN) == pytest.approx(12 * 1.25 * 7 + 12)
    assert lines.height(panel, [*many, curve("beside", "context")], COLUMN) == lines.height(panel, many, COLUMN)


@pytest.mark.parametrize("count, lines_of_key", [(1, 0), (2, 1), (5, 1), (6, 2), (11, 3)])
def test_dots(count, lines_of_key):
    """12.5 points a row at 7 point letters; a key of more than one name takes 1.5 of their size a line."""
    panel = named("dots", *["abcd"] * count)
    rows = [curve(), curve("twin", "control")]
    for more, above in (([], 0.0), ([curve("b", "bound")], 1.3 * 7)):
        assert dots.height(panel, rows + more, COLUMN) == 25.0 and dots.above(rows + more, COLUMN) == pytest.approx(
            above
        )
    assert dots.around(panel, rows, COLUMN) == pytest.approx(24 + 28 + 1.5 * 7 * lines_of_key)
    assert dots.height(panel, rows, STYLES["report"]) == pytest.approx(25.0 * 8 / 7)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_key_of_dots(count):
    """One for each name, where there are several."""
    with applied(COLUMN):
        (axes,) = figure_of([Shown(named("dots", *"abc"[:count]), [curve()])], "", COLUMN).axes
    key = axes.get_legend()
    assert (key is None) == (count == 1) and (
        key is None or [t.get_text() for t in key.get_texts()] == [*"abc"[:count]]
    )


def test_terms():
    """20 points a bar at 7 point letters; the key stands above them, 1.5 of the size a line, as wide as the figure."""
    panel = named("terms", "measured", "bound", "third")
    parts = [curve(f"term {k}") for k in range(7)]
    columns = int(3.3 * 72 / (12 * 0.58 * 7))
    assert columns == 4 and terms.above(parts, COLUMN) == pytest.approx(2 * 1.5 * 7)
    assert terms.above(parts[:4], COLUMN) == terms.above([*parts[:4], curve("beside", "context")], COLUMN) == 10.5
    assert terms.above([*parts[:4], curve("term 1"), curve("term 2")], COLUMN) == 10.5, "one entry for each name"
    assert terms.height(panel, parts, COLUMN) == 60.0
    assert terms.around(panel, parts, COLUMN) == pytest.approx(18 + 28 + 21)
    assert terms.height(panel, parts, STYLES["report"]) == pytest.approx(60.0 * 8 / 7)


def test_rows_of_panels():
    """Two beside each other at most; bars have a row to themselves, and so has what is left over."""
    kinds = ["lines", "rates", "terms", "lines", "terms", "terms", "dots", "lines", "dots"]
    panels = [Shown(Panel(f"p{k}", "t", "y", kind=kind, names=("a",), slope=1.0), ()) for k, kind in enumerate(kinds)]
    for columns, expected in ((2, [[0, 1], [2], [3], [4], [5], [6, 7], [8]]), (1, [[k] for k in range(9)])):
        assert [[panels.index(one) for one in row] for row in rows_of(panels, columns)] == expected
    assert rows_of([], 2) == []


def labels(panel, style=COLUMN):
    """Names of the axes, and the title, of a figure of this panel alone."""
    with applied(style):
        (axes,) = figure_of([Shown(panel, [curve()])], "", style).axes
    return axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left")


def test_a_long_name_of_the_upright_axis_stands_above():
    """Of more letters than are as high as the axes, 0.6 of their size each: (1.8 x 72 - 46)/(0.6 x 7) = 19.9."""
    for count, above in ((19, False), (20, True)):
        name = "y" * count
        found = labels(Panel("p", "t", name, title="title"))
        assert found == (("t", "", f"title\n{name}") if above else ("t", name, "title"))


def test_a_tall_name_takes_no_height_of_the_axes():
    """It is laid out in the middle of them, before it goes where it belongs."""
    with applied(COLUMN):
        one = curve(" ".join(["a" * 15] * 12))
        figure = figure_of([Shown(Panel("p", "t", "y"), [one])], "", COLUMN)
    assert figure.axes[0].get_position().height * figure.get_size_inches()[1] * 72.0 > 120.0


@pytest.mark.parametrize("kind, wide", [("lines", 56), ("dots", 42), ("terms", 42)])
def test_texts_are_as_wide_as_their_panel(kind, wide):
    """In letters: 3.3 x 72/(0.6 x 7), three quarters of that where names stand left of the axes."""
    across = kind != "lines"
    for count, rows in ((wide, 1), (wide + 1, 2)):
        text = "x" * (count - 2) + " x"
        panel = Panel(
            "p", "other" if across else text, text if across else "y", "linear", "linear", kind, text, ("a", "b")
        )
        xlabel, _, title = labels(panel)
        assert xlabel.count("\n") + 1 == title.count("\n") + 1 == rows


def test_the_table_says_whose_bound_it_is():
    """A row a point, numbered through; nothing where there is no form, the columns alone where there is no curve."""
    bound = replace(curve("b", "bound"), form="ours")
    table = table_of(Evidence((), (curve(), bound)), [("twin", Evidence((), (bound,)))])
    assert table["form"].tolist() == ["", "", "ours", "ours", "ours", "ours"] and list(table.index) == list(range(6))
    assert table["role"].tolist() == ["measured"] * 2 + ["bound"] * 2 + ["control"] * 2
    assert list(table_of(Evidence(()), [])) == list(table)


def test_bars_of_what_is_not_known():
    """Are not drawn, and those after them begin where they would; nor are bars of 0, which would end the axis there."""
    panel = named("terms", "measured", "bound")
    parts = [replace(curve(f"term {k}"), y=np.array(y)) for k, y in enumerate([[np.nan, 1.0], [2.0, 0.0], [-1.0, 1.0]])]
    with applied(COLUMN):
        (axes,) = figure_of([Shown(panel, parts)], "", COLUMN).axes
    drawn = sorted((bar.get_y() > 0.0, bar.get_x(), bar.get_width()) for bar in axes.patches)
    assert drawn == [(False, 0.0, -1.0), (False, 0.0, 2.0), (True, 0.0, 1.0), (True, 1.0, 1.0)]
    assert axes.get_xlim()[1] > 2.0
