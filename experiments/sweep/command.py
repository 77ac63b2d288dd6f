"""What `python -m experiments` does: Hydra composes, jobs are validated and run, errors leave as one line."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.sweep.job import make_job
from experiments.sweep.pool import start_pool
from experiments.sweep.running import sweep
from experiments.sweep.tables import CONF, register

_WHERE = re.compile(r"\s*(full_key|object_type|reference_type)[:=].*?(?=\n|$)")
_ADVICE = re.compile(r"Config search path:.*|Set the environment variable.*|To append to your config.*", re.S)


def _run_one(raw: DictConfig) -> BaseException | None:
    """One job; errors are returned, for Hydra would announce those that are raised in words of its own."""
    try:
        job = make_job(raw)
        with start_pool(workers=1) as pool:
            failures = sweep([job], pool)
    except (OmegaConfBaseException, ValueError, TypeError) as error:
        return error
    return RuntimeError(failures[0]) if failures else None


def _one_line(error: BaseException) -> str:
    """What is wrong, in one line: Hydra spreads the choices and the cause over several, and adds advice."""
    cause = error.__cause__
    parts = [str(error), *([str(cause)] if isinstance(cause, OmegaConfBaseException) else [])]
    said = [_ADVICE.sub("", _WHERE.sub("", part)) for part in parts]
    return "error: " + re.sub(r"\s+", " ", " ".join(said)).strip()


def run() -> int:
    """The exit code: 0 only if every case was measured."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to us, and leave as one line
    with tempfile.TemporaryDirectory() as scratch:
        OmegaConf.register_new_resolver("scratch", lambda: scratch, replace=True)
        outcome: list[BaseException | None] = []
        try:
            register()
            task = lambda raw: outcome.append(_run_one(raw))  # noqa: E731 - hydra.main takes a function of one argument
            hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(task)()
            if outcome and outcome[0] is not None:
                raise outcome[0]
        except (HydraException, OmegaConfBaseException, ValueError, TypeError, RuntimeError) as error:
            complain([_one_line(error)])
            return 1
    return 0


def complain(lines: Sequence[str]) -> None:
    """Errors go to standard error, a line each."""
    for line in lines:
        print(line, file=sys.stderr)
