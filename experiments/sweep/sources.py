"""Which sources are executed for a case, found from its classes, and what is in them that can change a number.

A module leads to those that it imports, wherever in it, and to those whose classes, functions and modules it holds
after it was imported, by whatever way they came (`importlib`). Sources of Python and of installed packages do not
count: their versions do.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from experiments.sweep.opened import is_ours

IMPORTERS = ("import_module", "__import__")
_strays: dict[str, ModuleType] = {}  # modules that are not in sys.modules, by name, as they were met


def reached(modules: Iterable[str]) -> dict[str, Path]:
    """The modules of the project and the user that these lead to, themselves included, with their files."""
    found: dict[str, Path] = {}
    queue = list(_ours(modules))
    while queue:
        name = queue.pop()
        file = source(name)
        if file is not None and name not in found:
            found[name] = file
            queue += leads_to(name)
    return found


def home(value: Any) -> str:
    """The module that a module, a class, a function, or an instance of a class, comes from."""
    if isinstance(value, ModuleType):
        if value is not sys.modules.get(value.__name__):
            _strays.setdefault(value.__name__, value)
        return value.__name__
    kind = value if isinstance(value, type | FunctionType) else type(value)
    return str(getattr(kind, "__module__", None) or "")


@cache
def source(name: str) -> Path | None:
    """The file of a module that counts, found without importing it; None for all others."""
    loaded = sys.modules.get(name) or _strays.get(name)
    if loaded is not None:
        file = getattr(loaded, "__file__", None)
        return Path(file) if file and is_ours(file) and Path(file).is_file() else None
    parent, _, _ = name.rpartition(".")
    folders = _folders(parent) if parent else None
    if parent and not folders:
        return None
    spec = PathFinder.find_spec(name, folders)
    return Path(spec.origin) if spec is not None and spec.origin and is_ours(spec.origin) else None


@cache
def _folders(name: str) -> list[str]:
    """Where the modules of a package are; none for what is no package of ours."""
    loaded = sys.modules.get(name) or _strays.get(name)
    if loaded is not None:
        found = list(getattr(loaded, "__path__", ()))
    else:
        parent, _, _ = name.rpartition(".")
        spec = PathFinder.find_spec(name, _folders(parent) if parent else None)
        found = list(spec.submodule_search_locations or ()) if spec is not None else []
    return [folder for folder in found if is_ours(f"{folder}/")]


@cache
def leads_to(name: str) -> tuple[str, ...]:
    """The modules that a module of ours imports or holds."""
    file = source(name)
    names = list(_imports(name, file)) if file is not None else []
    loaded = sys.modules.get(name) or _strays.get(name)
    for label, value in list(vars(loaded).items()) if loaded is not None else ():
        if not (isinstance(value, ModuleType) and value.__name__ == f"{name}.{label}"):  # a package holds what is in it
            names.append(home(value))
    return tuple(_ours(names))


def _ours(names: Iterable[str]) -> dict[str, Path]:
    """Those that count, and the packages that they are in, whose sources are executed as well."""
    found: dict[str, Path] = {}
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts) + 1) if name else ():
            file = source(above := ".".join(parts[:end]))
            if file is not None:
                found[above] = file
    return found


def _imports(name: str, file: Path) -> Iterator[str]:
    """What the statements of a source import, wherever they stand; a literal name given to importlib likewise."""
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    for node in _scanned(file, *_stamp(file))[1]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in IMPORTERS and isinstance(node.args[0].value, str):
                yield _absolute(node.args[0].value, package)


def _absolute(name: str, package: str) -> str:
    """The whole name of what is called `..name` in a package."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    above = package.split(".")[: -(level - 1) or None]
    return ".".join(filter(None, [*above, name[level:]]))


def content(file: Path) -> str:
    """A hash of a file: of a Python source its syntax tree without comments and docstrings, of others the bytes."""
    return _scanned(file, *_stamp(file))[0]


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


@cache
def _scanned(file: Path, *stamp: int) -> tuple[str, list[ast.AST]]:
    """The hash of a file, and the nodes that import; no nodes in what is no Python."""
    data = file.read_bytes()
    words: list[str] = []
    found: list[ast.AST] = []
    if file.suffix == ".py":
        try:
            with warnings.catch_warnings(action="ignore"):
                _scan(ast.parse(data), words, found)
            data = "\n".join(words).encode(errors="surrogatepass")
        except (SyntaxError, ValueError, RecursionError):
            found = []
    return hashlib.sha256(data).hexdigest(), found


def _scan(node: ast.AST, words: list[str], found: list[ast.AST]) -> None:
    """Write down a syntax tree without positions, and without the statements that are nothing but a text.

    `ast.dump` takes three times as long, and a sweep of which nothing is to be done has to read all sources, too.
    """
    words.append(type(node).__name__)
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
        found.append(node)
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            _scan(value, words, found)
        elif isinstance(value, list):
            words.append("[")
            for each in value:
                if not isinstance(each, ast.AST):
                    words.append(repr(each))
                elif not _is_text(each):
                    _scan(each, words, found)
            words.append("]")
        else:
            words.append(repr(value))


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def forget() -> None:
    """Look anew at what leads where: modules may have been changed since."""
    for function in (source, _folders, leads_to):
        function.cache_clear()
    _strays.clear()
