"""The methods that are compared, one row each: a learner for a step size and a discount, its law of a_t, its output.

A row is all that a new learner needs: the exam of the learners and the claims that compare methods go over the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from foundation.arrays import Array, Float
from optimizers.base import Learner
from optimizers.baselines import AdaGrad, Adam, Momentum, amsgrad, rmsprop
from optimizers.ftrl import beta_ftrl, clipped_adam
from optimizers.random_points import BlockedDescent, ScheduleFree, exponentiated_o2nc
from optimizers.scaling import Constant, Exponential, Scaling, Uniform


@dataclass(frozen=True)
class Method:
    """A compared method: make(rate, beta, scale) -> learner; rate, beta of shape (runs,), scale = G + sigma.

    output, of the gradient points: the last one, their EMA with discount beta, or the average over the last complete
    block of `blocks(beta)` steps. discounted: beta does something. proportional: the step grows with the gradient, so
    that the rate has the unit of x over that of g; else that of x. scale_free: gradients times a constant give the same
    plays.
    """

    make: Callable[[Float[Array, "runs"], Float[Array, "runs"], float], Learner]
    scaling: Scaling = field(default_factory=Constant)
    output: Literal["last", "ema", "blocks"] = "last"
    discounted: bool = True
    proportional: bool = False
    scale_free: bool = False


def blocks(beta: Float[Array, "runs"]) -> Float[Array, "runs"]:
    """O2NC's block for a discount: round(1/(1-beta)) steps, a whole number."""
    return np.round(1.0 / (1.0 - beta))


def _o2nc(rate: Float[Array, "runs"], beta: Float[Array, "runs"], scale: float) -> Learner:
    """Blocks of 1/(1-beta) steps, D = rate, eta = D sqrt(1-beta)/(G + sigma) (arXiv 2302.03775)."""
    step = rate * np.sqrt(1.0 - beta) / scale
    return BlockedDescent(rate, step, blocks(beta))


METHODS: dict[str, Method] = {
    "clipped Adam + EMA": Method(lambda r, b, s: clipped_adam(r, b), Exponential(), output="ema", scale_free=True),
    "beta-FTRL + EMA": Method(lambda r, b, s: beta_ftrl(r, b), Exponential(), output="ema", scale_free=True),
    "exponentiated O2NC": Method(lambda r, b, s: exponentiated_o2nc(r, b, 1.0, s), Exponential(), output="ema"),
    "O2NC": Method(_o2nc, Uniform(0.5), output="blocks"),
    "schedule-free SGD": Method(lambda r, b, s: ScheduleFree(r, b), Uniform(0.5), output="ema", proportional=True),
    "Adam + EMA": Method(lambda r, b, s: Adam(r, b), output="ema"),
    "Adam": Method(lambda r, b, s: Adam(r, b)),
    "AMSGrad": Method(lambda r, b, s: amsgrad(r, b)),
    "RMSProp": Method(lambda r, b, s: rmsprop(r, b)),
    "AdaGrad": Method(lambda r, b, s: AdaGrad(r), discounted=False),
    "SGD": Method(lambda r, b, s: Momentum(r), discounted=False, proportional=True),
    "SGD with momentum": Method(lambda r, b, s: Momentum(r, b), proportional=True),
    "normalised SGDM": Method(lambda r, b, s: Momentum(r, b, "unit"), scale_free=True),
    "sign momentum": Method(lambda r, b, s: Momentum(r, b, "sign"), scale_free=True),
}
