"""Where the tasks of a sweep are done: by processes of this machine, or by those of a cluster, through Dask.

Dask says who does what, and gives the tasks of a worker that is lost to another one. On its worker every task has a
process of its own, as here (pool.py): so it fails alone, has its time limit, says what it had printed, and leaves the
worker free to answer its scheduler. Dask carries bytes, and does not look into them. Nothing is written but here.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import multiprocessing
import pickle
import re
import shutil
import sys
import uuid
import warnings
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError, wait
from contextlib import ExitStack, suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from experiments.sweep.pool import Processes, TaskError, cores, reason, start_pool, start_server
from experiments.sweep.schema import Config
from experiments.sweep.versions import computes_with, differences

R = TypeVar("R")
SLURM = "slurm"
ADDRESS = r"(tcp|tls)://([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}"
PATIENCE = 10.0  # seconds for an answer
LOOK = 1.0  # seconds between two looks whether a task is still wanted


class ClusterError(RuntimeError):
    """The cluster is lost, or must not be trusted: no case's fault, and the end of the sweep."""


def executor(config: Config) -> Processes | Cluster:
    """Where a sweep's tasks are done. Raises ValueError, one line, for a cluster that cannot be used."""
    if config.cluster is None:
        return start_pool(config.workers or cores(), config.time_limit)
    if config.extra is not None:
        what = f"cluster = {config.cluster}, extra = {config.extra}"
        raise ValueError(f"{what}: must not be given together: workers have the project's sources only")
    if config.cluster == SLURM and config.workers is None:
        raise ValueError("cluster = slurm, workers = null: must say how many cores to ask for, workers=48")
    return Cluster(config.cluster, config.workers or 1, config.time_limit)


def check_address(address: str) -> None:
    """Raises ValueError, one line, for what is no cluster, or none that can be used with what is installed here."""
    if address != SLURM and not re.fullmatch(ADDRESS, address):
        raise ValueError(
            f"cluster = {address!r}: must be slurm, or a Dask scheduler's tcp://HOST:PORT or tls://HOST:PORT"
        )
    for package in ("distributed", *(["dask_jobqueue"] if address == SLURM else [])):
        if find_spec(package) is None:
            raise ValueError(f"cluster = {address}: must find Dask installed: make setup EXTRAS=cluster")
    if address == SLURM and shutil.which("sbatch") is None:
        raise ValueError(f"cluster = {address}: must be said where Slurm's sbatch is found")


