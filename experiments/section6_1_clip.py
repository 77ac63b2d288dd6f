"""Section 6.1: how often the clip is active."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gamma as gamma_function
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from experiments.algorithm import FreeClaim
from experiments.base import Array, Context, Problem, band, setting, thin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from optimizers import wrong
from simulation.plan import Plan
from simulation.probes import Clip
from simulation.recording import recipe

MARGIN = 0.01  # of the probability, fixed beforehand


def exceeds_mean(dim: int, terms: int = 400) -> float:
    """P(chi2_d >= d), by the series of the incomplete gamma function; dim <= 200."""
    half = dim / 2.0
    term = total = 1.0 / half
    for k in range(1, terms):
        term *= half / (half + k)
        total += term
    return float(1.0 - total * np.exp(half * np.log(half) - half) / gamma_function(half))


@dataclass(frozen=True)
class ClipActivity(FreeClaim):
    """The paper remarks that near convergence the clip is effectively a no-op. Under pure noise the ratio inside it is
    asymptotically normal with covariance I/d (of variance 1 a coordinate for clipped Adam), so that the clip is active
    with probability P(chi2_d >= d) on the L2 ball and P(chi2_1 >= 1) = 0.317 on a coordinate (ours): the remark is
    quantitatively wrong. Measured: the share of steps at which the play lies on the boundary."""

    name: ClassVar[str] = "section61_clip"
    label: ClassVar[str] = "Section 6.1"
    title: ClassVar[str] = "How often the clip is active"

    coordinatewise: bool = setting(False)
    betas: tuple[float, ...] = setting((0.99,))
    windows: int = setting(1000)

    def accepts(self, problem: Problem) -> None:
        """Nothing but Gaussian noise, alike in all coordinates."""
        super().accepts(problem)
        sigma = problem.scales.coordinate_sigma
        if problem.scales.lipschitz > 0 or not sigma.all() or np.ptp(sigma) > 0:
            raise ValueError(f"problem = {problem.name}: {self.name} needs slope = 0 and noise alike everywhere")

    def parameters(self, problem: Problem, context: Context) -> tuple[Array, Array, NDArray[np.int64]]:
        """See FreeClaim; D = 1, for there is no gradient to compare it with."""
        beta = np.repeat(np.asarray(self.betas, float), self.runs or context.effort.runs)
        return beta, np.ones_like(beta), np.ceil(self.windows / (1.0 - beta) - 1e-9).astype(np.int64)

    def plan(self, problem: Problem, context: Context) -> Plan:
        """The share of clipped coordinates at every step."""
        beta, radius, steps = self.parameters(problem, context)
        return self.planned(problem, beta, radius, steps, recipe(Clip, radius=radius, norm=self.norm))

    def conclude(self, problem: Problem, context: Context, found: dict[str, Array]) -> Evidence:
        """One row a beta: the share."""
        dim = 1 if self.coordinatewise else problem.scales.dim
        bound = exceeds_mean(dim)
        checks = []
        curves = []
        grid = thin(int(self.parameters(problem, context)[2].max()))
        for name, mine in self.groups(context):
            share = found["clipped.mean"][mine]
            checks.append(Check("identity", "ours", "share of clipped steps", name, bound, share, MARGIN))
            curves.append(Curve("clip", name, "measured", grid, *band(found["clipped.curve"][mine])))
        curves.append(Curve("clip", f"P(chi2_{dim} >= {dim})", "bound", grid[[0, -1]], np.full(2, bound)))
        return Evidence(tuple(checks), tuple(curves), (Panel("clip", "t", "share clipped", "log", "linear"),))

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Another second moment."""
        return {"beta2 = beta1": ("beta2 = beta1", replace(self, learner=wrong.equal_discounts))}
