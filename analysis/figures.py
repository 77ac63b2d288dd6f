"""Figures: every measured curve with its bound drawn in, its controls, and one summary of all rows."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from textwrap import fill
from typing import Any

os.environ["MPLBACKEND"] = "Agg"  # not that of the notebook from which the process was started: it need not be there

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, NullLocator

from analysis.font import families
from experiments.sweep.cells import Cell
from experiments.words.evidence import Control, Curve, Evidence, Form, Panel

STYLE: dict[Any, Any] = {
    "figure.dpi": 72,  # as both formats have it
    "svg.hashsalt": "adam-ema",
    "text.parse_math": False,  # a $ in a label is a $
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.4,
}
PALETTE = ("#0072B2", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#7A5195", "#4D4D4D", "#A6761D")  # colour-blind safe
RED = "#C1272D"
LETTER = 4.1  # points: a letter of the legend, on average
WIDEST = 30  # letters of a line of the legend
HEAD = 16.0  # points above the first panel, for the title
SUMMARY = "summary"  # the name of the figure of all rows
LineStyle = str | tuple[int, tuple[int, ...]]
AGAIN: LineStyle = (0, (6, 1, 1, 1))  # when the palette starts again
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
BOUNDS: dict[Form, LineStyle] = {"stated": "--", "proved": "-.", "ours": (0, (2, 1))}
VERDICTS = {
    "supported": "#0072B2",
    "refuted": RED,
    "undecided": "#E69F00",
    "vacuous": "#999999",
    "failed": "#000000",
}


class Powers(LogFormatter):
    """Labels of logarithmic axes in plain text: 10⁻³, not mathematics that takes longer to parse than all else."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick, empty where there is no room for one."""
        if not super().__call__(x, pos):
            return ""
        digit, exponent = f"{x:.0e}".split("e")
        power = "10" + str(int(exponent)).translate(SUPERSCRIPTS)
        if digit == "1":
            return power
        return f"{x:g}" if 1e-2 <= x < 1e3 else f"{digit}·{power}"


def _frame(labels: Sequence[str], panels: int, height: float, left: float) -> tuple[Figure, list[Axes]]:
    """A figure with its axes, the panels on top of each other and room for the legend on the right; sizes in points.

    Placed by the length of the labels, not by a layout that draws everything in order to measure it.
    """
    width, below, above = 7.2 * 72, 42.0, 12.0
    lines = [len(line) for label in labels for line in label.splitlines()]
    right = width - 14.0 - (30.0 + LETTER * max(lines) if lines else 0.0)
    total = panels * height + HEAD
    figure = Figure(figsize=(width / 72, total / 72))
    places = [(panels - 1 - i) * height + below for i in range(panels)]
    size = (right - left) / width, (height - below - above) / total
    return figure, [figure.add_axes((left / width, place / total, *size)) for place in places]


@contextmanager
def _style() -> Iterator[None]:
    """Our style upon Matplotlib's own defaults: what a `matplotlibrc` of the user says is left out."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**STYLE, "font.family": families()})
        yield


def _saved(figure: Figure) -> dict[str, bytes]:
    """SVG and PDF by their endings, without dates, so that the same numbers give the same bytes."""
    svg, pdf = io.BytesIO(), io.BytesIO()
    FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})  # type: ignore[no-untyped-call]
    FigureCanvasPdf(figure).print_pdf(pdf, metadata={"CreationDate": None})  # type: ignore[no-untyped-call]
    return {".svg": svg.getvalue(), ".pdf": pdf.getvalue()}


def draw(cell: Cell) -> dict[str, bytes]:
    """The figure of a cell that has panels, as files by their endings."""
    evidence = cell.evidence
    assert evidence is not None
    with _style():
        drawn = [_curves(panel, evidence, cell.controls) for panel in evidence.panels]
        figure, places = _frame([label for curves in drawn for _, label in curves], len(drawn), 252.0, 66.0)
        for axes, panel, curves in zip(places, evidence.panels, drawn, strict=True):
            _panel(axes, panel, curves)
        figure.suptitle(f"{cell.claim.label} on {cell.where}", fontsize=10, x=0.02, ha="left")
        return _saved(figure)


def _curves(panel: Panel, evidence: Evidence, controls: Sequence[Control]) -> list[tuple[Curve, str]]:
    """The curves of a panel with their labels, broken into lines: the claim's own, and the first of each control."""
    curves = [(curve, curve.label) for curve in evidence.curves if curve.panel == panel.name]
    for control in controls:
        mine = [c for c in control.evidence.curves if c.panel == panel.name and c.role != "bound"]
        curves += [(replace(curve, role="control"), f"control: {control.name}") for curve in mine[:1]]
    return [(curve, fill(label, WIDEST)) for curve, label in curves]


def _panel(axes: Axes, panel: Panel, curves: Sequence[tuple[Curve, str]]) -> None:
    count = 0
    for curve, label in curves:
        if curve.role == "control":
            axes.plot(curve.x, curve.y, color=RED, linestyle=":", linewidth=1.0, alpha=0.8, label=label)
        elif curve.role == "bound":
            _line(axes, curve, label, "black", BOUNDS[curve.form or "stated"])
        else:
            _line(axes, curve, label, PALETTE[count % len(PALETTE)], "-" if count < len(PALETTE) else AGAIN)
            count += 1
    axes.set(xlabel=panel.xlabel, ylabel=panel.ylabel, xscale=panel.xscale, yscale=panel.yscale)
    _plain(axes)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _plain(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(Powers())
            axis.set_minor_formatter(Powers())
            low, high = axis.get_view_interval()
            if high > 100.0 * low:  # then the small ticks have no labels, and cost more than all curves
                axis.set_minor_locator(NullLocator())


def _line(axes: Axes, curve: Curve, label: str, colour: str, style: LineStyle) -> None:
    width = 0.9 if curve.role == "bound" else 1.4
    (line,) = axes.plot(curve.x, curve.y, color=colour, linestyle=style, linewidth=width, label=label)
    if curve.role == "bound":
        line.set_alpha(0.75)
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)


def summary(table: pd.DataFrame) -> dict[str, bytes]:
    """measured/bound of every row, by claim: how close the bounds come; as files by their endings."""
    with _style():
        labels = list(dict.fromkeys(table["label"]))[::-1]
        left = 12.0 + 1.3 * LETTER * max(map(len, labels), default=0)
        figure, (axes,) = _frame(list(VERDICTS), 1, 30.0 * len(labels) + 60.0, left)
        for verdict, colour in VERDICTS.items():
            rows = table[(table["verdict"] == verdict) & (table["ratio"] > 0)]
            place = np.array([labels.index(label) for label in rows["label"]], float)
            offset = {"stated": 0.22, "proved": 0.0, "ours": -0.22}
            place += np.array([offset.get(form, 0.0) for form in rows["form"]])
            if len(rows):
                axes.scatter(
                    np.maximum(rows["ratio"], 1e-4), place, s=16, color=colour, label=verdict, alpha=0.75, linewidths=0
                )
        axes.axvline(1.0, color="black", linewidth=1.0)
        axes.set(xscale="log", xlabel="measured / bound (upper dots: stated, middle: proved, lower: ours)")
        _plain(axes)
        axes.set_yticks(range(len(labels)), labels)
        if axes.get_legend_handles_labels()[1]:  # no dots, no legend: a bound of 0 has no ratio
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return _saved(figure)
