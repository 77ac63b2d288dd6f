"""Baselines of the field, each exact, as plays z_t of x_t = x_{t-1} + a_t z_t; a_t = 1 unless said otherwise.

Hyper-parameters are floats or arrays of shape (runs,). Where a method takes its gradient at a random point of a
segment, the engine moves from gradient point to gradient point (`move`), and the law of a_t is that of the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from optimizers.base import Array, column

Parameter = float | Array


class Planned:
    """Base: `update` has written the next play to `state.z` already."""

    def init(self, shape: tuple[int, int]) -> Any:
        """Zeros: nothing is played before the first gradient."""
        return SimpleNamespace(z=np.zeros(shape), time=0, **self._memory(shape))

    def _memory(self, shape: tuple[int, int]) -> dict[str, Array]:
        """What else the state holds: arrays of shape (runs, dim), and hyper-parameters as columns."""
        raise TypeError(f"{type(self).__name__} does not say what it remembers")

    def play(self, state: Any, out: Array) -> Array:
        """Write z to `out`."""
        np.copyto(out, state.z)
        return out


@dataclass(frozen=True)
class Momentum(Planned):
    """m <- momentum m + g, z = -rate m; or along the unit vector m/||m||, or along sign(m).

    SGD (momentum 0) and SGD with momentum (Polyak 1964); "unit": normalised SGD with momentum, arXiv 2002.03305;
    "sign": signum, arXiv 1802.04434. The factor 1 - momentum that some put before g belongs to the rate here.
    """

    rate: Parameter
    momentum: Parameter = 0.0
    direction: Literal["gradient", "unit", "sign"] = "gradient"

    def _memory(self, shape: tuple[int, int]) -> dict[str, Array]:
        return {
            "m": np.zeros(shape),
            "minus_rate": column(np.negative(self.rate), shape),
            "momentum": column(self.momentum, shape),
        }

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t."""
        state.m *= state.momentum
        state.m += grad
        if self.direction == "gradient":
            np.multiply(state.m, state.minus_rate, out=state.z)
        elif self.direction == "sign":
            np.multiply(np.sign(state.m), state.minus_rate, out=state.z)
        else:
            norm = np.sqrt(np.vecdot(state.m, state.m))[:, None]
            np.multiply(_ratio(state.m, norm), state.minus_rate, out=state.z)


def exponentiated_o2nc(radius: Parameter, beta: Parameter, lam: Parameter, scale: Parameter) -> Momentum:
    """Exponentiated O2NC, arXiv 2405.09742: z_{t+1} = beta/(1 + eta mu) (z_t - eta g_t), with a_t ~ Exp(1).

    That is SGD with momentum beta/(1 + eta mu). eta = (2D/(G+sigma)) sqrt(1-beta), mu = 24 lam D/(1-beta)^2;
    radius is D, scale is G + sigma.
    """
    gap = 1.0 - np.asarray(beta)
    eta, mu = 2.0 * np.asarray(radius) / scale * np.sqrt(gap), 24.0 * np.asarray(lam) * radius / gap**2
    shrink = beta / (1.0 + eta * mu)
    return Momentum(shrink * eta, shrink)


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

    def _memory(self, shape: tuple[int, int]) -> dict[str, Array]:
        zeros = {name: np.zeros(shape) for name in ("m", "v", "top")}
        numbers = {"minus_rate": np.negative(self.rate), "beta1": self.beta1, "beta2": self.beta2}
        return zeros | {name: column(value, shape) for name, value in numbers.items()}

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t."""
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


@dataclass(frozen=True)
class AdaGrad(Planned):
    """z = -rate g/(sqrt(sum of g^2) + epsilon), per coordinate (Duchi, Hazan and Singer 2011)."""

    rate: Parameter
    epsilon: float = 1e-10

    def _memory(self, shape: tuple[int, int]) -> dict[str, Array]:
        return {"v": np.zeros(shape), "minus_rate": column(np.negative(self.rate), shape)}

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t."""
        state.v += np.square(grad)
        np.multiply(_ratio(grad, np.sqrt(state.v) + self.epsilon), state.minus_rate, out=state.z)


