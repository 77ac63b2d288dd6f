"""What is drawn: who is drawn how, where names and limits are, that nothing is cut or overlaps, and the table beside."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from analysis import figures
from analysis.figures import lines, styles, text
from analysis.figures.choice import Shown, shown
from analysis.figures.labels import apart, room
from analysis.figures.page import figure_of
from experiments.words.evidence import Control, Curve, Evidence, Panel
from tests.made_up import cell, check

PANEL = Panel("p", "t", "y")
X = np.array([1.0, 2.0, 8.0])
STYLE = styles.STYLES["column"]


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 2)), min_size=1, max_size=9))
def test_names_do_not_overlap(pairs):
    """They stay in order, within the axes where there is room, and where they are if they do not overlap."""
    wanted, sizes = (np.array(part) for part in zip(*sorted(pairs), strict=True))
    places = apart(wanted, sizes, -20.0, 20.0)
    assert (np.diff(places) >= (sizes[1:] + sizes[:-1]) / 2 - 1e-9).all()
    assert places[0] - sizes[0] / 2 >= -20.0 - 1e-9 and places[-1] + sizes[-1] / 2 <= 20.0 + 1e-9
    if (np.diff(wanted) >= (sizes[1:] + sizes[:-1]) / 2).all():
        np.testing.assert_allclose(places, wanted, atol=1e-9)


def test_texts():
    """Mathematics is what Matplotlib can set between two $; a line is broken at a blank outside of it."""
    with styles.applied(STYLE):
        assert text.is_mathematics(r"$\mathbb{E}\|\nabla F(\bar x_t)\|^{[\lambda]}$, $\varepsilon$")
        assert not any(map(text.is_mathematics, ("$", "a$b", "$$$", "$\\frac{1}$", "$\\nosuch$", "plain")))
        long = r"the average of $\|\nabla F(\bar x_t)\| + \lambda$ over all t"
        parts = text.wrapped(long, 14).split("\n")
        assert " ".join(parts) == long and len(parts) > 2
        assert all(part.count("$") in (0, 2) for part in parts) and max(map(text.letters, parts)) <= 20
        assert text.drawable(r"$\sum_t x_t$")["text"] == r"$\Sigma_t x_t$", "an index below lies on what follows"
        assert text.wrapped("a short one", 14) == "a short one" and text.plain("$x$ of $") == "$x$ of $"
        assert text.plain(r"$\beta$ is") == r"\beta is"
        assert not text.is_mathematics("$a\nb$ and $c$") and text.is_mathematics("$a$\n$b$")
        assert text.wrapped("a_b_c_d e_f_g_h $x$", 11) == "a_b_c_d e_f_g_h $x$", "letters of a whole, which fits"
        assert text.wrapped("a  b", 4) == "a  b" and text.wrapped("ab\ncd", 5) == "ab\ncd"
        assert text.drawable("it costs 5$") == {"text": "it costs 5$", "parse_math": False}


def drawn(curves, panel=PANEL):
    axes = Figure().add_subplot()
    return axes, lines.draw(axes, panel, curves, STYLE)


def test_who_is_drawn_how():
    """Bounds black and by their form, controls in their own colours, the rest by the palette; each has its name."""
    measured = [Curve("p", str(i), "measured", X, X * (i + 1), 0.9 * X, 1.1 * X) for i in range(3)]
    bounds = [Curve("p", form, "bound", X, X, form=form) for form in styles.BOUNDS]
    controls = [Curve("p", f"c{i}", "control", X, X + i, X, X) for i in range(3)]
    axes, names = drawn([*measured, *bounds, *controls, Curve("p", "beside", "context", X, X)])
    assert [name.text for name in names] == ["0", "1", "2", "stated", "proved", "ours", "c0", "c1", "c2"]
    looks = [(to_hex(line.get_color()), str(line._unscaled_dash_pattern), line.get_marker()) for line in axes.lines]
    assert len(set(looks)) == len(looks) and {look[0] for look in looks[3:6]} == {"#000000"}
    assert [name.slanted for name in names] == [False] * 6 + [True] * 3
    assert len(axes.collections) == 3, "a band for each that was measured and has one, none for bounds and controls"
    band = axes.collections[1].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(0.9) and band[:, 1].max() == pytest.approx(8.8)


def test_nothing_crosses_the_data_but_data():
    """The line to a name starts at the right edge; where a curve ends before that, it has a mark in its colour."""
    early = Curve("p", "early", "measured", np.linspace(1.0, 4.0, 40), np.full(40, 2.0) + X[0] * np.linspace(0, 1, 40))
    late = [Curve("p", f"late {i}", "measured", X, np.full(3, 3.0 + 1e-3 * i)) for i in range(4)]
    with styles.applied(STYLE):
        figure = figure_of([Shown(PANEL, (early, *late))], "", STYLE)
    (axes,) = figure.axes
    leads = [line for line in axes.lines if line.get_transform() == axes.transAxes]
    assert len(leads) >= 4 and all(min(line.get_xdata()) == 1.0 for line in leads)
    stops = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in stops] == [(4.0, 3.0)]
    assert stops[0].get_color() == styles.MEASURED[0].colour and stops[0].get_marker() == "o"


def test_one_point_is_seen():
    """Marked, with its band, in the middle of its axis; bounds that are known there alone go all the way across."""
    one, bound = np.array([1.0]), Curve("p", "ours 2", "bound", np.ones(2), np.full(2, 2.0), form="ours")
    panel = replace(PANEL, xscale="linear", yscale="linear")
    axes, _ = drawn([Curve("p", "point", "measured", one, one, 0.5 * one, 1.5 * one), bound], panel)
    point, level = axes.lines
    (band,) = axes.collections
    assert isinstance(band, LineCollection) and band.get_segments()[0][:, 1].tolist() == [0.5, 1.5]
    assert point.get_marker() == "o" and axes.get_xticks().tolist() == [1.0]
    assert level.get_transform() == axes.get_yaxis_transform(which="grid") and list(level.get_xdata()) == [0, 1]
    low, high = axes.get_xlim()
    assert low < 1.0 < high and low + high == pytest.approx(2.0)


def test_a_place_on_the_axis():
    """It claims nothing: context may have it; its name has room left of it where it is the first of all places."""
    line = Curve("p", "line", "measured", np.geomspace(1.0, 100.0, 9), np.linspace(1.0, 2.0, 9))
    places = [Curve("p", name, "context", np.full(2, x), np.array([1.0, 1e3])) for name, x in (("a", 1.0), ("b", 10.0))]
    axes, names = drawn([line, *places])
    assert [name.text for name in names] == ["line"] and axes.get_ylim()[1] < 10.0, "a place is no number"
    assert [(text.get_text(), text.get_ha()) for text in axes.texts] == [("a", "right"), ("b", "left")]
    assert axes.transAxes.inverted().transform(axes.transData.transform((1.0, 1.0)))[0] == pytest.approx(lines.BESIDE)


def test_axes_of_a_row_have_room_for_their_names():
    """What stands around one panel, such as a key of five names, takes nothing from the axes beside it."""
    many = [Curve("p", f"{i}", "measured", X, X + i) for i in range(7)]
    beside = Panel("q", "x", "y", "linear", "linear", "dots", "two", tuple(f"a rather long name {i}" for i in range(8)))
    row = Curve("q", "row", "measured", np.arange(8.0), np.arange(8.0))
    style = styles.STYLES["text"]
    with styles.applied(style):
        figure = figure_of([Shown(PANEL, many), Shown(beside, [row])], "", style)
    height = figure.axes[0].get_position().height * figure.get_size_inches()[1] * 72.0
    assert height >= room([curve.label for curve in many], style)


def looks(inks):
    """How each is seen without colours: its lightness, and what else it has."""
    return [(styles.luminance(ink.colour), str(ink.dashes), ink.marker) for ink in inks]


@pytest.mark.parametrize("inks", [styles.MEASURED, styles.CONTROLS, tuple(styles.BOUNDS.values())])
def test_lines_are_told_apart_in_grey(inks):
    """Any two differ in dashes, in their marker, or by a tenth in lightness; no control looks like what was measured."""
    for one, other in combinations(looks(inks), 2):
        assert one[1:] != other[1:] or abs(one[0] - other[0]) >= 0.1
    assert not {look[1:] for look in looks(styles.CONTROLS)} & {look[1:] for look in looks(styles.MEASURED)}
    assert not {ink.dashes for ink in styles.CONTROLS} & {ink.dashes for ink in styles.BOUNDS.values()}


def test_bars_and_verdicts_are_told_apart_in_grey():
    """Terms by their hatching or a tenth in lightness, verdicts by their markers; coloured letters are dark enough."""
    terms = [(styles.luminance(colour), hatch) for colour, hatch in zip(styles.TERMS, styles.HATCHES, strict=True)]
    assert all(one[1] != other[1] or abs(one[0] - other[0]) >= 0.1 for one, other in combinations(terms, 2))
    assert len({ink.marker for ink in styles.VERDICTS.values()}) == len(styles.VERDICTS)
    for ink in (*styles.MEASURED, *styles.CONTROLS):
        assert styles.luminance(styles.legible(ink.colour, STYLE)) <= styles.DARKEST_TEXT + 0.01
    grey = styles.shade("#D55E00", styles.STYLES["grey"])
    assert grey[1:3] == grey[3:5] == grey[5:7] and styles.shade("#D55E00", STYLE) == "#D55E00"


def test_a_control_shows_what_it_breaks():
    """Its first curve of the panel that is not the claim's own; its bound where it measures the same; near misses first."""
    other, line = Curve("q", "other", "measured", X, X), Curve("p", "line", "measured", X, X)
    bound, second = Curve("p", "bound", "bound", X, X, form="ours"), Curve("p", "second", "measured", X, 2 * X)
    third, lower = Curve("p", "third", "measured", X, 3 * X), Curve("p", "bound", "bound", X, X / 2, form="ours")
    controls = [
        Control("far", "is broken", Evidence((), (other, bound, third))),
        Control("worse", "is broken", Evidence((), (line, second)), near=True),
        Control("claims less", "is broken", Evidence((), (line, lower))),
        Control("the same", "is not broken", Evidence((), (line, bound))),
    ]
    found = shown(PANEL, Evidence((), (other, line, bound)), controls, 4)
    assert [(curve.role, curve.label) for curve in found.curves] == [
        ("measured", "line"),
        ("bound", "bound"),
        ("control", "worse"),
        ("control", "far"),
        ("control", "claims less"),
    ]
    assert found.curves[2].y is second.y and found.curves[4].y is lower.y and found.left_out == 1
    few = shown(PANEL, Evidence((), (line,)), controls, 1)
    assert [curve.label for curve in few.curves] == ["line", "worse"] and few.left_out == 3


