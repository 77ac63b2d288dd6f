"""Sums of functions of one coordinate each: parameters broadcast over coordinates, constants add up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from objectives.base import Array, Constants, PiecewiseSlope, SmoothSlope

Scale = float | tuple[float, ...]


@dataclass(frozen=True)
class SeparableSum:
    """Base: F(x) = sum_i f_i(x_i). Subclasses give f elementwise and its constants per coordinate.

    dim: number of coordinates. A parameter is a float (all coordinates alike) or one float a coordinate.
    Delta = sum Delta_i; G = ||(G_i)||_2, attained where every coordinate attains its own;
    L = max L_i, since the Hessian is diagonal; H = max H_i, since its Lipschitz constant is taken coordinate by
    coordinate: ||diag(f_i''(x_i) - f_i''(y_i))|| = max_i <= max_i H_i |x_i - y_i|.
    Raises ValueError naming parameter, value and range.
    """

    dim: int = 1

    positive: ClassVar[tuple[str, ...]] = ()  # names of parameters that must be > 0; the others must be >= 0
    signed: ClassVar[tuple[str, ...]] = ()  # names of parameters that may be any finite number

    def __post_init__(self) -> None:
        if not (isinstance(self.dim, int) and self.dim >= 1):
            raise ValueError(f"dim = {self.dim}: must be an integer >= 1")
        for item in fields(self):
            if item.type == "Scale":
                self._check(item.name)

    def _check(self, name: str) -> None:
        value = getattr(self, name)
        array = np.asarray(value, float)
        if array.shape not in ((), (self.dim,)):
            raise ValueError(f"{name} = {value}: must be one number, or one for each of the {self.dim} coordinates")
        if name in self.signed:
            good, text = np.isfinite(array), "finite"
        elif name in self.positive:
            good, text = np.isfinite(array) & (array > 0), "finite and > 0"
        else:
            good, text = np.isfinite(array) & (array >= 0), "finite and >= 0"
        if not good.all():
            raise ValueError(f"{name} = {value}: must be {text}")

    def vector(self, name: str) -> Array:
        """The parameter as an array of shape (dim,)."""
        return np.broadcast_to(np.asarray(getattr(self, name), float), (self.dim,)).copy()

    @cached_property
    def p(self) -> SimpleNamespace:
        """The parameters as they enter arithmetic: shape () where coordinates agree, else (dim,).

        A ufunc takes an array of shape () in half the time of a float or of one that it must broadcast.
        """
        table = {}
        for item in fields(self):
            if item.type == "Scale":
                vector = self.vector(item.name)
                table[item.name] = np.array(vector[0]) if (vector == vector[0]).all() else vector
        return SimpleNamespace(**table)

    def terms(self, x: Array) -> Array:
        """f_i(x_i), shape of x."""
        raise NotImplementedError(type(self).__name__)

    def value(self, x: Array) -> Array:
        """F(x), shape (*batch,)."""
        return self.terms(x).sum(axis=-1)

    def _constants(self, gap: Array, lipschitz: Array, smoothness: Array, hessian: Array) -> Constants:
        whole = np.broadcast_to(lipschitz, (self.dim,)).astype(float)
        scale = whole.max()
        norm = float(scale * np.sqrt(np.square(whole / scale).sum())) if scale > 0 else 0.0
        total = float(np.broadcast_to(gap, (self.dim,)).sum())
        return Constants(total, norm, whole, float(np.max(smoothness)), float(np.max(hessian)))

    def _piece(self, i: int) -> PiecewiseSlope | SmoothSlope:
        raise NotImplementedError(type(self).__name__)

    @cached_property
    def _slopes(self) -> tuple[PiecewiseSlope | SmoothSlope, ...]:
        pieces: dict[tuple[float, ...], PiecewiseSlope | SmoothSlope] = {}
        names = [item.name for item in fields(self) if item.type == "Scale" and item.name != "begin"]
        columns = np.stack([self.vector(name) for name in names])
        return tuple(pieces.setdefault(tuple(columns[:, i]), self._piece(i)) for i in range(self.dim))

    def slopes(self) -> tuple[PiecewiseSlope | SmoothSlope, ...]:
        """The derivatives f_i', one per coordinate; equal coordinates share one object."""
        return self._slopes


def steps(breaks: list[float], slopes: list[float]) -> PiecewiseSlope:
    """A piecewise constant derivative: slopes[j] between breaks[j-1] and breaks[j]."""
    edges = np.asarray(breaks, float)
    anchors = np.concatenate([edges[:1] - 1.0, (edges[:-1] + edges[1:]) / 2.0, edges[-1:] + 1.0])
    return PiecewiseSlope(edges, anchors, np.asarray(slopes, float), np.zeros(len(slopes)))
