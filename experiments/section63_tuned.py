"""Section 6.3, the other side: the gain of coordinate-wise adaptivity when both learners are tuned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.algorithm import AlgorithmClaim
from experiments.base import Array, Context, Problem
from experiments.corollary19_gain import hitting_times, own_parameters
from experiments.evidence import Check, Curve, Evidence, Panel
from theory.complexity import coordinate_gain

RATES = 2.0 ** -np.arange(0.0, 12.0)  # 1 - beta
REACHES = 2.0 ** np.arange(-4.0, 8.0)  # D sqrt(d)/(1-beta) for clipped Adam, D/(1-beta) for beta-FTRL
TUNING, FRESH = 8, 32  # runs for each point of the grid, and runs of the best on fresh streams
HORIZON = 3000


@dataclass(frozen=True)
class TunedGain(AlgorithmClaim):
    """Section 6.3 compares two upper bounds, each at its own parameters. Here both learners are tuned, D and beta over
    a stated grid whose best point is not at an edge (beta = 0, the end of its range, excepted), for the first t at
    which the average of the L1 certificate over 1..t is <= 2 eps. Measured on fresh runs: the hitting time of beta-
    FTRL over the mean one of clipped Adam; it stays below d (||G+sigma||_2/||G+sigma||_1)^2, the gain of the bounds
    (ours; nothing is claimed for tuned parameters by the paper)."""

    name: ClassVar[str] = "section63_tuned"
    label: ClassVar[str] = "Section 6.3"
    title: ClassVar[str] = "Coordinate-wise adaptivity, both learners tuned"

    tuned: bool = True

    def accepts(self, problem: Problem) -> None:
        """Several coordinates."""
        super().accepts(problem)
        if problem.scales.dim < 2:
            raise ValueError(f"problem = {problem.name}: {self.name} needs at least two coordinates")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row, and the hitting time against beta at the best D."""
        scales = problem.scales
        stated = float(coordinate_gain(scales.coordinate_lipschitz + scales.coordinate_sigma))
        times, curves, notes = [], [], []
        for coordinatewise, name in ((False, "beta-FTRL"), (True, "clipped Adam")):
            grid = self._grid(problem, coordinatewise, context)
            row, column = np.unravel_index(np.argmin(grid), grid.shape)
            best = RATES[row], REACHES[column]
            if row == len(RATES) - 1 or column in (0, len(REACHES) - 1) or not np.isfinite(grid[row, column]):
                raise ArithmeticError(f"{name}: the best point 1-beta={best[0]:g}, reach={best[1]:g} is at the edge")
            beta, radius = 1.0 - best[0], best[0] * best[1] / (np.sqrt(scales.dim) if coordinatewise else 1.0)
            horizon = 20 * HORIZON
            if not (self.tuned or coordinatewise):
                beta, radius = own_parameters(scales, coordinatewise)
                horizon = int(12.0 / (1.0 - beta))
            betas, radii = np.full(FRESH, beta), np.full(FRESH, radius)
            learner = self.learner(radii, betas, coordinatewise)
            times.append(hitting_times(problem, learner, betas, horizon, context, first_run=10**6))
            notes.append(f"{name}: {times[-1].mean():.4g} steps at 1-beta={1.0 - beta:.3g}, D={radius:.3g}")
            line = np.where(np.isfinite(grid[:, column]), grid[:, column], np.nan)
            curves.append(Curve("tuning", f"{name}, D/(1-beta) fixed", "measured", RATES, line))
        if not np.isfinite(times).all():
            raise ArithmeticError(f"a fresh run did not arrive: {'; '.join(notes)}")
        gain = times[0] / times[1].mean()
        check = Check("expected", "ours", "gain, both tuned", f"d={scales.dim}", stated, gain, note="; ".join(notes))
        return Evidence((check,), tuple(curves), (Panel("tuning", "1 - beta", "steps to 2 eps"),))

    def _grid(self, problem: Problem, coordinatewise: bool, context: Context) -> Array:
        """Mean hitting times, shape (rates, reaches)."""
        rate, reach = (np.repeat(part.ravel(), TUNING) for part in np.meshgrid(RATES, REACHES, indexing="ij"))
        radius = rate * reach / (np.sqrt(problem.scales.dim) if coordinatewise else 1.0)
        learner = self.learner(radius, 1.0 - rate, coordinatewise)
        found = hitting_times(problem, learner, 1.0 - rate, HORIZON, context)
        return found.reshape(len(RATES), len(REACHES), TUNING).mean(axis=-1)

    def controls(self) -> dict[str, tuple[str, Self]]:
        """An unfair comparison."""
        return {"one tuned": ("beta-FTRL keeps its theorem's parameters", replace(self, tuned=False))}
