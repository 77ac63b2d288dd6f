"""What `python -m analysis` does: collect the cells, judge, draw, and write tables and report."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing.context import BaseContext
from pathlib import Path

import pandas as pd

from analysis import figures, report
from analysis.tables import CONTROLS, tables
from analysis.tightness import tightness
from experiments.sweep.cells import Cell, load


def collect(results: Path) -> tuple[list[Cell], list[str], str]:
    """(measured cells in the manifest's order, a line for each missing or failed case, preset)."""
    manifest = json.loads((results / "manifest.json").read_text(encoding="utf-8"))
    cells: list[Cell] = []
    missing: list[str] = []
    for entry in manifest["cells"]:
        folder = results / "cells" / entry["key"]
        if not (folder / "cell.json").is_file():
            missing.append(f"{entry['case']}: not measured; run the sweep again")
            continue
        cell = load(folder)
        if cell.error:
            missing.append(f"{entry['case']}: {cell.error}")
        else:
            cells.append(cell)
    return cells, missing, manifest["preset"]


def run(arguments: list[str], context: BaseContext) -> int:
    """Everything, from the folder that `arguments` name to its report; `context` starts the processes that draw.

    Returns the exit code: 1 if a case is missing or failed; what can be judged is judged all the same.
    """
    results = Path(arguments[0] if arguments else "results")
    if not (results / "manifest.json").is_file():
        print(f"error: {results}/manifest.json is missing: run `make reproduce` first", file=sys.stderr)
        return 1
    cells, missing, preset = collect(results)
    drawings = results / "figures"
    drawings.mkdir(exist_ok=True)
    for old in drawings.glob("*.*"):
        old.unlink()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:  # drawing is most of the work
        drawn = pool.map(partial(figures.draw, folder=drawings), cells)
        verdicts, twins = tables(cells)
        pool.submit(figures.summary, verdicts, drawings).result()
        tight = tightness(verdicts, cells)
        list(drawn)  # errors included
    verdicts.to_csv(results / "verdicts.csv", index=False, float_format="%.6g")
    twins.to_csv(results / "controls.csv", columns=list(CONTROLS), index=False, float_format="%.6g")
    tight.to_csv(results / "tightness.csv", index=False, float_format="%.6g")
    report.write(verdicts, twins, tight, cells, results, preset, missing)
    _print(verdicts, missing, results)
    return 1 if missing else 0


def _print(verdicts: pd.DataFrame, missing: list[str], results: Path) -> None:
    counts = verdicts["verdict"].value_counts().sort_index()
    print(f"{len(verdicts)} rows: " + ", ".join(f"{n} {v}" for v, n in counts.items()))
    for row in verdicts[verdicts["verdict"].isin(["refuted", "undecided", "failed"])].to_dict("records"):
        where = ", ".join(str(row[k]) for k in ("label", "problem", "form", "quantity", "setting"))
        print(f"  {row['verdict']}: {where}: measured {row['measured']:.4g}, bound {row['bound']:.4g}")
    for line in missing:
        print(f"failed: {line}", file=sys.stderr)
    print(f"report: {results / 'report.html'}")