@dataclass(frozen=True)
class ProjectedDescent(Planned):
    """Online gradient descent on the L2 ball: z <- clip_D(z - rate g); D = radius (Zinkevich 2003).

    On the losses <beta^{-t} g_t, z> with step rate beta^t; see `untuned`.
    """

    radius: Parameter
    rate: Parameter

    def _memory(self, shape: tuple[int, int]) -> dict[str, Array]:
        return {"radius": column(self.radius, shape), "rate": column(self.rate, shape)}

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t."""
        state.z -= state.rate * grad
        norm = np.sqrt(np.vecdot(state.z, state.z))[:, None]
        state.z *= state.radius / np.maximum(norm, state.radius)


def untuned(radius: Parameter, beta: Parameter) -> ProjectedDescent:
    """Projected descent with rate D sqrt(1-beta), blind to G and sigma (arXiv 2405.18199, Section 5.2.2).

    Discounted regret <= 2 D^2/rate + rate (G^2+sigma^2)/(2(1-beta)) = D/sqrt(1-beta) (2 + (G^2+sigma^2)/2).
    """
    return ProjectedDescent(radius, np.asarray(radius) * np.sqrt(1.0 - np.asarray(beta)))


@dataclass(frozen=True)
class BlockedDescent(ProjectedDescent):
    """O2NC, arXiv 2302.03775: y_t = y_{t-1} + z_t, gradient at y_{t-1} + a_t z_t, a_t ~ U[0, 1].

    z by projected descent, restarted from 0 after every `block` steps (an integer, or shape (runs,)).
    """

    block: Parameter = 100

    def _memory(self, shape: tuple[int, int]) -> dict[str, Array]:
        return {**super()._memory(shape), "rest": np.zeros(shape), "block": column(self.block, shape)}

    def move(self, state: Any, play: Array, scale: Array, out: Array) -> None:
        """The way from one gradient point to the next: the rest of the last step, then a share of this one."""
        np.multiply(play, scale, out=out)
        rest = play - out
        out += state.rest
        state.rest = rest

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t."""
        super().update(state, grad)
        state.time += 1
        state.z *= state.time % state.block != 0


@dataclass(frozen=True)
class ScheduleFree:
    """Schedule-free SGD, arXiv 2405.15682 in the form of arXiv 2411.07061.

    w_{t+1} = w_t - rate g_t, x_t = zeta x_{t-1} + (1-zeta) w_t, gradient at kappa x_t + (1-kappa) w_t,
    kappa = zeta + (1-zeta) a_t with a_t ~ U[0, 1]. The play is x_t - w_t.
    """

    rate: Parameter
    zeta: Parameter

    def init(self, shape: tuple[int, int]) -> Any:
        """x_0 = w_1 = the start."""
        zeros = {name: np.zeros(shape) for name in ("lag", "rest")}
        return SimpleNamespace(**zeros, rate=column(self.rate, shape), zeta=column(self.zeta, shape))

    def play(self, state: Any, out: Array) -> Array:
        """Write x_t - w_t = zeta (x_{t-1} - w_t) to `out`; it is kept, for `update`."""
        state.lag = np.multiply(state.zeta, state.lag, out=out).copy()
        return out

    def move(self, state: Any, play: Array, scale: Array, out: Array) -> None:
        """The way from one gradient point to the next."""
        np.multiply(play, state.zeta + (1.0 - state.zeta) * scale, out=out)
        state.rest, rest = -out, state.rest
        out += rest

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t: w moves, and everything that is measured from it."""
        step = state.rate * grad
        state.rest -= step
        state.lag += step


def _ratio(part: Array, whole: Array) -> Array:
    """part/whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
