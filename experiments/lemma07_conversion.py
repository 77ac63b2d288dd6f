"""Lemmas 7 and 17: the discounted-to-nonconvex conversion, whole, and its ledger term by term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.algorithm import Free, FreeClaim, algorithm1
from experiments.words.claim import Measurement, Statements, Twin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from experiments.words.numbers import log_grid, mean_and_band
from experiments.words.problem import Context, Problem
from experiments.words.terms import DESCENT, REGRET, bars
from foundation.arrays import Array, Float
from foundation.ranges import Numbers
from foundation.settings import setting
from optimizers.scaling import Constant, Exponential
from simulation.certificate import Certificate
from simulation.plan import Signals
from simulation.probes import Descent, Regret
from simulation.recording import recipe
from theory import adam_ema, ledger, sharpened


@dataclass(frozen=True)
class Lemma07(FreeClaim):
    r"""Measured: the left side minus the share of the regrets, $(1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) +
    (1-\beta) \sum_t \mathbb{E} \mathrm{Regret}_t(u_t)]$, against the rest of the right side; and, in units of $D T G$,
    the comparator, noise and last terms of the proof, each against its bound, and the descent, $-(F(x_T) - F(x_0))$,
    against $\Delta$, run by run.

    Rows of the last term are vacuous, for no control can be rejected on them: $\beta \mathbb{E} \langle S^g_T,
    u_T\rangle$ is at most $D \sigma/\sqrt{1-\beta^2}$, since the part of the true gradients, $-D \|S^F_T\|$, is not
    positive; and no $u$ of the ball, of either sign, gives more than the $D (G + \sigma)/(1-\beta)$ that the proof
    allows.
    """

    name: ClassVar[str] = "lemma07"
    label: ClassVar[str] = "Lemma 7"
    title: ClassVar[str] = "Discounted-to-nonconvex conversion (L2), whole and term by term"
    statements: ClassVar[Statements] = (
        adam_ema.lemma07_bound,
        sharpened.lemma07_bound,
        ledger.lemma07_ledger,
    )

    radius_factor: float | None = setting(None, "(0, 1e6]")  # D in units of Delta/G, in place of `reach`
    shares: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of Delta, G and sigma that are claimed
    rooted: bool = True  # whether the noise term has sqrt(1-beta), not 1-beta

    def radius(self, problem: Problem, beta: float) -> float:
        """D: `radius_factor` Delta/G if that is set."""
        if self.radius_factor is None:
            return super().radius(problem, beta)
        return self.radius_factor * problem.scales.gap / problem.scales.lipschitz

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """Two rows of the whole inequality and four of the ledger for each beta."""
        grid, norm = self.grid(problem, context), "l1" if self.coordinatewise else "l2"
        beta, radius, steps = (grid.column(name) for name in ("beta", "radius", "steps"))
        probes = (
            recipe(Certificate, beta=beta, lam=np.ones_like(beta), norm=norm),
            recipe(Regret, beta=beta, radius=radius, norm=norm),
            recipe(Descent, beta=beta),
        )
        learner = self.learner(radius, beta, self.coordinatewise)
        signals = yield algorithm1(problem, learner, steps, *probes, scaling=self.scaling)

        times = log_grid(int(steps.max()))
        checks, curves, panels = [], [], list[Panel]()
        for at, mine in grid.split(signals):
            where, seen = str(at), times <= at.steps
            bounds, way = self.bounds(problem, at), at.radius * at.steps
            weight = (1.0 - at.beta) * at.steps
            bracket = at.beta * mine["regret.last"] + weight * mine["regret.mean"]
            rest = mine["norm.mean"] - bracket / way
            checks += [Check("expected", form, "gradient - regret", where, b, rest) for form, b in bounds.items()]
            checks += self.ledger(problem, at, mine)
            average, ends = float(mine["norm.mean"].mean()), np.array([0.0, 1.0])
            line = mean_and_band(mine["norm.curve"][:, seen])
            curves.append(Curve(where, "along the run", "measured", times[seen] / at.steps, *line))
            curves.append(Curve(where, f"its average {average:.3g}", "measured", ends, np.full(2, average)))
            for form, bound in bounds.items():
                right = bound + float(bracket.mean()) / way  # with the regrets that were measured
                curves.append(Curve(where, f"{form} {right:.3g}", "bound", ends, np.full(2, right), form=form))
            curves += self._bars(problem, at, mine, float(bracket.mean()), len(panels))
            panels.append(Panel(where, "$t/T$", self._axis, "linear", "linear", title=rf"$\beta = {at.beta:g}$"))
        names = tuple(f"{who}, {panel.title}" for panel in panels for who in ("measured", "proved"))
        terms = Panel("terms", "terms", f"average over $t$ of {self._axis}", "linear", "linear", "terms", names=names)
        return Evidence(tuple(checks), tuple(curves), (*panels, terms))

    @property
    def _axis(self) -> str:
        """What the lemma bounds, as it is written in a figure."""
        return r"$\|\mathbb{E}\,\nabla F(y_t)\|_1$" if self.coordinatewise else r"$\|\mathbb{E}\,\nabla F(y_t)\|$"

    def _bars(self, problem: Problem, at: Free, mine: Signals, bracket: float, number: int) -> list[Curve]:
        """Two bars: the terms of the proof as measured, which add up to the gradient, and what each is bounded by."""
        gap, lipschitz, sigma = self.constants(problem)
        way = at.radius * at.steps
        found = {name: float(value.mean()) for name, value in self._terms(at, mine).items()}
        bounds = {name: float(bound) for name, bound in self._claims(lipschitz, sigma, at).items()}
        measured = {DESCENT: -float(mine["value.last"].mean()), REGRET: bracket, **found}
        proved = {DESCENT: gap, REGRET: bracket, **bounds}
        return bars("terms", 2 * number, measured, way) + bars("terms", 2 * number + 1, proved, way, "proved")

    def constants(self, problem: Problem) -> tuple[float, float, float]:
        """(Delta, G, sigma) in the norm at hand, as claimed."""
        s = problem.scales
        return self._claimed(s.gap, s.lipschitz, s.sigma)

    def _claimed(self, gap: float, lipschitz: float, sigma: float) -> tuple[float, float, float]:
        return self.shares[0] * gap, self.shares[1] * lipschitz, self.shares[2] * sigma

    def bounds(self, problem: Problem, at: Free) -> dict[Form, float]:
        """The right side without the regrets, by whose it is."""
        inputs = (*self.constants(problem), at.radius, at.beta, at.steps)
        return {"stated": float(adam_ema.lemma07_bound(*inputs)), "ours": float(sharpened.lemma07_bound(*inputs))}

    def ledger(self, problem: Problem, at: Free, mine: Signals) -> list[Check]:
        """Each term of the proof against its bound, in units of D T G."""
        (gap, lipschitz, sigma), where = self.constants(problem), str(at)
        unit = at.radius * at.steps * lipschitz / self.shares[1]
        bounds = self._claims(lipschitz, sigma, at)
        rows = [
            Check("expected", "proved", f"ledger: {term}", where, float(bounds[term]) / unit, value / unit)
            for term, value in self._terms(at, mine).items()
            if bounds[term] > 0  # without noise there is no noise term
        ]
        descent = Check("pathwise", "proved", "ledger: descent", where, gap / unit, -mine["value.last"] / unit)
        return [descent, *rows]

    def _claims(self, lipschitz: float, sigma: float, at: Free) -> dict[str, Numbers]:
        """What bounds each of the proof's terms, times D T."""
        bounds = ledger.lemma07_ledger(lipschitz, sigma, at.radius, at.beta, at.steps)
        if not self.rooted:
            bounds["noise"] *= np.sqrt(1.0 - at.beta)
        return bounds

    def _terms(self, at: Free, mine: Signals) -> dict[str, Float[Array, "runs"]]:
        """Each of them as measured."""
        beta, radius, steps = at.beta, at.radius, at.steps
        return {
            "comparator": radius * steps * (mine["norm.mean"] - (1.0 - beta) * mine["pull.mean"]),
            "noise": (1.0 - beta) * steps * mine["noise.mean"],
            "last": beta * (mine["noise.last"] - radius * mine["pull.last"]),
        }

    def controls(self) -> dict[str, Twin]:
        """Other step scalings break the conversion; constants that are not the problem's break the ledger."""
        half = "exponential scaling of mean 0.5: half the descent that is charged"
        return {
            "a = 1": self.twin("no random scaling", "random scaling", scaling=Constant()),
            "mean 0.5": self.twin(half, "random scaling", scaling=Exponential(0.5)),
            "Delta/1.5": self.near("claims Delta/1.5", shares=(1.0 / 1.5, 1.0, 1.0)),
            "G/1.5": self.near("claims G/1.5", shares=(1.0, 1.0 / 1.5, 1.0)),
            "sigma/1.5": self.near("claims sigma/1.5", shares=(1.0, 1.0, 1.0 / 1.5)),
            "no root": self.near("1-beta in the place of sqrt(1-beta) in the noise term", rooted=False),
        }


