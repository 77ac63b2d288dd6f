"""The flow that Algorithm 1 with beta-FTRL becomes where steps are short and the clip is always active.

In window time tau = (1-beta) t, with r0 = D/(1-beta): x' = -r0 m/||m||, m' = grad F(x) - m (theory/limit.py). As in
the algorithm averages are of what was seen: m and the average of x are divided by 1 - e^{-tau}.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from foundation.arrays import Array, Float
from objectives.base import Objective

TOLERANCES = 1e-7, 1e-9  # the second result is given, the first says how far it is off
LONGEST = 0.25  # step, in windows: no feature that a window can see is stepped over
MOST = 1000  # gradients a window; more are asked for only where m keeps returning to 0


@dataclass(frozen=True)
class Flow:
    """The flow at ascending times tau, in windows.

    x, xbar: x(tau) and the average of the x seen, shape (times, dim). norm: ||m||/(1 - e^{-tau}), the norm of the
    average of the gradients seen; norm_mean, gradient_mean: averages over [0, tau] of that and of ||grad F(xbar)||;
    pull: ||m||, undivided; pull_mean: its average. Shape (times,). error: how much any of these numbers changed when
    the solver's tolerance was divided by 100.
    """

    times: Float[Array, "times"]
    x: Float[Array, "times dim"]
    xbar: Float[Array, "times dim"]
    norm: Float[Array, "times"]
    norm_mean: Float[Array, "times"]
    gradient_mean: Float[Array, "times"]
    pull: Float[Array, "times"]
    pull_mean: Float[Array, "times"]
    error: float = np.nan


def flow(objective: Objective, reach: float, times: Float[Array, "times"]) -> Flow:
    """The flow from the objective's start with r0 = reach, up to the last of the ascending times > 0.

    Where m = 0 it goes along the gradient, as it does just after. Raises ArithmeticError if the solver gives up, as it
    may at a minimum, where the flow has no limit.
    """
    coarse, fine = (_read(objective, times, _states(objective, reach, times, each)) for each in TOLERANCES)
    names = [item.name for item in fields(Flow) if item.name != "error"]
    changes = (np.abs(getattr(fine, name) - getattr(coarse, name)).max() for name in names)
    return replace(fine, error=float(max(changes)))


def _states(
    objective: Objective, reach: float, times: Float[Array, "times"], tolerance: float
) -> Float[Array, "times state"]:
    """(x - start, m, sum of the x - start, and the three integrals) at the times."""
    from scipy.integrate import solve_ivp  # takes a while, and only this needs it

    start = objective.start
    dim, left = len(start), int(MOST * (1.0 + times[-1]))

    def speed(tau: float, state: Float[Array, "state"]) -> Float[Array, "state"]:
        nonlocal left
        left -= 1
        if left < 0:
            raise ArithmeticError(f"the flow of {type(objective).__name__} comes to rest before tau = {tau:.3g}")
        moved, m, summed = np.split(state[: 3 * dim], 3)
        seen = -np.expm1(-tau)
        average = summed / seen if tau > 0.0 else np.zeros(dim)
        here, there = objective.grad(np.stack([start + moved, start + average]))
        pull, slope = float(np.linalg.norm(m)), float(np.linalg.norm(here))
        toward = m / pull if pull > 0.0 else here / slope if slope > 0.0 else here
        norm = pull / seen if tau > 0.0 else slope
        sizes = [norm, float(np.linalg.norm(there)), pull]
        return np.concatenate([-reach * toward, here - m, moved - summed, sizes])

    span, zero = (0.0, float(times[-1])), np.zeros(3 * dim + 3)
    found = solve_ivp(speed, span, zero, "DOP853", times, rtol=tolerance, atol=0.01 * tolerance, max_step=LONGEST)
    if not found.success:
        raise ArithmeticError(f"the flow of {type(objective).__name__}: {found.message}")
    return np.asarray(found.y.T)


def _read(objective: Objective, times: Float[Array, "times"], states: Float[Array, "times state"]) -> Flow:
    """The states as a flow of unknown error."""
    start = objective.start
    dim = len(start)
    moved, m, summed = states[:, :dim], states[:, dim : 2 * dim], states[:, 2 * dim : 3 * dim]
    norm_mean, gradient_mean, pull_mean = (states[:, 3 * dim :] / times[:, None]).T
    seen = -np.expm1(-times)
    pull = np.linalg.norm(m, axis=1)
    xbar = start + summed / seen[:, None]
    return Flow(times, start + moved, xbar, pull / seen, norm_mean, gradient_mean, pull, pull_mean)
