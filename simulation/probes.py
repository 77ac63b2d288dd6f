"""What is measured along a run besides the certificate: regret, descent, clip activity.

Notation: S^F_t = sum_s beta^{t-s} grad F(x_s), S^g_t the same with the stochastic gradients.
All sums are carried in decayed form; beta^{-t} is never formed.
"""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from optimizers.batch import Column, column
from simulation.certificate import Norm
from simulation.recording import Probe, Row, Step
from simulation.sums import add_up, dot


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
    true: Float[Array, "runs dim"]
    seen: Float[Array, "runs dim"]
    scratch: Float[Array, "runs dim"]
    decay: Column
    square: Float[Array, "runs"]
    fresh: Float[Array, "runs"]

    def __init__(self, beta: Float[Array, "runs"], radius: Float[Array, "runs"], norm: Norm = "l2") -> None:
        self.beta, self.radius, self.norm = beta.copy(), radius.copy(), norm

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """Both discounted sums are zero."""
        self.true, self.seen, self.scratch = (np.zeros(current.x.shape) for _ in range(3))
        self.decay, self.square = column(self.beta, current.x.shape), self.beta**2
        self.fresh = np.zeros(len(runs))

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row: <S^g, direction>, energy, ||S^g||^2, ||S^F||^2 (L1 norms in the L1 form), loss."""
        for total, grad in ((self.true, current.grad), (self.seen, current.noisy)):
            np.multiply(total, self.decay, out=total)
            np.add(total, grad, out=total)
        cross, energy, best, pull, played = row.each
        if self.norm == "l2":
            dot(self.seen, self.true, cross)
            dot(self.seen, self.seen, best)
            dot(self.true, self.true, pull)
        else:
            dot(self.seen, np.sign(self.true, out=self.scratch), cross)
            add_up(np.abs(self.seen, out=self.scratch), best)
            add_up(np.abs(self.true, out=self.scratch), pull)
        dot(current.noisy, current.noisy, self.fresh)
        np.multiply(last.each[1], self.square, out=energy)
        np.add(energy, self.fresh, out=energy)
        dot(current.noisy, current.play, self.fresh)
        np.multiply(last.each[4], self.beta, out=played)
        np.add(played, self.fresh, out=played)

    def settle(
        self, rows: Float[Array, "raws steps runs"], first: int, out: Float[Array, "signals steps runs"]
    ) -> None:
        """Combine the sums into regrets."""
        cross, energy, best, pull, played = rows
        if self.norm == "l2":
            best, pull = np.sqrt(best), np.sqrt(pull)
            cross = np.divide(cross, pull, out=np.zeros_like(cross), where=pull > 0)
        root = self.radius * np.sqrt(energy)
        out[0] = played + self.radius * cross
        out[1] = np.divide(played + self.radius * best, root, out=np.zeros_like(root), where=root > 0)
        out[2] = -self.radius * (cross - pull)
        out[3], out[4] = pull, played


class Descent(Probe):
    """The values along the run and their discounted differences (Lemma 7's terms (A) and (B)).

    Signals: value = F(x_t) - F(x_0); drop = F(x_t) - F(x_{t-1}); discounted = sum_s beta^{t-s} drop_s;
    linear = <grad F(x_t), z_t>, whose mean is that of `drop` by Lemma 20.
    """

    signals = ("value", "drop", "discounted", "linear")

    beta: Float[Array, "runs"]
    origin: Float[Array, "runs"]

    def __init__(self, beta: Float[Array, "runs"]) -> None:
        self.beta = beta.copy()

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """Values count from the start's."""
        assert objective is not None
        self._value = objective.value
        self.origin = np.asarray(objective.value(current.x))

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row: the signals themselves."""
        value, drop, discounted, linear = row.each
        np.subtract(self._value(current.x), self.origin, out=value)
        np.subtract(value, last.each[0], out=drop)
        np.multiply(last.each[2], self.beta, out=discounted)
        np.add(discounted, drop, out=discounted)
        dot(current.grad, current.play, linear)


class Clip(Probe):
    """How often the clip is active. Signal: clipped, the share of coordinates whose play lies on the boundary.

    In the L2 ball it is 0 or 1: whether ||z_t|| = D. radius: D of every run.
    """

    signals = ("clipped",)

    edge: Float[Array, "runs"]

    def __init__(self, radius: Float[Array, "runs"], norm: Norm = "l1") -> None:
        self.edge, self.norm = radius * (1.0 - 1e-12), norm

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row: the share itself, of this play."""
        if self.norm == "l2":
            row.each[0][:] = np.sqrt(np.vecdot(current.play, current.play)) >= self.edge
        else:
            np.mean(np.abs(current.play) >= self.edge[:, None], axis=-1, out=row.each[0])
