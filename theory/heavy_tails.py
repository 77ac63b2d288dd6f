"""Noise with a p-th moment only, 1 < p <= 2: Algorithm 1 of arXiv 2405.18199 unchanged, under E||g - grad F||^p <=
sigma_p^p given the past. All of it is ours, with proofs.

moment = sigma_p, power = p, coordinate_moment = the sigma_{p,i}, with E|g_i - d_iF|^p <= sigma_{p,i}^p, and l1_moment
their sum; other names, symbols, shapes and errors as in `theory.adam_ema`. At p = 2 sigma_p is sigma.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.ranges import Numbers, count, discount, nonnegative, positive, real, round_up, show
from theory import sharpened
from theory.adam_ema import Parameters

HALVINGS = 60  # of (0, 1/2], where the maximum of `moment_constant` lies


def moment_constant(power: ArrayLike) -> Numbers:
    r"""For martingale differences $X_1$, $X_2$, ... in a Hilbert space and $1 < p \leq 2$, $(\mathbb{E}\|X_1 + \ldots +
    X_n\|^p)^{1/p} \leq c_p (\mathbb{E}\|X_1\|^p + \ldots + \mathbb{E}\|X_n\|^p)^{1/p}$, where $c_p^p$ is the largest
    value of $(1-x)^p - x^p + p x^{p-1}$ for $0 < x \leq 1/2$. Status: ours (von Bahr and Esseen, whose $c_p^p$ is 2).

    It is enough that N = ||s+x||^p - ||s||^p - p ||s||^{p-2} <s,x> <= c_p^p ||x||^p, for the linear term has mean zero
    given the past. Put ||s|| = 1, ||x|| = r, <s,x> = r c: N = (1 + 2rc + r^2)^{p/2} - 1 - p r c is concave in c, and
    stationary where 1 + 2rc + r^2 = 1. If r <= 2, that is c = -r/2, where N = p r^2/2, so that N/r^p is at most what it
    is at r = 2, p 2^{1-p}. If r >= 2, N is largest at c = -1, on a line: N/r^p = ((r-1)^p - 1 + p r)/r^p, with x = 1/r
    what stands above (x = 1/2: the p 2^{1-p} again). For s = 0, N/r^p = 1, the limit x = 0.
    The derivative of what stands above, over p, is (p-1) x^{p-2} - x^{p-1} - (1-x)^{p-1}: it decreases on (0, 1/2], and
    is not positive at 1/2. One step attains it: X = -r s with a probability that tends to 0, centred, after s. c_2 = 1;
    c_p^p <= 2^{2-p} (docs/sharper.md), which interpolates p = 1 and p = 2. On the line it is Pinelis's (2015).
    Where X is symmetric given the past, 1 does: (||s+x||^p + ||s-x||^p)/2 <= (||s||^2 + ||x||^2)^{p/2}.
    """
    _order(power)
    p = real(power)
    low, high = np.zeros_like(p), np.full_like(p, 0.5)
    for _ in range(HALVINGS):
        x = (low + high) / 2.0
        rising = (p - 1.0) * x ** (p - 2.0) > x ** (p - 1.0) + (1.0 - x) ** (p - 1.0)
        low, high = np.where(rising, x, low), np.where(rising, high, x)
    return ((1.0 - high) ** p - high**p + p * high ** (p - 1.0)) ** (1.0 / p)


def noise_bound(moment: ArrayLike, power: ArrayLike, beta: ArrayLike) -> Numbers:
    r"""With $S^F_t$ and $S^g_t$ as in Lemma 7, for every $t$, $\mathbb{E}\|S^g_t - S^F_t\| \leq c_p
    \sigma_p/(1-\beta^p)^{1/p}$. Status: ours (Lemma 7, p-th moments).

    Jensen, and `moment_constant` for X_s = beta^{t-s} (g_s - grad F(x_s)). So the noise terms of Lemma 7,
    <S^g_t - S^F_t, u_t> with ||u_t|| <= D, are at most D times this, although u_t depends on the noise.
    """
    return moment_constant(power) * _decayed(moment, power, beta)


def lemma07_bound(
    gap: ArrayLike,
    lipschitz: ArrayLike,
    moment: ArrayLike,
    power: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Numbers:
    r"""For any learner in the ball of radius $D$, with $u_t$ as in Lemma 7, $\mathbb{E}_{t\sim [T]}
    \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\| \leq \Delta/(DT) + G \beta/((1-\beta)T) + c_p \sigma_p (\beta/T + 1 -
    \beta)/(1-\beta^p)^{1/p} + (1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t \mathbb{E}
    \mathrm{Regret}_t(u_t)]$. Status: ours (Lemma 7, p-th moments).

    The proof of `sharpened.lemma07_bound` with `noise_bound`; Lemma 20 needs E||g - grad F|| < inf only.
    """
    exact = sharpened.lemma07_bound(gap, lipschitz, 0.0, radius, beta, steps, regret_last, regret_sum)
    return exact + noise_bound(moment, power, beta) * (real(beta) / real(steps) + 1.0 - real(beta))


def equation1(radius: ArrayLike, lipschitz: ArrayLike, moment: ArrayLike, power: ArrayLike, beta: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL in Algorithm 1 has, for every $t$, against the best $u$ of the ball, $\mathbb{E} \sup_u
    \mathrm{Regret}_t(u) \leq 2 D [G/\sqrt{1-\beta^2} + \sigma_p/(1-\beta^p)^{1/p}]$. Status: ours (equation (1), p-th
    moments).

    Theorem 9 with 2 is pathwise. (sum_s b_s^2 ||g_s||^2)^{1/2}, b_s = beta^{t-s}, is at most the same of the true
    gradients, <= G/sqrt(1-beta^2), plus that of the noise (Minkowski), which is at most
    (sum_s b_s^p ||g_s - grad F(x_s)||^p)^{1/p}, for p <= 2; and Jensen. No c_p. At p = 2 `sharpened.equation1` is less.
    """
    exact = sharpened.equation1(radius, lipschitz, 0.0, beta)
    return exact + 2.0 * real(radius) * _decayed(moment, power, beta)


