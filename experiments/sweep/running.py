"""Run one job, or many in parallel: each becomes a cell, and one that fails does not take the others with it."""

from __future__ import annotations

import json
import os
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from experiments.sweep.cells import Cell, save
from experiments.sweep.job import Job
from experiments.sweep.keys import key
from experiments.sweep.schema import plain
from experiments.words.harness import examine


def run(job: Job, name: str | None = None) -> Cell:
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
    cell, folder = run(job, name), Path(job.config.results) / "cells"
    try:
        save(cell, folder)
    except ValueError as error:  # a bound or a margin that is not a number cannot be stored
        cell = replace(cell, evidence=None, controls=(), error=f"{type(error).__name__}: {error}")
        save(cell, folder)
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
    text = json.dumps({"preset": jobs[0].preset, "seed": jobs[0].config.seed, "cells": cells}, indent=1)
    handle, name = tempfile.mkstemp(dir=results)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
    os.chmod(name, 0o644)
    os.replace(name, results / "manifest.json")
