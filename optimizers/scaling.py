"""The random scaling a_t of the step x_t = x_{t-1} + a_t z_t (arXiv 2405.18199, Algorithm 1).

Exp(1) is the only law for which E[F(x + a z) - F(x)] = E <grad F(x + a z), z> (Lemma 20); the others are controls, or
need a weight (theory/step_laws.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma as gamma_function
from typing import Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float


@runtime_checkable
class Scaling(Protocol):
    """A law of the step scalings a_t >= 0."""

    @property
    def mean(self) -> float:
        """The expectation of a_t."""
        ...

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """Fill a contiguous array with the next draws; the stream does not depend on its size."""
        ...


@dataclass(frozen=True)
class Exponential:
    """Exponential with a mean; the paper's law at mean 1. Raises ValueError unless mean > 0."""

    mean: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and self.mean > 0):
            raise ValueError(f"mean = {self.mean}: must be finite and > 0")

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """Draws of the exponential law, one a number of `out`."""
        rng.standard_exponential(out=out)
        if self.mean != 1.0:
            np.multiply(out, self.mean, out=out)


@dataclass(frozen=True)
class Constant:
    """a_t = 1: no random scaling."""

    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """The mean, everywhere; `rng` is left alone."""
        out.fill(self.mean)


@dataclass(frozen=True)
class Uniform:
    """Uniform on [0, 2 mean]."""

    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """Draws of the uniform law, one a number of `out`."""
        rng.random(out=out)
        np.multiply(out, 2.0 * self.mean, out=out)


@dataclass(frozen=True)
class Gamma:
    """Gamma of mean 1 and shape `shape` (shape 1 is Exp(1))."""

    shape: float
    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """Draws of the gamma law, one a number of `out`."""
        rng.standard_gamma(self.shape, out=out)
        np.multiply(out, self.mean / self.shape, out=out)


@dataclass(frozen=True)
class Weibull:
    """Weibull of mean 1 and shape `shape`: P(a > s) = exp(-(c s)^shape), c = Gamma(1 + 1/shape)."""

    shape: float
    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """Draws of the Weibull law, one a number of `out`."""
        rng.standard_exponential(out=out)
        np.multiply(out ** (1.0 / self.shape), self.mean / gamma_function(1.0 + 1.0 / self.shape), out=out)


@dataclass(frozen=True)
class HalfNormal:
    """The absolute value of a normal number, of mean 1."""

    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Float[Array, "..."]) -> None:
        """Draws of the half-normal law, one a number of `out`."""
        rng.standard_normal(out=out)
        np.multiply(np.abs(out), self.mean * np.sqrt(np.pi / 2.0), out=out)
