"""From checks to verdicts, with one family-wise error level for the whole table.

Every statistical row poses two one-sided hypotheses: "the check holds" and "it does not". Holm's step-down over all of
them, claims and controls each in their own family, bounds the probability of any wrong verdict by ALPHA. The reported
limits are at the level at which the row was tested, so that `supported` is upper <= bound, `refuted` lower > bound.
Pathwise rows are exact and take no level. The level is divided by what the limits may err (intervals.SAFETY).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.intervals import SAFETY, lower_limit, p_above, p_below, upper_limit
from experiments.words.evidence import Check
from foundation.arrays import Array, Float

ALPHA = 0.01
ROUNDING = 1e-9
Verdict = Literal["supported", "refuted", "undecided", "vacuous", "failed"]  # vacuous is said of whole rows: tables.py


@dataclass
class Ruling:
    """A check with what was concluded from it.

    measured: the mean of the samples, the largest of a pathwise check. lower, upper: its confidence limits at the level
    at which the check was tested; nan where nothing could be tested.
    """

    check: Check
    measured: float = np.nan
    lower: float = np.nan
    upper: float = np.nan
    verdict: Verdict = "undecided"
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
    """Rule over one family of checks: a ruling for each, in their order."""
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
    tests: list[tuple[float, int, Verdict]] = []
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


def _refuting(check: Check) -> Float[Array, "runs"]:
    return check.samples if check.lower_samples is None else check.lower_samples


def _p_values(check: Check) -> tuple[float, float]:
    """(p of "it does not hold", p of "it holds"): small means supported, refuted."""
    low, high = limits(check)
    holds, fails = p_above(check.samples, high), p_below(_refuting(check), high)
    if np.isfinite(low):
        holds = max(holds, p_below(check.samples, np.nextafter(low, -np.inf)))
        fails = min(1.0, 2.0 * min(fails, p_above(check.samples, np.nextafter(low, -np.inf))))
    return holds, fails
