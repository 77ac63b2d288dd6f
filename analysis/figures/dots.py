"""Dots in rows: one row for each method, law or control, so that all of them can be read off."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from analysis.figures.labels import Label, key_columns
from analysis.figures.scales import few_ticks, name_rows, plain_ticks
from analysis.figures.styles import BOUNDS, CONTROLS, MEASURED, Style, legible, shade
from analysis.figures.text import drawable, wrapped
from experiments.words.evidence import Curve, Panel

ROW = 12.5  # points
WIDE = False  # it does not need a row of the figure to itself
BELOW = 30.0  # points from the axes to the key
HEAD, FOOT = 24.0, 28.0  # points above and below the rows


def height(panel: Panel, curves: Sequence[Curve], style: Style) -> float:
    """Points of the axes, by the number of rows."""
    return len(_rows(curves)) * ROW * style.size / 7.0


def around(panel: Panel, curves: Sequence[Curve], style: Style) -> float:
    """Points above and below the axes, by the lines of the key."""
    columns = key_columns(panel.names, style.width / style.columns, style.size)
    lines = -(-len(panel.names) // columns) if len(panel.names) > 1 else 0
    return HEAD + FOOT + 1.5 * style.size * lines


def above(curves: Sequence[Curve], style: Style) -> float:
    """Points that stand between the axes and the title: the names of the bounds."""
    return 1.3 * style.size if len(_rows(curves)) < len(curves) else 0.0


def draw(axes: Axes, panel: Panel, curves: Sequence[Curve], style: Style) -> list[Label]:
    """Draw the rows, the first on top, and the bounds across them."""
    rows = _rows(curves)
    axes.set(xscale=panel.yscale)
    for place, curve in enumerate(rows):
        _row(axes, place, curve, style)
    for curve in curves:
        if curve.role == "bound":
            _across(axes, curve, style)
    names = [wrapped(curve.label, 2 * style.letters) for curve in rows]
    name_rows(axes, names, [curve.role == "control" for curve in rows])
    axes.margins(x=0.05)
    plain_ticks(axes)
    few_ticks(axes.xaxis)
    if len(panel.names) > 1:
        _key(axes, panel, style)
    return []


def _rows(curves: Sequence[Curve]) -> list[Curve]:
    return [curve for curve in curves if curve.role != "bound"]


def _row(axes: Axes, place: int, curve: Curve, style: Style) -> None:
    for number, (x, y) in enumerate(zip(curve.x.astype(int).tolist(), curve.y.tolist(), strict=True)):
        ink = MEASURED[x % len(MEASURED)]
        colour = shade(CONTROLS[0].colour if curve.role == "control" else ink.colour, style)
        filled = curve.role != "control"
        if curve.low is not None and curve.high is not None:
            axes.plot([curve.low[number], curve.high[number]], [place, place], color=colour, linewidth=0.9)
        face = colour if filled else "white"
        axes.plot(y, place, marker=_marker(x), color=colour, markerfacecolor=face, markersize=4.0, linestyle="none")


def _across(axes: Axes, curve: Curve, style: Style) -> None:
    """A bound across all rows, with its name above them."""
    level = float(curve.y[-1])
    axes.axvline(level, color="black", linestyle=BOUNDS[curve.form or "stated"].dashes, linewidth=0.9)
    text = drawable(curve.label)
    axes.annotate(
        text["text"],
        xy=(level, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0.0, 1.5),
        textcoords="offset points",
        parse_math=text["parse_math"],
        ha="center",
        va="bottom",
        fontsize=style.size,
        color=legible("#000000", style),
    )


def _key(axes: Axes, panel: Panel, style: Style) -> None:
    """Which marker is which name, below the rows."""
    marks, figure = [], axes.get_figure(root=True)
    assert figure is not None
    for number in range(len(panel.names)):
        colour, marker = shade(MEASURED[number % len(MEASURED)].colour, style), _marker(number)
        marks.append(Line2D([], [], marker=marker, color=colour, linestyle="none", markersize=4.0, label=" "))
    key = axes.legend(
        handles=marks,
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=axes.transAxes + ScaledTranslation(0.0, -BELOW / 72.0, figure.dpi_scale_trans),
        ncols=key_columns(panel.names, style.width / style.columns, style.size),
        handletextpad=0.1,
        columnspacing=1.0,
        labelspacing=0.3,
    )
    for entry, name in zip(key.get_texts(), panel.names, strict=True):
        entry.set(**drawable(name))


def _marker(number: int) -> str:
    """The first name's is a dot."""
    return MEASURED[number % len(MEASURED)].marker or "D"
