"""Theorems 11 and 18 with the output index drawn with other weights, and T without the start-up branch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from experiments.theorem11_stationarity import SAMPLED, Theorem11
from experiments.words.algorithm import algorithm1
from experiments.words.along_runs import AtGuess, run_panel
from experiments.words.claim import Measurement, Statements, Twin
from experiments.words.evidence import CERTIFICATE, INFIMUM, Check, Curve, Evidence, Form, Kind
from experiments.words.grid import Grid
from experiments.words.numbers import log_grid, mean_and_band
from experiments.words.problem import Context, Problem, Scales
from foundation.arrays import Array, Float, Int, IntArray
from foundation.settings import setting
from optimizers.scaling import Constant
from simulation.certificate import Undivided
from simulation.plan import Signals
from simulation.probes import Descent, Regret
from simulation.recording import recipe
from stationarity import Norm
from theory import adam_ema, output

MARGIN = 0.02  # of eps, fixed beforehand, within which both sides of the conversion must agree


@dataclass(frozen=True)
class WeightedOutput(Theorem11):
    r"""Measured: at these parameters, in units of $\varepsilon$, the weighted mean over $t$ of the certificate, and of
    the infimum at four times drawn with these weights, against our bound for any parameters at its $G$ and $\sigma$.
    And the conversion: the weighted mean of $\|\mathbb{E}_{y_t} \nabla F(y_t)\|$ less the share of the regrets against
    its bound; less the share of the noise and of $F(x_0) - F(x_T)$, too, it is 0 in expectation.
    """

    name: ClassVar[str] = "weighted_output"
    label: ClassVar[str] = "Theorem 11 (weighted output)"
    title: ClassVar[str] = "Stationarity of a weighted random output, without the start-up steps"
    statements: ClassVar[Statements] = (
        output.output_weights,
        output.theorem11_parameters,
        output.theorem11_bound,
        output.lemma07_bound,
        output.corollary12_order,
    )

    attained: bool = setting(False)  # whether runs end where F is lowest: without noise the conversion is an equality
    weights: Literal["telescoping", "uniform", "no rest"] = "telescoping"
    share: float = 1.0  # of T that is run

    def parameters(self, guess: float, lam: float, scales: Scales) -> adam_ema.Parameters:
        """Beta, D and the shorter T for C = guess."""
        return output.theorem11_parameters(self.eps, lam, guess, scales.gap)

    def sizes(self, scales: Scales) -> tuple[Float[Array, "coordinates"], Float[Array, "coordinates"]]:
        """The G_i and sigma_i of the bound: one each, G and sigma."""
        return np.array([scales.lipschitz]), np.array([scales.sigma])

    def bounds(self, at: AtGuess) -> dict[Form, float]:
        """Ours for any parameters, in units of eps, at the T that is claimed."""
        inputs = (at.lam, at.scales.gap, *self.sizes(at.scales), at.radius, at.beta, at.steps)
        return {"ours": float(output.guarantee_l1(*inputs)) / self.eps}

    def conversion(self, at: AtGuess) -> float:
        """The bound of the conversion without the regrets, in units of eps."""
        _, sigma = self.sizes(at.scales)
        return float(output.lemma17_bound(at.scales.gap, sigma.sum(), at.radius, at.beta, at.steps)) / self.eps

    def law(self, at: AtGuess, steps: int) -> Float[Array, "steps"]:
        """The weights of t = 1..T, in proportion."""
        if self.weights == "uniform":
            return np.ones(steps)
        found = output.output_weights(at.beta, steps)
        if self.weights == "no rest":
            found[-1] *= 1.0 - at.beta
        return found

    def times(self, grid: Grid[AtGuess], steps: Int[IntArray, "runs"], context: Context) -> Int[IntArray, "runs k"]:
        """A time in each of the strata of equal weight: unbiased for the weighted mean."""
        rng = context.streams.generator(0, "sampled times")
        shares = (np.arange(SAMPLED) + rng.random((len(steps), SAMPLED))) / SAMPLED
        found = []
        for i, at in enumerate(grid.settings):
            mine = slice(i * grid.runs, (i + 1) * grid.runs)
            weight = np.cumsum(self.law(at, int(steps[mine][0])))
            found.append(1 + np.searchsorted(weight[:-1] / weight[-1], shares[mine], side="right"))
        return np.concatenate(found)

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """For each setting: certificate and infimum, and the conversion as an inequality and as an identity."""
        grid = self.grid(problem, context)
        beta, radius, lam = (grid.column(name) for name in ("beta", "radius", "lam"))
        steps = np.ceil(self.share * grid.column("steps")).astype(np.int64)
        times = self.times(grid, steps, context)
        probes = (
            recipe(Undivided, beta=beta, lam=lam, norm=self.norm, samples=times),
            recipe(Regret, beta=beta, radius=radius, norm=self.norm),
            recipe(Descent, beta=beta),
        )
        learner = self.learner(radius, beta, self.coordinatewise)
        level = grid.column("level") if problem.noise.additive else None
        signals = yield algorithm1(problem, learner, steps, *probes, scaling=self.scaling, noise_level=level)

        signals = {**signals, "times": times, "ran": steps, **self._at_averages(problem, signals["xbar"])}
        start, checks, curves = self.start(problem), list[Check](), list[Curve]()
        for at, mine in grid.split(signals):
            checks += self.checks(at, mine, start)
            curves += self.drawn(replace(at, steps=int(mine["ran"][0])), mine, log_grid(int(steps.max())))
        panels = tuple(run_panel(at, self.scale(at.scales), self.norm) for at in grid.settings)
        return Evidence(tuple(checks), tuple(curves), panels)

    def drawn(self, at: AtGuess, mine: Signals, times: Int[IntArray, "times"]) -> list[Curve]:
        """The weighted mean, then Theorem 11's curves; at.steps: those that were run."""
        means = self.weighed(at, mine, CERTIFICATE)[:, None] / self.eps
        line = mean_and_band(np.repeat(means, 2, axis=1))
        label = f"weighted mean {line[0][0]:.3g}"
        return [Curve(str(at), label, "measured", np.array([0.0, 1.0]), *line), *super().drawn(at, mine, times)]

    def weighed(self, at: AtGuess, mine: Signals, name: str) -> Float[Array, "runs"]:
        """The weighted mean over t of the norm or the certificate, run by run."""
        if self.weights == "uniform":
            return mine[f"{name}.mean"]
        steps = int(mine["ran"][0])
        last = 1.0 if self.weights == "no rest" else 1.0 / (1.0 - at.beta)
        early = steps * mine[f"undivided_{name}.mean"] - mine[f"undivided_{name}.last"]
        whole = (1.0 - at.beta) * (early + last * mine[f"undivided_{name}.last"])
        return np.asarray(whole / self.law(at, steps).sum())

    def checks(self, at: AtGuess, mine: Signals, start: float | None) -> list[Check]:
        """The rows of one setting, from the signals of its runs."""
        certificate, norm = (self.weighed(at, mine, name) / self.eps for name in (CERTIFICATE, "norm"))
        way = at.radius * mine["ran"] * self.eps
        regret, noise = (
            (at.beta * mine[f"{name}.last"] + (1.0 - at.beta) * mine["ran"] * mine[f"{name}.mean"]) / way
            for name in ("regret", "noise")
        )
        (bound,), where = self.bounds(at).values(), str(at)
        windows, stated = (1.0 - at.beta) * at.steps, 12.0 * at.guess / self.eps
        note = f"(1-beta) T = {windows:.3g}; stated {max(windows, stated):.3g}"
        rows = [Check("expected", "ours", CERTIFICATE, where, bound, certificate, start=start, note=note)]
        if "upper" in mine:
            low, high = mine["lower"].mean(axis=1), mine["upper"].mean(axis=1)
            rows.append(Check("expected", "ours", INFIMUM, where, bound, high, start=start, lower_samples=low))
        rest, right = norm - regret, self.conversion(at)
        kind: Kind = "attained" if self.attained and not at.scales.sigma else "expected"
        rows.append(Check(kind, "ours", "gradient - regret", where, right, rest, MARGIN * (kind == "attained")))
        sides = rest - noise + mine["value.last"] / way
        rows.append(Check("identity", "ours", "conversion, difference of its sides", where, 0.0, sides, MARGIN))
        return rows

    def controls(self) -> dict[str, Twin]:
        """Other laws of the output's index, a shorter T, and a conversion without random scaling."""
        return {
            "uniform": self.twin("the index drawn uniformly from 1..T", weights="uniform"),
            "no rest": self.twin("weights 1-beta^t up to T, without the rest at T", weights="no rest"),
            "half of T": self.near("stopped at T/2", share=0.5),
            "a = 1": self.twin("no random scaling", "random scaling", scaling=Constant()),
        }


@dataclass(frozen=True)
class WeightedOutput18(WeightedOutput):
    r"""Measured: as with $\beta$-FTRL, in L1."""

    name: ClassVar[str] = "weighted_output_l1"
    label: ClassVar[str] = "Theorem 18 (weighted output)"
    title: ClassVar[str] = "Stationarity of a weighted random output of clipped Adam, in L1"
    statements = (
        output.theorem18_parameters,
        output.theorem18_bound,
        output.lemma17_bound,
        output.guarantee_l1,
    )
    coordinatewise: ClassVar[bool] = True
    norm: ClassVar[Norm] = "l1"

    def scale(self, scales: Scales) -> float:
        """||G + sigma||_1."""
        return scales.l1_scale

    def parameters(self, guess: float, lam: float, scales: Scales) -> adam_ema.Parameters:
        """The same with d lam in place of lam."""
        return output.theorem18_parameters(self.eps, lam, guess, scales.gap, scales.dim)

    def sizes(self, scales: Scales) -> tuple[Float[Array, "dim"], Float[Array, "dim"]]:
        """The G_i and sigma_i themselves."""
        return scales.coordinate_lipschitz, scales.coordinate_sigma
