"""One dual pair bounds the measure at every point: from one search, a lower bound all along a path."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import Constants, Objective, Winding
from stationarity.branch_and_bound import Local
from stationarity.general import measure_general


@dataclass(frozen=True)
class Paraboloid:
    """A lower bound of the L2 measure (arXiv 2405.18199, Definition 3) of an objective, at any point.

    For u, ||u|| <= 1, and v let level <= inf_y { <u, grad F(y)> + lam ||y - point||^2 - <v, y - point> }. If y has mean
    x = point + d, then lam E||y - x||^2 = lam E||y - point||^2 - lam ||d||^2, and so ||E grad F(y)|| + lam E||y - x||^2
    >= E <u, grad F(y)> + lam E||y - point||^2 - lam ||d||^2 >= level + <v, d> - lam ||d||^2.
    """

    point: Float[Array, "dim"]
    tilt: Float[Array, "dim"]
    level: float | Float[Array, "..."]
    lam: float
    reach: float  # what F is farther from `point` than this has no influence on `level`, given its G

    def below(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """level + <v, d> - lam ||d||^2 at x = point + d, or 0 if that is more; shape (*batch,)."""
        d = x - self.point
        return np.maximum(self.level + np.vecdot(d, self.tilt) - self.lam * np.vecdot(d, d), 0.0)


@dataclass(frozen=True)
class _Guessed:
    """An objective of which no Lipschitz constant of the gradient is known: searches over it only guess."""

    objective: Objective

    @property
    def start(self) -> Float[Array, "dim"]:
        """The objective's own start."""
        return self.objective.start

    @property
    def constants(self) -> Constants:
        """The objective's own, but for L and H."""
        return replace(self.objective.constants, smoothness=np.inf, hessian_lipschitz=np.inf)

    def value(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
        """F(x), shape (*batch,)."""
        return self.objective.value(x)

    def grad(self, x: Float[Array, "*batch dim"]) -> Float[Array, "*batch dim"]:
        """grad F(x), shape (*batch, dim)."""
        return self.objective.grad(x)


def paraboloid(objective: Objective, x: Float[Array, "dim"], lam: float, gap: float, budget: int) -> Paraboloid:
    """The paraboloid of a dual pair that is good at x: guessed by column generation, then certified by one search.

    gap: what the search may leave open, in units of ||grad F(x)||. budget: its gradient evaluations, at most.
    Raises ValueError if L is infinite or ||grad F(x)|| = 0.
    """
    local = Local(objective, x, lam, budget)
    if not local.certified or local.scale == 0:
        raise ValueError(f"a search at x = {x.tolist()} proves nothing: grad F must be Lipschitz, and not 0 there")
    guess = measure_general(_Guessed(objective), x, lam, tolerance=gap)
    u, v = guess.direction, guess.tilt * local.length / local.scale
    level, _ = local.search(u, v, gap)
    return Paraboloid(np.asarray(x, float), guess.tilt, level * local.scale, lam, local.reach(u, v) * local.length)


def measure_winding(
    objective: Objective, x: Float[Array, "points dim"], lam: float, gap: float, budget: int = 10**8
) -> tuple[Float[Array, "points"], Float[Array, "points"]]:
    """Certified lower and upper bounds of the L2 measure at points of a Winding objective: (lower, upper).

    The motions turn one paraboloid of S, that of the median point, into one for every point. For F its level is the
    least of S's and of what the floor allows: there <u, share grad S(y)> >= min(0, <u, grad S(y)>), so that the value
    is that of S or at least lam ||d||^2 - <v, d>, d_1 <= -room. Upper: ||grad F(x)||, the point mass. Raises TypeError
    for an objective that does not wind, ValueError as `paraboloid` does.
    """
    if not isinstance(objective, Winding):
        raise TypeError(f"{type(objective).__name__} does not wind: it has no motions to carry a bound along")
    middle, upper = x[np.argsort(x[:, 0], kind="stable")[len(x) // 2]], np.linalg.norm(objective.grad(x), axis=-1)
    if not objective.grad(middle).any():
        return np.zeros(len(x)), upper
    found = paraboloid(objective, middle, lam, gap, budget)
    if objective.room(middle) <= found.reach:
        return np.zeros(len(x)), upper  # the level might not be that of S
    turned, room = objective.unwound(x, float(middle[0])), objective.room(x)
    first, tilt = found.tilt[0], found.tilt @ found.tilt
    edge = np.maximum(room, -first / (2.0 * lam))  # the least of the parabola where d_1 <= -room: there, or at its foot
    floor = lam * edge**2 + first * edge - (tilt - first**2) / (4.0 * lam)
    return replace(found, level=np.minimum(found.level, floor)).below(turned), upper
