"""The typed configuration: what Hydra composes, and which keys it has."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from omegaconf import MISSING

from foundation.settings import setting

PRESETS = ("smoke", "paper", "deep")  # the files of conf/preset/, the smallest first


@dataclass
class ProblemConfig:
    """An objective with noise, or an adversary: names and arguments of objectives/."""

    name: str = MISSING
    description: str = ""
    objective: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    noise: str = "none"
    noise_arguments: dict[str, Any] = field(default_factory=dict)
    adversary: str | None = None


@dataclass
class CaseConfig:
    """A claim with its own settings, and the presets that measure it: a sweep leaves it out of the others."""

    name: str = MISSING
    claim: str = MISSING
    presets: list[str] = field(default_factory=lambda: list(PRESETS))
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Config:
    """One job of a sweep. preset: its name, and the numbers of experiments.words.problem.Effort."""

    seed: int = setting(0, "[0, inf)")
    results: str = "results"
    workers: int = setting(2, "[1, inf)")
    engine: str = "auto"
    case: CaseConfig = field(default_factory=CaseConfig)
    problem: ProblemConfig = field(default_factory=ProblemConfig)
    preset: dict[str, Any] = field(default_factory=dict)


def plain(config: Config) -> dict[str, Any]:
    """What identifies a cell: the configuration without where and how fast it is run."""
    return {key: value for key, value in asdict(config).items() if key not in ("results", "workers", "engine")}
