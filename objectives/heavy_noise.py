"""Noise known by moments of order p < 2: heavy tails without a variance, and rare spikes, the worst for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.base import Objective
from objectives.catalogue import noise
from objectives.noise import Levels, Noise, _Additive
from objectives.separable import Scale


@runtime_checkable
class KnownMoments(Protocol):
    """A noise whose absolute moments of any order are known."""

    def moments(self, objective: Objective, power: float) -> Levels:
        """sigma_p and sigma_{p,i}, 0 < p <= 2, inf if there are none.

        E||g - grad F||^p <= sigma_p^p and E|g_i - d_iF|^p <= sigma_{p,i}^p, whatever x.
        """
        ...


def noise_moments(noise: Noise, objective: Objective, power: float) -> Levels:
    """Certified sigma_p and sigma_{p,i} of any noise, p = power in (0, 2]: its own, else sigma and sigma_i (Jensen)."""
    return noise.moments(objective, power) if isinstance(noise, KnownMoments) else noise.levels(objective)


@dataclass(frozen=True)
class _Sized(_Additive):
    """Base of additive noises that are `size` times one random variable X, independent in all coordinates.

    size: one number, or one a coordinate, in the unit of the gradient. sigma_{p,i} = size_i (E|X|^p)^{1/p}, and
    sigma_p^p = sum_i sigma_{p,i}^p, exact in one coordinate: ||v||_2 <= ||v||_p for p <= 2.
    """

    size: Scale = setting(1.0, "[0, inf)")

    def scale(self, dim: int) -> Float[Array, "dim"]:
        """The sizes: raw numbers have the law of X. Raises ValueError if there is not one for each coordinate."""
        if np.shape(self.size) not in ((), (dim,)):
            raise self.refusal("size", f"be one number, or one for each of the {dim} coordinates")
        return np.broadcast_to(np.asarray(self.size, float), (dim,)).copy()

    def moment(self, power: float) -> float:
        """E|X|^power, inf if there is none."""
        raise NotImplementedError(type(self).__name__)

    def moments(self, objective: Objective, power: float) -> Levels:
        """(sigma_p, sigma_{p,i}) for p = power in (0, 2]."""
        sizes = self.scale(len(objective.start))
        root = self.moment(power) ** (1.0 / power)
        each = np.multiply(sizes, root, out=np.zeros_like(sizes), where=sizes > 0)
        return Levels(float(np.linalg.norm(sizes, ord=power)) * root if sizes.any() else 0.0, each)

    def levels(self, objective: Objective) -> Levels:
        """The moments of order 2: inf without a variance."""
        return self.moments(objective, 2.0)


@noise("pareto", exam={"size": (0.5, 0.0, 2.0), "tail": 9.0}, on="huber")
@dataclass(frozen=True)
class Pareto(_Sized):
    """Symmetric Pareto noise: P(|X| > r) = r^{-tail}, r >= 1, with a random sign; no variance for tail <= 2.

    E|X|^p = tail/(tail - p) for p < tail, else inf.
    """

    tail: float = setting(1.5, "(1, 1e6]")

    def moment(self, power: float) -> float:
        """tail/(tail - power), inf from the tail index on."""
        return self.tail / (self.tail - power) if power < self.tail else np.inf

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write |w|^{-1/tail} with the sign of w, uniform on (-1, 1): odd multiples of 2^-53, so that none is 0."""
        rng.random(out=out)
        np.subtract(2.0 * out, 1.0 - 2.0**-53, out=out)
        np.copysign(np.abs(out) ** (-1.0 / self.tail), out, out=out)


@noise("spikes", exam={"size": (0.5, 0.0, 2.0), "chance": 0.1}, on="huber")
@dataclass(frozen=True)
class Spikes(_Sized):
    """Rare spikes, centred: X = 1 - b/chance, b ~ Bernoulli(chance). Bounded, but heavy for windows below 1/chance.

    E|X|^p = chance (1/chance - 1)^p + 1 - chance. In most steps the gradient is off by `size` upwards, and a spike now
    and then makes up for it. One such step attains the constant of theory/heavy_tails.py.
    """

    chance: float = setting(0.01, "[1e-9, 1]")

    def moment(self, power: float) -> float:
        """chance (1/chance - 1)^power + 1 - chance, 0 for chance = 1."""
        return float(self.chance * (1.0 / self.chance - 1.0) ** power + 1.0 - self.chance)

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write 1 - b/chance, of mean 0."""
        rng.random(out=out)
        np.subtract(1.0, np.where(out < self.chance, 1.0 / self.chance, 0.0), out=out)
