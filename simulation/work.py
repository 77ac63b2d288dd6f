"""What takes long though nothing moves: a search, a programme, certified bounds at many points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.engine import Engine
from simulation.pausing import Pause
from simulation.plan import Signals
from simulation.streams import Streams


@dataclass(frozen=True)
class Work:
    """A function of many items, none of which sees the others: so they may be done here and there, and one by one.

    function: of some of the items, in their order; gives arrays by name, each with a row an item. A frozen record with
    `__call__` is known to be the same where its fields are, and is then asked once for a claim and its controls.
    items: a tuple, or an array with a row an item. seconds: about how long an item takes.
    """

    function: Callable[[Any], Signals]
    items: Sequence[Any] | NDArray[np.float64]
    seconds: float

    def simulate(self, streams: Streams, engine: Engine = "auto", pause: Pause | None = None) -> Signals:
        """What the function gives for all items; streams, engine and pause are not used."""
        return self.function(self.items)

    def part(self, first: int, end: int) -> Work:
        """The work on the items first, ..., end - 1."""
        return replace(self, items=self.items[first:end])
