"""The certificate: the computable upper bound of the stationarity at the discounted average.

Notation: S_t = sum_s beta^{t-s} grad F(x_s), W_t = sum_s beta^{t-s}; all sums are carried in decayed form.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from foundation.numerics import norm, total, units
from objectives.base import Objective
from simulation.recording import Probe, Step

Norm = Literal["l1", "l2"]


class Certificate(Probe):
    """The computable upper bound of the stationarity at the discounted average xbar_t of the iterates.

    Signals: norm = ||E grad F(y_t)|| (L2 or L1), spread = E||y_t - xbar_t||_2^2, certificate = norm +
    lam spread, where y_t = x_s with weight beta^{t-s}/W_t (arXiv 2405.18199, Algorithm 1, Definition 3).
    beta: the average's discount: beta = 0 is the last iterate, 1 the uniform average. samples: times at which xbar_t
    is kept, or None.

    With k_t = 1 - 1/W_t and w_t = x_t - xbar_{t-1}: x_t - xbar_t = k_t w_t, so w_t = k_{t-1} w_{t-1} + x_t - x_{t-1},
    and the undivided spread W_t E||y_t - xbar_t||^2 is beta times the last one + k_t ||w_t||^2.
    """

    signals: tuple[str, ...] = ("norm", "spread", "certificate")

    beta: Float[Array, "runs"]
    lam: Float[Array, "runs"]
    samples: Int[IntArray, "runs k"] | None
    pull: Float[Array, "runs dim"]  # S_t
    offset: Float[Array, "runs dim"]  # w_t
    weight: Float[Array, "runs"]  # W_t
    keep: Float[Array, "runs"]  # k_t; before the first step there is no average to be far from
    spread: Float[Array, "runs"]  # undivided

    def __init__(
        self,
        beta: Float[Array, "runs"],
        lam: Float[Array, "runs"],
        norm: Norm = "l2",
        samples: Int[IntArray, "runs k"] | None = None,
    ) -> None:
        self.beta, self.lam, self.norm, self.samples = beta, lam, norm, samples
        self.down, self.up = 1.0, 1.0

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """Nothing was seen; the first iterate is its own average, whatever it was before."""
        if objective is not None:
            self.down, self.up = (float(unit) for unit in units(np.asarray(objective.constants.lipschitz)))
        self.pull, self.offset = np.zeros(start.shape), np.zeros(start.shape)
        self.weight, self.keep, self.spread = (np.zeros(len(start)) for _ in range(3))

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """norm, spread and certificate at xbar_t."""
        self.average(now)
        self.pull = self.beta[:, None] * self.pull + now.grad
        self.spread = self.beta * self.spread + self.keep * total(self.offset * self.offset)
        size = self.length(self.pull) if self.norm == "l2" else total(np.abs(self.pull))
        pull, spread = size / self.weight, self.spread / self.weight
        return pull, spread, pull + self.lam * spread

    def length(self, gradient: Float[Array, "runs dim"]) -> Float[Array, "runs"]:
        """||v||_2 of gradients, or sums of them, whose squares are formed in units of G."""
        return norm(gradient) if self.down == 1.0 else norm(gradient * self.down) * self.up

    def average(self, now: Step) -> None:
        """Take x_t into the discounted average."""
        self.offset = self.keep[:, None] * self.offset + now.move
        self.weight = self.beta * self.weight + 1.0
        self.keep = 1.0 - 1.0 / self.weight

    def sample(self, now: Step) -> Float[Array, "runs dim"]:
        """xbar_t = x_t - k_t w_t."""
        return now.x - self.keep[:, None] * self.offset


class Undivided(Certificate):
    """The certificate beside W_t times its parts, for averages over t with weights in proportion to W_t.

    1 - beta^t = (1-beta) W_t: so a mean of undivided_norm over t is one of the norm with weights 1 - beta^t.
    """

    signals = ("undivided_norm", "undivided_certificate", *Certificate.signals)

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """W_t norm, W_t certificate; norm, spread and certificate at xbar_t."""
        size, spread, certificate = super().step(now)
        return self.weight * size, self.weight * certificate, size, spread, certificate
