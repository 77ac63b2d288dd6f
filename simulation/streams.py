"""Random numbers: every run owns its streams, so its numbers do not depend on who shares its batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from foundation.arrays import Array, Float

Fill = Callable[[np.random.Generator, Float[Array, "steps width"]], None]  # writes a run's next numbers


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


class NoiseBuffer:
    """Rows of random numbers for a batch, drawn in blocks: row t has shape (runs, width).

    A block is filled run by run, from each run's own stream, then laid out step by step; the numbers
    do not depend on the length of a block. Runs of the same number have the same stream, drawn once. `scale`, if
    given, multiplies them. values: about how many a run draws at once.
    """

    def __init__(
        self,
        streams: Streams,
        purpose: str,
        numbers: Sequence[int],
        fill: Fill,
        width: int,
        scale: Float[Array, "runs width"] | None = None,
        values: int = 1024,
    ) -> None:
        place = {number: i for i, number in enumerate(dict.fromkeys(numbers))}
        length = max(8, values // width)
        self._generators, self._fill = [streams.generator(number, purpose) for number in place], fill
        self._which = None if len(place) == len(numbers) else np.array([place[number] for number in numbers])
        self._raw = np.empty((len(place), length, width))
        self._rows = np.empty((length, len(numbers), width))
        self._scale, self._next = scale, length
        self._views = list(self._rows)

    def keep_runs(self, runs: int) -> None:
        """Keep the streams of the first `runs` runs."""
        if self._which is not None:
            self._which = self._which[:runs]
        different = runs if self._which is None else int(self._which.max(initial=-1)) + 1
        del self._generators[different:]
        self._raw, self._rows = self._raw[:different], self._rows[:, :runs]
        self._views = list(self._rows)
        self._scale = None if self._scale is None else self._scale[:runs]

    def ready(self) -> int:
        """How many rows (steps) can be taken at once, at least 1; draws a new block when the last is used up."""
        if self._next == len(self._rows):
            for generator, raw in zip(self._generators, self._raw, strict=True):
                self._fill(generator, raw)
            steps_first = self._raw.transpose(1, 0, 2)
            if self._which is not None:
                steps_first = np.take(steps_first, self._which, axis=1)
            if self._scale is None:
                np.copyto(self._rows, steps_first)
            else:
                np.multiply(steps_first, self._scale, out=self._rows)
            self._next = 0
        return len(self._rows) - self._next

    def rows(self, steps: int) -> list[Float[Array, "runs width"]]:
        """The next `steps` <= ready() rows, valid until the next `ready`."""
        first, self._next = self._next, self._next + steps
        return self._views[first : self._next]
