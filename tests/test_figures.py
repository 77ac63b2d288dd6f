"""What is drawn: labels of axes, who is drawn how, where the dots of the summary are, and that nothing overlaps."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from analysis import figures
from experiments.words.evidence import Control, Curve, Evidence, Panel

PANEL = Panel("p", "t", "y")
X = np.array([1.0, 2.0, 8.0])


def labelled(low, high, ticks):
    """The labels of some ticks on a logarithmic axis from low to high."""
    axes = Figure().add_subplot()
    axes.set(xscale="log", xlim=(low, high))
    formatter = figures.Powers()
    axes.xaxis.set_minor_formatter(formatter)
    formatter.set_locs(ticks)
    return [formatter(tick) for tick in ticks]


def test_labels_of_logarithmic_axes():
    """Powers of ten; between them plain numbers near 1, else a digit and a power; none where there is no room."""
    assert labelled(1e-4, 1e5, [1e-3, 1.0, 100.0, 3.0]) == ["10⁻³", "10⁰", "10²", ""]
    assert labelled(1.5, 9.0, [2.0, 3.0]) == ["2", "3"]
    assert labelled(0.015, 0.09, [0.02]) == ["0.02"] and labelled(0.0015, 0.009, [0.002]) == ["2·10⁻³"]
    assert labelled(150.0, 950.0, [200.0]) == ["200"] and labelled(1500.0, 9500.0, [2000.0]) == ["2·10³"]


def test_small_ticks_only_where_there_is_room():
    for high, count in ((50.0, 1), (1000.0, 0)):
        axes = Figure().add_subplot()
        axes.set(xscale="log", yscale="linear", xlim=(1.0, high))
        figures._plain(axes)
        assert min(1, len(axes.xaxis.get_minorticklocs())) == count
        assert isinstance(axes.xaxis.get_major_formatter(), figures.Powers)
        assert not isinstance(axes.yaxis.get_major_formatter(), figures.Powers)


@pytest.mark.parametrize(("panels", "words"), [(1, 5), (3, 30)])
def test_panels_and_legend_have_their_places(panels, words):
    """One below the other, alike, with room for ticks and titles; and beside them for a line of so many letters."""
    figure, places = figures._frame(["a" * words, "b\n" + "c" * (words - 1)], panels, 252.0, 66.0)
    width, height = figure.get_size_inches() * 72
    boxes = [axes.get_position() for axes in places]
    assert len(boxes) == panels and height > 252.0 * panels
    for box in boxes:
        assert box.x0 * width == pytest.approx(66.0)
        assert 4.0 * words + 20.0 < (1.0 - box.x1) * width < 5.0 * words + 80.0
        assert 180.0 < box.height * height < 252.0 - 27.0
    for above, below in pairwise(boxes):
        assert (above.y0 - below.y0) * height == pytest.approx(252.0) and above.x1 == below.x1
    assert 30.0 < boxes[-1].y0 * height < 60.0 and 12.0 < (1.0 - boxes[0].y1) * height < 42.0


def drawn(curves):
    axes = Figure().add_subplot()
    figures._panel(axes, PANEL, curves)
    return axes


def beside(axes):
    """Where the legend begins, in widths of the axes."""
    return axes.get_legend().get_bbox_to_anchor().transformed(axes.transAxes.inverted()).x0


def test_who_is_drawn_how():
    """Bounds black and by their form, controls red and dotted, the rest by the palette, which starts again with dashes."""
    measured = [(Curve("p", str(i), "measured", X, X * (i + 1), 0.9 * X, 1.1 * X), str(i)) for i in range(9)]
    bound = Curve("p", "b", "bound", X, X, form="ours")
    control = replace(measured[0][0], role="control")
    axes = drawn([*measured, (bound, "b"), (control, "c")])
    lines = {line.get_label(): line for line in axes.lines}
    colours = [to_hex(lines[str(i)].get_color()).upper() for i in range(9)]
    assert len(set(colours[:8])) == 8 and colours[8] == colours[0]
    assert [lines[str(i)].is_dashed() for i in (0, 7, 8)] == [False, False, True]
    assert lines["b"].get_color() == "black" and lines["b"].get_linewidth() < lines["0"].get_linewidth()
    assert to_hex(lines["c"].get_color()).upper() == figures.RED and lines["c"].get_linestyle() == ":"
    assert beside(axes) == pytest.approx(1.0)
    assert len(axes.collections) == 9, "a band for each that has one, none for bounds and controls"
    band = axes.collections[1].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(0.9) and band[:, 1].max() == pytest.approx(8.8)


def test_a_control_shows_its_first_curve():
    """Of the panel, and no bound; a curve of another panel is not shown."""
    other, line = Curve("q", "other", "measured", X, X), Curve("p", "line", "measured", X, X)
    bound, second = Curve("p", "bound", "bound", X, X), Curve("p", "second", "measured", X, 2 * X)
    control = Control("worse", "is broken", Evidence((), (other, bound, second, line)))
    found = figures._curves(PANEL, Evidence((), (other, line, bound)), [control])
    assert [(curve.role, label) for curve, label in found] == [
        ("measured", "line"),
        ("bound", "bound"),
        ("control", "control: worse"),
    ]
    assert found[2][0].y is second.y


def test_the_dots_of_the_summary(monkeypatch):
    """A row's dot is at its ratio, but not below 1e-4; claims from above, forms stated, proved, ours within a claim."""
    kept = []
    monkeypatch.setattr(figures, "_saved", lambda figure: kept.append(figure) or {})
    rows = [("A", "stated", 0.5), ("A", "proved", 0.25), ("A", "ours", 2.0), ("B", "stated", 1e-9), ("B", "ours", -1.0)]
    table = pd.DataFrame([(*row, "supported") for row in rows], columns=["label", "form", "ratio", "verdict"])
    figures.summary(table)
    (axes,) = kept[0].axes
    dots = np.concatenate([dots.get_offsets() for dots in axes.collections])
    np.testing.assert_allclose(dots[:, 0], [0.5, 0.25, 2.0, 1e-4])
    height = dict(zip(("stated", "proved", "ours", "B"), dots[:, 1], strict=True))
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["B", "A"] and height["proved"] == 1.0
    assert 1.4 > height["stated"] > 1.0 > height["ours"] > 0.6 and 0.0 < height["B"] < 0.4
    assert height["ours"] - height["B"] > 2.0 * (height["stated"] - height["proved"]), "claims lie apart"
    assert beside(axes) == pytest.approx(1.0)
    (line,) = [line for line in axes.lines if line.get_color() == "black"]
    assert set(line.get_xdata()) == {1.0} and axes.get_xscale() == "log"
