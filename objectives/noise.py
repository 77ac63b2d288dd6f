"""Noise oracles: unbiased stochastic gradients with certified sigma and sigma_i.

Additive noise is grad F + scale * raw, whatever x is. Any other oracle makes its gradient from x, grad F and raw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import vector_norm
from foundation.settings import setting, show
from objectives.base import FiniteSum, Objective
from objectives.catalogue import noise

Batch = Float[Array, "runs dim"]
Raw = Float[Array, "runs width"]


class Levels(NamedTuple):
    """sigma: E||g - grad F||^2 <= sigma^2; coordinate_sigma: sigma_i (arXiv 2405.18199, Assumptions 2 and 14)."""

    sigma: float
    coordinate_sigma: Float[Array, "dim"]


class _Source(Protocol):
    """What both kinds of noise do."""

    def levels(self, objective: Objective) -> Levels:
        """The noise levels, certified, in the unit of grad F. Raises ValueError if the noise does not fit F."""
        ...

    def width(self, dim: int) -> int:
        """How many raw random numbers a run takes for a step in `dim` coordinates."""
        ...

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write the raw numbers of one run's next steps; the stream does not depend on where it is cut."""
        ...

    def stochastic(self, objective: Any, x: Batch, grad: Batch, raw: Raw) -> Batch:
        """One g a run, made from the points x, grad F there, and raw numbers (of additive noise: scaled)."""
        ...


@runtime_checkable
class AdditiveNoise(_Source, Protocol):
    """g = grad F + scale * raw, with `dim` raw numbers a step."""

    additive: ClassVar[Literal[True]]

    def scale(self, dim: int) -> Float[Array, "dim"]:
        """What raw numbers are multiplied with: sigma_i, in the unit of the gradient, since their variance is 1."""
        ...


@runtime_checkable
class OracleNoise(_Source, Protocol):
    """g made from x, grad F(x) and raw numbers, so that its level cannot be scaled."""

    additive: ClassVar[Literal[False]]


Noise = AdditiveNoise | OracleNoise


@dataclass(frozen=True)
class _Additive(Entry):
    """Base of additive noises: independent coordinates, of variance sigma_i^2."""

    additive: ClassVar[Literal[True]] = True

    def scale(self, dim: int) -> Float[Array, "dim"]:
        """sigma_i, one number a coordinate."""
        raise NotImplementedError(type(self).__name__)

    def levels(self, objective: Objective) -> Levels:
        """Exact: E(g_i - d_iF)^2 = sigma_i^2, whatever the objective."""
        scale = self.scale(len(objective.start))
        return Levels(vector_norm(scale), scale)

    def width(self, dim: int) -> int:
        """One number a coordinate."""
        return dim

    def stochastic(self, objective: Any, x: Batch, grad: Batch, raw: Batch) -> Batch:
        """grad + raw, where raw is scaled already."""
        return grad + raw


