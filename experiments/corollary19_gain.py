"""Corollary 19 and Section 6.3: what coordinate-wise adaptivity gains over one global step size, against d."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from experiments.algorithm import AlgorithmClaim
from experiments.base import Array, Context, Problem, Scales, setting, slope
from experiments.corollary12_rates import MARGIN, TARGET
from experiments.words.evidence import Check, Curve, Evidence, Panel
from objectives.noise import Gaussian
from objectives.ramps import Ramp
from simulation.engine import Setup, simulate
from simulation.hitting import HittingTime
from simulation.recording import recipe
from theory import adam_ema
from theory.complexity import coordinate_gain

RUNS = 8


@dataclass(frozen=True)
class Design:
    """d coordinates that share a slope of `slope` and a noise of `noise` (L1 norms) unevenly.

    share = 1: coordinate 1 is nothing but noise, the others are gentle ramps without noise; 0: all are alike.
    """

    dim: int
    slope: float
    noise: float
    length: float
    share: float

    def problem(self) -> Problem:
        """Ramps of the same length, Gaussian noise."""
        others = np.full(self.dim, 1.0)
        slopes = (1.0 - self.share) * self.slope / self.dim * others
        slopes[1:] += self.share * self.slope / (self.dim - 1)
        sigma = (1.0 - self.share) * self.noise / self.dim * others
        sigma[0] += self.share * self.noise
        objective = Ramp(self.dim, slope=tuple(slopes), length=self.length)
        return Problem("design", objective, Gaussian(coordinate_sigma=tuple(sigma)))


def own_parameters(scales: Scales, coordinatewise: bool) -> tuple[float, float]:
    """(beta, D) for (1, 1)-L1-stationarity: Theorem 18's, or Theorem 11's through Lemma 16 at C = ||G|| + ||sigma||."""
    if coordinatewise:
        beta, radius, _ = adam_ema.theorem18_parameters(1.0, 1.0, scales.l1_scale, scales.gap, scales.dim)
    else:
        lam, eps = adam_ema.lemma16(1.0, 1.0, scales.dim)
        beta, radius, _ = adam_ema.theorem11_parameters(eps, lam, scales.lipschitz + scales.sigma, scales.gap)
    return float(beta), float(radius)


def hitting_times(
    problem: Problem, learner: Any, beta: Array, steps: int, context: Context, first_run: int = 0, lasting: bool = False
) -> Array:
    """First t at which the running average of the L1 certificate is <= 2 eps, shape (runs,); inf if after T.

    lasting: inf, too, where the average over 1..T is above 2 eps again.
    """
    one, horizon = np.ones_like(beta), np.full(len(beta), steps, np.int64)
    setup = Setup(problem.objective, problem.noise, learner, horizon, numbers=first_run + np.arange(len(beta)))
    probe = recipe(HittingTime, beta=beta, lam=one, target=TARGET * one, norm="l1", whole=lasting)
    found = simulate(setup, [probe], context.streams)
    return np.where(found["certificate.mean"] > TARGET, np.inf, found["hitting"]) if lasting else found["hitting"]


@dataclass(frozen=True)
class Corollary19(AlgorithmClaim):
    """With C = ||G+sigma||_1 clipped Adam needs T = O(||G+sigma||_1^2 Delta d^{1/2} lam^{1/2} eps^{-7/2}) steps to
    L1-stationarity; without coordinate-wise adaptivity, Corollary 12 through Lemma 16 needs
    O(||G+sigma||_2^2 Delta d^{3/2} ...): more by d (||.||_2/||.||_1)^2, which is d where one coordinate carries the
    scale and 1 where all are alike. Measured: the ratio of the hitting times of 2 eps at the two theorems' own
    parameters, and its slope in d, against the slope of that factor (beta-FTRL's own C is
    ||G||_2 + ||sigma||_2, within sqrt 2). A consistency check: the parameters fix the speed of both."""

    name: ClassVar[str] = "corollary19"
    label: ClassVar[str] = "Corollary 19"
    title: ClassVar[str] = "The gain of coordinate-wise adaptivity"

    share: float = setting(1.0)
    dims: tuple[int, ...] = setting((8, 16, 32))
    actual: float = -1.0  # a control's share, if not negative

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"case.settings.share = {self.share}: must lie in [0, 1]")
        if len(self.dims) < 2 or not all(isinstance(d, int) and d >= 2 for d in self.dims):
            raise ValueError(f"case.settings.dims = {self.dims}: two or more integers >= 2")

    def accepts(self, problem: Problem) -> None:
        """A ramp in one coordinate with Gaussian noise: its slope and sigma are shared out."""
        super().accepts(problem)
        one = isinstance(problem.objective, Ramp) and problem.objective.dim == 1
        if not one or not isinstance(problem.noise, Gaussian) or not problem.scales.sigma > 0:
            raise ValueError(f"problem = {problem.name}: {self.name} needs a one-dimensional ramp with Gaussian noise")
        if problem.objective.constants.lipschitz < 3.0:
            raise ValueError(f"problem = {problem.name}: slope must be >= 3, or the start is stationary already")

    def designs(self, problem: Problem) -> list[Design]:
        """One for each d."""
        ramp, sigma = problem.objective, problem.scales.sigma
        share = self.share if self.actual < 0 else self.actual
        slope, length = float(ramp.vector("slope")[0]), float(ramp.vector("length")[0])
        return [Design(d, slope, sigma, length, share) for d in self.dims]

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row: the slope, one sample a run."""
        gains = np.array([self._gain(design, context) for design in self.designs(problem)])
        intended = [replace(design, share=self.share).problem().scales for design in self.designs(problem)]
        stated = np.array([float(coordinate_gain(s.coordinate_lipschitz + s.coordinate_sigma)) for s in intended])
        dims = np.asarray(self.dims, float)
        slopes, expected = slope(dims, gains), float(slope(dims, stated))
        pairs = zip(self.dims, np.median(gains, axis=1), stated, strict=True)
        note = "a consistency check; gains " + ", ".join(f"{g:.3g} (d={d}; {s:.3g} stated)" for d, g, s in pairs)
        check = Check(
            "rate", "stated", "slope of the gain in d", f"share={self.share:g}", expected, slopes, MARGIN, note=note
        )
        curves = (
            Curve("gain", "measured", "measured", dims, np.median(gains, axis=1), gains.min(1), gains.max(1)),
            Curve("gain", "d (|.|_2/|.|_1)^2", "bound", dims, stated),
        )
        return Evidence((check,), curves, (Panel("gain", "d", "steps of beta-FTRL / steps of clipped Adam"),))

    def _gain(self, design: Design, context: Context) -> Array:
        """Hitting time of beta-FTRL over that of clipped Adam, shape (runs,)."""
        problem = design.problem()
        times = []
        for coordinatewise in (False, True):
            beta, radius = own_parameters(problem.scales, coordinatewise)
            cross = design.length / radius * (1.0 if coordinatewise else np.sqrt(design.dim))
            steps = int(design.slope * (1.05 * cross + 1.0 / (1.0 - beta)) / (TARGET - 0.1))
            times.append(self._times(problem, coordinatewise, beta, radius, steps, context))
        return times[0] / times[1]

    def _times(
        self, problem: Problem, coordinatewise: bool, beta: float, radius: float, steps: int, context: Context
    ) -> Array:
        """Hitting times of the runs; twice as many steps while one has not arrived."""
        betas = np.full(RUNS, beta)
        learner = self.learner(np.full(RUNS, radius), betas, coordinatewise)
        for _ in range(4):
            found = hitting_times(problem, learner, betas, steps, context)
            if np.isfinite(found).all():
                return found
            steps *= 2
        raise ArithmeticError(f"2 eps was not reached within {steps // 2} steps at d = {problem.scales.dim}")

    def controls(self) -> dict[str, tuple[str, Self]]:
        """The other extreme, held against this one's prediction."""
        if self.share == 0:
            return {"uneven": ("one coordinate carries all the noise", replace(self, actual=1.0))}
        return {"all alike": ("all coordinates are alike", replace(self, actual=0.0))}
