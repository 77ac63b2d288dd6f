"""The average over blocks of gradient points, the output of O2NC (arXiv 2302.03775)."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from simulation.certificate import Certificate
from simulation.recording import Row, Step


class BlockAverage(Certificate):
    """A certificate whose `xbar` at the sampled times is the plain average over the last complete block of iterates.

    Before a block is complete it is the start. block: steps of a block, integers >= 1. The signals are those of the
    last iterate.
    """

    block: Float[Array, "runs"]
    mean: Float[Array, "runs dim"]
    complete: Float[Array, "runs dim"]
    count: Float[Array, "runs"]

    def __init__(self, block: Float[Array, "runs"], samples: Int[IntArray, "runs k"]) -> None:
        super().__init__(np.zeros(len(block)), np.ones(len(block)), samples=samples)
        self.block = block.copy()

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """No block is complete: the start stands for it."""
        super().begin(objective, current, runs)
        self.mean, self.complete, self.count = np.zeros(current.x.shape), current.x.copy(), np.zeros(len(runs))

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row of the certificate, after x_t went into its block."""
        self.count += 1.0
        self.mean += (current.x - self.mean) / self.count[:, None]
        done = self.count >= self.block
        if done.any():
            self.complete[done] = self.mean[done]
            self.mean[done], self.count[done] = 0.0, 0.0
        super().step(current, row, last)

    def _keep_average(self, current: Step, offset: Float[Array, "runs dim"]) -> None:
        for run, slot in self._events[current.time]:
            if run < len(current.x):
                self.xbar[run, slot] = self.complete[run]
