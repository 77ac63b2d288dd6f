"""The optimality remark of Corollary 12: the stochastic hard instance, and how fast any method gets through it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
from scipy.special import betainc

from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import log_slope
from experiments.words.problem import Context, Problem
from experiments.words.search import Trials, arrived, group_means, tune
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.chain import HardChain
from objectives.noise import Chain
from optimizers.base import Learner
from optimizers.methods import METHODS, Method
from optimizers.wrong import dithered
from simulation.batch_plans import Ask
from simulation.engine import Setup
from simulation.plan import Plan, Signals
from simulation.progress import Progress
from simulation.recording import recipe

MARGIN = 0.2  # of an exponent, fixed beforehand: "near 1"
Q = 0.5  # the probability of the lower bound
LEARNERS = ("clipped Adam + EMA", "beta-FTRL + EMA")
SIZES = 2.0 ** np.arange(-6.0, 8.0)  # D in units of the chain's width
BETAS = 1.0 - 2.0 ** -np.arange(0.0, 9.0)
NEAR = 1.25  # tuned: within this of the best, the smallest D, then the shortest window
LONG = 4, 20  # n/p: a tuning run that takes longer disqualifies its point of the grid; a fresh one must not


def hard_instance(problem: Problem, name: str) -> tuple[HardChain, Chain]:
    """The chain and its oracle; ValueError for other problems."""
    if isinstance(problem.objective, HardChain) and isinstance(problem.noise, Chain):
        return problem.objective, problem.noise
    raise ValueError(f"problem = {problem.name}: {name} needs objective: hard_chain with noise: chain")


@dataclass(frozen=True)
class ChainProgress(Claim):
    r"""stated, arXiv 1912.02365, Lemmas 1 and 2: Let $\mathrm{prog}_a(x)$ be the last $i$ with $|x_i| > a$. On the hard
    chain of $n$ links, whose oracle shows the next link with probability $p$ only, a zero-respecting method has, with
    probability $1-q$, $\mathrm{prog}_0(x_t) < n$ for all $t \leq (n - \log(1/q))/(2p)$; and $\|\nabla F(x)\| \geq 1$
    while $\mathrm{prog}_1(x) < n$.

    ours, run by run: $\mathrm{prog}_0(x_t) = n$ needs $n$ successes of the oracle before $t$.

    Measured: for every method of the project (all are zero-respecting), with steps so large that most need one success
    a link, the share of runs that have arrived, $\mathrm{prog}_0 = n$, at the stated time for $q = 1/2$; 1 + the time
    of the $n$-th success, over the time of arrival; the largest $1/\|\nabla F\|$ while $\mathrm{prog}_1 < n$.
    """

    name: ClassVar[str] = "optimality_progress"
    label: ClassVar[str] = "Optimality (Corollary 12)"
    title: ClassVar[str] = "Progress of every method on the hard chain"
    source: ClassVar[str] = "arXiv 2405.18199, Corollary 12; arXiv 1912.02365"

    runs: int | None = setting(None, "[1, 1e6]")  # the preset's if null
    revealed: bool = False
    dither: bool = False
    oftener: bool = False  # whether the oracle shows the next link with probability 2p
    past: bool = False

    def accepts(self, problem: Problem) -> None:
        """The hard chain only."""
        super().accepts(problem)
        hard_instance(problem, self.name)

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """Two rows a method, and one of the gradient."""
        chain, noise = hard_instance(problem, self.name)
        dim, p = chain.dim, noise.probability
        stated, steps = int((dim - np.log(1.0 / Q)) / (2.0 * p)), int(4 * dim / p)
        runs = self.runs or context.effort.many_runs
        needed = 1.0 + successes(noise, dim, steps, runs, context)
        if self.revealed:
            problem = replace(problem, noise=Chain(1.0))
        if self.oftener:
            problem = replace(problem, noise=Chain(2.0 * p))
        checks, curves, steepest = [], [], np.zeros(runs)
        times = np.arange(1, steps + 1)
        for name, method in METHODS.items():
            made = replace(method, make=_with_dither(method.make)) if self.dither else method
            found = yield large_steps(problem, made, 1.5 * chain.width, runs, steps, self.past)
            there = (found["arrival"] <= stated).astype(float)
            checks.append(
                Check("expected", "stated", "share arrived", f"{name}, t={stated}", Q, there, support=(0.0, 1.0))
            )
            share = np.minimum(needed, 1e300) / found["arrival"]
            checks.append(Check("pathwise", "ours", "n-th success / arrival", name, 1.0, share))
            steepest = np.maximum(steepest, found["inverse_slope.max"])
            if name in ("clipped Adam + EMA", "SGD", "sign momentum"):
                line = (found["arrival"][:, None] <= times).mean(axis=0)
                curves.append(Curve("arrival", name, "measured", times, line))
        checks.append(Check("pathwise", "stated", "largest 1 / |grad F| before the end", "all methods", 1.0, steepest))
        exact = np.where(times > dim, betainc(dim, np.maximum(times - dim, 1), p), 0.0)  # P(Bin(t-1, p) >= n)
        curves.append(Curve("arrival", r"ours $P(\mathrm{Bin}(t-1, p) \geq n)$", "bound", times, exact, form="ours"))
        panel = Panel("arrival", "$t$", r"share of runs with $\mathrm{prog}_0 = n$", "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def controls(self) -> dict[str, Twin]:
        """What breaks the chain."""
        return {
            "2p": self.near("the oracle shows the next link with probability 2p", oftener=True),
            "p = 1": self.twin("the oracle shows everything", revealed=True),
            "past the end": self.twin("the gradient after the end, too", past=True),
            "dither": self.twin("not zero-respecting: a tiny push in every coordinate", dither=True),
        }


def large_steps(problem: Problem, method: Method, size: float, runs: int, steps: int, throughout: bool) -> Plan:
    """A method with this step size and beta = 1/2. throughout: the gradient after the end, too."""
    learner = method.make(np.full(runs, size), np.full(runs, 0.5), problem.scales.total)
    setup = Setup(problem.objective, problem.noise, learner, np.full(runs, steps, np.int64), method.scaling)
    return Plan(setup, (recipe(Progress, throughout=throughout),))


def successes(noise: Chain, links: int, steps: int, runs: int, context: Context) -> Float[Array, "runs"]:
    """The time of each run's n-th success, from the simulation's own streams; inf if after `steps`."""
    found = np.full(runs, np.inf)
    for run in range(runs):
        raw = np.empty((steps, 1))
        noise.fill(context.streams.generator(run, "noise"), raw)
        hits = np.flatnonzero(raw[:, 0])
        if len(hits) >= links:
            found[run] = hits[links - 1] + 1.0
    return found


def _with_dither(make: Callable[[Array, Array, float], Learner]) -> Callable[[Array, Array, float], Learner]:
    return lambda step_size, beta, scale: dithered(make(step_size, beta, scale))


@dataclass(frozen=True)
class Traversal(Claim):
    r"""ours: Tuned at every $(n, p)$, $\beta$-FTRL and clipped Adam with EMA pass the hard chain in a time near linear
    in $n$ and in $1/p$, the order of the lower bound $n/(2p)$.

    Measured: the mean time at which $\mathrm{prog}_1 = n$, $D$ and $\beta$ tuned over a grid at every $(n, p)$ (the
    smallest $D$, then the shortest window, within 25 % of the least mean; not at an edge), and its slopes in $n$ and in
    $1/p$.
    """

    name: ClassVar[str] = "optimality_traversal"
    label: ClassVar[str] = "Optimality (Corollary 12)"
    title: ClassVar[str] = "Time of tuned learners to the end of the hard chain, in n and 1/p"
    source: ClassVar[str] = "arXiv 2405.18199, Corollary 12; arXiv 1912.02365"

    links: tuple[int, ...] = setting((4, 8, 16), "[2, 1e5]", least=2)
    chances: tuple[float, ...] = setting((0.25, 0.125, 0.0625), "[1e-6, 1]", least=2)
    swept: bool = True
    off: float = 0.0  # of the exponent

    def accepts(self, problem: Problem) -> None:
        """The hard chain only."""
        super().accepts(problem)
        hard_instance(problem, self.name)

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """Two slopes a learner."""
        sweeps = {
            "n": [(float(n), n, self.chances[0]) for n in self.links],
            "1/p": [(1.0 / p, self.links[0], p) for p in self.chances],
        }
        checks, curves = [], []
        for name in LEARNERS:
            for axis, points in sweeps.items():
                times = []
                for _, n, p in points:
                    at = (n, p) if self.swept else (self.links[0], self.chances[0])
                    times.append((yield from tuned_times(problem, name, *at, context)))
                value, floor = np.array([v for v, _, _ in points]), np.array([n / p for _, n, p in points])
                means, slopes = np.mean(times, axis=1), log_slope(value, np.array(times))
                note = "mean traversal time over n/p: " + ", ".join(f"{r:.3g}" for r in means / floor)
                quantity, where = "slope of the traversal time", f"{name}, in {axis}"
                checks.append(Check("rate", "ours", quantity, where, 1.0 + self.off, slopes, MARGIN, note=note))
                curves.append(Curve(f"traversal {axis}", name, "measured", value, means))
        for axis, points in sweeps.items():
            value, floor = np.array([v for v, _, _ in points]), np.array([n / (2.0 * p) for _, n, p in points])
            curves.append(Curve(f"traversal {axis}", "stated $n/(2p)$", "bound", value, floor, form="stated"))
        label, slope = r"steps until $\mathrm{prog}_1 = n$", 1.0 + self.off
        panels = tuple(Panel(f"traversal {x}", f"${x}$", label, kind="rates", slope=slope) for x in sweeps)
        return Evidence(tuple(checks), tuple(curves), panels)

    def controls(self) -> dict[str, Twin]:
        """A chain that is not one, and other exponents."""
        return {
            "constant": self.twin("neither n nor p is swept", swept=False),
            "exponent + 1/2": self.near("an exponent that is larger by 1/2", off=0.5),
            "exponent - 1/2": self.near("an exponent that is smaller by 1/2", off=-0.5),
        }


def tuned_times(
    problem: Problem, name: str, links: int, chance: float, context: Context
) -> Generator[Ask, Signals, Float[Array, "groups"]]:
    """Traversal times of fresh runs of a tuned method on a chain of n links, means of groups."""
    chain, _ = hard_instance(problem, Traversal.name)
    there, method = replace(problem, objective=replace(chain, dim=links), noise=Chain(chance)), METHODS[name]
    tuning, long = (int(most * links / chance) for most in LONG)
    where = f"{name}, n={links}, p={chance:g}"
    cost = partial(traversal_times, there, method, tuning)
    best = (yield from tune(cost, SIZES * chain.width, BETAS, NEAR, context.effort)).inside(where)
    times = yield from traversal_times(there, method, long, best.fresh(context.effort.fresh_runs))
    return group_means(arrived(times, where))


def traversal_times(
    problem: Problem, method: Method, steps: int, trials: Trials
) -> Generator[Ask, Signals, Float[Array, "runs"]]:
    """The first t with prog_1(x_t) = n, inf if after `steps`."""
    learner = method.make(trials.size, trials.beta, problem.scales.total)
    signals = yield trials.plan(problem, learner, steps, recipe(Progress, stops=True), method.scaling)
    return signals["traversal"]
