"""Names right of the axes at the ends of lines, moved up and down as little as it takes for no two to overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from analysis.figures.styles import Style
from analysis.figures.text import drawable, letters, wrapped

GAP = 6.0  # points from the axes to the names
APART = 1.0  # points between two names
LINE = 1.25  # of the size of the text: a line of a name takes so much
NAME = "name"  # what these texts are, among others
MOVED = 2.0  # points: from there on a line leads to the name


@dataclass(frozen=True)
class Label:
    """A name, the last height of its curve, and how it is written. slanted: a control's."""

    text: str
    y: float
    colour: str
    slanted: bool


@dataclass(frozen=True)
class Name:
    """A name as it is written, and the height in the data that it belongs to."""

    text: Text
    y: float


def room(labels: Sequence[str], style: Style) -> float:
    """Points of height that so many names take, one above the other."""
    lines = [wrapped(text, style.letters).count("\n") + 1 for text in labels]
    return sum(lines) * LINE * style.size + len(lines) * APART


def key_columns(names: Sequence[str], width: float, size: float) -> int:
    """So many entries of a key, of this size in points, fit beside each other in a panel of this width in inches."""
    widest = max(map(letters, names), default=1)
    return max(1, min(len(names), int(72.0 * width / ((widest + 6.0) * 0.58 * size))))


def write(axes: Axes, labels: Sequence[Label], style: Style) -> list[Name]:
    """The names right of the axes, each to stand at the height of its point: then `spread` them."""
    return [_written(axes, label, style) for label in labels]


def _written(axes: Axes, label: Label, style: Style) -> Name:
    low, high = sorted(axes.get_ylim())
    beyond = " ↑" if label.y > high else " ↓" if label.y < low else ""
    text = drawable(wrapped(label.text, style.letters) + beyond)
    figure = axes.get_figure(root=True)
    assert figure is not None
    written = axes.text(
        1.0,
        0.5,
        text["text"],
        transform=axes.transAxes + ScaledTranslation(GAP / 72.0, 0.0, figure.dpi_scale_trans),
        parse_math=text["parse_math"],
        ha="left",
        va="center",
        color=label.colour,
        fontsize=style.size,
        fontstyle="italic" if label.slanted else "normal",
        linespacing=1.0,
        label=NAME,
    )
    return Name(written, min(max(label.y, low), high))


def spread(axes: Axes, names: Sequence[Name], renderer: RendererBase) -> None:
    """Put the names where they belong, none over another, within the height of the axes; at 72 dots an inch.

    What leads to a name that was moved begins at the right edge: across the axes it would read as a curve.
    """
    if not names:
        return
    box = axes.get_window_extent(renderer)
    right = axes.get_xlim()[1]
    ends = np.array([axes.transData.transform((right, name.y))[1] for name in names])
    order = np.argsort(ends, kind="stable")
    heights = np.array([name.text.get_window_extent(renderer).height for name in names])
    places = apart(ends[order], heights[order] + APART, box.y0, box.y1)
    for index, place in zip(order.tolist(), places.tolist(), strict=True):
        height = (place - box.y0) / box.height
        names[index].text.set_y(height)
        if abs(place - ends[index]) > MOVED:
            end, near = (ends[index] - box.y0) / box.height, 1.0 + (GAP - 1.0) / box.width
            _lead(axes, near, (end, height), names[index].text.get_color())


def _lead(axes: Axes, x: float, y: tuple[float, float], colour: Any) -> None:
    """The thin line from the right edge of the axes to a name; in parts of the axes."""
    line = Line2D((1.0, x), y, color=colour, linewidth=0.4, transform=axes.transAxes, clip_on=False)
    axes.add_artist(line)


def apart(wanted: NDArray[np.float64], sizes: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Centres nearest to those wanted (ascending) in least squares, so that things of these sizes do not overlap.

    Less what stands below it, each centre is only to ascend: isotonic regression, by pooling neighbours that do not.
    """
    below = np.cumsum(sizes) - sizes / 2.0
    pools: list[list[float]] = []  # of sum and count
    for free in wanted - below:
        pools.append([float(free), 1.0])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    free = np.concatenate([np.full(int(count), total / count) for total, count in pools])
    return np.asarray(np.clip(free, low, max(low, high - sizes.sum())) + below)
