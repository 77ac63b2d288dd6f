"""What an objective is: a function with a start and constants that are known exactly.

Setting of arXiv 2405.18199, Assumption 2 (global constants) and Assumption 14 (per coordinate).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Constants:
    """The constants of one objective, each derived in the docstring of its class.

    gap: Delta = F(start) - inf F.
    lipschitz: G, with ||grad F(x)||_2 <= G everywhere.
    coordinate_lipschitz: shape (dim,), G_i with |d_i F(x)| <= G_i everywhere.
    smoothness: L, the Lipschitz constant of grad F in the 2-norm; inf if there is none.
    hessian_lipschitz: H, the Lipschitz constant of the Hessian; inf if there is none.
    """

    gap: float
    lipschitz: float
    coordinate_lipschitz: Array
    smoothness: float = np.inf
    hessian_lipschitz: float = np.inf


class Objective(Protocol):
    """A function F on R^dim. `x` has shape (*batch, dim)."""

    @property
    def start(self) -> Array:
        """x0, shape (dim,)."""
        ...

    @property
    def constants(self) -> Constants: ...

    def value(self, x: Array) -> Array:
        """F(x), shape (*batch,)."""
        ...

    def grad(self, x: Array, out: Array | None = None) -> Array:
        """grad F(x), shape (*batch, dim), written to `out` if given (out never aliases x).

        At a kink it returns a fixed element of the Clarke subdifferential.
        """
        ...


@dataclass(frozen=True)
class PiecewiseSlope:
    """The derivative of a function of one variable that is affine between its breaks.

    breaks: shape (n,), strictly ascending. Piece 0 lies left of breaks[0], piece j between
    breaks[j-1] and breaks[j], piece n right of breaks[-1]: n + 1 pieces.
    anchors: shape (n+1,), one point of each piece, at which `slopes` holds.
    slopes: shape (n+1,), the derivative at the anchors.
    curvatures: shape (n+1,), the second derivative on each piece (0: locally linear function).
    Kinks are breaks at which the derivative of the two neighbouring pieces differs.
    """

    breaks: Array
    anchors: Array
    slopes: Array
    curvatures: Array

    def derivative(self, t: Array) -> Array:
        """f'(t) for t of any shape; at a break the value of the piece on its right."""
        piece = np.searchsorted(self.breaks, t, side="right")
        return self.slopes[piece] + self.curvatures[piece] * (t - self.anchors[piece])


class SmoothSlope(Protocol):
    """The derivative of a smooth function of one variable, with certified global bounds."""

    @property
    def height(self) -> float:
        """An upper bound of |f'|."""
        ...

    @property
    def bend(self) -> float:
        """An upper bound of |f'''|: a chord of f' over a length h is off by at most bend h^2/8."""
        ...

    def derivative(self, t: Array) -> Array:
        """f'(t), elementwise."""
        ...


@runtime_checkable
class Separable(Protocol):
    """An objective that is a sum of functions of one coordinate each: F(x) = sum_i f_i(x_i)."""

    @property
    def start(self) -> Array:
        """x0, shape (dim,)."""
        ...

    def slopes(self) -> tuple[PiecewiseSlope | SmoothSlope, ...]:
        """The derivatives f_i', one per coordinate (length dim)."""
        ...
