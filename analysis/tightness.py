"""How tight every inequality of the paper is: how close it is reached, where, and what the rows could have noticed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd

from analysis.judge import judge
from experiments.sweep.cells import Cell
from experiments.words.evidence import Check, Form

SHARES = {"1%": 0.99, "5%": 0.95, "20%": 0.8}  # of a bound that is lowered by so much
BOUNDING = ("pathwise", "expected", "attained")  # kinds of checks that have a bound from above
FORMS: tuple[Form, ...] = get_args(Form)
INSTANCE = ("problem", "setting", "measured")
TIGHTNESS = (  # the columns of tightness.csv
    *("label", "quantity"),
    *(f"{form}_ratio" for form in FORMS),
    *INSTANCE,
    *(f"{form}_bound" for form in FORMS),
    *(f"noticed_{name}" for name in SHARES),
)
# how a paragraph of the statement begins where the claim is about an inequality of the paper or sharpens one
OF_THE_PAPER = re.compile(r"stated\b|proved\b|ours \(")


class Row(NamedTuple):
    """A row of the verdict table that has a bound from above: its place there, its cell, and what was found."""

    place: int
    cell: Cell
    check: Check
    measured: float
    ratio: float


def tightness(verdicts: pd.DataFrame, cells: Sequence[Cell]) -> pd.DataFrame:
    """A line for each label and quantity, in the order of the verdicts, with columns TIGHTNESS.

    verdicts: the claims' table of `analysis.tables.tables(cells)`, a row for every check in their order. Rows without
    a ratio, and bounds that are not positive and so cannot be lowered by a share, are left out.
    """
    checks = [(cell, check) for cell in cells if cell.evidence for check in cell.evidence.checks]
    groups: dict[tuple[str, str], list[Row]] = {}
    for place, ((cell, check), row) in enumerate(zip(checks, verdicts.to_dict("records"), strict=True)):
        bounds = check.kind in BOUNDING and check.bound > 0 and np.isfinite(row["ratio"])
        if bounds and any(map(OF_THE_PAPER.match, cell.claim.statement)):
            mine = groups.setdefault((cell.claim.label, check.quantity), [])
            mine.append(Row(place, cell, check, row["measured"], row["ratio"]))
    closest = [max(rows, key=lambda row: row.ratio) for rows in groups.values()]
    sharpest = [
        {row.place for row in rows if row.check.form == best.check.form}
        for rows, best in zip(groups.values(), closest, strict=True)
    ]
    refuted = {name: _refuted([c for _, c in checks], set().union(*sharpest), x) for name, x in SHARES.items()}
    lines = [
        _line(rows, best) | {f"noticed_{name}": bool(refuted[name] & mine) for name in SHARES}
        for rows, best, mine in zip(groups.values(), closest, sharpest, strict=True)
    ]
    return pd.DataFrame(lines, columns=list(TIGHTNESS))


def _refuted(checks: Sequence[Check], lowered: set[int], share: float) -> set[int]:
    """The places of the checks that are refuted when the bounds of some are multiplied by `share`."""
    again = judge([_lowered(check, share) if i in lowered else check for i, check in enumerate(checks)])
    return {i for i, ruling in enumerate(again) if ruling.verdict == "refuted"}


def _lowered(check: Check, share: float) -> Check:
    """The check with a lower bound; of one that is attained the upper side only, for the other is not lowered."""
    if check.kind == "attained":
        return replace(check, kind="expected", bound=share * check.bound + check.margin)
    return replace(check, bound=share * check.bound)


def _line(rows: Sequence[Row], best: Row) -> dict[str, object]:
    """The largest ratio of each form, and the instance at which the sharpest comes closest, with the bounds there."""
    check = best.check
    line: dict[str, object] = {"label": best.cell.claim.label, "quantity": check.quantity}
    line |= {"problem": best.cell.problem, "setting": check.setting, "measured": best.measured}
    for form in FORMS:
        mine = [row for row in rows if row.check.form == form]
        here = [row.check.bound for row in mine if row.cell is best.cell and row.check.setting == check.setting]
        line[f"{form}_ratio"] = max((row.ratio for row in mine), default=np.nan)
        line[f"{form}_bound"] = min(here, default=np.nan)
    return line
