"""The worst case of the online game in one coordinate, bounded gradients: a dynamic programme, and whom it advises.

The learner is clipped Adam at any two discounts, D = G = 1. With m more gradients to come the adversary has
J_m(S, r) = max_{|g| <= 1} { beta1^{m-1} g z(S, r) + J_{m-1}(beta1 S + g, sqrt(beta2 r^2 + g^2)) }, J_0 = |S|,
from the discounted sums S and r that it left; the regret of all steps is J plus beta1^m times the loss before, which a
long horizon forgets. J is bilinear between the points of a grid: an approximation, whose error is seen when the grid
is refined. What the adversary can surely have is found by playing its sequence against the learner itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from foundation.arrays import Array, Float, IntArray
from foundation.fingerprint import remembered
from simulation.plan import Signals
from simulation.work import Work

FORGOTTEN = 8.0  # windows of 1/(1-beta1): what was lost before counts exp(-8)
REACH = 1.5  # the sums S on the grid, in units of the largest r
CROWD = 1.5  # points lie closer where r is small
FILLED = 0.99  # of an r that is to be reached from zero, which takes for ever
LONGEST = 20_000  # steps, to fill r
SECONDS = 2e-7  # that a programme takes, about, by step and cell


@dataclass(frozen=True)
class WorstCase:
    """A grid of `cells` in S, 3/5 as many in r; clipped = False leaves the clip out."""

    beta1: float
    beta2: float
    cells: int
    clipped: bool = True

    @property
    def steps(self) -> int:
        """The horizon of the programme."""
        return round(FORGOTTEN / (1.0 - self.beta1))

    @property
    def choices(self) -> int:
        """How many gradients the programme chooses from: the longer the window, the less a single one matters."""
        return 17 if self.beta1 < 0.95 else 9

    @cached_property
    def grid(self) -> tuple[Float[Array, "sums"], Float[Array, "roots"]]:
        """The points of the grid: sums S >= 0, for J is even, and roots r up to the largest."""
        largest = 1.0 / np.sqrt(1.0 - self.beta2)
        top = min(1.0 / (1.0 - self.beta1), REACH * (largest + 1.0))
        roots = largest * np.linspace(0.0, 1.0, 3 * self.cells // 5 + 1) ** CROWD
        return np.linspace(0.0, top, self.cells + 1), roots

    def play(self, total: Array, root: Array) -> Array:
        """z, the play after these sums."""
        whole = np.maximum(np.abs(total), root) if self.clipped else root
        return -total / np.where(whole > 0.0, whole, np.inf)

    @cached_property
    def values(self) -> list[Float[Array, "sums roots"]]:
        """J_0, J_1, ... on the grid."""
        sums, roots = self.grid
        grad, total, root = np.meshgrid(np.linspace(-1.0, 1.0, self.choices), sums, roots, indexing="ij")
        pay = grad * self.play(total, root)
        corners = self._corners(*self.moved(total, root, grad))
        found = [total[0]]
        for m in range(self.steps):
            value = self.beta1**m * pay
            for at, weight in corners:
                value += weight * found[-1].take(at)
            found.append(value.max(axis=0))
        return found

    def moved(self, total: Array, root: Array, grad: Array) -> tuple[Array, Array]:
        """S and r after one more gradient."""
        return self.beta1 * total + grad, np.sqrt(self.beta2 * np.square(root) + np.square(grad))

    def _corners(self, total: Array, root: Array) -> list[tuple[IntArray, Array]]:
        """The four grid points about each state, as places in J, with their weights."""
        sums, roots = self.grid
        x = np.minimum(np.abs(total) / sums[1], len(sums) - 1.0)
        i = np.minimum(x.astype(np.int64), len(sums) - 2)
        j = np.clip(np.searchsorted(roots, root, side="right") - 1, 0, len(roots) - 2)
        x, y = x - i, np.minimum((root - roots[j]) / (roots[j + 1] - roots[j]), 1.0)
        at, below = i * len(roots) + j, (i + 1) * len(roots) + j
        return [(at, (1 - x) * (1 - y)), (at + 1, (1 - x) * y), (below, x * (1 - y)), (below + 1, x * y)]

    @property
    def regret(self) -> float:
        """The largest J of the whole horizon, over the r that earlier gradients may leave, at S = 0."""
        return float(self.values[-1][0].max())

    def sequence(self, gradients: int) -> Float[Array, "length"]:
        """Gradients that reach about `regret`: signs in turn until r is the best, then the programme's choice.

        gradients: how many there are to choose from. No number is the best at all discounts, for J is approximate.
        """
        best, choices = self.grid[1][self.values[-1][0].argmax()], np.linspace(-1.0, 1.0, gradients)
        total = root = np.zeros(1)
        grads: list[float] = []
        while root[0] < FILLED * best and len(grads) < LONGEST:
            grads.append((-1.0) ** len(grads) if grads else 0.5)
            total, root = self.moved(total, root, np.array(grads[-1:]))
        for m in range(self.steps, 0, -1):
            corners = self._corners(*self.moved(total, root, choices))
            future = sum(weight * self.values[m - 1].take(at) for at, weight in corners)
            chosen = np.argmax(self.beta1 ** (m - 1) * choices * self.play(total, root) + future)
            grads.append(float(choices[chosen]))
            total, root = self.moved(total, root, choices[chosen : chosen + 1])
        return np.array(grads)


@remembered
def _programme(beta1: float, beta2: float, cells: int, clipped: bool, advice: tuple[int, ...]) -> tuple[float, Any]:
    """Its value in units of D G/sqrt(1-beta1^2), and the sequences that it advises."""
    worst = WorstCase(beta1, beta2, cells, clipped)
    return worst.regret * float(np.sqrt(1.0 - beta1**2)), [worst.sequence(gradients) for gradients in advice]


@dataclass(frozen=True)
class Programmes:
    """What the programmes of several discounts find. advice: of each sequence, how many gradients to choose from.

    width: steps to which the sequences are filled up with nan.
    """

    cells: int
    clipped: bool
    advice: tuple[int, ...]
    width: int

    def __call__(self, discounts: Sequence[tuple[float, float]]) -> Signals:
        """value, in units of D G/sqrt(1-beta1^2), shape (discounts,); sequences, shape (discounts, advice, width)."""
        found = [_programme(*each, self.cells, self.clipped, self.advice) for each in discounts]
        sequences = np.full((len(found), len(self.advice), self.width), np.nan)
        for row, (_, advised) in zip(sequences, found, strict=True):
            for place, sequence in zip(row, advised, strict=True):
                place[: len(sequence)] = sequence
        return {"value": np.array([value for value, _ in found]), "sequences": sequences}


def programmes(discounts: Sequence[tuple[float, float]], cells: int, clipped: bool, advice: tuple[int, ...]) -> Work:
    """The work on the programmes of these pairs (beta1, beta2)."""
    steps = max(WorstCase(*each, cells).steps for each in discounts)
    return Work(Programmes(cells, clipped, advice, LONGEST + steps), tuple(discounts), SECONDS * steps * cells**2)
