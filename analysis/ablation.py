"""The table of ablations: which inequality breaks, on which problem and by how much, when an ingredient is removed."""

from __future__ import annotations

from html import escape

import pandas as pd

COMPONENTS = {
    "momentum": ("no momentum", "long momentum"),
    "adaptive step size": ("fixed denominator", "slow denominator"),
    "beta2 = beta1^2": ("equal discounts", "beta2 = beta1", "beta2 = 0.999"),
    "clip": ("no clip",),
    "random scaling": ("a = 1", "U(0,2)", "Gamma(4)", "mean 0.5", "mean 1.5"),
    "model EMA": ("last iterate", "random iterate", "short EMA", "long EMA", "uniform average"),
}
END_TO_END = ("Theorem 11", "Theorem 18", "Section 7", "Section 1.1")
TEXT = """
<p>Every control that removes one ingredient, gathered from all claims. <b>breaks</b>: problems on which the inequality
is refuted, with the largest measured/bound; <b>holds</b>: problems on which it is not. An ingredient that breaks lemmas
only is needed by the proof as it stands; one that breaks nothing here was not needed on these problems. Nothing here
shows that an ingredient is necessary in general, and the paper does not claim it.</p>
"""


def page(twins: pd.DataFrame) -> str:
    """The section's HTML, from the table of controls."""
    rows = []
    for component, names in COMPONENTS.items():
        for name in names:
            mine = twins[twins["control"] == name]
            for label in dict.fromkeys(mine["label"]):
                rows.append(_row(component, name, label, mine[mine["label"] == label]))
    head = "".join(f"<th>{h}</th>" for h in ("removed", "control", "inequality", "level", "breaks", "holds"))
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'{TEXT}<div class="scroll"><table class="sortable">{body}</table></div>'


def _row(component: str, name: str, label: str, mine: pd.DataFrame) -> str:
    level = "end to end" if label in END_TO_END else "lemma"
    breaks, holds = [], []
    for key, part in mine.groupby(["problem", "quantity"], sort=False):
        where = " ".join(dict.fromkeys(str(k) for k in key))
        refuted = part[part["verdict"] == "refuted"]
        if len(refuted):
            breaks.append(f"{where} ({refuted['ratio'].max():.3g})")
        else:
            holds.append(where)
    cells = (component, name, label, level, ", ".join(breaks) or "-", ", ".join(holds) or "-")
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
