"""What a user keeps outside of the repository: `extra=DIR` adds the sources and the tables of a folder.

    DIR/*.py            objectives, noises, learners and claims, each entered as those of the house are
    DIR/problems.yaml   rows like those of conf/problems.yaml; DIR/cases.yaml, of conf/cases.yaml; none need be there

The sources are imported, which runs them; tables run nothing. The folder's name becomes that of a package.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from experiments.sweep.claims import enter
from experiments.sweep.tables import add

_loaded: set[Path] = set()


def load(place: str) -> None:
    """Import all sources of a folder, enter what they define, and let its rows stand beside those of conf/.

    Raises ValueError, one line, for what is no such folder, a name that is taken, or a source that fails.
    """
    folder = Path(place).resolve()
    if folder in _loaded:
        return
    files = sorted(folder.glob("*.py"))
    if not files:
        raise ValueError(f"extra = {place}: must be a folder with sources, *.py")
    if not re.fullmatch("[a-z][a-z0-9_]*", folder.name) or not _free(folder):
        raise ValueError(f"extra = {place}: {folder.name!r} must match [a-z][a-z0-9_]* and be no other package's name")
    sys.path.append(str(folder.parent))  # which the processes of the pool take over
    modules = [f"{folder.name}.{file.stem}" for file in files if file.stem != "__init__"]
    for module in modules:
        try:
            import_module(module)
        except Exception as error:  # whatever a source raises
            reason = " ".join(str(error).split())
            raise ValueError(f"extra = {place}: {module} must be imported: {type(error).__name__}: {reason}") from error
    enter(modules)
    add(folder)
    _loaded.add(folder)


def _free(folder: Path) -> bool:
    """Whether the name is nobody else's."""
    spec = find_spec(folder.name)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return spec is None or [Path(place).resolve() for place in places] == [folder]
