"""Deliberately wrong learners: what the checks must reject. None is an algorithm of the paper.

The functions are `Maker`s: radius and beta are numbers or arrays of shape (runs,), as those of DiscountedFTRL, which
raises ValueError where they are out of range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import norm
from optimizers.base import Learner, Mover, Parameter, column
from optimizers.ftrl import DiscountedFTRL, paper_learner


@dataclass(frozen=True)
class Flipped:
    """Plays the opposite of a learner: a wrong sign."""

    learner: Learner

    def init(self, shape: tuple[int, int]) -> Any:
        """The state of the learner itself."""
        return self.learner.init(shape)

    def play(self, state: Any) -> Float[Array, "runs dim"]:
        """-z, z the play of the learner."""
        return -self.learner.play(state)

    def update(self, state: Any, grad: Float[Array, "runs dim"]) -> None:
        """Give g_t to the learner."""
        self.learner.update(state, grad)


@dataclass(frozen=True)
class Dithered(Flipped):
    """Adds 1e-6 to every coordinate of a learner's plays: no longer zero-respecting."""

    def play(self, state: Any) -> Float[Array, "runs dim"]:
        """z + 1e-6, z the play of the learner."""
        return self.learner.play(state) + 1e-6


@dataclass(frozen=True)
class DitheredMover(Dithered):
    """Adds 1e-6 to every coordinate of the plays of a learner that says how it moves."""

    def move(
        self, state: Any, play: Float[Array, "runs dim"], scale: Float[Array, "runs 1"]
    ) -> Float[Array, "runs dim"]:
        """From gradient point to gradient point, as the learner does."""
        assert isinstance(self.learner, Mover)
        return self.learner.move(state, play, scale)


def dithered(learner: Learner) -> Learner:
    """The learner with 1e-6 added to its plays; it moves as before if it says how it moves."""
    return DitheredMover(learner) if isinstance(learner, Mover) else Dithered(learner)


@dataclass
class SumState:
    """A discounted sum of gradients."""

    first: Float[Array, "runs dim"]


@dataclass(frozen=True)
class FixedDenominator:
    """z = -clip_D(D sum_s beta^{t-s} g_s / denominator): the step size does not adapt to the gradients."""

    radius: Parameter
    beta: Parameter
    denominator: float = 1.0

    def init(self, shape: tuple[int, int]) -> SumState:
        """Nothing is played before the first gradient."""
        return SumState(np.zeros(shape))

    def play(self, state: SumState) -> Float[Array, "runs dim"]:
        """z, in the L2 ball."""
        return -column(self.radius) * (state.first / np.maximum(norm(state.first)[:, None], self.denominator))

    def update(self, state: SumState, grad: Float[Array, "runs dim"]) -> None:
        """Add g_t to the sum."""
        state.first = column(self.beta) * state.first + grad


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


def twice_as_long(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """beta1 = 1 - (1 - beta)/2: a momentum twice as long."""
    return DiscountedFTRL(radius, 1.0 - (1.0 - np.asarray(beta)) / 2.0, np.square(beta), coordinatewise)


def cubed_discount(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """beta2 = beta1^3 instead of beta1^2."""
    return DiscountedFTRL(radius, beta, np.power(beta, 3), coordinatewise)


def wider_ball(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The learner of a ball that is a quarter wider than what is claimed."""
    return paper_learner(1.25 * np.asarray(radius), beta, coordinatewise)


def fixed_denominator(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """The denominator 1, whatever the gradients."""
    return FixedDenominator(radius, beta)
