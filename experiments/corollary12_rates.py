"""Corollaries 12 and 13: how the number of steps grows with eps, lam, C and Delta."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from experiments.algorithm import AlgorithmClaim
from experiments.base import Array, Context, Problem, setting, slope
from experiments.words.evidence import Check, Curve, Evidence, Panel
from objectives.ramps import EasedRamp, Ramp
from simulation.engine import Setup, simulate
from simulation.hitting import HittingTime
from simulation.recording import recipe
from theory import adam_ema

SLOPES: dict[str, float] = {
    "eps": -3.5,
    "eps, start-up": -3.0,
    "eps, lam = L^2/eps": -4.0,
    "eps, lam = H/2": -3.5,
    "lam": 0.5,
    "C": 2.0,
    "Delta": 1.0,
}
MARGIN = 0.1  # of a slope, fixed beforehand
RUNS = 16  # without noise runs differ by their step scaling only
TARGET = 2.0  # (1 + (G+sigma)/C) at C = G+sigma


@dataclass(frozen=True)
class Point:
    """One point of a sweep: value of what is swept, objective, target 2 eps, lam, and what is run: beta, D, T."""

    value: float
    objective: Any
    eps: float
    lam: float
    beta: float
    radius: float
    steps: int


def point(value: float, objective: Any, eps: float, lam: float, accuracy: float, guess: float) -> Point:
    """A point at Theorem 11's beta, D and T for the accuracy and C = guess."""
    beta, radius, steps = adam_ema.theorem11_parameters(accuracy, lam, guess, objective.constants.gap)
    return Point(value, objective, eps, lam, float(beta), float(radius), int(steps))


def _enough(point: Point) -> int:
    """Steps within which every run hits: on a ramp the certificates add up to Delta/D and what the start-up adds."""
    beta, radius, constants = point.beta, point.radius, point.objective.constants
    spread = point.lam * (radius / (1.0 - beta)) ** 2
    total = constants.gap / radius * (1.0 + spread / constants.lipschitz) + 2.0 * constants.lipschitz / (1.0 - beta)
    # on the floor gradients are exactly 0 and the learner coasts at full speed: the spread stays
    below = max(TARGET * point.eps - spread, 0.25 * TARGET * point.eps)
    return int(np.ceil(1.3 * total / below))


