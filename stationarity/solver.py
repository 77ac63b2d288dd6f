"""The measure of separable objectives: cutting planes in u (direction_problem.py) over convex envelopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import PiecewiseSlope, SmoothSlope
from stationarity.convex_envelope import Mixture, envelope, start
from stationarity.direction_problem import Direction, best_direction
from stationarity.oracle import (
    ROUNDING,
    Minimum,
    Oracle,
    PiecewiseOracle,
    SmoothOracle,
    build,
)

Slope = PiecewiseSlope | SmoothSlope
ROUNDS = 60
FARTHEST = 1e100
SAMPLES = 2.0 ** np.arange(-24.0, 9.0)  # distances, in units of a row, tried before the search proper


class Grouped:
    """The oracles of all rows (points x dim, in C order), each coordinate with its own slope function."""

    def __init__(self, slopes: Sequence[Slope], x: Float[Array, "points dim"], lam: float) -> None:
        points, dim = x.shape
        self.x, self.lam = x.ravel(), lam
        groups: dict[int, list[int]] = {}
        for i, slope in enumerate(slopes):
            groups.setdefault(id(slope), []).append(i)
        self.oracles: list[PiecewiseOracle | SmoothOracle] = []
        self.group, self.place = np.empty(x.size, np.int64), np.empty(x.size, np.int64)
        self.scale, self.length, self.sign = (np.empty(x.size) for _ in range(3))
        self.limits = np.empty((x.size, 2))
        for number, columns in enumerate(groups.values()):
            rows = (np.arange(points)[:, None] * dim + np.asarray(columns)).ravel()
            oracle = build(slopes[columns[0]], x.ravel()[rows], lam)
            self.oracles.append(oracle)
            self.group[rows], self.place[rows] = number, np.arange(len(rows))
            for name in ("scale", "length", "sign", "limits"):
                getattr(self, name)[rows] = getattr(oracle, name)

    def slope(
        self, rows: Int[IntArray, "*batch"], offset: Float[Array, "*batch"]
    ) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
        """(offset moved so that x + length offset is a float, g there), each row by the oracle of its coordinate."""
        moved, slope = np.empty(offset.shape), np.empty(offset.shape)
        for number, oracle in enumerate(self.oracles):
            mine = self.group[rows] == number
            moved[mine], slope[mine] = oracle.slope(self.place[rows[mine]], offset[mine])
        return moved, slope

    def minimise(
        self, rows: Int[IntArray, "rows"], u: Float[Array, "rows"], v: Float[Array, "rows"], gap: Float[Array, "rows"]
    ) -> Minimum:
        """Certified minima of u g(e) + e^2 - v e, each row by the oracle of its coordinate."""
        if len(self.oracles) == 1:
            return self.oracles[0].minimise(rows, u, v, gap)
        found = Minimum(*(np.empty(len(rows)) for _ in range(3)))
        for number, oracle in enumerate(self.oracles):
            mine = np.flatnonzero(self.group[rows] == number)
            if len(mine):
                part = oracle.minimise(self.place[rows[mine]], u[mine], v[mine], gap[mine])
                for whole, piece in zip(found, part, strict=True):
                    whole[mine] = piece
        return found


class Sampled:
    """A finite stand-in for an oracle: its minima over a few atoms guide the search and prove nothing."""

    def __init__(self, oracle: Oracle, distance: Float[Array, "rows"]) -> None:
        self.scale, self.length, self.sign = oracle.scale, oracle.length, oracle.sign
        self.slope = oracle.slope
        rows = np.arange(len(oracle.scale))
        offset = np.concatenate([-SAMPLES[::-1], SAMPLES]) * distance[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            self.offset, self.value = oracle.slope(np.repeat(rows[:, None], offset.shape[1], axis=1), offset)

    def minimise(
        self, rows: Int[IntArray, "rows"], u: Float[Array, "rows"], v: Float[Array, "rows"], gap: Float[Array, "rows"]
    ) -> Minimum:
        """The least of u g(e) + e^2 - v e over the atoms and e = 0; `gap` is ignored, nothing is certified."""
        e, g = self.offset[rows], self.value[rows]
        height = u[:, None] * g + e * (e - v[:, None])
        best = height.argmin(axis=1)[:, None]
        low, e0, g0 = (np.take_along_axis(a, best, axis=1)[:, 0] for a in (height, e, g))
        here = u <= low
        return Minimum(np.where(here, u, low), np.where(here, 0.0, e0), np.where(here, 1.0, g0))


@dataclass
class Proof:
    """What the search found, in original units: a lower bound, its dual pair (u, v), and a law of four atoms."""

    lower: Float[Array, "points"] | Float[Array, "points dim"]
    direction: Float[Array, "points dim"]
    tilt: Float[Array, "points dim"]
    offset: Float[Array, "points dim 4"]
    slope: Float[Array, "points dim 4"]
    weight: Float[Array, "points dim 4"]


class Search:
    """Cutting planes for the L2 measure, the oracle's rows taken as `shape` = (points, dim).

    With dim = 1 every coordinate is on its own and L1 = L2.
    """

    def __init__(self, oracle: Grouped, shape: tuple[int, int], tolerance: float, floor: float) -> None:
        self.shape, self.oracle = shape, oracle
        self.scale = oracle.scale.reshape(shape)
        self.unit = np.where((top := self.scale.max(axis=1)) > 0, top, 1.0)
        self.ratio = self.scale / self.unit[:, None]
        self.tolerance, self.floor = tolerance, floor / self.unit
        ulp, live = np.spacing(np.abs(oracle.x)), oracle.scale > 0
        if (ulp[live] > FARTHEST * oracle.length[live]).any():
            raise ValueError(f"lam = {oracle.lam}: too large, sqrt(|f'(x)|/lam) is 1e100 times below the spacing of x")
        safe = np.where(live, oracle.length, 1.0)
        self.near = np.maximum(1.0, 4.0 * ulp / safe)  # distance of the first atoms: at least a few floats away
        rows = len(oracle.x)
        self.mean, self.spread = np.ones((rows, 1)), np.zeros((rows, 1))  # the point mass at x
        self.offset, self.slope, self.weight = np.zeros((rows, 1, 2)), np.ones((rows, 1, 2)), np.full((rows, 1, 2), 0.5)
        self.lower = np.zeros(shape[0])  # u = v = 0
        self.u, self.v = np.zeros(shape), np.zeros(shape)

    def run(self) -> Proof:
        """A first search over samples where f' is smooth, then the search with certified minima."""
        if any(isinstance(oracle, SmoothOracle) for oracle in self.oracle.oracles):
            self._rounds(Sampled(self.oracle, self.near), 12, certify=False)
        return self._proof(self._rounds(self.oracle, ROUNDS, certify=True))

    def _rounds(self, oracle: Oracle, rounds: int, certify: bool) -> Direction:
        points, dim = self.shape
        busy = np.arange(points)
        sampled = np.zeros(points)  # the search's own lower value, a bound only if `certify`
        for _ in range(rounds):
            found, value = self._best()
            lower = self.lower if certify else sampled
            gap = value - lower
            # no search beats rounding, which is relative to |f'(x)| = 1 here
            wish = np.maximum(self.tolerance * np.maximum(lower, self.floor), 16.0 * ROUNDING)
            busy = busy[gap[busy] > wish[busy]]
            if not len(busy):
                break
            rows = (busy[:, None] * dim + np.arange(dim)).ravel()
            rows = rows[self.oracle.scale[rows] > 0]
            aim = np.maximum(wish, 0.05 * gap)[:, None] / (4.0 * dim)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                aim = (aim / self.ratio).ravel()[rows]
            u = found.u.ravel()[rows]
            mix = envelope(oracle, rows, u, aim, self._atoms(oracle, rows))
            self._add(rows, mix)
            low, tilt = np.zeros(points * dim), np.zeros(points * dim)
            low[rows], tilt[rows] = mix.lower, mix.tilt
            terms = self.ratio * low.reshape(self.shape)
            # phi is concave and 0 at 0, so a direction that is too long by rounding costs only that factor
            total = terms.sum(axis=1) - ROUNDING * dim * np.abs(terms).sum(axis=1)
            if not certify:
                sampled = np.maximum(sampled, total)
                continue
            better = busy[total[busy] > self.lower[busy]]
            self.lower[better] = total[better]
            self.u[better], self.v[better] = found.u[better], tilt.reshape(self.shape)[better]
        return self._best()[0]

    def _atoms(
        self, oracle: Oracle, rows: Int[IntArray, "rows"]
    ) -> tuple[Float[Array, "rows 2"], Float[Array, "rows 2"]]:
        """Where an envelope starts: the latest law that is not the point mass, else atoms one unit away."""
        first = start(oracle, rows, self.near[rows])
        moved = self.offset[rows, :, 1] > 0
        latest = moved.shape[1] - 1 - moved[:, ::-1].argmax(axis=1)
        some = np.asarray(moved.any(axis=1))[:, None]
        old = self.offset[rows, latest], self.slope[rows, latest]
        return np.where(some, old[0], first[0]), np.where(some, old[1], first[1])

    def _add(self, rows: Int[IntArray, "rows"], mix: Mixture) -> None:
        """One more cut per row; rows not named repeat the point mass."""
        parts = {"mean": mix.mean, "spread": mix.spread, "offset": mix.offset, "slope": mix.slope, "weight": mix.weight}
        for name, part in parts.items():
            old = getattr(self, name)
            new = old[:, :1].copy()
            new[rows, 0] = part
            setattr(self, name, np.concatenate([old, new], axis=1))

    def _best(self) -> tuple[Direction, Float[Array, "points"]]:
        """The best direction and the value of the best mixture of the cuts, in units of `unit`."""
        shape = (*self.shape, self.mean.shape[1])
        mean = self.mean.reshape(shape) * self.ratio[..., None]
        spread = self.spread.reshape(shape) * self.ratio[..., None]
        found = best_direction(mean, spread)
        both = np.stack([found.share, 1.0 - found.share], axis=-1)
        size = (both * np.take_along_axis(mean, found.cuts, axis=-1)).sum(axis=-1)
        cost = (both * np.take_along_axis(spread, found.cuts, axis=-1)).sum(axis=-1)
        return found, np.sqrt(np.square(size).sum(axis=-1)) + cost.sum(axis=-1)

    def _proof(self, found: Direction) -> Proof:
        points, dim = self.shape
        rows = np.arange(points * dim)[:, None]
        cuts = found.cuts.reshape(-1, 2)
        share = np.stack([found.share, 1.0 - found.share], axis=-1).reshape(-1, 2, 1)
        four = (points, dim, 4)
        weight = (share * self.weight[rows, cuts]).reshape(four)
        scale, sign, length = (getattr(self.oracle, k).reshape(points, dim) for k in ("scale", "sign", "length"))
        slope = self.slope[rows, cuts].reshape(four) * (scale * sign)[..., None]
        offset = self.offset[rows, cuts].reshape(four) * length[..., None]
        weight, slope = self._balanced(weight, slope, scale)
        lower = self.lower * self.unit * (1.0 - ROUNDING)
        tilt = self.v * (scale / np.where(length > 0, length, 1.0))
        return Proof(np.maximum(lower, 0.0), self.u * sign, tilt, offset, slope, weight)

    def _balanced(
        self,
        weight: Float[Array, "points dim 4"],
        slope: Float[Array, "points dim 4"],
        scale: Float[Array, "points dim"],
    ) -> tuple[Float[Array, "points dim 4"], Float[Array, "points dim 4"]]:
        """Where f' vanishes at x or jumps across 0: the mean-zero mixture of its one-sided limits."""
        before, after = (self.oracle.limits[:, k].reshape(scale.shape) for k in (0, 1))
        size = np.abs(before) + np.abs(after)
        share = np.divide(np.abs(after), size, out=np.full(size.shape, 0.5), where=size > 0)
        zero = np.zeros_like(share)
        dead = (scale == 0)[..., None]
        limits = np.stack([before, after, zero, zero], axis=-1)
        shares = np.stack([share, 1.0 - share, zero, zero], axis=-1)
        return np.where(dead, shares, weight), np.where(dead, limits, slope)
