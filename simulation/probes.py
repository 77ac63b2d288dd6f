"""What is measured along a run: certificate, regret, descent, clip activity, sampled averages.

Notation: S^F_t = sum_s beta^{t-s} grad F(x_s), S^g_t the same with the stochastic gradients,
W_t = sum_s beta^{t-s}. All sums are carried in decayed form; beta^{-t} is never formed.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy import add, multiply
from numpy.typing import NDArray
from scipy.signal import lfilter

from objectives.base import Objective
from optimizers.base import column
from simulation.recording import BLOCK, Array, Now, Probe
from simulation.sums import add_up, dot, total_weight

Norm = Literal["l1", "l2"]


class Certificate(Probe):
    """The computable upper bound of the stationarity at the discounted average xbar_t of the iterates.

    Signals: norm = ||E grad F(y_t)|| (L2 or L1), spread = E||y_t - xbar_t||_2^2, certificate = norm +
    lam spread, where y_t = x_s with weight beta^{t-s}/W_t (arXiv 2405.18199, Algorithm 1, Definition 3).
    beta: shape (runs,), the average's discount: beta = 0 is the last iterate, 1 the uniform average.
    lam: shape (runs,). samples: shape (runs, k) times at which xbar_t is kept, or None.
    """

    signals: tuple[str, ...] = ("norm", "spread", "certificate")

    def __init__(self, beta: Array, lam: Array, norm: Norm = "l2", samples: NDArray[np.int64] | None = None) -> None:
        self.beta, self.lam, self.kind = beta.copy(), lam.copy(), norm
        self.samples = np.empty((len(beta), 0), np.int64) if samples is None else samples
        self._events: dict[int, list[tuple[int, int]]] = {}
        for run, slot in np.ndindex(self.samples.shape):
            self._events.setdefault(int(self.samples[run, slot]), []).append((run, slot))
        live = self.beta[self.beta < 1]
        # from here on beta^t < 2^-60, so that W_t and the weight of the newest iterate are constant
        self._settled = float("inf") if len(live) < len(beta) else 45.0 / (1.0 - live.max()) + 2.0

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Allocate the average's offset from the iterate and the discounted sum of gradients."""
        self.offset, self.sum, self.from_old, self.size = (np.zeros(now.x.shape) for _ in range(4))
        self.decay, self._scalar = column(self.beta, now.x.shape), now.x.shape[1] == 1
        self.spread = np.zeros(len(runs))  # undivided, at the end of the last block
        # not an attribute array: runs that are done keep their averages when the batch narrows
        self._keep: list[Any] = []
        self._stale, self._kept_runs = True, 0
        self._kept = {
            "xbar": np.full((*self.samples.shape, now.x.shape[1]), np.nan),
            "sampled": np.full(self.samples.shape, np.nan),
        }

    def open(self, first: int, steps: int) -> None:
        """W_t, and how much of the offset each step keeps: 1 - 1/W_t."""
        self._first = first + 1
        if first <= self._settled:
            times = np.arange(first + 1, first + steps + 1)[:, None]
        elif not self._stale and len(self._keep) >= steps and self._kept_runs == len(self.beta):
            return
        else:
            times = np.full((BLOCK, 1), np.inf)
        self._stale, self._kept_runs = first <= self._settled, len(self.beta)
        different, which = np.unique(self.beta, return_inverse=True)
        weights = total_weight(different, times)
        self._weight = [weights[:, which]]  # in a list, for it is not cut when the batch narrows
        self._keep = list((1.0 - 1.0 / weights)[:, 0] if not self.decay.ndim else (1.0 - 1.0 / weights)[:, which, None])
        if not self.decay.ndim:
            self._keep = [np.array(keep) for keep in self._keep]

    def step(self, now: Now, row: Array, last: Array) -> None:
        """Raw row: ||S^F||^2 (or the L1 norm), nothing, <x_t - xbar_{t-1}, x_t - xbar_t>, by which the spread grows.

        x_t - xbar_t = (1 - 1/W_t) (x_t - xbar_{t-1}). In one coordinate the raw row holds S^F and these two differences
        themselves: `settle` multiplies many steps at once.
        """
        keep = self._keep[now.time - self._first]
        if self._scalar:
            if now.time == self._first:
                self.sum, _, self.offset = last
            total, from_old, offset = row
            multiply(self.sum, self.decay, total)
            add(total, now.grad, total)
            add(self.offset, now.step, from_old)
            multiply(from_old, keep, offset)
            self.sum, self.offset = total, offset
            if self._events and now.time in self._events:
                self._keep_average(now)
            return
        total, offset, from_old = self.sum, self.offset, self.from_old
        multiply(total, self.decay, total)
        add(total, now.grad, total)
        add(offset, now.step, from_old)
        multiply(from_old, keep, offset)
        if self.kind == "l2":
            dot(total, total, row[0])
        else:
            add_up(np.abs(total, self.size), row[0])
        dot(from_old, offset, row[2])
        if self._events and now.time in self._events:
            self._keep_average(now)

    def _keep_average(self, now: Now) -> None:
        for run, slot in self._events[now.time]:
            if run < len(now.x):
                self._kept["xbar"][run, slot] = now.x[run] - self.offset[run]

    def settle(self, rows: Array, first: int) -> None:
        """Add up the spread and divide by W_t."""
        times = range(first + 1, first + len(rows) + 1)
        weight = self._weight[0][: len(rows)]
        if self._scalar:
            np.abs(rows[:, 0], out=rows[:, 0])
            rows[:, 2] *= rows[:, 1]
        elif self.kind == "l2":
            np.sqrt(rows[:, 0], out=rows[:, 0])
        grown = self._accumulate(rows[:, 2])
        self.spread = grown[-1].copy()
        rows[:, 0] /= weight
        np.divide(grown, weight, out=rows[:, 1])
        np.multiply(rows[:, 1], self.lam, out=rows[:, 2])
        rows[:, 2] += rows[:, 0]
        for time in self._events.keys() & set(times) if self._events else ():
            for run, slot in self._events[time]:
                if run < rows.shape[2]:
                    self._kept["sampled"][run, slot] = rows[time - first - 1, 2, run]

    def _accumulate(self, product: Array) -> Array:
        """spread_t = beta spread_{t-1} + product_t, undivided, in compiled code, shape (steps, runs)."""
        betas = np.unique(self.beta)
        if len(betas) == 1:
            return lfilter([1.0], [1.0, -betas[0]], product, axis=0, zi=betas[0] * self.spread[None])[0]
        grown = np.empty_like(product)
        for beta in betas:
            mine = np.flatnonzero(self.beta == beta)
            grown[:, mine], _ = lfilter(
                [1.0], [1.0, -beta], product[:, mine], axis=0, zi=beta * self.spread[None, mine]
            )
        return grown

    def extras(self) -> dict[str, Array]:
        """At the sampled times: xbar, shape (runs, k, dim), and the certificate (sampled), shape (runs, k)."""
        return self._kept if self._kept["xbar"].shape[1] else {}


