"""Tuning: a step size and a discount, found on a grid by one procedure for all claims.

1. Every point of the grid is run a few times, all points on the same random numbers (stream "tuning").
2. The cheapest points are run again, more often and on other random numbers (stream "finalists"), for the best of many
   noisy means looks better than it is; with them those near the least cost that rule 3 prefers.
3. Finalists within a stated factor of the best count as good as it. Of those the smallest step size is taken, then the
   smallest discount, that is, the shortest window.
4. What a claim reports comes from new runs at that point (stream "fresh").
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from experiments.words.algorithm import EXPONENTIAL
from experiments.words.problem import Effort, Problem
from foundation.arrays import Array, Float, Int, IntArray
from optimizers.base import Learner
from optimizers.scaling import Scaling
from simulation.batch_plans import Ask
from simulation.engine import Setup
from simulation.plan import Plan, Signals
from simulation.recording import Recipe

FINALISTS = 8  # the cheapest points that are run again, and at most as many that the rule prefers
GROUPS = 16  # fresh runs are averaged in as many groups where a slope is fitted to means


@dataclass(frozen=True)
class Trials:
    """What a search runs at once.

    size, beta: step size (or D) and discount of every run. numbers, stream: where its random numbers come from.
    """

    size: Float[Array, "runs"]
    beta: Float[Array, "runs"]
    numbers: Int[IntArray, "runs"]
    stream: str

    def plan(
        self, problem: Problem, learner: Learner, steps: int, probe: Recipe, scaling: Scaling = EXPONENTIAL
    ) -> Plan:
        """The plan of these runs with a learner made for them, T = steps for all."""
        horizon = np.full(len(self.size), steps, np.int64)
        setup = Setup(problem.objective, problem.noise, learner, horizon, scaling, numbers=self.numbers)
        return Plan(setup, (probe,), stream=self.stream)


Cost = Callable[[Trials], Generator[Ask, Signals, Float[Array, "runs"]]]  # what is to be small, >= 0; inf: it failed


@dataclass(frozen=True)
class Tuned:
    """The point that was chosen.

    edge: whether it lies at an edge of the grid (of the discounts only the largest is one: a window cannot be shorter
    than the smallest allows; a single size or discount has no edge), or no finalist has a finite cost. It is about the
    point that was chosen: a cost that goes on falling beyond the grid by less than the factor `near` is not noticed.
    coarse: mean cost of the tuning runs at this size, for every discount.
    """

    size: float
    beta: float
    edge: bool
    coarse: Float[Array, "betas"]

    def inside(self, name: str) -> Tuned:
        """Itself; ArithmeticError if it lies at an edge."""
        if self.edge:
            at = f"step size {self.size:g}, 1-beta = {1.0 - self.beta:g}"
            raise ArithmeticError(f"{name}: the best point, {at}, lies at an edge of the grid")
        return self

    def fresh(self, runs: int) -> Trials:
        """New runs at this point."""
        return fresh(self.size, self.beta, runs)


def fresh(size: float, beta: float, runs: int) -> Trials:
    """Runs at one point, on random numbers that no search has seen."""
    return Trials(np.full(runs, size), np.full(runs, beta), np.arange(runs), "fresh")


def tune(
    cost: Cost, sizes: Float[Array, "sizes"], betas: Float[Array, "betas"], near: float, effort: Effort
) -> Generator[Ask, Signals, Tuned]:
    """The point of least mean cost over the grid of ascending sizes and discounts, found as this file says.

    near: the factor within which a cost counts as good as the least one, >= 1. Raises ArithmeticError for a
    cost that is no number.
    """
    # in the order of preference: so the first of several points is the one to take
    size, beta = (part.ravel() for part in np.meshgrid(sizes, betas, indexing="ij"))

    def means(points: Int[IntArray, "points"], runs: int, stream: str) -> Generator[Ask, Signals, Array]:
        every, numbers = np.repeat(points, runs), np.tile(np.arange(runs), len(points))
        costs = yield from cost(Trials(size[every], beta[every], numbers, stream))
        if np.isnan(costs).any():
            raise ArithmeticError("a cost of the search is no number; a run that failed costs inf")
        return np.asarray(costs.reshape(len(points), runs).mean(axis=1))

    coarse = yield from means(np.arange(len(size)), effort.tuning_runs, "tuning")
    cheapest, preferred = np.argsort(coarse, kind="stable"), np.flatnonzero(coarse <= near * coarse.min())
    finalists = np.union1d(cheapest[:FINALISTS], preferred[:FINALISTS])
    final = yield from means(finalists, effort.runs, "finalists")
    best = int(finalists[np.argmax(final <= near * final.min())])
    row, column = divmod(best, len(betas))
    outer = (len(sizes) > 1 and row in (0, len(sizes) - 1)) or 0 < column == len(betas) - 1
    edge = outer or not np.isfinite(final.min())
    return Tuned(float(size[best]), float(beta[best]), bool(edge), coarse.reshape(len(sizes), len(betas))[row])


def arrived(times: Float[Array, "runs"], name: str) -> Float[Array, "runs"]:
    """The times at which fresh runs arrived; ArithmeticError if one did not."""
    if not np.isfinite(times).all():
        raise ArithmeticError(f"{name}: a fresh run did not arrive in time")
    return times


def group_means(values: Float[Array, "runs"]) -> Float[Array, "groups"]:
    """Means of GROUPS groups of consecutive runs, as equal in size as can be; GROUPS runs at least."""
    return np.array([group.mean() for group in np.array_split(values, GROUPS)])
