"""The typed configuration: which keys it has, and of what type and range each is."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field
from typing import Any, Literal

from foundation.settings import setting
from simulation.engine import Engine

Preset = Literal["smoke", "paper", "deep"]  # the files of conf/preset/, the smallest first
PRESETS: tuple[Preset, ...] = ("smoke", "paper", "deep")
NAME = "[a-z0-9_]+"  # of what may become the name of a file


@dataclass
class ProblemConfig:
    """An objective with noise, or an adversary: names and arguments of objectives/."""

    name: str = setting(MISSING, matching=NAME)
    description: str = setting("")
    objective: str | None = setting(None)
    arguments: dict[str, Any] = setting({})
    noise: str = setting("none")
    noise_arguments: dict[str, Any] = setting({})
    adversary: str | None = setting(None)


@dataclass
class CaseConfig:
    """A claim with its own settings, and the presets that measure it: a sweep leaves it out of the others."""

    name: str = setting(MISSING, matching=NAME)
    claim: str = setting(MISSING)
    presets: tuple[Preset, ...] = setting(PRESETS)
    settings: dict[str, Any] = setting({})


@dataclass
class Config:
    """One job of a sweep.

    workers: processes, null for one a core. time_limit: seconds that a case may take, null for any. cluster: where it
    runs, null for here. extra: a folder of one's own (experiments/sweep/extra.py). preset: its name, and the numbers of
    experiments.words.problem.Effort.
    """

    seed: int = setting(0, "[0, 1e40]")
    results: str = setting("results", matching=".+")
    workers: int | None = setting(None, "[1, 1024]")
    engine: Engine = setting("auto")
    time_limit: float | None = setting(None, "(0, 1e9]")
    cluster: str | None = setting(None, matching=".+")
    extra: str | None = setting(None, matching=".+")
    case: CaseConfig = field(default_factory=lambda: CaseConfig("", ""))
    problem: ProblemConfig = field(default_factory=lambda: ProblemConfig(""))
    preset: dict[str, Any] = field(default_factory=dict)


def plain(config: Config) -> dict[str, Any]:
    """What identifies a cell: the configuration without where, how fast and for which presets it is run."""
    kept = asdict(config)
    for name in ("results", "workers", "engine", "time_limit", "cluster", "extra"):
        del kept[name]
    del kept["case"]["presets"]
    return kept
