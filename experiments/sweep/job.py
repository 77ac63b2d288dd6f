"""From a composed configuration to a job: everything is built, and everything that can be wrong is said in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf

from experiments.sweep.claims import CLAIMS
from experiments.sweep.schema import PRESETS, Config, ProblemConfig
from experiments.words.claim import Claim
from experiments.words.problem import Context, Effort, Game, Problem
from foundation.settings import check_settings, settings
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build
from simulation.engine import ENGINES

R = TypeVar("R")


@dataclass(frozen=True)
class Job:
    """A claim on a problem, ready to be measured; nothing has been run or written."""

    config: Config
    claim: Claim
    problem: Problem | Game
    context: Context

    @property
    def name(self) -> str:
        """The case's name, which labels its random numbers."""
        return self.config.case.name

    @property
    def preset(self) -> str:
        """The preset's name: how much is measured."""
        return str(self.config.preset["name"])


def make_job(composed: DictConfig) -> Job:
    """The job of a configuration that Hydra composed. Raises ValueError, one line that names key and value."""
    config = OmegaConf.to_object(composed)
    assert isinstance(config, Config)
    parts: dict[str, Any] = {"": config, "case.": config.case, "problem.": config.problem}
    for key, part in parts.items():
        known = [item.name for item in fields(part)]
        for name in vars(part):  # "+key=value" adds whatever it says
            if name not in known:
                raise ValueError(f"{key}{name} is unknown: must be one of {', '.join(known)}")
    check_settings(config, "")
    case = config.case
    if not re.fullmatch("[a-z0-9_]+", case.name):
        raise ValueError(f"case.name = {case.name!r}: must match [a-z0-9_]+")
    if config.preset.get("name") not in PRESETS:
        raise ValueError(f"preset.name = {config.preset.get('name')!r}: must be one of {', '.join(PRESETS)}")
    if config.engine not in ENGINES:
        raise ValueError(f"engine = {config.engine!r}: must be one of {', '.join(ENGINES)}")
    if case.claim not in CLAIMS:
        raise ValueError(f"case.claim = {case.claim!r}: must be one of {', '.join(sorted(CLAIMS))}")
    claim = make(CLAIMS[case.claim], case.settings, "case.settings", case.claim)
    numbers = {name: value for name, value in config.preset.items() if name != "name"}
    effort = make(Effort, numbers, "preset", "a preset")
    problem = make_problem(config.problem)
    claim.accepts(problem)
    return Job(config, claim, problem, Context(config.seed, case.name, effort, config.engine))


def make(kind: type[R], given: Mapping[str, Any], key: str, owner: str) -> R:
    """A record with these settings; lists become tuples.

    Raises ValueError, one line, for a setting that is unknown, missing, of the wrong type or out of range: key and
    owner say whose it is.
    """
    known = settings(kind)
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{key}.{name} = {value}: unknown; {owner} takes {', '.join(known) or 'none'}")
    for item in fields(kind):  # type: ignore[arg-type]
        if item.name in known and item.name not in given and item.default is MISSING:
            raise ValueError(f"{key}.{item.name} is missing: {owner} must say it")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    unchecked = object.__new__(kind)
    vars(unchecked).update(values)
    check_settings(unchecked, key)  # before the record is made, which may compute with them
    return kind(**values)


def make_problem(config: ProblemConfig) -> Problem | Game:
    """The problem of a configuration. Raises ValueError, one line that names an unknown name or a bad argument."""
    if (config.objective is None) == (config.adversary is None):
        raise ValueError(f"problem = {config.name}: give exactly one of problem.objective and problem.adversary")
    if config.adversary is not None:
        adversary = build(ADVERSARIES, config.adversary, config.arguments)
        return Game(config.name, adversary, config.description)
    objective = build(OBJECTIVES, str(config.objective), config.arguments)
    noise = build(NOISES, config.noise, config.noise_arguments)
    noise.levels(objective)  # refuses a noise that does not fit the dimension
    return Problem(config.name, objective, noise, config.description)
