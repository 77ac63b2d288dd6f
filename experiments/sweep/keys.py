"""The name of a cell: a hash of all that decides what is in it, so that nothing is measured twice or kept too long."""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np

from experiments.sweep.job import Job
from experiments.sweep.schema import plain

HARNESS = "experiments.words.harness"
ROOT = Path(__file__).resolve().parent.parent.parent


def key(job: Job) -> str:
    """The case's name with a hash of its configuration, of the sources of claim and problem, and of NumPy's version."""
    digest = hashlib.sha256(json.dumps(plain(job.config), sort_keys=True).encode())
    digest.update(np.__version__.encode())
    for path in job_sources(job):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(_bytes(path))
    return f"{job.name}-{digest.hexdigest()[:16]}"


def job_sources(job: Job) -> list[Path]:
    """The project's files that decide what the job finds: of its claim, of its problem, and of what drives both."""
    parts = (job.claim, *vars(job.problem).values())
    modules = {type(part).__module__ for part in parts if not isinstance(part, str)} | {HARNESS}
    return sorted({path for module in modules for path in sources(module)})


@cache
def sources(module: str) -> tuple[Path, ...]:
    """The project's files that a module imports, directly or not, itself included."""
    found: dict[Path, None] = {}
    queue = [module]
    while queue:
        parts = queue.pop().split(".")
        for end in range(1, len(parts) + 1):
            base = ROOT.joinpath(*parts[:end])
            for path in (base.with_suffix(".py"), base / "__init__.py"):
                if path.is_file() and path not in found:
                    found[path] = None
                    queue += _imports(path)
    return tuple(sorted(found))


@cache
def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@cache
def _bytes(path: Path) -> bytes:
    return path.read_bytes()
