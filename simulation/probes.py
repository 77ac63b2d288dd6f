"""What is measured along a run: certificate, regret, descent, clip activity, sampled averages.

Notation: S^F_t = sum_s beta^{t-s} grad F(x_s), S^g_t the same with the stochastic gradients,
W_t = sum_s beta^{t-s}. All sums are carried in decayed form; beta^{-t} is never formed.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy import add, multiply
from numpy.typing import NDArray

from objectives.base import Objective
from optimizers.base import Pair, column
from simulation.recording import Array, Now, Probe, Row
from simulation.sums import add_up, dot
from simulation.weights import Weights, advance

Norm = Literal["l1", "l2"]


class Certificate(Probe):
    """The computable upper bound of the stationarity at the discounted average xbar_t of the iterates.

    Signals: norm = ||E grad F(y_t)|| (L2 or L1), spread = E||y_t - xbar_t||_2^2, certificate = norm +
    lam spread, where y_t = x_s with weight beta^{t-s}/W_t (arXiv 2405.18199, Algorithm 1, Definition 3).
    beta: shape (runs,), the average's discount: beta = 0 is the last iterate, 1 the uniform average.
    lam: shape (runs,). samples: shape (runs, k) times at which xbar_t is kept, or None.

    With k_t = 1 - 1/W_t and w_t = x_t - xbar_{t-1}: x_t - xbar_t = k_t w_t, so w_t = k_{t-1} w_{t-1} + x_t - x_{t-1},
    and the undivided spread W_t E||y_t - xbar_t||^2 is beta times the last one + k_t ||w_t||^2. S^F_t and w_t lie on
    top of each other and advance in one call.
    """

    signals: tuple[str, ...] = ("norm", "spread", "certificate")
    raws: int | None = 2

    def __init__(self, beta: Array, lam: Array, norm: Norm = "l2", samples: NDArray[np.int64] | None = None) -> None:
        self.beta, self.lam, self.kind = beta.copy(), lam.copy(), norm
        self.samples = np.empty((len(beta), 0), np.int64) if samples is None else samples
        self._events: dict[int, list[tuple[int, int]]] = {}
        for run, slot in np.ndindex(self.samples.shape):
            self._events.setdefault(int(self.samples[run, slot]), []).append((run, slot))

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Nothing was seen; the first iterate is its own average, whatever it was before."""
        self.sums = Pair.zeros(now.x.shape)
        self.spread = np.zeros(len(runs))  # undivided, at the end of the last block
        self.size = np.zeros(now.x.shape)
        self._scalar = now.x.shape[1] == 1 and self.sums.whole is not None
        self._weights = Weights(self.beta, now.x.shape, stacked=self.sums.whole is not None)
        # not an attribute array: runs that are done keep their averages when the batch narrows
        self._kept = {
            "xbar": np.full((*self.samples.shape, now.x.shape[1]), np.nan),
            "sampled": np.full(self.samples.shape, np.nan),
        }

    def open(self, first: int, steps: int) -> None:
        """The weights of the block."""
        self._first = first + 1
        self._weights.look(first, steps, len(self.beta))
        self._decays = self._weights.decays

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row: ||S^F||^2 (or the L1 norm) and ||w||^2; in one coordinate S^F and w themselves."""
        decay = self._decays[now.time - self._first]
        if self._scalar:
            multiply(last.whole, decay, row.whole)
            add(row.whole, now.pair.whole, row.whole)
            if self._events and now.time in self._events:
                self._keep_average(now, row.whole[1])
            return
        advance(self.sums, decay, now.pair)
        _, total, offset = self.sums
        if self.kind == "l2":
            dot(total, total, row.each[0])
        else:
            add_up(np.abs(total, self.size), row.each[0])
        dot(offset, offset, row.each[1])
        if self._events and now.time in self._events:
            self._keep_average(now, offset)

    def _keep_average(self, now: Now, offset: Array) -> None:
        """xbar_t = x_t - k_t w_t, for the runs that ask for it."""
        keep = self._weights.keep(now.time - self._first)
        for run, slot in self._events[now.time]:
            if run < len(now.x):
                self._kept["xbar"][run, slot] = now.x[run] - keep[run] * offset[run]

    def settle(self, rows: Array, first: int, out: Array) -> None:
        """Add up the spread and divide by W_t."""
        norm, spread, certificate = out
        share, keeps = self._weights.shares(rows.shape[1]), self._weights.keeps(rows.shape[1])
        if self._scalar:
            np.abs(rows[0], out=norm)
            np.square(rows[1], out=spread)
            spread *= keeps
        else:
            (np.sqrt if self.kind == "l2" else np.positive)(rows[0], out=norm)
            np.multiply(rows[1], keeps, out=spread)
        grown = self._accumulate(spread)
        self.spread = grown[-1].copy()
        norm *= share
        np.multiply(grown, share, out=spread)
        np.multiply(spread, self.lam, out=certificate)
        certificate += norm
        times = range(first + 1, first + rows.shape[1] + 1)
        for time in self._events.keys() & set(times) if self._events else ():
            for run, slot in self._events[time]:
                if run < rows.shape[2]:
                    self._kept["sampled"][run, slot] = certificate[time - first - 1, run]

    def _accumulate(self, product: Array) -> Array:
        """spread_t = beta spread_{t-1} + product_t, undivided, in compiled code, shape (steps, runs)."""
        from scipy.signal import lfilter  # takes a second, and whoever composes a sweep does not need it

        betas = np.unique(self.beta)
        if len(betas) == 1:
            return lfilter([1.0], [1.0, -betas[0]], product, axis=0, zi=betas[0] * self.spread[None])[0]
        grown = np.empty_like(product)
        for beta in betas:
            mine: Any = np.flatnonzero(self.beta == beta)
            if mine[-1] - mine[0] == len(mine) - 1:  # neighbours: a view, not a copy
                mine = slice(mine[0], mine[-1] + 1)
            start = beta * self.spread[None, mine]
            grown[:, mine], _ = lfilter([1.0], [1.0, -beta], product[:, mine], axis=0, zi=start)
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
        self.decay, self.square = column(self.beta, now.x.shape), self.beta**2
        self.fresh = np.zeros(len(runs))

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row: <S^g, direction>, energy, ||S^g||^2, ||S^F||^2 (L1 norms in the L1 form), loss."""
        for total, grad in ((self.true, now.grad), (self.seen, now.noisy)):
            np.multiply(total, self.decay, out=total)
            np.add(total, grad, out=total)
        cross, energy, best, pull, played = row.each
        if self.kind == "l2":
            dot(self.seen, self.true, cross)
            dot(self.seen, self.seen, best)
            dot(self.true, self.true, pull)
        else:
            dot(self.seen, np.sign(self.true, out=self.scratch), cross)
            add_up(np.abs(self.seen, out=self.scratch), best)
            add_up(np.abs(self.true, out=self.scratch), pull)
        dot(now.noisy, now.noisy, self.fresh)
        np.multiply(last.each[1], self.square, out=energy)
        np.add(energy, self.fresh, out=energy)
        dot(now.noisy, now.play, self.fresh)
        np.multiply(last.each[4], self.beta, out=played)
        np.add(played, self.fresh, out=played)

    def settle(self, rows: Array, first: int, out: Array) -> None:
        """Combine into regrets."""
        cross, energy, best, pull, played = rows
        if self.kind == "l2":
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

    def __init__(self, beta: Array) -> None:
        self.beta = beta.copy()

    def begin(self, objective: Objective | None, now: Now, runs: NDArray[np.int64]) -> None:
        """Remember the start's value."""
        assert objective is not None
        self._value = objective.value
        self.origin = objective.value(now.x)

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row: the signals."""
        value, drop, discounted, linear = row.each
        np.subtract(self._value(now.x), self.origin, out=value)
        np.subtract(value, last.each[0], out=drop)
        np.multiply(last.each[2], self.beta, out=discounted)
        np.add(discounted, drop, out=discounted)
        dot(now.grad, now.play, linear)


class Clip(Probe):
    """clipped: the share of coordinates (L2 ball: 0 or 1) whose play lies on the boundary of the ball."""

    signals = ("clipped",)

    def __init__(self, radius: Array, norm: Norm = "l1") -> None:
        self.edge, self.kind = radius * (1.0 - 1e-12), norm

    def step(self, now: Now, row: Row, last: Row) -> None:
        """Raw row: the share."""
        if self.kind == "l2":
            row.each[0][:] = np.sqrt(np.vecdot(now.play, now.play)) >= self.edge
        else:
            np.mean(np.abs(now.play) >= self.edge[:, None], axis=-1, out=row.each[0])
