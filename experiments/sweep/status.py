"""`python -m experiments status RESULTS` and `... log CASE RESULTS`: what a sweep has done, and why a case failed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.sweep.cells import TEXT
from experiments.sweep.manifest import Entry, read, united
from experiments.sweep.progress import Costs, name_of, read_json, running
from experiments.sweep.sizes import duration

USAGE = "usage: python -m experiments status [RESULTS] | python -m experiments log CASE [RESULTS]"


def show(arguments: Sequence[str]) -> int:
    """Print what is asked for; the exit code: 2 for bad input, 0 otherwise."""
    word, *more = arguments
    cases, folder = (more[:1], more[1:]) if word == "log" else ([], more)
    if len(folder) > 1 or (word == "log" and not cases):
        return _complain(USAGE)
    results = Path(folder[0] if folder else "results")
    try:
        sweeps = read(results)
        preset = sweeps[-1].preset
    except OSError:
        return _complain(f"results = {results}: must be a folder in which a sweep has begun")
    except ValueError as error:
        return _complain(str(error))
    found = dict(_states(results, united(sweeps, preset)))
    if word == "status":
        _print_status(found, Costs(results, preset), results, preset)
        return 0
    meant = [name for name in found if name == cases[0] or name.startswith(f"{cases[0]} (")]
    for name in meant:
        _print_log(name, *found[name])
    return 0 if meant else _complain(f"case = {cases[0]}: must be a case of the sweep in {results}")


def _print_log(name: str, state: str, cell: dict[str, Any]) -> None:
    print(f"{name}: {state}")
    for part in ("error", "traceback", "output"):
        if cell.get(part):
            print(f"\n{part}:\n{cell[part].rstrip()}\n")


def _states(results: Path, entries: Sequence[Entry]) -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    """Every case, with what was varied, its state and what its cell says."""
    now = set(running(results))
    for entry in entries:
        cell = read_json(results / "cells" / entry.key / TEXT, None)
        state = "missing" if cell is None else "failed" if cell["error"] else "done"
        yield (
            name_of(entry.case, entry.varied),
            ("running" if entry.key in now and state != "done" else state, cell or {}),
        )


def _print_status(found: dict[str, tuple[str, dict[str, Any]]], costs: Costs, results: Path, preset: str) -> None:
    states = ("done", "running", "failed", "missing")
    names = {state: [case for case, (own, _) in found.items() if own == state] for state in states}
    todo = [case for state in states[1:] for case in names[state]]
    known = [cost for cost in map(costs.of, todo) if cost is not None]
    print(f"{results}: preset {preset}, {len(found)} cases: " + ", ".join(f"{len(names[s])} {s}" for s in states))
    if todo:
        unknown = f", and {len(todo) - len(known)} of unknown cost" if len(known) < len(todo) else ""
        print(f"left: about {duration(sum(known))} on one core for {len(known)} cases{unknown}")
    for state in states[1:]:
        for case in names[state]:
            error = found[case][1].get("error", "")
            print(f"{state}: {case}" + (f": {error}" if state == "failed" else ""))


def _complain(line: str) -> int:
    print(f"error: {line}" if not line.startswith("usage") else line, file=sys.stderr)
    return 2
