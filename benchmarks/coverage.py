"""How often a confidence limit is wrong, over the level at which it was asked for; a table for each class of laws.

`python -m benchmarks.coverage` for laws that are given, `python -m benchmarks.coverage RESULTS` for those of a sweep.

gamma, normal: exact up to the Monte Carlo error of an average, at any level, for the mean of gamma samples is
independent of s/mean (Basu): the error is the mean of a gamma law's distribution function, given s/mean.
symmetric: two points and their smoothed mixture, exact: n runs all in one lump are the case that misleads.
lumps: an unequal mixture, which no n runs show with probability (1-q)^n: what is not promised.
a sweep: the samples of each row of a claim, resampled with replacement, with a normal kernel of Silverman's width,
at alpha = 1e-3 and 1e-4. That shows the body of the laws that are in use. It cannot show tails beyond the samples, nor
levels that are small against 1/DRAWS: for those there are the laws above, whose skewness is at least theirs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special, stats

from analysis.intervals import ENOUGH, SKEWNESS, _quantile, upper_limit
from foundation.arrays import Array, Float

LEVELS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
RUNS = (5, 8, 16, 24, 32, 64, 128, 256)
NUMBERS = 2_000_000  # samples drawn for a cell of a table
DRAWS = 20_000  # of a row of a sweep


def factor(alpha: float, runs: int) -> float:
    """(limit - mean)/standard error, as in analysis/intervals.py."""
    t, c = _quantile(alpha, runs), SKEWNESS / (6.0 * np.sqrt(runs))
    return float(t + c * (1.0 + 2.0 * t * t))


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


def resampled(samples: Float[Array, "runs"], runs: int, alpha: float, rng: np.random.Generator) -> tuple[float, float]:
    """(errors of the upper, of the lower limit) of `runs` samples of the smoothed bootstrap law of these."""
    width = 0.9 * samples.std() * len(samples) ** -0.2
    drawn = rng.choice(samples, (DRAWS, runs)) + width * rng.standard_normal((DRAWS, runs))
    distance = (drawn.mean(axis=1) - samples.mean()) / (drawn.std(axis=1, ddof=1) / np.sqrt(runs))
    away = factor(alpha, runs)
    return float((distance < -away).mean()), float((distance > away).mean())


def given() -> pd.DataFrame:
    """The worse of the two errors over the level, a row for each law and number of runs."""
    rng, rows = np.random.default_rng(0), []
    for runs in RUNS:
        aways = {alpha: factor(alpha, runs) for alpha in LEVELS}
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


def of_a_sweep(results: Path) -> pd.DataFrame:
    """The worst row of each claim: its errors over the level at its own number of runs."""
    rng, rows = np.random.default_rng(0), []
    for path in sorted((results / "cells").glob("*/samples.parquet")):
        table = pd.read_parquet(path)
        for check, mine in table[table["arm"] == ""].groupby("check"):
            samples = mine["value"].to_numpy()
            if len(samples) > 1 and np.ptp(samples) > 1e-9 * np.abs(samples).max():
                errors = {a: max(resampled(samples, min(len(samples), 256), a, rng)) / a for a in LEVELS[:2]}
                skewness = float(stats.skew(samples))
                rows.append({"case": path.parent.name.rsplit("-", 1)[0], "check": check, "runs": len(samples)})
                rows[-1] |= {"skewness": skewness} | {f"{a:g}": ratio for a, ratio in errors.items()}
    found = pd.DataFrame(rows)
    return found.sort_values("0.001", ascending=False).drop_duplicates("case")


if __name__ == "__main__":
    print(f"error over level; limits with skewness {SKEWNESS:g}, of symmetric laws from {ENOUGH} runs on")
    chosen = of_a_sweep(Path(sys.argv[1])) if len(sys.argv) > 1 else given()
    print(chosen.to_string(index=False, float_format="{:.2g}".format, na_rep="-"))
