"""docs/coverage.md: how often limits and verdicts are wrong on the laws of the rows that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.collecting import collect
from analysis.judge import ALPHA
from benchmarks.false_verdicts import TABLES, count
from benchmarks.rows import KNOWN, LAWS, SIDES, Place, Row, errors, families
from experiments.sweep.manifest import read
from experiments.words.evidence import Check

TELLING = 0.5  # of its level: rows that are wrong less often are in sums and table only
OFF = 0.01  # of the mean
HEAD = """# How often limits are wrong

This page is what `python -m benchmarks.coverage RESULTS ... pool=FOLDER ...` prints, of folders of measured
results, and pools made by `python -m benchmarks.pools FOLDER`. What is simulated stands in `benchmarks/laws.py`, how in
`benchmarks/rare.py`.

A number is the probability that a limit is on the wrong side of the true mean, over the level at which the row was
tested: **it should be 1 at most**. `supported` is the error of the upper limit, of a row that is supported although its
mean is at the bound, `refuted` that of the lower limit. Of each claim the worst row is shown.

* **own**: the samples of the row, each as likely (widened where they are fewer than 32, which hides lumps);
  **smooth**: a law with their mean, spread, skewness and kurtosis, and a tail. One outlier among 64 may make either
  look worse than it is.
* **pool**: the samples of many more runs, from another seed, which say more; **pool, smooth**: a law of their moments.

