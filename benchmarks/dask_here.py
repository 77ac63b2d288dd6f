"""A Dask scheduler and its workers on this machine, each a process, started as docs/cluster.md says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHEDULER = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter")
WORKER = ("distributed.cli.dask_worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0")
PATIENCE = 60.0  # seconds


@contextmanager
def dask_here(workers: int = 2, root: Path = ROOT) -> Iterator[str]:
    """A scheduler, and so many workers under a nanny each, of the checkout in `root`; gives the scheduler's address."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        with started(*SCHEDULER, "--scheduler-file", str(file), root=ROOT):
            address = _address(file)
            with started(*WORKER, address, "--nworkers", str(workers), root=root):
                with import_module("distributed").Client(address, set_as_default=False) as client:
                    client.wait_for_workers(workers, timeout=PATIENCE)
                yield address


@contextmanager
def started(module: str, *arguments: str, root: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A module at work, in a group of processes of its own; all of them end with the context."""
    with TemporaryDirectory() as scratch:
        environment = {**os.environ, "DASK_TEMPORARY_DIRECTORY": scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        quiet: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(command, cwd=root, env=environment, start_new_session=True, **quiet)
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _address(file: Path) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError, ValueError):
            return str(json.loads(file.read_text(encoding="utf-8"))["address"])
        time.sleep(0.05)
    raise TimeoutError("no Dask scheduler has started")
