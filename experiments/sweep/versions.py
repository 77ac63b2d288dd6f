"""What a process computes with: all who share a sweep must have the same of it, else numbers differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from experiments.sweep.provenance import ROOT, versions

FOLDERS = ("conf", "experiments", "foundation", "objectives", "optimizers", "simulation", "stationarity", "theory")
SOURCES = "the project's sources"


@cache
def computes_with() -> dict[str, str]:
    """The versions of what computes, and the sources, as they were when this was first asked for: near the time when
    they were imported.
    """
    return {**versions(), SOURCES: digest(ROOT)}


def digest(root: Path) -> str:
    """A hash of all that can be executed or composed for a case: of names and bytes."""
    found = hashlib.sha256()
    files = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in (".py", ".yaml")]
    for path in sorted(files):
        content = path.read_bytes()
        found.update(f"{path.relative_to(root).as_posix()} {len(content)} ".encode() + content)
    return found.hexdigest()[:16]


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What is not the same, in words; "" if nothing."""
    wrong = [name for name in here if there.get(name) != here[name]]
    return ", ".join(f"{name} {there.get(name, 'unknown')}, not {here[name]}" for name in wrong)
