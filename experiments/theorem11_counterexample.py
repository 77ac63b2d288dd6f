"""Theorem 11 as stated, for C much larger than G + sigma: objectives on which the infimum itself is too large."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from experiments.theorem11_stationarity import Theorem11, sampled_times, stationarity_over_eps
from experiments.words.algorithm import algorithm1
from experiments.words.along_runs import AtGuess
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Measurement, Statements, Twin
from experiments.words.evidence import CERTIFICATE, INFIMUM, Check, Curve, Evidence, Form, Panel
from experiments.words.grid import Grid
from experiments.words.numbers import log_grid
from experiments.words.problem import Context, Problem
from experiments.words.terms import GRADIENT
from foundation.arrays import Array, Float, Int, IntArray
from foundation.settings import setting
from objectives.base import Objective, Separable, Winding
from simulation.certificate import Certificate, Norm
from simulation.plan import Signals
from simulation.recording import recipe
from simulation.work import Work
from stationarity import measure_winding
from theory import adam_ema, sharpened

FORMS: tuple[Form, ...] = ("stated", "ours")
DRAWN = 125  # of the sampled times, in the figure
EARLY = 0.02  # of T: what is seen before, of the run and not of its average over a window, is not drawn
LEAST = 0.9  # of the median: what is less is not drawn, for the last steps, at the floor, would take the whole figure
ON_THE_WAY, AVERAGE = f"{INFIMUM}, on the way", "its average, start and floor included,"
SECONDS = 1e-3  # that a point takes, about, where each is measured by itself
GAP = 5e-4  # relative, that the certified search may leave open


@dataclass(frozen=True)
class Infima:
    """Certified lower and upper bounds of the infimum at points, over eps: low, high, shape (points,).

    On a separable objective each point is measured by itself; on one that winds, one proof serves all (the median's).
    """

    objective: Objective
    lam: float
    norm: Norm
    eps: float

    def __call__(self, points: Float[Array, "points dim"]) -> Signals:
        """Both bounds at each of the points."""
        if isinstance(self.objective, Separable):
            low, high = stationarity_over_eps(self.objective, points, self.lam, self.norm, self.eps)
            return {"low": low, "high": high}
        lower, upper = measure_winding(self.objective, points, self.lam, GAP)
        return {"low": lower / self.eps, "high": upper / self.eps}


@dataclass(frozen=True)
class Counterexample(Theorem11):
    r"""Measured: the infimum $\|\nabla F(\bar{x}_t)\|^{[\lambda]}$ over $\varepsilon$, averaged over many sampled $t$,
    one in each of as many equal parts of $1, \ldots, T$, at the theorem's own $\beta$, $D$ and $T$, without noise. A
    row is refuted if a certified lower bound of the infimum has a mean above the bound; the certified upper bound is
    $\|\nabla F(\bar{x}_t)\|$. The start may meet the bound: what is asked is whether the descent does. Near the floor
    the infimum is less, and at it 0, which costs the mean a hundredth.

    On a helix (objectives/helix.py) the gradient turns all the way down. A run that uses up $\Delta$ at $T$ has an
    average $\|\mathbb{E} \nabla F(y_t)\|$ of $\varepsilon$, as Lemma 7 says; but $\|\nabla F(\bar{x}_t)\|$ is longer,
    $\bar{x}_t$ being another point than the path's. What the infimum could gain by averaging gradients along the path,
    its second term charges in full, up to $\varepsilon/16$. In one dimension (objectives/dips.py), $|F'(\bar{x}_t)|$ is
    longer than the average while $F'$ dips below 0.

    The stated bound tends to $\varepsilon$ as $C$ grows, and fails. Sharper lemmas give it for $C \leq 12.2 (G +
    \sigma)$, where it holds here, too, and $(17/16 + 0.237 (G + \sigma)/C) \varepsilon$ for every $C \geq \varepsilon$
    (docs/sharper.md, The counterexample).
    """

    name: ClassVar[str] = "theorem11_counterexample"
    label: ClassVar[str] = "Theorem 11 (large C)"
    title: ClassVar[str] = "The infimum for C much larger than G + sigma"
    statements: ClassVar[Statements] = (adam_ema.theorem11_bound, sharpened.theorem11_bound)

    guess_ratios: tuple[float, ...] = setting((29.0, 12.0), "[0.1, 1e6]")
    noise_levels: tuple[float, ...] = setting((0.0,), "[0, 0]")
    runs: int = setting(8, "[2, 1e6]")
    times: int = setting(4000, "[1, 1e6]")
    share: float = 1.0  # of the theorem's T
    whole: bool = True  # whether the bounds have their terms in (G + sigma)/C

    def accepts(self, problem: Any) -> None:
        """An objective whose infimum can be certified from below at any point, and noise that can be switched off."""
        super().accepts(problem)
        self.require(isinstance(problem.objective, Separable | Winding), problem, "a separable or a winding objective")
        self.require(problem.noise.additive or problem.scales.sigma == 0, problem, "additive noise or none")

    def grid(self, problem: Problem, context: Context) -> Grid[AtGuess]:
        """The settings C = ratio G."""
        found, scales = [], problem.scales.with_noise(0.0)
        for ratio in self.guess_ratios:
            guess = ratio * scales.lipschitz
            beta, radius, whole = self.parameters(guess, self.lam, scales)
            steps = int(np.ceil(self.share * whole))
            found.append(AtGuess(guess, 0.0, scales, self.lam, float(beta), float(radius), steps))
        return Grid(tuple(found), self.runs)

    def left_out(self, problem: Problem, context: Context) -> tuple[str, ...]:
        """Nothing: every C is large here."""
        return ()

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """For each C the infimum against the stated bound and ours."""
        grid = self.grid(problem, context)
        beta, radius, lam, steps = (grid.column(name) for name in ("beta", "radius", "lam", "steps"))
        times = sampled_times(steps, self.times, context)
        probe = recipe(Certificate, beta=beta, lam=lam, norm=self.norm, samples=times)
        level = grid.column("level") if problem.noise.additive else None
        signals = yield algorithm1(problem, self.learner(radius, beta, False), steps, probe, noise_level=level)
        shape, points = signals["xbar"].shape[:2], signals["xbar"].reshape(-1, problem.scales.dim)
        infima = Infima(problem.objective, self.lam, self.norm, self.eps)
        ends = (yield Work(infima, points, SECONDS)) if isinstance(problem.objective, Separable) else infima(points)
        mine = {name: each.reshape(shape) for name, each in ends.items()} | {"share": times / steps[:, None]}
        mine["descent"] = signals["norm.mean"] / self.eps
        mine |= {name: signals[f"{name}.curve"] / self.eps for name in ("norm", "certificate")}
        every = log_grid(int(steps.max()))
        checks: list[Check] = []
        curves: list[Curve] = []
        for at, found in grid.split(mine):
            checks += self._rows(at, found)
            curves += self._lines(at, found, every)
        return Evidence(tuple(checks), tuple(curves), tuple(map(self._panel, grid.settings)))

    def _panel(self, at: AtGuess) -> Panel:
        """The panel of a setting."""
        axis, title = r"stationarity at $\bar x_t$ / $\varepsilon$", rf"$C = {at.guess / at.scales.lipschitz:.4g}\,G$"
        return Panel(self._where(at), "$t/T$", axis, "linear", "linear", title=title)

    def bounds(self, at: AtGuess) -> dict[Form, float]:
        """The theorem's and ours; eps alone where a control claims that."""
        return super().bounds(at) if self.whole else dict.fromkeys(FORMS, 1.0)

    def _rows(self, at: AtGuess, found: Signals) -> list[Check]:
        """The infimum against the stated bound and ours."""
        low, high, bounds = found["low"].mean(axis=1), found["high"].mean(axis=1), self.bounds(at)
        note = f"certified in [{low.mean():.5g}, {high.mean():.5g}]; avg ||E grad F(y)||/eps = "
        note += f"{found['descent'].mean():.5g}; T={at.steps}"
        return [
            Check("expected", form, INFIMUM, self._where(at), bounds[form], high, 0.0, None, low, note)
            for form in FORMS
        ]

    def _lines(self, at: AtGuess, found: Signals, steps: Int[IntArray, "times"]) -> list[Curve]:
        """The bracket of the infimum over t/T, what the proof bounds along the run, and both bounds of the theorem.

        The infimum is drawn on the way down only, its average is over all of T: with the floor, where the infimum is
        0, it lies below the curve. The certificate and the gradient of the average are seen at these steps, where the
        run is under way.
        """
        panel, every = self._where(at), slice(None, None, max(1, self.times // DRAWN))
        x, low, high = found["share"].mean(axis=0)[every], found["low"][:, every], found["high"][:, every]
        way = low.min(axis=0) >= LEAST * np.median(low)
        ends, bounds, seen = np.array([0.0, 1.0]), self.bounds(at), (steps >= EARLY * at.steps) & (steps <= at.steps)
        seen &= found["norm"].min(axis=0) >= LEAST * np.median(low)
        average = float(found["low"].mean())
        lines = [
            Curve(panel, ON_THE_WAY, "measured", x[way], *(f[:, way].mean(axis=0) for f in (low, low, high))),
            Curve(panel, f"{AVERAGE} {average:.4f}", "measured", ends, np.full(2, average)),
            *(
                Curve(panel, label, "measured", steps[seen] / at.steps, found[name][:, seen].mean(axis=0))
                for name, label in (("certificate", CERTIFICATE), ("norm", GRADIENT))
                if seen.any()
            ),
        ]
        return lines + [
            Curve(panel, f"{form} {bounds[form]:.4f}", "bound", ends, np.full(2, bounds[form]), form=form)
            for form in FORMS
        ]

    @staticmethod
    def _where(at: AtGuess) -> str:
        return f"C={at.guess:.4g} C/G={at.guess / at.scales.lipschitz:.4g}"

    def controls(self) -> dict[str, Twin]:
        """At the smallest C, where the stated bound holds: near misses, and a learner without momentum."""
        smallest = replace(self, guess_ratios=(min(self.guess_ratios),))
        early = smallest.near("stopped after half of T, before the descent is over", share=0.5)
        least = smallest.near("claims eps, without (G + sigma)/C", whole=False)
        return {"T/2": early, "eps": least, **with_broken_learner(smallest, "no momentum")}
