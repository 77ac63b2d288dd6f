"""Baselines of the field, each exact, as plays z_t of x_t = x_{t-1} + a_t z_t; a_t = 1 unless said otherwise.

Hyper-parameters are floats or arrays of shape (runs,). Methods whose gradients are taken at a random point of a segment
are in optimizers/random_points.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from foundation.arrays import Array, Float
from optimizers.batch import Column, Parameter, column


class Planned:
    """Base: `update` has written the next play to `state.z`, shape (runs, dim), already."""

    def play(self, state: Any, out: Float[Array, "runs dim"]) -> Float[Array, "runs dim"]:
        """Write the planned play to `out`."""
        np.copyto(out, state.z)
        return out


@dataclass
class MomentumState:
    """The next play and m, the decayed sum of the gradients."""

    z: Float[Array, "runs dim"]
    m: Float[Array, "runs dim"]
    minus_rate: Column
    momentum: Column


@dataclass(frozen=True)
class Momentum(Planned):
    """m <- momentum m + g, z = -rate m; or along the unit vector m/||m||, or along sign(m).

    SGD (momentum 0) and SGD with momentum (Polyak 1964); "unit": normalised SGD with momentum, arXiv 2002.03305;
    "sign": signum, arXiv 1802.04434. The factor 1 - momentum that some put before g belongs to the rate here.
    """

    rate: Parameter
    momentum: Parameter = 0.0
    direction: Literal["gradient", "unit", "sign"] = "gradient"

    def init(self, shape: tuple[int, int]) -> MomentumState:
        """Nothing is played before the first gradient."""
        minus_rate, momentum = column(np.negative(self.rate), shape), column(self.momentum, shape)
        return MomentumState(np.zeros(shape), np.zeros(shape), minus_rate, momentum)

    def update(self, state: MomentumState, grad: Float[Array, "runs dim"]) -> None:
        """Decay m and add g_t."""
        state.m *= state.momentum
        state.m += grad
        if self.direction == "gradient":
            np.multiply(state.m, state.minus_rate, out=state.z)
        elif self.direction == "sign":
            np.multiply(np.sign(state.m), state.minus_rate, out=state.z)
        else:
            norm = np.sqrt(np.vecdot(state.m, state.m))[:, None]
            np.multiply(_ratio(state.m, norm), state.minus_rate, out=state.z)


@dataclass
class AdamState:
    """The next play, the averages m of g and v of g^2, the maximum of v so far, and how many gradients were seen."""

    z: Float[Array, "runs dim"]
    m: Float[Array, "runs dim"]
    v: Float[Array, "runs dim"]
    top: Float[Array, "runs dim"]
    minus_rate: Column
    beta1: Column
    beta2: Column
    time: int = 0


@dataclass(frozen=True)
class Adam(Planned):
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
        """Nothing is played before the first gradient."""
        z, m, v, top = (np.zeros(shape) for _ in range(4))
        minus_rate = column(np.negative(self.rate), shape)
        return AdamState(z, m, v, top, minus_rate, column(self.beta1, shape), column(self.beta2, shape))

    def update(self, state: AdamState, grad: Float[Array, "runs dim"]) -> None:
        """Take g_t into both averages."""
        state.time += 1
        state.m += (1.0 - state.beta1) * (grad - state.m)
        state.v += (1.0 - state.beta2) * (np.square(grad) - state.v)
        first, second = state.m, state.v
        if self.longest:
            second = np.maximum(state.top, state.v, out=state.top)
        if self.corrected:
            first, second = first / (1.0 - state.beta1**state.time), second / (1.0 - state.beta2**state.time)
        np.multiply(_ratio(first, np.sqrt(second) + self.epsilon), state.minus_rate, out=state.z)


def amsgrad(rate: Parameter, beta1: Parameter = 0.9, beta2: Parameter = 0.999) -> Adam:
    """AMSGrad (arXiv 1904.09237, Algorithm 2): Adam whose v never falls, without bias correction."""
    return Adam(rate, beta1, beta2, corrected=False, longest=True)


def rmsprop(rate: Parameter, beta2: Parameter = 0.99) -> Adam:
    """RMSProp (Tieleman and Hinton 2012): Adam without momentum and without bias correction."""
    return Adam(rate, 0.0, beta2, corrected=False)


@dataclass
class AdaGradState:
    """The next play and v, the sum of g^2."""

    z: Float[Array, "runs dim"]
    v: Float[Array, "runs dim"]
    minus_rate: Column


@dataclass(frozen=True)
class AdaGrad(Planned):
    """z = -rate g/(sqrt(sum of g^2) + epsilon), per coordinate (Duchi, Hazan and Singer 2011)."""

    rate: Parameter
    epsilon: float = 1e-10

    def init(self, shape: tuple[int, int]) -> AdaGradState:
        """Nothing is played before the first gradient."""
        return AdaGradState(np.zeros(shape), np.zeros(shape), column(np.negative(self.rate), shape))

    def update(self, state: AdaGradState, grad: Float[Array, "runs dim"]) -> None:
        """Add g_t^2 to v; the play is along g_t alone."""
        state.v += np.square(grad)
        np.multiply(_ratio(grad, np.sqrt(state.v) + self.epsilon), state.minus_rate, out=state.z)


@dataclass
class DescentState:
    """The next play, with the radius of the ball and the rate."""

    z: Float[Array, "runs dim"]
    radius: Column
    rate: Column


@dataclass(frozen=True)
class ProjectedDescent(Planned):
    """Online gradient descent on the L2 ball: z <- clip_D(z - rate g); D = radius (Zinkevich 2003).

    On the losses <beta^{-t} g_t, z> with step rate beta^t; `untuned` gives the rate of the paper.
    """

    radius: Parameter
    rate: Parameter

    def init(self, shape: tuple[int, int]) -> DescentState:
        """The centre of the ball."""
        return DescentState(np.zeros(shape), column(self.radius, shape), column(self.rate, shape))

    def update(self, state: DescentState, grad: Float[Array, "runs dim"]) -> None:
        """Step against g_t, and back to the ball."""
        state.z -= state.rate * grad
        norm = np.sqrt(np.vecdot(state.z, state.z))[:, None]
        state.z *= state.radius / np.maximum(norm, state.radius)


def untuned(radius: Parameter, beta: Parameter) -> ProjectedDescent:
    """Projected descent with rate D sqrt(1-beta), blind to G and sigma (arXiv 2405.18199, Section 5.2.2).

    Discounted regret <= 2 D^2/rate + rate (G^2+sigma^2)/(2(1-beta)) = D/sqrt(1-beta) (2 + (G^2+sigma^2)/2).
    """
    return ProjectedDescent(radius, np.asarray(radius) * np.sqrt(1.0 - np.asarray(beta)))


def _ratio(part: Float[Array, "runs dim"], whole: Float[Array, "runs #dim"]) -> Float[Array, "runs dim"]:
    """part/whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
