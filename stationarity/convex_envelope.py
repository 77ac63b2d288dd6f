"""The convex envelope at x of h_u(e) = u g(e) + e^2 for given u, by cutting planes in the tilt v.

phi(u) = max_v psi(v), psi(v) = min_e { h_u(e) - v e }, is also the least u E g + E e^2 over laws of e with mean 0.
psi is concave with supergradient -e at a minimiser e. Every point visited is an atom, i.e. a cut
psi(v) <= h_u(e) - v e. The model keeps one atom on each side of 0 and 0 itself: its value at the best v is the height
at 0 of the chord between the two atoms, or h_u(0) if lower, an upper bound of phi(u); the new minimiser
replaces the atom on its side. No upper bound of |v| is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float, Int, IntArray
from stationarity.oracle import Minimum, Oracle

ROUNDS = 60


@dataclass
class Mixture:
    """Two atoms with mean 0 and the dual v: lower <= phi(u) <= u mean + spread."""

    tilt: Float[Array, "rows"]
    lower: Float[Array, "rows"]
    offset: Float[Array, "rows 2"]
    slope: Float[Array, "rows 2"]
    weight: Float[Array, "rows 2"]

    @property
    def mean(self) -> Float[Array, "rows"]:
        """E g over the two atoms."""
        return np.asarray((self.weight * self.slope).sum(axis=-1))

    @property
    def spread(self) -> Float[Array, "rows"]:
        """E e^2 over the two atoms."""
        return np.asarray((self.weight * np.square(self.offset)).sum(axis=-1))


def start(
    oracle: Oracle, rows: Int[IntArray, "rows"], distance: Float[Array, "rows"]
) -> tuple[Float[Array, "rows 2"], Float[Array, "rows 2"]]:
    """Atoms to start from, at about -distance and +distance of x, in units of the row: (offsets, slopes)."""
    return oracle.slope(np.repeat(rows[:, None], 2, axis=1), np.stack([-distance, distance], axis=1))


@dataclass
class _Model:
    """The two atoms around 0, and the heights of h_u there and at 0."""

    offset: Float[Array, "rows 2"]
    slope: Float[Array, "rows 2"]
    u: Float[Array, "rows"]

    def best(self) -> tuple[Float[Array, "rows"], Float[Array, "rows"], Bool[BoolArray, "rows"]]:
        """(v, the model's value, whether the point mass at 0 is its best law)."""
        height = self.u[:, None] * self.slope + np.square(self.offset)
        left, right = -self.offset[:, 0], self.offset[:, 1]
        rise = (height - self.u[:, None]) / self.offset  # slopes of the chords from 0 to either atom
        alone = rise[:, 0] <= rise[:, 1]
        v = np.where(alone, 0.5 * (rise[:, 0] + rise[:, 1]), (height[:, 1] - height[:, 0]) / (left + right))
        value = (right * height[:, 0] + left * height[:, 1]) / (left + right)
        return v, np.where(alone, self.u, np.minimum(value, self.u)), alone

    def replace(self, rows: Int[IntArray, "busy"], found: Minimum) -> None:
        """Put each minimiser in the place of the atom on its side."""
        for side, hit in enumerate((found.offset < 0, found.offset > 0)):
            self.offset[rows[hit], side] = found.offset[hit]
            self.slope[rows[hit], side] = found.slope[hit]


def envelope(
    oracle: Oracle,
    rows: Int[IntArray, "rows"],
    u: Float[Array, "rows"],
    gap: Float[Array, "rows"],
    atoms: tuple[Float[Array, "rows 2"], Float[Array, "rows 2"]],
) -> Mixture:
    """Bracket phi(u), u >= 0, to within `gap`, starting from any atoms left and right of 0."""
    model = _Model(atoms[0].copy(), atoms[1].copy(), u)
    lower, tilt = np.full(u.shape, -np.inf), np.zeros(u.shape)
    ends = np.full((len(u), 2), -np.inf)
    ends[:, 1] = np.inf
    busy = np.arange(len(u))
    for _ in range(ROUNDS):
        v = np.clip(model.best()[0], ends[:, 0], ends[:, 1])
        found = oracle.minimise(rows[busy], u[busy], v[busy], 0.25 * gap[busy])
        better = found.lower > lower[busy]
        lower[busy[better]], tilt[busy[better]] = found.lower[better], v[busy[better]]
        model.replace(busy, found)
        for side, hit in enumerate((found.offset < 0, found.offset > 0)):
            ends[busy[hit], side] = v[busy[hit]]
        short = (model.best()[1] - lower)[busy] > gap[busy]
        busy = busy[short & (found.offset != 0) & (ends[busy, 0] < ends[busy, 1])]
        if not len(busy):
            break
    alone = model.best()[2]
    left, right = -model.offset[:, 0], model.offset[:, 1]
    weight = np.where(alone[:, None], 0.5, np.stack([right, left], axis=1) / (left + right)[:, None])
    here = alone[:, None]
    return Mixture(tilt, lower, np.where(here, 0.0, model.offset), np.where(here, 1.0, model.slope), weight)
