"""Theorem 11 as C grows: without noise, Algorithm 1 becomes a flow, on which Lemma 7 is an equality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.theorem11_stationarity import TOLERANCE, stationarity_over_eps
from experiments.words.algorithm import algorithm1
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.grid import Grid
from experiments.words.problem import Context, Problem, Scales
from foundation.arrays import Array, Float
from foundation.fingerprint import remembered
from foundation.settings import setting
from objectives.base import Separable
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.certificate import Certificate
from simulation.limit import Flow, flow
from simulation.plan import Signals
from simulation.probes import Descent, Regret
from simulation.recording import recipe
from theory import adam_ema, limit, sharpened

REACH = 0.25  # D/(1-beta) at Theorem 11's parameters, eps = lam = 1
TIMES = 24  # sampled, one in each of as many strata of [0, windows]


remembered_flow = remembered(flow)  # claim and controls compare with the same


@dataclass(frozen=True)
class AtGuess:
    """Theorem 11's beta and D for a C, the steps of the windows, and the standard deviation of their path."""

    guess: float
    beta: float
    radius: float
    steps: int
    scatter: float

    def __str__(self) -> str:
        return f"C={self.guess:g}"


@dataclass(frozen=True)
class Limit(Claim):
    r"""Measured: without noise, at Theorem 11's $\beta$ and $D$ for growing $C$ $(\varepsilon = \lambda = 1)$, over a
    fixed number of windows $1/(1-\beta)$: $\|\mathbb{E} \nabla F(y_t)\|$ averaged over $t$, and $\|\nabla
    F(\bar{x}_t)\|$ averaged over sampled $t$, against the same of the flow, which an ordinary solver integrates; the
    descent over $r_0 \tau$ against what Lemma 7's equality makes of $\|m\|$; the distance of $\bar{x}_t$ from the
    flow's, root mean square over sampled $t$; and, in one dimension, the certified infimum at the sampled $\bar{x}_t$
    against that at the flow's.

    Margins, fixed beforehand. In $N$ windows the steps add up to a path of $N r_0$ with standard deviation $s = r_0
    \sqrt{N (1-\beta)} = r_0 \sqrt{N}/(10 C)$: distances are looked for within $2 s$, and averages within $L s$, for so
    much gradients change with the way, although their means differ by less. The margin of Lemma 7's equality is what
    Theorem 9 leaves to the regret.
    """

    name: ClassVar[str] = "limit"
    label: ClassVar[str] = "Theorem 11 (limit)"
    title: ClassVar[str] = "Algorithm 1 for large C against its limit, a flow"
    statements = (limit.limit_descent, limit.limit_spread)

    guesses: tuple[float, ...] = setting((4.0, 8.0, 16.0), "[1, 1e6]", least=2)  # C
    windows: int = setting(12, "[1, 1e6]")
    learner: Maker = paper_learner
    stretch: float = 1.0  # of D
    memory: float = 1.0  # of the averages, in windows

    def accepts(self, problem: Problem) -> None:
        """Smooth, and noise that can be switched off."""
        super().accepts(problem)
        self.require(np.isfinite(problem.objective.constants.smoothness), problem, "a smooth objective")
        self.require(problem.noise.additive or problem.scales.sigma == 0, problem, "additive noise or none")

    def grid(self, problem: Problem, context: Context) -> Grid[AtGuess]:
        """One setting for each C."""
        found = []
        for guess in self.guesses:
            beta, radius, _ = (float(part) for part in adam_ema.theorem11_parameters(1.0, 1.0, guess, 1.0))
            scatter = REACH * float(np.sqrt(self.windows * (1.0 - beta)))
            found.append(AtGuess(guess, beta, radius, round(self.windows / (1.0 - beta)), scatter))
        return Grid(tuple(found), context.effort.slope_runs)

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """All C side by side, then row by row against the flow."""
        grid = self.grid(problem, context)
        beta, radius, steps = (grid.column(name) for name in ("beta", "radius", "steps"))
        strata = np.arange(TIMES) + context.streams.generator(0, "sampled times").random(TIMES)
        taus = strata * (self.windows / TIMES)
        times = np.maximum(1, np.rint(taus / (1.0 - beta[:, None])).astype(np.int64))
        window = 1.0 - (1.0 - beta) / self.memory
        probes = (
            recipe(Certificate, beta=window, lam=np.ones_like(beta), samples=np.minimum(times, steps[:, None])),
            recipe(Regret, beta=beta, radius=radius),
            recipe(Descent, beta=beta),
        )
        learner = self.learner(self.stretch * radius, beta, False)
        level = np.zeros_like(beta) if problem.noise.additive else None
        signals = yield algorithm1(problem, learner, steps, *probes, noise_level=level)

        ideal = remembered_flow(problem.objective, REACH, np.append(taus, float(self.windows)))
        away = np.linalg.norm(signals["xbar"] - ideal.xbar[:-1], axis=2)
        signals = {**signals, "away": np.sqrt(np.square(away).mean(axis=1))}
        checks: list[Check] = []
        for at, mine in grid.split(signals):
            checks += self._averages(problem, at, mine, ideal)
            checks.append(self._equality(at, mine, problem.scales))
            checks.append(Check("expected", "ours", "|xbar_t - flow| / s", str(at), 2.0, mine["away"] / at.scatter))
        if isinstance(problem.objective, Separable) and problem.scales.dim == 1:
            checks.append(self._infimum(problem, grid, signals, ideal))
        return Evidence(tuple(checks), self._curves(problem, grid, signals, ideal), _PANELS)

    def _averages(self, problem: Problem, at: AtGuess, mine: Signals, ideal: Flow) -> list[Check]:
        """Of the norm of the average gradient, and of the gradient at the average point."""
        note = f"the solver's error is below {ideal.error:.1e}"
        norm = ideal.norm_mean[-1]
        slope = _sizes(problem, ideal.xbar[:-1]).mean()
        slopes = _sizes(problem, mine["xbar"]).mean(axis=1)
        margin = at.scatter * problem.objective.constants.smoothness
        return [
            Check("identity", "ours", "||E grad F(y_t)||", str(at), float(norm), mine["norm.mean"], margin, note=note),
            Check("identity", "ours", "||grad F(xbar_t)||", str(at), float(slope), slopes, margin),
        ]

    def _equality(self, at: AtGuess, mine: Signals, scales: Scales) -> Check:
        """Lemma 7's: descent over r0 tau less what it is in the limit, 0."""
        rate, horizon = 1.0 - at.beta, at.steps * (1.0 - at.beta)
        told = limit.limit_descent(REACH, horizon * rate * mine["pull.mean"], rate * mine["pull.last"])
        samples = (-mine["value.last"] - told) / (REACH * horizon)
        regret = float(sharpened.equation1(1.0, scales.lipschitz, 0.0, at.beta))
        margin = regret * (at.beta / at.steps + rate)
        return Check("identity", "ours", "descent - Lemma 7's equality", str(at), 0.0, samples, margin)

    def _infimum(self, problem: Problem, grid: Grid[AtGuess], signals: Signals, ideal: Flow) -> Check:
        """At the largest C, and in the note what it exceeds ||E grad F(y_t)|| by in the limit."""
        at, mine = max(grid.split(signals), key=lambda pair: pair[0].guess)
        own, theirs = (_infima(problem, points).mean(axis=-1) for points in (ideal.xbar[:-1], mine["xbar"]))
        note = f"the flow's averages: infimum {own:.4f}, ||E grad F(y)|| {ideal.norm_mean[-1]:.4f}"
        margin = at.scatter * problem.objective.constants.smoothness + TOLERANCE * max(float(own), 1.0)
        return Check("identity", "ours", "infimum", str(at), float(own), theirs, margin, note=note)

    def _curves(self, problem: Problem, grid: Grid[AtGuess], signals: Signals, ideal: Flow) -> tuple[Curve, ...]:
        guesses = np.array([at.guess for at in grid.settings])
        scatter = np.array([at.scatter for at in grid.settings])
        off = np.abs(grid.rows(signals["norm.mean"]).mean(axis=1) - ideal.norm_mean[-1])
        away = grid.rows(signals["away"])
        band = away.mean(axis=1), away.min(axis=1), away.max(axis=1)
        margin = problem.objective.constants.smoothness * scatter
        return (
            Curve(
                "limit",
                r"average of $\|\mathbb{E}\,\nabla F(y_t)\|$",
                "measured",
                guesses,
                np.maximum(off, ideal.error),
            ),
            Curve("limit", r"$\bar x_t$", "measured", guesses, *band),
            Curve("limit", "ours $L s$", "bound", guesses, margin, form="ours"),
            Curve("limit", "ours $2 s$", "bound", guesses, 2.0 * scatter, form="ours"),
        )

    def controls(self) -> dict[str, Twin]:
        """Near misses of what moves and of what averages, and broken learners."""
        return {
            "twice D": self.near("D twice as large", stretch=2.0),
            "long EMA": self.near("the model EMA twice as long", "model EMA", memory=2.0),
            **with_broken_learner(self, "no clip", "no momentum", "long momentum"),
        }


_PANELS = (Panel("limit", "$C$", "difference from the flow"),)


def _sizes(problem: Problem, points: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """||grad F|| at points of any batch."""
    return np.linalg.norm(problem.objective.grad(points), axis=-1)


def _infima(problem: Problem, points: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """The middle of the certified bracket of the measure, lam = 1."""
    lower, upper = stationarity_over_eps(problem.objective, points, 1.0, "l2", 1.0)
    return 0.5 * (lower + upper)
