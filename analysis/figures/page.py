"""From panels to files: the layout, SVG and PDF with the same bytes for the same numbers, and the table beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from analysis.figures import dots, labels, lines, terms
from analysis.figures.choice import Shown
from analysis.figures.styles import SMALLEST, Style
from analysis.figures.text import drawable, letters, plain, wrapped
from experiments.words.evidence import Evidence

KINDS = {"lines": lines, "rates": lines, "terms": terms, "dots": dots}
LETTER = 0.6  # of the size of a text: the width of a letter, on average, with room to spare
AROUND = 46.0  # points of a panel above and below its axes
ACROSS = 0.75  # of the width of a panel: axes with names at their left
METADATA = re.compile(rb" *<metadata>.*?</metadata>\n", re.S)  # who made it: nobody asks, and a report has a hundred
PATHS, DIGITS = re.compile(rb' d="[^"]*"'), re.compile(rb"(\.\d\d)\d+")  # a hundredth of a point is enough
TITLE = 4.0  # points between a title and what is below it
# our own font is on no reader's system; Verdana and Vera are as wide
FALLBACKS = "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', sans-serif"
FONT = re.compile(rb"font-family: 'DejaVu Sans Core'(?:, 'DejaVu Sans')?")
COLUMNS = ["panel", "curve", "role", "form", "x", "y", "low", "high"]


def figure_of(panels: Sequence[Shown], heading: str, style: Style) -> Figure:
    """The panels in rows, with a place for everything that stands beside them."""
    rows = rows_of(panels, style.columns)
    heights = [_height(row, style) for row in rows]
    figure = Figure(figsize=(style.width, sum(heights) + (0.25 if style.heading else 0.0)), layout="constrained")
    grid = figure.add_gridspec(len(rows), max(map(len, rows)), height_ratios=heights)
    written = []
    for i, row in enumerate(rows):
        for j, one in enumerate(row):
            axes = figure.add_subplot(grid[i, j] if len(row) > 1 else grid[i, :])
            written.append((axes, _panel(axes, one, style)))
    if style.heading:
        text = drawable(heading)
        figure.suptitle(text["text"], parse_math=text["parse_math"], fontsize=style.size + 1.0, x=0.01, ha="left")
    _note(figure, max(one.left_out for one in panels))
    settle(figure, written)
    return figure


def _height(row: Sequence[Shown], style: Style) -> float:
    """Inches of a row. Its axes are equally high: what stands around one panel's takes room beside all of them."""
    parts = ("height", "around")
    return (
        sum(max(getattr(KINDS[one.panel.kind], part)(one.panel, one.curves, style) for one in row) for part in parts)
        / 72.0
    )


def rows_of(panels: Sequence[Shown], columns: int) -> list[list[Shown]]:
    """The panels in rows of so many; one that is wide, or is left over, has a row to itself."""
    rows: list[list[Shown]] = []
    for one in panels:
        wide = KINDS[one.panel.kind].WIDE
        full = not rows or len(rows[-1]) == columns or KINDS[rows[-1][-1].panel.kind].WIDE
        if wide or full:
            rows.append([one])
        else:
            rows[-1].append(one)
    return rows


def _panel(axes: Axes, one: Shown, style: Style) -> list[labels.Name]:
    names = KINDS[one.panel.kind].draw(axes, one.panel, one.curves, style)
    across, panel = one.panel.kind in ("terms", "dots"), one.panel
    tall = int((72.0 * style.height - AROUND) / (LETTER * style.size))
    wide = int((ACROSS if across else 1.0) * 72.0 * style.width / style.columns / (LETTER * style.size))
    label = "" if across else panel.ylabel
    long = letters(label) > tall  # then it stands above the axes, where it can be read better, too
    title = "\n".join(filter(None, (panel.title, label if long else "")))
    pad = TITLE + KINDS[panel.kind].above(one.curves, style)
    for setter, text, more in (
        (axes.set_xlabel, panel.ylabel if across else panel.xlabel, {}),
        (axes.set_ylabel, "" if long else label, {}),
        (axes.set_title, title, {"pad": pad}),
    ):
        made = drawable("\n".join(wrapped(part, wide) for part in text.split("\n")))
        setter(made["text"], parse_math=made["parse_math"], **more)
    return labels.write(axes, names, style)


def _note(figure: Figure, left_out: int) -> None:
    """How many controls are in the table only."""
    if left_out:
        text = f"{left_out} more control{'s' if left_out > 1 else ''} in the table beside this figure"
        figure.supxlabel(text, fontsize=SMALLEST, x=0.99, ha="right", color="#555555")


class Measuring(FigureCanvasBase):
    """A canvas that measures letters as both formats do, in parts of a point; nothing is drawn on it."""

    def get_renderer(self) -> RendererBase:
        """The renderer; it has 72 dots an inch."""
        return RendererBase()


def settle(figure: Figure, written: Sequence[tuple[Axes, Sequence[labels.Name]]]) -> None:
    """Lay the figure out once, and keep that: both formats have the same places."""
    renderer, engine = Measuring(figure).get_renderer(), figure.get_layout_engine()
    assert engine is not None
    engine.execute(figure)
    for axes, names in written:
        labels.spread(axes, names, renderer)
    figure.set_layout_engine("none")


def files(figure: Figure, title: str, table: pd.DataFrame) -> dict[str, bytes]:
    """SVG, PDF and CSV by their endings, without dates, so that the same numbers give the same bytes."""
    svg, pdf = io.BytesIO(), io.BytesIO()
    name = plain(title)
    FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Title": name})  # type: ignore[no-untyped-call]
    FigureCanvasPdf(figure).print_pdf(pdf, metadata={"CreationDate": None, "Title": name})  # type: ignore[no-untyped-call]
    return {".svg": _named(svg.getvalue(), name), ".pdf": pdf.getvalue(), ".csv": _csv(table)}


def _named(svg: bytes, name: str) -> bytes:
    """The SVG as a picture with a name, short paths, and letters that any system has, or others as wide."""
    svg = PATHS.sub(lambda path: DIGITS.sub(rb"\1", path[0]), svg)
    svg = METADATA.sub(b"", svg).replace(b"<svg ", f'<svg role="img" aria-label="{escape(name)}" '.encode())
    return FONT.sub(f"font-family: {FALLBACKS}".encode(), svg)


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def table_of(evidence: Evidence, controls: Sequence[tuple[str, Evidence]]) -> pd.DataFrame:
    """Every point of every curve, those of all controls included, which have the control's name before their own."""
    arms = [("", evidence), *controls]
    parts = [
        pd.DataFrame(
            {
                "panel": curve.panel,
                "curve": f"{name}: {curve.label}" if name else curve.label,
                "role": "control" if name else curve.role,
                "form": curve.form or "",
                "x": curve.x,
                "y": curve.y,
                "low": np.nan if curve.low is None else curve.low,
                "high": np.nan if curve.high is None else curve.high,
            }
        )
        for name, each in arms
        for curve in each.curves
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
