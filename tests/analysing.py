"""Analyses of made-up cells: in this process, in one of its own, and drawn or not."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from analysis import drawing, figures
from analysis.command import run
from experiments.sweep.manifest import Entry, Sweep, add
from experiments.sweep.store import save

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["analysis.figures"])  # as `python -m analysis` does
ROOT = Path(__file__).resolve().parent.parent


def write_results(folder, cells, extra=(), preset="test"):
    for made in cells:
        save(made, folder / "cells")
    entries = [Entry(c.case, c.key, "lemma99", c.problem, c.varied) for c in cells]
    entries += [Entry(name, name, "lemma99", "problem") for name in extra]
    add(folder, [Sweep(preset, tuple(entries))])


def command(*arguments, cwd=ROOT, **environment):
    """`python -m analysis` in a process of its own: (exit code, standard output, standard error)."""
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def judge_and_draw(folder, *arguments):
    """The exit code of an analysis of the folder, drawn in this process, which takes a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "ProcessPoolExecutor", here)
        return run([str(folder), *arguments], PROCESSES)


def judge_only(folder, *arguments):
    """As `judge_and_draw`, with blank drawings: for what is not about them, and not about what they are made of."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("draw", "summary"):
            patch.setattr(figures, name, lambda *_: {".svg": b"<svg/>", ".pdf": b"blank", ".csv": b"x"})
        return judge_and_draw(folder, *arguments)


def here(workers, mp_context):
    """A pool that is one thread of this process."""
    return ThreadPoolExecutor(1)
