"""All figures of a report: drawn side by side, each alone, so that one that cannot be drawn is a line and no more.

results/figures is the user's folder, too: what is removed there is what this program has drawn, by its own list.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.context import BaseContext
from pathlib import Path

import pandas as pd

from analysis import figures
from experiments.sweep.cells import Cell, figure_name
from foundation.files import write

DRAWN = ".drawn"  # the names of the files that are ours, a line each
OURS = re.compile(r"[a-z0-9_]+(-[0-9a-f]{8})?\.(svg|pdf)")
ENDINGS = (".svg", ".pdf")


def draw_all(cells: Sequence[Cell], verdicts: pd.DataFrame, folder: Path, context: BaseContext) -> list[str]:
    """Draw a figure of every cell that has panels, and the summary; returns a line for each that cannot be drawn.

    Old drawings of this program are removed. Raises OSError that names the path where the disk is the reason.
    """
    folder.mkdir(exist_ok=True)
    named = {figure_name(cell.case, cell.varied): cell for cell in cells if cell.evidence and cell.evidence.panels}
    names = [*named, figures.SUMMARY]
    before = _drawn(folder)
    _note(folder, before.union(name + ending for name in names for ending in ENDINGS))
    wrong: dict[str, str] = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:  # drawing is most of the work
        futures: list[Future[dict[str, bytes]]] = [pool.submit(figures.draw, cell) for cell in named.values()]
        futures.append(pool.submit(figures.summary, verdicts))
        for name, future in zip(names, futures, strict=True):
            try:
                drawn = future.result()
            except Exception as error:  # whatever is in a cell
                reason = " ".join(str(error).split())
                wrong[name] = f"{name}: its figure cannot be drawn: {type(error).__name__}: {reason}"
                continue
            for ending in ENDINGS:
                write(folder / f"{name}{ending}", drawn[ending])
    made = {name + ending for name in names if name not in wrong for ending in ENDINGS}
    for name in before.union(name + ending for name in wrong for ending in ENDINGS) - made:
        (folder / name).unlink(missing_ok=True)
    _note(folder, made)
    return list(wrong.values())


def _drawn(folder: Path) -> set[str]:
    """The files that are ours. Names that we would not give are not."""
    try:
        lines = (folder / DRAWN).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    return {line for line in lines if OURS.fullmatch(line)}


def _note(folder: Path, names: Iterable[str]) -> None:
    write(folder / DRAWN, "".join(f"{name}\n" for name in sorted(names)).encode())
