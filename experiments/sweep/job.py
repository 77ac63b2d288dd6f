"""From a composed configuration to a job: everything is built, and everything that can be wrong is said in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

import numpy as np

from experiments.sweep.claims import CLAIMS
from experiments.sweep.schema import PRESETS, CaseConfig, Config, ProblemConfig
from experiments.words.claim import Claim
from experiments.words.problem import Context, Effort, Game, Problem
from foundation.settings import check_settings, converted, settings, show, types, unknown
from objectives import ADVERSARIES, NOISES, OBJECTIVES

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


def make_job(raw: Mapping[str, Any]) -> Job:
    """The job of a configuration, tables of values as `composed` gives them.

    Raises ValueError, one line that names key and value. What is said in several ways (1e3, 1000) becomes one.
    """
    top = {name: value for name, value in raw.items() if name not in ("case", "problem", "preset")}
    config = make(Config, top, "", "the configuration")
    config.case = case = make(CaseConfig, raw["case"], "case", "a case")
    config.problem = make(ProblemConfig, raw["problem"], "problem", "a problem")
    config.preset = dict(raw["preset"])
    name = config.preset.pop("name", None)
    if name not in PRESETS:
        raise ValueError(f"preset.name = {show(name)}: must be one of {', '.join(PRESETS)}")
    effort = make(Effort, config.preset, "preset", "a preset")
    claim = make(_kind(CLAIMS, "case.claim", case.claim), case.settings, "case.settings", case.claim)
    problem = make_problem(config.problem)
    context = Context(config.seed, case.name, effort, config.engine)
    with numbers(f"problem = {problem.name}, case = {case.name}"):
        claim.accepts(problem)
        claim.plans(problem, context)
    config.preset = {"name": name, **_as_said(effort, config.preset)}
    case.settings = _as_said(claim, case.settings)
    return Job(config, claim, problem, context)


@contextmanager
def numbers(what: str) -> Iterator[None]:
    """Inside, an arithmetic that leaves the range of numbers raises ValueError, one line that begins with `what`."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield
    except ArithmeticError:
        raise ValueError(
            f"{what}: must have scales nearer to each other, for products or ratios are no numbers"
        ) from None


def make(kind: type[R], given: Mapping[str, Any], key: str, owner: str) -> R:
    """A record with these settings, each converted to its type.

    Raises ValueError, one line, for a setting that is unknown, missing, of the wrong type or out of range: key and
    owner say whose it is.
    """
    known, hints, dot = settings(kind), types(kind), "." if key else ""
    for name, value in given.items():
        if name not in known:
            raise unknown(f"{key}{dot}{name}", value, owner, known)
    for item in fields(kind):  # type: ignore[arg-type]
        if item.name in known and item.name not in given and item.default is item.default_factory is MISSING:
            raise ValueError(f"{key}{dot}{item.name} is missing: {owner} must say it")
    values = {name: converted(value, hints[name]) for name, value in given.items()}
    unchecked = object.__new__(kind)
    vars(unchecked).update(_defaults(kind) | values)
    check_settings(unchecked, key)  # before the record is made, which may compute with them
    return kind(**values)


def make_problem(config: ProblemConfig) -> Problem | Game:
    """The problem of a configuration, which gets its arguments in their own types.

    Raises ValueError, one line that names an unknown name, a bad argument, or one that has no place.
    """
    if (config.objective is None) == (config.adversary is None):
        both = f"problem.objective = {show(config.objective)}, problem.adversary = {show(config.adversary)}"
        raise ValueError(f"{both}: exactly one of them must be given")
    if config.adversary is not None:
        for name, value, nothing in (("noise", config.noise, "none"), ("noise_arguments", config.noise_arguments, {})):
            if value != nothing:
                what = f"problem.{name} = {show(value)}, problem.adversary = {config.adversary}"
                raise ValueError(f"{what}: must not be given together; an adversary has no noise")
        kind = _kind(ADVERSARIES, "problem.adversary", config.adversary)
        adversary = make(kind, config.arguments, "problem.arguments", config.adversary)
        config.arguments = _as_said(adversary, config.arguments)
        return Game(config.name, adversary, config.description)
    kind = _kind(OBJECTIVES, "problem.objective", str(config.objective))
    objective = make(kind, config.arguments, "problem.arguments", str(config.objective))
    kind = _kind(NOISES, "problem.noise", config.noise)
    noise = make(kind, config.noise_arguments, "problem.noise_arguments", config.noise)
    with numbers(f"problem = {config.name}"):
        _ = objective.constants
        noise.levels(objective)  # refuses a noise that does not fit the objective
    config.arguments, config.noise_arguments = (
        _as_said(objective, config.arguments),
        _as_said(noise, config.noise_arguments),
    )
    return Problem(config.name, objective, noise, config.description)


def _kind(table: Mapping[str, type[Any]], key: str, name: str) -> type[Any]:
    """What a name stands for. Raises ValueError if it stands for nothing."""
    if name not in table:
        raise ValueError(f"{key} = {show(name)}: must be one of {', '.join(sorted(table))}")
    return table[name]


def _defaults(kind: type[Any]) -> dict[str, Any]:
    """The defaults of a record, given its class."""
    made = {f.name: f.default_factory() for f in fields(kind) if f.default_factory is not MISSING}
    return made | {f.name: f.default for f in fields(kind) if f.default is not MISSING}


def _as_said(record: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were given, as the record has them, lists again in the place of tuples."""
    found = {name: getattr(record, name) for name in given}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
