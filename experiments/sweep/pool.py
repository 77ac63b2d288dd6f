"""The processes of a sweep: one for every task, forked from a server that has imported the project and no more.

So a task starts in no time, and in the same state whatever ran before it; and if it dies, exits or hangs, no other task
notices. `Processes` is an ordinary executor (concurrent.futures): another one, of a cluster, can take its place.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing import forkserver, get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

R = TypeVar("R")
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["experiments.sweep.running", "simulation.compiled.engine", "experiments.sweep.warm"])
QUIET = (signal.SIGINT, signal.SIGTERM)  # are the parent's business: it ends its processes by itself
SHORT = 60  # a socket's path has at most 108 characters, of which the server takes some
PRINTED = 20_000  # characters that are kept of what a task prints
_lock = threading.Lock()  # who starts a process also looks, in multiprocessing, for the ends of all others
_output: io.FileIO | None = None  # in a process of `Processes`: where all that it prints goes


class TaskError(RuntimeError):
    """A task that came to no good end: it raised, or its process was killed, left, or took too long.

    trace, output: its traceback, and what its process had printed, as far as they are known.
    """

    def __init__(self, reason: str, trace: str = "", output: str = "") -> None:
        super().__init__(reason)
        self.trace, self.output = trace, output


def start_server() -> None:
    """Start the server, if it is not there; it imports what the processes need."""
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # a process is a core's worth of work
        os.environ.setdefault(threads, "1")
    if len(tempfile.gettempdir()) > SHORT:
        tempfile.tempdir = "/tmp"
    before = signal.pthread_sigmask(signal.SIG_BLOCK, QUIET)  # whatever is forked from here on inherits the mask
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Processes(Executor):
    """Runs each task in a process of its own, `workers` at a time, none longer than `limit` seconds (None: no limit).

    The future of a task whose process did not come to its end raises TaskError. Processes that are at work when this
    one ends, however it ends, end too.
    """

    def __init__(self, workers: int, limit: float | None = None) -> None:
        self.workers = workers
        self._threads, self._limit = ThreadPoolExecutor(workers, "case"), limit
        self._alive: set[Any] = set()
        self._closed = False

    def submit(self, function: Callable[..., R], /, *arguments: Any, **named: Any) -> Future[R]:
        """The future of function(*arguments, **named), all of which must be picklable."""
        start_server()  # not before there is something to do
        return self._threads.submit(self._run, function, arguments, named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Start no more tasks; cancel_futures: end those that are at work, too."""
        if cancel_futures:
            with _lock:
                self._closed = True
                for process in self._alive:
                    process.kill()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)

    def _run(self, function: Callable[..., R], arguments: tuple[Any, ...], named: dict[str, Any]) -> R:
        with tempfile.TemporaryFile() as output, self._started(output, function, arguments, named) as (process, answer):
            late = not wait([answer], self._limit)
            if late:
                process.kill()
            try:
                good, found = answer.recv()
            except (EOFError, OSError):  # nothing, or half of it
                _join(process)
                reason = f"took longer than time_limit = {self._limit:g} s" if late else _ending(process.exitcode)
                raise TaskError(reason, output=_tail(output.fileno())) from None
        if not good:
            raise TaskError(*found)
        return found

    @contextmanager
    def _started(self, output: Any, *task: Any) -> Iterator[tuple[Any, Connection]]:
        """A process at work, and the end of the pipe at which its answer arrives."""
        answer, question = CONTEXT.Pipe(duplex=False)
        paper = Connection(os.dup(output.fileno()), readable=False)  # a connection is what can be sent along
        process = CONTEXT.Process(target=_serve, args=(question, paper, *task), daemon=True)
        with answer:
            with question, paper, _lock:
                if self._closed:
                    raise TaskError("was not started")
                process.start()
                self._alive.add(process)
            try:
                yield process, answer
            finally:
                _join(process)
                with _lock:
                    self._alive.discard(process)


def _join(process: Any) -> None:
    """Wait for its end, and read its exit code while nobody else does: it can be read once."""
    wait([process.sentinel])
    with _lock:
        process.join()


def _serve(question: Connection, paper: Connection, function: Callable[..., Any], arguments: Any, named: Any) -> None:
    """What a process does: one task; its answer goes through the pipe, all that it prints into the file."""
    global _output
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _output = io.FileIO(os.dup(paper.fileno()), "r+")
    for stream in (1, 2):
        os.dup2(paper.fileno(), stream)
    try:
        answer = True, function(*arguments, **named)
    except BaseException as error:  # SystemExit, too
        answer = False, (reason(error), traceback.format_exc())
    try:
        question.send(answer)
    except Exception as error:  # what cannot be pickled
        question.send((False, (reason(error), traceback.format_exc())))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def printed() -> Iterator[Callable[[], str]]:
    """Inside, what this process prints goes to a file, whoever prints it; gives a function that reads it."""
    if _output is not None:
        stream = _output
        yield lambda: _tail(stream.fileno())
        return
    with tempfile.TemporaryFile() as file:
        _flush()
        kept = [os.dup(stream) for stream in (1, 2)]
        try:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            text = open(os.dup(file.fileno()), "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - in the next line
            with text, redirect_stdout(text), redirect_stderr(text):
                yield lambda: _tail(file.fileno())
        finally:
            _flush()
            for number, old in enumerate(kept, 1):
                os.dup2(old, number)
                os.close(old)


def reason(error: BaseException) -> str:
    """An error in one line, with its class."""
    return " ".join([f"{type(error).__name__}:", *str(error).split()]).removesuffix(":")


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process left with exit code {code} before it was done"


def _tail(file: int) -> str:
    """The end of what a file holds, after what is still in buffers."""
    _flush()
    size = os.fstat(file).st_size
    return os.pread(file, PRINTED, max(0, size - PRINTED)).decode("utf-8", "replace")


def cores() -> int:
    """How many cores of this machine the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_pool(workers: int, limit: float | None = None) -> Processes:
    """Where the tasks of a sweep are done: processes of this machine."""
    return Processes(workers, limit)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
