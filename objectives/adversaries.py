"""Gradient sequences that attack a learner: Lemma 8 and Theorem 9 of arXiv 2405.18199 hold for every one of them.

Sizes are at most 1e100 (or such that they stay below), for their squares are added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float
from foundation.catalogue import Entry
from foundation.numerics import exp, norm, ratio, sin
from foundation.settings import setting
from objectives.catalogue import adversary

LARGEST = 1e100


@runtime_checkable
class Adversary(Protocol):
    """Gives g_t after seeing the play z_t. It has no memory: g_t depends on t, z_t and fresh random numbers only.

    dim: number of coordinates. random: whether `next` needs `raw`; if not, none are drawn.
    """

    @property
    def dim(self) -> int:
        """Number of coordinates of plays and gradients."""
        ...

    random: ClassVar[bool]

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """g_t of every run; time = t = 1, 2, ..., and `play` is z_t.

        raw: standard normals, fresh at every step if `random`, else zeros.
        """
        ...


def spread(runs: int) -> Float[Array, "runs 1"]:
    """0 to 1 over the runs: every run plays its own variant."""
    return np.linspace(0.0, 1.0, runs)[:, None]


@adversary("spike_then_ones")
@dataclass(frozen=True)
class SpikeThenOnes(Entry):
    """One gradient of size 1 to `spike` (over the runs), then ones of the same sign."""

    spike: float = setting(1e6, "(0, 1e100]")
    dim: int = setting(1, "[1, 1e5]")
    random: ClassVar[bool] = False

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """The spike at t = 1, then ones."""
        size = np.where(time == 1.0, self.spike ** spread(len(play)), 1.0)
        return size * np.ones(self.dim)


@adversary("ones_then_opposite", exam={"length": 3})
@dataclass(frozen=True)
class OnesThenOpposite(Entry):
    """`length` ones, then one gradient of the opposite sign and size 1 to `size`, then zeros."""

    length: int = setting(1000, "[1, 1e9]")
    size: float = setting(1e4, "(0, 1e100]")
    dim: int = setting(1, "[1, 1e5]")
    random: ClassVar[bool] = False

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """The blow falls at t = length + 1."""
        blow = np.where(time == self.length + 1.0, -(self.size ** spread(len(play))), 0.0)
        return np.where(time <= float(self.length), 1.0, blow) * np.ones(self.dim)


@adversary("slow_sine", exam={"period": 7.0})
@dataclass(frozen=True)
class SlowSine(Entry):
    """sin(2 pi t/period) with periods from period/16 to period."""

    period: float = setting(1600.0, "[1, 1e9]")
    dim: int = setting(1, "[1, 1e5]")
    random: ClassVar[bool] = False

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """A wave a run, a phase a coordinate."""
        period = self.period * 16.0 ** (spread(len(play)) - 1.0)
        return sin(2.0 * np.pi * time / period + np.arange(float(self.dim)))


@adversary("tiny_constant")
@dataclass(frozen=True)
class TinyConstant(Entry):
    """A constant gradient of size from `size` to 1."""

    size: float = setting(1e-6, "(0, 1]")
    dim: int = setting(1, "[1, 1e5]")
    random: ClassVar[bool] = False

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """The same gradient at every step."""
        return self.size ** (1.0 - spread(len(play))) * np.ones(self.dim)


@adversary("pair")
@dataclass(frozen=True)
class Pair(Entry):
    """(1, -ratio), then zeros: the sequence on which the constant 2 is attained as ratio grows."""

    ratio: float = setting(1e4, "(0, 1e100]")
    dim: int = setting(1, "[1, 1e5]")
    random: ClassVar[bool] = False

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """Two gradients, then silence; ratios from 1 to `ratio` over the runs."""
        second = np.where(time == 2.0, -(self.ratio ** spread(len(play))), 0.0)
        return np.where(time == 1.0, 1.0, second) * np.ones(self.dim)


@adversary("against_play", exam={"length": 4})
@dataclass(frozen=True)
class AgainstPlay(Entry):
    """Pushes along the play, growing from `size` by `growth` a step over `length` steps, then starts small again.

    Over the runs the growth goes from 1 to `growth`. size: a number, or, put in by code, one for each run.
    """

    growth: float = setting(1.3, "[1, 1e100]")
    length: int = setting(40, "[1, 1e9]")
    dim: int = setting(3, "[1, 1e5]")
    size: float | Float[Array, "runs 1"] = setting(1.0, "(0, 1e100]")
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.length - 1) * np.log(self.growth) + np.log(np.max(self.size)) > np.log(LARGEST):
            raise self.refusal("growth", f"keep size * growth^(length - 1) <= {LARGEST:g}, length = {self.length}")

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """The play's direction, plus a tenth of noise."""
        phase = time - float(self.length) * np.floor(time / float(self.length))  # t modulo length
        grown = exp(np.log(1.0 + (self.growth - 1.0) * spread(len(play))) * phase)
        return self.size * grown * (ratio(play, norm(play)[:, None]) + 0.1 * raw)


@adversary("heavy_tailed")
@dataclass(frozen=True)
class HeavyTailed(Entry):
    """A product of a normal and a power of another: tails from light to heavier than Cauchy's."""

    tail: float = setting(3.0, "[0, 30]")
    dim: int = setting(3, "[1, 1e5]")
    random: ClassVar[bool] = True

    def next(
        self, time: float, play: Float[Array, "runs dim"], raw: Float[Array, "runs dim"]
    ) -> Float[Array, "runs dim"]:
        """Independent over time, heavier from run to run."""
        return raw * exp(self.tail * spread(len(play)) * raw[:, 0][:, None])
