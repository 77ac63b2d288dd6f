"""All rows at a glance: measured/bound of every row, by claim."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.labels import key_columns
from analysis.figures.page import files, settle
from analysis.figures.scales import name_rows, plain_ticks
from analysis.figures.styles import REPORT, STYLES, VERDICTS, Style, applied, shade
from analysis.figures.text import wrapped

SUMMARY = "summary"  # the name of the figure of all rows
LEAST = 1e-4  # a smaller ratio, or a negative one, is drawn there, as an arrow
FURTHER = "<"  # this arrow: the ratio itself lies further to the left
WARNING = ("undecided", "refuted", "failed")  # larger, and on top of all others, the last of them on top
SMALL, LARGE = 2.8, 4.5  # points: the size of a mark
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
        rows, warns = table[table["verdict"] == verdict], verdict in WARNING
        look: dict[str, Any] = {
            "color": shade(ink.colour, style),
            "markersize": LARGE if warns else SMALL,
            "linestyle": "none",
        }
        look |= {"markeredgewidth": 0.0, "alpha": 1.0 if warns else 0.75}
        look["zorder"] = 3.0 + WARNING.index(verdict) if warns else 2.0
        place = np.array([names.index(row["label"]) + OFFSET.get(row["form"], 0.0) for row in rows.to_dict("records")])
        ratio = rows["ratio"].to_numpy(float)
        for part, marker in ((ratio >= LEAST, ink.marker), (ratio < LEAST, FURTHER)):
            if part.any():
                axes.plot(np.maximum(ratio[part], LEAST), place[part], marker=marker, **look)
    axes.axvline(1.0, color="black", linewidth=0.8)
    label = "measured / bound (in each row: upper dots stated, middle proved, lower ours)"
    if missing := int((~np.isfinite(table["ratio"])).sum()):
        label += f"; {missing} without a ratio not shown"
    axes.set(xscale="log", xlabel=wrapped(label, 2 * style.letters))
    plain_ticks(axes)
    name_rows(axes, [wrapped(name, style.letters) for name in names])
    _key(figure, set(table["verdict"]), bool((table["ratio"] < LEAST).any()), style)
    settle(figure, [(axes, [])])
    return figure


def _key(figure: Figure, verdicts: set[str], further: bool, style: Style) -> None:
    """Which mark is which verdict, above the rows, and what the arrows say where there are some."""
    marks = [
        Line2D([], [], marker=ink.marker, color=shade(ink.colour, style), linestyle="none", label=verdict)
        for verdict, ink in VERDICTS.items()
        if verdict in verdicts
    ]
    if further:
        grey = shade(VERDICTS["vacuous"].colour, style)
        marks.append(Line2D([], [], marker=FURTHER, color=grey, linestyle="none", label="less, or negative"))
    if marks:
        columns = key_columns([str(mark.get_label()) for mark in marks], style.width, style.size)
        figure.legend(handles=marks, loc="outside upper right", ncols=columns, handletextpad=0.1, columnspacing=1.0)
