"""Algorithm 1 as claims ask for it: what is run, and the claims that hold for any beta, D and T."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.words.claim import Claim
from experiments.words.grid import Grid
from experiments.words.numbers import log_grid
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float, Int, IntArray
from foundation.settings import setting
from optimizers.base import Learner, Maker
from optimizers.ftrl import paper_learner
from optimizers.scaling import Exponential, Scaling
from simulation.engine import Setup
from simulation.plan import Plan
from simulation.recording import Recipe

EXPONENTIAL = Exponential()


def algorithm1(
    problem: Problem,
    learner: Learner,
    steps: Int[IntArray, "runs"],
    *probes: Recipe,
    scaling: Scaling = EXPONENTIAL,
    noise_level: Float[Array, "runs"] | None = None,
) -> Plan:
    """Algorithm 1 of arXiv 2405.18199 with this learner: a plan to be run, with curves on a logarithmic grid of times.

    steps: T of every run. noise_level: multiplies the noise of a run.
    """
    setup = Setup(problem.objective, problem.noise, learner, steps, scaling, noise_level)
    return Plan(setup, probes, log_grid(int(steps.max())))


@dataclass(frozen=True)
class Free:
    """A choice of beta, D and T."""

    beta: float
    radius: float
    steps: int

    def __str__(self) -> str:
        return f"beta={self.beta:g}"


@dataclass(frozen=True)
class FreeClaim(Claim):
    """A claim for any beta, D and T: beta from a list, D a share of the problem's scale, T (1-beta) from the preset.

    reach: D/(1-beta) in units of Delta/||G||, so that a run crosses the problem's features. windows: T (1-beta), and
    runs: independent runs a beta; the preset's if null. coordinatewise: clipped Adam, else beta-FTRL on the L2 ball.
    """

    betas: tuple[float, ...] = setting((0.9, 0.99), "(0, 1)")
    reach: float = setting(0.5, "(0, 1e6]")
    windows: int | None = setting(None, "[1, 1e9]")
    runs: int | None = setting(None, "[8, 1e6]")
    coordinatewise: bool = False
    learner: Maker = paper_learner
    scaling: Scaling = EXPONENTIAL

    def radius(self, problem: Problem, beta: float) -> float:
        """D, so that D/(1-beta) is `reach` Delta/||G||, over sqrt(d) if coordinatewise."""
        scales = problem.scales
        size = scales.gap / scales.lipschitz / (np.sqrt(scales.dim) if self.coordinatewise else 1.0)
        return float((1.0 - beta) * self.reach * size)

    def grid(self, problem: Problem, context: Context) -> Grid[Free]:
        """One setting for each beta."""
        windows, runs = self.windows or context.effort.windows, self.runs or context.effort.runs
        steps = [int(np.ceil(windows / (1.0 - beta) - 1e-9)) for beta in self.betas]
        choices = (Free(b, self.radius(problem, b), t) for b, t in zip(self.betas, steps, strict=True))
        return Grid(tuple(choices), runs)
