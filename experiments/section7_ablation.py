"""Section 7: which ingredient of Theorem 11 the end-to-end inequality needs, on which problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.theorem11_stationarity import HALF, Theorem11
from experiments.words.along_runs import AtGuess, run_panel
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Twin
from experiments.words.evidence import CERTIFICATE, INFIMUM, Curve, Form, Panel
from experiments.words.grid import Grid
from experiments.words.numbers import dots
from foundation.arrays import Int, IntArray
from foundation.settings import setting
from optimizers.scaling import Constant
from simulation.plan import Signals
from theory import sharpened


@dataclass(frozen=True)
class Section7(Theorem11):
    """stated, Section 7: The analysis highlights the role of momentum, of the adaptive step size and of the model EMA.
    It claims no necessity.

    Measured: the certificate and the infimum as for Theorem 11, at its parameters, against our bound alone; in each
    control one ingredient is removed.

    A refuted control shows that the inequality needs the ingredient on that problem; a silent one shows nothing. The
    lemmas that an ingredient serves are in the table of ablations.
    """

    name: ClassVar[str] = "section7_ablation"
    label: ClassVar[str] = "Section 7"
    title: ClassVar[str] = "Stationarity with one ingredient removed"
    statements = (sharpened.theorem11_bound,)

    noise_levels: tuple[float, ...] = setting((1.0,), "[0, 1e6]")

    def bounds(self, at: AtGuess) -> dict[Form, float]:
        """Ours, the smallest."""
        return {"ours": super().bounds(at)["ours"]}

    def drawn(self, at: AtGuess, mine: Signals, times: Int[IntArray, "times"]) -> list[Curve]:
        """A row of dots: the averages over t of the certificate and of the infimum; each control has one, too."""
        averages = [mine["certificate.mean"] / self.eps]
        if "upper" in mine:
            averages.append(mine["upper"].mean(axis=1))
        bounds = self.bounds(at).items()
        lines = [
            Curve(str(at), f"{form} {b:.3g}", "bound", np.zeros(1), np.full(1, b), form=form) for form, b in bounds
        ]
        return [dots(str(at), "Algorithm 1", averages), *lines]

    def panels(self, grid: Grid[AtGuess], last: Signals) -> tuple[tuple[Panel, ...], list[Curve]]:
        """A panel of dots for each setting."""
        found, axis = [], r"average over $t$ of the stationarity at $\bar x_t$ / $\varepsilon$"
        for at in grid.settings:
            title = run_panel(at, self.scale(at.scales), self.norm).title
            names = (CERTIFICATE, INFIMUM)
            found.append(Panel(str(at), "quantities", axis, "linear", "linear", "dots", title, names))
        return tuple(found), []

    def controls(self) -> dict[str, Twin]:
        """One ingredient less each, and a near miss."""
        learners = ("no momentum", "fixed denominator", "no clip", "equal discounts", "wrong sign")
        still = self.twin("random scaling: a_t = 1", "random scaling", scaling=Constant())
        return {**with_broken_learner(self, *learners), "a = 1": still, "D/2": self.near(HALF, reach=0.5)}
