"""The average over blocks of gradient points, the output of O2NC (arXiv 2302.03775)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from objectives.base import Objective
from simulation.probes import Certificate
from simulation.recording import Array, Now, Row


class BlockAverage(Certificate):
    """Its `xbar` at the sampled times is the plain average over the last block that is complete, the start before.

    block: shape (runs,), steps of a block, integers >= 1. samples: shape (runs, k). The signals are those of the last
    iterate.
    """

    def __init__(self, block: Array, samples: NDArray[np.int64]) -> None:
        super().__init__(np.zeros(len(block)), np.ones(len(block)), samples=samples)
        self.block = block.copy()

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Nothing is complete."""
        super().begin(objective, now, runs)
        self.mean, self.complete, self.count = np.zeros(now.x.shape), now.x.copy(), np.zeros(len(runs))

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row of the certificate, after x_t went into its block."""
        self.count += 1.0
        self.mean += (now.x - self.mean) / self.count[:, None]
        done = self.count >= self.block
        if done.any():
            self.complete[done] = self.mean[done]
            self.mean[done], self.count[done] = 0.0, 0.0
        super().step(now, row, last)

    def _keep_average(self, now: Now, offset: Array) -> None:
        for run, slot in self._events[now.time]:
            if run < len(now.x):
                self._kept["xbar"][run, slot] = self.complete[run]
