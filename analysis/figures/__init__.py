"""Figures: what every case measured, drawn as its panels ask for, and one summary of all rows.

A panel says of which kind it is (experiments/words/evidence.py); there is a module for each. A style says how large a
figure is (styles.py). Every figure is SVG, PDF and the table of its numbers.
"""

from __future__ import annotations

import os

os.environ["MPLBACKEND"] = "Agg"  # not that of the notebook from which the process was started: it need not be there

from analysis.figures.choice import shown
from analysis.figures.overview import SUMMARY, summary
from analysis.figures.page import figure_of, files, table_of
from analysis.figures.styles import REPORT, STYLES, applied
from experiments.sweep.cells import Cell

__all__ = ["OVERVIEWS", "REPORT", "STYLES", "SUMMARY", "draw", "summary"]
OVERVIEWS = (SUMMARY,)  # figures that are of no single case


def draw(cell: Cell, style: str = REPORT) -> dict[str, bytes]:
    """The figure of a cell that has panels, as files by their endings."""
    evidence, chosen = cell.evidence, STYLES[style]
    assert evidence is not None
    title = f"{cell.claim.label} on {cell.where}"
    with applied(chosen):
        panels = [shown(panel, evidence, cell.controls, chosen.controls) for panel in evidence.panels]
        figure = figure_of(panels, title, chosen)
        return files(figure, title, table_of(evidence, [(each.name, each.evidence) for each in cell.controls]))
