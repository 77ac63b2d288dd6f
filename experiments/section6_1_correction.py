"""Section 6.1: invariance to rescaling, and what bias correction does, on random gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.base import Array, Claim, Context, Problem, band, setting, thin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from optimizers.base import ALARM, Learner
from optimizers.baselines import Adam
from optimizers.ftrl import DiscountedFTRL, beta_ftrl, clipped_adam

RADIUS = 1.0


def _plays(learner: Learner, gradients: Array) -> Array:
    """z_2, ..., z_{T+1} for gradients of shape (T, runs, dim)."""
    state, out = learner.init(gradients.shape[1:]), np.empty_like(gradients)
    with ALARM.arm():
        for grad, play in zip(gradients, out, strict=True):
            learner.update(state, grad)
            learner.play(state, play)
    return out


@dataclass(frozen=True)
class Sequence(Claim):
    """Base: learners on gradients g = mean + noise of the problem, at its start."""

    beta: float = setting(0.99)
    windows: int = setting(30)

    def __post_init__(self) -> None:
        if not 0 < self.beta < 1:
            raise ValueError(f"case.settings.beta = {self.beta}: must lie in (0, 1)")
        if self.windows < 1:
            raise ValueError(f"case.settings.windows = {self.windows}: must be >= 1")

    def accepts(self, problem: Problem) -> None:
        """Any noise that is added."""
        super().accepts(problem)
        if not problem.noise.additive or not problem.scales.sigma > 0:
            raise ValueError(f"problem = {problem.name}: {self.name} needs additive noise")

    def gradients(self, problem: Problem, context: Context) -> Array:
        """Shape (T, runs, dim): the gradient at the start, fading over time, plus noise."""
        runs, steps = context.effort.runs, int(np.ceil(self.windows / (1.0 - self.beta)))
        dim = problem.scales.dim
        raw = np.empty((runs, steps, problem.noise.width(dim)))
        for run in range(runs):
            problem.noise.fill(context.streams.generator(run, "noise"), raw[run])
        fade = np.exp(-np.arange(steps) * (1.0 - self.beta) / 10.0)[:, None, None]
        return fade * problem.objective.grad(problem.objective.start) + raw.swapaxes(0, 1) * problem.noise.scale(dim)


@dataclass(frozen=True)
class Rescaling(Sequence):
    """clipped Adam is invariant to rescaling the gradients of any coordinate by a positive constant: bit for bit where
    the constant is a power of two, and up to rounding, here at most 2^-52 (1-beta)^{-3/2} D, for any other. Measured:
    the largest difference of two plays over D."""

    name: ClassVar[str] = "section61_rescaling"
    label: ClassVar[str] = "Section 6.1"
    title: ClassVar[str] = "clipped Adam: rescaling, clip, bias correction"

    learner: str = "clipped Adam"

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Two rows: powers of two, any factors."""
        gradients = self.gradients(problem, context)
        rng = context.streams.generator(0, "factors")
        powers = np.ldexp(1.0, rng.integers(-300, 300, problem.scales.dim))
        factors = 10.0 ** rng.uniform(-8.0, 8.0, problem.scales.dim)
        learners: dict[str, Learner] = {
            "clipped Adam": clipped_adam(RADIUS, self.beta),
            "ball": beta_ftrl(RADIUS, self.beta),
            "epsilon": Adam(RADIUS, self.beta, self.beta**2, 1e-8),
        }
        learner = learners[self.learner]
        plain = _plays(learner, gradients)
        change = [np.abs(_plays(learner, f * gradients) - plain).max(axis=2) / RADIUS for f in (powers, factors)]
        one, many = 2.0**-52, 2.0**-52 * (1.0 - self.beta) ** -1.5
        quantity, grid = "change of the play / D", thin(len(gradients))
        rows = (("powers of two", one, change[0]), ("any factor", many, change[1]))
        checks = tuple(
            Check("pathwise", "stated", quantity, name, bound, values.max(axis=0)) for name, bound, values in rows
        )
        curves = [
            Curve(
                "change",
                f"{name} (0 drawn as 1e-17)",
                "measured",
                grid,
                np.maximum(values[grid - 1].max(axis=1), 1e-17),
            )
            for name, _, values in rows
        ]
        ends = grid[[0, -1]]
        curves += [Curve("change", f"bound: {name}", "bound", ends, np.full(2, bound)) for name, bound, _ in rows]
        return Evidence(checks, tuple(curves), (Panel("change", "t", quantity),))

    def controls(self) -> dict[str, tuple[str, Self]]:
        """One denominator for all coordinates; and Adam's epsilon."""
        return {
            "L2 ball": ("beta-FTRL: one denominator for all coordinates", replace(self, learner="ball")),
            "epsilon": ("Adam with epsilon = 1e-8 added to the denominator", replace(self, learner="epsilon")),
        }


@dataclass(frozen=True)
class BiasCorrection(Sequence):
    """The paper remarks that bias correction can be merged into D. Precisely (ours): with it the ratio inside the clip
    is multiplied by c_t = sqrt((1+beta^t)/(1-beta^t)), a factor that falls from sqrt((1+beta)/(1-beta)) to 1, while the
    ball keeps its radius; so that the play changes by at most (c_t - 1) D, which is e^{-20} D after 20/(1-beta) steps.
    Measured, run by run over all t: Adam with bias correction, clipped at D, against c_t times the ratio (to
    rounding); its size over D; its change over (c_t - 1) D."""

    name: ClassVar[str] = "section61_correction"
    label: ClassVar[str] = "Section 6.1"
    title: ClassVar[str] = "clipped Adam: rescaling, clip, bias correction"

    merged: bool = False
    matched: bool = True

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Three pathwise rows."""
        gradients, beta = self.gradients(problem, context), self.beta
        time = np.arange(1, len(gradients) + 1)[:, None, None]
        factor = np.sqrt((1.0 + beta**time) / -np.expm1(time * np.log(beta)))
        rate = RADIUS * np.sqrt((1.0 + beta) / (1.0 - beta))
        adam = _plays(Adam(rate, beta, beta**2 if self.matched else 0.999, 0.0), gradients)
        ratio = _plays(DiscountedFTRL(RADIUS, beta, beta**2, True, clipped=False), gradients)
        plain = _plays(clipped_adam(RADIUS, beta), gradients)
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
        grid = thin(len(gradients))
        curves = (
            Curve("change", "|corrected - plain| / D", "measured", grid, *band(change[grid - 1].max(axis=2).T + 1e-16)),
            Curve("change", "c_t - 1", "bound", grid, factor[grid - 1, 0, 0] - 1.0 + 1e-16),
        )
        return Evidence(checks, curves, (Panel("change", "t", "change of the play / D"),))

    def controls(self) -> dict[str, tuple[str, Self]]:
        """The remark taken literally; and discounts that do not match."""
        return {
            "merged": ("the correction merged into D: the radius is c_t D", replace(self, merged=True)),
            "beta2 = 0.999": ("Adam's usual beta2 in place of beta1^2", replace(self, matched=False)),
        }
