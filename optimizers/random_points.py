"""Baselines that take their gradients at a random point of a segment.

The engine moves from gradient point to gradient point (`move`), and the law of a_t is that of the point on its segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foundation.arrays import Array, Float
from optimizers.base import Parameter, column
from optimizers.baselines import DescentState, Momentum, ProjectedDescent


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
    """The next play, the rest of the last step (from the gradient point to y_t), and the steps made in this block."""

    rest: Float[Array, "runs dim"]
    count: Float[Array, "runs 1"]


@dataclass(frozen=True)
class BlockedDescent(ProjectedDescent):
    """O2NC, arXiv 2302.03775: y_t = y_{t-1} + z_t, gradient at y_{t-1} + a_t z_t, a_t ~ U[0, 1].

    z by projected descent, restarted from 0 after every `block` steps (an integer, or shape (runs,)).
    """

    block: Parameter

    def init(self, shape: tuple[int, int]) -> BlockedState:
        """The centre of the ball, at the start."""
        return BlockedState(np.zeros(shape), np.zeros(shape), np.zeros((shape[0], 1)))

    def move(
        self, state: BlockedState, play: Float[Array, "runs dim"], scale: Float[Array, "runs 1"]
    ) -> Float[Array, "runs dim"]:
        """The way from one gradient point to the next: the rest of the last step, then a share of this one."""
        share = play * scale
        step = share + state.rest
        state.rest = play - share
        return step

    def update(self, state: Any, grad: Float[Array, "runs dim"]) -> None:
        """A step of projected descent, or back to 0 where a block ends."""
        super().update(state, grad)
        count = state.count + 1.0
        done = count >= column(self.block)
        state.z = np.where(done, 0.0, state.z)
        state.count = np.where(done, 0.0, count)


@dataclass
class ScheduleFreeState:
    """What changes in schedule-free SGD. lag: x_t - w_{t+1}. rest: the way from the gradient point to w."""

    lag: Float[Array, "runs dim"]
    rest: Float[Array, "runs dim"]


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
        return ScheduleFreeState(np.zeros(shape), np.zeros(shape))

    def play(self, state: ScheduleFreeState) -> Float[Array, "runs dim"]:
        """x_t - w_t = zeta (x_{t-1} - w_t)."""
        return column(self.zeta) * state.lag

    def move(
        self, state: ScheduleFreeState, play: Float[Array, "runs dim"], scale: Float[Array, "runs 1"]
    ) -> Float[Array, "runs dim"]:
        """The way from one gradient point to the next."""
        zeta = column(self.zeta)
        way = play * (zeta + (1.0 - zeta) * scale)
        step = way + state.rest
        state.rest = -way
        return step

    def update(self, state: ScheduleFreeState, grad: Float[Array, "runs dim"]) -> None:
        """Take g_t: w moves, and everything that is measured from it."""
        step = column(self.rate) * grad
        state.rest = state.rest - step
        state.lag = self.play(state) + step
