"""What a claim is measured on, how much, and with which random numbers."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, replace

import numpy as np

from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.adversaries import Adversary
from objectives.base import Objective
from objectives.noise import Noise
from simulation.engine import Engine
from simulation.streams import Streams


@dataclass(frozen=True)
class Scales:
    """Delta, G, sigma, and per coordinate G_i, sigma_i (arXiv 2405.18199, Assumptions 2 and 14)."""

    gap: float
    lipschitz: float
    sigma: float
    coordinate_lipschitz: Float[Array, "dim"]
    coordinate_sigma: Float[Array, "dim"]

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return len(self.coordinate_lipschitz)

    @property
    def total(self) -> float:
        """G + sigma."""
        return self.lipschitz + self.sigma

    @property
    def l1_scale(self) -> float:
        """||G + sigma||_1 = sum_i (G_i + sigma_i)."""
        return float((self.coordinate_lipschitz + self.coordinate_sigma).sum())

    def with_noise(self, level: float) -> Scales:
        """The same with the noise multiplied by `level`."""
        return replace(self, sigma=level * self.sigma, coordinate_sigma=level * self.coordinate_sigma)


@dataclass(frozen=True)
class Problem:
    """An objective with its noise oracle: what Algorithm 1 runs on."""

    name: str
    objective: Objective
    noise: Noise
    description: str = ""

    @property
    def scales(self) -> Scales:
        """The certified constants of the problem."""
        constants, levels = self.objective.constants, self.noise.levels(self.objective)
        coordinates = np.asarray(constants.coordinate_lipschitz), np.asarray(levels.coordinate_sigma)
        return Scales(constants.gap, constants.lipschitz, levels.sigma, *coordinates)


@dataclass(frozen=True)
class Game:
    """An adversary, who chooses gradients after seeing the play: what an online learner plays against."""

    name: str
    adversary: Adversary
    description: str = ""


@dataclass(frozen=True)
class Effort:
    """How much is measured: the preset. Every number of runs of a claim is one of these, or a setting of the claim.

    runs: independent runs a setting. many_runs: where a probability, or the mean of something that varies much, is
    judged. slope_runs: where runs differ by their step scaling only, and a slope is fitted to each. gain_runs: the same
    for the gain of coordinate-wise adaptivity. tuning_runs: of every point of a tuning grid. fresh_runs: of the point
    that was chosen, where a slope is fitted to their means. points: where the measure is bracketed outside separable
    objectives. windows: T (1 - beta) where T is free. guess_limit: the largest C/eps of Theorems 11 and 18. draws:
    samples a run of the one-step identities.

    The ranges hold for presets; code may make smaller ones.
    """

    runs: int = setting(MISSING, "[8, 1e6]")
    windows: int = setting(MISSING, "[1, 1e9]")
    guess_limit: float = setting(MISSING, "[1, 1e6]")
    draws: int = setting(MISSING, "[100, 1e8]")
    many_runs: int = setting(128, "[8, 1e6]")
    slope_runs: int = setting(16, "[8, 1e6]")
    gain_runs: int = setting(8, "[8, 1e6]")
    tuning_runs: int = setting(8, "[1, 1e6]")
    fresh_runs: int = setting(640, "[16, 1e6]")
    points: int = setting(4, "[1, 1e6]")


@dataclass(frozen=True)
class Context:
    """What a measurement may depend on besides the claim and the problem."""

    seed: int
    case: str
    effort: Effort
    engine: Engine = "auto"

    @property
    def streams(self) -> Streams:
        """The random streams of the case; claim and controls share them (common random numbers)."""
        return Streams(self.seed, self.case)
