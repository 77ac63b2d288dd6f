"""Every parameter choice and bound of arXiv 2405.18199, in paper order.

All functions broadcast over arrays and return float64 (steps: int64). Symbols: gap = Delta, lipschitz = G,
radius = D, steps = T, guess = C, dim = d; scale = G + sigma, l1_scale = ||G+sigma||_1 = sum_i (G_i + sigma_i), and
l1_lipschitz, l1_sigma likewise. All raise ValueError (TypeError if not a number) in one line that names the
argument. Status: stated in the paper, or proved there (where the proof gives something else).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foundation.ranges import Numbers, count, discount, nonnegative, positive, real, round_up, show
from theory.ledger import lemma07_bracket


class Parameters(NamedTuple):
    """What a theorem tells the user to run: discount, radius of the learner's ball (unit of x), number of steps."""

    beta: Numbers
    radius: Numbers
    steps: np.int64 | NDArray[np.int64]


def lemma04_smooth(eps: ArrayLike) -> Numbers:
    r"""If $F$ is $L$-smooth, every $(L^2/\varepsilon, \varepsilon)$-stationary point $x$ has $\|\nabla F(x)\| \leq 2
    \varepsilon$. Status: stated, Lemma 4."""
    positive(eps=eps)
    return 2.0 * real(eps)


def lemma04_hessian(eps: ArrayLike) -> Numbers:
    r"""If the Hessian of $F$ is $H$-Lipschitz, every $(H/2, \varepsilon)$-stationary point $x$ has $\|\nabla F(x)\|
    \leq 2 \varepsilon$. Status: stated, Lemma 4."""
    positive(eps=eps)
    return 2.0 * real(eps)


def lemma05(eps: ArrayLike, lam: ArrayLike, lipschitz: ArrayLike, delta: ArrayLike) -> Numbers:
    r"""If $F$ is $G$-Lipschitz, every $(\lambda, \varepsilon)$-stationary point $x$ has, for every $\delta > 0$,
    $\mathrm{dist}(0, \mathrm{conv}\{\nabla F(y): \|y - x\| \leq \delta\}) \leq (1 + 2 G/(\lambda \delta^2))
    \varepsilon$. Status: stated, Lemma 5."""
    positive(eps=eps, lam=lam, delta=delta)
    nonnegative(lipschitz=lipschitz)
    return (1.0 + 2.0 * real(lipschitz) / (real(lam) * np.square(delta))) * real(eps)


