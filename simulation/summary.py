"""What is kept of a probe's signals, so that memory does not grow with T."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from simulation.recording import BLOCK, Probe, Row


class SignalSummary:
    """One probe's signals, summed up over time: mean, last, max and the values at checkpoints."""

    def __init__(self, probe: Probe, runs: int, checkpoints: Int[IntArray, "times"]) -> None:
        count = len(probe.signals)
        self.probe, self.checkpoints = probe, checkpoints
        self.rows = np.zeros((BLOCK + 1, probe.raws or count, runs, 1))
        self.signals = np.empty((count, BLOCK, runs))
        self._views: list[Row] = []
        self._viewed = 0
        self.total = np.zeros((count, runs))
        self.last, self.mean = np.zeros((count, runs)), np.zeros((count, runs))
        self.max = np.full((count, runs), -np.inf)
        self.curve = np.full((len(checkpoints), count, runs), np.nan)

    def views(self, steps: int, active: int) -> list[Row]:
        """Where probes write: the last row of the block before, then at least `steps` rows of this one.

        Rows are of the first `active` runs.
        """
        if active != self._viewed:
            self._views, self._viewed = [], active
        new = self.rows[len(self._views) : steps + 1, :, :active]
        self._views += [Row(row, tuple(row[..., 0])) for row in new]
        return self._views

    def close(self, first: int, steps: int, active: int) -> None:
        """Take in the rows of the steps first+1, ..., first+steps, of the first `active` runs."""
        block = self.signals[:, :steps, :active]
        self.probe.settle(self.rows[1 : steps + 1, :, :active, 0].swapaxes(0, 1), first, block)
        for signal, total in zip(block, self.total, strict=True):
            _sum(signal, total[:active])
        self.last[:, :active] = block[:, -1]
        self.max[:, :active] = np.maximum(self.max[:, :active], block.max(axis=1))
        inside = (self.checkpoints > first) & (self.checkpoints <= first + steps)
        self.curve[inside, :, :active] = block[:, self.checkpoints[inside] - first - 1].swapaxes(0, 1)
        self.rows[0] = self.rows[steps]

    def finish(self, active: slice, time: int) -> None:
        """The runs of the slice end at this time: their means are over t = 1, ..., time."""
        self.mean[:, active] = self.total[:, active] / time

    def results(self) -> dict[str, Array]:
        """The probe's signals, summed up, and its extras, by name."""
        found: dict[str, Array] = {}
        for i, name in enumerate(() if self.probe.stops else self.probe.signals):
            found |= {f"{name}.mean": self.mean[i], f"{name}.last": self.last[i], f"{name}.max": self.max[i]}
            if len(self.checkpoints):
                found[f"{name}.curve"] = self.curve[:, i].T.copy()
        return found | self.probe.extras()


def _sum(block: Float[Array, "steps runs"], total: Float[Array, "runs"]) -> None:
    """Add the rows to the total one after the other, so that the sum does not depend on the blocks."""
    if total.size == 1:  # where numpy would add in pairs
        for row in block:
            np.add(total, row, out=total)
        return
    first = block[0].copy()
    block[0] += total
    np.add.reduce(block, axis=0, out=total)
    block[0] = first
