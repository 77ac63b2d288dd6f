"""Lemma 8 and Theorem 9: the regret of (discounted) scale-free FTRL, pathwise, against every sequence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.base import Array, Claim, Context, Game, Problem, setting, thin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from optimizers import wrong
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.game import duel
from theory import adam_ema, sharpened

BROKEN: dict[str, tuple[str, Maker]] = {
    "wrong sign": ("plays +z", wrong.wrong_sign),
    "no clip": ("the ratio is not projected on the ball", wrong.no_clip),
    "no momentum": ("beta1 = 0", wrong.no_momentum),
    "equal discounts": ("beta2 = beta1", wrong.equal_discounts),
    "slow denominator": ("beta2 = 1 - (1 - beta)/100", wrong.slow_denominator),
    "long momentum": ("beta1 = 1 - (1 - beta)/10", wrong.long_momentum),
    "fixed denominator": ("the denominator is 1", wrong.fixed_denominator),
}


@dataclass(frozen=True)
class Theorem09(Claim):
    """For every gradient sequence, every u in the ball and every T: sum_{t<=T} beta^{T-t} <g_t, z_t - u>
    <= 4 D sqrt(sum_t beta^{2(T-t)} ||g_t||^2) for beta-FTRL (and so for clipped Adam, coordinate by coordinate).
    Measured: the largest ratio of the two sides without the 4, over all runs and all horizons."""

    name: ClassVar[str] = "theorem09"
    label: ClassVar[str] = "Theorem 9"
    title: ClassVar[str] = "Discounted regret of beta-FTRL, pathwise"
    about: ClassVar[type[Problem] | type[Game]] = Game

    betas: tuple[float, ...] = setting((0.9, 0.99))
    steps: int = setting(2000)
    runs: int = setting(32)
    learner: Maker = paper_learner

    def measure(self, problem: Game, context: Context) -> Evidence:
        """One row for each beta and constant."""
        checks: list[Check] = []
        curves: list[Curve] = []
        for beta in self.betas:
            curve, ratios = self._ratios(problem, context, beta)
            bounds: dict[Form, float] = {
                "stated": float(adam_ema.theorem09_bound(1.0, 1.0)),
                "ours": float(sharpened.lemma08_bound(1.0, 1.0)),
            }
            for form, bound in bounds.items():
                checks.append(Check("pathwise", form, "regret ratio", f"beta={beta:g}", bound, ratios))
            times = thin(self.steps)
            role = "measured" if self.learner is paper_learner else "control"
            curves.append(Curve("regret", f"beta={beta:g}", role, times, np.maximum(curve[times - 1], 1e-3)))
        ends = np.array([1.0, self.steps])
        curves += [Curve("regret", f"{c} (Theorem 9)", "bound", ends, np.full(2, float(c))) for c in (4,)]
        curves += [Curve("regret", "2 (ours)", "bound", ends, np.full(2, 2.0))]
        panel = Panel("regret", "horizon T", "largest regret / (D sqrt(sum beta^2(T-t) |g|^2))")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _ratios(self, problem: Game, context: Context, beta: float) -> tuple[Array, Array]:
        betas, radius = np.full(self.runs, beta), np.ones(self.runs)
        learner = self.learner(1.0, beta, False)
        found = duel(learner, problem.adversary, betas, radius, self.steps, context.streams)
        return found["best_ratio.curve"].max(axis=0), found["best_ratio.max"]

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Seven wrong learners."""
        return {name: (text, replace(self, learner=maker)) for name, (text, maker) in BROKEN.items()}


@dataclass(frozen=True)
class Lemma08(Theorem09):
    """For every sequence v_1, ..., v_T and every u in the ball: sum_t <v_t, z_t - u> <= 4 D sqrt(sum_t ||v_t||^2)
    for scale-free FTRL. This is Theorem 9 at beta = 1."""

    name: ClassVar[str] = "lemma08"
    label: ClassVar[str] = "Lemma 8"
    title: ClassVar[str] = "Regret of scale-free FTRL, pathwise"

    betas: tuple[float, ...] = setting((1.0,))

    def controls(self) -> dict[str, tuple[str, Self]]:
        """At beta = 1 all discounts agree: only these learners are wrong."""
        keep = ("wrong sign", "no clip", "no momentum", "fixed denominator")
        return {name: twin for name, twin in super().controls().items() if name in keep}
