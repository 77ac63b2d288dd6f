"""What is to be run: a setup, what is measured along it, and the times of the curves."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.arrays import Array, Int, IntArray
from simulation.engine import Engine, Setup, simulate
from simulation.pausing import Pause
from simulation.recording import Recipe
from simulation.streams import Streams

Signals = dict[str, Array]  # by name, a row a run


@dataclass(frozen=True)
class Plan:
    """One simulation: what is run, what is measured, and the times of the curves (None: no curves).

    stream: the branch of the streams that its random numbers come from; "" is the trunk.
    """

    setup: Setup
    probes: tuple[Recipe, ...]
    checkpoints: Int[IntArray, "times"] | None = None
    stream: str = ""

    def simulate(self, streams: Streams, engine: Engine = "auto", pause: Pause | None = None) -> Signals:
        """Run it; its signals by name, shape (runs, ...). Pause and errors as in `simulation.engine.simulate`."""
        return simulate(self.setup, self.probes, streams.branch(self.stream), self.checkpoints, engine, pause)
