"""A long simulation can be put down and taken up again, in another process: it finds the same, bit for bit.

What is kept of it is a snapshot: plain arrays by name, which can be stored and sent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from foundation.arrays import Array

Snapshot = dict[str, Array]


class PausedError(Exception):
    """A simulation was put down before its end; `snapshot` is where it can be taken up."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__("put down before its end")
        self.snapshot = snapshot


@dataclass(frozen=True)
class Pause:
    """Where a simulation is taken up (None: at its beginning), and after how many seconds it is put down."""

    begun: Snapshot | None
    seconds: float
    _since: float = field(default_factory=time.monotonic)

    def due(self) -> bool:
        """Whether it is time to put it down."""
        return time.monotonic() - self._since >= self.seconds
