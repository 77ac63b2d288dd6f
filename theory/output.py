"""The output index drawn with weights w_t/T in place of 1/T: the start-up terms of Lemmas 7 and 17 vanish. All ours.

w_t = 1 - beta^t for t < T, w_T = (1-beta^T)/(1-beta), the law with which arXiv 2411.07061 draws its output; here for
Algorithm 1 of arXiv 2405.18199 and its learners. Names, symbols, shapes and errors as in `theory.adam_ema`. The proofs
in full: docs/sharper.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.arrays import Array, Float
from foundation.ranges import Numbers, count, discount, nonnegative, positive, real, round_up
from theory import sharpened
from theory.adam_ema import Parameters
from theory.adam_ema import theorem11_parameters as parameters_stated
from theory.complexity import COROLLARY12, Exponents

SCALE_SHARE = 0.425  # multiplies (G + sigma)/C in `theorem11_bound`
ONE_WINDOW = Exponents(eps=-2.0, scale=2.0)  # what remains of COROLLARY12_START_UP


def output_weights(beta: float, steps: int) -> Float[Array, "steps"]:
    r"""The weights of the output index, $w_t = 1 - \beta^t$ for $t < T$ and $w_T = (1 - \beta^T)/(1 - \beta)$; their
    sum is $= T$. Status: ours (arXiv 2411.07061 draws its output so).

    Numbers only, no arrays. sum_{t<T} (1-beta^t) = T - sum_{t<T} beta^t with t from 0 on, and w_T is that last sum.
    """
    discount(beta)
    count(steps=steps)
    weights = -np.expm1(np.arange(1, steps + 1) * np.log1p(beta - 1.0))
    weights[-1] /= 1.0 - beta
    return weights


def lemma07_bound(
    gap: ArrayLike,
    sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Numbers:
    r"""For any learner in the ball of radius $D$, with $u_t$ as in Lemma 7, $w_t = 1 - \beta^t$ for $t < T$ and $w_T =
    (1-\beta^T)/(1-\beta)$, $(1/T) \sum_t w_t \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\| \leq \Delta/(DT) + \sigma
    (\beta/T + 1 - \beta)/\sqrt{1-\beta^2} + (1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t
    \mathbb{E} \mathrm{Regret}_t(u_t)]$. Status: ours (Lemma 7, weighted output).

    No G is left. With S^F_n and S^g_n = sum_{t<=n} beta^{n-t} of the true and of the stochastic gradients,
    P_n = sum_{t<=n} beta^{n-t} <g_t, z_t>: (1-beta) sum_n P_n + beta P_T = sum_t <g_t, z_t>, for the weight of the
    t-th term is (1 - beta^{T-t+1}) + beta^{T-t+1}. And P_n = Regret_n(u_n) + <S^g_n - S^F_n, u_n> - D ||S^F_n||, where
    (1-beta) ||S^F_n|| = (1-beta^n) ||E grad F(y_n)|| and ||S^F_T|| = w_T ||E grad F(y_T)||. So on every path
    D sum_t w_t ||E grad F(y_t)|| = -sum_t <g_t, z_t> + (1-beta) sum_n [Regret_n(u_n) + <S^g_n - S^F_n, u_n>]
    + beta [Regret_T(u_T) + <S^g_T - S^F_T, u_T>], an identity. In expectation the first sum is F(x_0) - E F(x_T), by
    Lemma 20, at most Delta, and the noise terms are at most D sigma/sqrt(1-beta^2) each, as in `sharpened`.
    Without noise only F(x_T) >= inf F is an inequality.
    """
    return sharpened.lemma07_bound(gap, 0.0, sigma, radius, beta, steps, regret_last, regret_sum)


def lemma17_bound(
    gap: ArrayLike,
    l1_sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Numbers:
    r"""For any learner with every $|z_t[i]| \leq D$, with $u_t[i] = -D \mathrm{sign}(S_t[i])$, regrets added over
    coordinates and $w_t$ as in `lemma07_bound`, $(1/T) \sum_t w_t \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\|_1 \leq
    \Delta/(DT) + \|\sigma\|_1 (\beta/T + 1 - \beta)/\sqrt{1-\beta^2} + (1/(DT)) [\beta \mathbb{E}
    \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t \mathbb{E} \mathrm{Regret}_t(u_t)]$. Status: ours (Lemma 17, weighted
    output).

    The identity of `lemma07_bound` coordinate by coordinate, added.
    """
    nonnegative(l1_sigma=l1_sigma)
    return lemma07_bound(gap, l1_sigma, radius, beta, steps, regret_last, regret_sum)


def guarantee_l1(
    lam: ArrayLike,
    gap: ArrayLike,
    coordinate_lipschitz: ArrayLike,
    coordinate_sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
) -> Numbers:
    r"""Clipped Adam in Algorithm 1, at any $\beta$, $D$ and $T$ and for any $\lambda > 0$, its output $\bar{x}_t$ drawn
    with probability $w_t/T$, has $\mathbb{E}\|\nabla F(\bar{x}_t)\|_1^{[\lambda]} \leq \Delta/(DT) + (2 \sum_i
    \sqrt{G_i^2 + \sigma_i^2} + \|\sigma\|_1) (\beta/T + 1 - \beta)/\sqrt{1-\beta^2} + 2 \beta/(1+\beta) \lambda d
    D^2/(1-\beta)^2$. Status: ours (Theorem 18, any parameters, weighted output).

    `lemma17_bound` with `equation2` of `sharpened` in the bracket, plus lam times `lemma10_bound`, which holds at every
    t, hence for every law of t. It is `sharpened.guarantee_l1` without ||G||_1 beta/((1-beta)T). In one coordinate it
    is the bound of beta-FTRL in an L2 ball. Shapes as there.
    """
    whole = sharpened.guarantee_l1(lam, gap, coordinate_lipschitz, coordinate_sigma, radius, beta, steps)
    lipschitz, _ = np.broadcast_arrays(real(coordinate_lipschitz), real(coordinate_sigma))
    return whole - lipschitz.sum(axis=-1) * real(beta) / ((1.0 - real(beta)) * real(steps))


def theorem11_parameters(eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike) -> Parameters:
    r"""For a guess $C > \varepsilon/10$ of $G + \sigma$ run $\beta$-FTRL in Algorithm 1 with $\beta = 1 -
    (\varepsilon/(10 C))^2$, $D = (1-\beta) \varepsilon^{1/2}/(4 \lambda^{1/2})$ and $T = (1-\beta)^{-1} \max\{4 \Delta
    \lambda^{1/2} \varepsilon^{-3/2}, 1\}$, rounded up, and draw the output $\bar{x}_t$ with probability $w_t/T$.
    Status: ours (Theorem 11, weighted output).

    Theorem 11's, with one window 1/(1-beta) where its start-up takes 12 C/eps of them.
    """
    beta, radius, _ = parameters_stated(eps, lam, guess, gap)
    windows = np.maximum(4.0 * real(gap) * np.sqrt(real(lam)) * real(eps) ** -1.5, 1.0)
    return Parameters(beta, radius, round_up(windows * np.square(10.0 * real(guess) / real(eps))))


def theorem11_bound(eps: ArrayLike, guess: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL in Algorithm 1 at the $\beta$, $D$ and $T$ of `theorem11_parameters`, for any $\lambda > 0$ and $C
    > \varepsilon/10$, its output $\bar{x}_t$ drawn with probability $w_t/T$, has $\mathbb{E}\|\nabla
    F(\bar{x}_t)\|^{[\lambda]} \leq (17/16 + 0.425 (G + \sigma)/C) \varepsilon$. Status: ours (Theorem 11, weighted
    output).

    `guarantee_l1` in one coordinate, rho = sqrt(1-beta) = eps/(10C). Spread: 2 beta/(1+beta) eps/16. Descent:
    Delta/(DT) <= eps. The rest is (2 sqrt(G^2+sigma^2) + sigma) rho (1 + beta/((1-beta)T))/sqrt(1+beta), at most
    3 (G + sigma) sqrt(2) rho once (1-beta)T >= 1, and 3 sqrt(2)/10 < 0.425. Not above the stated (1 + (G+sigma)/C) eps
    while C <= 16 (1 - 0.425) (G + sigma) = 9.2 (G + sigma). The start-up branch 12 C/eps is gone, and what remains, one
    window, is active only if Delta < eps^{3/2}/(4 lam^{1/2}). With N windows the rest is (1 + 1/N)/2 of the above, for
    eps << C. Its order stays whatever beta and D are: (beta/T + 1 - beta)/sqrt(1-beta^2) >= 1/sqrt T, so that the
    guarantee is at most eps only if T >= (K/eps)^2, K = 2 sqrt(G^2+sigma^2) + sigma.
    """
    positive(eps=eps, guess=guess)
    nonnegative(scale=scale)
    return (17.0 / 16.0 + SCALE_SHARE * real(scale) / real(guess)) * real(eps)


