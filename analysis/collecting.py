"""Which cells a report is about, read one by one: what is missing, damaged or failed is a line, and stops no other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from experiments.sweep.cells import Cell
from experiments.sweep.manifest import MANIFEST, Entry, read, united
from experiments.sweep.store import DamagedCellError, load


@dataclass(frozen=True)
class Collected:
    """The measured cells of a preset in the manifest's order, a line for each other case, and the other presets."""

    preset: str
    cells: Sequence[Cell]
    missing: Sequence[str]
    others: Sequence[str]


def arguments(given: Sequence[str]) -> tuple[Path, str]:
    """(results, preset) of the command line; "" for no preset. Raises ValueError, one line, for anything else."""
    folders, preset = [], ""
    for each in given:
        name, is_option, value = each.partition("=")
        if name == "preset" and is_option and value:
            preset = value
        elif each.startswith("-") or not each or (is_option and not Path(each).exists()):
            raise ValueError(f"{each!r} is unknown: must be a folder of results or preset=NAME; see --help")
        else:
            folders.append(Path(each))
    if len(folders) > 1:
        raise ValueError(f"{', '.join(map(str, folders))}: must be one folder of results")
    return (folders or [Path("results")])[0], preset


def collect(results: Path, preset: str = "") -> Collected:
    """What the sweeps of a preset asked for, of the last sweep's if none is named.

    Raises FileNotFoundError if nothing was swept, other OSErrors, and ValueError, one line, for a garbled manifest and
    for a preset that was not swept.
    """
    sweeps = read(results)
    known = list(dict.fromkeys(sweep.preset for sweep in sweeps))
    if not sweeps:
        raise FileNotFoundError(2, "lists no sweep", str(results / MANIFEST))
    chosen = preset or sweeps[-1].preset
    if chosen not in known:
        raise ValueError(f"preset = {chosen}: must be one of those swept in {results}: {', '.join(known)}")
    cells: list[Cell] = []
    missing: list[str] = []
    for entry in united(sweeps, chosen):
        cell = _cell(results / "cells" / entry.key, entry)
        if isinstance(cell, Cell) and not cell.error:
            cells.append(cell)
        else:
            missing.append(f"{_name(entry)}: {cell.error if isinstance(cell, Cell) else cell}")
    return Collected(chosen, cells, missing, [name for name in known if name != chosen])


def _cell(path: Path, entry: Entry) -> Cell | str:
    """The cell, with today's word for what sets it apart; or what is wrong with it."""
    if not os.path.lexists(path):
        return "not measured; run the sweep again"
    try:
        return replace(load(path), case=entry.case, varied=entry.varied)
    except DamagedCellError as error:
        return f"damaged, {error}; run the sweep again"


def _name(entry: Entry) -> str:
    return ", ".join(filter(None, (entry.case, entry.varied)))
