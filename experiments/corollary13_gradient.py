"""Corollary 13, its end: on smooth objectives Theorem 11 gives small gradients at the model average."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from experiments.theorem11_stationarity import Theorem11
from experiments.words.along_runs import AtGuess
from experiments.words.evidence import Check, Curve, Form, Panel
from experiments.words.grid import Grid
from experiments.words.problem import Problem
from foundation.arrays import Int, IntArray
from foundation.settings import setting
from simulation.plan import Signals
from theory import adam_ema, sharpened


@dataclass(frozen=True)
class Corollary13Gradient(Theorem11):
    r"""ours, from Theorem 11 to gradients: For any law of $y$ with mean $x$ and spread $s$, $\|\nabla F(x)\| \leq
    \|\mathbb{E} \nabla F(y)\| + L \sqrt{s}$ on an $L$-smooth $F$, and $\leq \|\mathbb{E} \nabla F(y)\| + (H/2) s$ where
    the Hessian is $H$-Lipschitz. So $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\nabla F(\bar{x}_t)\|$ is at most our bound of
    Theorem 11 plus $L^2/(4 \lambda) = \varepsilon/4$ at $\lambda = L^2/\varepsilon$, and at most our bound at $\lambda
    = H/2$.

    Measured: $\|\nabla F(\bar{x}_t)\|/\varepsilon$ at the theorem's parameters, averaged over sampled $t$.
    """

    name: ClassVar[str] = "corollary13_gradient"
    label: ClassVar[str] = "Corollary 13"
    title: ClassVar[str] = "The gradient at the model EMA of smooth objectives"
    statements = (adam_ema.theorem11_parameters, sharpened.theorem11_bound)
    end_to_end: ClassVar[bool] = False

    lam: float = field(default=np.nan, init=False)  # not a setting here: it follows from the problem, see `weight`
    assumption: Literal["smooth", "hessian"] = setting("smooth")

    def accepts(self, problem: Problem) -> None:
        """A finite L or H."""
        super().accepts(problem)
        what = "L" if self.assumption == "smooth" else "H"
        self.require(np.isfinite(self.weight(problem)), problem, f"a finite {what}")

    def weight(self, problem: Problem) -> float:
        """L^2/eps or H/2."""
        constants = problem.objective.constants
        return constants.smoothness**2 / self.eps if self.assumption == "smooth" else constants.hessian_lipschitz / 2.0

    def start(self, problem: Problem) -> float:
        """The gradient over eps at the start."""
        return float(np.linalg.norm(problem.objective.grad(problem.objective.start))) / self.eps

    def checks(self, at: AtGuess, mine: Signals, start: float | None) -> list[Check]:
        """One row: the gradient."""
        name = "lam = L^2/eps" if self.assumption == "smooth" else "lam = H/2"
        quantity, where = "||grad F(xbar)||/eps", f"{at}, {name}"
        return [Check("expected", "ours", quantity, where, self.bounds(at)["ours"], mine["gradient"], start=start)]

    def bounds(self, at: AtGuess) -> dict[Form, float]:
        """Of the gradient, in units of eps."""
        return {"ours": super().bounds(at)["ours"] + (0.25 if self.assumption == "smooth" else 0.0)}

    def drawn(self, at: AtGuess, mine: Signals, times: Int[IntArray, "times"]) -> list[Curve]:
        """Theorem 11's curves, and the average of the gradient, which the bound is about."""
        average, ends = float(mine["gradient"].mean()), np.array([0.0, 1.0])
        label = rf"average $\|\nabla F(\bar x_t)\|$ {average:.3g}"
        found = [each for each in super().drawn(at, mine, times) if "average" not in each.label]
        place = next(i for i, each in enumerate(found) if each.role == "bound")
        return [*found[:place], Curve(str(at), label, "measured", ends, np.full(2, average)), *found[place:]]

    def panels(self, grid: Grid[AtGuess], last: Signals) -> tuple[tuple[Panel, ...], list[Curve]]:
        """A panel for the runs of each setting; the terms are those of Theorem 11."""
        panels, _ = super().panels(grid, last)
        return panels[:-1], []
