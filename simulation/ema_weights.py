"""The weights of a discounted average, step by step, for a batch of discounts."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy import add, multiply

from foundation.arrays import Array, Float, Int, IntArray
from optimizers.batch import SHORT, StackedPair, column
from simulation.recording import BLOCK
from simulation.sums import total_weight


class EmaWeights:
    """1/W_t, the newest iterate's weight in the average, and k_t = 1 - 1/W_t, for the steps of a block.

    decays: for every step the factors beta and k_{t-1}, by which the discounted sum of gradients and the distance from
    the average to the newest iterate decay, for `advance`. shape: (batch, dim). stacked: as the sums' StackedPair is.
    Nothing is cut when runs are dropped: `prepare` is told how many there are.
    """

    _beta: Float[Array, "batch"]
    _whole: Float[Array, "steps 2 some dim"]
    _each: list[Float[Array, "2 some dim"]]
    _different: Float[Array, "betas"]
    _which: Int[IntArray, "some"]
    _share: Float[Array, "steps betas"]
    _keep: Float[Array, "steps betas"]
    decays: list[Annotated[Any, "..."]]

    def __init__(self, beta: Float[Array, "batch"], shape: tuple[int, int], stacked: bool) -> None:
        self._beta, self._shape, self._stacked = beta, shape, stacked
        live = beta[beta < 1]
        # from here on beta^t < 2^-60: the weights are constant
        self._settled = float("inf") if len(live) < len(beta) else 45.0 / (1.0 - live.max()) + 2.0
        self._runs, self._constant = 0, False
        self._whole = np.empty((0, 2, *shape))
        self.decays = []

    def prepare(self, first: int, steps: int, runs: int) -> None:
        """Prepare for the steps first+1 .. first+steps of the first `runs` runs."""
        constant = first > self._settled
        if constant and self._constant and runs == self._runs:
            return
        if runs != self._runs:
            self._different, self._which = np.unique(self._beta[:runs], return_inverse=True)
            self._whole = self._whole[:0]
        self._runs, self._constant = runs, constant
        times = np.full(2, np.inf) if constant else np.arange(first, first + steps + 1.0)
        with np.errstate(divide="ignore"):
            share = 1.0 / total_weight(self._different, times[:, None])
        self._share, self._keep, before = share[1:], 1.0 - share[1:], 1.0 - share[:-1]
        if first == 0:
            before[0] = 0.0  # before the first step there is no average to be far from
        self.decays = self._factors(before, (runs, self._shape[1]))
        if constant:
            self.decays *= BLOCK

    def _factors(self, keep: Float[Array, "steps betas"], shape: tuple[int, int]) -> list[Any]:
        """For every row of keep both factors, in the form that is fastest; shape: (runs, dim)."""
        beta = self._beta[: shape[0]]
        if self._stacked and (shape[1] == 1 or self._constant):
            if len(self._whole) < len(keep):  # kept from block to block
                self._whole = np.empty((len(keep), 2, *shape))
                self._whole[:, 0], self._each = beta[:, None], list(self._whole)
            self._whole[: len(keep), 1] = keep[:, self._which, None]
            return self._each[: len(keep)]
        first = column(beta, shape)
        if not first.ndim:
            return [(first, np.array(each)) for each in keep[:, 0]]
        wide = keep[:, self._which, None]
        if shape[1] <= SHORT and (self._stacked or self._constant):
            wide = np.broadcast_to(wide, (len(keep), *shape)).copy()
        return [(first, row) for row in wide]

    def shares(self, steps: int) -> Float[Array, "#steps #runs"]:
        """1/W_t of the block's first `steps` steps: one row if constant, one column if all discounts are equal."""
        return self._wide(self._share[:steps])

    def keeps(self, steps: int) -> Float[Array, "#steps #runs"]:
        """k_t = 1 - 1/W_t of the block's first `steps` steps, in the shape of `shares`."""
        return self._wide(self._keep[:steps])

    def _wide(self, values: Float[Array, "steps betas"]) -> Float[Array, "steps #runs"]:
        return values if values.shape[1] == 1 else values[:, self._which]

    def keep(self, step: int) -> Float[Array, "runs 1"]:
        """k_t of every run at one step of the block, counted from 0."""
        return self._keep[0 if self._constant else step, self._which][:, None]


def advance(sums: StackedPair, decay: Any, news: StackedPair) -> None:
    """sums <- decay sums + news, in place; decay, of `EmaWeights.decays`, is one array for both sums, or a tuple."""
    if type(decay) is not tuple:
        multiply(sums.whole, decay, sums.whole)
        add(sums.whole, news.whole, sums.whole)
        return
    first, second = decay
    multiply(sums.first, first, sums.first)
    add(sums.first, news.first, sums.first)
    multiply(sums.second, second, sums.second)
    add(sums.second, news.second, sums.second)