What this does not show: a tail, or a rare outcome, that begins beyond all samples, of row and pool; that runs are
independent; and ratios of two means elsewhere than at the bound, where their limits are those of a mean.
"""


def page(folders: Sequence[Path], pools: Sequence[Path]) -> str:
    """All of it: a section for each preset that was swept in the folders."""
    pooled: dict[str, dict[Place, Check]] = {}
    for folder in pools:
        for preset in _presets(folder):
            known = pooled.setdefault(preset, {})
            for row in chain(*families(collect(folder, preset).cells)):
                if row.place not in known or len(row.check.samples) > len(known[row.place].samples):
                    known[row.place] = row.check
    parts = [HEAD]
    for folder in folders:
        for preset in _presets(folder):
            claims, controls = families(collect(folder, preset).cells)
            parts.append(f"\n## Preset {preset}\n\n{_section(claims, controls, pooled.get(preset, {}))}")
    return "".join(parts)


def _presets(folder: Path) -> list[str]:
    return list(dict.fromkeys(sweep.preset for sweep in read(folder)))


def _section(claims: Sequence[Row], controls: Sequence[Row], pool: Mapping[Place, Check]) -> str:
    found = {"claims": (claims, errors(claims, pool)), "controls": (controls, errors(controls, pool))}
    lines = [_family(name, rows, table) for name, (rows, table) in found.items()]
    telling = [_telling(name, rows, table) for name, (rows, table) in found.items()]
    return "\n".join(
        [*lines, "", _by_claim(*found["claims"]), "", *telling, _verdicts(claims, pool, found["claims"][1])]
    )


def _worst(table: pd.DataFrame) -> pd.Series:
    """Of either verdict, for one at most is wrong about a row."""
    return table[list(SIDES)].max(axis=1)


def _family(name: str, rows: Sequence[Row], table: pd.DataFrame) -> str:
    """The sum over all rows, law by law, and with the law that is best known of each."""
    level, silent = table["level"].iloc[0], len(rows) - table["row"].nunique()
    sums = ", ".join(f"{law} {_plain(_sum(part) / ALPHA)}" for law, part in table.groupby("law"))
    best = _best(table)
    return (
        f"* {name}: {len(rows)} rows at level {level:.2g}; in {silent} all samples are alike: nothing to simulate.\n"
        f"  Sum of all errors over {ALPHA:g}, which should be 1 at most: {sums}; each row by its pool, or own law: "
        f"**{_plain(_sum(best) / ALPHA)}**, of `refuted` alone {_plain(_sum(best, SIDES[1]) / ALPHA)}."
    )


def _by_claim(rows: Sequence[Row], table: pd.DataFrame) -> str:
    """The worst row of each claim, for each law and verdict."""
    named = table.assign(label=[rows[number].cell.claim.label for number in table["row"]])
    heads = [f"{law}: {side}" for law in LAWS for side in SIDES]
    lines = [_line(["claim", "rows", "runs", "skewness", *heads]), _line(["---", *["---:"] * (3 + len(heads))])]
    for label, mine in named.groupby("label", sort=False):
        runs = f"{mine['runs'].min()}" + (f" to {mine['runs'].max()}" if mine["runs"].nunique() > 1 else "")
        skewness = mine.loc[mine["law"] == "own", "skewness"].max()
        cells = [str(label), str(mine["row"].nunique()), runs, f"{skewness:.2g}"]
        worst = mine.groupby("law")[list(SIDES)].max()
        cells += [_plain(worst[side].get(law, np.nan)) for law in LAWS for side in SIDES]
        lines.append(_line(cells))
    return "\n".join(lines)


def _telling(name: str, rows: Sequence[Row], table: pd.DataFrame) -> str:
    """The rows that come near their level, or exceed it, with standard errors; those first whose law is known best."""
    known = _worst(_best(table).set_index("row"))
    found: dict[str, float] = {}
    for number in table.loc[_worst(table) > TELLING, "row"].unique().tolist():
        said = "; ".join(_said(line) for line in table[table["row"] == number].to_dict("records"))
        found[f"* {rows[number].name}: {said}"] = float(known[number])
    over = [line for line in found if found[line] > 1.0]
    title = f"Rows of the {name} that are wrong more often than at their level"
    parts = {
        f"{title}, by their pool, or by their own law if they have none:": over,
        f"Other rows of the {name} that are wrong more often than {TELLING:g} of their level by some law:": found.keys()
        - over,
    }
    return "\n".join(
        "\n".join([head, "", *(sorted(lines, key=lambda line: (-found[line], line)) or ["* none"]), ""])
        for head, lines in parts.items()
    )


def _said(line: Mapping[Any, Any]) -> str:
    side = max(SIDES, key=lambda side: line[side])
    return (
        f"{line['law']} (skewness {line['skewness']:.2g}) {_plain(line[side])} +- {_plain(line[f'{side} +-'])} {side}"
    )


def _verdicts(rows: Sequence[Row], pool: Mapping[Place, Check], at: pd.DataFrame) -> str:
    """How verdicts fall where the end of what a claim allows is a share of the true mean."""
    off = _best(errors(rows, pool, OFF, KNOWN))
    expected = {1.0 - OFF: _sum(off, "supported"), 1.0: _sum(_best(at)), 1.0 + OFF: _sum(off, "refuted")}
    lines = [
        f"Verdicts of claims on {TABLES} tables, all rows drawn again from their pool or their own samples, where the",
        "upper end of what a row allows is a share of its true mean (at 1 either verdict counts as wrong):",
        "",
        _line(
            [
                "share",
                "supported",
                "refuted",
                "undecided",
                f"wrong tables of {TABLES}",
                "wrong rows to expect in a table",
            ]
        ),
        _line(["---:"] * 6),
    ]
    for share, chance in expected.items():
        seen = count(rows, pool, share)
        parts = [f"{seen[verdict] / TABLES:.4g}" for verdict in ("supported", "refuted", "undecided")]
        lines.append(_line([f"{share:g}", *parts, str(seen["wrong"]), f"{chance:.1g}"]))
    return "\n".join(lines) + "\n"


def _best(table: pd.DataFrame) -> pd.DataFrame:
    """Each row with the law that is best known: its pool's, or its own."""
    known = table[table["law"].isin(KNOWN)]
    return known.sort_values("law", key=lambda laws: laws.map(LAWS.index)).drop_duplicates("row", keep="last")


def _sum(table: pd.DataFrame, side: str = "") -> float:
    """Of the probabilities that a row is wrong, in this way or in any: at most that of a wrong table."""
    return float(((table[side] if side else _worst(table)) * table["level"]).sum())


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(number: float) -> str:
    """Two digits; what is less than a thousandth is of no account."""
    if np.isnan(number):
        return ""
    return "<0.001" if number < 1e-3 else f"{number:.2g}"
