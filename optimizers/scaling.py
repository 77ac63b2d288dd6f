"""The random scaling a_t of the step x_t = x_{t-1} + a_t z_t (arXiv 2405.18199, Algorithm 1).

Exp(1) is the only law for which E[F(x + a z) - F(x)] = E <grad F(x + a z), z> (Lemma 20); the others are controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Scaling(Protocol):
    """A law of step scalings with mean `mean`."""

    @property
    def mean(self) -> float: ...

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Fill a contiguous vector with the next draws; the stream does not depend on its length."""
        ...


@dataclass(frozen=True)
class Exponential:
    """Exponential with a mean; the paper's law at mean 1. Raises ValueError unless mean > 0."""

    mean: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and self.mean > 0):
            raise ValueError(f"mean = {self.mean}: must be finite and > 0")

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Next draws of the law."""
        rng.standard_exponential(out=out)
        if self.mean != 1.0:
            np.multiply(out, self.mean, out=out)


@dataclass(frozen=True)
class Constant:
    """a_t = 1: no random scaling."""

    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Next draws of the law."""
        out.fill(self.mean)


@dataclass(frozen=True)
class Uniform:
    """Uniform on [0, 2 mean]."""

    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Next draws of the law."""
        rng.random(out=out)
        np.multiply(out, 2.0 * self.mean, out=out)


@dataclass(frozen=True)
class Gamma:
    """Gamma of mean 1 and shape `shape` (shape 1 is Exp(1))."""

    shape: float = 4.0
    mean: float = 1.0

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Next draws of the law."""
        rng.standard_gamma(self.shape, out=out)
        np.multiply(out, self.mean / self.shape, out=out)
