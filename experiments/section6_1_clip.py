"""Section 6.1: how often the clip is active."""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma as gamma_function
from typing import ClassVar

import numpy as np

from experiments.words.algorithm import FreeClaim, algorithm1
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import log_grid
from experiments.words.problem import Context, Problem
from foundation.settings import setting
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
    r"""stated, Section 6.1: Near convergence the clip is effectively a no-op.

    ours: Under pure noise, alike in all coordinates, the ratio inside the clip is asymptotically normal with covariance
    $I/d$ (of variance 1 a coordinate for clipped Adam), so that the clip is active with probability $P(\chi^2_d \geq
    d)$ on the L2 ball and $P(\chi^2_1 \geq 1) = 0.317$ on a coordinate: the remark is quantitatively wrong.

    Measured: the share of steps at which the play lies on the boundary.
    """

    name: ClassVar[str] = "section61_clip"
    label: ClassVar[str] = "Section 6.1"
    title: ClassVar[str] = "How often the clip is active"
    at_rest: ClassVar[bool] = True

    coordinatewise: bool = setting(False)
    betas: tuple[float, ...] = setting((0.99,), "(0, 1)")
    windows: int | None = setting(1000, "[1, 1e9]")

    def accepts(self, problem: Problem) -> None:
        """Nothing but Gaussian noise, alike in all coordinates."""
        super().accepts(problem)
        sigma = problem.scales.coordinate_sigma
        alike = sigma.all() and np.ptp(sigma) == 0
        self.require(problem.scales.lipschitz == 0 and alike, problem, "slope = 0 and noise alike everywhere")

    def radius(self, problem: Problem, beta: float) -> float:
        """D = 1, for there is no gradient to compare it with."""
        return 1.0

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """One row a beta: the share."""
        grid, norm = self.grid(problem, context), "l1" if self.coordinatewise else "l2"
        beta, radius, steps = (grid.column(name) for name in ("beta", "radius", "steps"))
        learner = self.learner(radius, beta, self.coordinatewise)
        signals = yield algorithm1(problem, learner, steps, recipe(Clip, radius=radius, norm=norm))

        dim = 1 if self.coordinatewise else problem.scales.dim
        bound, times = exceeds_mean(dim), log_grid(int(steps.max()))
        checks, curves = [], []
        for at, mine in grid.split(signals):
            where, seen, share = str(at), times <= at.steps, mine["clipped.mean"]
            checks.append(Check("identity", "ours", "share of clipped steps", where, bound, share, MARGIN))
            active = mine["clipped.curve"][:, seen].mean(axis=0)
            error = 1.96 * np.sqrt(active * (1.0 - active) / len(share))  # of a share of so many independent runs
            label, line = rf"$\beta = {at.beta:g}$, at $t$", (active, active - error, active + error)
            curves.append(Curve("clip", label, "measured", times[seen], *line))
            ends, average = times[seen][[0, -1]], float(share.mean())
            curves.append(Curve("clip", f"over all $t$ {average:.3f}", "measured", ends, np.full(2, average)))
        ends, label = times[[0, -1]], rf"ours $P(\chi^2_{{{dim}}} \geq {dim})$ = {bound:.3f}"
        curves.append(Curve("clip", label, "bound", ends, np.full(2, bound), form="ours"))
        panel = Panel("clip", "$t$", "share of runs whose clip is active", "log", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def controls(self) -> dict[str, Twin]:
        """Other second moments."""
        return {
            "beta2 = beta1": with_broken_learner(self, "equal discounts")["equal discounts"],
            **with_broken_learner(self, "beta1^3"),
        }
