"""Sections 1.1 and 7: which ingredient of Theorem 11 the end-to-end inequality needs, on which problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from experiments.base import setting
from experiments.theorem09_regret import BROKEN
from experiments.theorem11_stationarity import Point, Theorem11
from experiments.words.evidence import Form
from optimizers.scaling import Constant

LEARNERS = ("no momentum", "fixed denominator", "no clip", "equal discounts", "wrong sign")


@dataclass(frozen=True)
class Section7(Theorem11):
    """The paper's analysis highlights momentum, the adaptive step size and the model EMA; it claims no necessity. Here
    every ingredient of Theorem 11 is removed in turn, at its parameters, and the certificate and the infimum are held
    against our form of the bound, (17/16 + 0.237 (G+sigma)/C) eps. A refuted twin shows that the inequality needs the
    ingredient on that problem; a silent one shows nothing. The lemmas that an ingredient serves are in the table of
    ablations."""

    name: ClassVar[str] = "section7_ablation"
    label: ClassVar[str] = "Section 7"
    title: ClassVar[str] = "Momentum, adaptive step size, random scaling, clip"

    noise_levels: tuple[float, ...] = setting((1.0,))

    def _bounds(self, point: Point) -> dict[Form, float]:
        return {"ours": super()._bounds(point)["ours"]}

    def controls(self) -> dict[str, tuple[str, Self]]:
        """One ingredient less each."""
        twins: dict[str, tuple[str, Self]] = {
            name: (BROKEN[name][0], replace(self, learner=BROKEN[name][1])) for name in LEARNERS
        }
        return {**twins, "a = 1": ("random scaling: a_t = 1", replace(self, scaling=Constant()))}


@dataclass(frozen=True)
class Section11(Section7):
    """Theory usually outputs a random iterate; here the output is the model EMA at a random t. Measured as in Section
    7 for other outputs: a random iterate (the last one at a random t), an EMA whose window is (1-beta)^{-1/2}, the
    uniform average of all iterates so far. Near a kink a random iterate has a large certificate and a tiny infimum:
    that the EMA is necessary does not follow."""

    name: ClassVar[str] = "section11_output"
    label: ClassVar[str] = "Section 1.1"
    title: ClassVar[str] = "Model EMA against other outputs"

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Other outputs of the same runs."""
        return {
            "random iterate": ("model EMA: x_t alone, at a random t", replace(self, average="last iterate")),
            "short EMA": ("model EMA: a window of (1-beta)^{-1/2}", replace(self, average="short")),
            "uniform average": ("model EMA: all iterates so far, alike", replace(self, average="uniform")),
        }
