"""Run one job, or many in parallel: cells are stored under the hash of their config and sources."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy as np

from experiments.sweep.cells import Cell, save
from experiments.sweep.config import Job, plain
from experiments.words.harness import examine

ROOT = Path(__file__).resolve().parent.parent.parent


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


def key(job: Job) -> str:
    """The name of the job's cell: a hash of its config, of the sources of its claim and of NumPy's version."""
    digest = hashlib.sha256(json.dumps(plain(job.config), sort_keys=True).encode())
    digest.update(np.__version__.encode())
    parts = (job.claim, *vars(job.problem).values())
    modules = {type(part).__module__ for part in parts if not isinstance(part, str)}
    for path in sorted({path for module in modules for path in sources(module)}):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(_bytes(path))
    return f"{job.name}-{digest.hexdigest()[:16]}"


@cache
def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def run(job: Job, name: str = "") -> Cell:
    """Measure the claim and its controls; what goes wrong becomes the cell's error. name: the job's key, if known."""
    claim, problem, context = job.claim, job.problem, job.context
    bare = Cell(name or key(job), job.name, claim.info(), problem.name, problem.description, config=plain(job.config))
    try:
        evidence, controls = examine(claim, problem, context)
    except Exception as error:  # one case must not take the others with it
        reason = traceback.format_exception_only(error)[-1].strip()
        return Cell(**{**vars(bare), "error": reason})
    return Cell(**{**vars(bare), "evidence": evidence, "controls": controls})


def perform(job: Job, name: str) -> tuple[str, str]:
    """Run and store one job in its results folder; returns (case, error)."""
    cell = run(job, name)
    save(cell, Path(job.config.results) / "cells")
    return cell.case, cell.error


def sweep(jobs: Sequence[Job], pool: ProcessPoolExecutor) -> list[str]:
    """Run all jobs that are not stored yet, in parallel, with progress; returns the failures, a line each."""
    if not jobs:
        return []
    results = Path(jobs[0].config.results)
    names = [key(job) for job in jobs]
    todo = [(job, name) for job, name in zip(jobs, names, strict=True) if not _done(results / "cells" / name)]
    write_manifest(jobs, names, results)
    print(f"{len(jobs)} cases, {len(jobs) - len(todo)} already done", flush=True)
    failures: list[str] = []
    began = time.monotonic()
    futures = [pool.submit(perform, job, name) for job, name in reversed(todo)]  # the long theorems first
    for done, future in enumerate(as_completed(futures), 1):
        case, error = future.result()
        elapsed = time.monotonic() - began
        left = elapsed / done * (len(todo) - done)
        note = f"FAILED: {error}" if error else "done"
        print(f"[{done}/{len(todo)}] {case}: {note}; {elapsed:.0f} s, about {left:.0f} s left", flush=True)
        if error:
            failures.append(f"{case}: {error}")
    return failures


def _done(cell: Path) -> bool:
    """Whether the cell is stored, and not as a failure."""
    path = cell / "cell.json"
    return path.is_file() and not json.loads(path.read_text(encoding="utf-8"))["error"]


def write_manifest(jobs: Sequence[Job], names: Sequence[str], results: Path) -> None:
    """results/manifest.json: the cells that belong to this sweep."""
    cells = [
        {"case": job.name, "key": name, "claim": job.config.case.claim, "problem": job.problem.name}
        for job, name in zip(jobs, names, strict=True)
    ]
    results.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"preset": jobs[0].config.preset.name, "seed": jobs[0].config.seed, "cells": cells}, indent=1)
    handle, name = tempfile.mkstemp(dir=results)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
    os.chmod(name, 0o644)
    os.replace(name, results / "manifest.json")


def complain(lines: Sequence[str]) -> None:
    """Errors go to standard error, a line each."""
    for line in lines:
        print(line, file=sys.stderr)
