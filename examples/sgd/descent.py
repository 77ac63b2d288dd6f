"""A theorem of one's own: SGD with a constant step on an L-smooth function."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.claim import Claim
from experiments.words.evidence import Check, Evidence
from foundation.numerics import total
from foundation.settings import setting
from optimizers.methods import METHODS
from optimizers.scaling import Constant
from simulation.engine import Setup
from simulation.plan import Plan
from simulation.recording import Probe, recipe


class SquaredGradient(Probe):
    signals = ("square",)

    def step(self, now):
        return (total(now.grad * now.grad),)  # ||grad F(x_t)||^2, one number a run


@dataclass(frozen=True)
class Descent(Claim):
    """stated: On an L-smooth F, x_{t+1} = x_t - eta g_t with eta <= 1/L has
    (1/T) sum_{t<=T} E||grad F(x_t)||^2 <= 2 Delta/(eta T) + L eta sigma^2."""

    name: ClassVar[str] = "sgd"
    label: ClassVar[str] = "SGD"
    title: ClassVar[str] = "The squared gradient of SGD, on average over t"
    source: ClassVar[str] = "folklore"

    share: float = setting(0.5, "(0, 1]")  # eta L
    noise: float = 1.0  # what the bound's noise term is multiplied with
    longer: float = 1.0  # what the steps are multiplied with

    def measure(self, problem, context):
        scales, smoothness, runs = problem.scales, problem.objective.constants.smoothness, context.effort.runs
        eta, steps = self.share / smoothness, 500
        learner = METHODS["SGD"].make(np.full(runs, self.longer * eta), np.zeros(runs), 1.0)
        setup = Setup(problem.objective, problem.noise, learner, np.full(runs, steps), Constant())
        signals = yield Plan(setup, (recipe(SquaredGradient),))
        bound = 2.0 * scales.gap / (eta * steps) + self.noise * smoothness * eta * scales.sigma**2
        where = f"eta={self.share:g}/L"
        return Evidence((Check("expected", "stated", "avg ||grad F||^2", where, bound, signals["square.mean"]),))

    def controls(self):
        half = self.twin("half of the noise term", noise=0.5)  # a near miss
        return {"half the noise": half, "no noise": self.twin("no noise term", noise=0.0)}
