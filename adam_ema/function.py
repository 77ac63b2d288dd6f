"""A function of one's own, with the constants that one vouches for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from foundation.arrays import Array, Float
from foundation.numerics import dot
from foundation.ranges import nonnegative, positive
from objectives.base import Constants
from objectives.conventions import check_conventions

LOOKS = 1000  # points about the start at which the constants are tried
STEP = 1e-5  # of a difference quotient, in units of the points' spread
ALLOWED = 0.01  # of the difference quotients: those that meet a kink
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Function:
    """F and its gradient at any batch of points, shape (*batch, dim), with the constants that one vouches for.

    start: x_0, shape (dim,). gap: Delta = F(start) - inf F. lipschitz: G, with ||grad F|| <= G everywhere.
    coordinate_lipschitz: G_i, with |d_i F| <= G_i (None: G for each). smoothness: L, a Lipschitz constant of grad F;
    where it is inf, lower bounds of the measure are guesses. All is tried at points about the start.

    Raises ValueError, one line, for a constant that is refuted there, or a gradient that is not that of the values;
    TypeError for functions that give no arrays of these shapes, or write into what they are given.
    """

    value: Callable[[Array], Array]
    grad: Callable[[Array], Array]
    start: Any  # made an array of shape (dim,)
    gap: float
    lipschitz: float
    coordinate_lipschitz: ArrayLike | None = None
    smoothness: float = np.inf

    def __post_init__(self) -> None:
        start = np.array(self.start, float)
        if start.ndim != 1 or not len(start) or not np.isfinite(start).all():
            raise ValueError(f"start = {self.start}: must be a list of numbers, one a coordinate")
        start.flags.writeable = False
        vars(self)["start"] = start
        nonnegative(gap=self.gap)
        positive(lipschitz=self.lipschitz)
        if not self.smoothness > 0.0:
            raise ValueError(f"smoothness = {self.smoothness}: must be > 0, inf if grad F is not Lipschitz")
        each = self.constants.coordinate_lipschitz
        if each.shape != start.shape or not (np.isfinite(each) & (each >= 0.0)).all():
            raise ValueError(f"coordinate_lipschitz = {self.coordinate_lipschitz}: must be {len(start)} numbers >= 0")
        check_conventions(self)
        self._try()

    @property
    def constants(self) -> Constants:
        """As they were given."""
        dim, each = len(self.start), self.coordinate_lipschitz
        whole = np.full(dim, float(self.lipschitz)) if each is None else np.array(each, float)
        return Constants(float(self.gap), float(self.lipschitz), whole, float(self.smoothness))

    def _try(self) -> None:
        """Look for points about the start that refute what was given."""
        rng, dim = np.random.default_rng(0), len(self.start)
        spread = max(self.gap / self.lipschitz, 1e-3 * float(np.abs(self.start).max()), 1e-100)
        x = self.start + spread * 10.0 ** rng.uniform(-2.0, 0.5, (LOOKS, 1)) * rng.standard_normal((LOOKS, dim))
        way = rng.standard_normal((LOOKS, dim))
        way /= np.sqrt(dot(way, way))[:, None]
        y = x + STEP * spread * way
        values, slopes, constants = self.value(x), self.grad(x), self.constants
        sizes = np.sqrt(dot(slopes, slopes))
        self._refuse("lipschitz", constants.lipschitz, "||grad F||", x, sizes)
        excess = (
            np.abs(slopes) / np.where(constants.coordinate_lipschitz > 0, constants.coordinate_lipschitz, 1e-300)
        ).max(axis=1)
        self._refuse("coordinate_lipschitz", 1.0, "|d_i F|/G_i", x, excess)
        self._refuse("gap", constants.gap, "F(start) - F", x, self.value(self.start[None]) - values)
        turned = self.grad(y) - slopes
        self._refuse(
            "smoothness", constants.smoothness, "the slope of grad F", x, np.sqrt(dot(turned, turned)) / (STEP * spread)
        )
        quotients = (self.value(x + STEP * spread * way) - self.value(x - STEP * spread * way)) / (2.0 * STEP * spread)
        wrong = np.abs(quotients - dot(slopes, way)) > 1e-3 * constants.lipschitz
        if wrong.mean() > ALLOWED:
            k = int(np.argmax(wrong))
            raise ValueError(
                f"grad: must be that of value; at x = {x[k].tolist()} along {way[k].tolist()} "
                f"F changes by {quotients[k]:.6g}, not {dot(slopes, way)[k]:.6g}"
            )

    def _refuse(
        self, name: str, given: float, what: str, x: Float[Array, "points dim"], found: Float[Array, "points"]
    ) -> None:
        k = int(np.argmax(found))
        if not np.isfinite(found).all():
            k = int(np.argmin(np.isfinite(found)))
        if not found[k] <= given * (1.0 + ROUNDING) + 1e-9 * self.lipschitz * (name == "gap") * np.abs(x).max():
            raise ValueError(
                f"{name} = {getattr(self, name)}: must not be exceeded; {what} = {found[k]:.6g} at x = {x[k].tolist()}"
            )
