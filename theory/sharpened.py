"""Sharper constants for arXiv 2405.18199. All of it is ours, each with its proof; none is a published result.

Symbols, shapes and errors as in `theory.adam_ema`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.adam_ema import Parameters, lemma07_bracket, theorem11_parameters, theorem18_parameters
from theory.ranges import count, discount, nonnegative, positive, real, show
from theory.spread import straight_line_spread as straight_line_spread
from theory.spread import straight_line_spread_at as straight_line_spread_at
from theory.tuning import sharpened_parameters as sharpened_parameters

Array = NDArray[np.float64]

SCALE_SHARE = 0.237  # multiplies (G + sigma)/C in `theorem11_bound`
GUESS_LIMIT = 16.0 * (1.0 - SCALE_SHARE)  # 12.208, of C/(G + sigma): up to it, `theorem11_bound` <= the stated bound


def lemma04_smooth(eps: ArrayLike) -> Array:
    """||grad F(x)|| <= 1.25 eps at a (L^2/eps, eps)-stationary point of an L-smooth F. Status: ours (Lemma 4); sharp.

    With w = L sqrt(E||y-x||^2): ||grad F(x)|| <= ||E grad F(y)|| + w, and ||E grad F(y)|| <= eps - w^2/eps, so at
    most eps + w - w^2/eps <= 1.25 eps. Attained by F'(y) = c - L|y - x| with y = x +- eps/(2L), c = 1.25 eps.
    """
    positive(eps=eps)
    return 1.25 * real(eps)


def lemma04_hessian(eps: ArrayLike) -> Array:
    """||grad F(x)|| <= eps at a (H/2, eps)-stationary point, Hessian H-Lipschitz. Status: ours (Lemma 4); sharp.

    E y = x removes the linear term: ||E grad F(y) - grad F(x)|| <= (H/2) E||y-x||^2, the second term of the measure.
    """
    positive(eps=eps)
    return 1.0 * real(eps)


def lemma05(eps: ArrayLike, lam: ArrayLike, lipschitz: ArrayLike, delta: ArrayLike) -> Array:
    """Goldstein distance max(1, 2G/(lam delta^2)) eps of a (lam, eps)-stationary point. Status: ours (Lemma 5).

    Replace y by x where ||y - x|| > delta (probability at most s/delta^2, s = E||y-x||^2): the distance is at most
    ||E grad F(y)|| + 2G s/delta^2, linear in the two terms of ||E grad F(y)|| + lam s <= eps, so largest at a vertex.
    """
    positive(eps=eps, lam=lam, delta=delta)
    nonnegative(lipschitz=lipschitz)
    return np.maximum(1.0, 2.0 * real(lipschitz) / (real(lam) * np.square(delta))) * real(eps)


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
    """Delta/(DT) + G beta/((1-beta)T) + sigma [beta/T + (1-beta)]/sqrt(1-beta^2) + bracket/(DT). Status: ours.

    Lemma 7's proof, keeping signs. Comparator: (1-beta) D||S^F_n|| = D (1-beta^n) ||E grad F(y_n)|| costs
    D G sum_n beta^n <= D G beta/(1-beta). The (B) term's beta <S^F_T, u_T> = -beta D||S^F_T|| <= 0 is dropped, not
    bounded. Noise: E<S^g_n - S^F_n, u_n> <= D sigma/sqrt(1-beta^2), by Cauchy-Schwarz with ||u_n|| <= D and
    orthogonal martingale differences, although u_n depends on the noise; (1-beta) times n = 1..T, beta times n = T.
    """
    nonnegative(gap=gap, lipschitz=lipschitz, sigma=sigma)
    positive(radius=radius)
    count(steps=steps)
    bracket = lemma07_bracket(beta, regret_last, regret_sum)
    beta, horizon = real(beta), real(steps)
    rate = 1.0 - beta
    noise = real(sigma) * (beta / horizon + rate) / np.sqrt(rate * (1.0 + beta))
    descent = (real(gap) + bracket) / (real(radius) * horizon)
    return descent + real(lipschitz) * beta / (rate * horizon) + noise


# Lemma 17, ours: the proof above, coordinate by coordinate with u_n[i] = -D sign(S^F_n[i]), then added. Pass
# sum_i G_i for lipschitz, sum_i sigma_i for sigma, and regrets summed over coordinates; bounds the L1 norm.
lemma17_bound = lemma07_bound


def lemma08_bound(radius: ArrayLike, square_sum: ArrayLike) -> Array:
    """2 D sqrt(sum ||v_t||^2): Lemma 8 with 2 in place of 4, any dimension. Status: ours (Lemma 8); sharp.

    D = 1, S = sum v, V = sum ||v||^2, theta = ||S||/sqrt V, p(theta) = 3/2 - theta^2/2 for theta <= 1, 2 - theta above.
    The loss paid is <= sqrt(V) p(theta), by induction: for one step v = (a along S, b across), scaled to V = 1,
    r = sqrt(1 + a^2 + b^2), theta' = sqrt((theta + a)^2 + b^2)/r, one shows p(theta) - min(theta, 1) a <= r p(theta')
    (a test searches for a violation). Then regret = loss + ||S|| <= sqrt(V) (p(theta) + theta) <= 2 sqrt V.
    Sharp: v = (1, -R) pays R, has ||S|| = R - 1, and (2R - 1)/sqrt(1 + R^2) -> 2.
    """
    positive(radius=radius)
    nonnegative(square_sum=square_sum)
    return 2.0 * real(radius) * np.sqrt(square_sum)


def theorem09_bound(radius: ArrayLike, discounted_square_sum: ArrayLike) -> Array:
    """2 D sqrt(sum_t beta^{2(T-t)} ||g_t||^2), beta in (0, 1]. Status: ours (Theorem 9), `lemma08_bound` rescaled."""
    return lemma08_bound(radius, discounted_square_sum)


def regret_expectation(radius: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike, beta: ArrayLike) -> Array:
    """E Regret_t(u_t) <= 2 D sqrt(G^2 + sigma^2)/sqrt(1-beta^2). Status: ours (equation (1)).

    Theorem 9 with 2, Jensen, and E||g||^2 = ||grad F||^2 + E||g - grad F||^2 <= G^2 + sigma^2. Equation (2) is this
    on each coordinate, added: pass arrays G_i, sigma_i and sum the result over its last axis.
    """
    positive(radius=radius)
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    discount(beta)
    beta = real(beta)
    return 2.0 * real(radius) * np.hypot(lipschitz, sigma) / np.sqrt((1.0 - beta) * (1.0 + beta))


def lemma10_bound(radius: ArrayLike, beta: ArrayLike, dim: ArrayLike = 1) -> Array:
    """2 beta/(1+beta) d D^2/(1-beta)^2, at every t: the 12 of Lemma 10 becomes < 1. Status: ours (Lemma 10); attained.

    With r_t = x_t - xbar_t and W_t = sum_{s<t} beta^s: r_t = (1 - 1/W_t)(r_{t-1} + a_t z_t) and
    spread_t = (1 - 1/W_t)(spread_{t-1} + ||r_{t-1} + a_t z_t||^2/W_t). Since a_t is independent of r_{t-1} and z_t,
    E||r + a z||^2 <= E||r||^2 + 2 D E||r|| + 2 D^2 and E||r + a z|| <= E||r|| + D, with equality for straight-line
    motion at full speed: by induction it maximises E||r_t||, E||r_t||^2 and the spread at once. Its spread,
    `straight_line_spread_at`, never exceeds this limit. In L-infinity balls: each coordinate, added.
    """
    positive(radius=radius)
    discount(beta)
    count(dim=dim)
    beta = real(beta)
    return 2.0 * beta / (1.0 + beta) * real(dim) * np.square(real(radius) / (1.0 - beta))


def guarantee(
    lam: ArrayLike,
    gap: ArrayLike,
    lipschitz: ArrayLike,
    sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
) -> Array:
    """Our bound of E_{t~[T]} E||grad F(xbar_t)||^[lam] of beta-FTRL with any beta, D, T. Status: ours.

    lemma07_bound with regret_expectation in the bracket, plus lam times lemma10_bound.
    """
    positive(lam=lam)
    return _total(
        lam, gap, real(lipschitz), real(sigma), np.hypot(lipschitz, sigma), Parameters(beta, radius, steps), 1
    )


def theorem11_guarantee(
    eps: ArrayLike, lam: ArrayLike, guess: ArrayLike, gap: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike
) -> Array:
    """`guarantee` at Theorem 11's own beta, D and (whole) T: the sum of all terms. Status: ours (Theorem 11)."""
    beta, radius, steps = theorem11_parameters(eps, lam, guess, gap)
    return guarantee(lam, gap, lipschitz, sigma, radius, beta, steps)


