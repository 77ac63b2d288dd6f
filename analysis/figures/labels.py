"""Names at the ends of lines, moved up and down as little as it takes for no two to overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.text import Annotation, Text
from numpy.typing import NDArray

from analysis.figures.styles import Style
from analysis.figures.text import drawable, letters, wrapped

GAP = 6.0  # points from the axes to the names
APART = 1.0  # points between two names
LINE = 1.25  # of the size of the text: a line of a name takes so much
LEADER = {"arrowstyle": "-", "linewidth": 0.4, "shrinkA": 1, "shrinkB": 0, "relpos": (0.0, 0.5)}
MOVED = 2.0  # points: from there on a line leads to the name


@dataclass(frozen=True)
class Label:
    """A name, the point of the data that it belongs to, and how it is written. slanted: a control's."""

    text: str
    x: float
    y: float
    colour: str
    slanted: bool = False


def room(labels: Sequence[str], style: Style) -> float:
    """Points of height that so many names take, one above the other."""
    lines = [wrapped(text, style.letters).count("\n") + 1 for text in labels]
    return sum(lines) * LINE * style.size + len(lines) * APART


def key_columns(names: Sequence[str], width: float, size: float) -> int:
    """So many entries of a key, of this size in points, fit beside each other in a panel of this width in inches."""
    widest = max(map(letters, names), default=1)
    return max(1, min(len(names), int(72.0 * width / ((widest + 6.0) * 0.58 * size))))


def write(axes: Axes, labels: Sequence[Label], style: Style) -> list[Annotation]:
    """The names right of the axes, each at the height of its point: `spread` them when the axes have their place."""
    return [_written(axes, label, style) for label in labels]


def _written(axes: Axes, label: Label, style: Style) -> Annotation:
    low, high = sorted(axes.get_ylim())
    beyond = " ↑" if label.y > high else " ↓" if label.y < low else ""
    text = drawable(wrapped(label.text, style.letters) + beyond)
    note = axes.annotate(
        text["text"],
        xy=(min(max(label.x, min(axes.get_xlim())), max(axes.get_xlim())), min(max(label.y, low), high)),
        xytext=(1.0, 0.5),
        textcoords="axes fraction",
        parse_math=text["parse_math"],
        annotation_clip=False,
        ha="left",
        va="center",
        color=label.colour,
        fontsize=style.size,
        fontstyle="italic" if label.slanted else "normal",
        linespacing=1.0,
        arrowprops={**LEADER, "color": label.colour},
    )
    note.set_x(1.0 + GAP / 150.0)  # until the size of the axes is known
    return note


def spread(axes: Axes, notes: Sequence[Annotation], renderer: RendererBase) -> None:
    """Put the names where they belong, none over another, within the height of the axes."""
    if not notes:
        return
    box, point = axes.get_window_extent(renderer), axes.get_figure(root=True).dpi / 72.0  # type: ignore[union-attr]
    wanted = np.array([axes.transData.transform(note.xy)[1] for note in notes])
    order = np.argsort(wanted, kind="stable")
    heights = np.array([Text.get_window_extent(note, renderer).height for note in notes])  # without the line to it
    for note in notes:
        note.set_x(1.0 + GAP * point / box.width)
    places = apart(wanted[order], heights[order] + APART * point, box.y0, box.y1)
    for index, place in zip(order, places, strict=True):
        note, end = notes[index], axes.transData.transform(notes[index].xy)
        note.set_y((place - box.y0) / box.height)
        near = abs(place - wanted[index]) <= MOVED * point and end[0] >= box.x1 - MOVED * point
        if near and note.arrow_patch is not None:
            note.arrow_patch.set_visible(False)


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
