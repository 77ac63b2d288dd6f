"""Lemma 10: how far the iterates of an EMA window spread around the model average."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.algorithm import FreeClaim
from experiments.base import Array, Context, Problem, band, setting, thin
from experiments.evidence import Check, Curve, Evidence, Panel
from optimizers import controls
from simulation.probes import Certificate
from simulation.recording import recipe
from simulation.together import Plan
from theory import adam_ema, sharpened

MARGIN = 0.01  # of the sharp bound, fixed beforehand, for the rows in which it is attained


@dataclass(frozen=True)
class Lemma10(FreeClaim):
    """E_{t~[T]} E||y_t - xbar_t||^2 <= 12 D^2/(1-beta)^2 whenever ||z_t|| <= D (d times that when every |z_t[i]| <= D).
    Ours: 2 beta/(1+beta) in place of 12, and on a straight line, where it is attained, the exact finite-T value.
    Measured in units of D^2/(1-beta)^2."""

    name: ClassVar[str] = "lemma10"
    label: ClassVar[str] = "Lemma 10"
    title: ClassVar[str] = "Spread of the iterates around the model EMA"

    straight: bool = setting(False)
    coordinatewise: bool = setting(False)
    average: str = "ema"

    def plan(self, problem: Problem, context: Context) -> Plan:
        """The spread at every step."""
        beta, radius, steps = self.parameters(problem, context)
        window = {"ema": beta, "long": 1.0 - (1.0 - beta) / 10.0, "uniform": np.ones_like(beta)}[self.average]
        probe = recipe(Certificate, beta=window, lam=np.ones_like(beta))
        return self.planned(problem, beta, radius, steps, probe)

    def conclude(self, problem: Problem, context: Context, found: dict[str, Array]) -> Evidence:
        """A row for each beta and form; on straight problems one more, in which the bound is attained."""
        beta, radius, steps = self.parameters(problem, context)
        unit = np.square(radius / (1.0 - beta))
        dim = problem.scales.dim if self.coordinatewise else 1
        checks: list[Check] = []
        curves: list[Curve] = []
        for name, runs in self.groups(context):
            b = float(beta[runs][0])
            samples = found["spread.mean"][runs] / unit[runs]
            checks += self._checks(name, b, dim, int(steps[runs][0]), samples)
            times = thin(int(steps.max()))
            keep = times <= steps[runs][0]
            curves.append(
                Curve(
                    "spread",
                    name,
                    "measured",
                    times[keep],
                    *band(found["spread.curve"][runs][:, keep] / unit[runs][:, None]),
                )
            )
        ends = np.array([1.0, float(steps.max())])
        curves += [Curve("spread", "12 d (Lemma 10)", "bound", ends, np.full(2, 12.0 * dim))]
        curves += [
            Curve(
                "spread",
                "2 beta/(1+beta) d (ours)",
                "bound",
                ends,
                np.full(2, 2 * max(self.betas) / (1 + max(self.betas)) * dim),
            )
        ]
        panel = Panel("spread", "t", "E|y_t - xbar_t|^2 (1-beta)^2 / D^2")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _checks(self, name: str, beta: float, dim: int, steps: int, samples: Array) -> list[Check]:
        unit = (1.0 - beta) ** 2
        stated = float(adam_ema.lemma10_bound(1.0, beta, dim)) * unit
        ours = float(sharpened.lemma10_bound(1.0, beta, dim)) * unit
        checks = [Check("expected", "stated", "spread", name, stated, samples)]
        if self.straight:  # there the sharp bound is attained: no interval could stay below it
            exact = sharpened.straight_line_spread(1.0, beta, steps) * dim * unit
            checks.append(Check("attained", "ours", "spread, finite T", name, exact, samples, MARGIN * exact))
        else:
            checks.append(Check("expected", "ours", "spread", name, ours, samples))
        return checks

    def controls(self) -> dict[str, tuple[str, Self]]:
        """No clip, and two wrong averages."""
        return {
            "no clip": ("the ratio is not projected on the ball", replace(self, learner=controls.no_clip)),
            "long EMA": ("an average ten times too long", replace(self, average="long")),
            "uniform average": ("the plain average of all iterates", replace(self, average="uniform")),
        }
