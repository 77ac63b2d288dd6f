"""Lemma 4: at a stationary point of a smooth objective the gradient is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from experiments.words.numbers import sample_points
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.base import Constants, Separable
from stationarity import measure as stationarity
from theory import adam_ema, sharpened

POINTS = 16  # a run
TARGETS = (0.1, 0.32, 0.5, 0.8 + 1e-9, 1.0 + 1e-9)  # eps/G; 0.8: where the tent attains 5/4


def largest_up_to(
    levels: Float[Array, "levels"], measures: Float[Array, "points"], sizes: Float[Array, "points"]
) -> Float[Array, "levels"]:
    """The largest size among points whose measure is at most a level, 0 if there is none; shape (levels,)."""
    order = np.argsort(measures, kind="stable")
    highest = np.append(0.0, np.maximum.accumulate(sizes[order]))
    return np.asarray(highest[np.searchsorted(measures[order], levels, side="right")])


@dataclass(frozen=True)
class Lemma04(Claim):
    r"""Measured: the largest $\|\nabla F(x)\|/\varepsilon$ among sampled points whose certified upper bound of the
    measure at that $\lambda$ is $\leq \varepsilon$, over five $\varepsilon$ from $G/10$ to $G$."""

    name: ClassVar[str] = "lemma04"
    label: ClassVar[str] = "Lemma 4"
    title: ClassVar[str] = "The gradient at stationary points of smooth objectives"
    statements = (
        adam_ema.lemma04_smooth,
        sharpened.lemma04_smooth,
        adam_ema.lemma04_hessian,
        sharpened.lemma04_hessian,
    )

    assumption: Literal["smooth", "hessian"] = setting("smooth")
    share: float = 1.0  # of lam that is required
    targets: tuple[float, ...] = TARGETS

    def accepts(self, problem: Problem) -> None:
        """Separable objectives with a finite L or H."""
        super().accepts(problem)
        constants = problem.objective.constants
        what, size = ("L", constants.smoothness) if self.assumption == "smooth" else ("H", constants.hessian_lipschitz)
        fulfilled = isinstance(problem.objective, Separable) and np.isfinite(size)
        self.require(fulfilled, problem, f"a separable objective with a finite {what}")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row a form: the largest gradient at a stationary point."""
        objective, constants = problem.objective, problem.objective.constants
        x = sample_points(problem, context, POINTS)
        flat, size = x.reshape(-1, x.shape[-1]), np.linalg.norm(objective.grad(x), axis=-1)
        worst, count = np.zeros(len(x)), 0
        measures, sizes = [], []
        for target in self.targets:
            eps = target * constants.lipschitz
            lam = self.share * self._lam(constants, eps)
            upper = stationarity(objective, flat, lam, "l2", 1e-6, eps).upper.reshape(size.shape)
            stationary = upper <= eps
            count += int(stationary.sum())
            worst = np.maximum(worst, np.where(stationary, size, 0.0).max(axis=1) / eps)
            measures.append((upper / eps).ravel())
            sizes.append((size / eps).ravel())
        levels = np.linspace(0.0, 2.0, 161)
        profile = largest_up_to(levels, np.concatenate(measures), np.concatenate(sizes))
        checks, curves = [], [Curve("gradient", "largest of the sampled points", "measured", levels, profile)]
        note = f"{count} of {size.size * len(self.targets)} points are stationary"
        where, ends = "lam = L^2/eps" if self.assumption == "smooth" else "lam = H/2", np.array([0.0, 1.0])
        for form, bound in self._bounds().items():
            checks.append(Check("pathwise", form, "||grad F(x)||/eps", where, bound, worst, note=note))
            curves.append(Curve("gradient", f"{form} {bound:.3g}", "bound", ends, np.full(2, bound), form=form))
        measure = r"$\|\nabla F(x)\|^{[\lambda]} / \varepsilon$ (certified from above)"
        panel = Panel("gradient", measure, r"$\|\nabla F(x)\| / \varepsilon$", "linear", "linear")
        return Evidence(tuple(checks), tuple(curves), (panel,))

    def _lam(self, constants: Constants, eps: float) -> float:
        """The lam at which x must be (lam, eps)-stationary."""
        return constants.smoothness**2 / eps if self.assumption == "smooth" else constants.hessian_lipschitz / 2.0

    def _bounds(self) -> dict[Form, float]:
        """||grad F(x)||/eps, by whose bound it is."""
        mine = self.statements[:2] if self.assumption == "smooth" else self.statements[2:]
        stated, ours = (float(bound(1.0)) for bound in mine)
        return {"stated": stated, "ours": ours}

    def controls(self) -> dict[str, Twin]:
        """A weight that lets too many points be stationary."""
        return {
            "lam x 0.9": self.near("lam a tenth too small, at an eps at which that tells", share=0.9, targets=(0.79,)),
            "small lam": self.twin("lam ten times too small: for the stated 2, which is loose", share=0.1),
        }
