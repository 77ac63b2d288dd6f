"""Lines over a run or a sweep, each with its name at its end; rates with the triangle of the predicted slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.figures.labels import Label, room
from analysis.figures.scales import few_ticks, limits, plain_ticks
from analysis.figures.styles import BOUNDS, CONTEXT, CONTROLS, MEASURED, SMALLEST, Ink, Style, legible, shade
from analysis.figures.text import drawable
from experiments.words.evidence import Curve, Panel

WIDE = False  # they do not need a row of the figure to themselves
FEW = 24  # points: so many are marked
SAMPLES = 4  # points on a linear axis that no line joins: what is between them was not looked at
MARKS = 7  # on a line of more points
EARLY = 0.9  # of the axis: a line that ends before it has a mark there, for its name stands at the right edge
BESIDE = 0.12  # of the axis: so far from its end is a place that is marked there, with its name between
BELOW = 0.08  # of the axis: so far below its line the triangle lies
HEAD, FOOT = 16.0, 26.0  # points of a panel above and below its axes


def height(panel: Panel, curves: Sequence[Curve], style: Style) -> float:
    """Points of the axes: the style's, or more where there are many names."""
    named = [curve.label for curve in curves if curve.role != "context"]
    return max(72.0 * style.height - HEAD - FOOT, room(named, style))


def around(panel: Panel, curves: Sequence[Curve], style: Style) -> float:
    """Points above and below the axes: a title, ticks and the name of the axis."""
    return HEAD + FOOT


def above(curves: Sequence[Curve], style: Style) -> float:
    """Points that stand between the axes and the title: none."""
    return 0.0


def draw(axes: Axes, panel: Panel, curves: Sequence[Curve], style: Style) -> list[Label]:
    """Draw the panel; returns the names of its lines."""
    lying = [curve for curve in curves if not upright(curve)]
    own = [curve for curve in lying if curve.role in ("measured", "context")]
    bounds, controls = ([curve for curve in lying if curve.role == role] for role in ("bound", "control"))
    axes.set(xscale=panel.xscale, yscale=panel.yscale)
    labels = []
    inked = _inked(lying)
    for curve, ink in inked:
        line = _line(axes, curve, ink, style, panel.xscale == "log")
        if curve.role != "context":
            labels.append(
                Label(curve.label, _end(curve, panel)[1], legible(ink.colour, style), curve.role == "control")
            )
            line.set_zorder(2.5 if curve.role == "measured" else 2.2)
    axes.set_ylim(*limits(own, bounds, controls, panel.yscale))
    _span(axes, curves)
    if len(own) and own[0].x[-1] < own[0].x[0]:  # a sweep downwards: the axis runs as it did, and names are at its end
        axes.invert_xaxis()
    if panel.slope is not None:
        triangle(axes, [*own, *bounds], panel.slope, style)
    plain_ticks(axes)
    few_ticks(axes.xaxis)
    few_ticks(axes.yaxis)
    if len(places := np.unique(_places(curves))) == 1:
        axes.set_xticks(places)
    for curve, ink in inked:
        _stop(axes, curve, ink, panel, style)
    for curve, ink in _inked([curve for curve in curves if upright(curve)]):
        _mark(axes, curve, ink, style)
    return labels


def _inked(curves: Sequence[Curve]) -> list[tuple[Curve, Ink]]:
    """Each curve with how it is drawn; measured ones and controls each with their own.

    A measured level, such as the average of a curve, is drawn as the measured curve before it.
    """
    found: list[tuple[Curve, Ink]] = []
    used = {"measured": 0, "control": 0}
    for curve in curves:
        if _level(curve) and found and found[-1][0].role == "measured":
            ink = replace(found[-1][1], marker="")
        elif curve.role == "bound":
            ink = BOUNDS[curve.form or "stated"]
        elif curve.role == "context":
            ink = CONTEXT
        else:
            inks = MEASURED if curve.role == "measured" else CONTROLS
            ink = inks[used[curve.role] % len(inks)]
            used[curve.role] += 1
        found.append((curve, ink))
    return found


def _span(axes: Axes, curves: Sequence[Curve]) -> None:
    """What the axis of x spans: all curves, from end to end; more beside a single point, or a mark at the left end."""
    x, marked = _places(curves), _places([curve for curve in curves if upright(curve)])
    if axes.get_xscale() == "log":
        x, marked = np.log10(x[x > 0.0]), np.log10(marked[marked > 0.0])
    low, high = (x.min(), x.max()) if np.ptp(x) else (x[0] - 0.5, x[0] + 0.5)
    if len(marked):
        low = min(low, (marked.min() - BESIDE * high) / (1.0 - BESIDE))
    axes.set_xlim(*(10.0 ** np.array([low, high]) if axes.get_xscale() == "log" else (low, high)))


def _places(curves: Sequence[Curve]) -> NDArray[np.float64]:
    """The x of all points of all curves."""
    return np.concatenate([np.zeros(0), *(curve.x.astype(np.float64) for curve in curves)])


