"""What an objective is: a function with a start and constants that are known exactly.

Setting of arXiv 2405.18199, Assumption 2 (global constants) and Assumption 14 (per coordinate).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float


@dataclass(frozen=True)
class Constants:
    """The constants of one objective, each derived in the docstring of its class.

    gap: Delta = F(start) - inf F.
    lipschitz: G, with ||grad F(x)||_2 <= G everywhere.
    coordinate_lipschitz: G_i, with |d_i F(x)| <= G_i everywhere.
    smoothness: L, the Lipschitz constant of grad F in the 2-norm; inf if there is none.
    hessian_lipschitz: H, the Lipschitz constant of the Hessian; inf if there is none.
    """

    gap: float
    lipschitz: float
    coordinate_lipschitz: Float[Array, "dim"]
    smoothness: float = np.inf
    hessian_lipschitz: float = np.inf


@runtime_checkable
class Objective(Protocol):
    """A function F on R^dim, given at any batch of points: x has shape (*batch, dim)."""

    @property
    def start(self) -> Float[Array, "dim"]:
        """x0, the point at which every run starts."""
        ...

    @property
    def constants(self) -> Constants:
        """Delta, G, G_i, L and H of this function."""
        ...

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """F(x), one number a point."""
        ...

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """grad F(x); at a kink a fixed element of the Clarke subdifferential."""
        ...


@runtime_checkable
class FiniteSum(Protocol):
    """An objective that is the mean of `components` functions, of which one can be drawn."""

    components: int

    @property
    def component_levels(self) -> tuple[float, Float[Array, "dim"]]:
        """(sigma, sigma_i): bounds of the standard deviation of one component drawn uniformly."""
        ...

    def component_grad(self, x: Float[Array, "runs dim"], index: Float[Array, "runs"]) -> Float[Array, "runs dim"]:
        """The gradient of component floor(index[r]) at x[r], scaled so that its mean over components is grad F(x[r]).

        index: 0 <= index < components.
        """
        ...


@dataclass(frozen=True)
class PiecewiseSlope:
    """The derivative of a function of one variable that is affine between its breaks.

    breaks: strictly ascending. Piece 0 lies left of breaks[0], piece j between breaks[j-1] and breaks[j], the last
    right of breaks[-1]: one piece more than breaks.
    anchors: one point of each piece, at which `slopes` holds.
    slopes: the derivative at the anchors.
    curvatures: the second derivative on each piece (0: locally linear function).
    Kinks are breaks at which the derivative of the two neighbouring pieces differs.
    """

    breaks: Float[Array, "breaks"]
    anchors: Float[Array, "pieces"]
    slopes: Float[Array, "pieces"]
    curvatures: Float[Array, "pieces"]

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """f'(t), elementwise; at a break the value of the piece on its right."""
        piece = np.searchsorted(self.breaks, t, side="right")
        return self.slopes[piece] + self.curvatures[piece] * (t - self.anchors[piece])


@runtime_checkable
class SmoothSlope(Protocol):
    """The derivative of a smooth function of one variable, with certified global bounds."""

    @property
    def height(self) -> float:
        """An upper bound of |f'| on the whole line."""
        ...

    @property
    def bend(self) -> float:
        """An upper bound of |f'''|: a chord of f' over a length h is off by at most bend h^2/8."""
        ...

    def derivative(self, t: Float[Array, "*batch"]) -> Float[Array, "*batch"] | np.float64:
        """f'(t), elementwise, at points of any shape."""
        ...


@runtime_checkable
class Separable(Protocol):
    """An objective that is a sum of functions of one coordinate each: F(x) = sum_i f_i(x_i)."""

    @property
    def start(self) -> Float[Array, "dim"]:
        """x0, the point at which every run starts."""
        ...

    def slopes(self) -> tuple[PiecewiseSlope | SmoothSlope, ...]:
        """The derivatives f_i', one per coordinate (length dim)."""
        ...


@runtime_checkable
class Winding(Protocol):
    """A floor under a function S that a group of motions of space, shifts along x_1 with turns, changes by constants.

    Above the floor grad F = grad S; at it grad F = share grad S, 0 <= share <= 1.
    """

    def unwound(self, x: Float[Array, "*batch dim"], height: float) -> Float[Array, "*batch dim"]:
        """The point with x_1 = height into which one of the motions takes x."""
        ...

    def room(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """A number r such that y is above the floor wherever y_1 > x_1 - r."""
        ...
