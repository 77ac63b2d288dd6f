"""Settings x runs: the batch that a claim lays out, and how its parts are found again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from foundation.arrays import Array, Float
from simulation.plan import Signals

S = TypeVar("S")


@dataclass(frozen=True)
class Grid(Generic[S]):
    """As many runs for each setting, one setting after the other. A setting is a record of numbers."""

    settings: tuple[S, ...]
    runs: int

    def column(self, name: str) -> Any:
        """A number of the settings, written out for all runs, shape (settings * runs,)."""
        return np.repeat(np.array([getattr(setting, name) for setting in self.settings]), self.runs)

    def split(self, signals: Signals) -> Iterator[tuple[S, Signals]]:
        """Every setting with its own runs of all signals."""
        for i, setting in enumerate(self.settings):
            mine = slice(i * self.runs, (i + 1) * self.runs)
            yield setting, {name: values[mine] for name, values in signals.items()}

    def rows(self, values: Float[Array, "batch"]) -> Float[Array, "settings runs"]:
        """A number a run, shape (settings, runs)."""
        return values.reshape(len(self.settings), self.runs)
