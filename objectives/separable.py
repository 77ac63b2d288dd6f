"""Sums of functions of one coordinate each: parameters broadcast over coordinates, constants add up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import total
from foundation.settings import setting, types
from objectives.base import Constants, PiecewiseSlope, SmoothSlope

Scale = float | tuple[float, ...]


def hinge(v: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """max(v, 0), elementwise; of v = -0 too it gives v, where NumPy's maximum takes either zero."""
    return np.where(v < 0.0, 0.0, v)


@dataclass(frozen=True)
class SeparableSum(Entry):
    """Base: F(x) = sum_i f_i(x_i). Subclasses give f elementwise and its constants per coordinate.

    dim: number of coordinates. A parameter annotated `Scale` is a float (all coordinates alike) or one float a
    coordinate. The start is the parameter `begin` where there is one, else the origin.
    Delta = sum Delta_i; G = ||(G_i)||_2, attained where every coordinate attains its own;
    L = max L_i, since the Hessian is diagonal; H = max H_i, since its Lipschitz constant is taken coordinate by
    coordinate: ||diag(f_i''(x_i) - f_i''(y_i))|| = max_i <= max_i H_i |x_i - y_i|.
    Raises ValueError naming parameter, value and range.
    """

    dim: int = setting(1, "[1, 1e5]")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self._names:
            if np.shape(getattr(self, name)) not in ((), (self.dim,)):
                raise self.refusal(name, f"be one number, or one for each of the {self.dim} coordinates")

    @property
    def _names(self) -> tuple[str, ...]:
        """The parameters that may differ from coordinate to coordinate, in the order of the fields."""
        return tuple(item.name for item in fields(self) if types(type(self))[item.name] == Scale)

    def vector(self, name: str) -> Float[Array, "dim"]:
        """The parameter of that name, written out with one number a coordinate where it is one for all; a copy."""
        return np.broadcast_to(np.asarray(getattr(self, name), float), (self.dim,)).copy()

    def vectors(self) -> tuple[Float[Array, "dim"], ...]:
        """All parameters that may differ from coordinate to coordinate but `begin`, in the order of the fields."""
        return tuple(self.vector(name) for name in self._names if name != "begin")

    @cached_property
    def p(self) -> SimpleNamespace:
        """The parameters as they enter arithmetic, by name: one number a coordinate."""
        return SimpleNamespace(**{name: self.vector(name) for name in self._names})

    @property
    def start(self) -> Float[Array, "dim"]:
        """`begin` in every coordinate, or the origin."""
        return self.vector("begin") if "begin" in self._names else np.zeros(self.dim)

    def terms(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """f_i(x_i), one number a coordinate."""
        raise NotImplementedError(type(self).__name__)

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """F(x), the sum of the coordinates' terms."""
        return total(self.terms(x))

    def _constants(
        self,
        gap: Float[Array, "dim"],
        lipschitz: Float[Array, "dim"],
        smoothness: Float[Array, "dim"] | float = np.inf,
        hessian: Float[Array, "dim"] | float = np.inf,
    ) -> Constants:
        """The constants of the sum, from those of its coordinates."""
        whole = np.broadcast_to(lipschitz, (self.dim,)).astype(float)
        scale = whole.max()
        norm = float(scale * np.sqrt(np.square(whole / scale).sum())) if scale > 0 else 0.0
        drop = float(np.broadcast_to(gap, (self.dim,)).sum())
        return Constants(drop, norm, whole, float(np.max(smoothness)), float(np.max(hessian)))

    def _piece(self, i: int) -> PiecewiseSlope | SmoothSlope:
        """The derivative of coordinate i."""
        raise NotImplementedError(type(self).__name__)

    @cached_property
    def _slopes(self) -> tuple[PiecewiseSlope | SmoothSlope, ...]:
        pieces: dict[tuple[float, ...], PiecewiseSlope | SmoothSlope] = {}
        columns = np.stack(self.vectors())
        return tuple(pieces.setdefault(tuple(columns[:, i]), self._piece(i)) for i in range(self.dim))

    def slopes(self) -> tuple[PiecewiseSlope | SmoothSlope, ...]:
        """The derivatives f_i', one per coordinate; equal coordinates share one object."""
        return self._slopes


def piecewise_constant(breaks: list[float], slopes: list[float]) -> PiecewiseSlope:
    """A piecewise constant derivative: slopes[j] between breaks[j-1] and breaks[j].

    breaks: ascending, at least one; slopes: one more than breaks.
    """
    edges = np.asarray(breaks, float)
    anchors = np.concatenate([edges[:1] - 1.0, (edges[:-1] + edges[1:]) / 2.0, edges[-1:] + 1.0])
    return PiecewiseSlope(edges, anchors, np.asarray(slopes, float), np.zeros(len(slopes)))
