"""results/report.html put together: self-contained, works offline and without a script, no dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis import ablation, anchors, findings
from analysis.figures import SUMMARY
from analysis.judge import limits
from analysis.report.content import WORST, chapters, tally
from analysis.report.pictures import picture
from analysis.report.typeset import prose
from analysis.tightness import TIGHTNESS
from experiments.sweep.cells import Cell
from experiments.words.evidence import Check
from foundation.files import write as write_file

TEMPLATES = Path(__file__).resolve().parent / "templates"
FILES = ("verdicts.csv", "controls.csv", "tightness.csv", "resolution.csv", "figures/")  # beside the report
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d{5,}(?:e[+-]?\d+)?(?!\w|\.\d)")  # may have more than five digits
UNSUPPORTED = tuple(verdict for verdict in WORST if verdict != "supported")


def write(
    table: pd.DataFrame,
    twins: pd.DataFrame,
    tight: tuple[pd.DataFrame, pd.DataFrame],
    cells: Sequence[Cell],
    results: Path,
    preset: str,
    missing: Sequence[str],
) -> None:
    """Write results/report.html from the verdicts, the cells and the figures in results/figures.

    tight: how tight the bounds are, and what every claim would have noticed (tightness.py, resolution.py).
    """
    figures = results / "figures"
    checks = [check for cell in cells if cell.evidence for check in cell.evidence.checks]  # in the order of the table
    table = table.assign(demand=[_demand(check) for check in checks])
    parts = chapters(table, twins, tight[1], cells, figures)
    page = (
        _templates()
        .get_template("report.html")
        .render(
            preset=preset,
            files=FILES,
            findings=findings.carried(table),
            tally=tally(table),
            missing=missing,
            remarks=_remarks(table),
            left_out=[(f"{cell.claim.label} on {cell.where}", line) for cell in cells for line in cell.left_out],
            choices=_choices(table, cells),
            summary=picture(figures, SUMMARY, "measured/bound of every row, by claim", "measured / bound of every row"),
            ablations=ablation.lines(twins),
            tightness=tight[0],
            tightness_columns=TIGHTNESS,
            chapters=parts,
            provenance=_provenance(cells),
            column_css=_labels(),
        )
    )
    write_file(results / "report.html", page.encode())


COLUMNS = ("row", "verdict", "form", "quantity", "setting", "measured", "bound", "ratio", "limits", "controls", "note")


def _templates() -> Environment:
    """The templates, with what they need to put words and numbers on a page."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {"prose": prose, "number": _number, "share": _share, "short": _short}
    made.globals |= {"row_anchor": anchors.row, "section_anchor": anchors.section, "columns": COLUMNS}
    return made


def _number(value: float) -> str:
    """Four digits; nothing where there is no number."""
    return "" if value != value else f"{value:.4g}"


def _share(value: float) -> str:
    """In percent, two digits behind the point; what is less than that is not said to be nothing."""
    return f"{value:.2%}" if value >= 1e-4 else "less than 0.01%"


def _short(text: str) -> str:
    """A note, its decimals with five digits at most: the table of verdicts has them all."""
    return DECIMAL.sub(lambda number: f"{float(number[0]):.5g}", text)


def _demand(check: Check) -> str:
    """How what is measured has to lie to the bound; no line is broken before a number."""
    bound, (low, high) = _number(check.bound), map(_number, limits(check))
    if check.kind in ("identity", "rate"):
        return f"=\u00a0{bound} \u00b1\u00a0{_number(check.margin)}"
    return f"{bound}, attained ({low} to {high})" if check.kind == "attained" else f"\u2264\u00a0{bound}"


def _labels() -> str:
    """On a narrow screen a row is a card, and each of its cells has the name of its column before it."""
    return "".join(f'.rows td:nth-child({i})::before{{content:"{name}"}}' for i, name in enumerate(COLUMNS, 1))


def _remarks(table: pd.DataFrame) -> Mapping[str, Sequence[tuple[int, Mapping[Any, Any]]]]:
    """Whatever is not simply supported, by verdict, each row with its place."""
    found = {}
    for verdict in UNSUPPORTED:
        rows = table[table["verdict"] == verdict]
        if len(rows):
            found[verdict] = list(zip(rows.index, rows.to_dict("records"), strict=True))
    return found


def _choices(table: pd.DataFrame, cells: Sequence[Cell]) -> Mapping[str, Mapping[str, str]]:
    """What the filter of rows offers: values by name, with what is shown for them."""
    claims = {cell.claim.name: f"{cell.claim.label}. {cell.claim.title}" for cell in cells}
    same = {name: list(dict.fromkeys(table[name])) for name in ("problem", "form", "verdict")}
    plain = {name: {str(value): str(value) for value in sorted(values)} for name, values in same.items()}
    return {"claim": {name: text for name, text in claims.items() if name in set(table["claim"])}, **plain}


def _provenance(cells: Sequence[Cell]) -> str:
    """What measured the cells, as the first one has it, and how many others say otherwise."""
    if not cells:
        return ""
    said = ", ".join(f"{name} {value}" for name, value in cells[0].provenance.items() if value)
    others = sum(cell.provenance != cells[0].provenance for cell in cells)
    return f"Measured with {said}{f'; {others} cells with others' if others else ''}." if said else ""
