"""Which cells a report is about, read one by one: what is missing, damaged or failed is a line, and stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.figures import OVERVIEWS
from experiments.sweep.cells import Cell, figure_name
from experiments.sweep.manifest import MANIFEST, Entry, Sweep, read, united
from experiments.sweep.store import DamagedCellError, load

OPTIONS = ("preset", "figure", "style")


@dataclass(frozen=True)
class Collected:
    """The measured cells of a preset in the manifest's order, a line for each other case, and the other presets."""

    preset: str
    cells: Sequence[Cell]
    missing: Sequence[str]
    others: Sequence[str]


@dataclass(frozen=True)
class Asked:
    """What the command line asks for: a folder of results, a preset, and one figure, in a style, if not everything."""

    results: Path
    preset: str = ""
    figure: str = ""
    style: str = ""

    def meant(self, entry: Entry) -> bool:
        """Whether a case is needed: all are, but for the figure of one."""
        return self.figure in ("", *OVERVIEWS, figure_name(entry.case, entry.varied))


def arguments(given: Sequence[str]) -> Asked:
    """What the command line says. Raises ValueError, one line, for what it cannot say."""
    folders, options = [], dict.fromkeys(OPTIONS, "")
    for each in given:
        name, is_option, value = each.partition("=")
        if name in options and is_option and value:
            options[name] = value
        elif each.startswith("-") or not each or (is_option and not Path(each).exists()):
            known = ", ".join(f"{option}=NAME" for option in OPTIONS)
            raise ValueError(f"{each!r} is unknown: must be a folder of results or one of {known}; see --help")
        else:
            folders.append(Path(each))
    if len(folders) > 1:
        raise ValueError(f"{', '.join(map(str, folders))}: must be one folder of results")
    if options["style"] and not options["figure"]:
        raise ValueError(f"style = {options['style']}: needs figure=NAME; all figures at once have the report's")
    return Asked((folders or [Path("results")])[0], **options)


def collect(results: Path, preset: str = "", only: Callable[[Entry], bool] = lambda _: True) -> Collected:
    """What the sweeps of a preset asked for, of the last sweep's if none is named; `only` those entries.

    Raises FileNotFoundError if nothing was swept, other OSErrors, and ValueError, one line, for a garbled manifest and
    for a preset that was not swept.
    """
    chosen, sweeps = _chosen(results, preset)
    cells: list[Cell] = []
    missing: list[str] = []
    for entry in filter(only, united(sweeps, chosen)):
        cell = _cell(results / "cells" / entry.key, entry)
        if isinstance(cell, Cell) and not cell.error:
            cells.append(cell)
        else:
            missing.append(f"{_name(entry)}: {cell.error if isinstance(cell, Cell) else cell}")
    return Collected(chosen, cells, missing, [name for name in _presets(sweeps) if name != chosen])


def entries(results: Path, preset: str = "") -> Sequence[Entry]:
    """The cases that a preset's sweeps asked for, measured or not; errors as `collect` raises them."""
    chosen, sweeps = _chosen(results, preset)
    return united(sweeps, chosen)


def _presets(sweeps: Sequence[Sweep]) -> list[str]:
    return list(dict.fromkeys(sweep.preset for sweep in sweeps))


def _chosen(results: Path, preset: str) -> tuple[str, Sequence[Sweep]]:
    """The preset that is meant, and all sweeps."""
    sweeps = read(results)
    known = _presets(sweeps)
    if not sweeps:
        raise FileNotFoundError(2, "lists no sweep", str(results / MANIFEST))
    chosen = preset or sweeps[-1].preset
    if chosen not in known:
        raise ValueError(f"preset = {chosen}: must be one of those swept in {results}: {', '.join(known)}")
    return chosen, sweeps


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
