"""How often an upper limit lies below a bound, at levels where no plain simulation would see it happen.

Importance sampling with exact weights, so that the estimate is unbiased whatever is drawn from; what is drawn from
decides its standard error only. Let y = bound - sample, S and V^2 the sums of y and y^2 over n runs. A limit
mean + away s/sqrt(n) is below the bound where S >= x sqrt(n) V, x = away/sqrt(n - 1 + away^2). As
x sqrt(n) V <= x (V^2 + n c^2)/(2 c) for every c, with equality at c = V/sqrt(n), samples are drawn with weights
proportional to exp(t (c y - x (y^2 + c^2)/2)), the t that makes the exponent 0 on average (Shao 1997, Self-normalized
large deviations, Annals of Probability 25), for several c, each tried equally often; what is drawn counts
by what it has been likelier under the mixture than under the law. Samples that mislead and do not look skewed are rarer
still: where few draws are such, part of the mixture has its tail cut off. A limit by bets is simulated with
what its bets say: the law in which the share of a bet is in the mean what it gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.intervals import BETS, SKEWNESS, _quantile, _tail
from benchmarks.laws import Law, choose
from foundation.arrays import Array, Bool, Float, IntArray

SIZES = np.geomspace(1e-3, 1e2, 26)  # c in standard deviations, tried first
NATS = 8.0  # c that are less likely than the best by more than exp(-NATS) are left out
MIXED = 12  # c in the mixture
SEEN = 0.1  # share of draws that should count; else the tail that the runs miss is cut off, too,
CUTS = (
    0.0,
    1.0,
    2.5,
    5.0,
    8.0,
    12.0,
    17.0,
)  # so that of all runs so many would be expected there: exp(-CUTS) is the price
STAKES = np.geomspace(1e-3, 0.999, 40)  # bets to draw with: closer together than BETS where they are small
CHUNK = 400_000  # numbers at once


@dataclass(frozen=True)
class Estimate:
    """A probability, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Limit:
    """An upper limit of the mean of so many runs, as in analysis/intervals.py.

    away: its distance from the mean in standard errors. checked: whether samples that are too skewed have none.
    highest: what no sample can exceed, where the limit is one of bets.
    """

    runs: int
    alpha: float
    away: float
    checked: bool = True
    highest: float | None = None

    @property
    def share(self) -> float:
        """x above: S/(sqrt(n) V) of samples whose limit is the bound."""
        if np.isinf(self.away):
            return 1.0
        return float(self.away / np.hypot(self.away, np.sqrt(self.runs - 1.0)))

    def below(self, samples: Float[Array, "draws runs"], bound: float) -> Bool[Array, "draws"]:
        """Whether the limits of these lie below the bound; a row of samples is a draw."""
        if self.highest is not None:
            return _growth(samples, bound, self.highest) >= -np.log(self.alpha)
        mean = samples.mean(axis=1)
        centred = samples - mean[:, None]
        variance = np.square(centred).sum(axis=1) / (self.runs - 1)
        equal = variance <= (1e-13 * np.abs(samples).max(axis=1)) ** 2
        below = (
            mean + self.away * np.sqrt(variance / self.runs) < bound
            if np.isfinite(self.away)
            else np.zeros(len(mean), bool)
        )
        if self.checked:
            most = (SKEWNESS + 3.0 * np.sqrt(6.0 / self.runs)) * variance[below] ** 1.5
            part = centred[below]
            below[below] = (part * part * part).mean(axis=1) <= most
        return np.where(equal, (mean < bound) & (_tail(np.inf, self.runs) <= self.alpha), below)


def house(runs: int, alpha: float, highest: float | None = None) -> Limit:
    """The limit that analysis/intervals.py sets."""
    t, c = _quantile(alpha, runs), SKEWNESS / (6.0 * np.sqrt(runs))
    return Limit(runs, alpha, t + c * (1.0 + 2.0 * t * t), True, highest)


def probability(law: Law, bound: float, limit: Limit, draws: int, rng: np.random.Generator) -> Estimate:
    """P(upper limit < bound) for samples of the law, whose mean should not be below the bound."""
    propose = _tilted if limit.highest is None else _betting
    worth = _worths(law, bound, limit, propose(law, bound, limit), draws, rng)
    if limit.checked and limit.highest is None and np.mean(worth > 0.0) < SEEN:
        parts = [_tilted(law, bound, limit, cut) for cut in CUTS]
        weights, logs = (np.concatenate(each) for each in zip(*parts, strict=True))
        worth = _worths(law, bound, limit, (weights, logs), draws, rng)
    return Estimate(float(worth.mean()), float(worth.std() / np.sqrt(draws)))


