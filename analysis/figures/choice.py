"""Which curves a panel shows: all of the claim's own, and of each control the one in which it differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.words.evidence import Control, Curve, Evidence, Panel

ALIKE = 1e-3  # of its size: a control's curve that is so near to the claim's own shows nothing


@dataclass(frozen=True)
class Shown:
    """A panel, what is drawn there, and how many controls are not."""

    panel: Panel
    curves: Sequence[Curve]
    left_out: int = 0


def shown(panel: Panel, evidence: Evidence, controls: Sequence[Control], most: int) -> Shown:
    """The panel's curves and at most so many controls, near misses first. Rows of dots have room for all of them."""
    own = [curve for curve in evidence.curves if curve.panel == panel.name]
    if panel.kind == "terms":
        return Shown(panel, own)
    ordered = sorted(controls, key=lambda control: not control.near)
    found = [(control, _telling(panel, own, control)) for control in ordered]
    broken = [replace(curve, role="control", label=control.name) for control, curve in found if curve is not None]
    count = len(broken) if panel.kind == "dots" else most
    here = [control for control in controls if any(curve.panel == panel.name for curve in control.evidence.curves)]
    return Shown(panel, [*own, *broken[:count]], len(here) - len(broken[:count]))


def _telling(panel: Panel, own: Sequence[Curve], control: Control) -> Curve | None:
    """The curve in which a control differs: the first measured one, or the bound where that is what is broken.

    Where the claim has one row of dots, each control has one, too: that it differs in nothing is worth seeing.
    """
    curves = [curve for curve in control.evidence.curves if curve.panel == panel.name]
    measured = [curve for curve in curves if curve.role in ("measured", "control")]
    bounds = [curve for curve in curves if curve.role == "bound"] if panel.kind != "dots" else []
    alone = panel.kind == "dots" and len(measured) == 1
    return next((curve for curve in (*measured, *bounds) if alone or not _same(curve, own)), None)


def _same(curve: Curve, own: Sequence[Curve]) -> bool:
    """Whether the claim has drawn that curve already, but for the times at which it was looked at."""
    return any(_apart(curve, one) <= ALIKE * float(np.nanmax(np.abs(one.y))) for one in own)


def _apart(one: Curve, other: Curve) -> float:
    """How far one lies from the other on average, inf if they are not about the same x."""
    if one.role != other.role and "bound" in (one.role, other.role):
        return np.inf
    if np.array_equal(one.x, other.x):
        return float(np.nanmean(np.abs(one.y - other.y))) if (np.isnan(one.y) == np.isnan(other.y)).all() else np.inf
    if len(one.x) < 3 or len(other.x) < 3 or (np.diff(other.x) <= 0).any():
        return np.inf
    inside = (one.x >= other.x[0]) & (one.x <= other.x[-1])
    apart = np.abs(np.interp(one.x[inside], other.x, other.y) - one.y[inside])
    return float(np.mean(apart)) if 2 * inside.sum() > len(one.x) else np.inf
