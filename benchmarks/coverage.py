"""How often a confidence limit is wrong, over the level at which it was asked for; a table for each class of laws.

`python -m benchmarks.coverage` for laws that are given; `python -m benchmarks.coverage RESULTS [pool=FOLDER ...]` for
those of the rows of a sweep (benchmarks/coverage_page.py), as in docs/coverage.md.

gamma, normal: exact up to the Monte Carlo error of an average, at any level, for the mean of gamma samples is
independent of s/mean (Basu): the error is the mean of a gamma law's distribution function, given s/mean.
symmetric: two points and their smoothed mixture, exact: n runs all in one lump are the case that misleads.
lumps: an unequal mixture, which no n runs show with probability (1-q)^n: what is not promised.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.intervals import ENOUGH, SKEWNESS, upper_limit
from benchmarks.coverage_page import page
from benchmarks.rare import house

LEVELS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
RUNS = (5, 8, 16, 24, 32, 64, 128, 256)
NUMBERS = 2_000_000  # samples drawn for a cell of a table


def gamma_errors(shape: float, runs: int, away: float, rng: np.random.Generator) -> tuple[float, float]:
    """(P(upper limit < mean), P(lower limit > mean)) for gamma samples and limits mean +- away s/sqrt(n)."""
    samples = rng.standard_gamma(shape, (NUMBERS // runs, runs))
    spread = away * samples.std(axis=1, ddof=1) / samples.mean(axis=1) / np.sqrt(runs)
    total = runs * shape
    upper = special.gammainc(total, total / (1.0 + spread)).mean()
    lower = np.where(spread < 1.0, special.gammaincc(total, total / np.maximum(1.0 - spread, 1e-300)), 0.0).mean()
    return float(upper), float(lower)


def normal_error(runs: int, away: float) -> float:
    """The same for normal samples, either limit."""
    return float(stats.t.sf(away, runs - 1))


def lump_error(chance: float, runs: int, alpha: float) -> float:
    """P(upper limit < mean) for two points, the upper of which has this chance; equal samples are among them."""
    limits = [upper_limit(np.repeat([1.0, 0.0], [k, runs - k]), alpha) for k in range(runs + 1)]
    wrong = np.array(limits) < chance
    return float(stats.binom.pmf(np.arange(runs + 1), runs, chance)[wrong].sum())


def smooth_lump_error(chance: float, runs: int) -> float:
    """The same with lumps that are narrow, not points: no run in the upper one, whose limit is then the lower lump."""
    return float((1.0 - chance) ** runs)


def given() -> pd.DataFrame:
    """The worse of the two errors over the level, a row for each law and number of runs."""
    rng, rows = np.random.default_rng(0), []
    for runs in RUNS:
        aways = {alpha: house(runs, alpha).away for alpha in LEVELS}
        laws = {"normal": {a: normal_error(runs, away) for a, away in aways.items()}}
        for shape in (16.0, 4.0, 1.0, 0.25):
            name = f"gamma, skewness {2.0 / np.sqrt(shape):g}"
            finite = {a: away for a, away in aways.items() if np.isfinite(away)}
            laws[name] = {a: max(gamma_errors(shape, runs, away, rng)) for a, away in finite.items()}
        for chance in (0.5, 0.3, 0.1):
            laws[f"two points, {chance:g}"] = {a: lump_error(chance, runs, a) for a in LEVELS}
            narrow = {a: smooth_lump_error(chance, runs) for a, away in aways.items() if np.isfinite(away)}
            laws[f"narrow lumps, {chance:g}"] = narrow
        rows += [
            {"law": name, "runs": runs} | {f"{a:g}": error / a for a, error in errors.items()}
            for name, errors in laws.items()
        ]
    return pd.DataFrame(rows).sort_values(["law", "runs"], kind="stable")


if __name__ == "__main__":
    folders = [each for each in sys.argv[1:] if not each.startswith("pool=")]
    if folders:
        pools = [Path(each.removeprefix("pool=")) for each in sys.argv[1:] if each.startswith("pool=")]
        print(page([Path(each) for each in folders], pools), end="")
    else:
        print(f"error over level; limits with skewness {SKEWNESS:g}, of symmetric laws from {ENOUGH} runs on")
        print(given().to_string(index=False, float_format="{:.2g}".format, na_rep="-"))
