"""Corollaries 12 and 13: how the number of steps grows with eps, lam, C and Delta."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from experiments.words.claim import Claim, Measurement, Statements, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.grid import Grid
from experiments.words.numbers import log_slope
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.noise import Noise
from objectives.ramps import EasedRamp, Ramp
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.engine import Setup
from simulation.hitting import HittingTime
from simulation.plan import Plan, Signals
from simulation.recording import recipe
from theory import adam_ema, complexity

MARGIN = 0.1  # of a slope, fixed beforehand
TARGET = 2.0  # of eps: (1 + (G+sigma)/C) at C = G+sigma
STEEP = 3.0  # the least slope of a ramp: above the target with room to spare
STEEP_ENOUGH = f"slope >= {STEEP:g}, or the start is stationary already"

Sweep = Literal["eps", "eps, start-up", "eps, lam = L^2/eps", "eps, lam = H/2", "lam", "C", "Delta"]
SYMBOLS = {"eps": r"$\varepsilon$", "lam": r"$\lambda$", "C": r"$C = G$", "Delta": r"$\Delta$"}
EXPONENTS: dict[Sweep, float] = {
    "eps": complexity.COROLLARY12.eps,
    "eps, start-up": complexity.COROLLARY12_START_UP.eps,
    "eps, lam = L^2/eps": complexity.COROLLARY13_SMOOTH.eps,
    "eps, lam = H/2": complexity.COROLLARY13_HESSIAN.eps,
    "lam": complexity.COROLLARY12.lam,
    "C": complexity.COROLLARY12.scale,
    "Delta": complexity.COROLLARY12.gap,
}


@dataclass(frozen=True)
class Swept:
    """One setting of a sweep: the value of what is swept, the objective, eps, lam, and Theorem 11's beta, D and T."""

    value: float
    objective: Ramp | EasedRamp
    eps: float
    lam: float
    beta: float
    radius: float
    steps: int

    @property
    def enough(self) -> int:
        """Steps within which every run hits 2 eps: the certificates add up to Delta/D and what the start-up adds."""
        beta, radius, constants = self.beta, self.radius, self.objective.constants
        spread = self.lam * (radius / (1.0 - beta)) ** 2
        total = constants.gap / radius * (1.0 + spread / constants.lipschitz) + 2.0 * constants.lipschitz / (1.0 - beta)
        # on the floor gradients are exactly 0 and the learner coasts at full speed: the spread stays
        below = max(TARGET * self.eps - spread, 0.25 * TARGET * self.eps)
        return int(np.ceil(1.3 * total / below))


def at_theorem11(
    value: float, objective: Ramp | EasedRamp, eps: float, lam: float, accuracy: float, guess: float
) -> Swept:
    """The setting at Theorem 11's parameters for this accuracy and C = guess."""
    beta, radius, steps = adam_ema.theorem11_parameters(accuracy, lam, guess, objective.constants.gap)
    return Swept(value, objective, eps, lam, float(beta), float(radius), int(steps))


def number(ramp: Ramp | EasedRamp, name: str) -> float:
    """A parameter of a ramp in one coordinate."""
    return float(ramp.vector(name)[0])


def steeper(ramp: Ramp | EasedRamp, factor: float) -> Ramp | EasedRamp:
    """The ramp with a larger slope and the same Delta."""
    return replace(ramp, slope=factor * number(ramp, "slope"), length=number(ramp, "length") / factor)


def first_hits(
    learner: Maker, noise: Noise, swept: Sequence[Swept], runs: int
) -> Generator[Plan, Signals, Float[Array, "settings runs"]]:
    """First t at which the average of the certificate over 1..t is <= 2 eps, shape (settings, runs); inf if too late.

    Settings on the same objective run side by side.
    """
    hits = np.empty((len(swept), runs))
    for objective in dict.fromkeys(each.objective for each in swept):
        mine = [i for i, each in enumerate(swept) if each.objective == objective]
        grid = Grid(tuple(swept[i] for i in mine), runs)
        beta, radius, lam, eps, steps = (grid.column(name) for name in ("beta", "radius", "lam", "eps", "enough"))
        probe = recipe(HittingTime, beta=beta, lam=lam, target=TARGET * eps)
        signals = yield Plan(Setup(objective, noise, learner(radius, beta, False), steps), (probe,))
        hits[mine] = grid.rows(signals["hitting"])
    return hits


