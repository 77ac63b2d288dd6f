"""Deliberately wrong learners: what the checks of the regret bounds must reject. None is an algorithm of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizers.base import Array, Learner, Mover, column
from optimizers.ftrl import DiscountedFTRL, paper_learner


@dataclass(frozen=True)
class Flipped:
    """Plays the opposite of a learner: a wrong sign."""

    learner: Learner

    def init(self, shape: tuple[int, int]) -> Any:
        """The state of the learner."""
        return self.learner.init(shape)

    def play(self, state: Any, out: Array) -> Array:
        """Write -z to `out`."""
        return np.negative(self.learner.play(state, out), out=out)

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t."""
        self.learner.update(state, grad)


@dataclass(frozen=True)
class Dithered(Flipped):
    """Adds 1e-6 to every coordinate of a learner's plays: no longer zero-respecting."""

    def play(self, state: Any, out: Array) -> Array:
        """Write z + 1e-6 to `out`."""
        return np.add(self.learner.play(state, out), 1e-6, out=out)


@dataclass(frozen=True)
class DitheredMover(Dithered):
    """The same for a learner that says how it moves."""

    def move(self, state: Any, play: Array, scale: Array, out: Array) -> None:
        """As the learner does."""
        assert isinstance(self.learner, Mover)
        self.learner.move(state, play, scale, out)


def dithered(learner: Learner) -> Learner:
    """The learner, dithered."""
    return DitheredMover(learner) if isinstance(learner, Mover) else Dithered(learner)


class SumState:
    """A discounted sum of gradients, shape (runs, dim)."""

    def __init__(self, shape: tuple[int, int], radius: Array | float, beta: Array | float) -> None:
        self.first, self.norm = np.zeros(shape), np.zeros((shape[0], 1))
        self.radius, self.beta = column(radius, shape), column(beta, shape)


@dataclass(frozen=True)
class FixedDenominator:
    """z = -clip_D(D sum_s beta^{t-s} g_s / denominator): the step size does not adapt to the gradients."""

    radius: float | Array
    beta: float | Array
    denominator: float = 1.0

    def init(self, shape: tuple[int, int]) -> SumState:
        """The state before any gradient."""
        return SumState(shape, self.radius, self.beta)

    def play(self, state: SumState, out: Array) -> Array:
        """Write z, in the L2 ball, to `out`."""
        np.vecdot(state.first, state.first, out=state.norm[:, 0])
        np.sqrt(state.norm, out=state.norm)
        np.maximum(state.norm, self.denominator, out=state.norm)
        np.divide(state.first, state.norm, out=out)
        return np.multiply(out, np.negative(state.radius), out=out)

    def update(self, state: SumState, grad: Array) -> None:
        """Take g_t."""
        np.multiply(state.first, state.beta, out=state.first)
        np.add(state.first, grad, out=state.first)


def wrong_sign(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """z -> -z."""
    return Flipped(paper_learner(radius, beta, coordinatewise))


def no_clip(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """The ratio of the sums, not projected on the ball."""
    return DiscountedFTRL(radius, beta, np.square(beta), coordinatewise, clipped=False)


def no_momentum(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """beta1 = 0: the last gradient only."""
    return DiscountedFTRL(radius, np.zeros_like(beta), np.square(beta), coordinatewise)


def equal_discounts(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """beta2 = beta1 instead of beta1^2."""
    return DiscountedFTRL(radius, beta, beta, coordinatewise)


def slow_denominator(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """beta2 = 1 - (1 - beta)/100: the scale of the gradients is hardly forgotten."""
    return DiscountedFTRL(radius, beta, 1.0 - (1.0 - np.asarray(beta)) / 100.0, coordinatewise)


def long_momentum(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """beta1 = 1 - (1 - beta)/10: ten times too long."""
    return DiscountedFTRL(radius, 1.0 - (1.0 - np.asarray(beta)) / 10.0, np.square(beta), coordinatewise)


def fixed_denominator(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """The denominator 1, whatever the gradients."""
    return FixedDenominator(radius, beta)
