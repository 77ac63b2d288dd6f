"""A Hydra launcher, and a sweeper that leaves composing to it: all jobs are validated before anything is written, then
run in parallel.

Hydra finds plugins in the namespace `hydra_plugins` and accepts them from nowhere else: hence this folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from experiments.config import validate
from experiments.jobs import complain, sweep
from experiments.registry import CLAIMS


class PoolLauncher(Launcher):
    """Runs the jobs of a multirun in `workers` processes of this machine."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Remember what Hydra gives."""
        self.context, self.config = hydra_context, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Validate all, run all; a failed job does not stop the others."""
        jobs = []
        for overrides in job_overrides:
            composed: Any = self.context.config_loader.load_sweep_config(self.config, list(overrides))
            with open_dict(composed):
                del composed["hydra"]
            if composed.preset.name in composed.case.presets:
                jobs.append(validate(composed))
        claims = list(CLAIMS)
        jobs.sort(key=lambda job: (claims.index(job.config.case.claim), job.name))  # the report follows the paper
        failures = sweep(jobs)
        complain(failures)
        if failures:
            raise RuntimeError(f"{len(failures)} of {len(jobs)} cases failed")
        return [JobReturn(status=JobStatus.COMPLETED)]


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
