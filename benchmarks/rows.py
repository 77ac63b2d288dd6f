"""How often the limits of each row of a sweep are wrong, at the level at which the row was tested."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.judge import ROUNDING, row_level
from benchmarks.laws import Law, atoms, own, smooth
from benchmarks.rare import Estimate, Limit, house, probability
from experiments.sweep.cells import Cell
from experiments.words.evidence import Check
from foundation.arrays import Array, Float

NUMBERS = 30_000  # samples drawn for a limit
DRAWS = 100, 400  # at least and at most that often all runs of it
CLOSE = 0.3  # of the level: what is estimated to be more is estimated again, with AGAIN times as many draws
AGAIN = 16
Place = tuple[str, str, int]  # case, control ("" for the claim), number of the check
SIDES = "supported", "refuted"
SMOOTH = {"own": "smooth", "pool": "pool, smooth"}
LAWS = ("own", "smooth", "pool", "pool, smooth")
KNOWN = ("own", "pool")  # without an assumption on their tails


@dataclass(frozen=True)
class Row:
    """A check that is judged by statistics, and where it stands."""

    cell: Cell
    control: str
    number: int
    check: Check

    @property
    def place(self) -> Place:
        """Under which it is found again in another sweep."""
        return self.cell.case, self.control, self.number

    @property
    def name(self) -> str:
        """In words, for a table."""
        check = self.check
        parts = (self.cell.claim.label, self.cell.where, self.control, check.quantity, check.setting)
        return ", ".join(filter(None, parts))


def families(cells: Sequence[Cell]) -> tuple[list[Row], list[Row]]:
    """(rows of claims, rows of controls) that are tested at a level."""
    both: tuple[list[Row], list[Row]] = [], []
    for cell in cells:
        arms = [("", cell.evidence)] + [(control.name, control.evidence) for control in cell.controls]
        for name, evidence in arms:
            checks = evidence.checks if evidence else ()
            both[bool(name)].extend(
                Row(cell, name, number, check)
                for number, check in enumerate(checks)
                if check.kind != "pathwise" and len(check.samples) > 1
            )
    return both


def alike(samples: Float[Array, "runs"]) -> bool:
    """Whether runs differ by rounding at most: then there is no law to simulate."""
    return bool(np.ptp(samples) <= ROUNDING * np.abs(samples).max())


def errors(
    rows: Sequence[Row], pool: Mapping[Place, Check], off: float = 0.0, laws: Sequence[str] = LAWS
) -> pd.DataFrame:
    """For each row and law: the probabilities that it is supported, or refuted, wrongly, where its mean is the bound.

    off: the mean is wrong by so much of itself, for each verdict on its own side. Columns: row (its number), law, runs,
    skewness (the law's), level, and for each of SIDES its probability over the level and the standard error of that.
    Rows whose samples are all alike are left out.
    """
    level, found = row_level([row.check for row in rows]), []
    known: dict[bytes, tuple[Estimate, Estimate]] = {}  # rows that differ in their bound only have the same limits
    for number, row in enumerate(rows):
        for name, upper, lower in _laws(row.check, pool.get(row.place)):
            if name not in laws:
                continue
            key = _key(row.check, name, upper, lower)
            if key not in known:
                rng = np.random.default_rng(list(key[:8]))
                known[key] = _both(row.check, upper, lower, level, off, rng)
            line = {"row": number, "law": name, "runs": len(row.check.samples), "level": level}
            line["skewness"] = max(upper.shape[0], lower.mirrored.shape[0])
            for side, estimate in zip(SIDES, known[key], strict=True):
                line |= {side: estimate.value / level, f"{side} +-": estimate.error / level}
            found.append(line)
    return pd.DataFrame(found)


def _laws(check: Check, pooled: Check | None) -> Iterator[tuple[str, Law, Law]]:
    """(name, law of the samples, law of what refutes) of each law that this check can be simulated with."""
    bounded = check.support is not None  # then what is widened, or fitted, would not be
    sources = {"own": check} | ({"pool": pooled} if pooled and len(pooled.samples) > len(check.samples) else {})
    for name, source in sources.items():
        pair = source.samples, source.samples if source.lower_samples is None else source.lower_samples
        if any(map(alike, pair)):
            continue
        plain = atoms if bounded or name == "pool" else own
        yield name, plain(pair[0]), plain(pair[1])
        if not bounded:
            yield SMOOTH[name], smooth(pair[0]), smooth(pair[1])


def _key(check: Check, name: str, upper: Law, lower: Law) -> bytes:
    arrays = b"".join(np.ascontiguousarray(law.values).tobytes() for law in (upper, lower))
    return hashlib.sha256(f"{check.kind} {name} {check.support} {len(check.samples)}".encode() + arrays).digest()


def _both(
    check: Check, upper: Law, lower: Law, level: float, off: float, rng: np.random.Generator
) -> tuple[Estimate, Estimate]:
    """P(supported), P(refuted) of a row whose mean is at the end of what the claim allows, or off by so much of it."""
    low, high = check.support or (None, None)
    below = None if low is None else -low

    def wrong(law: Law, alpha: float, end: float | None) -> Estimate:
        return _careful(law, law.mean - off * abs(law.mean), house(len(check.samples), alpha, end), rng)

    if check.kind == "expected":
        return wrong(upper, level, high), wrong(lower.mirrored, level, below)
    first, second = wrong(upper, level, high), wrong(upper.mirrored, level, below)  # at its upper, its lower end
    ends = wrong(lower.mirrored, 0.5 * level, below), wrong(upper, 0.5 * level, high)
    either = Estimate(ends[0].value + ends[1].value, float(np.hypot(ends[0].error, ends[1].error)))
    return max(first, second, key=lambda estimate: estimate.value), either


def _careful(law: Law, bound: float, limit: Limit, rng: np.random.Generator) -> Estimate:
    """P(upper limit < bound), again with more draws where it is close to the level."""
    draws = int(np.clip(NUMBERS // limit.runs, *DRAWS))
    found = probability(law, bound, limit, draws, rng)
    close = found.value + 3.0 * found.error > CLOSE * limit.alpha
    return probability(law, bound, limit, AGAIN * draws, rng) if close else found
