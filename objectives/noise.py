"""Noise oracles: unbiased stochastic gradients with certified sigma and sigma_i."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from objectives.base import Array, Objective


class Levels(NamedTuple):
    """sigma: E||g - grad F||^2 <= sigma^2; coordinate_sigma: sigma_i, shape (dim,) (Assumptions 2 and 14)."""

    sigma: float
    coordinate_sigma: Array


class Noise(Protocol):
    """A stochastic gradient. additive: it is grad F + scale * raw, whatever x is."""

    additive: ClassVar[bool]

    def levels(self, objective: Objective) -> Levels:
        """The certified noise levels on this objective. Raises ValueError if it does not fit."""
        ...

    def width(self, dim: int) -> int:
        """How many raw random numbers a step takes."""
        ...

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Fill (steps, width) with one run's next raw numbers; the stream does not depend on the cuts."""
        ...

    def scale(self, dim: int) -> Array:
        """What raw numbers are multiplied with, shape (width,)."""
        ...

    def stochastic(self, objective: Any, x: Array, grad: Array, raw: Array, out: Array) -> None:
        """Write g, shape (runs, dim), if the noise is not additive; raw has shape (runs, width)."""
        ...


@dataclass(frozen=True)
class Additive:
    """Base of noises that are added to the gradient, with independent coordinates of variance sigma_i^2.

    sigma: total level, spread evenly (sigma_i = sigma/sqrt dim); or coordinate_sigma: one sigma_i a coordinate.
    """

    sigma: float = 0.0
    coordinate_sigma: tuple[float, ...] = ()
    additive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 <= self.sigma < np.inf:
            raise ValueError(f"sigma = {self.sigma}: must be finite and >= 0")
        if self.coordinate_sigma and self.sigma:
            raise ValueError(f"sigma = {self.sigma}: give either sigma or coordinate_sigma")
        if not all(0 <= s < np.inf for s in self.coordinate_sigma):
            raise ValueError(f"coordinate_sigma = {self.coordinate_sigma}: must be finite and >= 0")

    def scale(self, dim: int) -> Array:
        """sigma_i, shape (dim,). Raises ValueError on a dimension mismatch."""
        if not self.coordinate_sigma:
            return np.full(dim, self.sigma / np.sqrt(dim))
        if len(self.coordinate_sigma) != dim:
            raise ValueError(f"coordinate_sigma = {self.coordinate_sigma}: must have dim = {dim} entries")
        return np.asarray(self.coordinate_sigma, float)

    def levels(self, objective: Objective) -> Levels:
        """Exact: E(g_i - d_iF)^2 = sigma_i^2."""
        scale = self.scale(len(objective.start))
        return Levels(float(np.sqrt(np.square(scale).sum())), scale)

    def width(self, dim: int) -> int:
        """One number a coordinate."""
        return dim

    def stochastic(self, objective: Any, x: Array, grad: Array, raw: Array, out: Array) -> None:
        """grad + raw; raw is scaled already."""
        np.add(grad, raw, out=out)


@dataclass(frozen=True)
class Gaussian(Additive):
    """Independent normal noise."""

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Standard normals."""
        rng.standard_normal(out=out)


@dataclass(frozen=True)
class TwoPoint(Additive):
    """Independent signs, +-sigma_i: bounded, and of exactly this variance."""

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Signs."""
        rng.random(out=out)
        np.subtract(out, 0.5, out=out)
        np.copysign(1.0, out, out=out)


