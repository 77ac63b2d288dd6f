"""Adversaries that code makes, not a case: a gradient sequence for each run, from a table or by a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import exp, picked


@dataclass(frozen=True)
class Replay:
    """Plays a fixed sequence in each run, in one coordinate; before the shorter ones, zeros.

    table: 0, then all sequences, one after the other; first: where the one of a run begins; wait: zeros before it.
    """

    table: Float[Array, "entries 1"]
    first: Float[Array, "runs"]
    wait: Float[Array, "runs"]
    steps: int
    dim: int = 1
    random: ClassVar[bool] = False

    @classmethod
    def of(cls, sequences: Sequence[Float[Array, "_"]]) -> Replay:
        """The adversary with these sequences, a run each; it plays as many steps as the longest has."""
        lengths = np.array([len(one) for one in sequences])
        first = np.append(0, np.cumsum(lengths)[:-1]) + 1.0
        table = np.concatenate([np.zeros(1), *sequences])[:, None]
        return cls(table, first, lengths.max() - lengths.astype(float), int(lengths.max()))

    def next(self, time: float, play: Float[Array, "runs 1"], raw: Float[Array, "runs 1"]) -> Float[Array, "runs 1"]:
        """The entry of this step, the 0 of the table while a run waits."""
        place = self.first + (time - 1.0) - self.wait
        return picked(self.table, np.where(time > self.wait, place, 0.0))


@dataclass(frozen=True)
class Fading:
    """beta^{t-centre} v_t in one coordinate, v_1 = head, then `body` every `period` steps until `stop`.

    turn: -1 if the sign changes from one to the next, else 1. One number a run of each.
    """

    beta: Float[Array, "runs"]
    head: Float[Array, "runs"]
    body: Float[Array, "runs"]
    period: Float[Array, "runs"]
    turn: Float[Array, "runs"]
    stop: Float[Array, "runs"]
    centre: float
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: float, play: Float[Array, "runs 1"], raw: Float[Array, "runs 1"]) -> Float[Array, "runs 1"]:
        """The t-th gradient of every run; beta^t by its logarithm."""
        number = np.floor((time - 1.0) / self.period)
        strikes = (time - 1.0 == number * self.period) & (time <= self.stop)
        odd = number - 2.0 * np.floor(number / 2.0)
        body = np.where(strikes, self.body * (1.0 + odd * (self.turn - 1.0)), 0.0)
        size = exp(np.log(self.beta) * (time - self.centre))
        return (size * np.where(time == 1.0, self.head, body))[:, None]
