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
from analysis.tables import tables
from experiments.sweep.cells import Cell, figure_name
from foundation.files import write

DRAWN = ".drawn"  # the names of the files that are ours, a line each
SPECIAL = tuple(name for name in figures.STYLES if name != figures.REPORT)  # styles that a figure's name shows
OURS = re.compile(rf"(?P<name>[a-z0-9_]+(-[0-9a-f]{{8}})?)(-(?P<style>{'|'.join(SPECIAL)}))?\.(svg|pdf|csv)")
ENDINGS = (".svg", ".pdf", ".csv")


def draw_all(cells: Sequence[Cell], verdicts: pd.DataFrame, folder: Path, context: BaseContext) -> list[str]:
    """Draw a figure of every cell that has panels, and the summary; returns a line for each that cannot be drawn.

    What was drawn in another style is drawn again. Old drawings of this program are removed. Raises OSError that names
    the path where the disk is the reason.
    """
    folder.mkdir(exist_ok=True)
    named = _named(cells)
    before = _drawn(folder)
    wanted = [(name, "") for name in (*named, *figures.OVERVIEWS)]
    wanted += [pair for pair in sorted(set(map(_pair, before))) if pair[1] and (pair[0], "") in wanted]
    stems = [stem(*pair) for pair in wanted]
    _note(folder, before.union(name + ending for name in stems for ending in ENDINGS))
    wrong: dict[str, str] = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:  # drawing is most of the work
        futures: list[Future[dict[str, bytes]]] = [
            pool.submit(figures.draw, named[name], style or figures.REPORT)
            if name in named
            else pool.submit(figures.summary, verdicts, style or figures.REPORT)
            for name, style in wanted
        ]
        for name, future in zip(stems, futures, strict=True):
            try:
                drawn = future.result()
            except Exception as error:  # whatever is in a cell
                reason = " ".join(str(error).split())
                wrong[name] = f"{name}: its figure cannot be drawn: {type(error).__name__}: {reason}"
                continue
            _write(folder, name, drawn)
    made = {name + ending for name in stems if name not in wrong for ending in ENDINGS}
    for name in before.union(name + ending for name in wrong for ending in ENDINGS) - made:
        (folder / name).unlink(missing_ok=True)
    _note(folder, made)
    return list(wrong.values())


def draw_one(name: str, style: str, cells: Sequence[Cell], folder: Path) -> list[Path]:
    """Draw the figure of this name, as it is among `cells`, again; returns the files. ValueError if it has none."""
    named, chosen = _named(cells), style or figures.REPORT
    if name in figures.OVERVIEWS:
        drawn = figures.summary(tables(cells)[0], chosen)
    elif name in named:
        drawn = figures.draw(named[name], chosen)
    else:
        raise ValueError(f"figure = {name}: needs a case with a panel; this one has none")
    folder.mkdir(exist_ok=True)
    made = stem(name, "" if chosen == figures.REPORT else chosen)
    _note(folder, _drawn(folder).union(made + ending for ending in ENDINGS))
    return _write(folder, made, drawn)


def stem(name: str, style: str) -> str:
    """What a figure's files are called, without their endings."""
    return f"{name}-{style}" if style else name


def _named(cells: Sequence[Cell]) -> dict[str, Cell]:
    """The cells that have a figure, by its name."""
    return {figure_name(cell.case, cell.varied): cell for cell in cells if cell.evidence and cell.evidence.panels}


def _write(folder: Path, name: str, drawn: dict[str, bytes]) -> list[Path]:
    paths = [folder / f"{name}{ending}" for ending in ENDINGS]
    for path in paths:
        write(path, drawn[path.suffix])
    return paths


def _pair(file: str) -> tuple[str, str]:
    """The name and the style of a file that is ours."""
    found = OURS.fullmatch(file)
    assert found is not None
    return found["name"], found["style"] or ""


def _drawn(folder: Path) -> set[str]:
    """The files that are ours. Names that we would not give are not."""
    try:
        lines = (folder / DRAWN).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    return {line for line in lines if OURS.fullmatch(line)}


def _note(folder: Path, names: Iterable[str]) -> None:
    write(folder / DRAWN, "".join(f"{name}\n" for name in sorted(names)).encode())