def theorem11_bound(eps: ArrayLike, guess: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike) -> Array:
    """(17/16 + 0.237 (G+sigma)/C) eps, for eps <= C, at the paper's parameters. Status: ours (Theorem 11, repaired).

    Put rho = sqrt(1-beta) = eps/(10C) <= 1/10; T >= 12C/(eps (1-beta)) gives 1/((1-beta)T) <= (5/6) rho. Spread:
    2 beta/(1+beta) eps/16. Descent: Delta/(DT) <= eps. The rest is at most rho times
    (5/6) beta G + (2 sqrt(G^2+sigma^2) + sigma) (1 + (5/6) beta rho)/sqrt(1+beta), convex and
    homogeneous in (G, sigma), so largest at sigma = 0 or G = 0. There it increases in rho, to 2.3597 (sigma = 0) and
    2.3020 (G = 0) times G + sigma at rho = 1/10: hence 0.236 would do, and 0.225 for eps << C. Not above the stated
    (1 + (G+sigma)/C) eps while C <= GUESS_LIMIT (G + sigma). Raises ValueError if eps > C.
    """
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    return theorem18_bound(eps, guess, real(lipschitz) + real(sigma))


def guarantee_l1(
    lam: ArrayLike,
    gap: ArrayLike,
    coordinate_lipschitz: ArrayLike,
    coordinate_sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
) -> Array:
    """Our bound of E_{t~[T]} E||grad F(xbar_t)||_1^[lam] of clipped Adam with any beta, D, T. Status: ours.

    coordinate_lipschitz, coordinate_sigma: shape (..., dim), the same shape; the rest broadcasts with (...).
    """
    positive(lam=lam)
    lipschitz, sigma = real(coordinate_lipschitz), real(coordinate_sigma)
    if lipschitz.ndim == 0 or lipschitz.shape != sigma.shape:
        shapes = f"{lipschitz.shape} and {sigma.shape}"
        raise ValueError(f"coordinate_lipschitz and coordinate_sigma have shapes {shapes}: must be equal, (..., dim)")
    nonnegative(coordinate_lipschitz=lipschitz, coordinate_sigma=sigma)
    energy = np.hypot(lipschitz, sigma).sum(axis=-1)
    parameters = Parameters(beta, radius, steps)
    return _total(lam, gap, lipschitz.sum(axis=-1), sigma.sum(axis=-1), energy, parameters, lipschitz.shape[-1])


