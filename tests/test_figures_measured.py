"""The figures of what every claim measures: nothing is cut, no two names overlap, no letter is too small to read."""

from __future__ import annotations

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from analysis.figures.choice import shown
from analysis.figures.labels import NAME
from analysis.figures.lines import upright
from analysis.figures.overview import overview
from analysis.figures.page import figure_of, table_of
from analysis.figures.styles import SMALLEST, STYLES, applied
from analysis.figures.text import is_mathematics
from experiments.sweep.claims import CLAIMS
from experiments.words.harness import examine
from tests.test_experiments import job

# one of each kind of panel, and those whose names are many or long; CI looks at all that smoke measures (.ci/figures.py)
FEW = {
    "theorem11_kink": [],  # lines and terms
    "corollary19_heterogeneous": [],  # rates
    "lemma20_laws_kink": [],  # dots
    "baselines_short": ["case.settings.steps=100"],  # dots and lines
    "lemma10_kink": [],
    "theorem09_pair": [],
    "discount_map_short": ["case.settings.cells=20"],
}
STRETCH = 1.0  # points: so far may a letter's box reach over another's


def texts(figure):
    """All texts that can be seen, with their boxes in points."""
    figure.set_dpi(72)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    ticks = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in hidden(axis)}
    return [(text, Text.get_window_extent(text, renderer)) for text in found if id(text) not in ticks]


def hidden(axis):
    """Labels of ticks that are out of sight."""
    low, high = sorted(axis.get_view_interval())
    gap = 1e-9 * (high - low)
    ticks = [*axis.majorTicks, *axis.minorTicks]
    return [label for t in ticks for label in (t.label1, t.label2) if not low - gap <= t.get_loc() <= high + gap]


def overlap(one, other):
    """By how many points two boxes overlap, in the direction in which they do so least."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    return min(across, min(one.y1, other.y1) - max(one.y0, other.y0))


def whole(figure, seen):
    """No text is cut, or too small."""
    width, height = figure.get_size_inches() * 72.0
    for text, box in seen:
        assert text.get_fontsize() >= SMALLEST
        assert box.x0 >= -STRETCH and box.x1 <= width + STRETCH, f"{text.get_text()!r} is cut"
        assert box.y0 >= -STRETCH and box.y1 <= height + STRETCH, f"{text.get_text()!r} is cut"


@pytest.mark.parametrize("style", STYLES)
def test_the_summary(style):
    """The summary, with the longest label that there is."""
    labels = sorted((claim.label for claim in CLAIMS.values()), key=len)[-3:]
    table = pd.DataFrame({"label": labels, "form": "ours", "ratio": [1e-3, 0.5, 1.2], "verdict": "supported"})
    with applied(STYLES[style]):
        figure = overview(table, STYLES[style])
        whole(figure, texts(figure))


def legible(case, evidence, controls):
    """What a case measured can be read, at the width of a column and of a text, and is all in the table."""
    for style in (STYLES["column"], STYLES["text"]):
        with applied(style), warnings.catch_warnings():
            warnings.simplefilter("error")  # a layout that does not fit
            panels = [shown(panel, evidence, controls, style.controls) for panel in evidence.panels]
            figure = figure_of(panels, case, style)
            seen = texts(figure)
        whole(figure, seen)
        names = [(text.get_text(), box) for text, box in seen if text.get_label() == NAME]
        for (one, first), (other, second) in combinations(names, 2):
            assert overlap(first, second) <= STRETCH, f"{one!r} and {other!r} overlap"
    assert all(curve.form is None for curve in evidence.curves if upright(curve)), "a place on an axis claims nothing"
    drawn = [curve for one in panels for curve in one.curves]
    assert all(any(curve is each for each in drawn) for curve in evidence.curves), "a curve without its panel"
    labels = [text for panel in evidence.panels for text in (panel.xlabel, panel.ylabel, panel.title, *panel.names)]
    labels += [curve.label for curve in evidence.curves]
    with applied(STYLES["column"]):
        assert all("$" not in label or is_mathematics(label) for label in labels)
    table = table_of(evidence, [(control.name, control.evidence) for control in controls])
    arms = [evidence, *(control.evidence for control in controls)]
    np.testing.assert_array_equal(table["y"], np.concatenate([curve.y for arm in arms for curve in arm.curves]))
    np.testing.assert_array_equal(table["x"], np.concatenate([curve.x for arm in arms for curve in arm.curves]))


@pytest.mark.parametrize("case", FEW)
def test_figures_of_what_was_measured(case):
    """Nothing is cut, nothing overlaps, nothing is missing."""
    made = job(case, *FEW[case])
    legible(case, *examine(made.claim, made.problem, made.context))
