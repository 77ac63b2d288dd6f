"""Beyond the paper: a target reached under noise that has a p-th moment only, by the same algorithms, unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from experiments.beyond_heavy_tails import moment_of, slope_of
from experiments.theorem11_stationarity import stationarity_over_eps
from experiments.words.algorithm import algorithm1
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Claim, Measurement, Statements, Twin
from experiments.words.evidence import CERTIFICATE, Check, Curve, Evidence, Panel
from experiments.words.grid import Grid
from experiments.words.numbers import log_grid, mean_and_band
from experiments.words.problem import Context, Problem
from foundation.settings import setting
from objectives.base import Separable
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.certificate import Certificate
from simulation.recording import recipe
from stationarity import Norm
from theory import heavy_tails


@dataclass(frozen=True)
class AtPower:
    """What is run for a p: the noise times `level`, so that its sigma_p is `moment`, at beta, D and T."""

    power: float
    level: float
    moment: float
    beta: float
    radius: float
    steps: int

    def __str__(self) -> str:
        return f"p={self.power:g} sigma_p={self.moment:.3g}"


@dataclass(frozen=True)
class HeavyGuarantee(Claim):
    r"""Measured: at these parameters the certificate $\|\mathbb{E} \nabla F(y_t)\| + \lambda \mathbb{E}\|y_t -
    \bar{x}_t\|^2$ in units of $\varepsilon$, on average over all $t$, against the full bound at $\beta$, $D$ and $T$,
    which is at most $\varepsilon$. The certificate has light tails whatever the noise, for gradients and plays are
    bounded. The noise is scaled so that $\sigma_p$ asks for as long a window as $G$ does, times `loudness`.

    Half of the bound is for regret and noise, of which these problems have little: half of $T$ is still enough, a third
    is not. What is rejected nearest to the truth is another exponent, $T$ in proportion to the root of $\Delta$.
    """

    name: ClassVar[str] = "heavy_guarantee"
    label: ClassVar[str] = "Heavy tails (guarantee)"
    title: ClassVar[str] = "Stationarity for a target eps under noise with a p-th moment only"
    statements: ClassVar[Statements] = (heavy_tails.parameters, heavy_tails.guarantee, heavy_tails.lemma07_bound)
    end_to_end: ClassVar[bool] = True
    heavy_tails: ClassVar[bool] = True

    coordinatewise: bool = setting(False)
    eps: float = setting(1.0, "(0, inf)")
    lam: float = setting(1.0, "(0, inf)")
    powers: tuple[float, ...] = setting((1.1, 1.3, 1.5), "[1.01, 2]")  # p
    loudness: float = setting(1.0, "(0, 1e6]")
    learner: Maker = paper_learner
    average: Literal["ema", "last iterate"] = "ema"
    hurry: float = 1.0  # how many times shorter T is
    exponent: float = 1.0  # of Delta in T

    @property
    def norm(self) -> Norm:
        """That of the measure."""
        return "l1" if self.coordinatewise else "l2"

    def accepts(self, problem: Problem) -> None:
        """Slopes of eps at least, and additive noise that has the moments."""
        super().accepts(problem)
        self.require(problem.noise.additive, problem, "additive noise")
        self.require(slope_of(problem, self.coordinatewise) >= self.eps, problem, f"G >= eps = {self.eps:g}")
        for power in self.powers:
            moment = moment_of(problem, power, self.coordinatewise)
            self.require(0.0 < moment < np.inf, problem, f"noise with a moment of order {power:g}")

    def at(self, problem: Problem, power: float) -> AtPower:
        """Level, beta, D and T for this p."""
        slope, unit = slope_of(problem, self.coordinatewise), moment_of(problem, power, self.coordinatewise)
        window = (8.0 * slope / self.eps) ** (2.0 * (power - 1.0) / power)  # what sigma_p may be for G's window
        moment = self.loudness * window * self.eps / (8.0 + 4.0 * float(heavy_tails.moment_constant(power)))
        dim = problem.scales.dim if self.coordinatewise else 1
        inputs = self.eps, self.lam, problem.scales.gap**self.exponent, slope, moment, power, dim
        beta, radius, steps = heavy_tails.parameters(*inputs)
        return AtPower(power, moment / unit, moment, float(beta), float(radius), int(np.ceil(steps / self.hurry)))

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """One row for each p."""
        grid = Grid(tuple(self.at(problem, power) for power in self.powers), context.effort.runs)
        beta, radius, level, steps = (grid.column(name) for name in ("beta", "radius", "level", "steps"))
        window = beta if self.average == "ema" else np.zeros_like(beta)
        probe = recipe(Certificate, beta=window, lam=np.full_like(beta, self.lam), norm=self.norm)
        learner = self.learner(radius, beta, self.coordinatewise)
        signals = yield algorithm1(problem, learner, steps, probe, noise_level=level)

        start, times = self.start(problem), log_grid(int(steps.max()))
        checks, curves, ends = [], [], np.array([0.0, 1.0])
        for at, mine in grid.split(signals):
            bound = self.bound(problem, at.power) / self.eps
            samples = mine["certificate.mean"] / self.eps
            note = f"T={at.steps} 1/(1-beta)={1.0 / (1.0 - at.beta):.4g}"
            checks.append(Check("expected", "ours", CERTIFICATE, str(at), bound, samples, start=start, note=note))
            seen = times <= at.steps
            line, label = mean_and_band(mine["certificate.curve"][:, seen] / self.eps), rf"$p = {at.power:g}$"
            curves.append(Curve("stationarity", label, "measured", times[seen] / at.steps, *line))
            average, label = float(samples.mean()), rf"its average {samples.mean():.3g}"
            curves.append(Curve("stationarity", label, "measured", ends, np.full(2, average)))
        curves.append(Curve("stationarity", r"ours: the target", "bound", ends, np.ones(2), form="ours"))
        axis = r"certificate at $\bar x_t$ / $\varepsilon$"
        panel = Panel("stationarity", "$t/T$", axis, "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def bound(self, problem: Problem, power: float) -> float:
        """The full bound at the parameters for this p, eps at most."""
        at = replace(self, hurry=1.0, exponent=1.0).at(problem, power)
        slope, dim = slope_of(problem, self.coordinatewise), problem.scales.dim if self.coordinatewise else 1
        inputs = self.lam, problem.scales.gap, slope, at.moment, power, at.radius, at.beta, at.steps, dim
        return float(heavy_tails.guarantee(*inputs))

    def start(self, problem: Problem) -> float | None:
        """A certified lower bound of the measure over eps at the start, for vacuity; None if not separable."""
        if not isinstance(problem.objective, Separable):
            return None
        point = problem.objective.start[None]
        lower, _ = stationarity_over_eps(problem.objective, point, self.lam, self.norm, self.eps)
        return float(lower[0])

    def controls(self) -> dict[str, Twin]:
        """What the end-to-end check can see."""
        last = self.twin("no model EMA: the certificate of x_t alone", "model EMA", average="last iterate")
        root = self.near("T grows like the root of Delta", exponent=0.5)
        third = self.twin("a third of the steps", hurry=3.0)
        learners = with_broken_learner(self, "wrong sign", "no momentum")
        return {"last iterate": last, "root of Delta": root, "T/3": third, **learners}