def lemma07_bound(
    gap: ArrayLike,
    lipschitz: ArrayLike,
    sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Numbers:
    r"""For any learner in the ball of radius $D$, with $u_t = -D S_t/\|S_t\|$ and $S_t = \sum_{s\leq t} \beta^{-s}
    \nabla F(x_s)$, $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\| \leq \Delta/(DT) + (2G +
    \sigma)/((1-\beta)T) + \sigma \sqrt{1-\beta} + (1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t
    \mathbb{E} \mathrm{Regret}_t(u_t)]$. Status: stated, Lemma 7.

    The bracket is `lemma07_bracket`, zero unless the regrets are given.
    """
    nonnegative(gap=gap, lipschitz=lipschitz, sigma=sigma)
    positive(radius=radius)
    count(steps=steps)
    bracket = lemma07_bracket(beta, regret_last, regret_sum)
    rate, horizon = 1.0 - real(beta), real(steps)
    start_up = (2.0 * real(lipschitz) + real(sigma)) / (rate * horizon)
    return (real(gap) + bracket) / (real(radius) * horizon) + start_up + real(sigma) * np.sqrt(rate)


def lemma08_bound(radius: ArrayLike, square_sum: ArrayLike) -> Numbers:
    r"""Scale-free FTRL, for every sequence $v_1$, ..., $v_T$ and every $u$ in the ball of radius $D$, pathwise: $\sum_t
    \langle v_t, z_t - u\rangle \leq 4 D \sqrt{\sum_t \|v_t\|^2}$. Status: stated, Lemma 8."""
    positive(radius=radius)
    nonnegative(square_sum=square_sum)
    return 4.0 * real(radius) * np.sqrt(square_sum)


def theorem09_bound(radius: ArrayLike, discounted_square_sum: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL, $\beta$ in (0, 1], for every gradient sequence, every $T$ and every $u$ in the ball of radius $D$,
    pathwise: $\mathrm{Regret}_T(u) = \sum_t \beta^{T-t} \langle g_t, z_t - u\rangle \leq 4 D \sqrt{\sum_t
    \beta^{2(T-t)} \|g_t\|^2}$. Status: stated, Theorem 9."""
    return lemma08_bound(radius, discounted_square_sum)


def equation1(radius: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike, beta: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL in Algorithm 1 has, for every $t$ and with $u_t = -D S_t/\|S_t\|$ as in Lemma 7, $\mathbb{E}
    \mathrm{Regret}_t(u_t) \leq 4 D (G + \sigma)/\sqrt{1-\beta}$. Status: stated, equation (1).

    The paper's chain goes through 4 D (G + sigma)/sqrt(1-beta^2), which is less.
    """
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    positive(radius=radius)
    discount(beta)
    return 4.0 * real(radius) * (real(lipschitz) + real(sigma)) / np.sqrt(1.0 - real(beta))


def equation2(radius: ArrayLike, l1_scale: ArrayLike, beta: ArrayLike) -> Numbers:
    r"""Clipped Adam in Algorithm 1 has, for every $t$, with $u_t[i] = -D \mathrm{sign}(S_t[i])$ and regrets added over
    coordinates, $\mathbb{E} \mathrm{Regret}_t(u_t) \leq 4 D \|G+\sigma\|_1/\sqrt{1-\beta}$. Status: stated, equation
    (2)."""
    nonnegative(l1_scale=l1_scale)
    return equation1(radius, l1_scale, 0.0, beta)


def lemma10_bound(radius: ArrayLike, beta: ArrayLike, dim: ArrayLike = 1) -> Numbers:
    r"""For any learner whose $d$ coordinates stay in $[-D, D]$, $\mathbb{E}_{t\sim [T]} \mathbb{E}\|y_t - \bar{x}_t\|^2
    \leq 12 d D^2/(1-\beta)^2$; with $d = 1$ for any learner in the L2 ball of radius $D$. Status: stated, Lemma 10."""
    positive(radius=radius)
    discount(beta)
    count(dim=dim)
    return 12.0 * real(dim) * np.square(real(radius) / (1.0 - real(beta)))


def theorem11_parameters(eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike) -> Parameters:
    r"""For a guess $C > \varepsilon/10$ of $G + \sigma$ run $\beta$-FTRL in Algorithm 1 with $\beta = 1 -
    (\varepsilon/(10 C))^2$, $D = (1-\beta) \varepsilon^{1/2}/(4 \lambda^{1/2})$ and $T = (1-\beta)^{-1} \max\{4 \Delta
    \lambda^{1/2} \varepsilon^{-3/2}, 12 C/\varepsilon\}$, rounded up. Status: stated, Theorem 11.

    Raises ValueError unless C > eps/10 (else beta <= 0), or if T > 2^53.
    """
    positive(eps=eps, lam=lam, guess=guess)
    nonnegative(gap=gap)
    eps, lam = real(eps), real(lam)
    ratio = real(guess) / eps
    rate = np.square(0.1 / ratio)
    if not np.all(rate < 1.0):
        raise ValueError(f"guess = {show(guess)}: must exceed eps/10 = {show(eps / 10)}, else beta <= 0")
    branches = np.maximum(4.0 * real(gap) * np.sqrt(lam) * eps**-1.5, 12.0 * ratio)
    return Parameters(1.0 - rate, rate * np.sqrt(eps / lam) / 4.0, round_up(branches * np.square(10.0 * ratio)))


def theorem11_bound(eps: ArrayLike, guess: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL in Algorithm 1, at Theorem 11's $\beta$, $D$ and $T$ for any $\lambda > 0$ and $C >
    \varepsilon/10$, has $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\nabla F(\bar{x}_t)\|^{[\lambda]} \leq (1 + (G + \sigma)/C)
    \varepsilon$. Status: stated, Theorem 11.

    scale = G + sigma, as one number: in units of eps (G + sigma)/eps and G/eps + sigma/eps differ by rounding.
    """
    positive(eps=eps, guess=guess)
    nonnegative(scale=scale)
    return (1.0 + real(scale) / real(guess)) * real(eps)


def theorem11_bound_proved(eps: ArrayLike, guess: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""At Theorem 11's $\beta$, $D$ and $T$ the certificate $\|\mathbb{E} \nabla F(y_t)\| + \lambda \mathbb{E}\|y_t -
    \bar{x}_t\|^2$, which is never less than $\|\nabla F(\bar{x}_t)\|^{[\lambda]}$, is on average over $t$ and runs
    $\leq (1.75 + (G + \sigma)/C) \varepsilon$. Status: proved in the paper (proof of Theorem 11).

    Spread 12 lam D^2/(1-beta)^2 = 0.75 eps; descent Delta/(DT) <= eps; noise and regret
    (6G + 5 sigma)/((1-beta)T) + (4G + 5 sigma) sqrt(1-beta) <= (G + sigma)/C eps, since
    1/((1-beta)T) <= eps/(12C) and sqrt(1-beta) = eps/(10C). The appendix rounds the spread up to eps.
    """
    return theorem11_bound(eps, guess, scale) + 0.75 * real(eps)


def lemma16(lam: ArrayLike, eps: ArrayLike, dim: ArrayLike) -> tuple[Numbers, Numbers]:
    r"""Every $(\lambda/\sqrt{d}, \varepsilon/\sqrt{d})$-stationary point is a $(\lambda, \varepsilon)$-L1-stationary
    point: $\|\nabla F(x)\|_1^{[\lambda]}$ is at most $\sqrt{d}$ times $\|\nabla F(x)\|^{[\lambda/\sqrt{d}]}$.
    Status: stated, Lemma 16.

    Returns lam and eps of the former.
    """
    positive(lam=lam, eps=eps)
    count(dim=dim)
    return real(lam) / np.sqrt(dim), real(eps) / np.sqrt(dim)


def lemma17_bound(
    gap: ArrayLike,
    l1_scale: ArrayLike,
    l1_sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Numbers:
    r"""For any learner with every $|z_t[i]| \leq D$, with $u_t[i] = -D \mathrm{sign}(S_t[i])$ and regrets added over
    coordinates, $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\|_1 \leq \Delta/(DT) + 2
    \|G+\sigma\|_1/((1-\beta)T) + \|\sigma\|_1 \sqrt{1-\beta} + (1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) +
    (1-\beta) \sum_t \mathbb{E} \mathrm{Regret}_t(u_t)]$. Status: stated, Lemma 17.

    Raises ValueError if l1_sigma > l1_scale, which contains it.
    """
    nonnegative(l1_scale=l1_scale, l1_sigma=l1_sigma)
    if not np.all(real(l1_sigma) <= real(l1_scale)):
        raise ValueError(f"l1_sigma = {show(l1_sigma)}: must be <= l1_scale = {show(l1_scale)}, which contains it")
    halved = real(l1_scale) - real(l1_sigma) / 2.0  # 2 G + sigma becomes 2 l1_scale
    return lemma07_bound(gap, halved, l1_sigma, radius, beta, steps, regret_last, regret_sum)


def theorem18_parameters(
    eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike, dim: ArrayLike
) -> Parameters:
    r"""For a guess $C > \varepsilon/10$ of $\|G+\sigma\|_1$ run clipped Adam in Algorithm 1 with $\beta = 1 -
    (\varepsilon/(10 C))^2$, $D = (1-\beta) \varepsilon^{1/2}/(4 (d \lambda)^{1/2})$ and $T = (1-\beta)^{-1} \max\{4
    \Delta (d \lambda)^{1/2} \varepsilon^{-3/2}, 12 C/\varepsilon\}$, rounded up. Status: stated, Theorem 18.

    Theorem 11's with d lam for lam. Errors as there.
    """
    positive(lam=lam)
    count(dim=dim)
    return theorem11_parameters(eps, real(lam) * real(dim), guess, gap)


def theorem18_bound(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Numbers:
    r"""Clipped Adam in Algorithm 1, at Theorem 18's $\beta$, $D$ and $T$ for any $\lambda > 0$ and $C >
    \varepsilon/10$, has $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\nabla F(\bar{x}_t)\|_1^{[\lambda]} \leq (1 +
    \|G+\sigma\|_1/C) \varepsilon$. Status: stated, Theorem 18."""
    nonnegative(l1_scale=l1_scale)
    return theorem11_bound(eps, guess, l1_scale)


def theorem18_bound_proved(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Numbers:
    r"""At Theorem 18's $\beta$, $D$ and $T$ the certificate $\|\mathbb{E} \nabla F(y_t)\|_1 + \lambda \mathbb{E}\|y_t -
    \bar{x}_t\|^2$, which is never less than $\|\nabla F(\bar{x}_t)\|_1^{[\lambda]}$, is on average over $t$ and runs
    $\leq (1.75 + \|G+\sigma\|_1/C) \varepsilon$. Status: proved in the paper (proof of Theorem 18).

    Spread 12 d lam D^2/(1-beta)^2 = 0.75 eps; descent <= eps; noise and regret 6 ||G+sigma||_1/((1-beta)T)
    + (4 ||G+sigma||_1 + ||sigma||_1) sqrt(1-beta) <= (1/2 + 1/2) ||G+sigma||_1/C eps.
    """
    nonnegative(l1_scale=l1_scale)
    return theorem11_bound_proved(eps, guess, l1_scale)