def test_the_triangle_has_the_predicted_slope():
    """In logarithms, below its line; a sweep downwards runs to the right."""
    for slope, x in ((2.5, X), (-3.5, X[::-1].copy())):
        panel = Panel("p", "x", "y", kind="rates", slope=slope)
        axes, _ = drawn([Curve("p", "line", "measured", x, x**slope)], panel)
        corners = np.log10(axes.lines[-1].get_xydata())
        run, rise = np.ptp(corners[:, 0]), np.ptp(corners[:, 1])
        assert rise / run == pytest.approx(abs(slope))
        assert (corners[:, 1] < slope * corners[:, 0]).all() and axes.xaxis_inverted() == (slope < 0)
        assert axes.get_ylim()[0] <= 10.0 ** corners[:, 1].min()


def test_the_table_beside_a_figure():
    """Every point of every curve to the last bit, all controls included."""
    made = cell([check(0.5)], [check(2.0), check(3.0)])
    table = pd.read_csv(
        io.BytesIO(figures.draw(made)[".csv"]), keep_default_na=False, na_values={"low": "", "high": ""}
    )
    assert list(table) == ["panel", "curve", "role", "form", "x", "y", "low", "high"]
    assert list(dict.fromkeys(table["curve"])) == ["line", "bound", "broken 0: line", "broken 1: line"]
    for curve in made.evidence.curves:
        mine = table[table["curve"] == curve.label]
        assert set(mine["role"]) == {curve.role} and set(mine["form"]) == {curve.form or ""}
        for name in ("x", "y", "low", "high"):
            value = getattr(curve, name)
            np.testing.assert_array_equal(mine[name], np.nan if value is None else value)
    assert set(table.loc[table["curve"].str.startswith("broken"), "role"]) == {"control"}


