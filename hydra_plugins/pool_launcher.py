"""A Hydra launcher, and a sweeper that leaves composing to it: all jobs are validated before anything is written, then
run in parallel.

Hydra finds plugins in the namespace `hydra_plugins` and accepts them from nowhere else: hence this folder. Composing
takes 0.1 s a job, so the launcher does not compose what a preset leaves out, and shares the rest among its workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from experiments.sweep.command import complain
from experiments.sweep.job import Job, make_job
from experiments.sweep.pool import start_pool
from experiments.sweep.running import sweep
from experiments.sweep.tables import cases, register


class PoolLauncher(Launcher):
    """Runs the jobs of a multirun in `workers` processes of this machine."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Remember the loader and the configuration that Hydra gives; called once, before `launch`."""
        self.loader, self.master = hydra_context.config_loader, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Validate all jobs, then run all; a failed job does not stop the others.

        job_overrides: for each job its "key=value" texts. Raises ValueError for bad input, before anything is written,
        and RuntimeError, after all have run, if a case failed.
        """
        first = compose(self.loader, self.master, job_overrides[0])
        with start_pool(first.config.workers) as pool:
            jobs = self._compose(job_overrides, pool)
            order = list(cases())
            jobs.sort(key=lambda job: order.index(job.name) if job.name in order else len(order))  # as in the report
            failures = sweep(jobs, pool, first.config.workers)
        complain(failures)
        if failures:
            raise RuntimeError(f"{len(failures)} of {len(jobs)} cases failed")
        return [JobReturn(status=JobStatus.COMPLETED)]

    def _compose(self, job_overrides: Sequence[Sequence[str]], pool: Executor) -> list[Job]:
        """The jobs of the sweep, without those that their preset leaves out."""
        wanted = [overrides for overrides in job_overrides if may_be_wanted(overrides)]
        jobs = []
        found = pool.map(partial(try_to_compose, self.loader, self.master), wanted, chunksize=4)
        for overrides, job in zip(wanted, found, strict=True):
            if job is None:  # bad input: here its error is whole
                job = compose(self.loader, self.master, overrides)
            if job.preset in job.config.case.presets:
                jobs.append(job)
        return jobs


def compose(loader: ConfigLoader, master: DictConfig, overrides: Sequence[str]) -> Job:
    """One job of a sweep, composed of the configuration and its "key=value" texts, and validated.

    Raises ValueError in one line that names key and value, or Hydra's own error for a key that it does not know.
    """
    composed: Any = loader.load_sweep_config(master, list(overrides))
    with open_dict(composed):
        del composed["hydra"]
    return make_job(composed)


def try_to_compose(loader: ConfigLoader, master: DictConfig, overrides: Sequence[str]) -> Job | None:
    """`compose` in another process; None instead of any error, for not all errors can be sent back from there."""
    register()
    try:
        return compose(loader, master, overrides)
    except Exception:
        return None


def may_be_wanted(overrides: Sequence[str]) -> bool:
    """False if the case's own row leaves out the preset that is asked for; nothing is composed to find that out."""
    chosen = dict(override.lstrip("+").split("=", 1) for override in overrides if "=" in override)
    row = cases().get(chosen.get("case", ""))
    if row is None or "preset" not in chosen or "case.presets" in chosen:
        return True
    return chosen["preset"] in row.presets


class LightSweeper(BasicSweeper):
    """Hydra's own sweeper without its trial composition of every job, which takes as long as the launcher's."""

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """The launcher composes and validates all jobs before it runs one."""


ConfigStore.instance().store(
    group="hydra/sweeper",
    name="light",
    node={"_target_": "hydra_plugins.pool_launcher.LightSweeper", "max_batch_size": None, "params": None},
)
ConfigStore.instance().store(
    group="hydra/launcher", name="pool", node={"_target_": "hydra_plugins.pool_launcher.PoolLauncher"}
)
