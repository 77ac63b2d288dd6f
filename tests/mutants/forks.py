"""Tests in forked processes: a server that has imported the libraries, but nothing of the project, forks for every request.

A request is a line on standard input, {"tests": [...], "limit": seconds}; its answer a line on standard output, see
`Answer`. To import the libraries takes longer than most tests do. What a test leaves behind dies with its fork, and what
the project imports is read anew in every one: the verdicts are those of `python -m pytest`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

LIBRARIES = (
    *("beartype", "fontTools.subset", "hydra", "hypothesis", "jaxtyping", "matplotlib.figure", "numba", "omegaconf"),
    *("numpy", "pandas", "scipy.integrate", "scipy.stats", "sympy"),
)
# pytest would rewrite the assertions of its plugins, had they not been imported already
ARGUMENTS = ("-x", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning")
SLOW = -1  # the exit code of tests that took too long


class Answer(NamedTuple):
    """code: pytest's exit code, SLOW, or that of a process that was killed; failing: the first test that failed, or ""."""

    code: int
    failing: str


class Server:
    """Runs tests in the copy of the repository at `place`, with these libraries at hand; to be closed."""

    def __init__(self, place: Path, libraries: Sequence[str] = LIBRARIES) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is not mutated is compiled once
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.forks", *libraries],
            cwd=place,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, tests: Sequence[str], limit: float) -> Answer:
        """Run the tests until one fails. Raises EOFError if the server is gone."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"tests": list(tests), "limit": limit}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise EOFError("the server that runs the tests is gone")
        return Answer(*json.loads(line))

    def close(self) -> None:
        """End the server."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class _First:
    """A plugin of pytest that writes the first test that fails to a pipe."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and self.pipe >= 0:
            os.write(self.pipe, report.nodeid.encode())
            os.close(self.pipe)
            self.pipe = -1


def _serve() -> None:
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_forked(asked["tests"], asked["limit"])), flush=True)


def _forked(tests: Sequence[str], limit: float) -> Answer:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        _child(tests, writer)
    os.close(writer)
    code = _waited(pid, time.monotonic() + limit)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # what it may have left
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        os.set_blocking(reader, False)
        return Answer(code, (pipe.read(4096) or b"").decode())


def _child(tests: Sequence[str], writer: int) -> None:
    """Does not return."""
    code = 1
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        code = int(pytest.main([*ARGUMENTS, *tests], plugins=[_First(writer)]))
    finally:
        os._exit(code)


def _waited(pid: int, end: float) -> int:
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return SLOW


if __name__ == "__main__":
    _serve()