def theorem18_parameters(
    eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike, dim: ArrayLike
) -> Parameters:
    r"""For a guess $C > \varepsilon/10$ of $\|G+\sigma\|_1$ run clipped Adam in Algorithm 1 with $\beta = 1 -
    (\varepsilon/(10 C))^2$, $D = (1-\beta) \varepsilon^{1/2}/(4 (d \lambda)^{1/2})$ and $T = (1-\beta)^{-1} \max\{4
    \Delta (d \lambda)^{1/2} \varepsilon^{-3/2}, 1\}$, rounded up, and draw the output $\bar{x}_t$ with probability
    $w_t/T$. Status: ours (Theorem 18, weighted output).

    `theorem11_parameters` with d lam for lam.
    """
    positive(lam=lam)
    count(dim=dim)
    return theorem11_parameters(eps, real(lam) * real(dim), guess, gap)


def theorem18_bound(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Numbers:
    r"""Clipped Adam in Algorithm 1 at the $\beta$, $D$ and $T$ of `theorem18_parameters`, for any $\lambda > 0$ and $C
    > \varepsilon/10$, its output $\bar{x}_t$ drawn with probability $w_t/T$, has $\mathbb{E}\|\nabla
    F(\bar{x}_t)\|_1^{[\lambda]} \leq (17/16 + 0.425 \|G+\sigma\|_1/C) \varepsilon$. Status: ours (Theorem 18, weighted
    output).

    As `theorem11_bound`, coordinate by coordinate.
    """
    nonnegative(l1_scale=l1_scale)
    return theorem11_bound(eps, guess, l1_scale)


def corollary12_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""With $C = G + \sigma$ and the output drawn with probability $w_t/T$, $\beta$-FTRL in Algorithm 1 needs $T =
    O(\max\{(G + \sigma)^2 \Delta \lambda^{1/2} \varepsilon^{-7/2}, (G + \sigma)^2 \varepsilon^{-2}\})$ steps to
    $(\lambda, \varepsilon)$-stationarity in expectation. Status: ours (Corollary 12, weighted output).

    `theorem11_parameters` at a constant multiple of eps. Corollary 12 has (G + sigma)^3 eps^{-3} for the second term: T
    has the order of its lower bound from Delta lam^{1/2} eps^{-3/2} of order 1 on, not only from (G + sigma)/eps on.
    """
    positive(lam=lam)
    return np.maximum(COROLLARY12.order(eps, scale, gap=gap, lam=lam), ONE_WINDOW.order(eps, scale))
