"""What `python -m analysis` does: collect the cells, judge, draw, and write tables and report; or one figure alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from multiprocessing.context import BaseContext
from pathlib import Path

import pandas as pd

from analysis import figures
from analysis.collecting import Asked, Collected, arguments, collect, entries
from analysis.drawing import draw_all, draw_one
from analysis.report.page import write as write_report
from analysis.resolution import resolution
from analysis.tables import CONTROLS, margins, tables
from analysis.tightness import tightness
from experiments.sweep.cells import Cell, figure_name
from foundation.files import locked, one_line, write

LOCK = ".analysis.lock"
CLOSEST = 5  # names that are told to who gives one that is none


def run(given: list[str], context: BaseContext) -> int:
    """Everything, from what the arguments name to its report; `context` starts the processes that draw.

    Returns the exit code: 2 for bad arguments; 1 if a case is missing or failed, or a row, or there is none. What can
    be judged is judged all the same.
    """
    try:
        asked = arguments(given)
    except ValueError as error:
        return _complain(str(error), 2)
    try:
        if asked.figure and (wrong := _unknown(asked)):
            return _complain(wrong, 2)
        found = collect(asked.results, asked.preset, asked.meant)
        with locked(asked.results / LOCK, wait=False) as alone:
            if not alone:
                return _complain(f"{asked.results}: another analysis is writing there", 1)
            return _figure(found, asked) if asked.figure else _report(found, asked.results, context)
    except FileNotFoundError as error:
        return _complain(f"{one_line(error)}: run `make reproduce` first", 1)
    except OSError as error:
        return _complain(one_line(error), 1)
    except ValueError as error:
        return _complain(str(error), 2 if asked.preset else 1)


def _unknown(asked: Asked) -> str:
    """What is wrong with the name of a figure or of a style, in one line; "" if nothing is."""
    if asked.style and asked.style not in figures.STYLES:
        return f"style = {asked.style}: must be one of {', '.join(figures.STYLES)}"
    swept = [figure_name(entry.case, entry.varied) for entry in entries(asked.results, asked.preset)]
    names = [*swept, *figures.OVERVIEWS]
    if asked.figure in names:
        return ""
    near = ", ".join(get_close_matches(asked.figure, names, CLOSEST, 0.0))
    return f"figure = {asked.figure}: must be one of the {len(names)} of {asked.results}; the closest: {near}"


def _figure(found: Collected, asked: Asked) -> int:
    """One figure, from what was measured."""
    if found.missing:
        return _complain(found.missing[0], 1)
    try:
        written = draw_one(asked.figure, asked.style, found.cells, asked.results / "figures")
    except ValueError as error:
        return _complain(str(error), 1)
    print(f"figure: {', '.join(map(str, written))}")
    return 0


def _report(found: Collected, results: Path, context: BaseContext) -> int:
    """Judge, draw, write; the report last, when all that it shows is there."""
    print(f"judging {len(found.cells)} cases, then drawing their figures: up to a minute", flush=True)
    verdicts, twins = tables(found.cells)
    tight = tightness(verdicts, found.cells)
    noticed = resolution(verdicts, margins(found.cells))
    missing = [*found.missing, *draw_all(found.cells, verdicts, results / "figures", context)]
    _write_table(results / "verdicts.csv", verdicts)
    _write_table(results / "controls.csv", twins[list(CONTROLS)])
    _write_table(results / "tightness.csv", tight)
    _write_table(results / "resolution.csv", noticed)
    write_report(verdicts, twins, (tight, noticed), found.cells, results, found.preset, missing)
    _print(verdicts, found.cells, missing, results)
    if found.others:
        names = ", ".join(found.others)
        print(f"of preset {found.preset}; also swept here: {names} (python -m analysis {results} preset=NAME)")
    return int(bool(missing) or verdicts.empty or "failed" in set(verdicts["verdict"]))


def _write_table(path: Path, table: pd.DataFrame) -> None:
    write(path, table.to_csv(index=False, float_format="%.6g").encode())


def _complain(line: str, code: int) -> int:
    print(f"error: {line}", file=sys.stderr)
    return code


def _print(verdicts: pd.DataFrame, cells: Sequence[Cell], missing: Sequence[str], results: Path) -> None:
    counts = verdicts["verdict"].value_counts().sort_index()
    print(f"{len(verdicts)} rows: " + ", ".join(f"{n} {v}" for v, n in counts.items()))
    for row in verdicts[verdicts["verdict"].isin(["refuted", "undecided", "failed"])].to_dict("records"):
        where = ", ".join(str(row[k]) for k in ("label", "problem", "varied", "form", "quantity", "setting") if row[k])
        print(f"  {row['verdict']}: {where}: measured {row['measured']:.4g}, bound {row['bound']:.4g}")
    for cell in cells:
        for line in cell.left_out:
            print(f"  left out by the preset: {', '.join(filter(None, (cell.case, cell.varied)))}: {line}")
    for line in missing:
        print(f"failed: {line}", file=sys.stderr)
    print(f"report: {results / 'report.html'}")
