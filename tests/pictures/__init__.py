"""Made-up figures in which everything occurs that a figure can have; beside this file, what they look like.

A change of their looks that is meant: `python -m tests.pictures` draws them again, and the difference is there to be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.figures.choice import shown
from analysis.figures.overview import overview
from analysis.figures.page import figure_of, files, table_of
from analysis.figures.styles import STYLES, VERDICTS, Style, applied
from experiments.words.evidence import Control, Curve, Evidence, Form, Panel

FOLDER = Path(__file__).parent
NAMED = re.compile(r'(?<=[ "#(])[a-z]*[0-9a-f]{10}(?=[")])')  # after what it is the hash of
SHORT, LONG, FEW = np.geomspace(1.0, 100.0, 9), np.geomspace(1.0, 100.0, 60), np.array([2.0, 5.0, 30.0])
FORMS: tuple[Form, ...] = ("stated", "proved", "ours")


def control(name: str, *curves: Curve, near: bool = False) -> Control:
    """A control that has drawn these curves."""
    return Control(name, "is broken", Evidence((), curves), near=near)


def curve(label: str, x: np.ndarray, y: np.ndarray, panel: str = "lines", band: float = 0.0, **more: object) -> Curve:
    """A measured curve, unless `more` says otherwise; band: of its height, on both sides."""
    more = {"role": "measured", **more}
    ends = {"low": (1.0 - band) * y, "high": (1.0 + band) * y} if band else {}
    return Curve(panel, label, x=x, y=np.asarray(y, float), **ends, **more)  # type: ignore[arg-type]


def level(label: str, x: np.ndarray, y: float, panel: str = "lines", **more: object) -> Curve:
    """A number, drawn from one end of x to the other."""
    return curve(label, x[[0, -1]], np.full(2, y), panel, **more)


def lines_over_a_run() -> tuple[Evidence, list[Control]]:
    """Lines of many, some and few points on logarithmic axes, one that ends early, gaps, places on the axis, bounds."""
    curves = [
        curve(r"the average of $\|\nabla F(\bar x_t)\|$", LONG, LONG**-0.5, band=0.2),
        level("mean", LONG, 0.31),
        curve("short", SHORT, np.where(SHORT > 30.0, np.nan, 0.5 * SHORT**-0.25), band=0.1),
        curve("few", FEW, 0.2 + 0.01 * FEW),
        *(curve(f"long {k}", LONG, (1.0 + 0.02 * k) * LONG**-0.2) for k in range(3)),
        curve("early", LONG[:40], 0.1 * LONG[:40] ** 0.3),
        curve("beside", SHORT, 0.05 * SHORT**0.1, role="context"),
        curve("a place", np.full(2, 1.0), np.array([0.1, 9.0]), role="context"),
        curve("$T_0$", np.full(2, 7.0), np.array([0.1, 9.0]), role="bound", form="ours"),
        *(level(f"bound, {form}", SHORT, 2.0 + k, role="bound", form=form) for k, form in enumerate(FORMS)),
        curve("a bound far away", SHORT, 1e6 + SHORT, role="bound", form="stated"),
    ]
    controls = [control(f"control {k}", curve("any", SHORT, (3.0 + k) * SHORT**0.6)) for k in range(6)]
    controls.append(control("a near miss", curve("any", LONG, 1.1 * LONG**-0.5), near=True))
    return Evidence(
        (), tuple(curves), (Panel("lines", "$t$", r"$\|\nabla F(\bar x_t)\|$", title="over a run"),)
    ), controls


def lines_on_linear_axes() -> tuple[Evidence, list[Control]]:
    """Marks that no line joins, a single point with its band, negative numbers; labels that are too long."""
    one, x = np.array([3.0]), np.linspace(0.0, 4.0, 30)
    panels = (
        Panel("waves", "a name of the axis of x that is so long that it needs two lines", "waves", "linear", "linear"),
        Panel(
            "points", "$x$", "a name of the axis of y that is far too long for it", "linear", "linear", title="points"
        ),
        Panel("one", "$x$", "one", "linear", "linear", title="one point"),
    )
    curves = [
        *(curve(f"wave {k}", x, np.sin(x + k), "waves", 0.1) for k in range(9)),
        curve("points", FEW, 1.0 + FEW, "points"),
        curve("more points", FEW + 1.0, FEW, "points"),
        level("between", FEW, 10.0, "points", role="bound", form="proved"),
        curve("one point", one, 0.7 * one, "one", 0.2),
        curve("its bound", one, one, "one", role="bound", form="stated"),
        curve("one beside", one, 0.2 * one, "one", role="context"),
    ]
    return Evidence((), tuple(curves), panels), [
        control(f"less {k}", curve("any", one, one / (9 + k), "one")) for k in range(5)
    ]


def rates() -> tuple[Evidence, list[Control]]:
    """A sweep upwards and one downwards, with triangles; one for which the axis is made longer."""
    panels = (
        Panel("up", r"$\varepsilon^{-1}$", "steps", kind="rates", slope=2.5, title="upwards"),
        Panel("down", r"$\varepsilon$", "steps", kind="rates", slope=-3.0, title="downwards"),
        Panel("flat", "$T$", "error", kind="rates", slope=-0.5, title="no room below"),
    )
    curves = [
        curve("steps", SHORT, SHORT**2.4, "up", 0.3),
        curve("bound", SHORT, 5.0 * SHORT**2.5, "up", role="bound", form="stated"),
        curve("steps", 1.0 / SHORT, SHORT**2.9, "down", 0.3),
        curve("error", SHORT, np.maximum(1.0 / SHORT, 0.3), "flat"),
    ]
    return Evidence((), tuple(curves), panels), []


def terms() -> tuple[Evidence, list[Control]]:
    """Stacks to both sides, more terms than colours, a tick; controls are not drawn."""
    names, x = ("measured", "bound", "a third bar"), np.arange(3.0)
    parts = [np.array([0.3, 0.5, -0.2]) * (-1.0) ** (k == 2) / (1 + k) for k in range(9)]
    curves = [curve(f"term {k}: $a_{k}$", x, part, "terms") for k, part in enumerate(parts)]
    curves[4] = replace(curves[4], role="bound", form="ours")
    curves.append(curve("the sum", x[:2], np.array([0.6, 0.8]), "terms", role="context"))
    panel = Panel("terms", "not drawn", "of the bound", "linear", "linear", "terms", "terms", names)
    return Evidence((), tuple(curves), (panel,)), [control("broken", curve("term 0", x, x, "terms"))]


def dots() -> tuple[Evidence, list[Control]]:
    """Rows with markers of more names than there are, spreads, bounds of all forms, controls; beside them another."""
    names = tuple(f"law {k} of $a_t$" for k in range(10))
    panel = Panel("dots", "not drawn", "measured / bound", "linear", "log", "dots", "ratios", names)
    alone = Panel("alone", "not drawn", "a difference", "linear", "linear", "dots", "alone", ("one",))
    x = np.arange(10.0)
    curves = [
        curve("a row", x, 10.0 ** (x / 3.0 - 2.0), "dots", 0.4),
        curve("a row whose name is so long that it takes more than one line of the figure", x[:3], 0.5 + x[:3], "dots"),
        *(
            curve(f"$b_{k}$", x[: k + 1], np.full(k + 1, 10.0**k), "dots", role="bound", form=f)
            for k, f in enumerate(FORMS)
        ),
        curve("the only row", x[:1], np.array([-0.2]), "alone"),
    ]
    rows = [control(f"control {k}", curve("a row", x[2:5], 0.3 + x[2:5] + k, "dots", 0.2)) for k in range(5)]
    return Evidence((), tuple(curves), (panel, alone)), rows


def of(made: Callable[[], tuple[Evidence, list[Control]]], style: Style) -> str:
    """The picture of a figure."""
    evidence, controls = made()
    with applied(style):
        panels = [shown(panel, evidence, controls, style.controls) for panel in evidence.panels]
        figure = figure_of(panels, "Lemma 99 on a problem", style)
        table = table_of(evidence, [(each.name, each.evidence) for each in controls])
        return files(figure, "Lemma 99", table)[".svg"].decode()


def summary(style: Style) -> str:
    """The picture of all rows: every verdict and form, ratios from nothing to a hundred, one without."""
    ratios: Sequence[float] = (1e-9, 0.01, 0.3, 0.9, 1.1, 100.0, -1.0)
    rows = [
        (f"Theorem {k} (a name)", form, ratio * (1.0 + k), verdict)
        for k, verdict in enumerate(VERDICTS)
        for form in (*FORMS, "other")
        for ratio in ratios[k:]
    ]
    table = pd.DataFrame([*rows, ("Lemma 99", "ours", np.nan, "failed")], columns=["label", "form", "ratio", "verdict"])
    with applied(style):
        return files(overview(table, style), "all rows", table)[".svg"].decode()


def bare(style: str) -> Style:
    """The style, but for its letters, which are text: that is short, and can be read."""
    return replace(STYLES[style], outlines=False)


PICTURES: dict[str, Callable[[], str]] = {
    "lines-report": lambda: of(lines_over_a_run, bare("report")),
    "lines-column": lambda: of(lines_over_a_run, bare("column")),
    "linear-text": lambda: of(lines_on_linear_axes, bare("text")),
    "rates-report": lambda: of(rates, bare("report")),
    "rates-grey": lambda: of(rates, bare("grey")),
    "terms-report": lambda: of(terms, bare("report")),
    "terms-grey": lambda: of(terms, bare("grey")),
    "dots-text": lambda: of(dots, bare("text")),
    "summary-report": lambda: summary(bare("report")),
    "summary-grey": lambda: summary(bare("grey")),
}


def drawn(name: str) -> str:
    """A picture; what Matplotlib names after hashes of floats is numbered."""
    numbers: dict[str, str] = {}
    following = count()
    return NAMED.sub(lambda found: numbers.setdefault(found[0], f"n{next(following)}"), PICTURES[name]())


def stored(name: str) -> Path:
    """Where it lies."""
    return FOLDER / f"{name}.svg"
