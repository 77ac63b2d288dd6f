"""The average over blocks of gradient points, the output of O2NC (arXiv 2302.03775)."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from simulation.certificate import Certificate
from simulation.recording import Row, Step


class BlockAverage(Certificate):
    """Its `xbar` at the sampled times is the plain average over the last block that is complete, the start before.

    block: steps of a block, integers >= 1. The signals are those of the last iterate.
    """

    block: Float[Array, "runs"]
    mean: Float[Array, "runs dim"]
    complete: Float[Array, "runs dim"]
    count: Float[Array, "runs"]

    def __init__(self, block: Float[Array, "runs"], samples: Int[IntArray, "runs k"]) -> None:
        super().__init__(np.zeros(len(block)), np.ones(len(block)), samples=samples)
        self.block = block.copy()

    def begin(self, objective: Objective | None, now: Step, runs: Int[IntArray, "runs"]) -> None:
        """No block is complete: the start stands for it."""
        super().begin(objective, now, runs)
        self.mean, self.complete, self.count = np.zeros(now.x.shape), now.x.copy(), np.zeros(len(runs))

    def step(self, now: Step, row: Row, last: Row) -> None:
        """Raw row of the certificate, after x_t went into its block."""
        self.count += 1.0
        self.mean += (now.x - self.mean) / self.count[:, None]
        done = self.count >= self.block
        if done.any():
            self.complete[done] = self.mean[done]
            self.mean[done], self.count[done] = 0.0, 0.0
        super().step(now, row, last)

    def _keep_average(self, now: Step, offset: Float[Array, "runs dim"]) -> None:
        for run, slot in self._events[now.time]:
            if run < len(now.x):
                self.xbar[run, slot] = self.complete[run]
