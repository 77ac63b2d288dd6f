"""Lemma 4: at a stationary point of a smooth objective the gradient is small."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from experiments.base import Array, Claim, Context, Problem, around, setting
from experiments.words.evidence import Check, Curve, Evidence, Form, Panel
from objectives.base import Separable
from stationarity import measure as stationarity
from theory import adam_ema, sharpened

POINTS = 16  # a run
TARGETS = (0.1, 0.32, 0.5, 0.8 + 1e-9, 1.0 + 1e-9)  # eps/G; 0.8: where the tent attains 5/4


@dataclass(frozen=True)
class Lemma04(Claim):
    """If F is L-smooth, ||grad F(x)|| <= 2 eps at every (L^2/eps, eps)-stationary x; if its Hessian is H-Lipschitz, at
    every (H/2, eps)-stationary x. Ours: 5/4 eps and 1 eps, both attained. Measured: the largest ||grad F(x)||/eps among
    sampled points whose certified upper bound of the measure is <= eps, over five eps from G/10 to G."""

    name: ClassVar[str] = "lemma04"
    label: ClassVar[str] = "Lemma 4"
    title: ClassVar[str] = "Stationary points of smooth objectives have small gradients"

    case: Literal["smooth", "hessian"] = setting("smooth")
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.case not in ("smooth", "hessian"):
            raise ValueError(f"case.settings.case = {self.case!r}: must be 'smooth' or 'hessian'")

    def accepts(self, problem: Problem) -> None:
        """Separable objectives with a finite L or H."""
        super().accepts(problem)
        constants = problem.objective.constants
        finite = np.isfinite(constants.smoothness if self.case == "smooth" else constants.hessian_lipschitz)
        if not isinstance(problem.objective, Separable) or not finite:
            need = "L" if self.case == "smooth" else "H"
            raise ValueError(f"problem = {problem.name}: lemma04 needs a separable objective with a finite {need}")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row a form: the largest gradient at a stationary point."""
        objective, constants = problem.objective, problem.objective.constants
        x = around(problem, context, POINTS)
        size = np.linalg.norm(objective.grad(x), axis=-1)
        worst, seen = np.zeros(len(x)), 0
        found: list[tuple[Array, Array]] = []
        for target in TARGETS:
            eps = target * constants.lipschitz
            lam = constants.smoothness**2 / eps if self.case == "smooth" else constants.hessian_lipschitz / 2.0
            flat = x.reshape(-1, x.shape[-1])
            upper = stationarity(objective, flat, self.weight * lam, "l2", 1e-6, eps).upper.reshape(size.shape)
            stationary = upper <= eps
            seen += int(stationary.sum())
            worst = np.maximum(worst, np.where(stationary, size, 0.0).max(axis=1) / eps)
            found.append(((upper / eps).ravel(), (size / eps).ravel()))
        note = f"{seen} of {size.size * len(TARGETS)} points are stationary"
        setting_ = "lam = L^2/eps" if self.case == "smooth" else "lam = H/2"
        checks = tuple(
            Check("pathwise", form, "||grad F(x)||/eps", setting_, bound, worst, note=note)
            for form, bound in self._bounds().items()
        )
        panel = Panel("gradient", "measure / eps", "largest ||grad F(x)|| / eps up to there", "linear", "linear")
        return Evidence(checks, self._curves(found), (panel,))

    def _bounds(self) -> dict[Form, float]:
        if self.case == "smooth":
            return {"stated": float(adam_ema.lemma04_smooth(1.0)), "ours": float(sharpened.lemma04_smooth(1.0))}
        return {"stated": float(adam_ema.lemma04_hessian(1.0)), "ours": float(sharpened.lemma04_hessian(1.0))}

    def _curves(self, found: list[tuple[Array, Array]]) -> tuple[Curve, ...]:
        upper, size = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(upper, kind="stable")
        grid = np.linspace(0.0, 2.0, 161)
        highest = np.append(0.0, np.maximum.accumulate(size[order]))
        profile = highest[np.searchsorted(upper[order], grid, side="right")]
        curves = [Curve("gradient", "sampled points, all eps", "measured", grid, profile)]
        for form, bound in self._bounds().items():
            curves.append(Curve("gradient", f"{form} {bound:.4g}", "bound", np.array([0.0, 1.0]), np.full(2, bound)))
        return tuple(curves)

    def controls(self) -> dict[str, tuple[str, Self]]:
        """A weight that lets too many points be stationary."""
        return {"small lam": ("lam ten times too small", replace(self, weight=0.1))}
