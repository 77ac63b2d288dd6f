"""What an experiment hands to the analysis: checks with their samples, and curves for the figure.

Experiments measure, analysis judges: nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["pathwise", "expected", "identity", "attained", "rate"]
Form = Literal["stated", "proved", "ours"]
Role = Literal["measured", "bound", "control"]
Ingredient = Literal["momentum", "adaptive step size", "beta2 = beta1^2", "clip", "random scaling", "model EMA"]
INGREDIENTS: tuple[Ingredient, ...] = get_args(Ingredient)  # in the order of the table of ablations
# two quantities that the report sets side by side: what a proof bounds, and what its theorem speaks of
CERTIFICATE, INFIMUM = "certificate", "infimum"


@dataclass(frozen=True)
class Check:
    """One comparison of a measured quantity with a bound; a row of the verdict table.

    kind: how `samples` meet `bound`.
      pathwise: every sample <= bound (a sample is the worst of a run over all horizons, or over its points).
      expected: the mean of the samples <= bound.
      identity: the mean of the samples equals bound within `margin` (an absolute number).
      attained: the mean is <= bound + margin and >= 0.97 bound.
      rate: the mean of the samples (slopes) is within `margin` of bound.
    samples: shape (runs,), one number a run, runs independent.
    lower_samples: shape (runs,) or None. Where samples are certified upper bounds of the quantity, certified
      lower bounds of it: the claim is supported by the former, and refuted only by the latter.
    start: for end-to-end bounds, a lower bound of the same quantity at the start; the row is
      vacuous when start <= bound, because then it holds before anything was done.
    """

    kind: Kind
    form: Form
    quantity: str
    setting: str
    bound: float
    samples: NDArray[np.float64]
    margin: float = 0.0
    start: float | None = None
    lower_samples: NDArray[np.float64] | None = None
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """A line of the figure.

    role: what it shows. form: whose bound it is, where it is one. x, y: shape (points,). low, high: shape (points,),
    the band over runs, or None.
    """

    panel: str
    label: str
    role: Role
    x: NDArray[Any]
    y: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    form: Form | None = None


@dataclass(frozen=True)
class Panel:
    """The axes of a group of curves."""

    name: str
    xlabel: str
    ylabel: str
    xscale: str = "log"
    yscale: str = "log"


@dataclass(frozen=True)
class Evidence:
    """Everything that one measurement of a claim, or of one of its controls, found."""

    checks: tuple[Check, ...]
    curves: tuple[Curve, ...] = ()
    panels: tuple[Panel, ...] = ()


@dataclass(frozen=True)
class Control:
    """A deliberately broken twin of a claim and what the same checks found on it.

    removes: the ingredient of Algorithm 1 that is missing in it; None if something else is broken.
    """

    name: str
    description: str
    evidence: Evidence
    removes: Ingredient | None = None


@dataclass(frozen=True)
class ClaimInfo:
    """Who speaks: name, label (the paper's), title, statement, source.

    statement: paragraphs of plain text: what is stated, after whoever says it ("stated, Lemma 10: ...", "ours: ...");
    then what is measured ("Measured: ..."), then remarks. end_to_end: whether the claim is about the algorithm's
    output, not about a lemma of the proof.
    """

    name: str
    label: str
    title: str
    statement: tuple[str, ...]
    source: str
    end_to_end: bool = False
