"""Sharper constants for arXiv 2405.18199. All of it is ours, each with its proof; none is a published result.

Names, symbols, shapes and errors as in `theory.adam_ema`. The proofs in full: docs/sharper.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.ranges import Numbers, count, discount, nonnegative, positive, real, show
from theory.ledger import lemma07_bracket

SCALE_SHARE = 0.237  # multiplies (G + sigma)/C in `theorem11_bound`


def lemma04_smooth(eps: ArrayLike) -> Numbers:
    r"""If $F$ is $L$-smooth, every $(L^2/\varepsilon, \varepsilon)$-stationary point $x$ has $\|\nabla F(x)\| \leq 1.25
    \varepsilon$. Status: ours (Lemma 4); attained.

    With w = L sqrt(E||y-x||^2): ||grad F(x)|| <= ||E grad F(y)|| + w, and ||E grad F(y)|| <= eps - w^2/eps, so at
    most eps + w - w^2/eps <= 1.25 eps. Attained by F'(y) = c - L|y - x| with y = x +- eps/(2L), c = 1.25 eps.
    """
    positive(eps=eps)
    return 1.25 * real(eps)


def lemma04_hessian(eps: ArrayLike) -> Numbers:
    r"""If the Hessian of $F$ is $H$-Lipschitz, every $(H/2, \varepsilon)$-stationary point $x$ has $\|\nabla F(x)\|
    \leq \varepsilon$. Status: ours (Lemma 4); attained.

    E y = x removes the linear term: ||E grad F(y) - grad F(x)|| <= (H/2) E||y-x||^2, the second term of the measure.
    Attained by F linear.
    """
    positive(eps=eps)
    return 1.0 * real(eps)


def lemma05(eps: ArrayLike, lam: ArrayLike, lipschitz: ArrayLike, delta: ArrayLike) -> Numbers:
    r"""If $F$ is $G$-Lipschitz, every $(\lambda, \varepsilon)$-stationary point $x$ has, for every $\delta > 0$,
    $\mathrm{dist}(0, \mathrm{conv}\{\nabla F(y): \|y - x\| \leq \delta\}) \leq \max\{1, 2 G/(\lambda \delta^2)\}
    \varepsilon$. Status: ours (Lemma 5).

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
) -> Numbers:
    r"""For any learner in the ball of radius $D$, with $u_t$ as in Lemma 7, $\mathbb{E}_{t\sim [T]}
    \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\| \leq \Delta/(DT) + G \beta/((1-\beta)T) + \sigma (\beta/T + 1 -
    \beta)/\sqrt{1-\beta^2} + (1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t \mathbb{E}
    \mathrm{Regret}_t(u_t)]$. Status: ours (Lemma 7).

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


def lemma08_bound(radius: ArrayLike, square_sum: ArrayLike) -> Numbers:
    r"""Scale-free FTRL, for every sequence $v_1$, ..., $v_T$ and every $u$ in the ball of radius $D$, in any dimension,
    pathwise: $\sum_t \langle v_t, z_t - u\rangle \leq 2 D \sqrt{\sum_t \|v_t\|^2}$. Status: ours (Lemma 8); sharp.

    D = 1, S = sum v, V = sum ||v||^2, theta = ||S||/sqrt V, p(theta) = 3/2 - theta^2/2 for theta <= 1, 2 - theta above.
    The loss paid is <= sqrt(V) p(theta), by induction: for one step v = (a along S, b across), scaled to V = 1,
    r = sqrt(1 + a^2 + b^2), theta' = sqrt((theta + a)^2 + b^2)/r, one shows p(theta) - min(theta, 1) a <= r p(theta')
    (decided exactly by tests/proofs). Then regret = loss + ||S|| <= sqrt(V) (p(theta) + theta) <= 2 sqrt V.
    Sharp: v = (1, -R) pays R, has ||S|| = R - 1, and (2R - 1)/sqrt(1 + R^2) -> 2.
    """
    positive(radius=radius)
    nonnegative(square_sum=square_sum)
    return 2.0 * real(radius) * np.sqrt(square_sum)


def theorem09_bound(radius: ArrayLike, discounted_square_sum: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL, $\beta$ in (0, 1], for every gradient sequence, every $T$ and every $u$ in the ball of radius $D$,
    pathwise: $\mathrm{Regret}_T(u) = \sum_t \beta^{T-t} \langle g_t, z_t - u\rangle \leq 2 D \sqrt{\sum_t
    \beta^{2(T-t)} \|g_t\|^2}$. Status: ours (Theorem 9); sharp.

    `lemma08_bound` for v_t = beta^{-t} g_t, times beta^T.
    """
    return lemma08_bound(radius, discounted_square_sum)


