"""All rows at a glance: measured/bound of every row, by claim."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.page import files, settle
from analysis.figures.scales import name_rows, plain_ticks
from analysis.figures.styles import REPORT, STYLES, VERDICTS, Style, applied, shade
from analysis.figures.text import wrapped

SUMMARY = "summary"  # the name of the figure of all rows
LEAST = 1e-4  # a smaller ratio is drawn there
ROW = 16.0  # points
OFFSET = {"stated": -0.24, "proved": 0.0, "ours": 0.24}  # of a row, downwards
TITLE = "Measured over bound, every row"
COLUMNS = ["label", "problem", "varied", "quantity", "setting", "form", "verdict", "measured", "bound", "ratio"]


def summary(table: pd.DataFrame, style: str = REPORT) -> dict[str, bytes]:
    """measured/bound of every row, by claim: how close the bounds come; as files by their endings."""
    chosen = STYLES[style]
    with applied(chosen):
        return files(overview(table, chosen), TITLE, table[[name for name in COLUMNS if name in table]])


def overview(table: pd.DataFrame, style: Style) -> Figure:
    """A row for each label; a dot's place says by whose bound it is, its colour and marker what the verdict is."""
    names = list(dict.fromkeys(table["label"]))
    figure = Figure(figsize=(style.width, (ROW * len(names) + 70.0) / 72.0), layout="constrained")
    axes = figure.add_subplot()
    for verdict, ink in VERDICTS.items():
        rows = table[(table["verdict"] == verdict) & (table["ratio"] > 0)]
        place = [names.index(row["label"]) + OFFSET.get(row["form"], 0.0) for row in rows.to_dict("records")]
        if len(rows):
            colour = shade(ink.colour, style)
            where = np.maximum(rows["ratio"], LEAST)
            axes.plot(where, place, ink.marker, color=colour, markersize=2.8, markeredgewidth=0.0, alpha=0.75)
    axes.axvline(1.0, color="black", linewidth=0.8)
    label = "measured / bound (in each row: upper dots stated, middle proved, lower ours)"
    axes.set(xscale="log", xlabel=wrapped(label, 2 * style.letters))
    plain_ticks(axes)
    name_rows(axes, [wrapped(name, style.letters) for name in names])
    _key(figure, set(table["verdict"]), style)
    settle(figure, [(axes, [])])
    return figure


def _key(figure: Figure, verdicts: set[str], style: Style) -> None:
    """Which mark is which verdict, above the rows."""
    marks = [
        Line2D([], [], marker=ink.marker, color=shade(ink.colour, style), linestyle="none", label=verdict)
        for verdict, ink in VERDICTS.items()
        if verdict in verdicts
    ]
    if marks:
        figure.legend(handles=marks, loc="outside upper right", ncols=len(marks), handletextpad=0.1, columnspacing=1.0)
