"""Bars of terms: what a bound is made of, beside what was measured of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis.figures.labels import Label, key_columns
from analysis.figures.scales import few_ticks, name_rows
from analysis.figures.styles import HATCHES, SMALLEST, TERMS, Style, legible, shade
from analysis.figures.text import drawable
from experiments.words.evidence import Curve, Panel

BAR, THICK = 20.0, 0.5  # points a bar, and how much of them is filled
HEAD, FOOT = 18.0, 28.0  # points above and below the bars
WIDE = True  # it has a row of the figure to itself
KEY_WIDTH = 1.0  # of the figure
KEY = 1.5  # of the size of the text: a line of the key


def height(panel: Panel, curves: Sequence[Curve], style: Style) -> float:
    """Points of the axes, by the number of bars."""
    return len(panel.names) * BAR * style.size / 7.0


def around(panel: Panel, curves: Sequence[Curve], style: Style) -> float:
    """Points above and below the axes, by the lines of the key."""
    return HEAD + FOOT + above(curves, style)


def draw(axes: Axes, panel: Panel, curves: Sequence[Curve], style: Style) -> list[Label]:
    """Draw the bars, the first on top. Controls are not drawn: their bars are in the table."""
    terms = _terms(curves)
    ends = {sign: np.zeros(len(panel.names)) for sign in (1.0, -1.0)}
    for curve in curves:
        if curve.role in ("measured", "bound"):
            _bars(axes, curve, terms.index(curve.label), ends, style)
    for curve in curves:
        if curve.role == "context":
            _tick(axes, curve, style)
    axes.grid(visible=False, axis="y")
    axes.axvline(0.0, color="black", linewidth=0.6)
    axes.margins(x=0.02)
    few_ticks(axes.xaxis)
    name_rows(axes, panel.names)
    _key(axes, curves, style)
    return []


def _terms(curves: Sequence[Curve]) -> list[str]:
    """The names of the terms, in order: the same one has the same colour in every bar."""
    return list(dict.fromkeys(curve.label for curve in curves if curve.role in ("measured", "bound")))


def _bars(axes: Axes, curve: Curve, number: int, ends: dict[float, np.ndarray], style: Style) -> None:
    """A term's part of each of its bars; what is negative goes to the left of 0. What is 0, or nan, is not drawn."""
    colour, hatch = TERMS[number % len(TERMS)], HATCHES[number % len(HATCHES)]
    for place, value in zip(curve.x.astype(int).tolist(), curve.y.tolist(), strict=True):
        if not abs(value) > 0.0:
            continue
        side = ends[1.0 if value > 0.0 else -1.0]
        axes.barh(
            place,
            value,
            THICK,
            left=side[place],
            color=shade(colour, style),
            edgecolor="white",
            hatch=hatch,
            linewidth=0.3,
        )
        side[place] += value


def _tick(axes: Axes, curve: Curve, style: Style) -> None:
    """A stroke across bars, with its name above it."""
    for place, value in zip(curve.x.astype(int).tolist(), curve.y.tolist(), strict=True):
        axes.plot([value, value], [place - 0.35, place + 0.35], color="black", linewidth=1.2, solid_capstyle="butt")
        text = drawable(curve.label)
        axes.annotate(
            text["text"],
            xy=(value, place - 0.35),
            xytext=(0.0, 0.5),
            textcoords="offset points",
            parse_math=text["parse_math"],
            ha="center",
            va="bottom",
            fontsize=max(style.size - 1.0, SMALLEST),
            color=legible("#000000", style),
        )


def above(curves: Sequence[Curve], style: Style) -> float:
    """Points that stand between the axes and the title: the key."""
    return (
        -(-len(_terms(curves)) // key_columns(_terms(curves), KEY_WIDTH * style.width, style.size)) * KEY * style.size
    )


def _key(axes: Axes, curves: Sequence[Curve], style: Style) -> None:
    """Which colour is which term, above the bars."""
    patches = []
    for number in range(len(_terms(curves))):
        colour, hatch = shade(TERMS[number % len(TERMS)], style), HATCHES[number % len(HATCHES)]
        patches.append(Patch(facecolor=colour, edgecolor="white", hatch=hatch, linewidth=0.3, label=" "))
    key = axes.legend(
        handles=patches,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=key_columns(_terms(curves), KEY_WIDTH * style.width, style.size),
        borderaxespad=0.2,
        columnspacing=1.0,
        handlelength=1.2,
        handletextpad=0.4,
        labelspacing=0.25,
    )
    for entry, name in zip(key.get_texts(), _terms(curves), strict=True):
        entry.set(**drawable(name))