def equation1(radius: ArrayLike, lipschitz: ArrayLike, sigma: ArrayLike, beta: ArrayLike) -> Numbers:
    r"""$\beta$-FTRL in Algorithm 1 has, for every $t$ and with $u_t = -D S_t/\|S_t\|$ as in Lemma 7, $\mathbb{E}
    \mathrm{Regret}_t(u_t) \leq 2 D \sqrt{G^2 + \sigma^2}/\sqrt{1-\beta^2}$. Status: ours (equation (1)).

    Theorem 9 with 2, Jensen, and E||g||^2 = ||grad F||^2 + E||g - grad F||^2 <= G^2 + sigma^2.
    """
    positive(radius=radius)
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    discount(beta)
    beta = real(beta)
    return 2.0 * real(radius) * np.hypot(lipschitz, sigma) / np.sqrt((1.0 - beta) * (1.0 + beta))


def equation2(
    radius: ArrayLike, coordinate_lipschitz: ArrayLike, coordinate_sigma: ArrayLike, beta: ArrayLike
) -> Numbers:
    r"""Clipped Adam in Algorithm 1 has, for every $t$, with $u_t[i] = -D \mathrm{sign}(S_t[i])$ and regrets added over
    coordinates, $\mathbb{E} \mathrm{Regret}_t(u_t) \leq 2 D \sum_i \sqrt{G_i^2 + \sigma_i^2}/\sqrt{1-\beta^2}$.
    Status: ours (equation (2)).

    `equation1` on every coordinate, added. coordinate_lipschitz, coordinate_sigma: the G_i and sigma_i, broadcast to
    (..., dim); radius and beta broadcast with (...).
    """
    radius, beta = real(radius)[..., None], real(beta)[..., None]
    return equation1(radius, coordinate_lipschitz, coordinate_sigma, beta).sum(axis=-1)


def lemma10_bound(radius: ArrayLike, beta: ArrayLike, dim: ArrayLike = 1) -> Numbers:
    r"""For any learner whose $d$ coordinates stay in $[-D, D]$, at every $t$, $\mathbb{E}\|y_t - \bar{x}_t\|^2 \leq 2
    \beta/(1+\beta) d D^2/(1-\beta)^2$; with $d = 1$ for any learner in the L2 ball of radius $D$. Status: ours (Lemma
    10); attained.

    So the 12 of Lemma 10 becomes less than 1.
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


def theorem11_bound(eps: ArrayLike, guess: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""If $\varepsilon \leq C$, $\beta$-FTRL in Algorithm 1 at Theorem 11's $\beta$, $D$ and $T$ for any $\lambda > 0$
    has $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\nabla F(\bar{x}_t)\|^{[\lambda]} \leq (17/16 + 0.237 (G + \sigma)/C)
    \varepsilon$. Status: ours (Theorem 11, repaired).

    scale = G + sigma. The sum of our lemmas, `guarantee_l1` in one coordinate, at those parameters.
    Put rho = sqrt(1-beta) = eps/(10C) <= 1/10; T >= 12C/(eps (1-beta)) gives 1/((1-beta)T) <= (5/6) rho. Spread:
    2 beta/(1+beta) eps/16. Descent: Delta/(DT) <= eps. The rest is at most rho times
    (5/6) beta G + (2 sqrt(G^2+sigma^2) + sigma) (1 + (5/6) beta rho)/sqrt(1+beta), convex and
    homogeneous in (G, sigma), so largest at sigma = 0 or G = 0. There it increases in rho, to 2.3597 (sigma = 0) and
    2.3020 (G = 0) times G + sigma at rho = 1/10: hence 0.236 would do, and 0.225 for eps << C. Not above the stated
    (1 + (G+sigma)/C) eps while C <= 16 (1 - 0.237) (G + sigma) = 12.208 (G + sigma). Raises ValueError if eps > C.
    """
    positive(eps=eps, guess=guess)
    nonnegative(scale=scale)
    if not np.all(real(eps) <= real(guess)):
        raise ValueError(f"eps = {show(eps)}: must be <= guess = {show(guess)}")
    return (17.0 / 16.0 + SCALE_SHARE * real(scale) / real(guess)) * real(eps)


