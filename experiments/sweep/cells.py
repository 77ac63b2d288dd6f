"""Cells: what one case of a sweep found, as files.

A cell is one case (a claim on a problem): its evidence, the evidence of its controls, and what they say about
themselves. It is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.words.evidence import Check, ClaimInfo, Control, Curve, Evidence, Panel


@dataclass(frozen=True)
class Cell:
    """One case of the sweep: claim x problem, with its controls; `error` if it failed."""

    key: str
    case: str
    claim: ClaimInfo
    problem: str
    problem_description: str = ""
    evidence: Evidence | None = None
    controls: tuple[Control, ...] = ()
    error: str = ""
    traceback: str = ""
    output: str = ""
    config: dict[str, Any] = field(default_factory=dict)


def save(cell: Cell, folder: Path) -> Path:
    """Write the cell to folder/<key>, all or nothing; an older one of the same key is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        _write_tables(cell, scratch)
        text = json.dumps(_describe(cell), indent=1, sort_keys=True, allow_nan=False)
        with open(scratch / "cell.json", "w", encoding="utf-8") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        target = folder / cell.key
        if target.exists():
            shutil.rmtree(target)
        os.replace(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def load(path: Path) -> Cell:
    """Read one cell folder. Raises FileNotFoundError if it is not complete."""
    text = json.loads((path / "cell.json").read_text(encoding="utf-8"))
    samples = _pieces(pd.read_parquet(path / "samples.parquet"), "check")
    curves = _pieces(pd.read_parquet(path / "curves.parquet"), "curve")

    def evidence(raw: dict[str, Any] | None, arm: str) -> Evidence | None:
        if raw is None:
            return None
        checks = tuple(_check(item, samples[arm][i]) for i, item in enumerate(raw["checks"]))
        lines = tuple(_curve(piece) for _, piece in sorted(curves.get(arm, {}).items()))
        return Evidence(checks, lines, tuple(Panel(**panel) for panel in raw["panels"]))

    controls = tuple(
        Control(c["name"], c["description"], evidence(c["evidence"], c["name"]) or Evidence(()), c["removes"])
        for c in text["controls"]
    )
    return Cell(
        key=text["key"],
        case=text["case"],
        claim=ClaimInfo(**{**text["claim"], "statement": tuple(text["claim"]["statement"])}),
        problem=text["problem"],
        problem_description=text["problem_description"],
        evidence=evidence(text["evidence"], ""),
        controls=controls,
        error=text["error"],
        traceback=text["traceback"],
        output=text["output"],
        config=text["config"],
    )


Piece = dict[str, NDArray[Any]]


def _pieces(table: pd.DataFrame, number: str) -> dict[str, dict[int, Piece]]:
    """The table's columns, cut where a new arm or a new number begins, by both."""
    columns = {str(name): table[name].to_numpy() for name in table}
    arms, numbers = columns["arm"], columns[number]
    new = np.ones(len(table), bool)
    new[1:] = (arms[1:] != arms[:-1]) | (numbers[1:] != numbers[:-1])
    found: dict[str, dict[int, Piece]] = {}
    for first, last in pairwise([*np.flatnonzero(new).tolist(), len(table)]):
        piece = {name: column[first:last] for name, column in columns.items()}
        found.setdefault(arms[first], {})[int(numbers[first])] = piece
    return found


def _check(item: dict[str, Any], piece: Piece) -> Check:
    lower = None if np.isnan(piece["lower"]).all() else piece["lower"]
    return Check(**item, samples=piece["value"], lower_samples=lower)


def _curve(piece: Piece) -> Curve:
    banded = not np.isnan(piece["low"]).any()
    low, high = (piece["low"], piece["high"]) if banded else (None, None)
    panel, label, role, form = (str(piece[name][0]) for name in ("panel", "label", "role", "form"))
    return Curve(panel, label, role, piece["x"], piece["y"], low, high, form or None)  # type: ignore[arg-type]


def _arms(cell: Cell) -> list[tuple[str, Evidence]]:
    own = [("", cell.evidence)] if cell.evidence is not None else []
    return own + [(control.name, control.evidence) for control in cell.controls]


def _write_tables(cell: Cell, folder: Path) -> None:
    values: list[pd.DataFrame] = []
    lines: list[pd.DataFrame] = []
    for arm, evidence in _arms(cell):
        for i, check in enumerate(evidence.checks):
            run = np.arange(len(check.samples))
            lower = np.nan if check.lower_samples is None else check.lower_samples
            table = {"arm": arm, "check": i, "run": run, "value": np.asarray(check.samples, float), "lower": lower}
            values.append(pd.DataFrame(table))
        for i, curve in enumerate(evidence.curves):
            head = {"arm": arm, "curve": i, "panel": curve.panel, "label": curve.label, "role": curve.role}
            head["form"] = curve.form or ""
            low = np.nan if curve.low is None else curve.low
            high = np.nan if curve.high is None else curve.high
            x = np.asarray(curve.x, float)
            lines.append(pd.DataFrame({**head, "x": x, "y": curve.y, "low": low, "high": high}, index=range(len(x))))
    empty_values = pd.DataFrame(columns=["arm", "check", "run", "value", "lower"])
    empty_lines = pd.DataFrame(columns=["arm", "curve", "panel", "label", "role", "form", "x", "y", "low", "high"])
    (pd.concat(values) if values else empty_values).to_parquet(
        folder / "samples.parquet", compression="zstd", index=False
    )
    (pd.concat(lines) if lines else empty_lines).to_parquet(folder / "curves.parquet", compression="zstd", index=False)


def _describe(cell: Cell) -> dict[str, Any]:
    def summary(evidence: Evidence | None) -> dict[str, Any] | None:
        if evidence is None:
            return None
        hidden = ("samples", "lower_samples")
        checks = [{k: v for k, v in vars(check).items() if k not in hidden} for check in evidence.checks]
        return {"checks": checks, "panels": [asdict(panel) for panel in evidence.panels]}

    described = {k: v for k, v in vars(cell).items() if k not in ("claim", "evidence", "controls")}
    controls = [{**vars(c), "evidence": summary(c.evidence)} for c in cell.controls]
    return {**described, "claim": asdict(cell.claim), "evidence": summary(cell.evidence), "controls": controls}