def _across(axes: Axes, x: float) -> float:
    """Where x is, from 0 at the left end of its axis to 1 at the right one."""
    inside = axes.transScale.transform((x, 1.0))[0]
    left, right = (axes.transScale.transform((end, 1.0))[0] for end in axes.get_xlim())
    return float((inside - left) / (right - left))


def _line(axes: Axes, curve: Curve, ink: Ink, style: Style, joined: bool) -> Line2D:
    colour, points = shade(ink.colour, style), len(curve.x)
    width = 0.7 if _level(curve) else {"measured": 1.3, "control": 1.1, "bound": 0.9, "context": 0.7}[curve.role]
    if _at_one_place(curve) and (points > 1 or curve.role == "bound"):  # a level, of which that place says no more
        return axes.axhline(curve.y[0], color=colour, linestyle=ink.dashes, linewidth=width)
    marker = ink.marker or ("o" if (2 < points <= FEW and curve.role == "measured") or points == 1 else "")
    dashes = "none" if not joined and marker and points <= SAMPLES else ink.dashes
    (line,) = axes.plot(curve.x, curve.y, color=colour, linestyle=dashes, linewidth=width, marker=marker)
    if marker and points > FEW:
        line.set_markevery((points // (2 * MARKS), points // MARKS))
    if curve.low is not None and curve.high is not None and curve.role == "measured":
        if points == 1:
            axes.vlines(curve.x, curve.low, curve.high, color=colour, linewidth=width)
        else:
            axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
    return line


def _level(curve: Curve) -> bool:
    """Whether it is a measured number, drawn from one end to the other."""
    return curve.role == "measured" and len(curve.x) == 2 and bool(curve.y[0] == curve.y[1])


def upright(curve: Curve) -> bool:
    """Whether a line stands upright: it marks a place on the x axis."""
    return _at_one_place(curve) and bool((curve.y != curve.y[0]).any())


def _at_one_place(curve: Curve) -> bool:
    """Whether all its points have the same x."""
    return bool((curve.x == curve.x[0]).all())


def _stop(axes: Axes, curve: Curve, ink: Ink, panel: Panel, style: Style) -> None:
    """A mark where a line ends that has a name and does not reach the right edge."""
    x, y = _end(curve, panel)
    if curve.role != "context" and not _at_one_place(curve) and _across(axes, x) < EARLY:
        axes.plot(x, y, marker=ink.marker or "o", color=shade(ink.colour, style), linestyle="none")


def _mark(axes: Axes, curve: Curve, ink: Ink, style: Style) -> None:
    """A place on the x axis, with its name along the line: right of it, or left where there is nothing else."""
    outside = _across(axes, curve.x[0]) <= BESIDE + 1e-9
    axes.axvline(curve.x[0], color=shade(ink.colour, style), linestyle=ink.dashes, linewidth=0.9)
    text = drawable(curve.label)
    axes.annotate(
        text["text"],
        xy=(curve.x[0], 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-1.0 if outside else 1.0, -1.0),
        textcoords="offset points",
        parse_math=text["parse_math"],
        rotation=90,
        ha="right" if outside else "left",
        va="top",
        fontsize=max(style.size - 1.0, SMALLEST),
    )


def _end(curve: Curve, panel: Panel) -> tuple[float, float]:
    """The last point that is drawn."""
    seen = np.flatnonzero(np.isfinite(curve.y) & ((curve.y > 0) | (panel.yscale == "linear")))
    if not len(seen):
        return float(curve.x[-1]), float("-inf")
    return float(curve.x[seen[-1]]), float(curve.y[seen[-1]])


def _height(curve: Curve, place: float) -> float:
    """How high a line is, in logarithms, where log x is `place`."""
    order = np.argsort(curve.x)
    return float(np.interp(place, np.log10(curve.x[order]), np.log10(curve.y[order])))


def triangle(axes: Axes, curves: Sequence[Curve], slope: float, style: Style) -> None:
    """The triangle of the predicted exponent below the lines, on logarithmic axes."""
    x = np.log10(np.sort(curves[0].x))
    near, far = x[0] + (x[-1] - x[0]) * np.array([0.45, 0.75])
    low, high = np.log10(axes.get_ylim())
    lower, upright = (near, far) if slope > 0 else (far, near)  # the ends of its base
    rightwards = (slope > 0) != bool(axes.xaxis_inverted())
    foot = min(_height(curve, lower) for curve in curves) - BELOW * (high - low)
    top = foot + abs(slope) * (far - near)
    corners = 10.0 ** np.array([(lower, foot), (upright, foot), (upright, top), (lower, foot)])
    axes.plot(*corners.T, color="black", linewidth=0.7, zorder=2.1)
    axes.set_ylim(bottom=min(10.0**low, 10.0 ** (foot - 0.05 * (high - low))))
    text = drawable(f"${slope:.3g}$")
    axes.annotate(
        text["text"],
        xy=(10.0**upright, 10.0 ** ((foot + top) / 2.0)),
        xytext=(2.0 if rightwards else -2.0, 0.0),
        textcoords="offset points",
        parse_math=text["parse_math"],
        ha="left" if rightwards else "right",
        va="center",
        fontsize=style.size,
    )