@dataclass(frozen=True)
class Exact(Additive):
    """No noise."""

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Zeros."""
        out.fill(0.0)


@dataclass(frozen=True)
class Sparse:
    """g_i = d_iF b_i/p, b_i ~ Bernoulli(p) independent: variance (d_iF)^2 (1-p)/p <= G_i^2 (1-p)/p.

    probability: p in (0, 1]. sigma^2 <= G^2 (1-p)/p since sum_i (d_iF)^2 <= G^2.
    """

    probability: float = 0.5
    additive: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError(f"probability = {self.probability}: must lie in (0, 1]")

    def levels(self, objective: Objective) -> Levels:
        """Attained where the gradient is largest."""
        factor = np.sqrt((1.0 - self.probability) / self.probability)
        constants = objective.constants
        return Levels(constants.lipschitz * factor, np.asarray(constants.coordinate_lipschitz) * factor)

    def width(self, dim: int) -> int:
        """One number a coordinate."""
        return dim

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """b/p."""
        rng.random(out=out)
        np.multiply(out < self.probability, 1.0 / self.probability, out=out)

    def scale(self, dim: int) -> Array:
        """Unused by a multiplicative noise."""
        return np.ones(dim)

    def stochastic(self, objective: Any, x: Array, grad: Array, raw: Array, out: Array) -> None:
        """grad * b/p."""
        np.multiply(grad, raw, out=out)


@dataclass(frozen=True)
class Minibatch:
    """The gradient of one component of a finite sum, drawn uniformly with replacement."""

    additive: ClassVar[bool] = False

    def levels(self, objective: Any) -> Levels:
        """The objective's certificate. Raises ValueError if it is not a finite sum."""
        if not hasattr(objective, "component_levels"):
            raise ValueError(f"noise = minibatch: needs a finite sum, not {type(objective).__name__}")
        return Levels(*objective.component_levels)

    def width(self, dim: int) -> int:
        """One index a step."""
        return 1

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Uniform numbers in [0, 1)."""
        rng.random(out=out)

    def scale(self, dim: int) -> Array:
        """Unused."""
        return np.ones(1)

    def stochastic(self, objective: Any, x: Array, grad: Array, raw: Array, out: Array) -> None:
        """The gradient of the drawn component."""
        objective.component_grad(x, (raw[:, 0] * objective.components).astype(np.int64), out)


@dataclass(frozen=True)
class Chain:
    """The oracle of the hard chain: what lies beyond prog_{1/4}(x) is shown with probability p only, then 1/p times.

    g_i = d_iF (1 + 1{i > prog_{1/4}(x)} (b/p - 1)), b Bernoulli(p), one for all coordinates (arXiv 1912.02365, (16)).
    With k = prog_{1/4}(x) only i = k+1 has a gradient beyond k, of size Psi(|x_k|) Phi'(x_{k+1}) height/width: at most
    sqrt(e) for k = 0 and e^{3/2} for k >= 1. So sigma_i^2 = e^3 (1-p)/p (height/width)^2 (i = 1: e), and sigma is the
    largest sigma_i, for one coordinate at a time is noisy (ours; the paper has 23^2 in the place of e^3).
    """

    probability: float = 0.5
    additive: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError(f"probability = {self.probability}: must lie in (0, 1]")

    def levels(self, objective: Any) -> Levels:
        """Approached where x_k is large. Raises ValueError if the objective is no chain."""
        if not hasattr(objective, "progress"):
            raise ValueError(f"noise = chain: needs a chain, not {type(objective).__name__}")
        factor = np.sqrt((1.0 - self.probability) / self.probability) * objective.height / objective.width
        each = np.full(objective.dim, np.e**1.5 * factor)
        each[0] = np.sqrt(np.e) * factor
        return Levels(float(each.max()), each)

    def width(self, dim: int) -> int:
        """One number a step."""
        return 1

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """b/p."""
        rng.random(out=out)
        np.multiply(out < self.probability, 1.0 / self.probability, out=out)

    def scale(self, dim: int) -> Array:
        """Unused by a multiplicative noise."""
        return np.ones(1)

    def stochastic(self, objective: Any, x: Array, grad: Array, raw: Array, out: Array) -> None:
        """The gradient, its hidden part times b/p."""
        hidden = np.arange(1, x.shape[-1] + 1) > objective.progress(x, 0.25)[..., None]
        np.multiply(grad, np.where(hidden, raw, 1.0), out=out)
