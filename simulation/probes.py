"""What is measured along a run besides the certificate: regret, descent, clip activity.

Notation: S^F_t = sum_s beta^{t-s} grad F(x_s), S^g_t the same with the stochastic gradients.
All sums are carried in decayed form; beta^{-t} is never formed.
"""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import dot, largest, length, norm, ratio, total, units
from objectives.base import Objective
from simulation.certificate import Norm
from simulation.recording import Probe, Step

FAINT = 2.0**-1000  # sums below it no longer decay: they would lose digits, and with them their ratio


class Regret(Probe):
    """Discounted regret (Definition 6) against u_t and against the best fixed comparator of the ball.

    Signals (shape (runs,) at every t), with u_t = -D S^F_t/||S^F_t|| (L2 ball, Lemma 7) or
    -D sign(S^F_t) (L1 form, Lemma 17):
      regret = Regret_t(u_t); best_ratio = sup_u Regret_t(u) / (D sqrt(sum beta^{2(t-s)} ||g_s||^2)) for
      the L2 ball (Theorem 9; 0 while all gradients are 0); noise = <S^g_t - S^F_t, u_t>;
      pull = ||S^F_t|| (L2 or L1); played = sum_s beta^{t-s} <g_s, z_s>.
    """

    signals = ("regret", "best_ratio", "noise", "pull", "played")

    beta: Float[Array, "runs"]
    radius: Float[Array, "runs"]
    true: Float[Array, "runs dim"]  # S^F_t
    seen: Float[Array, "runs dim"]  # S^g_t
    energy: Float[Array, "runs"]  # sum beta^{2(t-s)} ||g_s||^2, divided by the square of `unit`, a power of two
    unit: Float[Array, "runs"]
    size: Float[Array, "runs"]  # of the largest gradient, decayed: it says in which unit all can be squared
    played: Float[Array, "runs"]

    def __init__(self, beta: Float[Array, "runs"], radius: Float[Array, "runs"], norm: Norm = "l2") -> None:
        self.beta, self.radius, self.norm = beta, radius, norm

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """All discounted sums are zero."""
        self.true, self.seen = np.zeros(start.shape), np.zeros(start.shape)
        self.energy, self.size, self.played = (np.zeros(len(start)) for _ in range(3))
        self.unit = np.ones(len(start))

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """regret, best_ratio, noise, pull and played."""
        keep = np.where(self.size < FAINT, 1.0, self.beta)  # of what was seen
        self.size = np.maximum(keep * self.size, largest(np.maximum(np.abs(now.grad), np.abs(now.noisy))))
        down, up = units(np.where(self.size > 0.0, self.size, 1.0))
        self.true = self.beta[:, None] * self.true + now.grad
        self.seen = keep[:, None] * self.seen + now.noisy
        self.played = keep * self.played + dot(now.noisy, now.play)
        true, seen, noisy = (each * down[:, None] for each in (self.true, self.seen, now.noisy))
        kept = np.square(keep) * self.energy
        self.energy = kept * down * self.unit * down * self.unit + dot(noisy, noisy)  # no product leaves the range
        self.unit = up
        pull, best = self._size(true), self._size(seen)
        toward = ratio(dot(seen, true), pull) if self.norm == "l2" else dot(seen, np.sign(true))
        pull, best, toward = pull * up, best * up, toward * up
        regret, noise = self.played + self.radius * toward, self.radius * (pull - toward)  # <S^g, u_t> = -D toward
        best_ratio = ratio(self.played + self.radius * best, self.radius * (np.sqrt(self.energy) * up))
        return regret, best_ratio, noise, pull, self.played

    def _size(self, vector: Float[Array, "runs dim"]) -> Float[Array, "runs"]:
        """||v||_2, or ||v||_1 in the L1 form."""
        return norm(vector) if self.norm == "l2" else total(np.abs(vector))


class MeanRegret(Probe):
    """The mean of the discounted regret against the best comparator of the ball, with as little noise as can be.

    Signals: loss = sum_s beta^{t-s} <grad F(x_s), z_s>, which is bounded and has the mean of the loss played, for z_s
    is chosen before the noise; seen = ||S^g_t||, so that E sup_u Regret_t(u) = E[loss + D seen]; noise =
    ||S^g_t - S^F_t||. L1 norms for norm = "l1", where regrets are added over coordinates.
    """

    signals = ("loss", "seen", "noise")

    beta: Float[Array, "runs"]
    first: Float[Array, "runs dim"]  # S^g_t
    error: Float[Array, "runs dim"]  # S^g_t - S^F_t
    loss: Float[Array, "runs"]

    def __init__(self, beta: Float[Array, "runs"], norm: Norm = "l2") -> None:
        self.beta, self.norm = beta, norm

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """All discounted sums are zero."""
        self.first, self.error, self.loss = np.zeros(start.shape), np.zeros(start.shape), np.zeros(len(start))

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """loss, seen and noise."""
        decay = self.beta[:, None]
        self.first = decay * self.first + now.noisy
        self.error = decay * self.error + (now.noisy - now.grad)
        self.loss = self.beta * self.loss + dot(now.grad, now.play)
        if self.norm == "l2":
            return self.loss, length(self.first), length(self.error)
        return self.loss, total(np.abs(self.first)), total(np.abs(self.error))


class Descent(Probe):
    """The values along the run and their discounted differences (Lemma 7's terms (A) and (B)).

    Signals: value = F(x_t) - F(x_0); drop = F(x_t) - F(x_{t-1}); discounted = sum_s beta^{t-s} drop_s;
    linear = <grad F(x_t), z_t>, whose mean is that of `drop` by Lemma 20.
    """

    signals = ("value", "drop", "discounted", "linear")

    beta: Float[Array, "runs"]
    origin: Float[Array, "runs"]  # F(x_0)
    value: Float[Array, "runs"]
    discounted: Float[Array, "runs"]

    def __init__(self, beta: Float[Array, "runs"]) -> None:
        self.beta = beta

    def begin(self, objective: Objective | None, start: Float[Array, "runs dim"]) -> None:
        """Values count from the start's."""
        assert objective is not None
        self.objective, self.origin = objective, np.asarray(objective.value(start))
        self.value, self.discounted = np.zeros(len(start)), np.zeros(len(start))

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """value, drop, discounted and linear."""
        before, self.value = self.value, self.objective.value(now.x) - self.origin
        drop = self.value - before
        self.discounted = self.beta * self.discounted + drop
        return self.value, drop, self.discounted, dot(now.grad, now.play)


class Clip(Probe):
    """How often the clip is active. Signal: clipped, the share of coordinates whose play lies on the boundary.

    In the L2 ball it is 0 or 1: whether ||z_t|| = D. radius: D of every run.
    """

    signals = ("clipped",)

    edge: Float[Array, "runs"]

    def __init__(self, radius: Float[Array, "runs"], norm: Norm = "l1") -> None:
        self.edge, self.norm = radius * (1.0 - 1e-12), norm  # D, up to rounding

    def step(self, now: Step) -> tuple[Float[Array, "runs"], ...]:
        """The share of this play."""
        if self.norm == "l2":
            return (np.where(length(now.play) >= self.edge, 1.0, 0.0),)
        return (total(np.where(np.abs(now.play) >= self.edge[:, None], 1.0, 0.0)) / float(now.play.shape[1]),)
