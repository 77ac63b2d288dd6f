"""The optimality remark of Corollary 12: the stochastic hard instance, and how fast any method gets through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import betainc

from experiments.algorithm import AlgorithmClaim
from experiments.base import Array, Claim, Context, Problem, setting, slope
from experiments.words.evidence import Check, Curve, Evidence, Panel
from objectives.chain import HardChain
from objectives.noise import Chain
from optimizers.base import Learner
from optimizers.methods import METHODS, Method
from optimizers.wrong import dithered
from simulation.engine import Setup, simulate
from simulation.progress import Progress
from simulation.recording import recipe

MARGIN = 0.2  # of an exponent, fixed beforehand: "near 1"
Q = 0.5  # the probability of the lower bound
NEAR = 1.25  # tuned: a mean traversal time within this of n/p
GROUPS = 16  # fresh runs, averaged in as many groups
LONG = 4.0  # n/p: a tuning run that takes longer than this disqualifies its point of the grid


def needs_a_chain(problem: Problem, name: str) -> None:
    """Raises ValueError for other problems."""
    if not isinstance(problem.objective, HardChain) or not isinstance(problem.noise, Chain):
        raise ValueError(f"problem = {problem.name}: {name} needs objective: hard_chain with noise: chain")


def race(
    problem: Problem,
    method: Method,
    rate: Array,
    beta: Array,
    steps: int,
    context: Context,
    first_run: int = 0,
    throughout: bool = False,
    stops: bool = False,
) -> dict[str, Array]:
    """What `Progress` finds for runs with these step sizes and discounts, both of shape (runs,)."""
    learner = method.make(rate, beta, problem.scales.total)
    horizon = np.full(len(rate), steps, np.int64)
    numbers = first_run + np.arange(len(rate))
    setup = Setup(problem.objective, problem.noise, learner, horizon, method.scaling, numbers=numbers)
    return simulate(setup, [recipe(Progress, throughout=throughout, stops=stops)], context.streams)


@dataclass(frozen=True)
class ChainProgress(Claim):
    """On the hard chain of n links, whose oracle shows the next link with probability p only, every zero-respecting
    method has prog < n for all t <= (n - log(1/q))/(2p) with probability 1-q, and ||grad F|| >= 1 while prog_1 < n
    (stated, arXiv 1912.02365, Lemmas 1 and 2). Ours, run by run: prog_0(x_t) = n needs n successes of the oracle before
    t. Measured for every method of the project (all are zero-respecting), with steps so large that most need one
    success a link: the share of runs that have arrived at the stated time for q = 1/2; 1 + the time of the n-th success
    over the time of arrival; the largest 1/||grad F|| before the end."""

    name: ClassVar[str] = "optimality_progress"
    label: ClassVar[str] = "Optimality (Corollary 12)"
    title: ClassVar[str] = "The hard instance"
    source: ClassVar[str] = "arXiv 2405.18199, Corollary 12; arXiv 1912.02365"

    runs: int = setting(0)  # 0: four times the preset's
    revealed: bool = False
    dither: bool = False
    past: bool = False

    def accepts(self, problem: Problem) -> None:
        """The hard chain only."""
        super().accepts(problem)
        needs_a_chain(problem, self.name)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Two rows a method, and one of the gradient."""
        dim, p = problem.objective.dim, problem.noise.probability
        stated, steps = int((dim - np.log(1.0 / Q)) / (2.0 * p)), int(4 * dim / p)
        runs = self.runs or 4 * context.effort.runs
        needed = 1.0 + self._successes(problem, context, runs, steps)
        if self.revealed:
            problem = replace(problem, noise=Chain(1.0))
        checks, curves, steepest = [], [], np.zeros(runs)
        times = np.arange(1, steps + 1)
        for name, method in METHODS.items():
            made = replace(method, make=_with_dither(method)) if self.dither else method
            rate, beta = np.full(runs, 1.5 * problem.objective.width), np.full(runs, 0.5)
            found = race(problem, made, rate, beta, steps, context, throughout=self.past)
            there = (found["arrival"] <= stated).astype(float)
            checks.append(Check("expected", "stated", "share arrived", f"{name}, t={stated}", Q, there))
            share = np.minimum(needed, 1e300) / found["arrival"]
            checks.append(Check("pathwise", "ours", "n-th success / arrival", name, 1.0, share))
            steepest = np.maximum(steepest, found["slope.max"])
            if name in ("clipped Adam + EMA", "SGD", "sign momentum"):
                line = (found["arrival"][:, None] <= times).mean(axis=0)
                curves.append(Curve("arrival", name, "measured", times, line))
        checks.append(Check("pathwise", "stated", "largest 1 / |grad F| before the end", "all methods", 1.0, steepest))
        exact = np.where(times > dim, betainc(dim, np.maximum(times - dim, 1), p), 0.0)  # P(Bin(t-1, p) >= n)
        curves.append(Curve("arrival", "ours: P(Bin(t-1, p) >= n)", "bound", times, exact))
        panel = Panel("arrival", "t", "share of runs with prog = n", "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _successes(self, problem: Problem, context: Context, runs: int, steps: int) -> Array:
        """The time of each run's n-th success, shape (runs,), from the simulation's own streams; inf if later."""
        found = np.full(runs, np.inf)
        for run in range(runs):
            raw = np.empty((steps, 1))
            problem.noise.fill(context.streams.generator(run, "noise"), raw)
            hits = np.flatnonzero(raw[:, 0])
            if len(hits) >= problem.objective.dim:
                found[run] = hits[problem.objective.dim - 1] + 1.0
        return found

    def controls(self) -> dict[str, tuple[str, Self]]:
        """What breaks the chain."""
        return {
            "p = 1": ("the oracle shows everything", replace(self, revealed=True)),
            "past the end": ("the gradient after the end, too", replace(self, past=True)),
            "dither": ("not zero-respecting: a tiny push in every coordinate", replace(self, dither=True)),
        }


def _with_dither(method: Method) -> Any:
    def make(rate: Array, beta: Array, scale: float) -> Learner:
        return dithered(method.make(rate, beta, scale))

    return make


@dataclass(frozen=True)
class Traversal(AlgorithmClaim):
    """The lower bound is n/(2p) up to a constant, linear in n and in 1/p. Measured: the mean time at which prog_1 = n
    for beta-FTRL and clipped Adam, D and beta tuned over a grid at every (n, p) (the smallest D, then the shortest
    window, within 25 % of n/p, the least possible mean; not at an edge), and its slopes in n and 1/p: near 1 (ours), so
    that on this family they need the lower bound's order."""

    name: ClassVar[str] = "optimality_traversal"
    label: ClassVar[str] = "Optimality (Corollary 12)"
    title: ClassVar[str] = "The hard instance"
    source: ClassVar[str] = "arXiv 2405.18199, Corollary 12; arXiv 1912.02365"

    links: tuple[int, ...] = setting((4, 8, 16))
    chances: tuple[float, ...] = setting((0.25, 0.125, 0.0625))

    def __post_init__(self) -> None:
        if len(self.links) < 2 or not all(isinstance(n, int) and n >= 2 for n in self.links):
            raise ValueError(f"case.settings.links = {self.links}: two or more integers >= 2")
        if len(self.chances) < 2 or not all(0 < p <= 1 for p in self.chances):
            raise ValueError(f"case.settings.chances = {self.chances}: two or more in (0, 1]")

    def accepts(self, problem: Problem) -> None:
        """The hard chain only."""
        super().accepts(problem)
        needs_a_chain(problem, self.name)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Two slopes a learner."""
        checks, curves = [], []
        sweeps = {
            "n": [(float(n), n, self.chances[0]) for n in self.links],
            "1/p": [(1.0 / p, self.links[0], p) for p in self.chances],
        }
        for name in ("clipped Adam + EMA", "beta-FTRL + EMA"):
            for axis, points in sweeps.items():
                times = np.array([self._times(problem, name, n, p, context) for _, n, p in points])
                value = np.array([v for v, _, _ in points])
                floor = np.array([n / p for _, n, p in points])
                ratio = ", ".join(f"{r:.3g}" for r in times.mean(axis=1) / floor)
                note = f"mean traversal time over n/p: {ratio}"
                quantity, where = "slope of the traversal time", f"{name}, in {axis}"
                checks.append(Check("rate", "ours", quantity, where, 1.0, slope(value, times), MARGIN, note=note))
                panel = f"traversal {axis}"
                curves.append(Curve(panel, name, "measured", value, times.mean(axis=1)))
        for axis, points in sweeps.items():
            value, floor = np.array([v for v, _, _ in points]), np.array([n / (2.0 * p) for _, n, p in points])
            curves.append(Curve(f"traversal {axis}", "n/(2p)", "bound", value, floor))
        panels = tuple(Panel(f"traversal {axis}", axis, "steps until prog_1 = n") for axis in sweeps)
        return Evidence(tuple(checks), tuple(curves), panels)

    def _times(self, problem: Problem, name: str, links: int, chance: float, context: Context) -> Array:
        return traversal_times(name, links, chance, problem, context)

    def controls(self) -> dict[str, tuple[str, Self]]:
        """A chain that is not one."""
        twin: Any = _Constant(links=self.links, chances=self.chances)
        return {"constant": ("neither n nor p is swept", twin)}


@cache
def traversal_times(name: str, links: int, chance: float, problem: Problem, context: Context) -> Array:
    """Traversal times of fresh runs at the best point of the grid, averaged in groups, shape (GROUPS,)."""
    there = replace(problem, objective=replace(problem.objective, dim=links), noise=Chain(chance))
    rates, sizes = 2.0 ** -np.arange(0.0, 9.0), problem.objective.width * 2.0 ** np.arange(-6.0, 8.0)
    tuning, group = context.effort.runs // 4, context.effort.runs
    rate, size = (np.repeat(part.ravel(), tuning) for part in np.meshgrid(rates, sizes, indexing="ij"))
    method = METHODS[name]
    horizon = int(LONG * links / chance)
    found = race(there, method, size, 1.0 - rate, horizon, context, stops=True)["traversal"]
    grid = found.reshape(len(rates), len(sizes), tuning).mean(axis=-1)
    # larger steps cost nothing: the smallest D, then the shortest window, that come near the least possible mean
    good = grid <= NEAR * links / chance
    column = int(np.argmax(good.any(axis=0)))
    row = int(np.argmax(good[:, column]))
    if not good[row, column] or column in (0, len(sizes) - 1) or row == len(rates) - 1:
        raise ArithmeticError(f"{name}, n={links}, p={chance:g}: no point inside the grid comes near n/p")
    one = np.ones(GROUPS * group)
    best = sizes[column] * one, (1.0 - rates[row]) * one
    times = race(there, method, *best, 5 * horizon, context, first_run=10**6, stops=True)["traversal"]
    if not np.isfinite(times).all():
        raise ArithmeticError(f"{name}, n={links}, p={chance:g}: a fresh run did not get through")
    return times.reshape(GROUPS, group).mean(axis=1)


@dataclass(frozen=True)
class _Constant(Traversal):
    """What is swept does not change."""

    def _times(self, problem: Problem, name: str, links: int, chance: float, context: Context) -> Array:
        return super()._times(problem, name, self.links[0], self.chances[0], context)
