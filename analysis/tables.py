"""The tables of what was judged: a row for every check of a claim, and one for every check of a broken twin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from analysis.judge import Ruling, judge
from experiments.sweep.cells import Cell
from experiments.words.evidence import Check, Control, Evidence

_SUBJECT = ("form", "quantity", "setting")  # equal for a check and its twin on a broken claim
_RATIO = ("measured", "bound", "ratio")
_LIMITS = ("lower", "upper")
VERDICTS = (  # the columns of verdicts.csv
    *("claim", "label", "kind", "problem", "varied", *_SUBJECT, *_RATIO, *_LIMITS),
    *("start", "runs", "control", "verdict", "note"),
)
CONTROLS = (  # of controls.csv
    *("claim", "label", "problem", "varied", "control", "near", "description", *_SUBJECT, *_RATIO),
    *("verdict", "note"),
)
REPORTED = (
    "problem",
    "varied",
    *_SUBJECT,
    *_RATIO,
    *_LIMITS,
    "verdict",
    "control",
    "note",
)  # of a claim's table in the report
GROUPS = ("removes", "end_to_end")  # beside CONTROLS, for the table of ablations

SILENT = "no control was rejected on any row of this claim with this quantity and form"  # of a vacuous row

Arm = tuple[Control, list[Ruling]]


def tables(cells: Sequence[Cell]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(claims, controls): a row for every check, in the order given, with columns VERDICTS and CONTROLS + GROUPS.

    Claims are one family, controls another; each is judged once. Cells that failed have no rows. A row that is
    supported is vacuous if no control was rejected on any row of the claim with its quantity and form.
    """
    good = [(cell, cell.evidence) for cell in cells if cell.evidence is not None]
    claims = _judged(evidence for _, evidence in good)
    twins = _judged(control.evidence for cell, _ in good for control in cell.controls)
    rows: list[dict[str, object]] = []
    broken: list[dict[str, object]] = []
    alive: set[tuple[str, ...]] = set()  # by claim, quantity and form: some control was rejected there
    for cell, evidence in good:
        arms = [(control, list(islice(twins, len(control.evidence.checks)))) for control in cell.controls]
        for ruling in islice(claims, len(evidence.checks)):
            same = [(control, [r for r in theirs if _same(r.check, ruling.check)]) for control, theirs in arms]
            if any(r.verdict == "refuted" for _, theirs in same for r in theirs):
                alive.add((cell.claim.name, ruling.check.quantity, ruling.check.form))
            rows.append(_row(cell, ruling) | {"control": _describe(same)} | _vacuous(ruling))
        broken += [_row(cell, ruling) | _names(control) for control, theirs in arms for ruling in theirs]
    for row in rows:
        if row["verdict"] == "supported" and (row["claim"], row["quantity"], row["form"]) not in alive:
            row["verdict"], row["note"] = "vacuous", "; ".join(text for text in (SILENT, str(row["note"])) if text)
    return pd.DataFrame(rows, columns=list(VERDICTS)), pd.DataFrame(broken, columns=[*CONTROLS, *GROUPS])


def margins(cells: Sequence[Cell]) -> list[float]:
    """The margin of every check, in the order of the claims' table."""
    return [check.margin for cell in cells if cell.evidence for check in cell.evidence.checks]


def _judged(family: Iterable[Evidence]) -> Iterator[Ruling]:
    return iter(judge([check for evidence in family for check in evidence.checks]))


def _same(a: Check, b: Check) -> bool:
    return all(getattr(a, name) == getattr(b, name) for name in _SUBJECT)


def _row(cell: Cell, ruling: Ruling) -> dict[str, object]:
    """What any row says, of a claim or of a control."""
    check = ruling.check
    return {
        "claim": cell.claim.name,
        "label": cell.claim.label,
        "end_to_end": cell.claim.end_to_end,
        "kind": check.kind,
        "problem": cell.problem,
        "varied": cell.varied,
        "form": check.form,
        "quantity": check.quantity,
        "setting": check.setting,
        "measured": ruling.measured,
        "bound": check.bound,
        "ratio": ruling.ratio,
        "lower": ruling.lower,
        "upper": ruling.upper,
        "start": check.start,
        "runs": len(check.samples),
        "verdict": ruling.verdict,
        "note": "; ".join(text for text in (check.note, ruling.note) if text),
    }


def _names(control: Control) -> dict[str, object]:
    said = {"control": control.name, "near": control.near, "description": control.description}
    return {**said, "removes": control.removes}


def _vacuous(ruling: Ruling) -> dict[str, object]:
    """What a claim's row says instead where nothing had to be done for the bound to hold."""
    check = ruling.check
    if check.start is not None and check.start <= check.bound and ruling.verdict == "supported":
        return {"verdict": "vacuous", "note": "the start satisfies the bound already"}
    return {}


def _describe(same: Sequence[Arm]) -> str:
    """What each control gave on the same check: refuted with its largest ratio, or silent."""
    texts = []
    for control, theirs in same:
        refuted = [r.ratio for r in theirs if r.verdict == "refuted"]
        ratios = [r.ratio for r in theirs if np.isfinite(r.ratio)]
        if refuted:
            texts.append(f"{control.name}: refuted, {max(refuted):.3g}")
        elif ratios:
            texts.append(f"{control.name}: silent here, {max(ratios):.3g}")
        else:
            texts.append(f"{control.name}: silent here")
    return "; ".join(texts) if texts else "none"
