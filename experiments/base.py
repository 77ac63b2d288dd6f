"""What a claim is: a statement of the paper, made of ingredients, that can be measured on a problem.

A claim is a frozen record. Its controls are the same record with one ingredient broken; the analysis
puts the claim and its controls through the same checks, and the controls must be refuted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from experiments.evidence import ClaimInfo, Control, Evidence
from simulation.streams import Streams

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scales:
    """Delta, G, sigma, and per coordinate G_i, sigma_i (arXiv 2405.18199, Assumptions 2 and 14)."""

    gap: float
    lipschitz: float
    sigma: float
    coordinate_lipschitz: Array
    coordinate_sigma: Array

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return len(self.coordinate_lipschitz)

    @property
    def l1_scale(self) -> float:
        """||G + sigma||_1 = sum_i (G_i + sigma_i)."""
        return float((self.coordinate_lipschitz + self.coordinate_sigma).sum())

    def with_noise(self, level: float) -> Scales:
        """The same with the noise multiplied by `level`."""
        return replace(self, sigma=level * self.sigma, coordinate_sigma=level * self.coordinate_sigma)


@dataclass(frozen=True)
class Problem:
    """An objective with its noise oracle, or an adversary (then objective and noise are None)."""

    name: str
    objective: Any
    noise: Any
    description: str = ""
    adversary: Any = None

    @property
    def scales(self) -> Scales:
        """The certified constants of the problem."""
        constants, levels = self.objective.constants, self.noise.levels(self.objective)
        coordinates = np.asarray(constants.coordinate_lipschitz), np.asarray(levels.coordinate_sigma)
        return Scales(constants.gap, constants.lipschitz, levels.sigma, *coordinates)


@dataclass(frozen=True)
class Effort:
    """How much is measured: the preset.

    runs: independent runs a setting. windows: T (1 - beta) where T is free. guess_limit: the largest
    C/eps of Theorems 11 and 18. draws: samples a run of the one-step identities.
    """

    runs: int
    windows: int
    guess_limit: float
    draws: int


@dataclass(frozen=True)
class Context:
    """What a measurement may depend on besides the claim and the problem."""

    seed: int
    case: str
    effort: Effort

    @property
    def streams(self) -> Streams:
        """The random streams of the case; claim and controls share them (common random numbers)."""
        return Streams(self.seed, self.case)


@dataclass(frozen=True)
class Claim:
    """Base of all claims. Class attributes say who speaks; fields are ingredients with the paper's defaults.

    A field made by `setting` can be set from a case's YAML; the others only by controls.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str] = "arXiv 2405.18199"

    @classmethod
    def info(cls) -> ClaimInfo:
        """How the report introduces the claim; the statement is the class docstring."""
        return ClaimInfo(cls.name, cls.label, cls.title, " ".join((cls.__doc__ or "").split()), cls.source)

    def accepts(self, problem: Problem) -> None:
        """Raises ValueError if the claim cannot be measured on the problem."""
        if problem.objective is None:
            raise ValueError(f"problem = {problem.name}: {self.name} needs an objective, not an adversary")

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """Measured against bound, on one problem."""
        raise TypeError(f"{type(self).__name__} does not say how it is measured")

    def controls(self) -> dict[str, tuple[str, Self]]:
        """name -> (what is broken, the broken twin)."""
        return {}

    def examine(self, problem: Problem, context: Context) -> tuple[Evidence, tuple[Control, ...]]:
        """The claim and its controls, measured on one problem."""
        twins = self.controls().items()
        controls = (Control(name, text, twin.measure(problem, context)) for name, (text, twin) in twins)
        return self.measure(problem, context), tuple(controls)


def setting(default: Any) -> Any:
    """A field that a case may set."""
    return field(default=default, metadata={"setting": True})


def around(problem: Problem, context: Context, count: int) -> Array:
    """Points about the start and where F is low, shape (runs, count, dim), the first of every run being the start.

    Uniform in boxes of random size up to 1.5 Delta/G a coordinate, for the pointwise lemmas.
    """
    rng, runs = context.streams.generator(0, "points"), context.effort.runs
    start, scales = problem.objective.start, problem.scales
    shape = (runs, count, len(start))
    reach = 1.5 * scales.gap / scales.lipschitz * 10.0 ** rng.uniform(-2.0, 0.0, (runs, count, 1))
    points = start * rng.choice([0.0, 1.0], (runs, count, 1)) + reach * rng.uniform(-1.0, 1.0, shape)
    points[:, 0] = start
    return np.asarray(points)


def quotient(part: Array, whole: Array) -> Array:
    """part/whole, 0 where part is 0."""
    with np.errstate(divide="ignore"):
        return np.divide(part, whole, out=np.zeros_like(part), where=part > 0)


def slope(value: Array, measured: Array) -> Array:
    """Least-squares slopes of log measured in log value; value of shape (points,), measured (points, ...)."""
    x = np.log(value) - np.log(value).mean()
    return np.asarray(x @ np.log(measured) / (x @ x))


def band(values: Array) -> tuple[Array, Array, Array]:
    """Mean and 5 to 95 percent band over runs of curves of shape (runs, points)."""
    low, high = np.nanquantile(values, [0.05, 0.95], axis=0)
    return np.nanmean(values, axis=0), low, high


def thin(length: int, points: int = 160) -> NDArray[np.int64]:
    """At most `points` steps from 1 to length, evenly spread in log t."""
    return np.unique(np.geomspace(1, length, points).round().astype(np.int64))
