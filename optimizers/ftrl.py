"""Discounted scale-free FTRL: beta-FTRL on the L2 ball, clipped Adam on every coordinate alone.

Source: arXiv 2405.18199, Algorithm 2 and Theorem 9 (beta-FTRL), Section 6 (clipped Adam).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import length, ratio, total, units
from optimizers.base import Learner, Parameter, column

FAINT = 2.0**-1020  # sums below it no longer decay: they would lose digits, and are < 1e-7 of any gradient;
# in the step that takes them there they lose 1e-16/beta of themselves at most
LARGE = 2.0**500  # can be squared; in those units, what is not beyond LEAP is smaller
LEAP = 2.0**30  # what is larger than a number by this factor is the root of the sum of their squares


@dataclass
class FTRLState:
    """The two discounted sums, the second as its root; size is that of the first."""

    first: Float[Array, "runs dim"]  # sum beta1^{t-s} g_s
    root: Float[Array, "runs #dim"]  # sqrt(sum beta2^{t-s} |g_s|^2), in the L2 ball one for all coordinates
    size: Float[Array, "runs #dim"]


@dataclass(frozen=True)
class DiscountedFTRL:
    """z_{t+1} = -clip_D( D sum_s beta1^{t-s} g_s / sqrt(sum_s beta2^{t-s} ||g_s||^2) ), 0 while nothing was seen.

    beta-FTRL: beta1 = beta, beta2 = beta^2, coordinatewise = False (L2 ball of radius D).
    clipped Adam: the same with coordinatewise = True (every |z[i]| <= D), no bias correction, no epsilon.
    Parameters are floats or arrays of shape (runs,): radius > 0; beta1, beta2 in [0, 1].
    clipped = False drops the clip (a control, not an algorithm of the paper).
    Gradients may have any size from 1e-300 to 1e300, and be zero for any time: no square is formed that could over- or
    underflow. Powers of two in front of all of them change no bit of the plays, until sums have decayed below FAINT.
    Source: arXiv 2405.18199, Theorem 9 and equation before (2). Raises ValueError out of range.
    """

    radius: Parameter
    beta1: Parameter
    beta2: Parameter
    coordinatewise: bool = False
    clipped: bool = True

    def __post_init__(self) -> None:
        if not np.all(np.isfinite(self.radius)) or not np.all(np.asarray(self.radius) > 0):
            raise ValueError(f"radius = {self.radius}: must be finite and > 0")
        for name in ("beta1", "beta2"):
            beta = np.asarray(getattr(self, name))
            if not np.all((beta >= 0) & (beta <= 1)):
                raise ValueError(f"{name} = {beta}: must lie in [0, 1]")

    def init(self, shape: tuple[int, int]) -> FTRLState:
        """The state before any gradient; `shape` is (runs, dim)."""
        zeros = np.zeros(shape)
        return FTRLState(zeros, self._size(zeros), self._size(zeros))

    def play(self, state: FTRLState) -> Float[Array, "runs dim"]:
        """z = -D m/max(sqrt v, |m|), m and v the two sums: dividing by the larger is the clip."""
        whole = np.maximum(state.root, state.size) if self.clipped else state.root
        return -column(self.radius) * ratio(state.first, whole)

    def update(self, state: FTRLState, grad: Float[Array, "runs dim"]) -> None:
        """m <- beta1 m + g, sqrt v <- sqrt(beta2 v + |g|^2)."""
        keep1, keep2, faint1, faint2 = self._keeps
        faint = np.maximum(state.root, state.size) < FAINT  # then only their ratio goes on
        first = np.where(faint, faint1, keep1) * state.first
        root = np.where(faint, faint2, keep2) * state.root
        state.first = first + grad
        state.root = self._grown(root, grad)
        state.size = self._size(state.first)

    @cached_property
    def _keeps(self) -> tuple[Float[Array, "#runs 1"], ...]:
        """beta1 and sqrt(beta2), and the same over the larger of them, for faint sums."""
        keep1, keep2 = column(self.beta1), np.sqrt(column(self.beta2))
        slow = np.maximum(keep1, keep2)
        return keep1, keep2, ratio(keep1, slow), ratio(keep2, slow)

    def _grown(self, root: Float[Array, "runs #dim"], grad: Float[Array, "runs dim"]) -> Float[Array, "runs #dim"]:
        """sqrt(root^2 + |g|^2), in units in which root can be squared: known before g, for which others wait."""
        down, up = units(root)
        squares = np.square(np.minimum(np.abs(grad) * down, LARGE))
        if not self._alone(grad):
            squares = total(squares)[:, None]
        size = self._size(grad)
        return np.where(size > LEAP * root, size, np.sqrt(np.square(root * down) + squares) * up)

    def _size(self, vector: Float[Array, "runs dim"]) -> Float[Array, "runs #dim"]:
        """|v_i| per coordinate, ||v||_2 in the L2 ball."""
        return np.abs(vector) if self._alone(vector) else length(vector)[:, None]

    def _alone(self, vector: Float[Array, "runs dim"]) -> bool:
        """Whether every coordinate has its own sums; in one coordinate the L2 ball is an interval."""
        return self.coordinatewise or vector.shape[1] == 1


def beta_ftrl(radius: Parameter, beta: Parameter) -> DiscountedFTRL:
    """beta-FTRL on the L2 ball (arXiv 2405.18199, Theorem 9)."""
    return DiscountedFTRL(radius, beta, np.square(beta))


def clipped_adam(radius: Parameter, beta: Parameter) -> DiscountedFTRL:
    """Clipped Adam: beta1 = beta, beta2 = beta^2, per coordinate (arXiv 2405.18199, Section 6)."""
    return DiscountedFTRL(radius, beta, np.square(beta), coordinatewise=True)


def paper_learner(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The learner of the paper: beta-FTRL, or clipped Adam if coordinatewise; radius and beta as in DiscountedFTRL."""
    return clipped_adam(radius, beta) if coordinatewise else beta_ftrl(radius, beta)
