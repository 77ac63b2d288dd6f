"""The tables conf/cases.yaml and conf/problems.yaml: read, checked, and made known to Hydra.

A row becomes a config of Hydra's group `case` or `problem`, as if it were a file there: one row is chosen by its name,
several by a list or a glob, and any value is overridden on the command line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from yaml import MarkedYAMLError  # type: ignore[import-untyped]

from experiments.sweep.claims import CLAIMS
from experiments.sweep.schema import PRESETS, Config, ProblemConfig

CONF = Path(__file__).resolve().parent.parent.parent / "conf"


@dataclass(frozen=True)
class Case:
    """A row of cases.yaml: a claim on a problem, with the claim's own settings, for some presets."""

    claim: str
    problem: str
    presets: tuple[str, ...]
    settings: dict[str, Any]


@cache
def cases(folder: Path = CONF) -> dict[str, Case]:
    """The cases by name, in the order of the report. Raises ValueError, one line that names the row and the fault."""
    found: dict[str, Case] = {}
    for claim, rows in _read(folder / "cases.yaml").items():
        _one_of(f"cases.yaml: {claim}", claim, CLAIMS)
        for name, row in rows.items():
            key = f"cases.yaml: {name}"
            if name in found:
                raise ValueError(f"{key} has two rows, under {found[name].claim} and {claim}")
            _keys(key, row, ("problem", "presets", "settings"), needed="problem")
            case = Case(claim, row["problem"], tuple(row.get("presets", PRESETS)), row.get("settings", {}))
            _one_of(f"{key}: problem", case.problem, problems(folder))
            for preset in case.presets:
                _one_of(f"{key}: presets", preset, PRESETS)
            found[name] = case
    return found


@cache
def problems(folder: Path = CONF) -> dict[str, dict[str, Any]]:
    """The rows of problems.yaml by name. Raises ValueError, one line that names the row and the fault."""
    rows = _read(folder / "problems.yaml")
    known = [item.name for item in fields(ProblemConfig) if item.name != "name"]
    for name, row in rows.items():
        _keys(f"problems.yaml: {name}", row, known, needed="description")
    return rows


class _Group(dict[str, Any]):
    """A group of Hydra's store that is not copied with the store, as for every job: what is loaded is copied anyway."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Group:
        return self


@cache
def register() -> None:
    """Tell Hydra the schema, so that it refuses unknown keys and wrong types, and every row of the tables."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.repo.update(case=_Group(), problem=_Group())
    for name, row in problems().items():
        store.store(group="problem", name=name, node={"name": name, **row}, provider="conf/problems.yaml")
    for name, case in cases().items():
        own = {"name": name, "claim": case.claim, "presets": list(case.presets), "settings": case.settings}
        node = {"defaults": [{"override /problem": case.problem}], "case": own}
        store.store(group="case", name=name, node=node, package="_global_", provider="conf/cases.yaml")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """A table of tables. Raises ValueError for what is no table, and for a name that comes twice in one."""
    try:
        found: Any = OmegaConf.to_container(OmegaConf.load(path))
    except MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"{path.name}{where}: {error.problem}") from error
    for name, rows in found.items():
        if not isinstance(rows, dict) or not rows:
            raise ValueError(f"{path.name}: {name} = {rows}: must be a table of names and values")
    return found


def _keys(key: str, row: Any, known: Collection[str], needed: str) -> None:
    for name in row if isinstance(row, dict) else ():
        _one_of(key, name, known)
    if not isinstance(row, dict) or needed not in row:
        raise ValueError(f"{key} = {row}: must say its {needed}")


def _one_of(key: str, value: Any, known: Collection[str]) -> None:
    if value not in known:
        raise ValueError(f"{key}: {value!r} is unknown, must be one of {', '.join(known)}")