@pytest.mark.parametrize("style", styles.STYLES)
def test_the_files_of_a_figure(style):
    """A named picture, of the width of its style; letters of a paper's SVG are outlines; a PDF has its fonts in it."""
    made = replace(cell([check(0.5)]), problem="a <b> & c")
    found = figures.draw(made, style)
    svg, width = found[".svg"].decode(), styles.STYLES[style].width * 72.0
    assert "<title>Lemma 99 on a &lt;b&gt; &amp; c</title>" in svg
    assert '<svg role="img" aria-label="Lemma 99 on a &lt;b&gt; &amp; c" ' in svg
    assert float(re.search(r'width="([\d.]+)pt"', svg)[1]) == pytest.approx(width)
    assert ("<text" not in svg) == styles.STYLES[style].outlines
    assert set(re.findall(r"font-family: ([^;\"]*)", svg)) <= {
        "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', sans-serif"
    }
    fonts = re.findall(rb"/FontName /([\w+-]+)", found[".pdf"])
    assert fonts and found[".pdf"].count(b"/FontFile2") == len(set(fonts)), "every font is embedded"
    colours = {to_hex(each).lower() for each in re.findall(r"#[0-9a-f]{6}", svg)}
    if style == "grey":
        assert all(each[1:3] == each[3:5] == each[5:7] for each in colours)
    assert found == figures.draw(made, style), "the same bytes"


def test_a_style_leaves_nothing_behind():
    before = dict(matplotlib.rcParams)
    figures.draw(cell([check(0.5)]), "column")
    assert dict(matplotlib.rcParams) == before
