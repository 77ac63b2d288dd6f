"""The name of a cell: a hash of all that decides what is in it, so that nothing is measured twice or kept too long."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiments.sweep import opened
from experiments.sweep.cells import TEXT
from experiments.sweep.job import Job, make_problem
from experiments.sweep.provenance import ROOT, versions
from experiments.sweep.schema import plain
from experiments.sweep.sources import content, home, reached
from experiments.sweep.store import whole
from foundation.compiling import folder

HARNESS = "experiments.words.harness"


def key(job: Job) -> str:
    """The case's name with a hash of all that can change its numbers and is known before it is measured.

    That is its configuration, the sources that are executed for it and the data that these read when they were
    imported, the versions of what computes, and the processor's vectors. Docstrings, comments and the texts of the
    tables are not; what is read in the course of the measurement is recorded in the cell (`recording`).
    """
    config = plain(job.config)
    del config["problem"]["description"]
    modules = job_modules(job)
    parts = {
        "config": config,
        "versions": versions(),
        "sources": {name: content(file) for name, file in modules.items()},
        "data": {_label(path): content(path) for path in _data(modules)},
    }
    return f"{job.name}-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]}"


def job_modules(job: Job) -> dict[str, Path]:
    """The modules that decide what the job finds: of its claim, of its problem, and of what drives both."""
    parts: list[Any] = [job.claim, *vars(job.problem).values()]
    parts += [value for part in parts if hasattr(part, "__dict__") for value in vars(part).values()]
    kinds = [kind for part in parts for kind in (type(part).__mro__ if hasattr(part, "__dict__") else ())]
    return reached({HARNESS, *map(home, [*parts, *kinds])})


def job_sources(job: Job) -> list[Path]:
    """The files of these modules."""
    return sorted(job_modules(job).values())


@contextmanager
def recording(job: Job) -> Iterator[dict[str, str]]:
    """Around a measurement: once it is over, the files that it read, with a hash of each.

    A file may be read once for several cases of a process. So what the job's modules have read before counts, too; a
    file too many costs nothing while it does not change.
    """
    found: dict[str, str] = {}
    with opened.watching() as seen:
        make_problem(job.config.problem)  # which may read; the job's own was made in another process
        yield found
    modules = job_modules(job)
    read = seen | set().union(*(opened.later.get(name, ()) for name in modules)) - opened.written
    lazy = reached(name for name, module in list(sys.modules.items()) if getattr(module, "__file__", None) in read)
    known = {*modules.values(), *_data(modules)}
    paths = {*map(Path, filter(_is_data, read)), *lazy.values(), *_data(lazy)}
    found |= {_label(path): content(path) for path in sorted(paths - known)}


def fresh(path: Path) -> bool:
    """Whether a cell is stored, not as a failure, and none of the files that it read has changed.

    Raises DamagedCellError if something is stored that is not a whole cell.
    """
    if not path.is_symlink() and not path.exists():
        return False
    text = json.loads(whole(path)[TEXT])
    return not text["error"] and all(_unchanged(ROOT / name, hashed) for name, hashed in text["reads"].items())


def _unchanged(path: Path, hashed: str) -> bool:
    try:
        return content(path) == hashed
    except OSError:
        return False


def _data(modules: Mapping[str, Path]) -> set[Path]:
    """The data that modules read when they were imported."""
    return {Path(path) for name in modules for path in opened.importing.get(name, ()) if _is_data(path)}


def _is_data(path: str) -> bool:
    """Whether the file can be somebody's data; what is compiled here is none."""
    compiled = {str(folder()), os.environ.get("NUMBA_CACHE_DIR", str(folder()))}
    return opened.is_data(path) and not any(path.startswith(place + os.sep) for place in compiled)


def _label(path: Path) -> str:
    """The path as it stands in the repository, or the whole one."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()
