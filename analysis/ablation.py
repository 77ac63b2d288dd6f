"""The table of ablations: which inequality breaks, on which problem and by how much, when an ingredient is removed."""

from __future__ import annotations

from html import escape

import pandas as pd

from experiments.words.evidence import INGREDIENTS

TEXT = """
<p>Every control that removes one ingredient, gathered from all claims. <b>breaks</b>: problems on which the inequality
is refuted, with the largest measured/bound; <b>holds</b>: problems on which it is not. An ingredient that breaks lemmas
only is needed by the proof as it stands; one that breaks nothing here was not needed on these problems. Nothing here
shows that an ingredient is necessary in general, and the paper does not claim it.</p>
"""


def page(twins: pd.DataFrame) -> str:
    """The section's HTML, from the table of controls: a row for each ingredient, control and label."""
    rows = []
    for ingredient in dict.fromkeys([*INGREDIENTS, *twins["removes"].dropna()]):  # what none has heard of comes last
        for control, same in twins[twins["removes"] == ingredient].groupby("control", sort=False):
            for (label, end_to_end), mine in same.groupby(["label", "end_to_end"], sort=False):
                level = "end to end" if end_to_end else "lemma"
                rows.append(_row((ingredient, str(control), str(label), level), mine))
    head = "".join(f"<th>{h}</th>" for h in ("removed", "control", "inequality", "level", "breaks", "holds"))
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'{TEXT}<div class="scroll"><table class="sortable">{body}</table></div>'


def _row(head: tuple[str, ...], mine: pd.DataFrame) -> str:
    breaks, holds = [], []
    for key, part in mine.groupby(["problem", "quantity"], sort=False):
        where = " ".join(dict.fromkeys(str(k) for k in key))
        refuted = part[part["verdict"] == "refuted"]
        if len(refuted):
            breaks.append(f"{where} ({refuted['ratio'].max():.3g})")
        else:
            holds.append(where)
    cells = (*head, ", ".join(breaks) or "-", ", ".join(holds) or "-")
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