def equation2(
    radius: ArrayLike,
    coordinate_lipschitz: ArrayLike,
    coordinate_moment: ArrayLike,
    power: ArrayLike,
    beta: ArrayLike,
) -> Numbers:
    r"""Clipped Adam in Algorithm 1 has, for every $t$, with regrets added over coordinates, against the best $u$ with
    every $|u[i]| \leq D$, $\mathbb{E} \sup_u \mathrm{Regret}_t(u) \leq 2 D [\|G\|_1/\sqrt{1-\beta^2} +
    \|\sigma_p\|_1/(1-\beta^p)^{1/p}]$. Status: ours (equation (2), p-th moments).

    `equation1` on every coordinate, added. coordinate_lipschitz, coordinate_moment: shape (..., dim); the rest (...).
    """
    nonnegative(coordinate_lipschitz=coordinate_lipschitz, coordinate_moment=coordinate_moment)
    lipschitz, moment = real(coordinate_lipschitz).sum(axis=-1), real(coordinate_moment).sum(axis=-1)
    return equation1(radius, lipschitz, moment, power, beta)


def guarantee(
    lam: ArrayLike,
    gap: ArrayLike,
    l1_lipschitz: ArrayLike,
    l1_moment: ArrayLike,
    power: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    dim: ArrayLike = 1,
) -> Numbers:
    r"""Clipped Adam in Algorithm 1, at any $\beta$, $D$ and $T$ and for any $\lambda > 0$, has $\mathbb{E}_{t\sim [T]}
    \mathbb{E}\|\nabla F(\bar{x}_t)\|_1^{[\lambda]} \leq \Delta/(DT) + \|G\|_1 \beta/((1-\beta)T) + [2
    \|G\|_1/\sqrt{1-\beta^2} + (2 + c_p) \|\sigma_p\|_1/(1-\beta^p)^{1/p}] (\beta/T + 1 - \beta) + 2 \beta/(1+\beta)
    \lambda d D^2/(1-\beta)^2$. Status: ours (Theorem 18, p-th moments).

    `lemma07_bound` coordinate by coordinate with `equation2` in the bracket, plus lam times `sharpened.lemma10_bound`.
    With d = 1 and G, sigma_p of the 2-norm it is the bound of beta-FTRL, for ||grad F(xbar_t)||^[lam].
    """
    positive(lam=lam)
    regret = equation1(radius, l1_lipschitz, l1_moment, power, beta)
    bracket = regret, real(steps) * regret
    conversion = lemma07_bound(gap, l1_lipschitz, l1_moment, power, radius, beta, steps, *bracket)
    return conversion + real(lam) * sharpened.lemma10_bound(radius, beta, dim)