class Cluster(Executor):
    """Runs tasks on the workers of a Dask scheduler, none longer than `limit` seconds (None: no limit).

    address: the scheduler's, or "slurm" for one that is started here, and workers that Slurm starts, so many at once.
    Futures raise TaskError as those of `Processes` do, and ClusterError where all is lost.
    """

    def __init__(self, address: str, workers: int = 1, limit: float | None = None) -> None:
        check_address(address)
        self._address, self._limit, self.workers = address, limit, workers
        self._promises: dict[int, Future[Any]] = {}
        self._numbers, self._topic = itertools.count(), f"sweep-{uuid.uuid4().hex}"
        with ExitStack() as opened:
            self._client = opened.enter_context(_connected(opened, address, workers))
            self._compare()
            self._opened = opened.pop_all()
        self._carrier = self._client.get_executor(pure=False)
        self._client.subscribe_topic(self._topic, self._begun)

    def _compare(self) -> None:
        """Raises ValueError, one line, unless all who are there do what is done here, with the same bytes."""
        found: dict[str, Any] = {}
        if self._address != SLURM:  # its workers come when Slurm lets them
            with suppress(TimeoutError):
                self._client.wait_for_workers(1, timeout=PATIENCE)
            self.workers = sum(self._client.nthreads().values())
            if not self.workers:
                raise ValueError(f"cluster = {self._address}: must have a worker within {PATIENCE:g} s")
            try:
                self._client.run_on_scheduler(carry_out_here)
            except Exception as error:
                found["the scheduler"] = error
        found |= self._client.run(prepared, on_error="return")
        for who, said in sorted(found.items()):
            wrong = _unlike(who, reason(said) if isinstance(said, Exception) else differences(computes_with(), said))
            if wrong:
                raise ValueError(f"cluster = {self._address}: {wrong}")

    def submit(self, function: Callable[..., R], /, *arguments: Any, **named: Any) -> Future[R]:
        """The future of function(*arguments, **named), all of which must be picklable."""
        promise: Future[R] = Future()
        try:
            task = pickle.dumps((function, arguments, named))
        except Exception as error:  # whatever a user's own class raises
            promise.set_exception(error)
            return promise
        number = next(self._numbers)
        self._promises[number] = promise
        carried = self._carrier.submit(carry_out, task, self._limit, computes_with(), (self._topic, number))
        carried.add_done_callback(partial(self._deliver, number))
        promise.add_done_callback(lambda promise: promise.cancelled() and carried.cancel())
        return promise

    def _begun(self, event: tuple[float, int]) -> None:
        """A worker has begun a task, perhaps for the second time: another one may have been lost with it."""
        promise = self._promises.get(event[1])
        if promise is not None and not (promise.running() or promise.cancelled()):
            promise.set_running_or_notify_cancel()

    def _deliver(self, number: int, carried: Future[bytes]) -> None:
        """A task has ended; like `_begun` in the thread of Dask's client."""
        promise = self._promises.pop(number)
        with suppress(InvalidStateError):  # it was cancelled
            try:
                promise.set_result(pickle.loads(carried.result()))
            except InvalidStateError:
                raise
            except CancelledError:  # not by us: then nobody asks
                promise.set_exception(ClusterError(f"cluster = {self._address}: is lost; what is finished is kept"))
            except ClusterError as error:
                promise.set_exception(ClusterError(f"cluster = {self._address}: {error}"))
            except Exception as error:
                promise.set_exception(_explained(error))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Start no more tasks and leave, by which the scheduler forgets what it has; cancel_futures: do not wait."""
        if wait and not cancel_futures:
            self._carrier.shutdown()
        self._opened.close()

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        self.shutdown(cancel_futures=kind is not None)


def _connected(opened: ExitStack, address: str, workers: int) -> Any:
    """A client of Dask. Raises ValueError, one line, if there is nobody."""
    distributed, dask = import_module("distributed"), import_module("dask")
    for name in ("distributed", "distributed.client"):  # what it has to say is said here, in one line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=import_module("distributed.versions").VersionMismatchWarning)
    opened.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}))
    scheduler = opened.enter_context(_slurm(dask, workers)) if address == SLURM else address
    if address != SLURM:
        try:
            asyncio.run(_ask(distributed, address))
        except Exception:  # whatever may be at the other end
            message = f"must be the address of a Dask scheduler that answers within {PATIENCE:g} s"
            raise ValueError(f"cluster = {address}: {message}") from None
    return distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)


def _slurm(dask: Any, workers: int) -> Any:
    """A scheduler in this process, and so many workers asked of Slurm, as jobqueue.slurm says in Dask's configuration.

    Raises ValueError, one line, if it does not say enough.
    """
    jobqueue = import_module("dask_jobqueue")  # which fills the configuration
    said = {name: dask.config.get(f"jobqueue.slurm.{name}") for name in ("cores", "memory")}
    for name, value in said.items():
        if value is None:
            key = f"jobqueue.slurm.{name}"
            raise ValueError(f"cluster = {SLURM}: Dask's configuration must say {key}: see docs/cluster.md")
    options = {"dashboard_address": ":0", **dask.config.get("jobqueue.slurm.scheduler-options")}
    machines = jobqueue.SLURMCluster(**said, processes=1, scheduler_options=options)
    machines.scale(cores=workers)
    return machines


async def _ask(distributed: Any, address: str) -> None:
    """Raises an error unless a scheduler answers in time. A client of Dask waits for ever for one that says nothing."""
    secrets = distributed.Security().get_connection_args("client")
    async with asyncio.timeout(PATIENCE), distributed.rpc(address, connection_args=secrets) as scheduler:
        if (await scheduler.identity())["type"] != "Scheduler":
            raise ValueError


def _unlike(who: str, wrong: str) -> str:
    return f"{who} must be started from this project, at the same commit, with the same locks: {wrong}" if wrong else ""


def _explained(error: Exception) -> Exception:
    if type(error).__name__ != "KilledWorker":
        return error
    times = error.allowed_failures + 1  # type: ignore[attr-defined]
    return TaskError(f"its worker was lost {times} times, the last time {error.last_worker.address}")  # type: ignore[attr-defined]


def carry_out_here() -> None:
    """On a scheduler, which must know what it is to pass on: it can be found."""


def prepared() -> dict[str, str]:
    """On a worker: make it ready for processes of its own; what it would compute with."""
    multiprocessing.current_process().daemon = False  # a nanny's worker is one, and those have no processes
    main: Any = sys.modules["__main__"]
    main.__spec__ = main.__file__ = None  # Dask's, which every process would import again, for a second
    start_server()
    return computes_with()


def carry_out(task: bytes, limit: float | None, wanted: dict[str, str], event: tuple[str, int]) -> bytes:
    """On a worker: do a task, in a process of its own, as long as somebody waits for it."""
    distributed = import_module("distributed")
    worker = distributed.get_worker()
    wrong = differences(wanted, prepared())
    if wrong:  # it has come later than those that were compared
        raise ClusterError(_unlike(worker.address, wrong))
    worker.log_event(*event)
    me = worker.get_current_task()
    with Processes(1, limit) as processes:
        future = processes.submit(unpacked, task)
        while wait([future], LOOK).not_done:
            if worker.state.tasks[me].state == "cancelled":
                processes.shutdown(cancel_futures=True)
                raise distributed.Reschedule
        return future.result()


def unpacked(task: bytes) -> bytes:
    """Do a task that was packed; what it gives, packed again."""
    function, arguments, named = pickle.loads(task)
    return pickle.dumps(function(*arguments, **named))
