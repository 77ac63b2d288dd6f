"""A function of one to three variables around a point, and certified minima over it by boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float
from objectives.base import Objective
from stationarity.oracle import ROUNDING

GUESSES = 1 << 9  # boxes kept a level where nothing can be certified
LEVELS = 40


@dataclass
class Local:
    """The objective around x in its own units (those of general.py), and the atoms seen: offsets e and slopes g(e).

    budget: gradient evaluations that one search may spend. certified: whether grad F has a Lipschitz constant, without
    which nothing can be proved.
    """

    objective: Objective
    x: Float[Array, "dim"]
    lam: float
    budget: int
    atoms: list[Array] = field(default_factory=list)
    slopes: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first = self.objective.grad(self.x)
        self.scale = float(np.linalg.norm(self.first))
        self.length = float(np.sqrt(self.scale) / np.sqrt(self.lam))
        constants, safe = self.objective.constants, self.scale if self.scale > 0 else 1.0
        self.height = constants.lipschitz / safe
        # Lipschitz constants of g and of its Jacobian, per unit of e
        self.steepness = constants.smoothness * (self.length / safe if self.scale > 0 else 1.0)
        self.local = getattr(self.objective, "hessian_lipschitz_near", None)
        self.tilted = self.local is not None or np.isfinite(constants.hessian_lipschitz)
        self.certified = bool(np.isfinite(self.steepness))
        self.signs = np.array(list(product((-1.0, 1.0), repeat=len(self.x))))

    def slope(self, e: Float[Array, "*batch dim"]) -> tuple[Float[Array, "*batch dim"], Float[Array, "*batch dim"]]:
        """(e moved so that x + length e is a float, g there)."""
        point = self.x + e * self.length
        return (point - self.x) / self.length, self.objective.grad(point) / self.scale

    def bend(self, centre: Float[Array, "boxes dim"], half: float) -> float | Float[Array, "boxes"]:
        """A Lipschitz constant of the Jacobian of g in each box, or one for all."""
        if self.local is None:
            return self.objective.constants.hessian_lipschitz / self.lam
        radius = half * self.length * np.sqrt(len(self.x)) * (1.0 + 1e-9)
        return np.asarray(self.local(self.x + self.length * centre, radius)) / self.lam

    def add(self, e: Float[Array, "dim"]) -> None:
        """Put one more atom at offset e."""
        e, g = self.slope(e)
        self.atoms.append(e)
        self.slopes.append(g)

    def reach(self, u: Float[Array, "dim"], v: Float[Array, "dim"]) -> float:
        """|e| beyond which <u, g(e)> + |e|^2 - <v, e> exceeds its value at 0, by |u| height: see `search`."""
        norm, speed, at_zero = float(np.linalg.norm(u)), float(np.linalg.norm(v)), float(u @ self.first) / self.scale
        reach = 0.5 * (speed + np.sqrt(speed**2 + 4.0 * max(norm * self.height + at_zero, 0.0))) * (1.0 + 1e-9)
        return float(reach + 4.0 * np.spacing(np.abs(self.x).max() + reach * self.length) / self.length)

    def search(self, u: Float[Array, "dim"], v: Float[Array, "dim"], gap: float) -> tuple[float, bool]:
        """(a lower bound of inf <u, g(e)> + |e|^2 - <v, e>, whether it is within `gap`); adds the best atom.

        Beyond |e| = reach the value exceeds that at 0: |e|^2 - |v||e| <= <u, g(0)> + ||u|| height inside. Without a
        Lipschitz constant of grad F the bound is only the least value seen.
        """
        norm, speed, at_zero = float(np.linalg.norm(u)), float(np.linalg.norm(v)), float(u @ self.first) / self.scale
        reach = self.reach(u, v)
        half, centre = reach, np.zeros((1, len(u)))
        best, place, done, spent, complete = at_zero, np.zeros(len(u)), np.inf, 0, self.certified
        for _ in range(LEVELS):
            e, value, low = self._boxes(u, v, centre, half)
            spent += value.size
            if value.min() < best:
                best, place = float(value.min()), e[value.argmin()]
            keep = ~(low >= best - gap) if self.certified else _smallest(value.reshape(len(centre), -1).min(axis=1))
            if not keep.any():
                done = min(done, float(low.min()))
                break
            if spent + np.count_nonzero(keep) * len(self.signs) * (value.size // len(centre)) > self.budget:
                done, complete = min(done, float(low.min())), False
                break
            done = min(done, float(low[~keep].min(initial=np.inf)))  # of numbers: what is none is kept
            half *= 0.5
            centre = (centre[keep, None] + half * self.signs).reshape(-1, len(u))
        else:
            done, complete = min(done, float(low.min())), False
        self.add(place)
        error = ROUNDING * (norm * self.height + reach * (reach + speed))
        return (min(done, best) if self.certified else best) - error, complete

    def _boxes(
        self, u: Float[Array, "dim"], v: Float[Array, "dim"], centre: Float[Array, "boxes dim"], half: float
    ) -> tuple[Float[Array, "points dim"], Float[Array, "points"], Float[Array, "boxes"]]:
        """Points visited, values there, and a lower bound on each box (-inf without a Lipschitz constant).

        Always <u, g> >= -||u|| height. With steepness only: <u, g> is at least its value at the centre less ||u||
        steepness times the half diagonal. With bend: <u, g> differs from the multilinear function through the
        corners by at most ||u|| bend half^2/2 a coordinate, and that one from the affine function with the corners'
        mean value and mean differences by at least the least residual at a corner. What is left is minimised exactly.
        """
        norm, dim = float(np.linalg.norm(u)), len(u)
        tilted = self.certified and self.tilted
        wanted = centre[:, None] + half * self.signs if tilted else centre[:, None]
        e, g = self.slope(wanted)
        height = np.vecdot(g, u)
        value = height + np.vecdot(e, e - v)
        moved = norm * self.steepness * float(np.abs(e - wanted).max()) * dim if self.certified else np.inf
        chord = np.zeros((len(centre), dim))
        if tilted:
            chord = (height[..., None] * self.signs).mean(axis=1) / half
            rest = height - half * np.vecdot(chord[:, None], self.signs)
            error = self.bend(centre, half) * (dim * half**2 / 2.0) if norm > 0.0 else 0.0  # not 0 inf
            level = rest.min(axis=1) - norm * error - moved
        else:
            level = height[:, 0] - (norm * self.steepness * half * np.sqrt(dim) + moved if self.certified else np.inf)
        at = np.clip(0.5 * (v - chord), centre - half, centre + half)
        low = level + np.vecdot(chord, at - centre) + np.vecdot(at, at - v)
        at = np.clip(0.5 * v, centre - half, centre + half)
        low = np.maximum(low, np.vecdot(at, at - v) - norm * self.height)
        return e.reshape(-1, dim), value.ravel(), low


def _smallest(value: Float[Array, "boxes"]) -> Bool[BoolArray, "boxes"]:
    """Which boxes to look into where nothing is certified."""
    return value <= np.partition(value, GUESSES)[GUESSES] if len(value) > GUESSES else np.ones(len(value), bool)
