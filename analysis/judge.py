"""From checks to verdicts, with one family-wise error level for the whole table.

Every statistical row poses two one-sided hypotheses: "the check holds" and "it does not". Holm's step-down over all of
them, claims and controls each in their own family, bounds the probability of any wrong verdict by ALPHA. The reported
limits are at the level at which the row was tested, so that `supported` is upper <= bound, `refuted` lower > bound.
Pathwise rows are exact and take no level. The level is divided by what the limits may err (intervals.SAFETY).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.intervals import SAFETY, lower_limit, p_above, p_below, upper_limit
from experiments.sweep.cells import Cell
from experiments.words.evidence import Check

ALPHA = 0.01
ROUNDING = 1e-9
COLUMNS = [
    "claim",
    "label",
    "kind",
    "problem",
    "form",
    "quantity",
    "setting",
    "measured",
    "bound",
    "ratio",
    "lower",
    "upper",
    "start",
    "runs",
    "control",
    "verdict",
    "note",
]
CONTROL_COLUMNS = [
    "label",
    "problem",
    "control",
    "description",
    "form",
    "quantity",
    "setting",
    "measured",
    "bound",
    "ratio",
    "verdict",
    "note",
]


@dataclass
class Ruling:
    """A check with what was concluded from it."""

    check: Check
    measured: float = np.nan
    lower: float = np.nan
    upper: float = np.nan
    verdict: str = "undecided"
    note: str = ""

    @property
    def ratio(self) -> float:
        """measured/bound; for an identity, |measured - bound|/margin."""
        if self.check.kind in ("identity", "rate"):
            return abs(self.measured - self.check.bound) / self.check.margin if self.check.margin else np.nan
        return self.measured / self.check.bound if self.check.bound else np.nan


def limits(check: Check) -> tuple[float, float]:
    """The interval [low, high] in which the mean has to lie for the check to hold."""
    if check.kind in ("identity", "rate"):
        return check.bound - check.margin, check.bound + check.margin
    if check.kind == "attained":
        return 0.97 * check.bound, check.bound + check.margin
    return -np.inf, check.bound


def judge(checks: Sequence[Check]) -> list[Ruling]:
    """Rule over one family of checks."""
    rulings = [Ruling(check) for check in checks]
    statistical: list[Ruling] = []
    for ruling in rulings:
        samples = ruling.check.samples
        if not len(samples) or not np.isfinite(samples).all():
            ruling.verdict, ruling.note = "failed", "samples are missing or not finite"
        elif ruling.check.kind == "pathwise":
            worst, limit = float(samples.max()), ruling.check.bound * (1.0 + ROUNDING)
            proven = ruling.check.lower_samples
            least = worst if proven is None else float(proven.max())
            ruling.measured, ruling.lower, ruling.upper = worst, least, worst
            ruling.verdict = "supported" if worst <= limit else "refuted" if least > limit else "undecided"
        else:
            statistical.append(ruling)
    _holm(statistical)
    return rulings


def _holm(rulings: list[Ruling]) -> None:
    tests: list[tuple[float, int, str]] = []
    for i, ruling in enumerate(rulings):
        holds, fails = _p_values(ruling.check)
        tests += [(holds, i, "supported"), (fails, i, "refuted")]
    open_, level = True, ALPHA / SAFETY
    for rank, (p, i, verdict) in enumerate(sorted(tests)):
        if open_:  # after the first failure, all that remain are held to the level at which the steps stopped
            level = ALPHA / SAFETY / (len(tests) - rank)
            open_ = p <= level
        ruling = rulings[i]
        if open_:
            ruling.verdict = verdict
        if verdict == "supported":
            ruling.upper = upper_limit(ruling.check.samples, level)
        else:
            ruling.lower = lower_limit(_refuting(ruling.check), level)
    for ruling in rulings:
        ruling.measured = float(ruling.check.samples.mean())
        ruling.lower = min(ruling.lower, ruling.measured)


def _refuting(check: Check) -> np.ndarray:
    return check.samples if check.lower_samples is None else check.lower_samples


def _p_values(check: Check) -> tuple[float, float]:
    """(p of "it does not hold", p of "it holds"): small means supported, refuted."""
    low, high = limits(check)
    holds, fails = p_above(check.samples, high), p_below(_refuting(check), high)
    if np.isfinite(low):
        holds = max(holds, p_below(check.samples, np.nextafter(low, -np.inf)))
        fails = min(1.0, 2.0 * min(fails, p_above(check.samples, np.nextafter(low, -np.inf))))
    return holds, fails


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """One row for every check of every cell, in the order given."""
    good = [cell for cell in cells if cell.evidence is not None]
    claims = judge([check for cell in good for check in cell.evidence.checks])  # type: ignore[union-attr]
    twins = judge([k for cell in good for control in cell.controls for k in control.evidence.checks])
    own, broken = iter(claims), iter(twins)
    rows: list[dict[str, object]] = []
    alive: set[str] = set()
    for cell in good:
        rulings = [next(own) for _ in cell.evidence.checks]  # type: ignore[union-attr]
        controls = {c.name: [next(broken) for _ in c.evidence.checks] for c in cell.controls}
        for ruling in rulings:
            text = _describe(ruling, controls)
            if "refuted" in text:
                alive.add(cell.claim.name)
            rows.append(_row(cell, ruling, text))
    for row in rows:
        if row["claim"] not in alive and row["verdict"] == "supported":
            row["verdict"], row["note"] = "vacuous", "no control of this claim was rejected on any problem"
    return pd.DataFrame(rows, columns=COLUMNS)


def broken(cells: Sequence[Cell]) -> pd.DataFrame:
    """One row for every check of every control: results/controls.csv, and the table of ablations."""
    arms = [(cell, twin) for cell in cells if cell.evidence is not None for twin in cell.controls]
    rulings = iter(judge([check for _, twin in arms for check in twin.evidence.checks]))
    rows = []
    for cell, twin in arms:
        for ruling in (next(rulings) for _ in twin.evidence.checks):
            check = ruling.check
            head = (cell.claim.label, cell.problem, twin.name, twin.description)
            row = (
                check.form,
                check.quantity,
                check.setting,
                ruling.measured,
                check.bound,
                ruling.ratio,
                ruling.verdict,
            )
            rows.append((*head, *row, check.note))
    return pd.DataFrame(rows, columns=CONTROL_COLUMNS)


def _describe(ruling: Ruling, controls: dict[str, list[Ruling]]) -> str:
    """What each control gave on the same check: refuted with its ratio, or silent."""
    texts = []
    for name, theirs in controls.items():
        same = [r for r in theirs if _same(r.check, ruling.check)]
        refuted = [r.ratio for r in same if r.verdict == "refuted"]
        ratios = [r.ratio for r in same if np.isfinite(r.ratio)]
        if refuted:
            texts.append(f"{name}: refuted, {max(refuted):.3g}")
        elif ratios:
            texts.append(f"{name}: silent here, {max(ratios):.3g}")
        else:
            texts.append(f"{name}: silent here")
    return "; ".join(texts) if texts else "none"


def _same(a: Check, b: Check) -> bool:
    return (a.form, a.quantity, a.setting) == (b.form, b.quantity, b.setting)


def _row(cell: Cell, ruling: Ruling, control: str) -> dict[str, object]:
    check = ruling.check
    verdict, note = ruling.verdict, "; ".join(t for t in (check.note, ruling.note) if t)
    if check.start is not None and check.start <= check.bound and verdict == "supported":
        verdict, note = "vacuous", "the start satisfies the bound already"
    numbers = (ruling.measured, check.bound, ruling.ratio, ruling.lower, ruling.upper, check.start, len(check.samples))
    head = (cell.claim.name, cell.claim.label, check.kind, cell.problem, check.form, check.quantity, check.setting)
    return dict(zip(COLUMNS, (*head, *numbers, control, verdict, note), strict=True))
