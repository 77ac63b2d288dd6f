"""Claims about Algorithm 1: learner x step scaling x average, run on an objective with noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.base import Array, Claim, Context, Problem, setting, thin
from experiments.words.claim import Measurement
from experiments.words.evidence import Evidence
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from optimizers.scaling import Exponential, Scaling
from simulation.engine import Setup
from simulation.plan import Plan
from simulation.recording import Recipe


@dataclass(frozen=True)
class AlgorithmClaim(Claim):
    """Ingredients of Algorithm 1.

    coordinatewise: clipped Adam (True) or beta-FTRL on the L2 ball (False).
    """

    learner: Maker = paper_learner
    scaling: Scaling = field(default_factory=Exponential)
    coordinatewise: bool = False

    @property
    def norm(self) -> Any:
        """The norm of the stationarity measure that goes with the learner."""
        return "l1" if self.coordinatewise else "l2"


@dataclass(frozen=True)
class SimulatedClaim(AlgorithmClaim):
    """A claim about one simulation: `plan` says what is run, `conclude` what was found.

    Claim and controls run together where they differ by the learner's numbers or by the average only.
    """

    def plan(self, problem: Problem, context: Context) -> Plan:
        """What is run and measured."""
        raise TypeError(f"{type(self).__name__} does not say what is run")

    def conclude(self, problem: Problem, context: Context, found: dict[str, Array]) -> Evidence:
        """Evidence from the signals of the plan's simulation."""
        raise TypeError(f"{type(self).__name__} does not say what was found")

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """This claim alone."""
        found = yield self.plan(problem, context)
        return self.conclude(problem, context, found)

    def planned(
        self,
        problem: Problem,
        beta: Array,
        radius: Array,
        steps: NDArray[np.int64],
        *probes: Recipe,
        noise_level: Array | None = None,
    ) -> Plan:
        """Algorithm 1 with per-run parameters, shape (runs,), and curves on a logarithmic grid of times."""
        learner = self.learner(radius, beta, self.coordinatewise)
        setup = Setup(problem.objective, problem.noise, learner, steps, self.scaling, noise_level)
        return Plan(setup, probes, thin(int(steps.max())))


@dataclass(frozen=True)
class FreeClaim(SimulatedClaim):
    """A claim for any beta, D and T: beta from a list, D a share of the problem's scale, T (1-beta) from the preset.

    reach: D/(1-beta) in units of Delta/||G||, so that a run crosses the problem's features. windows:
    T (1-beta); runs: independent runs a beta; 0 for the preset's.
    """

    betas: tuple[float, ...] = setting((0.9, 0.99), "(0, 1]")
    reach: float = setting(0.5)
    windows: int = setting(0, "[0, inf)")
    runs: int = setting(0, "[0, inf)")

    def __post_init__(self) -> None:
        if not self.betas or not all(0 < beta < 1 for beta in self.betas):
            raise ValueError(f"case.settings.betas = {self.betas}: each must lie in (0, 1)")
        if not 0 < self.reach < np.inf:
            raise ValueError(f"case.settings.reach = {self.reach}: must be finite and > 0")
        if self.windows < 0 or self.runs < 0:
            raise ValueError(f"case.settings: windows = {self.windows}, runs = {self.runs}: must be >= 0")

    def parameters(self, problem: Problem, context: Context) -> tuple[Array, Array, NDArray[np.int64]]:
        """(beta, D, T), each of shape (betas * runs,): the runs of one beta are consecutive."""
        beta = np.repeat(np.asarray(self.betas, float), self.runs or context.effort.runs)
        scales = problem.scales
        size = scales.gap / scales.lipschitz / (np.sqrt(scales.dim) if self.coordinatewise else 1.0)
        windows = self.windows or context.effort.windows
        return beta, (1.0 - beta) * self.reach * size, np.ceil(windows / (1.0 - beta) - 1e-9).astype(np.int64)

    def groups(self, context: Context) -> list[tuple[str, slice]]:
        """(setting, the slice of its runs)."""
        runs = self.runs or context.effort.runs
        return [(f"beta={beta:g}", slice(i * runs, (i + 1) * runs)) for i, beta in enumerate(self.betas)]
