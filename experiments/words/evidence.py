"""What an experiment hands to the analysis: checks with their samples, and curves for the figure.

Experiments measure, analysis judges: nothing here decides anything. What cannot be judged or drawn is refused when it
is made, in one line, so that the case fails that made it, not the analysis of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["pathwise", "expected", "identity", "attained", "rate"]
Form = Literal["stated", "proved", "ours"]
Role = Literal["measured", "bound", "control", "context"]
Scale = Literal["log", "linear"]
Drawing = Literal["lines", "rates", "terms", "dots"]
Ingredient = Literal["momentum", "adaptive step size", "beta2 = beta1^2", "clip", "random scaling", "model EMA"]
INGREDIENTS: tuple[Ingredient, ...] = get_args(Ingredient)  # in the order of the table of ablations
# two quantities that the report sets side by side: what a proof bounds, and what its theorem speaks of
CERTIFICATE, INFIMUM = "certificate", "infimum"
ROUNDING = 1e-9  # of a certified upper bound: so far may the lower one lie above it


@dataclass(frozen=True)
class Check:
    """One comparison of a measured quantity with a bound; a row of the verdict table.

    kind: how `samples` meet `bound`.
      pathwise: every sample <= bound (a sample is the worst of a run over all horizons, or over its points).
      expected: the mean of the samples <= bound.
      identity: the mean of the samples equals bound within `margin` (an absolute number).
      attained: the mean is <= bound + margin and >= 0.97 bound.
      rate: the mean of the samples (slopes) is within `margin` of bound.
    samples: shape (runs,), one number a run, runs independent. A single one is a computed number without randomness.
    lower_samples: shape (runs,) or None. Where samples are certified upper bounds of the quantity, certified
      lower bounds of it: the claim is supported by the former, and refuted only by the latter.
    support: (lowest, highest) that any sample, and any of lower_samples, can be, or None where that is not known: then
      the limits need no assumption on the samples' law.
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
    support: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _one_of("check.kind", self.kind, get_args(Kind))
        _one_of("check.form", self.form, get_args(Form))
        _text("check.quantity", self.quantity)
        _text("check.setting", self.setting)
        where = f"{self.quantity}, {self.setting}"
        for name in ("bound", "margin", *(["start"] if self.start is not None else [])):
            vars(self)[name] = _number(f"{where}: {name}", getattr(self, name))
        if self.margin < 0.0:
            raise ValueError(f"{where}: margin = {self.margin}: must be >= 0")
        vars(self)["samples"] = _finite(f"{where}: samples", self.samples)
        if self.lower_samples is not None:
            lower = _finite(f"{where}: lower_samples", self.lower_samples, len(self.samples))
            vars(self)["lower_samples"] = lower
            above = lower - self.samples
            if (above > ROUNDING * np.abs(self.samples)).any():
                raise ValueError(f"{where}: lower_samples: must not exceed samples, do so by {above.max():.3g}")
        if self.support is not None:
            low, high = (_number(f"{where}: support", end) for end in self.support)
            vars(self)["support"] = low, high
            lower = self.samples if self.lower_samples is None else self.lower_samples
            if not low <= lower.min() <= self.samples.max() <= high:
                raise ValueError(f"{where}: support = [{low:g}, {high:g}]: must hold all samples")


@dataclass(frozen=True)
class Curve:
    """A line of the figure; what it looks like is the matter of its panel.

    label: text, in which mathematics stands between two $. role: what it shows; context is drawn thin, beside what the
    figure is about. form: whose bound it is, where it is one. x, y: shape (points,). low, high: shape (points,), the
    band over runs, or None. Where nothing could be measured y is nan, and the line has a gap.
    """

    panel: str
    label: str
    role: Role
    x: NDArray[Any]
    y: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    form: Form | None = None

    def __post_init__(self) -> None:
        _text("curve.label", self.label)
        _text("curve.panel", self.panel)
        _one_of(f"{self.label}: role", self.role, get_args(Role))
        if self.form is not None:
            _one_of(f"{self.label}: form", self.form, get_args(Form))
        vars(self)["x"] = _finite(f"{self.label}: x", self.x)
        vars(self)["y"] = _points(f"{self.label}: y", self.y, len(self.x))
        gap = np.isnan(self.y)
        if gap.all() or (gap.any() and self.role == "bound"):
            raise ValueError(f"{self.label}: y: must be finite{'' if self.role == 'bound' else ' somewhere'}")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.label}: low and high: must be given together")
        for name in ("low", "high") if self.low is not None else ():
            vars(self)[name] = end = _points(f"{self.label}: {name}", getattr(self, name), len(self.x))
            if (np.isnan(end) & ~gap).any():
                raise ValueError(f"{self.label}: {name}: must be finite where y is")


