"""How verdicts fall where the truth is known: rows drawn again, their bound a share of their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.intervals import ENOUGH
from analysis.judge import Ruling, judge, limits
from benchmarks.rows import Place, Row, alike
from experiments.words.evidence import Check

TABLES = 4


def count(rows: Sequence[Row], pool: Mapping[Place, Check], share: float, tables: int = TABLES) -> dict[str, int]:
    """Rows by verdict, and tables with a wrong one ("wrong"), of so many tables."""
    kept = [(row.check, pool.get(row.place)) for row in rows if not alike(row.check.samples)]
    totals = dict.fromkeys(("supported", "refuted", "undecided", "wrong"), 0)
    for table in range(tables):
        rng = np.random.default_rng([table, round(1000 * share)])
        drawn = [again(check, known, share, rng) for check, known in kept]
        rulings = judge([check for check, _ in drawn])
        for ruling in rulings:
            totals[ruling.verdict] += 1
        totals["wrong"] += any(wrong(ruling, mean) for ruling, (_, mean) in zip(rulings, drawn, strict=True))
    return totals


def wrong(ruling: Ruling, mean: float) -> bool:
    """Whether the verdict is false of this mean; at the bound itself either is, for no runs can tell."""
    low, high = limits(ruling.check)
    inside, outside = low < mean < high, not low <= mean <= high
    return {"supported": not inside, "refuted": not outside}.get(ruling.verdict, False)


def again(check: Check, known: Check | None, share: float, rng: np.random.Generator) -> tuple[Check, float]:
    """(the check with runs drawn from its own or its pool, the end of what it allows at share * mean; that mean)."""
    source = known if known is not None and len(known.samples) > len(check.samples) else check
    index = rng.integers(len(source.samples), size=len(check.samples))
    shift = np.zeros(len(index))
    if len(source.samples) < ENOUGH and check.support is None:  # as benchmarks/laws.py widens them
        shift = 0.9 * source.samples.std() * len(source.samples) ** -0.2 * rng.standard_normal(len(index))
    lower = None if source.lower_samples is None else source.lower_samples[index] + shift
    mean = float(source.samples.mean())
    end = mean + (share - 1.0) * abs(mean)
    bound = end if check.kind == "expected" else end - check.margin
    return replace(check, bound=bound, samples=source.samples[index] + shift, lower_samples=lower, start=None), mean
