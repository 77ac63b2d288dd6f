"""The spread of straight-line motion at full speed, exactly, at every finite time. Ours."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.ranges import Numbers, count, discount, positive, real

SERIES = 0.05  # below it the Taylor series: the closed forms lose digits, the first term left out is < 1e-10 of the sum
FORGOTTEN = 40.0  # exp(-40) < 1e-17: after this many times 1/(1-beta) steps the limit is reached to the last bit


def straight_line_spread_at(radius: ArrayLike, beta: ArrayLike, time: ArrayLike) -> Numbers:
    r"""Motion at speed $D$ along a straight line, $a_t \sim \mathrm{Exp}(1)$, has at every $t$ exactly $\mathbb{E}\|y_t
    - \bar{x}_t\|^2 = D^2 [\beta/(1-\beta)^2 + \beta (1+\beta^t)/((1-\beta^2)(1-\beta^t)) - t(t+1)
    \beta^t/(1-\beta^t)^2]$. Status: ours (Lemma 10); attained.

    The age of y_t has the law w_j = (1-beta) beta^j/(1-beta^t), j < t. With N the distance of two independent
    ages, the points are a sum of N Exp(1) apart: spread = (D^2/2) (E N^2 + E N), where
    E N^2/2 = beta/(1-beta)^2 - t^2 beta^t/(1-beta^t)^2 (the variance of one age) and, from
    P(N = k) = 2 (1-beta) beta^k (1 - beta^{2(t-k)})/((1+beta)(1-beta^t)^2), k >= 1,
    E N/2 = beta (1+beta^t)/((1-beta^2)(1-beta^t)) - t beta^t/(1-beta^t)^2.
    It never exceeds its limit 2 beta D^2/((1+beta)(1-beta)^2): the difference is
    beta^t/(1-beta^t) [t(t+1)/(1-beta^t) - 2 beta/(1-beta^2)] D^2 and 1 - beta^t <= t(1-beta).

    Evaluated without cancellation in h = -log(beta)/2, x = h t, phi(x) = 1/x^2 - 1/sinh(x)^2:
    (D^2/4) [t(t+1) phi(x) - phi(h) + (coth x - 1/x)/h - (1/h - 2/sinh 2h) coth x]. Rounding error at most
    about 1e-10 of the value for beta >= 0.01. Broadcasts over arrays.
    """
    positive(radius=radius)
    discount(beta)
    count(time=time)
    time, half = real(time), -0.5 * np.log(real(beta))
    x = half * time
    squares = time * (time + 1.0) * _phi(x) - _phi(half)
    lengths = _coth_rest(x) / half - _csch_rest(half) / np.tanh(x)
    return real(np.square(real(radius)) * np.where(time > 1, squares + lengths, 0.0) / 4.0)[()]


def straight_line_spread(radius: float, beta: float, steps: int) -> float:
    r"""$\mathbb{E}_{t\sim [T]} \mathbb{E}\|y_t - \bar{x}_t\|^2$ of motion at speed $D$ along a straight line, $a_t \sim
    \mathrm{Exp}(1)$, exactly: the average of `straight_line_spread_at` over $t$ from 1 to $T$. Status: ours (Lemma 10);
    attained.

    Numbers only, no arrays.
    """
    count(steps=steps)
    discount(beta)
    changing = int(min(steps, np.ceil(FORGOTTEN / (1.0 - beta))))
    total = np.sum(straight_line_spread_at(radius, beta, np.arange(1, changing + 1)))
    limit = float(straight_line_spread_at(radius, beta, changing))
    return float(total + (steps - changing) * limit) / steps


def _phi(x: Numbers) -> Numbers:
    """1/x^2 - 1/sinh(x)^2, x > 0."""
    closed = 1.0 / np.square(x) - 1.0 / np.square(np.sinh(np.minimum(x, 300.0)))
    return np.where(x < SERIES, 1.0 / 3.0 - x**2 / 15.0 + 2.0 * x**4 / 189.0, closed)


def _coth_rest(x: Numbers) -> Numbers:
    """coth x - 1/x, x > 0."""
    return np.where(x < SERIES, x / 3.0 - x**3 / 45.0 + 2.0 * x**5 / 945.0, 1.0 / np.tanh(x) - 1.0 / x)


def _csch_rest(x: Numbers) -> Numbers:
    """1/x - 2/sinh(2x), x > 0."""
    closed = 1.0 / x - 2.0 / np.sinh(np.minimum(2.0 * x, 300.0))
    series = 2.0 * x / 3.0 - 14.0 * x**3 / 45.0 + 124.0 * x**5 / 945.0 - 254.0 * x**7 / 4725.0
    return np.where(x < SERIES, series, closed)
