"""Every parameter choice and bound of arXiv 2405.18199, in paper order.

All functions broadcast over arrays and return float64 (steps: int64). Symbols: gap = Delta, lipschitz = G,
radius = D, steps = T, guess = C; l1_scale = sum_i (G_i + sigma_i), l1_sigma = sum_i sigma_i. All raise ValueError
(TypeError if not a number). Status: stated in the paper, or proved there (where the proof gives something else).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.ranges import count, discount, finite, nonnegative, positive, real, round_up, show

Array = NDArray[np.float64]


class Parameters(NamedTuple):
    """What a theorem tells the user to run: discount, radius of the learner's ball, number of steps (int64)."""

    beta: Any
    radius: Any
    steps: Any


class RegretChain(NamedTuple):
    """Both right-hand sides of equation (1) or (2): the one with 1 - beta^2, and the larger one with 1 - beta."""

    tight: Any
    loose: Any


def lemma04_smooth(eps: ArrayLike) -> Array:
    """||grad F(x)|| <= 2 eps at a (L^2/eps, eps)-stationary point of an L-smooth F. Status: stated, Lemma 4."""
    positive(eps=eps)
    return 2.0 * real(eps)


def lemma04_hessian(eps: ArrayLike) -> Array:
    """||grad F(x)|| <= 2 eps at a (H/2, eps)-stationary point, Hessian H-Lipschitz. Status: stated, Lemma 4."""
    return lemma04_smooth(eps)


def lemma05(eps: ArrayLike, lam: ArrayLike, lipschitz: ArrayLike, delta: ArrayLike) -> Array:
    """Goldstein distance (1 + 2G/(lam delta^2)) eps at a (lam, eps)-stationary point. Status: stated, Lemma 5."""
    positive(eps=eps, lam=lam, delta=delta)
    nonnegative(lipschitz=lipschitz)
    return (1.0 + 2.0 * real(lipschitz) / (real(lam) * np.square(delta))) * real(eps)


def lemma07_bracket(beta: ArrayLike, regret_last: ArrayLike, regret_sum: ArrayLike) -> Array:
    """beta E Regret_T(u_T) + (1-beta) sum_t E Regret_t(u_t), of either sign. Status: stated, Lemmas 7 and 17.

    regret_last = E Regret_T(u_T), regret_sum = sum_{t=1}^T E Regret_t(u_t).
    """
    discount(beta)
    finite(regret_last=regret_last, regret_sum=regret_sum)
    return real(beta) * real(regret_last) + (1.0 - real(beta)) * real(regret_sum)


