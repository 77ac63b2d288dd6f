"""Deliberately wrong learners: what the checks must reject. None is an algorithm of the paper.

The functions are `Maker`s: radius and beta are numbers or arrays of shape (runs,), as those of DiscountedFTRL, which
raises ValueError where they are out of range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foundation.arrays import Array, Float
from optimizers.base import Learner, Mover
from optimizers.batch import Column, Parameter, column
from optimizers.ftrl import DiscountedFTRL, paper_learner


@dataclass(frozen=True)
class Flipped:
    """Plays the opposite of a learner: a wrong sign."""

    learner: Learner

    def init(self, shape: tuple[int, int]) -> Any:
        """The state of the learner itself."""
        return self.learner.init(shape)

    def play(self, state: Any, out: Float[Array, "runs dim"]) -> Float[Array, "runs dim"]:
        """Write -z, z the play of the learner, to `out`."""
        return np.negative(self.learner.play(state, out), out=out)

    def update(self, state: Any, grad: Float[Array, "runs dim"]) -> None:
        """Give g_t to the learner."""
        self.learner.update(state, grad)


@dataclass(frozen=True)
class Dithered(Flipped):
    """Adds 1e-6 to every coordinate of a learner's plays: no longer zero-respecting."""

    def play(self, state: Any, out: Float[Array, "runs dim"]) -> Float[Array, "runs dim"]:
        """Write z + 1e-6 to `out`."""
        return np.add(self.learner.play(state, out), 1e-6, out=out)


@dataclass(frozen=True)
class DitheredMover(Dithered):
    """Adds 1e-6 to every coordinate of the plays of a learner that says how it moves."""

    def move(
        self,
        state: Any,
        play: Float[Array, "runs dim"],
        scale: Float[Array, "runs 1"],
        out: Float[Array, "runs dim"],
    ) -> None:
        """From gradient point to gradient point, as the learner does."""
        assert isinstance(self.learner, Mover)
        self.learner.move(state, play, scale, out)


def dithered(learner: Learner) -> Learner:
    """The learner with 1e-6 added to its plays; it moves as before if it says how it moves."""
    return DitheredMover(learner) if isinstance(learner, Mover) else Dithered(learner)


@dataclass
class SumState:
    """A discounted sum of gradients, and its norm."""

    first: Float[Array, "runs dim"]
    norm: Float[Array, "runs 1"]
    radius: Column
    beta: Column


@dataclass(frozen=True)
class FixedDenominator:
    """z = -clip_D(D sum_s beta^{t-s} g_s / denominator): the step size does not adapt to the gradients."""

    radius: Parameter
    beta: Parameter
    denominator: float = 1.0

    def init(self, shape: tuple[int, int]) -> SumState:
        """Nothing is played before the first gradient."""
        return SumState(np.zeros(shape), np.zeros((shape[0], 1)), column(self.radius, shape), column(self.beta, shape))

    def play(self, state: SumState, out: Float[Array, "runs dim"]) -> Float[Array, "runs dim"]:
        """Write z, in the L2 ball, to `out`."""
        np.vecdot(state.first, state.first, out=state.norm[:, 0])
        np.sqrt(state.norm, out=state.norm)
        np.maximum(state.norm, self.denominator, out=state.norm)
        np.divide(state.first, state.norm, out=out)
        return np.multiply(out, np.negative(state.radius), out=out)

    def update(self, state: SumState, grad: Float[Array, "runs dim"]) -> None:
        """Add g_t to the sum."""
        np.multiply(state.first, state.beta, out=state.first)
        np.add(state.first, grad, out=state.first)


def wrong_sign(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The opposite of the paper's learner: z -> -z."""
    return Flipped(paper_learner(radius, beta, coordinatewise))


def no_clip(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The ratio of the sums, not projected on the ball: plays may be longer than the radius."""
    return DiscountedFTRL(radius, beta, np.square(beta), coordinatewise, clipped=False)


def no_momentum(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """beta1 = 0: the numerator is the last gradient only, the denominator as in the paper."""
    return DiscountedFTRL(radius, np.zeros_like(beta), np.square(beta), coordinatewise)


def equal_discounts(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """beta2 = beta1 instead of beta1^2."""
    return DiscountedFTRL(radius, beta, beta, coordinatewise)


def slow_denominator(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """beta2 = 1 - (1 - beta)/100: the scale of the gradients is hardly forgotten."""
    return DiscountedFTRL(radius, beta, 1.0 - (1.0 - np.asarray(beta)) / 100.0, coordinatewise)


def long_momentum(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """beta1 = 1 - (1 - beta)/10: ten times too long."""
    return DiscountedFTRL(radius, 1.0 - (1.0 - np.asarray(beta)) / 10.0, np.square(beta), coordinatewise)


def fixed_denominator(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The denominator 1, whatever the gradients."""
    return FixedDenominator(radius, beta)
