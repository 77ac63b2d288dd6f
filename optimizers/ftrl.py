"""Discounted scale-free FTRL: beta-FTRL on the L2 ball, clipped Adam on every coordinate alone.

Source: arXiv 2405.18199, Algorithm 2 and Theorem 9 (beta-FTRL), Section 6 (clipped Adam).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import absolute, add, divide, maximum, multiply, sqrt
from numpy.typing import NDArray

from foundation.arrays import Array, Float, Int
from optimizers.alarm import ALARM
from optimizers.base import Learner
from optimizers.batch import Column, Parameter, StackedPair, column, stack

Exponents = Int[NDArray[np.int32], "runs width"]

_NEVER = -(2**20)  # the exponent of zero: below every float's


class FTRLState:
    """The two discounted sums, scaled by 2^-exponent, and the buffers that replace them.

    sums.first: sum beta1^{t-s} g_s, shape (runs, dim). sums.second: sum beta2^{t-s} |g_s|^2, shape (runs, width):
    width = dim for clipped Adam, 1 for the L2 ball. The learner is scale-free, so a power of two in
    front of both sums changes no bit of what it plays; it only keeps the squares representable.
    """

    sums: StackedPair
    following: StackedPair
    inputs: StackedPair
    scaled: StackedPair
    root: Float[Array, "runs width"]
    norm: Float[Array, "runs width"]
    minus_radius: Column
    beta1: Column
    beta2: Column
    decay: Column | Float[Array, "2 runs dim"]
    exponent: Exponents | None

    def __init__(self, learner: DiscountedFTRL, runs: int, dim: int) -> None:
        shape = (runs, dim)
        self.flat = learner.coordinatewise or dim == 1  # in one coordinate the ball is an interval
        width = dim if self.flat else 1
        self.sums, self.following, self.inputs, self.scaled = (StackedPair.zeros(shape, width) for _ in range(4))
        self.root, self.norm = np.zeros((runs, width)), np.zeros((runs, width))
        self.minus_radius, self.beta1 = column(np.negative(learner.radius), shape), column(learner.beta1, shape)
        self.beta2 = column(learner.beta2, (runs, width))
        self.decay = stack(learner.beta1, learner.beta2, shape) if self.sums.whole is not None else self.beta1
        self.exponent = None
        self.seen = False  # True once every `second` is positive, and stays so: then nothing divides by zero
        self.forgets = bool(np.min(learner.beta2) < 1e-100)

    @property
    def inbox(self) -> Float[Array, "runs dim"]:
        """Where gradients are best written: next to their squares."""
        return self.inputs.first


@dataclass(frozen=True)
class DiscountedFTRL:
    """z_{t+1} = -clip_D( D sum_s beta1^{t-s} g_s / sqrt(sum_s beta2^{t-s} ||g_s||^2) ), 0 while nothing was seen.

    beta-FTRL: beta1 = beta, beta2 = beta^2, coordinatewise = False (L2 ball of radius D).
    clipped Adam: the same with coordinatewise = True (every |z[i]| <= D), no bias correction, no epsilon.
    Parameters are floats or arrays of shape (runs,): radius > 0; beta1, beta2 in [0, 1].
    clipped = False drops the clip (a control, not an algorithm of the paper).
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
        return FTRLState(self, *shape)

    def play(self, state: FTRLState, out: Float[Array, "runs dim"]) -> Float[Array, "runs dim"]:
        """Write z to `out`: -D m/max(sqrt v, |m|), m and v the two sums; dividing by the larger is the clip."""
        _, first, second = state.sums
        root = sqrt(second, state.root)
        if self.clipped:
            if state.flat:
                absolute(first, state.norm)
            maximum(root, state.norm, out=root)
        if state.seen:
            divide(first, root, out)
        else:
            state.seen = not state.forgets and bool(second.all())
            out.fill(0.0)
            np.divide(first, root, out=out, where=root > 0)
        return multiply(out, state.minus_radius, out)

    def update(self, state: FTRLState, grad: Float[Array, "runs dim"]) -> None:
        """Add g_t to both sums: gradients of any size from 1e-300 to 1e300, and zeros, for any time."""
        if not ALARM.armed:
            with ALARM.arm():
                return self.update(state, grad)
        ALARM.raised = False
        inputs = state.inputs
        if state.exponent is not None:
            inputs = state.scaled
            np.ldexp(grad, -state.exponent, out=inputs.first)
        elif grad is not inputs.first:
            np.copyto(inputs.first, grad)
        self._advance(state, inputs)
        if ALARM.raised:
            # the sums are untouched: rescale them and do the step again.
            with np.errstate(over="ignore", under="ignore"):
                np.ldexp(grad, -self._rescale(state, grad), out=state.scaled.first)
                self._advance(state, state.scaled)
        state.sums, state.following = state.following, state.sums
        return None

    def _advance(self, state: FTRLState, inputs: StackedPair) -> None:
        """Write beta1 first + g and beta2 second + |g|^2, g = inputs.first, to `following`; |g|^2 to inputs.second."""
        sums, following = state.sums, state.following
        if state.flat:
            multiply(inputs.first, inputs.first, inputs.second)
        else:
            np.vecdot(inputs.first, inputs.first, out=inputs.second[:, 0])
        if sums.whole is not None:
            multiply(sums.whole, state.decay, following.whole)
            add(following.whole, inputs.whole, following.whole)
            return
        multiply(sums.second, state.beta2, following.second)
        add(following.second, inputs.second, following.second)
        multiply(sums.first, state.beta1, following.first)
        add(following.first, inputs.first, following.first)
        if not state.flat:
            np.vecdot(following.first, following.first, out=state.norm[:, 0])
            sqrt(state.norm, state.norm)

    def _rescale(self, state: FTRLState, grad: Float[Array, "runs dim"]) -> Exponents:
        """Choose the power of two that brings the larger of history and gradient to about 1."""
        _, first, second = state.sums
        old = np.zeros(second.shape, np.int32) if state.exponent is None else state.exponent
        history = np.maximum(_largest(state, first), np.sqrt(second))
        exponent = np.maximum(_exponent(history) + old, _exponent(_largest(state, grad)))
        new = np.where(exponent > _NEVER // 2, exponent, old).astype(np.int32)
        np.ldexp(first, old - new, out=first)
        np.ldexp(second, 2 * (old - new), out=second)
        state.exponent = new
        return new


def _largest(state: FTRLState, vector: Float[Array, "runs dim"]) -> Float[Array, "runs width"]:
    size = np.abs(vector)
    return size if state.flat else size.max(axis=-1, keepdims=True)


def _exponent(size: Float[Array, "runs width"]) -> Exponents:
    """The binary exponent of every number >= 0, _NEVER for zero."""
    exponent = np.frexp(size)[1].astype(np.int32)
    return np.where(size > 0, exponent, np.int32(_NEVER))


def beta_ftrl(radius: Parameter, beta: Parameter) -> DiscountedFTRL:
    """beta-FTRL on the L2 ball (arXiv 2405.18199, Theorem 9)."""
    return DiscountedFTRL(radius, beta, np.square(beta))


def clipped_adam(radius: Parameter, beta: Parameter) -> DiscountedFTRL:
    """Clipped Adam: beta1 = beta, beta2 = beta^2, per coordinate (arXiv 2405.18199, Section 6)."""
    return DiscountedFTRL(radius, beta, np.square(beta), coordinatewise=True)


def paper_learner(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The learner of the paper: beta-FTRL, or clipped Adam if coordinatewise; radius and beta as in DiscountedFTRL."""
    return clipped_adam(radius, beta) if coordinatewise else beta_ftrl(radius, beta)
