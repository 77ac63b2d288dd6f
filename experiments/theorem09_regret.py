"""Lemma 8 and Theorem 9: the regret of (discounted) scale-free FTRL, pathwise, against every sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.broken import BROKEN, NEAR, with_broken_learner
from experiments.words.claim import Claim, Measurement, Statements, Twin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel, Role
from experiments.words.numbers import log_grid
from experiments.words.problem import Context, Game, Problem
from foundation.settings import setting
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.game import Duel
from theory import adam_ema, sharpened


@dataclass(frozen=True)
class Theorem09(Claim):
    r"""Measured: the largest ratio of the regret to $D \sqrt{\sum_t \beta^{2(T-t)} \|g_t\|^2}$, the bound without its
    constant, over all runs and all horizons $T$, against the best $u$ of the ball. Clipped Adam is this learner on each
    coordinate."""

    name: ClassVar[str] = "theorem09"
    label: ClassVar[str] = "Theorem 9"
    title: ClassVar[str] = "Discounted regret of beta-FTRL, pathwise"
    about: ClassVar[type[Problem] | type[Game]] = Game
    statements: ClassVar[Statements] = (adam_ema.theorem09_bound, sharpened.theorem09_bound)

    betas: tuple[float, ...] = setting((0.9, 0.99), "(0, 1)")
    steps: int = setting(2000, "[1, 1e9]")
    runs: int = setting(32, "[1, 1e6]")
    learner: Maker = paper_learner

    def measure(self, problem: Game, context: Context) -> Measurement:
        """One row for each beta and constant."""
        stated, ours = (float(bound(1.0, 1.0)) for bound in self.statements)
        constants: dict[Form, float] = {"stated": stated, "ours": ours}
        times, each = log_grid(self.steps), np.ones(self.runs)
        checks, curves = [], []
        for beta in self.betas:
            where, learner = f"beta={beta:g}", self.learner(1.0, beta, False)
            signals = yield Duel(learner, problem.adversary, beta * each, each, self.steps)
            for form, bound in constants.items():
                checks.append(Check("pathwise", form, "regret ratio", where, bound, signals["best_ratio.max"]))
            worst = signals["best_ratio.curve"].max(axis=0)[times - 1]
            role: Role = "measured" if self.learner is paper_learner else "control"
            curves.append(Curve("regret", rf"$\beta = {beta:g}$", role, times, worst))
        ends = np.array([1.0, self.steps])
        for form, bound in constants.items():
            curves.append(Curve("regret", f"{form} {bound:g}", "bound", ends, np.full(2, bound), form=form))
        ratio = r"largest $\mathrm{Regret}_T\,/\,(D\,(\sum_t \beta^{2(T-t)}\|g_t\|^2)^{1/2})$"
        panel = Panel("regret", "horizon $T$", ratio, "log", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def controls(self) -> dict[str, Twin]:
        """All wrong learners."""
        return with_broken_learner(self, *BROKEN, *NEAR)


@dataclass(frozen=True)
class Lemma08(Theorem09):
    r"""Measured: as in Theorem 9, of which this is the case $\beta = 1$."""

    name: ClassVar[str] = "lemma08"
    label: ClassVar[str] = "Lemma 8"
    title: ClassVar[str] = "Regret of scale-free FTRL, pathwise"
    statements = (adam_ema.lemma08_bound, sharpened.lemma08_bound)

    betas: tuple[float, ...] = setting((1.0,), "[1, 1]")

    def controls(self) -> dict[str, Twin]:
        """At beta = 1 all discounts agree: only these learners are wrong."""
        return with_broken_learner(self, "wrong sign", "no clip", "no momentum", "fixed denominator", "D x 1.25")
