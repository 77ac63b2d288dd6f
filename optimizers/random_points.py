"""Baselines that take their gradients at a random point of a segment.

The engine moves from gradient point to gradient point (`move`), and the law of a_t is that of the point on its segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foundation.arrays import Array, Float
from optimizers.baselines import DescentState, Momentum, ProjectedDescent
from optimizers.batch import Column, Parameter, column


def exponentiated_o2nc(radius: Parameter, beta: Parameter, lam: Parameter, scale: Parameter) -> Momentum:
    """Exponentiated O2NC, arXiv 2405.09742: z_{t+1} = beta/(1 + eta mu) (z_t - eta g_t), with a_t ~ Exp(1).

    That is SGD with momentum beta/(1 + eta mu). eta = (2D/(G+sigma)) sqrt(1-beta), mu = 24 lam D/(1-beta)^2;
    radius is D, scale is G + sigma.
    """
    forgetting = 1.0 - np.asarray(beta)
    eta = 2.0 * np.asarray(radius) / scale * np.sqrt(forgetting)
    mu = 24.0 * np.asarray(lam) * radius / forgetting**2
    shrink = beta / (1.0 + eta * mu)
    return Momentum(shrink * eta, shrink)


@dataclass
class BlockedState(DescentState):
    """The next play, the rest of the last step (from the gradient point to y_t), a block's length, the steps made."""

    rest: Float[Array, "runs dim"]
    block: Column
    time: int = 0


@dataclass(frozen=True)
class BlockedDescent(ProjectedDescent):
    """O2NC, arXiv 2302.03775: y_t = y_{t-1} + z_t, gradient at y_{t-1} + a_t z_t, a_t ~ U[0, 1].

    z by projected descent, restarted from 0 after every `block` steps (an integer, or shape (runs,)).
    """

    block: Parameter = 100

    def init(self, shape: tuple[int, int]) -> BlockedState:
        """The centre of the ball, at the start."""
        zeros, block = np.zeros(shape), column(self.block, shape)
        return BlockedState(np.zeros(shape), column(self.radius, shape), column(self.rate, shape), zeros, block)

    def move(
        self,
        state: BlockedState,
        play: Float[Array, "runs dim"],
        scale: Float[Array, "runs 1"],
        out: Float[Array, "runs dim"],
    ) -> None:
        """The way from one gradient point to the next: the rest of the last step, then a share of this one."""
        np.multiply(play, scale, out=out)
        rest = play - out
        out += state.rest
        state.rest = rest

    def update(self, state: Any, grad: Float[Array, "runs dim"]) -> None:
        """A step of projected descent, or back to 0 where a block ends."""
        super().update(state, grad)
        state.time += 1
        state.z *= state.time % state.block != 0


@dataclass
class ScheduleFreeState:
    """What changes in schedule-free SGD. lag: x_t - w_{t+1}. rest: the way from the gradient point to w."""

    lag: Float[Array, "runs dim"]
    rest: Float[Array, "runs dim"]
    rate: Column
    zeta: Column


@dataclass(frozen=True)
class ScheduleFree:
    """Schedule-free SGD, arXiv 2405.15682 in the form of arXiv 2411.07061.

    w_{t+1} = w_t - rate g_t, x_t = zeta x_{t-1} + (1-zeta) w_t, gradient at kappa x_t + (1-kappa) w_t,
    kappa = zeta + (1-zeta) a_t with a_t ~ U[0, 1]. The play is x_t - w_t.
    """

    rate: Parameter
    zeta: Parameter

    def init(self, shape: tuple[int, int]) -> ScheduleFreeState:
        """x_0 = w_1 = the start."""
        return ScheduleFreeState(np.zeros(shape), np.zeros(shape), column(self.rate, shape), column(self.zeta, shape))

    def play(self, state: ScheduleFreeState, out: Float[Array, "runs dim"]) -> Float[Array, "runs dim"]:
        """Write x_t - w_t = zeta (x_{t-1} - w_t) to `out`; it is kept, for `update`."""
        state.lag = np.multiply(state.zeta, state.lag, out=out).copy()
        return out

    def move(
        self,
        state: ScheduleFreeState,
        play: Float[Array, "runs dim"],
        scale: Float[Array, "runs 1"],
        out: Float[Array, "runs dim"],
    ) -> None:
        """The way from one gradient point to the next."""
        np.multiply(play, state.zeta + (1.0 - state.zeta) * scale, out=out)
        state.rest, rest = -out, state.rest
        out += rest

    def update(self, state: ScheduleFreeState, grad: Float[Array, "runs dim"]) -> None:
        """Take g_t: w moves, and everything that is measured from it."""
        step = state.rate * grad
        state.rest -= step
        state.lag += step