def parameters(
    eps: ArrayLike,
    lam: ArrayLike,
    gap: ArrayLike,
    l1_lipschitz: ArrayLike,
    l1_moment: ArrayLike,
    power: ArrayLike,
    dim: ArrayLike = 1,
) -> Parameters:
    r"""For $0 < \varepsilon \leq \|G\|_1$ clipped Adam in Algorithm 1 has $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\nabla
    F(\bar{x}_t)\|_1^{[\lambda]}$ at most $\varepsilon$ with $\beta = 1 - 1/\max\{64 \|G\|_1^2/\varepsilon^2, ((8 + 4
    c_p) \|\sigma_p\|_1/\varepsilon)^{p/(p-1)}\}$, $D = (1-\beta) \varepsilon^{1/2}/(3 (d \lambda)^{1/2})$ and $T =
    (1-\beta)^{-1} \max\{13.5 \Delta (d \lambda)^{1/2} \varepsilon^{-3/2}, 9 \|G\|_1/\varepsilon\}$, rounded up.
    Status: ours (Theorem 18, p-th moments).

    The sum of `guarantee`: since 1-beta^p >= 1-beta, the bracket times 1-beta is at most
    2 ||G||_1 (1-beta)^{1/2} + (2 + c_p) ||sigma_p||_1 (1-beta)^{1-1/p} <= (1/4 + 1/4) eps; beta/T adds at most a ninth
    of it, for (1-beta)T >= 9; start-up <= eps/9, spread <= eps/9, descent <= 3/13.5 eps: 5/9 + 1/9 + 1/9 + 2/9 = 1.
    beta-FTRL: d = 1, G and sigma_p. Raises ValueError if eps > ||G||_1, where every point is stationary, or T > 2^53.
    """
    positive(eps=eps, lam=lam, l1_lipschitz=l1_lipschitz)
    nonnegative(gap=gap, l1_moment=l1_moment)
    count(dim=dim)
    if not np.all(real(eps) <= real(l1_lipschitz)):
        raise ValueError(f"eps = {show(eps)}: must be <= l1_lipschitz = {show(l1_lipschitz)}")
    eps, lam, p = real(eps), real(lam) * real(dim), real(power)
    loud = ((8.0 + 4.0 * moment_constant(power)) * real(l1_moment) / eps) ** (p / (p - 1.0))
    window = np.maximum(np.square(8.0 * real(l1_lipschitz) / eps), loud)
    branches = np.maximum(13.5 * real(gap) * np.sqrt(lam) * eps**-1.5, 9.0 * real(l1_lipschitz) / eps)
    return Parameters(1.0 - 1.0 / window, np.sqrt(eps / lam) / (3.0 * window), round_up(branches * window))


def _decayed(moment: ArrayLike, power: ArrayLike, beta: ArrayLike) -> Numbers:
    """sigma_p/(1-beta^p)^{1/p}, the p-th root of the sum of the decayed p-th moments."""
    nonnegative(moment=moment)
    discount(beta)
    _order(power)
    p = real(power)
    return real(moment) / (-np.expm1(p * np.log(real(beta)))) ** (1.0 / p)


def _order(power: ArrayLike) -> None:
    positive(power=power)
    if not np.all((real(power) > 1.0) & (real(power) <= 2.0)):
        raise ValueError(f"power = {show(power)}: must lie in (1, 2]")
