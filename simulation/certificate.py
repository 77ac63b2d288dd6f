"""The certificate: the computable upper bound of the stationarity at the discounted average.

Notation: S^F_t = sum_s beta^{t-s} grad F(x_s), W_t = sum_s beta^{t-s}; all sums are carried in decayed form.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy import add, multiply

from foundation.arrays import Array, Float, Int, IntArray
from objectives.base import Objective
from optimizers.batch import StackedPair
from simulation.ema_weights import EmaWeights, advance
from simulation.recording import Probe, Row, Step
from simulation.sums import add_up, dot

Norm = Literal["l1", "l2"]


class Certificate(Probe):
    """The computable upper bound of the stationarity at the discounted average xbar_t of the iterates.

    Signals: norm = ||E grad F(y_t)|| (L2 or L1), spread = E||y_t - xbar_t||_2^2, certificate = norm +
    lam spread, where y_t = x_s with weight beta^{t-s}/W_t (arXiv 2405.18199, Algorithm 1, Definition 3).
    beta: the average's discount: beta = 0 is the last iterate, 1 the uniform average. samples: times at which xbar_t
    is kept, or None.

    With k_t = 1 - 1/W_t and w_t = x_t - xbar_{t-1}: x_t - xbar_t = k_t w_t, so w_t = k_{t-1} w_{t-1} + x_t - x_{t-1},
    and the undivided spread W_t E||y_t - xbar_t||^2 is beta times the last one + k_t ||w_t||^2. S^F_t and w_t lie on
    top of each other and advance in one call.
    """

    signals: tuple[str, ...] = ("norm", "spread", "certificate")
    raws: int | None = 2

    beta: Float[Array, "runs"]
    lam: Float[Array, "runs"]
    samples: Int[IntArray, "runs k"]
    sums: StackedPair
    spread: Float[Array, "runs"]  # undivided, at the end of the last block
    scratch: Float[Array, "runs dim"]
    xbar: Float[Array, "batch k dim"]
    sampled: Float[Array, "batch k"]
    _decays: list[Annotated[Any, "..."]]  # of the block that was opened last

    def __init__(
        self,
        beta: Float[Array, "runs"],
        lam: Float[Array, "runs"],
        norm: Norm = "l2",
        samples: Int[IntArray, "runs k"] | None = None,
    ) -> None:
        self.beta, self.lam, self.norm = beta.copy(), lam.copy(), norm
        self.samples = np.empty((len(beta), 0), np.int64) if samples is None else samples
        self._events: dict[int, list[tuple[int, int]]] = {}
        for run, slot in np.ndindex(self.samples.shape):
            self._events.setdefault(int(self.samples[run, slot]), []).append((run, slot))

    def begin(self, objective: Objective | None, current: Step, runs: Int[IntArray, "runs"]) -> None:
        """Nothing was seen; the first iterate is its own average, whatever it was before."""
        self.sums = StackedPair.zeros(current.x.shape)
        self.spread = np.zeros(len(runs))
        self.scratch = np.zeros(current.x.shape)
        self._scalar = current.x.shape[1] == 1 and self.sums.whole is not None
        self._weights = EmaWeights(self.beta, current.x.shape, stacked=self.sums.whole is not None)
        self.xbar = np.full((*self.samples.shape, current.x.shape[1]), np.nan)
        self.sampled = np.full(self.samples.shape, np.nan)

    def open(self, first: int, steps: int) -> None:
        """The weights of the block."""
        self._first = first + 1
        self._weights.prepare(first, steps, len(self.beta))
        self._decays = self._weights.decays

    def step(self, current: Step, row: Row, last: Row) -> None:
        """Raw row: ||S^F||^2 (or the L1 norm) and ||w||^2; in one coordinate S^F and w themselves."""
        decay = self._decays[current.time - self._first]
        if self._scalar:
            multiply(last.whole, decay, row.whole)
            add(row.whole, current.stacked.whole, row.whole)
            if self._events and current.time in self._events:
                self._keep_average(current, row.whole[1])
            return
        advance(self.sums, decay, current.stacked)
        _, total, offset = self.sums
        if self.norm == "l2":
            dot(total, total, row.each[0])
        else:
            add_up(np.abs(total, self.scratch), row.each[0])
        dot(offset, offset, row.each[1])
        if self._events and current.time in self._events:
            self._keep_average(current, offset)

    def _keep_average(self, current: Step, offset: Float[Array, "runs dim"]) -> None:
        """xbar_t = x_t - k_t w_t, for the runs that ask for it."""
        keep = self._weights.keep(current.time - self._first)
        for run, slot in self._events[current.time]:
            if run < len(current.x):
                self.xbar[run, slot] = current.x[run] - keep[run] * offset[run]

    def settle(
        self, rows: Float[Array, "raws steps runs"], first: int, out: Float[Array, "signals steps runs"]
    ) -> None:
        """Add up the spread and divide by W_t."""
        norm, spread, certificate = out
        share, keeps = self._weights.shares(rows.shape[1]), self._weights.keeps(rows.shape[1])
        if self._scalar:
            np.abs(rows[0], out=norm)
            np.square(rows[1], out=spread)
            spread *= keeps
        else:
            (np.sqrt if self.norm == "l2" else np.positive)(rows[0], out=norm)
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
                    self.sampled[run, slot] = certificate[time - first - 1, run]

    def _accumulate(self, product: Float[Array, "steps runs"]) -> Float[Array, "steps runs"]:
        """spread_t = beta spread_{t-1} + product_t, undivided, in compiled code."""
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
        return {"xbar": self.xbar, "sampled": self.sampled} if self.samples.shape[1] else {}
