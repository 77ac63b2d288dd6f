"""Random numbers: every run owns its streams, so its numbers do not depend on who shares its batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from simulation.pausing import Snapshot

Fill = Callable[[np.random.Generator, Float[Array, "steps width"]], None]  # writes a run's next numbers
VALUES = 512  # about how many numbers a stream draws at once


@dataclass(frozen=True)
class Streams:
    """The family of random streams of one experiment: one generator for each (run, purpose).

    seed: any integer >= 0. label: a name that separates experiments with the same seed.
    """

    seed: int
    label: str

    def generator(self, run: int, purpose: str) -> np.random.Generator:
        """The stream of one run for one purpose ("noise", "scaling", ...), always from its beginning."""
        key = (crc32(self.label.encode()), crc32(purpose.encode()))
        sequence = np.random.SeedSequence(self.seed, spawn_key=(*key, run))
        return np.random.Generator(np.random.SFC64(sequence))

    def branch(self, name: str) -> Streams:
        """The streams of a part that needs random numbers of its own, by the part's name; "" is the trunk itself."""
        return Streams(self.seed, f"{self.label}/{name}") if name else self


class Draws:
    """Random numbers for a batch, a block of steps at a time: shape (streams, steps, width).

    Every stream fills its own block; its numbers do not depend on the length of the block. Runs of the same number
    share a stream: that of run r is which[r].
    """

    which: Int[IntArray, "runs"]

    def __init__(self, streams: Streams, purpose: str, numbers: Sequence[int], fill: Fill, width: int) -> None:
        place = {number: i for i, number in enumerate(dict.fromkeys(numbers))}
        self.which = np.array([place[number] for number in numbers])
        self._generators, self._fill = [streams.generator(number, purpose) for number in place], fill
        self._width, self._drawn, self._next = width, np.empty((len(place), 0, width)), 0
        self._live = list(range(len(place)))

    def keep(self, runs: Int[IntArray, "some"]) -> None:
        """From now on only these runs, of those that were kept so far, want numbers."""
        self._live = np.unique(self.which[runs]).tolist()

    def snapshot(self, name: str) -> Snapshot:
        """Where every stream is, and what is drawn already, under names that begin with `name`."""
        states = [each.bit_generator.state for each in self._generators]
        return {
            f"{name}.state": np.array([each["state"]["state"] for each in states]),
            f"{name}.half": np.array([[each["has_uint32"], each["uinteger"]] for each in states]),
            f"{name}.drawn": self._drawn.copy(),
            f"{name}.next": np.array([self._next]),
            f"{name}.live": np.array(self._live),
        }

    def restore(self, name: str, snapshot: Snapshot) -> None:
        """Go on from there; the streams must be the same."""
        kept = {part: snapshot[f"{name}.{part}"] for part in ("state", "half", "drawn", "next", "live")}
        for generator, state, (half, value) in zip(self._generators, kept["state"], kept["half"], strict=True):
            whole = {"state": {"state": state}, "has_uint32": int(half), "uinteger": int(value)}
            generator.bit_generator.state = {"bit_generator": "SFC64", **whole}
        self._drawn, self._next, self._live = kept["drawn"].copy(), int(kept["next"][0]), kept["live"].tolist()

    def ready(self, steps: int) -> int:
        """How many steps can be taken at once, at least 1; draws the next when the last are taken, `steps` or more."""
        if self._next == self._drawn.shape[1]:
            length = steps * max(1, VALUES // (steps * self._width))
            if length != self._drawn.shape[1]:
                self._drawn = np.empty((len(self._generators), length, self._width))
            for stream in self._live:
                self._fill(self._generators[stream], self._drawn[stream])
            self._next = 0
        return self._drawn.shape[1] - self._next

    def take(self, steps: int) -> Float[Array, "streams steps width"]:
        """The next numbers of every stream, valid until `ready` draws. Raises ValueError for more than are ready."""
        if steps > self._drawn.shape[1] - self._next:
            raise ValueError(f"{steps} steps are not ready")
        first, self._next = self._next, self._next + steps
        return self._drawn[:, first : self._next]
