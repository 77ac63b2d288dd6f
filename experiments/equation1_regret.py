"""Equations (1) and (2): the expected regret along Algorithm 1, against the comparators of Lemmas 7 and 17."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.algorithm import FreeClaim, algorithm1
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Measurement, Statements, Twin
from experiments.words.evidence import ROUNDING, Check, Curve, Evidence, Form, Panel
from experiments.words.numbers import log_grid, mean_and_band
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from simulation.probes import Regret
from simulation.recording import recipe
from theory import adam_ema, sharpened


@dataclass(frozen=True)
class Equation1(FreeClaim):
    r"""Measured: $\mathbb{E} \mathrm{Regret}_t(u_t)/D$ at $t = T$, on average over $t$, and at the $t$ where the mean
    is largest (chosen on half of the runs, judged on the other half)."""

    name: ClassVar[str] = "equation1"
    label: ClassVar[str] = "Equation (1)"
    title: ClassVar[str] = "Expected regret of beta-FTRL along Algorithm 1"
    statements: ClassVar[Statements] = (adam_ema.equation1, sharpened.equation1)

    rooted: bool = True  # whether the bound is divided by sqrt(1-beta)

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """Three rows for each beta and form."""
        grid = self.grid(problem, context)
        beta, radius, steps = (grid.column(name) for name in ("beta", "radius", "steps"))
        probe = recipe(Regret, beta=beta, radius=radius, norm="l1" if self.coordinatewise else "l2")
        learner = self.learner(radius, beta, self.coordinatewise)
        signals = yield algorithm1(problem, learner, steps, probe, scaling=self.scaling)

        times = log_grid(int(steps.max()))
        checks, curves, lines = [], [], dict[str, tuple[Float[Array, "2"], Form]]()
        for at, mine in grid.split(signals):
            where, seen = str(at), times <= at.steps
            curve = mine["regret.curve"][:, seen] / at.radius
            worst = int(np.argmax(curve[::2].mean(axis=0)))  # chosen on half of the runs, judged on the other
            samples = {
                "regret at T": mine["regret.last"] / at.radius,
                "regret, mean over t": mine["regret.mean"] / at.radius,
                "regret, worst t": curve[1::2, worst],
            }
            unit, ends = np.sqrt(1.0 - at.beta) / self.size(problem), np.array([0.0, 1.0])
            label, line = rf"$\beta = {at.beta:g}$", mean_and_band(unit * curve)
            curves.append(Curve("regret", label, "measured", times[seen] / at.steps, *line))
            for form, full in self.bounds(problem, at.beta).items():
                bound = full if self.rooted else full * float(np.sqrt(1.0 - at.beta))
                checks += [
                    Check("expected", form, quantity, where, bound, each, support=self.support(problem, at.beta))
                    for quantity, each in samples.items()
                ]
                level = np.full(2, unit * bound)
                lines[f"{form} {level[0]:.3g}"] = level, form  # settings that share a bound share its line
        curves += [Curve("regret", label, "bound", ends, level, form=form) for label, (level, form) in lines.items()]
        scale = r"\|G+\sigma\|_1" if self.coordinatewise else r"(G+\sigma)"
        axis = rf"$\mathbb{{E}}\,\mathrm{{Regret}}_t(u_t)\,(1-\beta)^{{1/2}} / (D\,{scale})$"
        panel = Panel("regret", "$t/T$", axis, "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def size(self, problem: Problem) -> float:
        """G + sigma in the norm at hand."""
        return problem.scales.l1_scale if self.coordinatewise else problem.scales.total

    def bounds(self, problem: Problem, beta: float) -> dict[Form, float]:
        """The bound at D = 1, by whose it is."""
        s = problem.scales
        return {
            "stated": float(adam_ema.equation1(1.0, s.lipschitz, s.sigma, beta)),
            "ours": float(sharpened.equation1(1.0, s.lipschitz, s.sigma, beta)),
        }

    def support(self, problem: Problem, beta: float) -> tuple[float, float] | None:
        """Where any regret lies at D = 1, for |<g, z - u>| <= 2 G, or 2 sum_i G_i; None with noise: g has no bound."""
        s = problem.scales
        most = 2.0 * (s.l1_scale if self.coordinatewise else s.lipschitz) / (1.0 - beta) * (1.0 + ROUNDING)
        return None if s.sigma else (-most, most)

    def controls(self) -> dict[str, Twin]:
        """Learners that do not minimise regret, and a bound with another power of 1-beta."""
        learners = with_broken_learner(self, "wrong sign", "no momentum", "long momentum", "momentum x 2")
        return {**learners, "no root": self.near("the bound without its 1/sqrt(1-beta)", rooted=False)}


@dataclass(frozen=True)
class Equation2(Equation1):
    """Measured: as in equation (1), with the regret and the comparator of clipped Adam."""

    name: ClassVar[str] = "equation2"
    label: ClassVar[str] = "Equation (2)"
    title: ClassVar[str] = "Expected regret of clipped Adam along Algorithm 1"
    statements = (adam_ema.equation2, sharpened.equation2)

    coordinatewise: bool = True

    def bounds(self, problem: Problem, beta: float) -> dict[Form, float]:
        """The bound at D = 1, by whose it is; ours is a sum over coordinates."""
        s = problem.scales
        return {
            "stated": float(adam_ema.equation2(1.0, s.l1_scale, beta)),
            "ours": float(sharpened.equation2(1.0, s.coordinate_lipschitz, s.coordinate_sigma, beta)),
        }
