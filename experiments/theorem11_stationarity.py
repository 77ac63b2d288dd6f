"""Theorem 11 at its own parameters: the stationarity of the model EMA, on average over t."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from experiments.words.algorithm import EXPONENTIAL, algorithm1
from experiments.words.along_runs import AtGuess, along_runs, run_panel, terms_of
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Claim, Measurement, Statements, Twin
from experiments.words.evidence import CERTIFICATE, INFIMUM, Check, Curve, Evidence, Form, Panel
from experiments.words.grid import Grid
from experiments.words.numbers import log_grid
from experiments.words.problem import Context, Problem, Scales
from foundation.arrays import Array, Float, Int, IntArray
from foundation.fingerprint import remembered
from foundation.settings import setting
from objectives.base import Objective, Separable
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from optimizers.scaling import Scaling
from simulation.certificate import Certificate
from simulation.plan import Signals
from simulation.recording import recipe
from stationarity import Norm
from stationarity import measure as stationarity
from theory import adam_ema, sharpened

TOLERANCE = 1e-4  # of max(value, eps): the gap of the bracket on smooth objectives
HALF = "plays half as long: D/2"
SAMPLED = 4  # times at which xbar_t is kept


def sampled_times(steps: Int[IntArray, "runs"], count: int, context: Context) -> Int[IntArray, "runs count"]:
    """One uniform time in each of `count` equal strata of 1..T: unbiased for the average over t, blind to any period.

    steps: T of every run.
    """
    rng = context.streams.generator(0, "sampled times")
    edges = (np.arange(count) + rng.random((len(steps), count))) / count
    return 1 + (edges * steps[:, None]).astype(np.int64)


@remembered
def stationarity_over_eps(
    objective: Objective, points: Float[Array, "*batch dim"], lam: float, norm: Norm, eps: float
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Certified lower and upper bounds of the measure over eps, of a separable objective."""
    found = stationarity(objective, points.reshape(-1, points.shape[-1]), lam, norm, TOLERANCE, eps)
    return found.lower.reshape(points.shape[:-1]) / eps, found.upper.reshape(points.shape[:-1]) / eps


