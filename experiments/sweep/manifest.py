"""results/manifest.json: which sweeps were asked for on this folder, and so which cells a report is about.

A report is about one preset: the last sweep's, or the one that is asked for. It unites all sweeps of that preset, so
that a single case that is run later does not take the place of all others; of what was asked for twice the later cell
counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from experiments.sweep.store import set_aside
from foundation.files import locked, write

MANIFEST, LOCK = "manifest.json", ".manifest.lock"


@dataclass(frozen=True)
class Entry:
    """A cell that was asked for: where it is, and of what; `varied` as in the cell."""

    case: str
    key: str
    claim: str
    problem: str
    varied: str = ""

    @property
    def subject(self) -> tuple[str, str]:
        """What is measured: entries with the same stand for one row of the table, whatever their keys."""
        return self.case, self.varied


@dataclass(frozen=True)
class Sweep:
    """What was asked for at once, at one preset."""

    preset: str
    cells: tuple[Entry, ...]


def read(results: Path) -> list[Sweep]:
    """The sweeps, the last one last. Raises OSError, and ValueError, one line, for a file that is garbled."""
    path = results / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        sweeps = [Sweep(each["preset"], tuple(Entry(**cell) for cell in each["cells"])) for each in found["sweeps"]]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: is garbled, or another version's") from error
    texts = [getattr(cell, item.name) for each in sweeps for cell in each.cells for item in fields(Entry)]
    if not all(isinstance(text, str) for text in [*texts, *(each.preset for each in sweeps)]):
        raise ValueError(f"{path}: is garbled")
    return sweeps


def add(results: Path, new: Sequence[Sweep]) -> None:
    """Enter sweeps, in their order, at the end. Sweeps of other processes are kept, whenever they come.

    A sweep of which a later one of its preset asks for everything again is dropped. A garbled manifest is set aside,
    with a word on standard error. Raises OSError that names the path.
    """
    results.mkdir(parents=True, exist_ok=True)
    with locked(results / LOCK):
        try:
            known = read(results)
        except FileNotFoundError:
            known = []
        except ValueError as error:
            print(f"{error}: set aside as {set_aside(results / MANIFEST)}", file=sys.stderr)
            known = []
        for sweep in new:
            known = [old for old in known if not _contains(sweep, old)] + [sweep]
        text = json.dumps({"sweeps": [asdict(sweep) for sweep in known]}, indent=1)
        write(results / MANIFEST, text.encode() + b"\n")


def united(sweeps: Sequence[Sweep], preset: str) -> list[Entry]:
    """What the sweeps of a preset asked for, in order; where two ask for the same, the later one's cell."""
    found: dict[tuple[str, str], Entry] = {}
    for sweep in sweeps:
        if sweep.preset == preset:
            found |= {entry.subject: entry for entry in sweep.cells}
    return list({entry.key: entry for entry in found.values()}.values())


def _contains(new: Sweep, old: Sweep) -> bool:
    return old.preset == new.preset and {e.subject for e in old.cells} <= {e.subject for e in new.cells}