def _worths(
    law: Law, bound: float, limit: Limit, mixture: tuple[Array, Array], draws: int, rng: np.random.Generator
) -> Float[Array, "draws"]:
    """Of each draw from the mixture, its likelihood ratio if the limit is below the bound, else 0."""
    if not len(mixture[0]):
        return np.zeros(draws)
    size = max(1, CHUNK // limit.runs)
    pieces = [min(size, draws - first) for first in range(0, draws, size)]
    return np.concatenate([_worth(law, bound, limit, *mixture, piece, rng) for piece in pieces])


def _worth(
    law: Law, bound: float, limit: Limit, weights: Array, logs: Array, draws: int, rng: np.random.Generator
) -> Float[Array, "draws"]:
    """The same for as many draws as fit into memory."""
    index = np.empty((draws, limit.runs), np.int64)
    component = rng.integers(len(weights), size=draws)
    for k in range(len(weights)):
        mine = component == k
        index[mine] = choose(weights[k], (int(mine.sum()), limit.runs), rng)
    wrong = np.flatnonzero(limit.below(law.values[index], bound))
    worth = np.zeros(draws)
    if len(wrong):
        ratios = np.stack([_sums(log, index[wrong]) for log in logs])  # logs of the mixture's parts over the law
        worth[wrong] = np.exp(np.log(len(logs)) - np.logaddexp.reduce(ratios, axis=0))
    return worth


def _sums(log: Float[Array, "points"], index: IntArray) -> Float[Array, "draws"]:
    return np.asarray(log[index].sum(axis=1))


def _tilted(law: Law, bound: float, limit: Limit, cut: float = 0.0) -> tuple[Array, Array]:
    """(probabilities of the values under each part of the mixture, their logs over the law's own).

    cut: the largest values, of which so many are expected among all runs, are never drawn.
    """
    scale = np.sqrt(law.weights @ np.square(law.values - law.mean))
    kept = law.values <= law.quantile(1.0 - min(0.5, cut / limit.runs))
    mass = float(law.weights[kept].sum())
    y, part = (bound - law.values[kept]) / scale, law.weights[kept] / mass
    sizes = SIZES
    for _ in range(2):  # all c that count, then MIXED of them
        cost = _rates(y, part, sizes, limit.share)[0] * limit.runs
        near = np.flatnonzero(cost >= cost.max() - NATS)
        if cost.max() == -np.inf:
            return np.empty((0, len(law.values))), np.empty((0, len(law.values)))
        first, last = sizes[max(0, near[0] - 1)], sizes[min(len(sizes) - 1, near[-1] + 1)]
        sizes = np.geomspace(first, last, MIXED)
    rate, t = (each[:, None] for each in _rates(y, part, sizes, limit.share))
    found = t * (sizes[:, None] * y - 0.5 * limit.share * (y * y + np.square(sizes)[:, None])) - rate
    alive = np.isfinite(rate[:, 0])
    logs = np.full((int(alive.sum()), len(law.values)), -np.inf)
    logs[:, kept] = found[alive] - np.log(mass)
    return law.weights * np.exp(logs), logs


def _rates(y: Array, weights: Array, sizes: Array, share: float) -> tuple[Array, Array]:
    """(min over t of log E exp(t (c y - x (y^2 + c^2)/2)), that t) for each c; -inf where the exponent is never > 0."""
    z = sizes[:, None] * y - 0.5 * share * (y * y + sizes[:, None] ** 2)
    alive = z.max(axis=1) > 0.0
    low, high = np.full(len(sizes), -12.0), np.full(len(sizes), 12.0)  # logs of t
    for _ in range(15):
        middle = 0.5 * (low + high)
        exponent = np.exp(middle)[:, None] * z
        tilted = weights * np.exp(exponent - exponent.max(axis=1, keepdims=True))
        rising = (tilted * z).sum(axis=1) > 0.0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    t = np.exp(0.5 * (low + high))
    exponent = t[:, None] * z
    top = exponent.max(axis=1)
    rate = top + np.log((weights * np.exp(exponent - top[:, None])).sum(axis=1))
    return np.where(alive, rate, -np.inf), t


def _growth(samples: Float[Array, "draws runs"], bound: float, highest: float) -> Float[Array, "draws"]:
    """log of what the bets against mean >= bound have grown to, in the mean over BETS."""
    gains = np.maximum((bound - samples) / (highest - bound), -1.0)
    logs = np.stack([np.log1p(bet * gains).sum(axis=1) for bet in BETS])
    return np.asarray(np.logaddexp.reduce(logs, axis=0) - np.log(len(BETS)))


def _betting(law: Law, bound: float, limit: Limit) -> tuple[Array, Array]:
    """The same for bets: a value counts by what the bet makes of it, over its mean."""
    assert limit.highest is not None
    if bound >= limit.highest:
        return np.empty((0, len(law.values))), np.empty((0, len(law.values)))
    made = 1.0 + STAKES[:, None] * np.maximum((bound - law.values) / (limit.highest - bound), -1.0)
    logs = np.log(made) - np.log((law.weights * made).sum(axis=1))[:, None]
    weights = law.weights * np.exp(logs)
    nats = limit.runs * (weights * logs).sum(axis=1) / -np.log(limit.alpha)  # what is gained, over what is needed
    near = (nats > 0.5) & (nats < 4.0)
    return (weights[near], logs[near]) if near.any() else (weights, logs)
