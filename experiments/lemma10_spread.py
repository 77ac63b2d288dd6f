"""Lemma 10: how far the iterates of an EMA window spread around the model average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from experiments.words.algorithm import FreeClaim, algorithm1
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from experiments.words.numbers import log_grid, mean_and_band
from experiments.words.problem import Context, Problem
from foundation.settings import setting
from simulation.certificate import Certificate
from simulation.recording import recipe
from theory import adam_ema, sharpened
from theory.spread import straight_line_spread

MARGIN = 0.01  # of the sharp bound, fixed beforehand, for the rows in which it is attained


@dataclass(frozen=True)
class Lemma10(FreeClaim):
    r"""Measured: $\mathbb{E}_{t\sim [T]} \mathbb{E}\|y_t - \bar{x}_t\|^2$ in units of $D^2/(1-\beta)^2$; on a straight
    line, where our bound is attained, against its exact value at finite $T$."""

    name: ClassVar[str] = "lemma10"
    label: ClassVar[str] = "Lemma 10"
    title: ClassVar[str] = "Spread of the iterates around the model EMA"
    statements = (adam_ema.lemma10_bound, sharpened.lemma10_bound)

    straight: bool = setting(False)
    coordinatewise: bool = setting(False)
    average: Literal["ema", "longer", "long", "uniform"] = "ema"

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """A row for each beta and form; on straight problems the one of ours says that the bound is attained."""
        grid = self.grid(problem, context)
        beta, radius, steps = (grid.column(name) for name in ("beta", "radius", "steps"))
        windows = {"ema": 1.0, "longer": 1.2, "long": 10.0, "uniform": np.inf}
        window = beta if self.average == "ema" else 1.0 - (1.0 - beta) / windows[self.average]
        probe = recipe(Certificate, beta=window, lam=np.ones_like(beta))
        signals = yield algorithm1(problem, self.learner(radius, beta, self.coordinatewise), steps, probe)

        dim = problem.scales.dim if self.coordinatewise else 1
        times = log_grid(int(steps.max()))
        checks, curves = [], []
        for at, mine in grid.split(signals):
            unit = np.square(at.radius / (1.0 - at.beta))
            spread, where = mine["spread.mean"] / unit, str(at)
            bounds = self.bounds(at.beta, dim)
            checks.append(Check("expected", "stated", "spread", where, bounds["stated"], spread))
            if self.straight:  # there the sharp bound is attained: no interval could stay below it
                exact = straight_line_spread(1.0, at.beta, at.steps) * dim * (1.0 - at.beta) ** 2
                checks.append(Check("attained", "ours", "spread, finite T", where, exact, spread, MARGIN * exact))
            else:
                checks.append(Check("expected", "ours", "spread", where, bounds["ours"], spread))
            seen = times <= at.steps
            line = mean_and_band(mine["spread.curve"][:, seen] / unit)
            curves.append(Curve("spread", rf"$\beta = {at.beta:g}$", "measured", times[seen] / at.steps, *line))
        ends = np.array([0.0, 1.0])
        for form, bound in self.bounds(max(self.betas), dim).items():
            curves.append(Curve("spread", f"{form} {bound:.3g}", "bound", ends, np.full(2, bound), form=form))
        axis = r"$\mathbb{E}\|y_t - \bar x_t\|^2\,(1-\beta)^2 / D^2$"
        return Evidence(tuple(checks), tuple(curves), (Panel("spread", "$t/T$", axis, "linear", "linear"),))

    def bounds(self, beta: float, dim: int) -> dict[Form, float]:
        """Both bounds, in units of D^2/(1-beta)^2, by whose they are."""
        stated, ours = (float(bound(1.0, beta, dim)) * (1.0 - beta) ** 2 for bound in self.statements)
        return {"stated": stated, "ours": ours}

    def controls(self) -> dict[str, Twin]:
        """No clip, and three wrong averages."""
        return {
            "EMA x 1.2": self.near("an average a fifth too long", "model EMA", average="longer"),
            **with_broken_learner(self, "no clip"),
            "long EMA": self.twin("an average ten times too long", "model EMA", average="long"),
            "uniform average": self.twin("the plain average of all iterates", "model EMA", average="uniform"),
        }
