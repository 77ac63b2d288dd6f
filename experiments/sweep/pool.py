"""The processes of a sweep: forked from a server that has imported the project and done nothing else.

So a process starts in no time, and in the same state whatever ran before it.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver, get_context

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["hydra_plugins.pool_launcher", "simulation.compiled.engine"])


def start_server() -> None:
    """Let the server import what the processes need, while this one imports it too."""
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # a process is a core's worth of work
        os.environ.setdefault(threads, "1")
    forkserver.ensure_running()


def start_pool(workers: int, tasks: int) -> ProcessPoolExecutor:
    """Processes for a sweep of that many tasks."""
    return ProcessPoolExecutor(min(workers, max(1, tasks)), mp_context=CONTEXT)
