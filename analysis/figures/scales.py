"""Axes: which part of the numbers they show, and what stands at their ticks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from analysis.figures.text import drawable
from experiments.words.evidence import Curve, Scale

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NEAREST, FARTHER = 10.0, 4.0  # times the largest measured size: bounds beyond are named at the edge
DECADES = 3.0  # the same on a logarithmic axis
ROOM_LINEAR, ROOM_LOG = 1.0, 1.0  # for controls: as much again as the rest, or so many decades
STEPS = [1, 2, 2.5, 5, 10]  # between ticks, times a power of ten
LEAST = 0.01  # of its numbers, at least, does a linear axis span
MARGIN = 0.06  # of the axis, at both ends
Numbers = NDArray[np.float64]


class Powers(LogFormatter):
    """Labels of logarithmic axes in plain text: 10⁻³, not mathematics that takes longer to parse than all else."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick, empty where there is no room for one."""
        if not super().__call__(x, pos):
            return ""
        digit, exponent = f"{x:.0e}".split("e")
        power = "10" + str(int(exponent)).translate(SUPERSCRIPTS)
        if digit == "1":
            return f"{x:g}" if 0 <= int(exponent) <= 1 else power
        return f"{x:g}" if 1e-2 <= x < 1e3 else f"{digit}·{power}"


def plain_ticks(axes: Axes) -> None:
    """Ticks without mathematics; small ones only where there is room for them."""
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() != "log":
            continue
        axis.set_major_formatter(Powers())
        axis.set_minor_formatter(Powers())
        low, high = axis.get_view_interval()
        if high > 100.0 * low:  # then the small ticks have no labels, and cost more than all curves
            axis.set_minor_locator(NullLocator())


def few_ticks(axis: Axis, count: int = 5) -> None:
    """No more than so many ticks on a linear axis."""
    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator(count, steps=STEPS))


def name_rows(axes: Axes, names: Sequence[str], slanted: Sequence[bool] = ()) -> None:
    """A name at the left of each row, the first on top."""
    made = [drawable(name) for name in names]
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [each["text"] for each in made])
    for number, (label, each) in enumerate(zip(axes.get_yticklabels(), made, strict=True)):
        label.set_parse_math(each["parse_math"])
        label.set_fontstyle("italic" if number < len(slanted) and slanted[number] else "normal")
    axes.tick_params(axis="y", length=0)


def limits(
    own: Sequence[Curve], bounds: Sequence[Curve], controls: Sequence[Curve], scale: Scale
) -> tuple[float, float]:
    """What the axis shows: all that was measured, bounds that are near enough, and controls as far as there is room.

    A bound of 150 beside measured numbers below 1 would press them into a line; it is named at the edge instead.
    """
    mine, levels, broken = (_sizes(curves, scale) for curves in (own, bounds, controls))
    if not mine.size:
        mine = levels if levels.size else broken
    low, high = float(mine.min()), float(mine.max())
    low, high = _with_bounds(low, high, bounds, scale)
    if scale == "linear" and 0.0 <= low < 0.5 * high:
        low = 0.0
    room = (high - low) * ROOM_LINEAR if scale == "linear" else ROOM_LOG
    if broken.size:
        low, high = max(min(low, broken.min()), low - room), min(max(high, broken.max()), high + room)
    return _widened(low, high, scale)


def _sizes(curves: Sequence[Curve], scale: Scale) -> Numbers:
    """All numbers of the curves and their bands that the axis can show, their logarithms on a logarithmic one."""
    parts = [part for curve in curves for part in (curve.y, curve.low, curve.high) if part is not None]
    values = np.concatenate([np.zeros(0), *parts])
    values = values[np.isfinite(values)]
    return np.log10(values[values > 0]) if scale == "log" else values


def _with_bounds(low: float, high: float, bounds: Sequence[Curve], scale: Scale) -> tuple[float, float]:
    """The range with the bounds in it that are near enough, the nearest first."""
    size = max(abs(low), abs(high))
    sizes = [_sizes([bound], scale) for bound in bounds]
    ends = sorted((float(each.min()), float(each.max())) for each in sizes if each.size)
    reach = high + DECADES, low - DECADES
    for number, (least, most) in enumerate(sorted(ends, key=lambda end: max(end[1] - high, low - end[0]))):
        if scale == "log":
            near = most <= reach[0] and least >= reach[1]
        else:
            near = max(abs(least), abs(most)) <= (NEAREST if number == 0 else FARTHER) * size or size == 0
        if near:
            low, high = min(low, least), max(high, most)
    return low, high


def _widened(low: float, high: float, scale: Scale) -> tuple[float, float]:
    """With a margin; in the axis's own unit, not in its logarithm."""
    least = 0.5 if scale == "log" else LEAST * max(abs(low), abs(high)) or 1.0
    if high - low < least:
        low, high = (low + high - least) / 2.0, (low + high + least) / 2.0
    span = high - low
    first = low - MARGIN * span if low != 0.0 or scale == "log" else low - 0.02 * span
    last = high + MARGIN * span
    return (10.0**first, 10.0**last) if scale == "log" else (first, last)