def theorem18_guarantee(
    eps: ArrayLike,
    lam: ArrayLike,
    guess: ArrayLike,
    gap: ArrayLike,
    coordinate_lipschitz: ArrayLike,
    coordinate_sigma: ArrayLike,
) -> Array:
    """`guarantee_l1` at Theorem 18's own beta, D and T: the sum of all sharpened terms. Status: ours (Theorem 18)."""
    dim = max(1, np.shape(coordinate_lipschitz)[-1] if np.ndim(coordinate_lipschitz) else 1)
    beta, radius, steps = theorem18_parameters(eps, lam, guess, gap, dim)
    return guarantee_l1(lam, gap, coordinate_lipschitz, coordinate_sigma, radius, beta, steps)


def theorem18_bound(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Array:
    """(17/16 + 0.237 ||G+sigma||_1/C) eps, for eps <= C. Status: ours (Theorem 18); as `theorem11_bound`."""
    positive(eps=eps, guess=guess)
    nonnegative(l1_scale=l1_scale)
    if not np.all(real(eps) <= real(guess)):
        raise ValueError(f"eps = {show(eps)}: must be <= guess = {show(guess)}")
    return (17.0 / 16.0 + SCALE_SHARE * real(l1_scale) / real(guess)) * real(eps)


def _total(
    lam: ArrayLike, gap: ArrayLike, lipschitz: Array, sigma: Array, energy: Array, parameters: Parameters, dim: int
) -> Array:
    """The conversion, the regret (energy: the G^2 + sigma^2 root, added over coordinates) and the spread."""
    beta, radius, steps = parameters
    regret = regret_expectation(radius, energy, 0.0, beta)
    conversion = lemma07_bound(gap, lipschitz, sigma, radius, beta, steps, regret, real(steps) * regret)
    return conversion + real(lam) * lemma10_bound(radius, beta, dim)
