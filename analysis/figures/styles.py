"""What figures look like: their sizes, by the name of the style, and who is drawn how.

Everything that tells two lines apart by its colour does so by dashes, a marker or its lightness as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.colors import to_hex, to_rgb

from analysis.font import families, mathematics
from experiments.words.evidence import Form

Dashes = str | tuple[float, tuple[float, ...]]
RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Style:
    """The size of a figure and of what is in it.

    width, height: of the figure and of a panel, in inches. columns: of panels. size: of text, in points. letters: of a
    line of a label. controls: so many are drawn at most. outlines: whether letters of an SVG are outlines: what goes
    into a paper must look alike wherever it is opened; the report has fonts of its own, and a hundred figures, which
    outlines would make four times as large. heading: whether the figure says what it is of; a paper's caption does.
    """

    width: float
    height: float
    columns: int
    size: float
    letters: int
    controls: int = 4
    outlines: bool = True
    heading: bool = False
    grey: bool = False


REPORT = "report"
STYLES = {
    REPORT: Style(7.2, 2.3, 2, 8.0, 22, outlines=False, heading=True),
    "column": Style(3.3, 1.8, 1, 7.0, 20, controls=3),
    "text": Style(5.5, 1.8, 2, 7.0, 17, controls=3),
    "grey": Style(3.3, 1.8, 1, 7.0, 20, controls=3, grey=True),
}
SMALLEST = 6.0  # points, of any text


@dataclass(frozen=True)
class Ink:
    """How something is drawn: colour, dashes, marker ("" for none)."""

    colour: str
    dashes: Dashes = "-"
    marker: str = ""


# Okabe and Ito (2008), told apart by the colour-blind; dark and light in turn
MEASURED = (
    Ink("#0072B2"),
    Ink("#E69F00", marker="o"),
    Ink("#009E73", marker="s"),
    Ink("#56B4E9", marker="^"),
    Ink("#3B3B8F", marker="D"),
    Ink("#A6761D", marker="v"),
    Ink("#6A6A6A", marker="P"),
    Ink("#1B9E9E", marker="X"),
)
CONTROLS = (
    Ink("#D55E00", (0, (1.0, 1.4))),
    Ink("#CC79A7", (0, (4.0, 1.2, 1.0, 1.2))),
    Ink("#882255", (0, (2.2, 1.2))),
    Ink("#AA4499", (0, (1.0, 3.0))),
)
BOUNDS: dict[Form, Ink] = {
    "stated": Ink("#000000", (0, (5.0, 2.0))),
    "proved": Ink("#000000", (0, (5.0, 1.5, 1.0, 1.5))),
    "ours": Ink("#000000", (0, (2.0, 1.0))),
}
CONTEXT = Ink("#B5B5B5")
TERMS = ("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#CC79A7", "#D55E00", "#D0D0D0")
HATCHES = ("", "////", "||||", "\\\\\\\\", "xxxx", "----", "")
VERDICTS = {
    "supported": Ink("#0072B2", marker="o"),
    "refuted": Ink("#D55E00", marker="X"),
    "undecided": Ink("#E69F00", marker="D"),
    "vacuous": Ink("#999999", marker="s"),
    "failed": Ink("#000000", marker="P"),
}
FORM_MARKERS: dict[Form, str] = {"stated": "o", "proved": "s", "ours": "D"}
DARKEST_TEXT = 0.45  # the luminance of coloured letters, at most


def luminance(colour: str) -> float:
    """The lightness of a colour between 0 and 1, as a grey printer renders it (Rec. 601)."""
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def shade(colour: str, style: Style) -> str:
    """The colour, or the grey that it is where a style is grey."""
    return to_hex((luminance(colour),) * 3) if style.grey else colour


def legible(colour: str, style: Style) -> str:
    """The same for letters, darker where it would be too light to read."""
    light = luminance(colour)
    factor = min(1.0, DARKEST_TEXT / max(light, 1e-9))
    red, green, blue = (factor * part for part in to_rgb(colour))
    return shade(to_hex((red, green, blue)), style)


def _parameters(style: Style) -> dict[str, Any]:
    small = max(style.size - 1.0, SMALLEST)
    return {
        "figure.dpi": 72,  # as both formats have it
        "svg.hashsalt": "adam-ema",
        "svg.fonttype": "path" if style.outlines else "none",
        "pdf.fonttype": 42,
        "font.family": families(),
        "font.size": style.size,
        "axes.titlesize": style.size,
        "axes.labelsize": style.size,
        "axes.titlelocation": "left",
        "axes.labelpad": 2.0,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": "#DDDDDD",
        "grid.linewidth": 0.5,
        "xtick.labelsize": small,
        "ytick.labelsize": small,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.minor.width": 0.4,
        "ytick.minor.width": 0.4,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.minor.size": 1.5,
        "ytick.minor.size": 1.5,
        "legend.frameon": False,
        "legend.fontsize": small,
        "lines.markersize": 3.0,
        "hatch.linewidth": 0.4,
        "figure.constrained_layout.h_pad": 0.03,
        "figure.constrained_layout.w_pad": 0.03,
        **mathematics(),
    }


@contextmanager
def applied(style: Style) -> Iterator[None]:
    """Our style upon Matplotlib's own defaults: what a `matplotlibrc` of the user says is left out."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_parameters(style))  # type: ignore[arg-type]
        yield