@dataclass(frozen=True)
class Panel:
    """The axes of a group of curves. In texts mathematics stands between two $.

    kind: how its curves are drawn.
      lines: y over x.
      rates: the same on logarithmic axes, with a triangle of the predicted `slope`.
      terms: bars, one for each of `names`, stacked: a curve is a term, x the numbers of its bars, y its parts of them;
        context is a tick across the bars. Their lengths are on the axis of `ylabel`; xlabel is not drawn.
      dots: a row for each measured curve, and one for each control; x says which of `names` a dot is of, y where it is.
        A bound is a line across all rows. Values are on the axis of `ylabel`; xlabel is not drawn.
    title: what sets it apart from the figure's other panels.
    """

    name: str
    xlabel: str
    ylabel: str
    xscale: Scale = "log"
    yscale: Scale = "log"
    kind: Drawing = "lines"
    title: str = ""
    names: tuple[str, ...] = ()
    slope: float | None = None

    def __post_init__(self) -> None:
        vars(self)["names"] = tuple(self.names)  # a list in JSON
        for name in ("name", "xlabel", "ylabel"):
            _text(f"panel.{name}", getattr(self, name))
        for name in ("xscale", "yscale"):
            _one_of(f"panel.{name}", getattr(self, name), get_args(Scale))
        _one_of("panel.kind", self.kind, get_args(Drawing))
        for each in self.names:
            _text("panel.names", each)
        if self.kind in ("terms", "dots") and not self.names:
            raise ValueError(f"panel.names = (): must name what x numbers, for kind = {self.kind}")
        if self.slope is not None:
            vars(self)["slope"] = _number("panel.slope", self.slope)
        if self.kind == "rates" and (self.slope is None or "linear" in (self.xscale, self.yscale)):
            raise ValueError("panel.kind = rates: must have a slope and two logarithmic axes")


@dataclass(frozen=True)
class Evidence:
    """Everything that one measurement of a claim, or of one of its controls, found."""

    checks: tuple[Check, ...]
    curves: tuple[Curve, ...] = ()
    panels: tuple[Panel, ...] = ()


@dataclass(frozen=True)
class Control:
    """A deliberately broken twin of a claim and what the same checks found on it.

    removes: the ingredient of Algorithm 1 that is missing in it; None if something else is broken. near: whether it is
    a near miss, wrong by a factor of at most 2 in one ingredient.
    """

    name: str
    description: str
    evidence: Evidence
    removes: Ingredient | None = None
    near: bool = False


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


def _one_of(key: str, value: object, known: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{key} = {value!r}: must be one of {', '.join(known)}")


def _text(key: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} = {value!r}: must be a text that is not empty")


def _number(key: str, value: object) -> float:
    """The value as a float; NumPy's numbers are Real, too."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{key} = {value!r}: must be a real number")
    if not np.isfinite(float(value)):
        raise ValueError(f"{key} = {value!r}: must be finite")
    return float(value)


def _points(key: str, values: object, length: int | None = None) -> NDArray[np.float64]:
    """The values as an array of shape (points,) that is not empty; nan is a gap."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{key}: must hold real numbers, not {array.dtype}")
    if array.ndim != 1 or not array.size or length not in (None, array.size):
        wanted = "(points,), not empty" if length is None else f"({length},)"
        raise ValueError(f"{key} of shape {array.shape}: must be of shape {wanted}")
    if np.isinf(array).any():
        raise ValueError(f"{key}: must be finite, is infinite at {int(np.flatnonzero(np.isinf(array))[0])}")
    return array.astype(np.float64, copy=False)


def _finite(key: str, values: object, length: int | None = None) -> NDArray[np.float64]:
    """The same without any gap."""
    array = _points(key, values, length)
    if np.isnan(array).any():
        raise ValueError(f"{key}: must be finite, is nan at {int(np.flatnonzero(np.isnan(array))[0])}")
    return array
