"""From checks to verdicts, with one family-wise error level for the whole table.

Of "supported" and "refuted" one at most is wrong about a row, so that ALPHA over the number of statistical rows, as the
level of either, bounds the probability of any wrong verdict by ALPHA; steps down (Holm) would gain nothing, for of the
two hypotheses of a row one always remains. Claims and controls are a family each, and are read together: their table is
wrong somewhere with probability 1 % at most, within what analysis/intervals.py promises. The reported limits are at the
level of the test: `supported` is upper <= bound, `refuted` lower > bound. Pathwise rows and single computed numbers
are exact and take no level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.intervals import ENOUGH, lower_limit, p_above, p_below, too_skewed, upper_limit
from experiments.words.evidence import Check
from foundation.arrays import Array, Float

ALPHA = 0.005  # of each of the two families
ROUNDING = 1e-9
Verdict = Literal["supported", "refuted", "undecided", "vacuous", "failed"]  # vacuous is said of whole rows: tables.py


@dataclass
class Ruling:
    """A check with what was concluded from it.

    measured: the mean of the samples, the largest of a pathwise check. lower, upper: its confidence limits at the level
    at which the check was tested, infinite where there is none; nan where nothing could be tested.
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
        samples, proven = ruling.check.samples, _refuting(ruling.check)
        if not len(samples) or not np.isfinite(samples).all() or not np.isfinite(proven).all():
            ruling.verdict, ruling.note = "failed", "samples are missing or not finite"
        elif ruling.check.kind == "pathwise":
            worst, limit = float(samples.max()), ruling.check.bound * (1.0 + ROUNDING)
            least = float(proven.max())
            ruling.measured, ruling.lower, ruling.upper = worst, least, worst
            ruling.verdict = "supported" if worst <= limit else "refuted" if least > limit else "undecided"
        else:
            statistical.append(ruling)
    level = row_level([ruling.check for ruling in statistical])
    for ruling in statistical:
        _test(ruling, level)
    return rulings


def row_level(statistical: Sequence[Check]) -> float:
    """The level of either hypothesis of a row: ALPHA over the rows of its family; a single number has none."""
    return ALPHA / max(1, sum(len(check.samples) > 1 for check in statistical))


def _test(ruling: Ruling, level: float) -> None:
    """Both hypotheses of a row, each at this level, and its limits there."""
    check, proven = ruling.check, _refuting(ruling.check)
    low, high = check.support or (None, None)
    ruling.measured = float(check.samples.mean())
    ruling.upper = upper_limit(check.samples, level, high)
    ruling.lower = min(lower_limit(proven, level, low), ruling.measured)
    holds, fails = _p_values(check)
    if holds <= level or fails <= level:
        ruling.verdict = "supported" if holds <= level else "refuted"
    if check.support is None and 1 < len(check.samples) < ENOUGH:
        ruling.note = f"{len(check.samples)} runs: limits of smooth laws"
    elif check.support is None and ruling.verdict == "undecided" and (too_skewed(check.samples) or too_skewed(-proven)):
        ruling.note = "samples too skewed for a limit"


def _refuting(check: Check) -> Float[Array, "runs"]:
    return check.samples if check.lower_samples is None else check.lower_samples


def _p_values(check: Check) -> tuple[float, float]:
    """(p of "it does not hold", p of "it holds"): small means supported, refuted."""
    (low, high), (least, most) = limits(check), check.support or (None, None)
    holds, fails = p_above(check.samples, high, most), p_below(_refuting(check), high, least)
    if np.isfinite(low):
        below = np.nextafter(low, -np.inf)
        holds = max(holds, p_below(check.samples, below, least))
        fails = min(1.0, 2.0 * min(fails, p_above(check.samples, below, most)))
    return holds, fails
