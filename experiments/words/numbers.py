"""What claims do with numbers: points to look at, ratios, slopes, bands, times on a logarithmic grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.words.evidence import Curve
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float, Int, IntArray


def sample_points(problem: Problem, context: Context, count: int) -> Float[Array, "runs count dim"]:
    """Points about the start and where F is low, shape (runs, count, dim), the first of every run being the start.

    Uniform in boxes of random size up to 1.5 Delta/G a coordinate, for the pointwise lemmas.
    """
    rng, runs = context.streams.generator(0, "points"), context.effort.runs
    start, scales = problem.objective.start, problem.scales
    shape = (runs, count, len(start))
    reach = 1.5 * scales.gap / scales.lipschitz * 10.0 ** rng.uniform(-2.0, 0.0, (runs, count, 1))
    points = start * rng.choice([0.0, 1.0], (runs, count, 1)) + reach * rng.uniform(-1.0, 1.0, shape)
    points[:, 0] = start
    return np.asarray(points)


def safe_ratio(part: Float[Array, "*shape"], whole: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """part/whole, 0 where part is 0, inf where only whole is; what is no number stays so."""
    with np.errstate(divide="ignore"):
        return np.divide(part, whole, out=np.zeros_like(part), where=part != 0)


def paired_ratio(part: Float[Array, "runs"], whole: Float[Array, "runs"], bound: float) -> Float[Array, "runs"]:
    """Samples whose mean is mean(part)/mean(whole), and whose spread is that of part - bound whole, both in one unit.

    So a test of the ratio of two means against the bound is one of a mean: the noise of `whole` counts (Fieller 1954).
    The limits are Fieller's where they meet the bound, which is where they decide.
    """
    unit = whole.mean()
    return np.asarray((part - bound * (whole - unit)) / unit)


def log_slope(value: Float[Array, "points"], measured: Float[Array, "points *runs"]) -> Float[Array, "*runs"]:
    """Least-squares slopes of log measured in log value, shape (...) for `measured` of shape (points, ...)."""
    x = np.log(value) - np.log(value).mean()
    return np.asarray(x @ np.log(measured) / (x @ x))


def mean_and_band(
    values: Float[Array, "runs points"],
) -> tuple[Float[Array, "points"], Float[Array, "points"], Float[Array, "points"]]:
    """Mean and 5 to 95 percent band over runs of curves of shape (runs, points)."""
    low, high = np.quantile(values, [0.05, 0.95], axis=0)
    return np.mean(values, axis=0), low, high


def dots(panel: str, label: str, samples: Sequence[Float[Array, "runs"]]) -> Curve:
    """A row of dots: the mean of each of these samples, with 5 to 95 percent of the runs."""
    low, high = np.transpose([np.quantile(each, [0.05, 0.95]) for each in samples])
    means = np.array([each.mean() for each in samples])
    return Curve(panel, label, "measured", np.arange(len(samples)), means, low, high)


def log_grid(length: int, points: int = 160) -> Int[IntArray, "times"]:
    """At most `points` steps from 1 to length, evenly spread in log t."""
    return np.unique(np.geomspace(1, length, points).round().astype(np.int64))
