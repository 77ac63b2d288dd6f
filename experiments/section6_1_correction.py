"""Section 6.1: invariance to rescaling, and what bias correction does, on random gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import log_grid, mean_and_band
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from optimizers.base import Learner, Maker, Parameter
from optimizers.baselines import Adam
from optimizers.ftrl import DiscountedFTRL, clipped_adam, paper_learner

RADIUS = 1.0


def fading_gradients(problem: Problem, context: Context, beta: float, windows: int) -> Float[Array, "times runs dim"]:
    """The gradient at the start, fading over windows/(1-beta) steps, plus noise: shape (T, runs, dim)."""
    runs, steps, dim = context.effort.runs, int(np.ceil(windows / (1.0 - beta))), problem.scales.dim
    noise = problem.noise
    assert noise.additive
    raw = np.empty((runs, steps, noise.width(dim)))
    for run in range(runs):
        noise.fill(context.streams.generator(run, "noise"), raw[run])
    fade = np.exp(-np.arange(steps) * (1.0 - beta) / 10.0)[:, None, None]
    return fade * problem.objective.grad(problem.objective.start) + raw.swapaxes(0, 1) * noise.scale(dim)


def plays(learner: Learner, gradients: Float[Array, "times runs dim"]) -> Float[Array, "times runs dim"]:
    """z_2, ..., z_{T+1} for given gradients, each of shape (T, runs, dim)."""
    state, out = learner.init(gradients.shape[1:]), np.empty_like(gradients)
    for time, grad in enumerate(gradients):
        learner.update(state, grad)
        out[time] = learner.play(state)
    return out


def adam_with_epsilon(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """Adam with the usual 1e-8 in the denominator; a `Maker`."""
    return Adam(radius, beta, beta**2, 1e-8)


@dataclass(frozen=True)
class Rescaling(Claim):
    r"""stated, Section 6.1: Clipped Adam is invariant to rescaling the gradients of any coordinate by a positive
    constant.

    Measured: the largest difference of two plays over $D$: none where the constants are powers of two (the row allows
    $2^{-52}$), and up to rounding, at most $2^{-52} (1-\beta)^{-3/2}$, for any others.
    """

    name: ClassVar[str] = "section61_rescaling"
    label: ClassVar[str] = "Section 6.1"
    title: ClassVar[str] = "Change of clipped Adam's play when gradients are rescaled"

    beta: float = setting(0.99, "(0, 1)")
    windows: int = setting(30, "[1, 1e9]")  # T (1-beta)
    learner: Maker = paper_learner
    coordinatewise: bool = True
    late: float = 1.0  # of the factors, in the second half of the steps: constants only at 1

    def accepts(self, problem: Problem) -> None:
        """Any noise that is added."""
        super().accepts(problem)
        self.require(problem.noise.additive and problem.scales.sigma > 0, problem, "additive noise")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Two rows: powers of two, any factors."""
        gradients = fading_gradients(problem, context, self.beta, self.windows)
        rng, dim = context.streams.generator(0, "factors"), problem.scales.dim
        rounding = 2.0**-52
        rows = {
            "powers of two": (np.ldexp(1.0, rng.integers(-300, 300, dim)), rounding),
            "any factor": (10.0 ** rng.uniform(-8.0, 8.0, dim), rounding * (1.0 - self.beta) ** -1.5),
        }
        learner = self.learner(RADIUS, self.beta, self.coordinatewise)
        plain = plays(learner, gradients)
        quantity, times = "change of the play / D", log_grid(len(gradients))
        checks, lines, bounds = [], [], []
        for name, (factors, bound) in rows.items():
            seen = factors * gradients
            seen[len(seen) // 2 :] *= self.late
            change = np.abs(plays(learner, seen) - plain).max(axis=2) / RADIUS
            checks.append(Check("pathwise", "stated", quantity, name, bound, change.max(axis=0)))
            worst = np.maximum(change[times - 1].max(axis=1), 1e-17)
            lines.append(Curve("change", f"{name} (0 at the foot)", "measured", times, worst))
            line = np.full(2, bound)
            bounds.append(Curve("change", f"stated, {name}", "bound", times[[0, -1]], line, form="stated"))
        return Evidence(tuple(checks), (*lines, *bounds), (Panel("change", "$t$", "largest change of the play $/ D$"),))

    def controls(self) -> dict[str, Twin]:
        """One denominator for all coordinates; and Adam's epsilon."""
        epsilon = "Adam with epsilon = 1e-8 added to the denominator"
        return {
            "L2 ball": self.twin("beta-FTRL: one denominator for all coordinates", coordinatewise=False),
            "epsilon": self.twin(epsilon, learner=adam_with_epsilon),
            "x 1.1": self.near("factors that are no constants: a tenth larger in the second half", late=1.1),
        }


@dataclass(frozen=True)
class BiasCorrection(Claim):
    r"""stated, Section 6.1: Bias correction can be merged into $D$.

    ours, precisely: Bias correction multiplies the ratio inside the clip by $c_t = \sqrt{(1+\beta^t)/(1-\beta^t)}$, a
    factor that falls from $\sqrt{(1+\beta)/(1-\beta)}$ to 1, while the ball keeps its radius; so the play changes by at
    most $(c_t - 1) D$, which is $e^{-20} D$ after $20/(1-\beta)$ steps.

    Measured: run by run over all $t$, Adam with bias correction, clipped at $D$, against $c_t$ times the ratio (to
    rounding); its size over $D$; its change over $(c_t - 1) D$.
    """

    name: ClassVar[str] = "section61_correction"
    label: ClassVar[str] = "Section 6.1"
    title: ClassVar[str] = "Change of clipped Adam's play by bias correction"
    at_rest: ClassVar[bool] = True

    beta: float = setting(0.99, "(0, 1)")
    windows: int = setting(30, "[1, 1e9]")  # T (1-beta)
    merged: bool = False
    exponent: float | None = 2.0  # beta2 = beta1 to this power; None: 0.999

    def accepts(self, problem: Problem) -> None:
        """Any noise that is added."""
        super().accepts(problem)
        self.require(problem.noise.additive and problem.scales.sigma > 0, problem, "additive noise")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Three pathwise rows."""
        beta = self.beta
        gradients = fading_gradients(problem, context, beta, self.windows)
        time = np.arange(1, len(gradients) + 1)[:, None, None]
        factor = np.sqrt((1.0 + beta**time) / -np.expm1(time * np.log(beta)))  # c_t
        rate = RADIUS * np.sqrt((1.0 + beta) / (1.0 - beta))
        adam = plays(Adam(rate, beta, 0.999 if self.exponent is None else beta**self.exponent, 0.0), gradients)
        ratio = plays(DiscountedFTRL(RADIUS, beta, beta**2, True, clipped=False), gradients)
        plain = plays(clipped_adam(RADIUS, beta), gradients)
        corrected = factor * plain if self.merged else np.clip(adam, -RADIUS, RADIUS)
        literal = np.clip(factor * ratio, -RADIUS, RADIUS)
        change = np.abs(corrected - plain)
        rounding = 2.0**-52 * (1.0 - beta) ** -1.5
        share = np.maximum(change - rounding, 0.0) / np.maximum(factor - 1.0, rounding)
        samples = {
            "difference from c_t times the ratio / D": (np.abs(corrected - literal), rounding),
            "size of the play / D": (np.abs(corrected), 1.0),
            "change of the play / ((c_t - 1) D)": (share, 1.0),
        }
        checks = tuple(
            Check("pathwise", "ours", name, f"beta={beta:g}", bound, values.max(axis=(0, 2)) / RADIUS)
            for name, (values, bound) in samples.items()
        )
        times = log_grid(len(gradients))
        line, bound = mean_and_band(change[times - 1].max(axis=2).T + 1e-16), factor[times - 1, 0, 0] - 1.0 + 1e-16
        curves = (
            Curve("change", "by bias correction", "measured", times, *line),
            Curve("change", "ours $c_t - 1$", "bound", times, bound, form="ours"),
        )
        return Evidence(checks, curves, (Panel("change", "$t$", "change of the play $/ D$"),))

    def controls(self) -> dict[str, Twin]:
        """The remark taken literally; and discounts that do not match."""
        merged = "the correction merged into D: the radius is c_t D"
        return {
            "merged": self.twin(merged, merged=True),
            "beta2 = 0.999": self.twin("Adam's usual beta2 in place of beta1^2", "beta2 = beta1^2", exponent=None),
            "beta1^2.1": self.near("beta2 = beta1^2.1", "beta2 = beta1^2", exponent=2.1),
        }
