"""Beyond the paper: noise that has a p-th moment only, and the same algorithms, unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from experiments.words.algorithm import Free, FreeClaim, algorithm1
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Measurement, Statements, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.heavy_noise import noise_moments
from simulation.plan import Signals
from simulation.probes import MeanRegret
from simulation.recording import recipe
from theory import heavy_tails

CLIP = 10.0  # bounds beyond which a sample is clipped, fixed beforehand
ORDERS = np.linspace(1.01, 2.0, 100)  # of the moments from which what lies beyond is bounded


def moment_of(problem: Problem, power: float, coordinatewise: bool) -> float:
    """sigma_p, p = power, or ||sigma_p||_1 if coordinatewise; inf if there is none."""
    whole, each = noise_moments(problem.noise, problem.objective, power)
    return float(each.sum()) if coordinatewise else whole


def slope_of(problem: Problem, coordinatewise: bool) -> float:
    """G, or ||G||_1 if coordinatewise."""
    return float(problem.scales.coordinate_lipschitz.sum()) if coordinatewise else problem.scales.lipschitz


def excess(noise: Float[Array, "orders"], beta: float, cap: float) -> float:
    """E max{0, Y - cap} is at most this, Y >= 0 an average over t of ||S^g_t - S^F_t||; noise: sigma_q, q in ORDERS.

    max{0, y - cap} <= (q-1)^{q-1} q^{-q} cap^{1-q} y^q, and E Y^q <= 2 sigma_q^q/(1-beta^q) by von Bahr and Esseen as
    published, with 2, so that nothing of ours is presupposed; in the L1 form their q-th roots add up over coordinates.
    """
    with np.errstate(over="ignore"):
        moments = 2.0 * noise**ORDERS / (1.0 - beta**ORDERS)
        factors = (ORDERS - 1.0) ** (ORDERS - 1.0) * ORDERS**-ORDERS * cap ** (1.0 - ORDERS)
        return float((factors * moments).min())


@dataclass(frozen=True)
class HeavyRegret(FreeClaim):
    r"""Measured: on average over $t$, in units of $D$, the regret $\mathbb{E} \sup_u \mathrm{Regret}_t(u)$, whose loss
    is taken with the true gradients, which changes no mean; and the noise, $\mathbb{E}\|S^g_t - S^F_t\|$. L1 norms and
    sums over coordinates for clipped Adam. Without a variance no interval holds for a mean of samples. So what is
    infinite is clipped, at ten times the bound, and the mean of what is cut off bounded by the noise's known moments of
    all orders: a row is supported if it holds with that added, and refuted only if it fails without.
    """

    name: ClassVar[str] = "heavy_regret"
    label: ClassVar[str] = "Heavy tails"
    title: ClassVar[str] = "Regret and noise of Algorithm 1 under noise with a p-th moment only"
    statements: ClassVar[Statements] = (
        heavy_tails.equation1,
        heavy_tails.equation2,
        heavy_tails.noise_bound,
        heavy_tails.moment_constant,
    )
    heavy_tails: ClassVar[bool] = True

    coordinatewise: bool = setting(False)
    runs: int | None = setting(2048, "[8, 1e6]")
    powers: tuple[float, ...] = setting((1.1, 1.3, 1.5), "[1.01, 2]")  # p
    share: float = 1.0  # of sigma_p that is claimed
    square_root: bool = False  # whether (1-beta^p)^{1/2} stands in the place of (1-beta^p)^{1/p}

    def accepts(self, problem: Problem) -> None:
        """Noise that has the moments."""
        super().accepts(problem)
        for power in self.powers:
            moment = moment_of(problem, power, self.coordinatewise)
            self.require(np.isfinite(moment), problem, f"noise with a moment of order {power:g}")

    def bounds(self, problem: Problem, beta: float, power: float) -> dict[str, float]:
        """What is claimed of regret and noise, D = 1."""
        moment = self.share * moment_of(problem, power, self.coordinatewise)
        if self.square_root:
            moment *= (1.0 - beta**power) ** (1.0 / power - 0.5)
        slope = slope_of(problem, self.coordinatewise)
        return {
            "regret": float(heavy_tails.equation1(1.0, slope, moment, power, beta)),
            "noise": float(heavy_tails.noise_bound(moment, power, beta)),
        }

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """Two rows for each beta and p."""
        grid = self.grid(problem, context)
        beta, radius, steps = (grid.column(name) for name in ("beta", "radius", "steps"))
        learner = self.learner(radius, beta, self.coordinatewise)
        probe = recipe(MeanRegret, beta=beta, norm="l1" if self.coordinatewise else "l2")
        signals = yield algorithm1(problem, learner, steps, probe, scaling=self.scaling)

        checks: list[Check] = []
        curves = []
        for at, mine in grid.split(signals):
            rows = self.rows(problem, at, mine)
            for quantity in ("regret", "noise"):
                ratios = [row.samples.mean() / row.bound for row in rows if row.quantity == quantity]
                line = np.array(self.powers), np.array(ratios)
                curves.append(Curve("moments", f"{quantity}, {at}", "measured", *line))
            checks += rows
        ends = np.array([min(self.powers), max(self.powers)])
        curves.append(Curve("moments", "ours 1", "bound", ends, np.ones(2), form="ours"))
        return Evidence(
            tuple(checks), tuple(curves), (Panel("moments", "$p$", "measured / bound", "linear", "linear"),)
        )

    def rows(self, problem: Problem, at: Free, mine: Signals) -> list[Check]:
        """Regret and noise for each p, from the runs at one beta; clipped at the true bounds, whatever is claimed."""
        moments = np.array([moment_of(problem, order, self.coordinatewise) for order in ORDERS])
        drift = slope_of(problem, self.coordinatewise) / (1.0 - at.beta)  # seen exceeds the noise by at most that
        honest, rows = replace(self, share=1.0, square_root=False), []
        for power in self.powers:
            true = honest.bounds(problem, at.beta, power)
            for quantity, bound in self.bounds(problem, at.beta, power).items():
                cap = CLIP * true[quantity]
                beyond = excess(moments, at.beta, cap)
                least, support = np.minimum(mine["noise.mean"], cap), (0.0, cap + beyond)
                if quantity == "regret":  # |loss| <= D drift
                    support = -drift, 2.0 * drift + cap + beyond
                    least = mine["loss.mean"] / at.radius + np.minimum(mine["seen.mean"], drift + cap)
                note = f"{beyond / bound:.2g} of the bound are for what lies beyond the clip"
                where, most = f"{at} p={power:g}", least + beyond
                row = Check("expected", "ours", quantity, where, bound, most, lower_samples=least, note=note)
                rows.append(replace(row, support=support))
        return rows

    def controls(self) -> dict[str, Twin]:
        """Near misses in one ingredient of the bounds, and a learner that does not minimise regret."""
        return {
            "sigma_p/2": self.near("claims half of sigma_p", share=0.5),
            "as for p = 2": self.twin("(1-beta^p)^{1/2} in the place of (1-beta^p)^{1/p}", square_root=True),
            **with_broken_learner(self, "wrong sign"),
        }
