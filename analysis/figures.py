"""Figures: every measured curve with its bound drawn in, its controls, and one summary of all rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from analysis.font import families
from experiments.evidence import Cell, Curve, Panel

matplotlib.use("Agg")
STYLE: dict[Any, Any] = {
    "figure.dpi": 72,  # as both formats have it: texts are measured once
    "svg.hashsalt": "adam-ema",
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
AGAIN = (0, (6, 1, 1, 1))  # line style when the palette starts again
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
BOUNDS = {"stated": "--", "proved": "-.", "ours": (0, (2, 1))}  # line styles of the forms
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


def _save(figure: Figure, folder: Path, name: str) -> None:
    """SVG and PDF without dates, so that the same numbers give the same bytes."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, drawn twice; `savefig` would draw everything two times more
    FigureCanvasSVG(figure).print_svg(folder / f"{name}.svg", metadata={"Date": None})  # type: ignore[no-untyped-call]
    FigureCanvasPdf(figure).print_pdf(folder / f"{name}.pdf", metadata={"CreationDate": None})  # type: ignore[no-untyped-call]


def draw(cell: Cell, folder: Path) -> None:
    """One figure of the cell: folder/<case>.svg and .pdf."""
    if cell.evidence is None or not cell.evidence.panels:
        return
    with matplotlib.rc_context({**STYLE, "font.family": families()}):
        panels = cell.evidence.panels
        figure = Figure(figsize=(7.2, 3.6 * len(panels)), layout="constrained")
        for i, panel in enumerate(panels):
            axes = figure.add_subplot(len(panels), 1, i + 1)
            _panel(axes, panel, cell)
        figure.suptitle(f"{cell.claim.label} on {cell.problem}", fontsize=10, x=0.02, ha="left")
        _save(figure, folder, cell.case)


def _panel(axes: Axes, panel: Panel, cell: Cell) -> None:
    assert cell.evidence is not None
    count = 0
    for curve in (c for c in cell.evidence.curves if c.panel == panel.name):
        if curve.role == "bound":
            _line(axes, curve, "black", BOUNDS[next((f for f in BOUNDS if f in curve.label), "stated")])
        else:
            _line(axes, curve, PALETTE[count % len(PALETTE)], "-" if count < len(PALETTE) else AGAIN)
            count += 1
    for control in cell.controls:
        drawn = [c for c in control.evidence.curves if c.panel == panel.name and c.role != "bound"]
        for j, curve in enumerate(drawn[:1]):
            label = f"control: {control.name}" if j == 0 else None
            axes.plot(curve.x, curve.y, color=RED, linestyle=":", linewidth=1.0, alpha=0.8, label=label)
    axes.set(xlabel=panel.xlabel, ylabel=panel.ylabel, xscale=panel.xscale, yscale=panel.yscale)
    _plain(axes)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _plain(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(Powers())
            axis.set_minor_formatter(Powers())


def _line(axes: Axes, curve: Curve, colour: str, style: Any) -> None:
    width = 0.9 if curve.role == "bound" else 1.4
    (line,) = axes.plot(curve.x, curve.y, color=colour, linestyle=style, linewidth=width, label=curve.label)
    if curve.role == "bound":
        line.set_alpha(0.75)
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)


def summary(table: pd.DataFrame, folder: Path) -> None:
    """measured/bound of every row, by claim: how close the bounds come; folder/summary.svg and .pdf."""
    with matplotlib.rc_context({**STYLE, "font.family": families()}):
        labels = list(dict.fromkeys(table["label"]))[::-1]
        figure = Figure(figsize=(7.2, 0.42 * len(labels) + 1.2), layout="constrained")
        axes = figure.add_subplot()
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
        if len(table):
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        _save(figure, folder, "summary")