class Regret(Probe):
    """Discounted regret (Definition 6) against u_t and against the best fixed comparator of the ball.

    Signals (shape (runs,) at every t), with u_t = -D S^F_t/||S^F_t|| (L2 ball, Lemma 7) or
    -D sign(S^F_t) (L1 form, Lemma 17):
      regret = Regret_t(u_t); best_ratio = sup_u Regret_t(u) / (D sqrt(sum beta^{2(t-s)} ||g_s||^2)) for
      the L2 ball (Theorem 9; 0 while all gradients are 0); noise = <S^g_t - S^F_t, u_t>;
      pull = ||S^F_t|| (L2 or L1); played = sum_s beta^{t-s} <g_s, z_s>.
    """

    signals = ("regret", "best_ratio", "noise", "pull", "played")

    def __init__(self, beta: Array, radius: Array, norm: Norm = "l2") -> None:
        self.beta, self.radius, self.kind = beta.copy(), radius.copy(), norm

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Allocate both discounted sums."""
        self.true, self.seen, self.scratch = (np.zeros(now.x.shape) for _ in range(3))
        self.decay = column(self.beta, now.x.shape)
        self.beta_column = self.beta[:, None].copy()
        self.square = self.beta_column**2
        self.fresh = np.zeros((len(runs), 1))

    def step(self, now: Now, row: Array, last: Array) -> None:
        """Raw row: <S^g, direction>, energy, ||S^g||^2, ||S^F||^2 (L1 norms in the L1 form), loss."""
        for total, grad in ((self.true, now.grad), (self.seen, now.noisy)):
            np.multiply(total, self.decay, out=total)
            np.add(total, grad, out=total)
        if self.kind == "l2":
            dot(self.seen, self.true, row[0])
            dot(self.seen, self.seen, row[2])
            dot(self.true, self.true, row[3])
        else:
            dot(self.seen, np.sign(self.true, out=self.scratch), row[0])
            add_up(np.abs(self.seen, out=self.scratch), row[2])
            add_up(np.abs(self.true, out=self.scratch), row[3])
        dot(now.noisy, now.noisy, self.fresh)
        np.multiply(last[1], self.square, out=row[1])
        np.add(row[1], self.fresh, out=row[1])
        dot(now.noisy, now.play, self.fresh)
        np.multiply(last[4], self.beta_column, out=row[4])
        np.add(row[4], self.fresh, out=row[4])

    def settle(self, rows: Array, first: int) -> None:
        """Combine into regrets."""
        cross, energy, best, pull, played = (rows[:, i].copy() for i in range(5))
        if self.kind == "l2":
            best, pull = np.sqrt(best), np.sqrt(pull)
            cross = np.divide(cross, pull, out=np.zeros_like(cross), where=pull > 0)
        root = self.radius * np.sqrt(energy)
        rows[:, 0] = played + self.radius * cross
        rows[:, 1] = np.divide(played + self.radius * best, root, out=np.zeros_like(root), where=root > 0)
        rows[:, 2] = -self.radius * (cross - pull)
        rows[:, 3] = pull


class Descent(Probe):
    """The values along the run and their discounted differences (Lemma 7's terms (A) and (B)).

    Signals: value = F(x_t) - F(x_0); drop = F(x_t) - F(x_{t-1}); discounted = sum_s beta^{t-s} drop_s;
    linear = <grad F(x_t), z_t>, whose mean is that of `drop` by Lemma 20.
    """

    signals = ("value", "drop", "discounted", "linear")

    def __init__(self, beta: Array) -> None:
        self.beta = beta.copy()

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Remember the start's value."""
        assert objective is not None
        self._value = objective.value
        self.origin = objective.value(now.x)
        self.beta_column = self.beta[:, None].copy()

    def step(self, now: Now, row: Array, last: Array) -> None:
        """Raw row: the signals."""
        np.subtract(self._value(now.x), self.origin, out=row[0, :, 0])
        np.subtract(row[0], last[0], out=row[1])
        np.multiply(last[2], self.beta_column, out=row[2])
        np.add(row[2], row[1], out=row[2])
        dot(now.grad, now.play, row[3])


class Clip(Probe):
    """clipped: the share of coordinates (L2 ball: 0 or 1) whose play lies on the boundary of the ball."""

    signals = ("clipped",)

    def __init__(self, radius: Array, norm: Norm = "l1") -> None:
        self.edge, self.kind = radius * (1.0 - 1e-12), norm

    def step(self, now: Now, row: Array, last: Array) -> None:
        """Raw row: the share."""
        if self.kind == "l2":
            row[0, :, 0] = np.sqrt(np.vecdot(now.play, now.play)) >= self.edge
        else:
            row[0, :, 0] = (np.abs(now.play) >= self.edge[:, None]).mean(axis=-1)