def lemma17_bound(
    gap: ArrayLike,
    l1_lipschitz: ArrayLike,
    l1_sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
    regret_last: ArrayLike = 0.0,
    regret_sum: ArrayLike = 0.0,
) -> Numbers:
    r"""For any learner with every $|z_t[i]| \leq D$, with $u_t[i] = -D \mathrm{sign}(S_t[i])$ and regrets added over
    coordinates, $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\mathbb{E}_{y_t} \nabla F(y_t)\|_1 \leq \Delta/(DT) + \|G\|_1
    \beta/((1-\beta)T) + \|\sigma\|_1 (\beta/T + 1 - \beta)/\sqrt{1-\beta^2} + (1/(DT)) [\beta \mathbb{E}
    \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t \mathbb{E} \mathrm{Regret}_t(u_t)]$. Status: ours (Lemma 17).

    The proof of `lemma07_bound`, coordinate by coordinate, then added.
    """
    nonnegative(l1_lipschitz=l1_lipschitz, l1_sigma=l1_sigma)
    return lemma07_bound(gap, l1_lipschitz, l1_sigma, radius, beta, steps, regret_last, regret_sum)


def guarantee_l1(
    lam: ArrayLike,
    gap: ArrayLike,
    coordinate_lipschitz: ArrayLike,
    coordinate_sigma: ArrayLike,
    radius: ArrayLike,
    beta: ArrayLike,
    steps: ArrayLike,
) -> Numbers:
    r"""Clipped Adam in Algorithm 1, at any $\beta$, $D$ and $T$ and for any $\lambda > 0$, has $\mathbb{E}_{t\sim [T]}
    \mathbb{E}\|\nabla F(\bar{x}_t)\|_1^{[\lambda]} \leq \Delta/(DT) + \|G\|_1 \beta/((1-\beta)T) + (2 \sum_i
    \sqrt{G_i^2 + \sigma_i^2} + \|\sigma\|_1) (\beta/T + 1 - \beta)/\sqrt{1-\beta^2} + 2 \beta/(1+\beta) \lambda d
    D^2/(1-\beta)^2$. Status: ours (Theorem 18, any parameters).

    `lemma17_bound` with `equation2` in the bracket, plus lam times `lemma10_bound`. In one coordinate it is the bound
    of beta-FTRL in an L2 ball, with its G and sigma. coordinate_lipschitz, coordinate_sigma: the G_i and sigma_i,
    broadcast to (..., dim); the rest broadcasts with (...).
    """
    positive(lam=lam)
    nonnegative(coordinate_lipschitz=coordinate_lipschitz, coordinate_sigma=coordinate_sigma)
    lipschitz, sigma = np.broadcast_arrays(real(coordinate_lipschitz), real(coordinate_sigma))
    if lipschitz.ndim == 0:
        raise ValueError("coordinate_lipschitz and coordinate_sigma are numbers: one must have shape (..., dim)")
    energy = np.hypot(lipschitz, sigma).sum(axis=-1)
    regret = equation1(radius, energy, 0.0, beta)
    l1_sizes = lipschitz.sum(axis=-1), sigma.sum(axis=-1)
    conversion = lemma17_bound(gap, *l1_sizes, radius, beta, steps, regret, real(steps) * regret)
    return conversion + real(lam) * lemma10_bound(radius, beta, lipschitz.shape[-1])


def theorem18_bound(eps: ArrayLike, guess: ArrayLike, l1_scale: ArrayLike) -> Numbers:
    r"""If $\varepsilon \leq C$, clipped Adam in Algorithm 1 at Theorem 18's $\beta$, $D$ and $T$ for any $\lambda > 0$
    has $\mathbb{E}_{t\sim [T]} \mathbb{E}\|\nabla F(\bar{x}_t)\|_1^{[\lambda]} \leq (17/16 + 0.237 \|G+\sigma\|_1/C)
    \varepsilon$. Status: ours (Theorem 18, repaired).

    As `theorem11_bound`, coordinate by coordinate.
    """
    nonnegative(l1_scale=l1_scale)
    return theorem11_bound(eps, guess, l1_scale)
