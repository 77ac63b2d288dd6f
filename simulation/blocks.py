"""The average over blocks of gradient points, the output of O2NC (arXiv 2302.03775)."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from simulation.certificate import Certificate
from simulation.recording import Step


class BlockAverage(Certificate):
    """A certificate whose `xbar` at the sampled times is the plain average over the last complete block of iterates.

    Before a block is complete it is the start. block: steps of a block, integers >= 1. The signals are those of the
    last iterate.
    """

    block: Float[Array, "runs"]
    mean: Float[Array, "runs dim"]  # of the block so far, of `count` iterates
    count: Float[Array, "runs"]
    complete: Float[Array, "runs dim"]  # the mean of the last complete block

    def __init__(self, block: Float[Array, "runs"], samples: Int[IntArray, "runs k"]) -> None:
        super().__init__(np.zeros(len(block)), np.ones(len(block)), samples=samples)
        self.block = block

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """No block is complete: the start stands for it."""
        super().begin(objective, start)
        self.mean, self.complete, self.count = np.zeros(start.shape), start.copy(), np.zeros(len(start))

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """Signals of the certificate, after x_t went into its block."""
        count = self.count + 1.0
        mean = self.mean + (now.x - self.mean) / count[:, None]
        done = count >= self.block
        self.complete = np.where(done[:, None], mean, self.complete)
        self.mean, self.count = np.where(done[:, None], 0.0, mean), np.where(done, 0.0, count)
        return super().step(now)

    def sample(self, now: Step) -> Float[Array, "runs dim"]:
        """The average of the last complete block."""
        return self.complete
