"""The figure of all rows (analysis/figures/overview.py)."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from analysis import figures
from analysis.figures import overview, styles

STYLE = styles.STYLES["column"]


def test_the_dots_of_the_summary():
    """A row's dot is at its ratio, an arrow at 1e-4 if less; claims from above, forms stated, proved, ours in a claim."""
    rows = [("A", "stated", 0.5), ("A", "proved", 0.25), ("A", "ours", 2.0), ("B", "stated", 1e-9), ("B", "ours", -1.0)]
    rows += [("B", "ours", np.nan)]
    table = pd.DataFrame([(*row, "supported") for row in rows], columns=["label", "form", "ratio", "verdict"])
    with styles.applied(STYLE):
        (axes,) = overview.overview(table, STYLE).axes
    marked = {line.get_marker(): line.get_xydata() for line in axes.lines}
    assert set(marked) == {"o", overview.FURTHER, "None"} and "1 without a ratio" in axes.get_xlabel().replace(
        "\n", " "
    )
    np.testing.assert_allclose(marked[overview.FURTHER][:, 0], 1e-4)
    dots = np.concatenate([marked["o"], marked[overview.FURTHER]])
    np.testing.assert_allclose(dots[:, 0], [0.5, 0.25, 2.0, 1e-4, 1e-4])
    down = dict(zip(("stated", "proved", "ours", "B", "less"), dots[:, 1], strict=True))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B"] and axes.yaxis_inverted()
    assert -0.4 < down["stated"] < down["proved"] == 0.0 < down["ours"] < 0.4 < down["B"] < 1.0
    (line,) = [line for line in axes.lines if line.get_color() == "black"]
    assert set(line.get_xdata()) == {1.0} and axes.get_xscale() == "log"


def test_the_summary_has_what_warns_on_top():
    """What is refuted or undecided is larger than what is supported, and drawn after it; nothing is said to be missing."""
    verdicts = ["refuted", "undecided", "supported", "vacuous"]
    table = pd.DataFrame({"label": "A", "form": "ours", "ratio": 0.5, "verdict": verdicts})
    with styles.applied(STYLE):
        (axes,) = overview.overview(table, STYLE).axes
    assert "not shown" not in axes.get_xlabel()
    marks = {line.get_marker(): (line.get_markersize(), line.get_zorder()) for line in axes.lines}
    sizes = {verdict: marks[styles.VERDICTS[verdict].marker] for verdict in verdicts}
    for loud, quiet in (("refuted", "supported"), ("refuted", "vacuous"), ("undecided", "supported")):
        assert all(one > other for one, other in zip(sizes[loud], sizes[quiet], strict=True))


def drawn(**columns):
    """The figure of rows with these columns."""
    with styles.applied(STYLE):
        return overview.overview(pd.DataFrame({"label": "A", "form": "ours", "verdict": "supported"} | columns), STYLE)


@pytest.mark.parametrize("ratio, arrow", [(1e-4, False), (0.99e-4, True), (0.0, True), (-2.0, True), (0.5, False)])
def test_arrows(ratio, arrow):
    """For what is smaller than the axis shows; the key says so where there is one."""
    figure = drawn(ratio=[0.5, ratio])
    (axes,), (key,) = figure.axes, figure.legends
    assert any(line.get_marker() == overview.FURTHER for line in axes.lines) == arrow
    assert sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() != "None") == 2, "each is drawn"
    assert [text.get_text() for text in key.get_texts()] == ["supported", *(["less, or negative"] if arrow else [])]


def test_the_last_warning_is_on_top():
    """Undecided, refuted, failed, one above the other; the numbers of all others stand for themselves."""
    names = ["failed", "undecided", "supported", "refuted", "vacuous"]
    (axes,) = drawn(label=["A"] * 5, ratio=[0.5] * 5, verdict=names).axes
    heights = {line.get_marker(): line.get_zorder() for line in axes.lines}
    order = sorted(names, key=lambda name: heights[styles.VERDICTS[name].marker])
    assert order[2:] == ["undecided", "refuted", "failed"]


def test_the_table_of_the_summary():
    """The columns that say which row it is and how it stands, of those that there are."""
    rows = pd.DataFrame(
        {"label": ["A"], "form": "ours", "verdict": "supported", "ratio": 0.5, "samples": 3, "note": "n"}
    )
    found = pd.read_csv(io.BytesIO(figures.summary(rows, "column")[".csv"]))
    assert list(found) == ["label", "form", "verdict", "ratio"]
