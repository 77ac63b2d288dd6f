"""What every claim would have noticed: the smallest error of it that one of its rows would have refuted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.judge import ROUNDING
from analysis.tightness import BOUNDING

LOOSE = 0.1  # measured/bound: what stays below it on all problems is loose
SHARE, SHIFT = "share of the bound", "absolute"
ON_ALL = "loose by more than a factor of 10 on every problem here"
NONE_KNOWN = {  # by claim and form: why no problem, of any preset, is known on which it is not
    ("lemma10", "stated"): "and on any other, for 2 beta/(1+beta) is proved in the place of its 12",
    ("section61_rescaling", "stated"): "and none is known on which it is not: the bound is there for rounding only",
}
RESOLUTION = (  # the columns of resolution.csv
    *("claim", "label", "form", "of", "resolution"),
    *("largest_ratio", "quantity", "problem", "setting", "note"),
)


def resolution(verdicts: pd.DataFrame, margins: Sequence[float]) -> pd.DataFrame:
    """A line for each claim, form and unit, in the order of the verdicts, with columns RESOLUTION.

    verdicts: the claims' table. margins: of its checks, in the same order. A resolution is nan if no row would have
    refuted any bound above 0, 0 if a row refutes what is claimed as it is. Rows that failed are left out.
    """
    rows = verdicts.assign(margin=np.asarray(margins, float))
    rows = rows[rows["verdict"] != "failed"]
    bounding = rows["kind"].isin(BOUNDING)
    rows = rows[~bounding | (rows["bound"] > 0)]
    rows = rows.assign(of=np.where(rows["kind"].isin(BOUNDING), SHARE, SHIFT))
    rows = rows.assign(error=[_error(row) for row in rows.to_dict("records")])
    groups = rows.groupby(["claim", "form", "of"], sort=False)
    return pd.DataFrame([_line(mine) for _, mine in groups], columns=list(RESOLUTION))


def _error(row: Mapping[Any, Any]) -> float:
    """By how much the row's bound, or value, has to be wrong for it to be refuted; a bound by less than all of it.

    Bounds fall until the lower limit is above them, by more than rounding where every run is held to them; a value
    moves up until its lower margin passes the upper limit, or down until its upper margin passes the lower one.
    """
    bound, margin, lower, upper = (float(row[name]) for name in ("bound", "margin", "lower", "upper"))
    if row["of"] == SHIFT:
        return max(0.0, margin + min(upper - bound, bound - lower))
    slack = margin if row["kind"] == "attained" else 0.0
    least = bound * (1.0 + ROUNDING) if row["kind"] == "pathwise" else bound
    error = max(0.0, 1.0 - (lower - slack) / least)
    return error if error < 1.0 else np.nan


def _line(mine: pd.DataFrame) -> dict[str, object]:
    """The row of a claim and form with the smallest error."""
    best = mine.sort_values("error", kind="stable", na_position="last").iloc[0]
    line = {name: best[name] for name in ("claim", "label", "form", "of", "quantity", "problem", "setting")}
    largest = float(mine["ratio"].max())
    loose = best["of"] == SHARE and not largest >= LOOSE
    said = (ON_ALL, NONE_KNOWN.get((best["claim"], best["form"]), "")) if loose else ()
    note = ", ".join(text for text in said if text)
    return line | {"resolution": best["error"], "largest_ratio": largest, "note": note}
