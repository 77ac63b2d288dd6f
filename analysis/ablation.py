"""The table of ablations: which inequality breaks, on which problem and by how much, when an ingredient is removed."""

from __future__ import annotations

import pandas as pd

from experiments.words.evidence import INGREDIENTS


def lines(twins: pd.DataFrame) -> list[tuple[str, ...]]:
    """From the table of controls, a line for each ingredient, control and label: these, the level, breaks, holds."""
    found: list[tuple[str, ...]] = []
    for ingredient in dict.fromkeys([*INGREDIENTS, *twins["removes"].dropna()]):  # what none has heard of comes last
        for control, same in twins[twins["removes"] == ingredient].groupby("control", sort=False):
            for (label, end_to_end), mine in same.groupby(["label", "end_to_end"], sort=False):
                level = "end to end" if end_to_end else "lemma"
                found.append((ingredient, str(control), str(label), level, *_where(mine)))
    return found


def _where(mine: pd.DataFrame) -> tuple[str, str]:
    """Where the inequality breaks, with the largest measured/bound, and where it holds."""
    breaks, holds = [], []
    for key, part in mine.groupby(["problem", "quantity"], sort=False):
        where = " ".join(dict.fromkeys(str(k) for k in key))
        refuted = part[part["verdict"] == "refuted"]
        if len(refuted):
            breaks.append(f"{where} ({refuted['ratio'].max():.3g})")
        else:
            holds.append(where)
    return ", ".join(breaks) or "-", ", ".join(holds) or "-"
