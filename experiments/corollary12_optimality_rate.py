"""The optimality remark of Corollary 12, in eps: the hard instance scaled to a stationarity, from below and above."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from scipy import optimize

from experiments.base import Array, Claim, Context, Problem, setting, slope
from experiments.corollary12_optimality import MARGIN, needs_a_chain
from experiments.words.evidence import Check, Curve, Evidence, Panel
from objectives.chain import SMOOTHNESS, HardChain
from objectives.noise import Chain
from optimizers.methods import METHODS
from simulation.engine import Setup, simulate
from simulation.hitting import GradientHittingTime
from simulation.recording import recipe
from stationarity import measure_general

STATED = 1.75  # eps, at every point before the end
TARGET = 2.0  # eps, for the gradient
NEAR = 1.1  # tuned: the smallest D, then the shortest window, within this of the grid's best
GROUPS = 16  # fresh runs, averaged in as many groups
LONG = 12.0, 100.0  # steps of a run over n/p, at most: tuning (a longer one disqualifies its point), fresh
LEARNERS = ("clipped Adam + EMA", "beta-FTRL + EMA")
SIZES = 2.0 ** np.arange(-4.0, 6.0)  # D in units of the chain's width
RATES = 2.0 ** -np.arange(1.0, 6.0)  # 1 - beta: a window of two steps at least, or there is no average


def scaled(links: int, eps: float) -> HardChain:
    """F(x) = (L h^2/152) F_n(x/h), h = 304 eps/L, L = sqrt(lam eps), lam = 1: L-smooth, and ||grad F|| >= 2 eps while
    prog_1(x) < n, so that the stationarity is >= inf_s 2 eps - L sqrt(s) + lam s = 1.75 eps there."""
    smoothness = np.sqrt(eps)
    width = 2.0 * SMOOTHNESS * eps / smoothness
    return HardChain(links, float(smoothness * width**2 / SMOOTHNESS), float(width))


@dataclass(frozen=True)
class ScaledStationarity(Claim):
    """Scaled to (lam, eps), the hard chain keeps ||grad F(x)||^[lam] above 1.75 eps while prog_1(x) < n (ours, from the
    cited ||grad F_n|| >= 1 and L). Measured: the stationarity itself, certified from below, at random points with
    prog_1 < n and where a search makes the gradient least, for n = 1, 2, 3."""

    name: ClassVar[str] = "optimality_stationarity"
    label: ClassVar[str] = "Optimality (Corollary 12)"
    title: ClassVar[str] = "The hard instance"
    source: ClassVar[str] = "arXiv 2405.18199, Corollary 12; arXiv 1912.02365"

    points: int = setting(0)  # 0: an eighth of the preset's runs
    past: bool = False

    def __post_init__(self) -> None:
        if self.points < 0:
            raise ValueError(f"case.settings.points = {self.points}: must be >= 0")

    def accepts(self, problem: Problem) -> None:
        """The hard chain only."""
        super().accepts(problem)
        needs_a_chain(problem, self.name)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """A row for each n."""
        checks, curves = [], []
        for links in (1, 2, 3):
            chain = scaled(links, 1.0)
            x = self._hard(chain, context)
            ends = [measure_general(chain, point, 1.0, tolerance=1e-2) for point in x]
            lower, upper = np.array([float(e.lower) for e in ends]), np.array([float(e.upper) for e in ends])
            note = "certified" if all(end.certified for end in ends) else "not certified"
            quantity, ratio = "1.75 eps / stationarity before the end", STATED / np.maximum(lower, 1e-300)
            proven = STATED / np.maximum(upper, 1e-300)
            checks.append(
                Check("pathwise", "ours", quantity, f"n={links}", 1.0, ratio, lower_samples=proven, note=note)
            )
            order = np.argsort(upper)
            rank = np.arange(1.0, len(order) + 1.0)
            curves.append(Curve("measure", f"n={links}", "measured", rank, upper[order], lower[order], upper[order]))
        curves.append(Curve("measure", "ours: 1.75 eps", "bound", rank[[0, -1]], np.full(2, STATED)))
        panel = Panel("measure", "points, in order of their stationarity", "stationarity / eps", "linear", "log")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _hard(self, chain: HardChain, context: Context) -> Array:
        """Points with prog_1 < n, shape (points + 1, dim): random ones, and where a search makes the gradient least."""
        rng, dim = context.streams.generator(chain.dim, "points"), chain.dim
        points = self.points or context.effort.runs // 8
        if self.past:
            return chain.width * rng.uniform(1.5, 4.0, (points + 1, dim))
        x = rng.uniform(-3.0, 3.0, (20_000, dim)) * rng.choice([0.0, 0.3, 1.0], (20_000, dim), p=[0.1, 0.3, 0.6])
        x[:, -1] = np.clip(x[:, -1], -1.0, 1.0)

        def place(y: Array) -> Array:
            return chain.width * np.append(y[:-1], np.clip(y[-1], -1.0, 1.0))

        def size(y: Array) -> float:
            return float(np.linalg.norm(chain.grad(place(y))))

        starts = x[np.argsort(np.linalg.norm(chain.grad(chain.width * x), axis=1))[:8]]
        found: list[Any] = [optimize.minimize(size, start, method="Nelder-Mead") for start in starts]
        best = min(found, key=lambda result: float(result.fun))
        return np.concatenate([chain.width * x[:points], place(best.x)[None]])

    def controls(self) -> dict[str, tuple[str, Self]]:
        """What the bound does not hold for."""
        return {"past the end": ("points past the end of the chain", replace(self, past=True))}


@dataclass(frozen=True)
class ScaledRate(Claim):
    """Scaled to (lam, eps), with n ~ Delta lam^{1/2} eps^{-3/2} links and p ~ (eps/sigma)^2, the hard chain keeps every
    zero-respecting method above 1.75 eps for about n/(2p) ~ sigma^2 Delta lam^{1/2} eps^{-7/2} steps (with probability
    1-q for (n - log(1/q))/(2p); Delta and sigma stay below what is fixed, Delta within 12 % of one value). Measured,
    from above: the first t at which the average of ||grad F(xbar)|| over 1..t is <= 2 eps, for beta-FTRL and clipped
    Adam with EMA, D and beta tuned at the largest eps (of those as good, the smallest D, then the shortest window) and
    carried over in units of the chain's width; its slope in eps is near -7/2 (ours). So on this family the rate of
    Corollary 12 is bracketed, at tuned parameters."""

    name: ClassVar[str] = "optimality_rate"
    label: ClassVar[str] = "Optimality (Corollary 12)"
    title: ClassVar[str] = "The hard instance"
    source: ClassVar[str] = "arXiv 2405.18199, Corollary 12; arXiv 1912.02365"

    links: tuple[int, ...] = setting((6, 12, 24))
    chance: float = setting(0.5)
    shown: bool = False

    def __post_init__(self) -> None:
        if len(self.links) < 2 or not all(isinstance(n, int) and n >= 2 for n in self.links):
            raise ValueError(f"case.settings.links = {self.links}: two or more integers >= 2")
        if not 0 < self.chance <= 1:
            raise ValueError(f"case.settings.chance = {self.chance}: must lie in (0, 1]")

    def accepts(self, problem: Problem) -> None:
        """The hard chain only."""
        super().accepts(problem)
        needs_a_chain(problem, self.name)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One slope a learner."""
        eps = np.array([(self.links[0] / n) ** (2.0 / 3.0) for n in self.links])
        chances = self.chance * eps**2
        least = np.asarray(self.links) / chances
        checks, curves = [], [Curve("rate", "n/(2p): none is below 1.75 eps", "bound", eps, least / 2.0)]
        for name in LEARNERS:
            race = Race(name, problem, context, self.shown)
            rate, size = race.tuned(self.links[0], self.chance)
            times = np.array(
                [race.fresh(n, e, p, rate, size) for n, e, p in zip(self.links, eps, chances, strict=True)]
            )
            ratio = ", ".join(f"{r:.3g}" for r in times.mean(axis=1) / least)
            note = f"steps over n/p: {ratio}; D = {size:g} widths, 1-beta = {rate:g}"
            quantity = "slope of the steps to an average gradient of 2 eps"
            checks.append(Check("rate", "ours", quantity, name, -3.5, slope(eps, times), MARGIN, note=note))
            curves.append(Curve("rate", name, "measured", eps, times.mean(axis=1), times.min(1), times.max(1)))
        return Evidence(
            tuple(checks), tuple(curves), (Panel("rate", "eps (bounds of Delta and sigma fixed)", "steps"),)
        )

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Without its noise the chain is not the hard instance."""
        return {"p = 1": ("the oracle shows everything", replace(self, shown=True))}


@dataclass(frozen=True)
class Race:
    """Hitting times of one method on scaled chains. shown: the oracle shows everything."""

    name: str
    problem: Problem
    context: Context
    shown: bool

    def tuned(self, links: int, chance: float) -> tuple[float, float]:
        """(1 - beta, D in widths), at eps = 1. Raises ArithmeticError if they lie at an edge of the grid."""
        tuning = max(32, self.context.effort.runs // 2)  # fewer are too noisy to find a point inside the grid
        rate, size = (np.repeat(part.ravel(), tuning) for part in np.meshgrid(RATES, SIZES, indexing="ij"))
        hits = self._hits(links, 1.0, chance, rate, size, LONG[0], 0)
        grid = np.minimum(hits, 1e9).reshape(len(RATES), len(SIZES), tuning).mean(axis=-1)
        good = grid <= NEAR * grid.min()
        column = int(np.argmax(good.any(axis=0)))
        row = int(np.argmax(good[:, column]))
        if column in (0, len(SIZES) - 1) or row == len(RATES) - 1:
            raise ArithmeticError(f"{self.name}, n={links}: the best D and beta lie at the edge of the grid")
        return float(RATES[row]), float(SIZES[column])

    def fresh(self, links: int, eps: float, chance: float, rate: float, size: float) -> Array:
        """Of fresh runs, averaged in groups, shape (GROUPS,). Raises ArithmeticError if one is too slow."""
        one = np.ones(GROUPS * (5 * self.context.effort.runs // 4))
        hits = self._hits(links, eps, chance, rate * one, size * one, LONG[1], 10**6)
        if not np.isfinite(hits).all():
            raise ArithmeticError(f"{self.name}, n={links}: a fresh run did not reach 2 eps in time")
        return np.asarray(hits.reshape(GROUPS, -1).mean(axis=1))

    def _hits(
        self, links: int, eps: float, chance: float, rate: Array, size: Array, long: float, first_run: int
    ) -> Array:
        probability = 1.0 if self.shown else chance
        chain, method, beta = scaled(links, eps), METHODS[self.name], 1.0 - rate
        there = replace(self.problem, objective=chain, noise=Chain(probability))
        learner = method.make(size * chain.width, beta, there.scales.total)
        steps = np.full(len(rate), int(long * links / probability), np.int64)
        numbers, goal = first_run + np.arange(len(rate)), np.full(len(rate), TARGET * eps)
        setup = Setup(chain, there.noise, learner, steps, method.scaling, numbers=numbers)
        found = simulate(setup, [recipe(GradientHittingTime, beta=beta, target=goal)], self.context.streams)
        return found["hitting"]
