"""Which curves a panel shows: all of the claim's own, and of each control the one in which it differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.words.evidence import Control, Curve, Evidence, Panel


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
    return Shown(panel, [*own, *broken[:count]], max(0, len(broken) - count))


def _telling(panel: Panel, own: Sequence[Curve], control: Control) -> Curve | None:
    """The curve in which a control differs: the first measured one, or the bound where that is what is broken."""
    curves = [curve for curve in control.evidence.curves if curve.panel == panel.name]
    for role in ("measured",) if panel.kind == "dots" else ("measured", "bound"):
        for curve in curves:
            if (curve.role == role or (role == "measured" and curve.role == "control")) and not _same(curve, own):
                return curve
    return None


def _same(curve: Curve, own: Sequence[Curve]) -> bool:
    """Whether the claim has drawn that curve already."""
    return any(np.array_equal(curve.x, one.x) and np.array_equal(curve.y, one.y, equal_nan=True) for one in own)