@dataclass(frozen=True)
class Corollary12(Claim):
    r"""Measured: on a ramp without noise, the first $t$ at which the average of the certificate over $1, \ldots, t$ is
    $\leq 2 \varepsilon$, at Theorem 11's own $\beta$ and $D$ for $C = G + \sigma$; its slope in log-log coordinates,
    over a factor of 4 in most sweeps ($\Delta \sim \varepsilon^{1/2}$ for the start-up branch).

    A consistency check of code and bound: at these parameters the exponents follow from $\beta$ and $D$ almost by
    construction; they say nothing about tuned parameters.
    """

    name: ClassVar[str] = "corollary12"
    label: ClassVar[str] = "Corollary 12"
    title: ClassVar[str] = "Hitting time on a ramp, in eps, lam, C and Delta"
    statements: ClassVar[Statements] = (complexity.corollary12_order,)

    sweep: Sweep = setting("eps")
    factors: tuple[float, ...] = setting((1.0, 2.0**0.5, 2.0, 8.0**0.5, 4.0), "[1, 1e6]", least=2)
    frozen: bool = False
    off: float = 0.0  # of the exponent

    def accepts(self, problem: Problem) -> None:
        """A ramp in one coordinate, without noise."""
        super().accepts(problem)
        ramp = isinstance(problem.objective, Ramp | EasedRamp) and problem.objective.dim == 1
        self.require(ramp and problem.scales.sigma == 0, problem, "a one-dimensional ramp without noise")
        self.require(problem.scales.lipschitz >= STEEP, problem, STEEP_ENOUGH)

    @property
    def learner(self) -> Maker:
        """What is run."""
        return paper_learner

    @property
    def expected(self) -> float:
        """The slope that the paper says."""
        return EXPONENTS[self.sweep]

    @property
    def order(self) -> str:
        """Whether that slope is the order of the lower bound, too; the start-up branch has none."""
        return ", as the lower bound" if self.sweep != "eps, start-up" else ""

    def swept(self, ramp: Ramp | EasedRamp, factor: float) -> Swept:
        """The sweep at a factor: eps falls, or lam, C or Delta grow by it; else eps = lam = 1 and the problem's own."""
        value, eps, lam = factor, 1.0, 1.0
        if self.sweep.startswith("eps"):
            value = eps = 1.0 / factor
        match self.sweep:
            case "eps, start-up":  # D/(1-beta) shrinks like eps^{1/2}, and the ramp with it
                ramp = replace(ramp, length=number(ramp, "length") * eps**0.5)
            case "eps, lam = L^2/eps":
                lam = ramp.constants.smoothness**2 / eps
            case "eps, lam = H/2":
                lam = ramp.constants.hessian_lipschitz / 2.0
            case "lam":
                lam = factor
            case "C":
                ramp = steeper(ramp, factor)
            case "Delta":
                ramp = replace(ramp, length=factor * number(ramp, "length"))
        return at_theorem11(value, ramp, eps, lam, eps, ramp.constants.lipschitz)

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """One row: the slope, one sample a run."""
        ramp = problem.objective
        assert isinstance(ramp, Ramp | EasedRamp)
        swept = [self.swept(ramp, factor) for factor in self.factors]
        if self.frozen:
            swept = [replace(each, beta=swept[0].beta, radius=swept[0].radius) for each in swept]
        hits = yield from first_hits(self.learner, problem.noise, swept, context.effort.slope_runs)
        for each, times in zip(swept, hits, strict=True):
            if not np.isfinite(times).all():
                late = f"2 eps was not reached within {each.enough} steps"
                raise ArithmeticError(f"{late} at {self.sweep} = {each.value:g}")

        value, bound = np.array([each.value for each in swept]), np.array([float(each.steps) for each in swept])
        slopes, expected = log_slope(value, hits), self.expected + self.off
        note = f"a consistency check; slope of the theorem's T: {log_slope(value, bound):.3f}"
        quantity, where = "slope of the hitting time", f"in {self.sweep}"
        check = Check("rate", "stated", quantity, where, expected, slopes, MARGIN, note=note)
        line = np.median(hits, axis=1), hits.min(1), hits.max(1)
        power = hits[0].mean() * (value / value[0]) ** expected
        curves = (
            Curve("rate", r"first average $\leq 2\varepsilon$", "measured", value, *line),
            Curve("rate", "stated $T$ of Theorem 11", "bound", value, bound, form="stated"),
            Curve("rate", rf"slope ${expected:.3g}${self.order}", "bound", value, power, form="ours"),
        )
        panel = Panel("rate", SYMBOLS[self.sweep.split(",")[0]], "steps", kind="rates", slope=expected)
        return Evidence((check,), curves, (panel,))

    def controls(self) -> dict[str, Twin]:
        """Hyper-parameters that do not follow the sweep, and another exponent."""
        return {
            "frozen": self.twin("beta and D of the first point throughout", frozen=True),
            "exponent + 1/2": self.near("an exponent that is larger by 1/2", off=0.5),
        }


@dataclass(frozen=True)
class Corollary13(Corollary12):
    r"""Measured: as in Corollary 12, over a factor of 3, with $\lambda = L^2/\varepsilon$ on a ramp with a smooth
    corner, and with $\lambda = H/2$ on one whose corner has an $H$. A consistency check again."""

    name: ClassVar[str] = "corollary13"
    label: ClassVar[str] = "Corollary 13"
    title: ClassVar[str] = "Hitting time on ramps with a smooth corner, in eps"
    statements = (complexity.corollary13_smooth_order, complexity.corollary13_hessian_order)

    sweep: Sweep = setting("eps, lam = L^2/eps")

    def accepts(self, problem: Problem) -> None:
        """A ramp with a corner, whose Hessian is Lipschitz if lam = H/2."""
        super().accepts(problem)
        constants = problem.objective.constants
        self.require(np.isfinite(constants.smoothness), problem, "a finite L: corner must be > 0")
        fulfilled = self.sweep != "eps, lam = H/2" or np.isfinite(constants.hessian_lipschitz)
        self.require(fulfilled, problem, "a finite H for lam = H/2: an eased_ramp")
