"""What the report says of each claim, from tables and cells: plain data, which the templates put on the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from analysis import anchors
from analysis.report.pictures import Picture, picture
from experiments.sweep.cells import Cell, figure_name
from experiments.words.evidence import CERTIFICATE, INFIMUM, ClaimInfo, Form

# whoever says a paragraph of a statement, before its colon
SPEAKER = re.compile(rf"(?:(?:{'|'.join(get_args(Form))})\b[^:]*|Measured)(?=: )")
WORST = ("failed", "refuted", "undecided", "vacuous", "supported")  # verdicts in the order in which they matter
Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Group:
    """The rows of a claim on one problem, with their places in the verdict table."""

    where: str
    problem: str
    description: str
    rows: Sequence[tuple[int, Row]]
    tally: Mapping[str, int]
    largest: float  # ratio


@dataclass(frozen=True)
class Twin:
    """A broken twin, and on how many of its rows it was refuted."""

    name: str
    near: bool
    description: str
    refuted: int
    rows: int


@dataclass(frozen=True)
class Section:
    """A claim: who says what, the rows problem by problem, its twins, its figures."""

    info: ClaimInfo
    paragraphs: Sequence[tuple[str, str]]
    groups: Sequence[Group]
    twins: Sequence[Twin]
    noticed: Sequence[Row]
    looseness: pd.DataFrame | None
    figures: Sequence[Picture]
    tally: Mapping[str, int]


@dataclass(frozen=True)
class Chapter:
    """All claims that bear one label, one after the other, under one anchor."""

    label: str
    anchor: str
    sections: Sequence[Section]
    tally: Mapping[str, int]


def chapters(
    table: pd.DataFrame, twins: pd.DataFrame, noticed: pd.DataFrame, cells: Sequence[Cell], folder: Path
) -> list[Chapter]:
    """A chapter for each label, in the order of the cells; folder: where the figures lie."""
    found: dict[str, dict[str, list[Cell]]] = {}
    for cell in cells:
        found.setdefault(cell.claim.label, {}).setdefault(cell.claim.name, []).append(cell)
    return [
        Chapter(
            label,
            anchors.section(label),
            [_section(mine, table, twins, noticed, folder) for mine in claims.values()],
            tally(table[table["label"] == label]),
        )
        for label, claims in found.items()
    ]


def tally(rows: pd.DataFrame) -> dict[str, int]:
    """How many rows have each verdict, the worst first."""
    counts = rows["verdict"].value_counts()
    return {verdict: int(counts[verdict]) for verdict in WORST if verdict in counts.index}


def spoken(paragraph: str) -> tuple[str, str]:
    """(who says it, what) of a paragraph of a statement; nobody ("") says a remark."""
    speaker = SPEAKER.match(paragraph)
    return (speaker[0], paragraph[speaker.end() + 2 :]) if speaker else ("", paragraph)


def _section(
    mine: Sequence[Cell], table: pd.DataFrame, twins: pd.DataFrame, noticed: pd.DataFrame, folder: Path
) -> Section:
    info = mine[0].claim
    rows, broken = (each[each["claim"] == info.name] for each in (table, twins))
    drawn = [_figure(cell, folder) for cell in mine if cell.evidence is not None and cell.evidence.panels]
    return Section(
        info,
        [spoken(paragraph) for paragraph in info.statement],
        _groups(mine, rows),
        _twins(mine, broken),
        noticed[noticed["claim"] == info.name].to_dict("records"),
        _looseness(rows),
        [each for each in drawn if each],
        tally(rows),
    )


def _groups(mine: Sequence[Cell], table: pd.DataFrame) -> list[Group]:
    """One for each problem, in the order of the cells; several cases of a claim may be about the same."""
    found = []
    for cell in {cell.where: cell for cell in reversed(mine)}.values():
        rows = table[(table["problem"] == cell.problem) & (table["varied"] == cell.varied)]
        placed = list(zip(rows.index, rows.to_dict("records"), strict=True))
        about = cell.where, cell.problem, cell.problem_description
        if placed:
            found.append(Group(*about, placed, tally(rows), float(rows["ratio"].max())))
    return sorted(found, key=lambda group: group.rows[0][0])


def _twins(mine: Sequence[Cell], broken: pd.DataFrame) -> list[Twin]:
    """Each once, in the order of the claim; its rows are those of all its problems."""
    controls = {control.name: control for cell in mine for control in cell.controls}
    found = []
    for name, control in controls.items():
        rows = broken[broken["control"] == name]
        refuted = int((rows["verdict"] == "refuted").sum())
        found.append(Twin(name, control.near, control.description, refuted, len(rows)))
    return found


def _figure(cell: Cell, folder: Path) -> Picture | None:
    assert cell.evidence is not None
    shown = "; ".join(f"{panel.ylabel} against {panel.xlabel}" for panel in cell.evidence.panels)
    title = f"{cell.claim.label} on {cell.where}"
    return picture(folder, figure_name(cell.case, cell.varied), f"{title}: {shown}", title)


def _looseness(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Where both were measured: how loose what the proof bounds is, beside the infimum that the theorem bounds."""
    keys = [name for name in ("problem", "varied", "setting") if name != "varied" or rows["varied"].any()]
    stated = rows[rows["form"] == "stated"]
    parts = [stated[stated["quantity"] == name][[*keys, "measured", "note"]] for name in (CERTIFICATE, INFIMUM)]
    if any(part.empty for part in parts):
        return None
    joined = parts[0].merge(parts[1], on=keys, suffixes=("", "_infimum"))
    joined = joined.rename(columns={"measured": CERTIFICATE, "measured_infimum": INFIMUM, "note": "gradient"})
    quotient = f"{CERTIFICATE} / {INFIMUM}"
    joined[quotient] = joined[CERTIFICATE] / joined[INFIMUM]
    return joined[[*keys, CERTIFICATE, INFIMUM, quotient, "gradient"]]