def lemma07_bound(
    gap: ArrayLike,
    lipschitz: ArrayLike,
    sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Array:
    """Delta/(DT) + (2G + sigma)/((1-beta)T) + sigma sqrt(1-beta) + bracket/(DT). Status: stated, Lemma 7.

    Bounds E_{t~[T]} E||E_{y_t} grad F(y_t)||; the bracket is `lemma07_bracket`, zero unless the regrets are given.
    """
    nonnegative(gap=gap, lipschitz=lipschitz, sigma=sigma)
    positive(radius=radius)
    count(steps=steps)
    bracket = lemma07_bracket(beta, regret_last, regret_sum)
    rate, horizon = 1.0 - real(beta), real(steps)
    start_up = (2.0 * real(lipschitz) + real(sigma)) / (rate * horizon)
    return (real(gap) + bracket) / (real(radius) * horizon) + start_up + real(sigma) * np.sqrt(rate)


def lemma07_ledger(
    lipschitz: ArrayLike,
    sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> dict[str, Array]:
    """Bounds of the terms in the proof of Lemma 7. Status: proved in the paper (proof of Lemma 7).

    With S^F_n, S^g_n = sum_{t<=n} beta^{n-t} of the true and of the stochastic gradients:
    comparator: D sum_n E||E grad F(y_n)|| - (1-beta) D sum_n E||S^F_n|| <= D G/(1-beta);
    noise: (1-beta) E sum_n <S^g_n - S^F_n, u_n> <= sigma D T sqrt(1-beta);
    regret: (1-beta) sum_n E Regret_n(u_n), an equality;
    last: beta E <S^g_T, u_T> <= D (G + sigma)/(1-beta), so that (B) <= last + `last_regret`;
    last_regret: beta E Regret_T(u_T), an equality.
    Their sum plus Delta, over DT, is `lemma07_bound`.
    """
    lemma07_bound(0.0, lipschitz, sigma, radius, beta, steps)
    rate, radius = 1.0 - real(beta), real(radius)
    return {
        "comparator": radius * real(lipschitz) / rate,
        "noise": radius * real(sigma) * real(steps) * np.sqrt(rate),
        "regret": lemma07_bracket(beta, 0.0, regret_sum),
        "last": radius * (real(lipschitz) + real(sigma)) / rate,
        "last_regret": lemma07_bracket(beta, regret_last, 0.0),
    }


def lemma08_bound(radius: ArrayLike, square_sum: ArrayLike) -> Array:
    """4 D sqrt(sum_t ||v_t||^2): regret of scale-free FTRL, any sequence, pathwise. Status: stated, Lemma 8."""
    positive(radius=radius)
    nonnegative(square_sum=square_sum)
    return 4.0 * real(radius) * np.sqrt(square_sum)


def theorem09_bound(radius: ArrayLike, discounted_square_sum: ArrayLike) -> Array:
    """4 D sqrt(sum_t beta^{2(T-t)} ||g_t||^2), beta in (0, 1], pathwise. Status: stated, Theorem 9.

    Bounds the discounted regret (Definition 6) of beta-FTRL, at every T and against every ||u|| <= D.
    """
    return lemma08_bound(radius, discounted_square_sum)


def regret_expectation(radius: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike, beta: ArrayLike) -> RegretChain:
    """E Regret_t(u_t) <= 4D(G+sigma)/sqrt(1-beta^2) <= 4D(G+sigma)/sqrt(1-beta). Status: stated, equation (1)."""
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    positive(radius=radius)
    discount(beta)
    peak = 4.0 * real(radius) * (real(lipschitz) + real(sigma))
    rate = 1.0 - real(beta)
    return RegretChain(peak / np.sqrt(rate * (1.0 + real(beta))), peak / np.sqrt(rate))


def equation1(radius: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike, beta: ArrayLike) -> Array:
    """E Regret_t(u_t) <= 4 D (G + sigma)/sqrt(1-beta), the end of the chain. Status: stated, equation (1).

    Equation (2) is the same with ||G + sigma||_1 for G + sigma: pass lipschitz = l1_scale, sigma = 0.
    """
    return np.asarray(regret_expectation(radius, lipschitz, sigma, beta).loose)[()]


def regret_expectation_l1(radius: ArrayLike, l1_scale: ArrayLike, beta: ArrayLike) -> RegretChain:
    """E Regret_t(u_t) <= 4 D ||G+sigma||_1/sqrt(1-beta), coordinates added. Status: stated, equation (2)."""
    nonnegative(l1_scale=l1_scale)
    return regret_expectation(radius, l1_scale, 0.0, beta)


def lemma10_bound(radius: ArrayLike, beta: ArrayLike, dim: ArrayLike = 1) -> Array:
    """12 d D^2/(1-beta)^2 bounds E_{t~[T]} E||y_t - xbar_t||^2; d = 1 for the L2 ball. Status: stated, Lemma 10."""
    positive(radius=radius)
    discount(beta)
    count(dim=dim)
    return 12.0 * real(dim) * np.square(real(radius) / (1.0 - real(beta)))


def theorem11_parameters(eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike) -> Parameters:
    """beta = 1 - (eps/10C)^2, D = (1-beta) eps^{1/2}/(4 lam^{1/2}), T rounded up. Status: stated, Theorem 11.

    T = max{4 Delta lam^{1/2} eps^{-3/2}, 12 C/eps}/(1-beta). Raises ValueError unless C > eps/10, or if T > 2^53.
    """
    return theorem18_parameters(eps, lam, guess, gap, 1)


def theorem11_bound(eps: ArrayLike, guess: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike) -> Array:
    """(1 + (G + sigma)/C) eps bounds E_{t~[T]} E||grad F(xbar_t)||^[lam]. Status: stated, Theorem 11."""
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    return theorem18_bound(eps, guess, real(lipschitz) + real(sigma))


def theorem11_bound_proved(eps: ArrayLike, guess: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike) -> Array:
    """(1.75 + (G + sigma)/C) eps: what the proof of Theorem 11 gives. Status: proved in the paper.

    Spread 12 lam D^2/(1-beta)^2 = 0.75 eps; descent Delta/(DT) <= eps; noise and regret
    (6G + 5 sigma)/((1-beta)T) + (4G + 5 sigma) sqrt(1-beta) <= (G + sigma)/C eps, since
    1/((1-beta)T) <= eps/(12C) and sqrt(1-beta) = eps/(10C). The appendix rounds the spread up to eps.
    """
    return theorem11_bound(eps, guess, lipschitz, sigma) + 0.75 * real(eps)


def lemma16(lam: ArrayLike, eps: ArrayLike, dim: ArrayLike) -> tuple[Array, Array]:
    """The (lam/sqrt d, eps/sqrt d) whose L2 stationarity implies (lam, eps) in L1. Status: stated, Lemma 16."""
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
) -> Array:
    """Delta/(DT) + 2||G+sigma||_1/((1-beta)T) + ||sigma||_1 sqrt(1-beta) + bracket/(DT). Status: stated, Lemma 17.

    Bounds E_{t~[T]} E||E_{y_t} grad F(y_t)||_1; regrets summed over coordinates. Raises ValueError if
    l1_sigma > l1_scale = sum_i (G_i + sigma_i).
    """
    nonnegative(l1_scale=l1_scale, l1_sigma=l1_sigma)
    if not np.all(real(l1_sigma) <= real(l1_scale)):
        raise ValueError(f"l1_sigma = {show(l1_sigma)}: must be <= l1_scale = {show(l1_scale)}, which contains it")
    halved = real(l1_scale) - real(l1_sigma) / 2.0  # 2 G + sigma becomes 2 l1_scale
    return lemma07_bound(gap, halved, l1_sigma, radius, beta, steps, regret_last, regret_sum)


# Proof of Lemma 17: the same with ||G||_1 and ||sigma||_1. The sum has 2||G||_1 + ||sigma||_1, less than Lemma 17.
lemma17_ledger = lemma07_ledger


def theorem18_parameters(
    eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike, dim: ArrayLike
) -> Parameters:
    """Theorem 11's parameters with d lam in place of lam in D and T. Status: stated, Theorem 18."""
    positive(eps=eps, lam=lam, guess=guess)
    nonnegative(gap=gap)
    count(dim=dim)
    eps, weight = real(eps), real(lam) * real(dim)
    ratio = real(guess) / eps
    rate = np.square(0.1 / ratio)
    if not np.all(rate < 1.0):
        raise ValueError(f"guess = {show(guess)}: must exceed eps/10 = {show(eps / 10)}, else beta <= 0")
    branches = np.maximum(4.0 * real(gap) * np.sqrt(weight) * eps**-1.5, 12.0 * ratio)
    return Parameters(1.0 - rate, rate * np.sqrt(eps / weight) / 4.0, round_up(branches * np.square(10.0 * ratio)))


def theorem18_bound(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Array:
    """(1 + ||G+sigma||_1/C) eps bounds E_{t~[T]} E||grad F(xbar_t)||_1^[lam]. Status: stated, Theorem 18."""
    positive(eps=eps, guess=guess)
    nonnegative(l1_scale=l1_scale)
    return (1.0 + real(l1_scale) / real(guess)) * real(eps)


def theorem18_bound_proved(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Array:
    """(1.75 + ||G+sigma||_1/C) eps: as `theorem11_bound_proved`, per coordinate. Status: proved in the paper.

    Noise and regret: 6 l1_scale/((1-beta)T) + (4 l1_scale + l1_sigma) sqrt(1-beta) <= (1/2 + 1/2) l1_scale eps/C.
    """
    return theorem18_bound(eps, guess, l1_scale) + 0.75 * real(eps)
