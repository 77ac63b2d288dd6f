"""Corollary 19 and Section 6.3: what coordinate-wise adaptivity gains over one global step size, against d."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from experiments.corollary12_rates import MARGIN, STEEP, STEEP_ENOUGH, TARGET, number
from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import log_slope
from experiments.words.problem import Context, Problem, Scales
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.noise import Gaussian
from objectives.ramps import Ramp
from optimizers.ftrl import paper_learner
from simulation.engine import Setup
from simulation.hitting import HittingTime
from simulation.plan import Plan, Signals
from simulation.recording import Recipe, recipe
from theory import adam_ema, complexity


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
    plan: Callable[[Recipe], Plan], beta: Float[Array, "runs"], lasting: bool = False
) -> Generator[Plan, Signals, Float[Array, "runs"]]:
    """First t at which the running average of the L1 certificate is <= 2 eps, shape (runs,); inf if that is after T.

    plan: what is run, given the probe. beta: of the certificate's average. lasting: inf, too, where the average over
    1..T is above 2 eps again.
    """
    one = np.ones_like(beta)
    signals = yield plan(recipe(HittingTime, beta=beta, lam=one, target=TARGET * one, norm="l1", whole=lasting))
    hits = signals["hitting"]
    return np.where(signals["certificate.mean"] > TARGET, np.inf, hits) if lasting else hits


def _plan(setup: Setup, probe: Recipe) -> Plan:
    return Plan(setup, (probe,))


def hitting_times_of_all(
    problem: Problem, coordinatewise: bool, steps: int, runs: int
) -> Generator[Plan, Signals, Float[Array, "runs"]]:
    """The same at the theorem's own parameters, with twice as many steps while a run has not arrived, up to 8 times.

    Raises ArithmeticError if one has not arrived then.
    """
    beta, radius = own_parameters(problem.scales, coordinatewise)
    betas = np.full(runs, beta)
    learner = paper_learner(np.full(runs, radius), betas, coordinatewise)
    for horizon in (steps, 2 * steps, 4 * steps, 8 * steps):
        setup = Setup(problem.objective, problem.noise, learner, np.full(runs, horizon, np.int64))
        times = yield from hitting_times(partial(_plan, setup), betas)
        if np.isfinite(times).all():
            return times
    raise ArithmeticError(f"2 eps was not reached within {8 * steps} steps at d = {problem.scales.dim}")


@dataclass(frozen=True)
class Corollary19(Claim):
    r"""Measured: the hitting time of $\beta$-FTRL (at $C = \|G\|_2 + \|\sigma\|_2$, within $\sqrt{2}$ of
    $\|G+\sigma\|_2$) over that of clipped Adam, at the two theorems' own parameters, on ramps with Gaussian noise of
    which one coordinate carries all, or half, or no more than its share; its slope in $d$, against the slope of that
    factor. The hitting time is the first $t$ at which the average of the L1 certificate over $1, \ldots, t$ is $\leq 2
    \varepsilon$.

    A consistency check: the parameters fix the speed of both.
    """

    name: ClassVar[str] = "corollary19"
    label: ClassVar[str] = "Corollary 19"
    title: ClassVar[str] = "Gain of coordinate-wise adaptivity at the theorems' parameters, in d"
    statements = (complexity.corollary19_order, complexity.section63_baseline_order, complexity.coordinate_gain)

    share: float = setting(1.0, "[0, 1]")
    dims: tuple[int, ...] = setting((8, 16, 32), "[2, 1e5]", least=2)
    off: float = 0.0  # of the exponent
    actual: float | None = None  # the share that is run, where it is not the one that predicts

    def accepts(self, problem: Problem) -> None:
        """A ramp in one coordinate with Gaussian noise: its slope and sigma are shared out."""
        super().accepts(problem)
        one = isinstance(problem.objective, Ramp) and problem.objective.dim == 1
        noisy = isinstance(problem.noise, Gaussian) and problem.scales.sigma > 0
        self.require(one and noisy, problem, "a one-dimensional ramp with Gaussian noise")
        self.require(problem.scales.lipschitz >= STEEP, problem, STEEP_ENOUGH)

    def designs(self, problem: Problem, share: float) -> list[Design]:
        """A design for each d, which shares out the slope and the noise of the problem."""
        ramp, sigma = problem.objective, problem.scales.sigma
        assert isinstance(ramp, Ramp)
        slope, length = number(ramp, "slope"), number(ramp, "length")
        return [Design(dim, slope, sigma, length, share) for dim in self.dims]

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """One row: the slope, one sample a run."""
        runs, gains = context.effort.gain_runs, np.empty((len(self.dims), context.effort.gain_runs))
        for row, design in enumerate(self.designs(problem, self.share if self.actual is None else self.actual)):
            where, times = design.problem(), []
            for coordinatewise in (False, True):
                beta, radius = own_parameters(where.scales, coordinatewise)
                cross = design.length / radius * (1.0 if coordinatewise else np.sqrt(design.dim))
                steps = int(design.slope * (1.05 * cross + 1.0 / (1.0 - beta)) / (TARGET - 0.1))
                times.append((yield from hitting_times_of_all(where, coordinatewise, steps, runs)))
            gains[row] = times[0] / times[1]

        predicting = [design.problem().scales for design in self.designs(problem, self.share)]
        scales = [each.coordinate_lipschitz + each.coordinate_sigma for each in predicting]
        stated = np.array([float(complexity.coordinate_gain(scale)) for scale in scales])
        dims, median = np.asarray(self.dims, float), np.median(gains, axis=1)
        slopes, expected = log_slope(dims, gains), float(log_slope(dims, stated)) + self.off
        each = (f"{g:.3g} (d={d}; {s:.3g} stated)" for d, g, s in zip(self.dims, median, stated, strict=True))
        note = f"a consistency check; gains {', '.join(each)}"
        quantity, which = "slope of the gain in d", f"share={self.share:g}"
        check = Check("rate", "stated", quantity, which, expected, slopes, MARGIN, note=note)
        curves = (
            Curve("gain", "measured", "measured", dims, median, gains.min(1), gains.max(1)),
            Curve("gain", r"stated $d\,(\|\cdot\|_2/\|\cdot\|_1)^2$", "bound", dims, stated, form="stated"),
        )
        axis = r"steps of $\beta$-FTRL / steps of clipped Adam"
        return Evidence((check,), curves, (Panel("gain", "$d$", axis, kind="rates", slope=expected),))

    def controls(self) -> dict[str, Twin]:
        """The other extreme, held against this one's prediction, and another exponent."""
        near = {"exponent + 1/2": self.near("an exponent that is larger by 1/2", off=0.5)}
        if self.share == 0:
            return {"uneven": self.twin("one coordinate carries all the noise", actual=1.0), **near}
        return {"all alike": self.twin("all coordinates are alike", actual=0.0), **near}
