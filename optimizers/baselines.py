"""Baselines of the field, each exact, as plays z_t of x_t = x_{t-1} + a_t z_t; a_t = 1 unless said otherwise.

Hyper-parameters are floats or arrays of shape (runs,). Nothing is played before the first gradient. Methods whose
gradients are taken at a random point of a segment are in optimizers/random_points.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from foundation.arrays import Array, Float
from foundation.numerics import length, ratio
from optimizers.base import Parameter, column


@dataclass
class MomentumState:
    """m, the decayed sum of the gradients."""

    m: Float[Array, "runs dim"]


@dataclass(frozen=True)
class Momentum:
    """m <- momentum m + g, z = -rate m; or along the unit vector m/||m||, or along sign(m).

    SGD (momentum 0) and SGD with momentum (Polyak 1964); "unit": normalised SGD with momentum, arXiv 2002.03305;
    "sign": signum, arXiv 1802.04434. The factor 1 - momentum that some put before g belongs to the rate here.
    """

    rate: Parameter
    momentum: Parameter = 0.0
    direction: Literal["gradient", "unit", "sign"] = "gradient"

    def init(self, shape: tuple[int, int]) -> MomentumState:
        """The state before any gradient; `shape` is (runs, dim)."""
        return MomentumState(np.zeros(shape))

    def play(self, state: MomentumState) -> Float[Array, "runs dim"]:
        """Against m, its direction, or its signs."""
        along = state.m
        if self.direction == "unit":
            along = ratio(state.m, length(state.m)[:, None])
        elif self.direction == "sign":
            along = np.sign(state.m)
        return -column(self.rate) * along

    def update(self, state: MomentumState, grad: Float[Array, "runs dim"]) -> None:
        """Decay m and add g_t."""
        state.m = column(self.momentum) * state.m + grad


@dataclass
class AdamState:
    """The averages m of g and v of g^2, the maximum of v so far, and what the averages of ones would be, 1 - beta^t."""

    m: Float[Array, "runs dim"]
    v: Float[Array, "runs dim"]
    top: Float[Array, "runs dim"]
    weight1: Float[Array, "runs 1"]
    weight2: Float[Array, "runs 1"]


@dataclass(frozen=True)
class Adam:
    """Adam as practised, arXiv 1412.6980: z = -rate m/(sqrt(v) + epsilon), m and v averages of g and g^2.

    corrected: m and v are divided by 1 - beta1^t and 1 - beta2^t. longest: v is replaced by its maximum so far
    (AMSGrad, arXiv 1904.09237, there without correction). beta1 = 0, not corrected: RMSProp (Tieleman and Hinton 2012).
    """

    rate: Parameter
    beta1: Parameter = 0.9
    beta2: Parameter = 0.999
    epsilon: float = 1e-8
    corrected: bool = True
    longest: bool = False

    def init(self, shape: tuple[int, int]) -> AdamState:
        """The state before any gradient; `shape` is (runs, dim)."""
        m, v, top = (np.zeros(shape) for _ in range(3))
        return AdamState(m, v, top, np.zeros((shape[0], 1)), np.zeros((shape[0], 1)))

    def play(self, state: AdamState) -> Float[Array, "runs dim"]:
        """-rate m/(sqrt(v) + epsilon)."""
        first, second = state.m, state.top if self.longest else state.v
        if self.corrected:
            first, second = ratio(first, state.weight1), ratio(second, state.weight2)
        return -column(self.rate) * ratio(first, np.sqrt(second) + self.epsilon)

    def update(self, state: AdamState, grad: Float[Array, "runs dim"]) -> None:
        """Take g_t into both averages, and a one into those of ones."""
        share1, share2 = 1.0 - column(self.beta1), 1.0 - column(self.beta2)
        state.m = state.m + share1 * (grad - state.m)
        state.v = state.v + share2 * (np.square(grad) - state.v)
        state.top = np.maximum(state.top, state.v)
        state.weight1 = state.weight1 + share1 * (1.0 - state.weight1)
        state.weight2 = state.weight2 + share2 * (1.0 - state.weight2)


def amsgrad(rate: Parameter, beta1: Parameter = 0.9, beta2: Parameter = 0.999) -> Adam:
    """AMSGrad (arXiv 1904.09237, Algorithm 2): Adam whose v never falls, without bias correction."""
    return Adam(rate, beta1, beta2, corrected=False, longest=True)


def rmsprop(rate: Parameter, beta2: Parameter = 0.99) -> Adam:
    """RMSProp (Tieleman and Hinton 2012): Adam without momentum and without bias correction."""
    return Adam(rate, 0.0, beta2, corrected=False)


@dataclass
class AdaGradState:
    """g, the last gradient, and v, the sum of g^2."""

    g: Float[Array, "runs dim"]
    v: Float[Array, "runs dim"]


@dataclass(frozen=True)
class AdaGrad:
    """z = -rate g/(sqrt(sum of g^2) + epsilon), per coordinate (Duchi, Hazan and Singer 2011)."""

    rate: Parameter
    epsilon: float = 1e-10

    def init(self, shape: tuple[int, int]) -> AdaGradState:
        """The state before any gradient; `shape` is (runs, dim)."""
        return AdaGradState(np.zeros(shape), np.zeros(shape))

    def play(self, state: AdaGradState) -> Float[Array, "runs dim"]:
        """Against the last gradient alone."""
        return -column(self.rate) * ratio(state.g, np.sqrt(state.v) + self.epsilon)

    def update(self, state: AdaGradState, grad: Float[Array, "runs dim"]) -> None:
        """Keep g_t, and add g_t^2 to v."""
        state.g = grad
        state.v = state.v + np.square(grad)


@dataclass
class DescentState:
    """The next play, a point of the ball."""

    z: Float[Array, "runs dim"]


@dataclass(frozen=True)
class ProjectedDescent:
    """Online gradient descent on the L2 ball: z <- clip_D(z - rate g); D = radius (Zinkevich 2003).

    On the losses <beta^{-t} g_t, z> with step rate beta^t; `untuned` gives the rate of the paper.
    """

    radius: Parameter
    rate: Parameter

    def init(self, shape: tuple[int, int]) -> DescentState:
        """The centre of the ball."""
        return DescentState(np.zeros(shape))

    def play(self, state: DescentState) -> Float[Array, "runs dim"]:
        """Where the last step led."""
        return state.z

    def update(self, state: DescentState, grad: Float[Array, "runs dim"]) -> None:
        """Step against g_t, and back to the ball."""
        radius = column(self.radius)
        z = state.z - column(self.rate) * grad
        state.z = z * (radius / np.maximum(length(z)[:, None], radius))


def untuned(radius: Parameter, beta: Parameter) -> ProjectedDescent:
    """Projected descent with rate D sqrt(1-beta), blind to G and sigma (arXiv 2405.18199, Section 5.2.2).

    Discounted regret <= 2 D^2/rate + rate (G^2+sigma^2)/(2(1-beta)) = D/sqrt(1-beta) (2 + (G^2+sigma^2)/2).
    """
    return ProjectedDescent(radius, np.asarray(radius) * np.sqrt(1.0 - np.asarray(beta)))
