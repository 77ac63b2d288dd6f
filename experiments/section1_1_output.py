"""Section 1.1: the model EMA against other outputs of the same runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from experiments.section7_ablation import Section7
from experiments.theorem11_stationarity import HALF
from experiments.words.broken import with_broken_learner
from experiments.words.claim import Twin


@dataclass(frozen=True)
class Section11(Section7):
    r"""stated, Section 1.1: Theory usually outputs a random iterate; here the output is the model EMA, in Theorem 11 at
    a random $t$.

    Measured: as in Section 7; in the controls for other outputs: a random iterate (the last one at a random $t$), an
    EMA whose window is $(1-\beta)^{-1/2}$, the uniform average of all iterates so far.

    Near a kink a random iterate has a large certificate and a tiny infimum: that the EMA is necessary does not follow.
    """

    name: ClassVar[str] = "section11_output"
    label: ClassVar[str] = "Section 1.1"
    title: ClassVar[str] = "Model EMA against other outputs"

    def controls(self) -> dict[str, Twin]:
        """Other outputs of the same runs; what the infimum sees; near misses."""
        texts = {
            "random iterate": ("model EMA: x_t alone, at a random t", "last iterate"),
            "short EMA": ("model EMA: a window of (1-beta)^{-1/2}", "short"),
            "uniform average": ("model EMA: all iterates so far, alike", "uniform"),
        }
        outputs = {name: self.twin(text, "model EMA", average=average) for name, (text, average) in texts.items()}
        near = {
            "EMA/2": self.near("model EMA: a window half as long", "model EMA", average="half"),
            "D/2": self.near(HALF, reach=0.5),
        }
        return {**outputs, **near, **with_broken_learner(self, "no momentum")}