@dataclass(frozen=True)
class Corollary12(AlgorithmClaim):
    """With C = G + sigma, T = O(max{(G+sigma)^2 Delta lam^{1/2} eps^{-7/2}, (G+sigma)^3 eps^{-3}}). Measured on a ramp
    without noise: the first t at which the average of the certificate over 1..t is <= 2 eps, at Theorem 11's own beta
    and D, and its slope in log-log coordinates over a factor of 4 (Delta ~ eps^{1/2} for the start-up branch). A
    consistency check of code and bound: at these parameters the exponents follow from beta and D almost by
    construction; they say nothing about tuned parameters."""

    name: ClassVar[str] = "corollary12"
    label: ClassVar[str] = "Corollary 12"
    title: ClassVar[str] = "Rates of convergence"

    sweep: str = setting("eps")
    factors: tuple[float, ...] = setting((1.0, 2.0**0.5, 2.0, 8.0**0.5, 4.0))
    frozen: bool = False

    def __post_init__(self) -> None:
        if self.sweep not in SLOPES:
            raise ValueError(f"case.settings.sweep = {self.sweep!r}: must be one of {', '.join(SLOPES)}")
        if len(self.factors) < 2 or not all(1.0 <= f < np.inf for f in self.factors):
            raise ValueError(f"case.settings.factors = {self.factors}: two or more, each finite and >= 1")

    def accepts(self, problem: Problem) -> None:
        """A ramp in one coordinate, without noise."""
        super().accepts(problem)
        if (
            not isinstance(problem.objective, (Ramp, EasedRamp))
            or problem.objective.dim != 1
            or problem.scales.sigma > 0
        ):
            raise ValueError(f"problem = {problem.name}: {self.name} needs a one-dimensional ramp without noise")
        if problem.objective.constants.lipschitz < 3.0:
            raise ValueError(f"problem = {problem.name}: slope must be >= 3, or the start is stationary already")

    @property
    def expected(self) -> float:
        """The slope that the paper says."""
        return SLOPES[self.sweep]

    @property
    def order(self) -> str:
        """Whether that slope is the order of the lower bound, too; the start-up branch has none."""
        return ", the lower bound's order" if self.sweep != "eps, start-up" else ""

    def points(self, problem: Problem) -> list[Point]:
        """eps falls, or lam, C or Delta grow, by the factors; else eps = lam = 1 and the problem's own."""
        found = [self._point(problem.objective, factor) for factor in self.factors]
        if self.frozen:
            return [replace(p, beta=found[0].beta, radius=found[0].radius) for p in found]
        return found

    def _point(self, ramp: Any, factor: float) -> Point:
        eps, lam, longer = 1.0, 1.0, ramp
        if self.sweep.startswith("eps"):
            eps = 1.0 / factor
        if self.sweep == "eps, start-up":  # D/(1-beta) shrinks like eps^{1/2}, and the ramp with it
            longer = replace(ramp, length=ramp.length * eps**0.5)
        if self.sweep == "eps, lam = L^2/eps":
            lam = ramp.constants.smoothness**2 / eps
        if self.sweep == "eps, lam = H/2":
            lam = ramp.constants.hessian_lipschitz / 2.0
        if self.sweep == "lam":
            lam = factor
        if self.sweep == "C":  # the same Delta
            longer = replace(ramp, slope=factor * ramp.slope, length=ramp.length / factor)
        if self.sweep == "Delta":
            longer = replace(ramp, length=factor * ramp.length)
        value = eps if self.sweep.startswith("eps") else factor
        return point(value, longer, eps, lam, eps, longer.constants.lipschitz)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row: the slope, one sample a run."""
        points = self.points(problem)
        hits = self._hitting(problem, points, context)
        value = np.array([p.value for p in points])
        bound = np.array([float(p.steps) for p in points])
        slopes, expected = slope(value, hits), self.expected
        note = f"a consistency check; slope of the theorem's T: {slope(value, bound):.3f}"
        quantity, where = "slope of the hitting time", f"in {self.sweep}"
        check = Check("rate", "stated", quantity, where, expected, slopes, MARGIN, note=note)
        name = self.sweep.split(",")[0]
        curves = (
            Curve(
                "rate", "hitting time of 2 eps", "measured", value, np.median(hits, axis=1), hits.min(1), hits.max(1)
            ),
            Curve("rate", "T of Theorem 11", "bound", value, bound),
            Curve(
                "rate",
                f"slope {expected:g}{self.order}",
                "bound",
                value,
                hits[0].mean() * (value / value[0]) ** expected,
            ),
        )
        return Evidence((check,), curves, (Panel("rate", f"{name} (eps = lam = 1 elsewhere)", "steps"),))

    def _hitting(self, problem: Problem, points: list[Point], context: Context) -> Array:
        """Hitting times, shape (points, runs); points on the same objective run side by side."""
        hits = np.empty((len(points), RUNS))
        for objective in dict.fromkeys(p.objective for p in points):
            mine = [i for i, p in enumerate(points) if p.objective == objective]
            hits[mine] = self._race(objective, problem.noise, [points[i] for i in mine], context)
        for p, row in zip(points, hits, strict=True):
            if not np.isfinite(row).all():
                raise ArithmeticError(f"2 eps was not reached within {_enough(p)} steps at {self.sweep} = {p.value:g}")
        return hits

    def _race(self, objective: Any, noise: Any, points: list[Point], context: Context) -> Array:
        table = np.array([[p.beta, p.radius, p.lam, TARGET * p.eps] for p in points])
        beta, radius, lam, target = np.repeat(table, RUNS, axis=0).T
        steps = np.repeat(np.array([_enough(p) for p in points], np.int64), RUNS)
        setup = Setup(objective, noise, self.learner(radius, beta, self.coordinatewise), steps, self.scaling)
        found = simulate(setup, [recipe(HittingTime, beta=beta, lam=lam, target=target)], context.streams)
        return found["hitting"].reshape(len(points), RUNS)

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Hyper-parameters that do not follow the sweep."""
        return {"frozen": ("beta and D of the first point throughout", replace(self, frozen=True))}


@dataclass(frozen=True)
class Corollary13(Corollary12):
    """With lam = L^2/eps on an L-smooth F, T = O((G+sigma)^2 Delta L eps^{-4}); with lam = H/2 the rate is that of
    Corollary 12 in eps, eps^{-7/2}; Lemma 4 turns both into ||grad F|| = O(eps). Measured as in Corollary 12, over a
    factor of 3, on a ramp with a smooth corner, and with lam = H/2 on one whose corner has an H: a consistency check
    again."""

    name: ClassVar[str] = "corollary13"
    label: ClassVar[str] = "Corollary 13"
    title: ClassVar[str] = "The rate for smooth objectives"

    sweep: str = setting("eps, lam = L^2/eps")

    def accepts(self, problem: Problem) -> None:
        """A ramp with a corner, whose Hessian is Lipschitz if lam = H/2."""
        super().accepts(problem)
        constants = problem.objective.constants
        if not np.isfinite(constants.smoothness):
            raise ValueError(f"problem = {problem.name}: {self.name} needs a finite L: corner must be > 0")
        if self.sweep == "eps, lam = H/2" and not np.isfinite(constants.hessian_lipschitz):
            raise ValueError(f"problem = {problem.name}: {self.name} needs a finite H for lam = H/2: an eased_ramp")
