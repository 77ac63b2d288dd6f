"""Discounted scale-free FTRL: beta-FTRL on the L2 ball, clipped Adam on every coordinate alone.

Source: arXiv 2405.18199, Algorithm 2 and Theorem 9 (beta-FTRL), Section 6 (clipped Adam).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import absolute, add, divide, maximum, multiply, sqrt
from numpy.typing import NDArray

from optimizers.base import ALARM, Array, column

_NEVER = -(2**20)  # the exponent of zero: below every float's


class FTRLState:
    """The two discounted sums, scaled by 2^-exponent, and the buffers that replace them.

    first: sum beta1^{t-s} g_s, shape (runs, dim). second: sum beta2^{t-s} |g_s|^2, shape (runs, dim)
    for clipped Adam, (runs, 1) for the L2 ball. The learner is scale-free, so a power of two in
    front of both sums changes no bit of what it plays; it only keeps the squares representable.
    """

    def __init__(self, learner: DiscountedFTRL, runs: int, dim: int) -> None:
        shape = (runs, dim)
        self.coordinatewise = learner.coordinatewise or dim == 1  # there the ball is an interval
        self.minus_radius, self.beta1, self.beta2 = (
            column(p, shape) for p in (np.negative(learner.radius), learner.beta1, learner.beta2)
        )
        width = dim if self.coordinatewise else 1
        self.first, self.next_first, self.scratch = (np.zeros((runs, dim)) for _ in range(3))
        self.second, self.next_second, self.root = (np.zeros((runs, width)) for _ in range(3))
        self.norm = np.zeros((runs, width))
        self.flat = width == dim  # one second moment a coordinate
        self.exponent: NDArray[np.int32] | None = None
        self.seen = False  # True once every `second` is positive, and stays so: then nothing divides by zero
        self.forgets = bool(np.min(learner.beta2) < 1e-100)


@dataclass(frozen=True)
class DiscountedFTRL:
    """z_{t+1} = -clip_D( D sum_s beta1^{t-s} g_s / sqrt(sum_s beta2^{t-s} ||g_s||^2) ), 0 while nothing was seen.

    beta-FTRL: beta1 = beta, beta2 = beta^2, coordinatewise = False (L2 ball of radius D).
    clipped Adam: the same with coordinatewise = True (every |z[i]| <= D), no bias correction, no epsilon.
    Parameters are floats or arrays of shape (runs,): radius > 0; beta1, beta2 in [0, 1].
    clipped = False drops the clip (a control, not an algorithm of the paper).
    Source: arXiv 2405.18199, Theorem 9 and equation before (2). Raises ValueError out of range.
    """

    radius: float | Array
    beta1: float | Array
    beta2: float | Array
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
        return FTRLState(self, *shape)

    def play(self, state: FTRLState, out: Array) -> Array:
        """Write z, shape (runs, dim), to `out`: -D m / max(sqrt v, |m|) clips without a clip."""
        root = sqrt(state.second, state.root)
        if self.clipped:
            if state.coordinatewise:
                absolute(state.first, state.norm)
            maximum(root, state.norm, out=root)
        if state.seen:
            divide(state.first, root, out)
        else:
            state.seen = not state.forgets and bool(state.second.all())
            out.fill(0.0)
            np.divide(state.first, root, out=out, where=root > 0)
        return multiply(out, state.minus_radius, out)

    def update(self, state: FTRLState, grad: Array) -> None:
        """Add g_t, shape (runs, dim). Any finite gradient from 1e-300 to 1e300, zeros for any time."""
        if not ALARM.armed:
            with ALARM.arm():
                return self.update(state, grad)
        ALARM.raised = False
        scaled = grad if state.exponent is None else np.ldexp(grad, -state.exponent, out=state.scratch)
        self._advance(state, scaled)
        if ALARM.raised:
            # `first` and `second` are untouched: rescale them and do the step again.
            with np.errstate(over="ignore", under="ignore"):
                exponent = self._rescale(state, grad)
                self._advance(state, np.ldexp(grad, -exponent, out=state.scratch))
        state.first, state.next_first = state.next_first, state.first
        state.second, state.next_second = state.next_second, state.second
        return None

    def _advance(self, state: FTRLState, grad: Array) -> None:
        """next_first = beta1 first + g, next_second = beta2 second + |g|^2."""
        square, second, first = state.root, state.next_second, state.next_first
        if state.flat:
            multiply(grad, grad, square)
        else:
            np.vecdot(grad, grad, out=square[:, 0])
        multiply(state.second, state.beta2, second)
        add(second, square, second)
        multiply(state.first, state.beta1, first)
        add(first, grad, first)
        if not state.coordinatewise:
            np.vecdot(first, first, out=state.norm[:, 0])
            sqrt(state.norm, state.norm)

    def _rescale(self, state: FTRLState, grad: Array) -> NDArray[np.int32]:
        """Choose the power of two that brings the larger of history and gradient to about 1."""
        old = np.zeros(state.second.shape, np.int32) if state.exponent is None else state.exponent
        history = np.maximum(self._largest(state.first), np.sqrt(state.second))
        exponent = np.maximum(_exponent(history) + old, _exponent(self._largest(grad)))
        new = np.where(exponent > _NEVER // 2, exponent, old).astype(np.int32)
        state.first, state.second = np.ldexp(state.first, old - new), np.ldexp(state.second, 2 * (old - new))
        state.exponent = new
        return new

    def _largest(self, vector: Array) -> Array:
        size = np.abs(vector)
        return size if self.coordinatewise else size.max(axis=-1, keepdims=True)


def _exponent(size: Array) -> NDArray[np.int32]:
    """The binary exponent of every number >= 0, _NEVER for zero."""
    exponent = np.frexp(size)[1].astype(np.int32)
    return np.where(size > 0, exponent, np.int32(_NEVER))


def beta_ftrl(radius: float | Array, beta: float | Array) -> DiscountedFTRL:
    """beta-FTRL on the L2 ball (arXiv 2405.18199, Theorem 9)."""
    return DiscountedFTRL(radius, beta, np.square(beta))


def clipped_adam(radius: float | Array, beta: float | Array) -> DiscountedFTRL:
    """Clipped Adam: beta1 = beta, beta2 = beta^2, per coordinate (arXiv 2405.18199, Section 6)."""
    return DiscountedFTRL(radius, beta, np.square(beta), coordinatewise=True)
