"""What stands in theory/ is used: by a claim that measures it, by code, or by what is used."""

from __future__ import annotations

import ast
from pathlib import Path

from experiments.sweep.claims import CLAIMS

ROOT = Path(__file__).resolve().parent.parent


def identifiers(node: ast.AST) -> set[str]:
    """The names that stand in a piece of code."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def uses() -> dict[str, set[str]]:
    """For every definition of theory/, "ledger.lemma07_bracket", what else of theory/ it uses."""
    found = {}
    for path in (ROOT / "theory").glob("*.py"):
        short, body = path.stem, ast.parse(path.read_text(encoding="utf-8")).body
        defined = {
            getattr(node, "name", "") or node.targets[0].id: node  # type: ignore[attr-defined]
            for node in body
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign)
        }
        scope = {name: f"{short}.{name}" for name in defined} | imported(body)
        for name, node in defined.items():
            found[f"{short}.{name}"] = {scope[each] for each in identifiers(node) & scope.keys()}
    return found


def imported(body: list[ast.stmt]) -> dict[str, str]:
    """Names that `from theory.ledger import ...` brings, and what they stand for."""
    return {
        alias.asname or alias.name: f"{node.module.removeprefix('theory.')}.{alias.name}"
        for node in body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("theory.")
        for alias in node.names
    }


def taken(path: Path) -> set[str]:
    """What of theory/ a file outside of it uses, under whatever name it imports the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "theory"
        for alias in node.names
    }
    return set(imported(tree.body).values()) | {
        f"{modules[node.value.id]}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    }


def test_nothing_in_theory_serves_tests_only() -> None:
    """Every public function, class and constant is used by other code, is stated by a claim, or serves what is."""
    packages = ("objectives", "optimizers", "simulation", "stationarity", "experiments", "analysis", "benchmarks")
    needed = {name for package in packages for path in (ROOT / package).rglob("*.py") for name in taken(path)}
    for claim in CLAIMS.values():
        needed |= {f"{bound.__module__.removeprefix('theory.')}.{bound.__name__}" for bound in claim.statements}
    graph, seen = uses(), set()
    while needed - seen:
        name = (needed - seen).pop()
        seen.add(name)
        needed |= graph.get(name, set())
    idle = sorted(name for name in graph.keys() - seen if not name.split(".")[1].startswith("_"))
    assert not idle, f"nobody but tests uses {', '.join(idle)}"
