"""What a sweep asks for: its entries in the manifest, and what sets each job apart from its row of the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from experiments.sweep.job import Job
from experiments.sweep.manifest import Entry, Sweep, add
from experiments.sweep.schema import PRESETS, ProblemConfig, plain
from experiments.sweep.tables import CONF, cases, problems

SILENT = ("case.name", "case.presets", "problem.description", "preset.name")  # decide no number


def write_manifest(jobs: Sequence[Job], names: Sequence[str]) -> None:
    """Enter the jobs, with the names of their cells, in the manifest of the results folder of each.

    What is asked for twice is entered once. Raises OSError that names the path.
    """
    asked: dict[tuple[str, str], dict[str, Entry]] = {}
    for job, name in zip(jobs, names, strict=True):
        entry = Entry(job.name, name, job.config.case.claim, job.problem.name, varied(job))
        asked.setdefault((job.config.results, job.preset), {})[name] = entry
    for (results, preset), entries in asked.items():
        add(Path(results), [Sweep(preset, tuple(entries.values()))])


def varied(job: Job) -> str:
    """What the job's configuration says otherwise than its row, its preset and the default seed, "" for nothing.

    As on the command line: "seed=1, problem.noise_arguments.sigma=5"; what the row says and the job does not: "~key".
    """
    mine, own = _dotted(plain(job.config)), _dotted(_row(job))
    said = [f"{key}={_said(mine[key])}" for key in mine if key not in own or mine[key] != own[key]]
    return ", ".join([*said, *(f"~{key}" for key in own if key not in mine)])


def _row(job: Job) -> dict[str, Any]:
    """The configuration that the row of the job's case composes; of another problem, what that one's row does.

    A case that is in no table is its own row, without settings.
    """
    case, problem = job.config.case, job.config.problem
    row = cases().get(case.name)
    home = row.problem if row is not None else problem.name
    name = problem.name if problem.name in problems() else home
    composed = {"claim": case.claim, "settings": {}} if row is None else {"claim": row.claim, "settings": row.settings}
    own = vars(ProblemConfig(**{"name": home, **problems().get(name, {})}))
    return {"seed": _seed(), "case": composed, "problem": own, "preset": _preset(job.preset)}


def read_rows() -> None:
    """Read, and remember, all that rows are made of."""
    cases(), problems(), _seed()
    for name in PRESETS:
        _preset(name)


def _dotted(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves by their dotted keys, without those that decide no number."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        key = f"{prefix}{name}"
        found |= _dotted(value, f"{key}.") if isinstance(value, dict) else {} if key in SILENT else {key: value}
    return found


def _said(value: Any) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_said, value))}]"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


@cache
def _seed() -> int:
    return int(OmegaConf.load(CONF / "config.yaml").seed)


@cache
def _preset(name: str) -> dict[str, Any]:
    found: Any = OmegaConf.to_container(OmegaConf.load(CONF / "preset" / f"{name}.yaml"))
    return dict(found)