@dataclass(frozen=True)
class _Leveled(_Additive):
    """Base of additive noises of a level: `sigma` in all, spread evenly, or one `coordinate_sigma` a coordinate.

    Spread evenly, sigma_i = sigma/sqrt(dim). Raises ValueError if both are given.
    """

    sigma: float = setting(0.0, "[0, inf)")
    coordinate_sigma: tuple[float, ...] | None = setting(None, "[0, inf)", repeats=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.coordinate_sigma is not None and self.sigma:
            raise self.refusal("sigma", f"be left out where coordinate_sigma = {show(self.coordinate_sigma)} is given")

    def scale(self, dim: int) -> Float[Array, "dim"]:
        """sigma_i, one number a coordinate. Raises ValueError if there is not one for each."""
        if self.coordinate_sigma is None:
            return np.full(dim, self.sigma / np.sqrt(dim))
        if len(self.coordinate_sigma) != dim:
            raise self.refusal("coordinate_sigma", f"have dim = {dim} entries")
        return np.asarray(self.coordinate_sigma, float)


@noise("gaussian", exam={"coordinate_sigma": (0.1, 0.0, 2.0)}, on="huber")
@dataclass(frozen=True)
class Gaussian(_Leveled):
    """Normal noise, independent from coordinate to coordinate and step to step."""

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write standard normals, of variance 1."""
        rng.standard_normal(out=out)


@noise("two_point", exam={"sigma": 1.3}, on="huber")
@dataclass(frozen=True)
class TwoPoint(_Leveled):
    """Independent signs, +-sigma_i: bounded, and of exactly this variance."""

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write signs, of variance 1."""
        rng.random(out=out)
        np.subtract(out, 0.5, out=out)
        np.copysign(1.0, out, out=out)


@noise("none", exam={}, on="huber")
@dataclass(frozen=True)
class Exact(_Additive):
    """No noise: the stochastic gradient is the gradient."""

    def scale(self, dim: int) -> Float[Array, "dim"]:
        """0 in every coordinate."""
        return np.zeros(dim)

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write zeros, and draw nothing."""
        out.fill(0.0)


@dataclass(frozen=True)
class _Bernoulli(Entry):
    """Base of oracles that show something with `probability` p only, and then 1/p times: b/p, b ~ Bernoulli(p)."""

    probability: float = setting(0.5, "[1e-9, 1]")

    additive: ClassVar[Literal[False]] = False

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write b/p, of mean 1 and variance (1-p)/p."""
        rng.random(out=out)
        np.multiply(out < self.probability, 1.0 / self.probability, out=out)


@noise("sparse", exam={"probability": 0.3}, on="huber")
@dataclass(frozen=True)
class Sparse(_Bernoulli):
    """g_i = d_iF b_i/p, b_i ~ Bernoulli(p) independent: variance (d_iF)^2 (1-p)/p <= G_i^2 (1-p)/p.

    probability: p. sigma^2 <= G^2 (1-p)/p since sum_i (d_iF)^2 <= G^2.
    """

    def levels(self, objective: Objective) -> Levels:
        """Attained where the gradient is largest."""
        factor, constants = np.sqrt((1.0 - self.probability) / self.probability), objective.constants
        return Levels(constants.lipschitz * factor, np.asarray(constants.coordinate_lipschitz) * factor)

    def width(self, dim: int) -> int:
        """One raw number b_i/p a coordinate."""
        return dim

    def stochastic(self, objective: Any, x: Batch, grad: Batch, raw: Batch) -> Batch:
        """grad * b/p, coordinate by coordinate."""
        return grad * raw


@noise("minibatch", exam={}, on="robust_regression", unattained="not all residuals are steepest at once")
@dataclass(frozen=True)
class Minibatch(Entry):
    """The gradient of one component of a finite sum, drawn uniformly with replacement."""

    additive: ClassVar[Literal[False]] = False

    def levels(self, objective: Objective) -> Levels:
        """The objective's own certificate. Raises ValueError if it is not a finite sum."""
        if not isinstance(objective, FiniteSum):
            raise ValueError(f"noise = {self.name}: needs a finite sum, not {type(objective).__name__}")
        return Levels(*objective.component_levels)

    def width(self, dim: int) -> int:
        """One index a step, whatever the dimension."""
        return 1

    def fill(self, rng: np.random.Generator, out: Float[Array, "steps width"]) -> None:
        """Write uniform numbers in [0, 1)."""
        rng.random(out=out)

    def stochastic(self, objective: Any, x: Batch, grad: Batch, raw: Raw) -> Batch:
        """The gradient of the drawn component."""
        return objective.component_grad(x, float(objective.components) * raw[:, 0])


@noise(
    "chain",
    exam={"probability": 0.2},
    on="hard_chain",
    where=lambda chain: np.array([[0.0, 0.0], [1e3, 0.0]]),  # nothing found yet, and one link
)
@dataclass(frozen=True)
class Chain(_Bernoulli):
    """The oracle of the hard chain: what lies beyond prog_{1/4}(x) is shown with probability p only, then 1/p times.

    g_i = d_iF (1 + 1{i > prog_{1/4}(x)} (b/p - 1)), b Bernoulli(p), one for all coordinates (arXiv 1912.02365, (16)).
    With k = prog_{1/4}(x) only i = k+1 has a gradient beyond k, of size Psi(|x_k|) Phi'(x_{k+1}) height/width: at most
    sqrt(e) for k = 0 and e^{3/2} for k >= 1. So sigma_i^2 = e^3 (1-p)/p (height/width)^2 (i = 1: e), and sigma is the
    largest sigma_i, for one coordinate at a time is noisy (ours; the paper has 23^2 in the place of e^3).
    """

    def levels(self, objective: Any) -> Levels:
        """Approached where x_k is large. Raises ValueError if the objective is no chain."""
        if not hasattr(objective, "progress"):
            raise ValueError(f"noise = {self.name}: needs a chain, not {type(objective).__name__}")
        factor = np.sqrt((1.0 - self.probability) / self.probability) * objective.height / objective.width
        each = np.full(objective.dim, np.e**1.5 * factor)
        each[0] = np.sqrt(np.e) * factor
        return Levels(float(each.max()), each)

    def width(self, dim: int) -> int:
        """One number a step, for all coordinates alike."""
        return 1

    def stochastic(self, objective: Any, x: Batch, grad: Batch, raw: Raw) -> Batch:
        """The gradient, its hidden part times b/p."""
        hidden = np.arange(1.0, objective.dim + 1.0) > objective.progress(x, 0.25)[:, None]
        return grad * np.where(hidden, raw, 1.0)
