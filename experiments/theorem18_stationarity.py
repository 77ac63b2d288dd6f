"""Theorem 18 at its own parameters: Theorem 11 coordinate by coordinate, in L1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from experiments.theorem11_stationarity import Theorem11
from experiments.words.along_runs import AtGuess
from experiments.words.evidence import Form
from experiments.words.problem import Scales
from stationarity import Norm
from theory import adam_ema, sharpened


@dataclass(frozen=True)
class Theorem18(Theorem11):
    """Measured: as for Theorem 11, in L1."""

    name: ClassVar[str] = "theorem18"
    label: ClassVar[str] = "Theorem 18"
    title: ClassVar[str] = "Stationarity of the model EMA of clipped Adam, in L1"
    statements = (
        adam_ema.theorem18_parameters,
        adam_ema.theorem18_bound,
        adam_ema.theorem18_bound_proved,
        sharpened.theorem18_bound,
    )
    coordinatewise: ClassVar[bool] = True
    norm: ClassVar[Norm] = "l1"

    def scale(self, scales: Scales) -> float:
        """||G + sigma||_1."""
        return scales.l1_scale

    def parameters(self, guess: float, lam: float, scales: Scales) -> adam_ema.Parameters:
        """The same with d lam in place of lam."""
        return adam_ema.theorem18_parameters(self.eps, lam, guess, scales.gap, scales.dim)

    def bounds(self, at: AtGuess) -> dict[Form, float]:
        """The same with ||G + sigma||_1."""
        inputs = (1.0, at.guess / self.eps, self.scale(at.scales) / self.eps)
        return {
            "stated": float(adam_ema.theorem18_bound(*inputs)),
            "proved": float(adam_ema.theorem18_bound_proved(*inputs)),
            "ours": float(sharpened.theorem18_bound(*inputs)),
        }
