"""The methods that are compared: a learner for a step size and a discount, its law of a_t, its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from experiments.base import Array, Scales
from optimizers.base import Learner
from optimizers.baselines import (
    AdaGrad,
    Adam,
    BlockedDescent,
    Momentum,
    ScheduleFree,
    amsgrad,
    exponentiated_o2nc,
    rmsprop,
)
from optimizers.ftrl import beta_ftrl, clipped_adam
from optimizers.scaling import Constant, Exponential, Scaling, Uniform


@dataclass(frozen=True)
class Method:
    """make(rate, beta, scales) -> learner; rate, beta of shape (runs,).

    averaged: the output is the EMA, with discount beta, of the gradient points, else the last one. discounted:
    beta does something. proportional: the step grows with the gradient, so that the rate has the unit of x over
    that of g.
    """

    make: Callable[[Array, Array, Scales], Learner]
    scaling: Scaling = field(default_factory=Constant)
    averaged: bool = False
    discounted: bool = True
    proportional: bool = False


def _o2nc(rate: Array, beta: Array, scales: Scales) -> Learner:
    """Blocks of 1/(1-beta) steps, D = rate, eta = D sqrt(1-beta)/(G + sigma) (arXiv 2302.03775)."""
    step = rate * np.sqrt(1.0 - beta) / (scales.lipschitz + scales.sigma)
    return BlockedDescent(rate, step, np.round(1.0 / (1.0 - beta)))


METHODS: dict[str, Method] = {
    "clipped Adam + EMA": Method(lambda r, b, s: clipped_adam(r, b), Exponential(), averaged=True),
    "beta-FTRL + EMA": Method(lambda r, b, s: beta_ftrl(r, b), Exponential(), averaged=True),
    "exponentiated O2NC": Method(
        lambda r, b, s: exponentiated_o2nc(r, b, 1.0, s.lipschitz + s.sigma), Exponential(), averaged=True
    ),
    "O2NC": Method(_o2nc, Uniform(0.5), averaged=True),
    "schedule-free SGD": Method(lambda r, b, s: ScheduleFree(r, b), Uniform(0.5), averaged=True, proportional=True),
    "Adam + EMA": Method(lambda r, b, s: Adam(r, b), averaged=True),
    "Adam": Method(lambda r, b, s: Adam(r, b)),
    "AMSGrad": Method(lambda r, b, s: amsgrad(r, b)),
    "RMSProp": Method(lambda r, b, s: rmsprop(r, b)),
    "AdaGrad": Method(lambda r, b, s: AdaGrad(r), discounted=False),
    "SGD": Method(lambda r, b, s: Momentum(r), discounted=False, proportional=True),
    "SGD with momentum": Method(lambda r, b, s: Momentum(r, b), proportional=True),
    "normalised SGDM": Method(lambda r, b, s: Momentum(r, b, "unit")),
    "sign momentum": Method(lambda r, b, s: Momentum(r, b, "sign")),
}
