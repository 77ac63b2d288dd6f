"""The typed configuration, and everything that can be wrong with it, said in one line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from experiments.registry import CLAIMS
from experiments.words.claim import Claim
from experiments.words.problem import Context, Effort, Game, Problem
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build

CASES = Path(__file__).resolve().parent.parent.parent / "conf" / "case"


@dataclass
class ProblemConfig:
    """An objective with noise, or an adversary: names and arguments."""

    name: str = MISSING
    description: str = ""
    objective: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    noise: str = "none"
    noise_arguments: dict[str, Any] = field(default_factory=dict)
    adversary: str | None = None


@dataclass
class PresetConfig:
    """How much is measured; see experiments.base.Effort."""

    name: str = MISSING
    runs: int = MISSING
    windows: int = MISSING
    guess_limit: float = MISSING
    draws: int = MISSING
    many_runs: int = MISSING
    slope_runs: int = MISSING
    gain_runs: int = MISSING
    tuning_runs: int = MISSING
    fresh_runs: int = MISSING
    points: int = MISSING


@dataclass
class CaseConfig:
    """One case: a claim on a problem, with the claim's own settings; a sweep leaves it out of other presets."""

    name: str = MISSING
    claim: str = MISSING
    presets: list[str] = field(default_factory=lambda: ["smoke", "paper", "deep"])
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Config:
    """One job of a sweep."""

    seed: int = 0
    results: str = "results"
    workers: int = 2
    case: CaseConfig = field(default_factory=CaseConfig)
    problem: ProblemConfig = field(default_factory=ProblemConfig)
    preset: PresetConfig = field(default_factory=PresetConfig)


@dataclass(frozen=True)
class Job:
    """A validated job: everything is built, nothing has been run or written."""

    config: Config
    claim: Claim
    problem: Problem | Game
    context: Context

    @property
    def name(self) -> str:
        """The case, with what deviates from its default seed."""
        return self.config.case.name


def register() -> None:
    """Tell Hydra the schema, so that unknown keys and wrong types are refused."""
    ConfigStore.instance().store(name="schema", node=Config)


def validate(raw: DictConfig) -> Job:
    """Build the claim, the problem and the context. Raises ValueError with one line."""
    config = OmegaConf.to_object(raw)
    assert isinstance(config, Config)
    _positive(config)
    if config.case.claim not in CLAIMS:
        raise ValueError(f"case.claim = {config.case.claim!r}: must be one of {', '.join(sorted(CLAIMS))}")
    claim = _claim(config.case)
    problem = make_problem(config.problem)
    claim.accepts(problem)
    preset = config.preset
    effort = Effort(**{key: value for key, value in vars(preset).items() if key != "name"})
    return Job(config, claim, problem, Context(config.seed, config.case.name, effort))


def _positive(config: Config) -> None:
    preset = config.preset
    lowest = {
        "seed": (config.seed, 0),
        "workers": (config.workers, 1),
        "preset.runs": (preset.runs, 8),
        "preset.windows": (preset.windows, 1),
        "preset.draws": (preset.draws, 100),
        "preset.guess_limit": (preset.guess_limit, 1),
    }
    for key, (value, least) in lowest.items():
        if not value >= least:
            raise ValueError(f"{key} = {value}: must be >= {least}")
        if value == float("inf"):
            raise ValueError(f"{key} = {value}: must be finite")


def _claim(case: CaseConfig) -> Claim:
    kind = CLAIMS[case.claim]
    known = [item.name for item in fields(kind) if "setting" in item.metadata]
    for key, value in case.settings.items():
        if key not in known:
            raise ValueError(f"case.settings.{key} = {value}: unknown; {case.claim} takes {', '.join(known) or 'none'}")
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in case.settings.items()}
    return kind(**settings)


def make_problem(config: ProblemConfig) -> Problem | Game:
    """The problem of a configuration. Raises ValueError naming an unknown name or bad argument."""
    if (config.objective is None) == (config.adversary is None):
        raise ValueError(f"problem = {config.name}: give exactly one of problem.objective and problem.adversary")
    if config.adversary is not None:
        adversary = build(ADVERSARIES, config.adversary, config.arguments)
        return Game(config.name, adversary, config.description)
    objective = build(OBJECTIVES, str(config.objective), config.arguments)
    noise = build(NOISES, config.noise, config.noise_arguments)
    noise.levels(objective)  # refuses a noise that does not fit the dimension
    return Problem(config.name, objective, noise, config.description)


def plain(config: Config) -> dict[str, Any]:
    """What identifies a cell: the configuration without where and how fast it is run."""
    return {key: value for key, value in asdict(config).items() if key not in ("results", "workers")}
