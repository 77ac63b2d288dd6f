"""Gradient sequences that attack a learner: Lemma 8 and Theorem 9 hold for every one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Protocol

import numpy as np

from objectives.base import Array


class Adversary(Protocol):
    """Gives g_t after seeing the play z_t. random: whether it needs `raw`; else numbers are not drawn."""

    dim: int
    random: ClassVar[bool]

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """Write g_t, shape (runs, dim); time = 1, 2, ...; raw are standard normals of that shape, fresh if random."""
        ...


@cache
def _spread(runs: int) -> Array:
    """0 to 1 over the runs, shape (runs, 1): every run plays its own variant."""
    shares = np.linspace(0.0, 1.0, runs)[:, None]
    shares.flags.writeable = False
    return shares


@dataclass(frozen=True)
class SpikeThenOnes:
    """One gradient of size 1 to `spike` (over the runs), then ones of the same sign."""

    spike: float = 1e6
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """The spike at t = 1."""
        out[:] = self.spike ** _spread(len(out)) if time == 1 else 1.0


@dataclass(frozen=True)
class OnesThenOpposite:
    """`length` ones, then one gradient of the opposite sign and size 1 to `size`, then zeros."""

    length: int = 1000
    size: float = 1e4
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """The blow at t = length + 1."""
        if time <= self.length:
            out.fill(1.0)
        elif time == self.length + 1:
            out[:] = -(self.size ** _spread(len(out)))
        else:
            out.fill(0.0)


@dataclass(frozen=True)
class SlowSine:
    """sin(2 pi t/period) with periods from period/16 to period."""

    period: float = 1600.0
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """A wave a run, a phase a coordinate."""
        period = self.period * 16.0 ** (_spread(len(out)) - 1.0)
        out[:] = np.sin(2.0 * np.pi * time / period + np.arange(self.dim))


@dataclass(frozen=True)
class TinyConstant:
    """A constant gradient of size from `size` to 1."""

    size: float = 1e-6
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """The same at every step."""
        out[:] = self.size ** (1.0 - _spread(len(out)))


@dataclass(frozen=True)
class Pair:
    """(1, -ratio), then zeros: the sequence on which the constant 2 is attained as ratio grows."""

    ratio: float = 1e4
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """Two gradients."""
        out.fill(0.0)
        if time == 1:
            out.fill(1.0)
        elif time == 2:
            out[:] = -(self.ratio ** _spread(len(out)))


@dataclass(frozen=True)
class AgainstPlay:
    """Pushes along the play, growing from `size` by `growth` a step over `length` steps, then starts small again.

    size: a number, or one for each run, shape (runs, 1).
    """

    growth: float = 1.3
    length: int = 40
    dim: int = 3
    size: float | Array = 1.0
    random: ClassVar[bool] = True

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """The play's direction, plus a tenth of noise."""
        size = self.size
        if self.growth != 1.0:
            size = size * (1.0 + (self.growth - 1.0) * _spread(len(out))) ** (time % self.length)
        norm = np.sqrt(np.vecdot(play, play))[:, None]
        out[:] = size * (np.divide(play, norm, out=np.zeros_like(play), where=norm > 0) + 0.1 * raw)


@dataclass(frozen=True)
class HeavyTailed:
    """A product of a normal and a power of another: tails from light to heavier than Cauchy's."""

    tail: float = 3.0
    dim: int = 3
    random: ClassVar[bool] = True

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """Independent over time."""
        out[:] = raw * np.exp(self.tail * _spread(len(out)) * raw[:, :1])
