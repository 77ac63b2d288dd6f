"""From the command line to jobs: rows of the tables in their places, overrides over them, each job made and validated.

Hydra composes conf/ once. It would take 0.1 s for each job, if rows were files of its groups; the result is the same
(tests/test_composing.py has Hydra do it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError  # type: ignore[import-untyped]

from experiments.sweep.job import Job, make_job
from experiments.sweep.overrides import Command
from experiments.sweep.schema import PRESETS, plain
from experiments.sweep.tables import CONF, cases, problems
from foundation.settings import nearest, show

Raw = dict[str, Any]


def make_jobs(command: Command) -> list[Job]:
    """The jobs that are asked for, each once, in the order of the report.

    A pattern leaves out what the preset does; a case that is named must be one of the preset's. Raises ValueError, one
    line that names key and value.
    """
    values, found = command.values, dict[str, Job]()
    several = len(set(map(str, values.get("case", ())))) > 1
    if several and "case.name" in values:
        raise ValueError(f"case.name = {show(values['case.name'][0])}: must be left out where there are several cases")
    left_out = ""
    for chosen in product(*values.values()):
        raw = composed(dict(zip(values, chosen, strict=True)))
        if "case.presets" not in values and raw["preset"]["name"] not in raw["case"]["presets"]:
            left_out = _left_out(raw)
            if "case" not in command.globs:
                raise ValueError(left_out)
            continue
        try:
            job = make_job(raw)
        except ValueError as error:
            raise ValueError(f"{error} (case = {raw['case']['name']})" if several else str(error)) from None
        if job.preset not in job.config.case.presets:
            raise ValueError(_left_out(raw))
        found.setdefault(json.dumps(plain(job.config), sort_keys=True), job)
    if not found:
        raise ValueError(left_out)
    order = list(cases())
    return sorted(found.values(), key=lambda job: order.index(job.name) if job.name in order else len(order))


def _left_out(raw: Raw) -> str:
    """The error for a case that its preset does not measure."""
    case, preset = raw["case"], raw["preset"]["name"]
    return (
        f"case = {case['name']}, preset = {preset}: must be a case of the preset's; this one is for "
        f"{', '.join(case['presets'])}, unless case.presets=[{preset}]"
    )


def composed(values: Mapping[str, Any]) -> Raw:
    """The configuration of one job, of which nothing is checked but the names of rows and preset.

    values: by key, as on the command line. Raises ValueError for a case, problem or preset that there is not.
    """
    raw = deepcopy(_base(_named("preset", values.get("preset", _default()["preset"]["name"]), PRESETS)))
    name = _named("case", values.get("case", raw.get("case")), cases(), "conf/cases.yaml")
    case = cases()[name]
    problem = _named("problem", values.get("problem", case.problem), problems(), "conf/problems.yaml")
    settings = deepcopy(case.settings)
    raw["case"] = {"name": name, "claim": case.claim, "presets": list(case.presets), "settings": settings}
    raw["problem"] = {"name": problem, "arguments": {}, "noise_arguments": {}, **deepcopy(problems()[problem])}
    for part, arguments in (("noise", "noise_arguments"), ("objective", "arguments"), ("adversary", "arguments")):
        if values.get(f"problem.{part}", raw["problem"].get(part)) != raw["problem"].get(part):
            raw["problem"][arguments] = {}  # the row's are those of another
    for key, value in values.items():
        if key not in ("case", "problem", "preset"):
            *path, last = key.split(".")
            place = raw
            for part in path:
                place = place[part]
            place[last] = value
    return raw


def _named(key: str, value: Any, known: Any, where: str = "") -> str:
    """The value, if it is one of the names. Raises ValueError that says where they stand, or which they are."""
    if isinstance(value, str) and value in known:
        return value
    near = nearest(value, known)
    among = f"a row of {where}, such as {next(iter(known))}" if where else f"one of {', '.join(known)}"
    raise ValueError(f"{key} = {show(value)}: must be {among}{near}")


@cache
def _default() -> Raw:
    """What Hydra composes of conf/ if nothing is said."""
    return _hydra([])


@cache
def _base(preset: str) -> Raw:
    """The same with that preset."""
    return _hydra([f"preset={preset}"])


def _hydra(overrides: list[str], folder: Path = CONF) -> Raw:
    """conf/config.yaml with its preset. Raises ValueError in one line for what is no YAML, or no preset of it."""
    try:
        with initialize_config_dir(str(folder), version_base="1.3"):
            found: Any = OmegaConf.to_container(compose("config", overrides))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{folder.name}{where}: must be YAML: {getattr(error, 'problem', None)}") from None
    except (HydraException, OmegaConfBaseException):
        raise ValueError(f"{folder.name}/config.yaml: must say its preset, of conf/preset/, and else values") from None
    if not isinstance(found.get("preset"), dict) or "name" not in found["preset"]:
        raise ValueError(f"preset = {show(found.get('preset'))}: must be a file of conf/preset/ that says its name")
    return found
