"""Equations (1) and (2): the expected regret along Algorithm 1, against the comparators of Lemmas 7 and 17."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.algorithm import FreeClaim
from experiments.base import Array, Context, Problem, band, thin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from optimizers import wrong
from simulation.plan import Plan
from simulation.probes import Regret
from simulation.recording import recipe
from theory import adam_ema, sharpened


@dataclass(frozen=True)
class Equation1(FreeClaim):
    """For every t: E Regret_t(u_t) <= 4 D (G + sigma)/sqrt(1-beta) for beta-FTRL, with u_t = -D S_t/||S_t||,
    S_t the discounted sum of true gradients. Measured at t = T, on average over t, and at the t where the mean is
    largest (chosen on half of the runs, judged on the other half)."""

    name: ClassVar[str] = "equation1"
    label: ClassVar[str] = "Equation (1)"
    title: ClassVar[str] = "Expected regret of beta-FTRL"

    def plan(self, problem: Problem, context: Context) -> Plan:
        """The regret at every step."""
        beta, radius, steps = self.parameters(problem, context)
        probe = recipe(Regret, beta=beta, radius=radius, norm=self.norm)
        return self.planned(problem, beta, radius, steps, probe)

    def conclude(self, problem: Problem, context: Context, found: dict[str, Array]) -> Evidence:
        """Three rows for each beta and form."""
        beta, radius, steps = self.parameters(problem, context)
        checks: list[Check] = []
        curves: list[Curve] = []
        for name, runs in self.groups(context):
            times = thin(int(steps.max()))
            keep = times <= steps[runs][0]
            curve = found["regret.curve"][runs][:, keep] / radius[runs][:, None]
            worst = int(np.argmax(curve[::2].mean(axis=0)))  # chosen on half of the runs, judged on the other
            samples = {
                "regret at T": found["regret.last"][runs] / radius[runs],
                "regret, mean over t": found["regret.mean"][runs] / radius[runs],
                "regret, worst t": curve[1::2, worst],
            }
            bounds = self._bounds(problem, float(beta[runs][0]))
            for form, bound in bounds.items():
                checks += [Check("expected", form, q, name, bound, s) for q, s in samples.items()]
            curves.append(Curve("regret", name, "measured", times[keep], *band(curve)))
            ends = np.array([1.0, float(steps[runs][0])])
            curves += [Curve("regret", f"{f}, {name}", "bound", ends, np.full(2, b)) for f, b in bounds.items()]
        panel = Panel("regret", "t", "Regret_t(u_t) / D", "log", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _bounds(self, problem: Problem, beta: float) -> dict[Form, float]:
        s = problem.scales
        return {
            "stated": float(adam_ema.equation1(1.0, s.lipschitz, s.sigma, beta)),
            "ours": float(sharpened.equation1(1.0, s.lipschitz, s.sigma, beta)),
        }

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Learners that do not minimise regret."""
        return {
            "wrong sign": ("plays +z", replace(self, learner=wrong.wrong_sign)),
            "no momentum": ("beta1 = 0", replace(self, learner=wrong.no_momentum)),
            "long momentum": ("beta1 = 1 - (1 - beta)/10", replace(self, learner=wrong.long_momentum)),
        }


@dataclass(frozen=True)
class Equation2(Equation1):
    """For every t: E Regret_t(u_t) <= 4 D ||G + sigma||_1/sqrt(1-beta) for clipped Adam, with u_t[i] = -D sign(S_t[i]),
    the regret summed over coordinates. Measured as in equation (1)."""

    name: ClassVar[str] = "equation2"
    label: ClassVar[str] = "Equation (2)"
    title: ClassVar[str] = "Expected regret of clipped Adam"

    coordinatewise: bool = True

    def _bounds(self, problem: Problem, beta: float) -> dict[Form, float]:
        s = problem.scales
        ours = sharpened.equation2(1.0, s.coordinate_lipschitz, s.coordinate_sigma, beta)
        return {
            "stated": float(adam_ema.equation2(1.0, s.l1_scale, beta)),
            "ours": float(ours),
        }