@dataclass(frozen=True)
class Theorem11(Claim):
    r"""Measured: at the theorem's parameters, in units of $\varepsilon$, the certificate $\|\mathbb{E} \nabla F(y_t)\|
    + \lambda \mathbb{E}\|y_t - \bar{x}_t\|^2$, averaged over all $t$; and the infimum $\|\nabla
    F(\bar{x}_t)\|^{[\lambda]}$ itself, a certified upper and lower bound of it, averaged over four sampled $t$, one in
    each quarter of $1, \ldots, T$."""

    name: ClassVar[str] = "theorem11"
    label: ClassVar[str] = "Theorem 11"
    title: ClassVar[str] = "Stationarity of the model EMA of beta-FTRL"
    statements: ClassVar[Statements] = (
        adam_ema.theorem11_parameters,
        adam_ema.theorem11_bound,
        adam_ema.theorem11_bound_proved,
        sharpened.theorem11_bound,
    )
    end_to_end: ClassVar[bool] = True
    coordinatewise: ClassVar[bool] = False
    norm: ClassVar[Norm] = "l2"

    eps: float = setting(1.0, "(0, inf)")
    lam: float = setting(1.0, "(0, inf)")
    guess_ratios: tuple[float, ...] = setting((1.0,), "[0.1, 1e6]")  # C/(G+sigma)
    noise_levels: tuple[float, ...] = setting((0.0, 1.0), "[0, 1e6]")
    runs: int | None = setting(None, "[8, 1e6]")  # independent runs a setting; the preset's if null
    learner: Maker = paper_learner
    scaling: Scaling = EXPONENTIAL
    average: Literal["ema", "half", "last iterate", "short", "uniform"] = "ema"
    reach: float = 1.0  # of D

    def weight(self, problem: Problem) -> float:
        """The lam of the measure."""
        return self.lam

    def scale(self, scales: Scales) -> float:
        """G + sigma in the theorem's norm."""
        return scales.total

    def parameters(self, guess: float, lam: float, scales: Scales) -> adam_ema.Parameters:
        """The theorem's beta, D and T for C = guess."""
        return adam_ema.theorem11_parameters(self.eps, lam, guess, scales.gap)

    def bounds(self, at: AtGuess) -> dict[Form, float]:
        """In units of eps, at C = at.guess."""
        inputs = (1.0, at.guess / self.eps, self.scale(at.scales) / self.eps)
        return {
            "stated": float(adam_ema.theorem11_bound(*inputs)),
            "proved": float(adam_ema.theorem11_bound_proved(*inputs)),
            "ours": float(sharpened.theorem11_bound(*inputs)),
        }

    def grid(self, problem: Problem, context: Context) -> Grid[AtGuess]:
        """The settings, as far as the preset's limit of C/eps allows."""
        found, limit, lam = [], context.effort.guess_limit, self.weight(problem)
        for level, guess in self._asked(problem):
            if guess <= limit * self.eps:
                scales = problem.scales.with_noise(level)
                beta, radius, steps = self.parameters(guess, lam, scales)
                found.append(AtGuess(guess, level, scales, lam, float(beta), float(radius), int(steps)))
        if not found:
            least = min(guess for _, guess in self._asked(problem)) / self.eps
            raise ValueError(f"preset.guess_limit = {limit}: must be >= {least:.3g} for this problem")
        return Grid(tuple(found), self.runs or context.effort.runs)

    def _asked(self, problem: Problem) -> list[tuple[float, float]]:
        """Every noise level with every C = ratio (G + sigma)."""
        scale = {level: self.scale(problem.scales.with_noise(level)) for level in self.noise_levels}
        return [(level, ratio * scale[level]) for level in self.noise_levels for ratio in self.guess_ratios]

    def left_out(self, problem: Problem, context: Context) -> tuple[str, ...]:
        """Every C above the preset's limit of C/eps."""
        limit = context.effort.guess_limit
        beyond = [(level, guess) for level, guess in self._asked(problem) if guess > limit * self.eps]
        return tuple(
            f"C={guess:.4g}, noise times {level:g}: C/eps = {guess / self.eps:.4g} > preset.guess_limit = {limit:g}"
            for level, guess in beyond
        )

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """For each setting: the certificate and, on separable objectives, the infimum against every bound."""
        grid = self.grid(problem, context)
        beta, radius, lam, steps = (grid.column(name) for name in ("beta", "radius", "lam", "steps"))
        window = {
            "ema": beta,
            "half": 1.0 - 2.0 * (1.0 - beta),
            "last iterate": np.zeros_like(beta),
            "short": 1.0 - np.sqrt(1.0 - beta),
            "uniform": np.ones_like(beta),
        }[self.average]
        times = sampled_times(steps, SAMPLED, context)
        probe = recipe(Certificate, beta=window, lam=lam, norm=self.norm, samples=times)
        learner = self.learner(self.reach * radius, beta, self.coordinatewise)
        level = grid.column("level") if problem.noise.additive else None
        signals = yield algorithm1(problem, learner, steps, probe, scaling=self.scaling, noise_level=level)

        signals = {**signals, "times": times, **self._at_averages(problem, signals["xbar"])}
        start, times = self.start(problem), log_grid(int(steps.max()))
        checks: list[Check] = []
        curves: list[Curve] = []
        for at, mine in grid.split(signals):
            checks += self.checks(at, mine, start)
            curves += self.drawn(at, mine, times)
        panels, terms = self.panels(grid, mine)
        return Evidence(tuple(checks), (*curves, *terms), panels)

    def _at_averages(self, problem: Problem, xbar: Float[Array, "runs times dim"]) -> Signals:
        """What is known at the sampled averages, over eps.

        gradient: ||grad F(xbar)||, its mean over times (meaningless next to a kink), shape (runs,). slopes: itself,
        shape (runs, times). lower, upper: the bracket of the infimum, of that shape, on separable objectives only.
        """
        order = 1 if self.norm == "l1" else 2
        sizes = np.linalg.norm(problem.objective.grad(xbar), ord=order, axis=-1)
        signals = {"gradient": sizes.mean(axis=1) / self.eps, "slopes": sizes / self.eps}
        if isinstance(problem.objective, Separable):
            bracket = stationarity_over_eps(problem.objective, xbar, self.weight(problem), self.norm, self.eps)
            signals["lower"], signals["upper"] = bracket
        return signals

    def start(self, problem: Problem) -> float | None:
        """A certified lower bound of the measure over eps at the start, for vacuity; None if not separable."""
        if not isinstance(problem.objective, Separable):
            return None
        start = problem.objective.start[None]
        lower, _ = stationarity_over_eps(problem.objective, start, self.weight(problem), self.norm, self.eps)
        return float(lower[0])

    def checks(self, at: AtGuess, mine: Signals, start: float | None) -> list[Check]:
        """The rows of one setting, from the signals of its runs."""
        certificate = mine["certificate.mean"] / self.eps
        note = f"E||grad F(xbar)||/eps = {mine['gradient'].mean():.3g}"
        if "upper" in mine:  # how loose the certificate is, early and late
            floor = np.maximum(mine["upper"].mean(axis=0), 1e-6)
            loose = (mine["sampled"] / self.eps).mean(axis=0) / floor
            note += f"; certificate/infimum {loose[0]:.3g} in the first quarter of T, {loose[-1]:.3g} in the last"
        checks = []
        for form, bound in self.bounds(at).items():
            checks.append(Check("expected", form, CERTIFICATE, str(at), bound, certificate, start=start, note=note))
            if "upper" in mine:
                low, high = mine["lower"].mean(axis=1), mine["upper"].mean(axis=1)
                row = Check("expected", form, INFIMUM, str(at), bound, high, start=start, lower_samples=low)
                checks.append(row)
        return checks

    def drawn(self, at: AtGuess, mine: Signals, times: Int[IntArray, "times"]) -> list[Curve]:
        """What is seen along the runs of one setting, and the bounds of the average over t."""
        return along_runs(at, mine, times, self.eps, self.bounds(at))

    def panels(self, grid: Grid[AtGuess], last: Signals) -> tuple[tuple[Panel, ...], list[Curve]]:
        """A panel for the runs of each setting; and one, with its curves, of the terms of the bounds at the last."""
        at, norm = grid.settings[-1], self.norm
        runs = tuple(run_panel(each, self.scale(each.scales), norm) for each in grid.settings)
        panel, curves = terms_of(at, last, self.eps, self.bounds(at), norm)
        return (*runs, replace(panel, title=runs[-1].title)), curves

    def controls(self) -> dict[str, Twin]:
        """What the end-to-end check can see."""
        text = "no model EMA: the certificate of x_t alone"
        last = self.twin(text, "model EMA", average="last iterate")
        return {"D/2": self.near(HALF, reach=0.5), "last iterate": last, **with_broken_learner(self, "no momentum")}
