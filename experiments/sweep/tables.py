"""The tables conf/cases.yaml and conf/problems.yaml: read and checked, whichever row is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml  # type: ignore[import-untyped]
from omegaconf._utils import get_yaml_loader
from yaml import YAMLError
from yaml.constructor import ConstructorError  # type: ignore[import-untyped]

from experiments.sweep.claims import CLAIMS
from experiments.sweep.schema import NAME, PRESETS, ProblemConfig
from foundation.settings import refusal, show

Row = TypeVar("Row")


class Rows(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads a table as Hydra reads its files, and some times as fast: 1e3 is a number, and a key comes once."""

    yaml_implicit_resolvers = get_yaml_loader().yaml_implicit_resolvers

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """A table; a YAMLError for a key that comes twice."""
        keys = [key.value for key, _ in node.value]
        for (key, _), before in zip(node.value, range(len(keys)), strict=True):
            if key.value in keys[:before]:
                raise ConstructorError(None, None, f"found duplicate key {key.value}", key.start_mark)
        return super().construct_mapping(node, deep=deep)


CONF = Path(__file__).resolve().parent.parent.parent / "conf"


@dataclass(frozen=True)
class Case:
    """A row of cases.yaml: a claim on a problem, with the claim's own settings, for some presets."""

    claim: str
    problem: str
    presets: tuple[str, ...]
    settings: dict[str, Any]


_extra: list[Path] = []  # folders whose rows stand beside those of conf/


def add(folder: Path) -> None:
    """Let the rows of a folder stand beside those of conf/; no table need be there. Raises ValueError as below."""
    if folder not in _extra:
        _extra.append(folder)
        cases.cache_clear()
        problems.cache_clear()
    cases(), problems()


@cache
def cases(folder: Path = CONF) -> dict[str, Case]:
    """The cases by name, in the order of the report. Raises ValueError, one line that names the row and the fault."""
    found = _cases(folder, problems(folder))
    for extra in _extra if folder == CONF else ():
        if (extra / "cases.yaml").exists():
            found |= _new(_cases(extra, problems()), found, extra / "cases.yaml")
    return found


def _new(rows: dict[str, Row], known: Mapping[str, Any], path: Path) -> dict[str, Row]:
    """The rows of an extra table, whose names must not be taken."""
    taken = [name for name in rows if name in known]
    if taken:
        raise ValueError(f"{path}: {taken[0]}: must have a name of its own, this is a row of conf/")
    return rows


def _cases(folder: Path, known: Mapping[str, Any]) -> dict[str, Case]:
    """The cases of one table; known: the problems that they may name."""
    found: dict[str, Case] = {}
    for claim, rows in _read(folder / "cases.yaml").items():
        _one_of("cases.yaml: claim", claim, CLAIMS)
        for name, row in rows.items():
            key = f"cases.yaml: {name}"
            if name in found:
                raise ValueError(f"{key}: must have one row, not two, under {found[name].claim} and {claim}")
            _keys(key, row, ("problem", "presets", "settings"), needed="problem")
            _one_of(f"{key}: problem", row["problem"], known)
            presets, own = row.get("presets", list(PRESETS)), row.get("settings", {})
            if not isinstance(presets, list) or not presets or not all(each in PRESETS for each in presets):
                raise ValueError(f"{key}: presets = {show(presets)}: must be a list of some of {', '.join(PRESETS)}")
            if len(set(presets)) < len(presets):
                raise ValueError(f"{key}: presets = {show(presets)}: must name each once")
            _table(f"{key}: settings", own)
            found[name] = Case(claim, row["problem"], tuple(presets), own)
    return found


@cache
def problems(folder: Path = CONF) -> dict[str, dict[str, Any]]:
    """The rows of problems.yaml by name. Raises ValueError, one line that names the row and the fault."""
    rows = _problems(folder)
    for extra in _extra if folder == CONF else ():
        if (extra / "problems.yaml").exists():
            rows = rows | _new(_problems(extra), rows, extra / "problems.yaml")
    return rows


def _problems(folder: Path) -> dict[str, dict[str, Any]]:
    rows = _read(folder / "problems.yaml")
    known = {item.name: item for item in fields(ProblemConfig) if item.name != "name"}
    for name, row in rows.items():
        _keys(f"problems.yaml: {name}", row, known, needed="description")
        for key, value in row.items():
            wanted = refusal(ProblemConfig, key, value)
            if wanted:
                raise ValueError(f"problems.yaml: {name}: {key} = {show(value)}: must {wanted}")
    return rows


@cache
def _read(path: Path) -> dict[str, dict[str, Any]]:
    """A table of tables. Raises ValueError for what is no table, and for a name that comes twice or names no file."""
    try:
        found: Any = yaml.load(path.read_text(encoding="utf-8"), Rows)
        found = {} if found is None else found
        if not _plain(found):
            raise ValueError(f"{path.name}: must hold numbers, texts, lists and tables only")
    except YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{path.name}{where}: must be YAML: {problem or 'characters that it does not have'}") from None
    except (OSError, UnicodeError) as error:
        raise ValueError(
            f"{path.name}: must be a text file: {getattr(error, 'strerror', None) or 'no UTF-8'}"
        ) from None
    _table(path.name, found)
    if not found:
        raise ValueError(f"{path.name}: must have rows")
    for table, rows in found.items():
        _table(f"{path.name}: {table}", rows)
        if not rows:
            raise ValueError(f"{path.name}: {table} = {{}}: must have rows")
    return found


def _plain(value: Any) -> bool:
    """Whether it is made of what a row may hold."""
    if isinstance(value, dict | list):
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        return all(map(_plain, inside))
    return value is None or isinstance(value, bool | int | float | str)


def _table(key: str, value: Any) -> None:
    """Refuse what is no table of names and values."""
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{key} = {show(value)}: must be a table of names and values")


def _keys(key: str, row: Any, known: Collection[str], needed: str) -> None:
    """Refuse a row that does not match: its name, its keys, and what it must say."""
    wanted = refusal(ProblemConfig, "name", key.rpartition(": ")[2])
    if wanted:
        raise ValueError(f"{key}: its name must match {NAME}")
    for name in row if isinstance(row, dict) else ():
        _one_of(f"{key}: key", name, known)
    if not isinstance(row, dict) or row.get(needed) is None:
        raise ValueError(f"{key} = {show(row)}: must say its {needed}")


def _one_of(key: str, value: Any, known: Collection[str]) -> None:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{key} = {show(value)}: must be one of {', '.join(known)}")
