"""Cells: what one case of a sweep found, and how it is put into files and taken out of them.

A cell is one case (a claim on a problem): its evidence, the evidence of its controls, and what they say about
themselves. Where the files lie, and that they are whole, is the matter of store.py.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.words.evidence import Check, ClaimInfo, Control, Curve, Evidence, Panel

FORMAT = 4  # of the files: others are not read, but measured again
TEXT, SAMPLES, CURVES = "cell.json", "samples.parquet", "curves.parquet"
FILES = (TEXT, CURVES, SAMPLES)


@dataclass(frozen=True)
class Cell:
    """One case of the sweep: claim x problem, with its controls; `error` if it failed.

    traceback, output: of a case that failed, where it did and what its process printed. varied: what sets it apart
    from its row of the table of cases, as on the command line ("seed=1"). left_out: settings that the preset keeps from
    being measured. reads: the files beside the sources that it
    read while it was measured, with a hash of each. provenance: what measured it, versions and machine.
    """

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
    varied: str = ""
    left_out: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The problem, and what was varied: "kink" or "kink, seed=1"."""
        return ", ".join(filter(None, (self.problem, self.varied)))


def figure_name(case: str, varied: str) -> str:
    """What the files of a figure are called, without their endings: each variation of a case has its own."""
    return f"{case}-{hashlib.sha256(varied.encode()).hexdigest()[:8]}" if varied else case


def to_files(cell: Cell) -> dict[str, bytes]:
    """The content of FILES, by name. The same cell gives the same bytes."""
    samples, curves = _tables(cell)
    text = json.dumps(_describe(cell), indent=1, sort_keys=True, allow_nan=False)
    return {TEXT: text.encode() + b"\n", SAMPLES: _parquet(samples), CURVES: _parquet(curves)}


def from_files(files: Mapping[str, bytes]) -> Cell:
    """The cell of these files. Raises some error or other where they are not what `to_files` gave."""
    text = json.loads(files[TEXT])
    if text.pop("format", 1) != FORMAT:
        raise ValueError("was written by another version of this program")
    samples = _pieces(pd.read_parquet(io.BytesIO(files[SAMPLES])), "check")
    curves = _pieces(pd.read_parquet(io.BytesIO(files[CURVES])), "curve")

    def evidence(raw: dict[str, Any] | None, arm: str) -> Evidence | None:
        if raw is None:
            return None
        checks = tuple(_check(item, samples[arm][i]) for i, item in enumerate(raw["checks"]))
        lines = tuple(_curve(piece) for _, piece in sorted(curves.get(arm, {}).items()))
        return Evidence(checks, lines, tuple(Panel(**panel) for panel in raw["panels"]))

    controls = tuple(
        Control(**{**c, "evidence": evidence(c["evidence"], c["name"]) or Evidence(())}) for c in text["controls"]
    )
    info = ClaimInfo(**{**text["claim"], "statement": tuple(text["claim"]["statement"])})
    plain = {item.name: text[item.name] for item in fields(Cell)} | {"left_out": tuple(text["left_out"])}
    return Cell(**{**plain, "claim": info, "evidence": evidence(text["evidence"], ""), "controls": controls})


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
    support = tuple(item["support"]) if item.get("support") else None  # a list in JSON
    return Check(**{**item, "support": support}, samples=piece["value"], lower_samples=lower)


def _curve(piece: Piece) -> Curve:
    banded = not np.isnan(piece["low"]).all()
    low, high = (piece["low"], piece["high"]) if banded else (None, None)
    panel, label, role, form = (str(piece[name][0]) for name in ("panel", "label", "role", "form"))
    return Curve(panel, label, role, piece["x"], piece["y"], low, high, form or None)  # type: ignore[arg-type]


def _arms(cell: Cell) -> list[tuple[str, Evidence]]:
    own = [("", cell.evidence)] if cell.evidence is not None else []
    return own + [(control.name, control.evidence) for control in cell.controls]


def _tables(cell: Cell) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The samples of all checks and the points of all curves, of the claim and of its controls."""
    values: list[pd.DataFrame] = []
    lines: list[pd.DataFrame] = []
    for arm, evidence in _arms(cell):
        for i, check in enumerate(evidence.checks):
            run = np.arange(len(check.samples))
            lower = np.nan if check.lower_samples is None else check.lower_samples
            values.append(pd.DataFrame({"arm": arm, "check": i, "run": run, "value": check.samples, "lower": lower}))
        for i, curve in enumerate(evidence.curves):
            head = {"arm": arm, "curve": i, "panel": curve.panel, "label": curve.label, "role": curve.role}
            head["form"] = curve.form or ""
            low = np.nan if curve.low is None else curve.low
            high = np.nan if curve.high is None else curve.high
            lines.append(pd.DataFrame({**head, "x": curve.x, "y": curve.y, "low": low, "high": high}))
    empty_values = pd.DataFrame(columns=["arm", "check", "run", "value", "lower"])
    empty_lines = pd.DataFrame(columns=["arm", "curve", "panel", "label", "role", "form", "x", "y", "low", "high"])
    return pd.concat(values) if values else empty_values, pd.concat(lines) if lines else empty_lines


def _parquet(table: pd.DataFrame) -> bytes:
    written: bytes = table.to_parquet(None, compression="zstd", index=False)
    return written


def _describe(cell: Cell) -> dict[str, Any]:
    def summary(evidence: Evidence | None) -> dict[str, Any] | None:
        if evidence is None:
            return None
        hidden = ("samples", "lower_samples")
        checks = [{k: v for k, v in vars(check).items() if k not in hidden} for check in evidence.checks]
        return {"checks": checks, "panels": [asdict(panel) for panel in evidence.panels]}

    controls = [{**vars(c), "evidence": summary(c.evidence)} for c in cell.controls]
    own = {"claim": asdict(cell.claim), "evidence": summary(cell.evidence), "controls": controls}
    return {**vars(cell), **own, "format": FORMAT}
