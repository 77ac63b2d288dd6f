"""`python -m benchmarks.cluster [RESULTS]`: what a sweep costs on a Dask cluster, beside the local pool.

Cells of next to nothing, so that what is measured is the machinery. CPU times do not count what else the machine does.
RESULTS: a sweep whose cells are looked at for their size.
"""

from __future__ import annotations

import os
import pickle
import statistics
import sys
import time
from concurrent.futures import Executor, Future, wait
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.dask_here import dask_here
from experiments.equation1_regret import Equation1
from experiments.sweep.cluster import Cluster
from experiments.sweep.job import Job
from experiments.sweep.pool import Processes, start_server
from experiments.sweep.progress import Costs, write_json
from experiments.sweep.running import Sweep, perform, run, sweep, timed
from experiments.sweep.schema import CaseConfig, Config
from experiments.sweep.shards import parts, simulate_part
from experiments.sweep.store import load
from experiments.theorem11_stationarity import Theorem11
from experiments.words.claim import Claim
from experiments.words.problem import Context, Effort, Problem
from objectives.kinks import CappedAbs
from objectives.noise import TwoPoint

CELLS, TASKS, MANY = 200, 2000, 10_000
WORKERS = 2
PAPER = Effort(runs=64, windows=10, guess_limit=4.0, draws=1000)
PROBLEM = Problem("kink", CappedAbs(dim=1, slope=3.0, begin=2.0), TwoPoint(sigma=1.0))


def main(results: Path | None) -> None:
    """Print a line for everything that is measured."""
    _sizes(results)
    _print_many()
    start_server()
    with Processes(WORKERS) as pool:
        _print_cost("local pool", pool)
    with dask_here(WORKERS) as address, Cluster(address) as machines:
        _print_cost("Dask", machines)
        client: Any = import_module("distributed").Client(address, set_as_default=False)
        began = client.run_on_scheduler(time.process_time)
        client.gather(client.map(abs, range(TASKS), pure=False))
        load = (client.run_on_scheduler(time.process_time) - began) / TASKS
        client.close()
    print(f"scheduler: {1e3 * load:.2f} ms CPU a task that is nothing: at most {1.0 / load:.0f} tasks a second")


def _print_cost(name: str, executor: Executor) -> None:
    """Seconds a cell, and of this process's CPU."""
    wait([executor.submit(os.getpid) for _ in range(4 * WORKERS)])  # whoever has to start something has done so
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        jobs = [_job(Equation1(betas=(0.5,)), Effort(2, 1, 4.0, 100), folder, seed) for seed in range(CELLS)]
        began, used = time.monotonic(), time.process_time()
        failures = sweep(jobs, executor, WORKERS)
        assert not failures, failures[0]
        seconds, cpu = (time.monotonic() - began) / CELLS, (time.process_time() - used) / CELLS
    print(
        f"{name}, {WORKERS} workers, {CELLS} cells: {1e3 * seconds:.1f} ms a cell; here {1e3 * cpu:.1f} ms CPU a cell"
    )


class _Idle(Executor):
    """Does nothing with its tasks, whose futures it keeps."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.futures.append(Future())
        return self.futures[-1]


def _print_many() -> None:
    """What a cell costs here, beside all else, while many others are at work or done."""
    idle, found, times = _Idle(), run(_job(Equation1(betas=(0.5,)), Effort(2, 1, 4.0, 100), "unused")), 20
    with TemporaryDirectory() as folder:
        work = Sweep(idle, Path(folder))
        for number in range(MANY):
            work.begin(_job(Equation1(), PAPER, folder), f"name{number}")
        write_json(Path(folder) / "costs.json", {"smoke": {f"case{number}": 1.0 for number in range(MANY)}})
        costs, began = Costs(Path(folder), "smoke"), time.process_time()
        for future in idle.futures[:times]:
            future.set_result((found, 1.0))
            assert len(work.next()) == 1 and not work.running(1)
            costs.add("case0", 1.0)
        print(f"beside {MANY} others: {1e3 * (time.process_time() - began) / times:.0f} ms CPU a cell more, here")


def _sizes(results: Path | None) -> None:
    """Bytes that are moved for a cell: there, and back; and for a run of a simulation that is cut."""
    job = _job(Theorem11(), PAPER, "unused")
    print(f"sent for a cell: {_bytes((timed, (perform, job, 'name', {})))} bytes; back: {_bytes(run(job))} bytes")
    measurement: Any = Theorem11().measure(PROBLEM, job.context)
    part: Any = parts(next(measurement), "auto")[0]
    runs, signals = len(part.setup.steps), simulate_part(part, job.context.streams, "auto", None)
    sent, back = _bytes((timed, (simulate_part, part, job.context.streams, "auto", None))), _bytes(signals)
    print(f"for a part of {runs} runs: {sent} bytes, back {back} bytes: {back / runs:.0f} a run")
    sizes = sorted(_bytes(load(path.parent)) for path in (results or Path()).glob("cells/*/cell.json"))
    if sizes:
        print(f"{len(sizes)} cells of {results}: median {statistics.median(sizes):.0f} bytes, largest {sizes[-1]}")


def _job(claim: Claim, effort: Effort, results: str, seed: int = 0) -> Job:
    config = Config(seed=seed, results=results, case=CaseConfig(f"case{seed}", "claim"), preset={"name": "smoke"})
    config.problem.name, config.problem.objective = "kink", "capped_abs"
    return Job(config, claim, PROBLEM, Context(seed, "case", effort))


def _bytes(value: object) -> int:
    return len(pickle.dumps(value))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