@dataclass(frozen=True)
class Lemma17(Lemma07):
    r"""Measured: as in Lemma 7, with $\|.\|_1$ in place of $\|.\|_2$ and the regrets added over coordinates."""

    name: ClassVar[str] = "lemma17"
    label: ClassVar[str] = "Lemma 17"
    title: ClassVar[str] = "Discounted-to-nonconvex conversion (L1), whole and term by term"
    statements = (adam_ema.lemma17_bound, sharpened.lemma17_bound, ledger.lemma17_ledger)

    coordinatewise: bool = True

    def constants(self, problem: Problem) -> tuple[float, float, float]:
        """(Delta, ||G||_1, ||sigma||_1), as claimed."""
        s = problem.scales
        lipschitz, sigma = float(s.coordinate_lipschitz.sum()), float(s.coordinate_sigma.sum())
        return self._claimed(s.gap, lipschitz, sigma)

    def bounds(self, problem: Problem, at: Free) -> dict[Form, float]:
        """The right side without the regrets, by whose it is; the paper's has ||G + sigma||_1."""
        gap, lipschitz, sigma = self.constants(problem)
        choice = (at.radius, at.beta, at.steps)
        return {
            "stated": float(adam_ema.lemma17_bound(gap, lipschitz + sigma, sigma, *choice)),
            "ours": float(sharpened.lemma17_bound(gap, lipschitz, sigma, *choice)),
        }
