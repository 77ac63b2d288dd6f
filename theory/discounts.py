"""The learner of arXiv 2405.18199, Theorem 9, at any two discounts: what beta2 = beta1^2 is for. All of it is ours.

z_{t+1} = -clip_D(D S_t/r_t), S_t = sum_s beta1^{t-s} g_s, r_t^2 = sum_s beta2^{t-s} ||g_s||^2, and
V_t = sum_s beta1^{2(t-s)} ||g_s||^2; Regret_T(u) = sum_t beta1^{T-t} <g_t, z_t - u>, u in the ball of radius D.
In v_t = beta1^{-t} g_t the numerator and V are plain sums, and r forgets at the rate c = beta2/beta1^2: without a bound
on the gradients all depends on c alone. c = 1 is Theorem 9 (`theory.sharpened.theorem09_bound`), with the constant 2.
For every other c there is no constant: over T steps the worst ratio grows like sqrt T. Symbols and errors as in
`theory.adam_ema`; beta1 and beta2 in (0, 1). The proofs in full: docs/sharper.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.ranges import Numbers, count, discount, nonnegative, positive, real

WINDOWS = np.linspace(0.0, 40.0, 8001)  # of `bounded_limit`, whose integral is accurate to 1e-4


def own_scale_bound(radius: ArrayLike, own_square_sum: ArrayLike) -> Numbers:
    r"""If $\beta_2 \geq \beta_1^2$, for every gradient sequence, every $T$ and every $u$ in the ball of radius $D$, in
    any dimension, pathwise: $\mathrm{Regret}_T(u) \leq 2 D \sqrt{\sum_t \beta_2^{T-t} \|g_t\|^2}$. Status: ours
    (Theorem 9, any discounts); sharp.

    The proof of `lemma08_bound` in the v_t, with r for sqrt V: a step replaces r by sqrt(c r^2 + ||v||^2), at c = 1 the
    lemma's; larger c only help, since the potential r p(s/r), p as there, increases in r. Sharp: g = (1, -R).
    """
    positive(radius=radius)
    nonnegative(own_square_sum=own_square_sum)
    return 2.0 * real(radius) * np.sqrt(own_square_sum)


def bounded_bound(radius: ArrayLike, lipschitz: ArrayLike, beta1: ArrayLike, beta2: ArrayLike) -> Numbers:
    r"""If every $\|g_t\| \leq G$, for every $T$ and every $u$ in the ball of radius $D$, in any dimension, pathwise:
    $\mathrm{Regret}_T(u) \leq 2 D G/\sqrt{1-\beta_2} \max\{1, (1-\sqrt{\beta_2})/(1-\beta_1)\}$. Status: ours (equation
    (1), any discounts).

    For beta2 >= beta1^2 it is `own_scale_bound`. Else c < 1: a step leaves r at sqrt(c r^2 + ||v||^2), short of that
    proof's sqrt(r^2 + ||v||^2) by at most (1 - sqrt c) r. The derivative of r p(s/r) in r is at most 2: so
    Regret_T <= 2 D r_T + 2 D (1 - sqrt c) sum_{t<T} beta1^{T-t} r_t, and r_t <= G/sqrt(1-beta2).
    """
    positive(radius=radius)
    nonnegative(lipschitz=lipschitz)
    discount(beta1)
    discount(beta2)
    first, root = real(beta1), np.sqrt(real(beta2))
    fast = np.maximum(1.0, (1.0 - root) / (1.0 - first))
    return 2.0 * real(radius) * real(lipschitz) / np.sqrt(1.0 - real(beta2)) * fast


def slow_bound(steps: ArrayLike) -> Numbers:
    r"""If $\beta_2 \geq \beta_1^2$, for every gradient sequence of $T$ steps and every $u$ in the ball of radius $D$,
    in any dimension, pathwise: $\mathrm{Regret}_T(u)/(D \sqrt{\sum_t \beta_1^{2(T-t)} \|g_t\|^2}) \leq \sqrt{T} + 2$.
    Status: ours (Theorem 9, any discounts).

    D = 1. H(S, r), the maximum of <z, S> - r ||z||^2/2 over ||z|| <= 1, has the derivative clip(S/r) in S and decreases
    in r. So a step of the v_t pays at most H(S, r) - H(S', r') + phi(r, ||v||), phi(r, v) the maximum of v d - r d^2/2
    over 0 <= d <= 2, at most 2 (sqrt(r^2 + v^2) - r) and decreasing in r >= sqrt V. Added: the loss is at most
    2 sqrt V, and ||S_T|| <= sqrt(T V). Of this order, by `slow_growth`.
    """
    count(steps=steps)
    return np.sqrt(real(steps)) + 2.0


def slow_bounded_bound(radius: ArrayLike, lipschitz: ArrayLike, beta1: ArrayLike) -> Numbers:
    r"""If $\beta_2 \geq \beta_1^2$ and every $\|g_t\| \leq G$, for every $T$ and every $u$ in the ball of radius $D$,
    in any dimension, pathwise: $\mathrm{Regret}_T(u) \leq D G (1/(1-\beta_1) + 2/\sqrt{1-\beta_1^2})$. Status: ours
    (equation (1), any discounts).

    The loss is at most 2 D sqrt V, as in `slow_bound`; ||S_T|| <= G/(1-beta1) and V <= G^2/(1-beta1^2). Less than
    `bounded_bound` where beta2 is close to 1.
    """
    positive(radius=radius)
    nonnegative(lipschitz=lipschitz)
    discount(beta1)
    first = real(beta1)
    return real(radius) * real(lipschitz) * (1.0 / (1.0 - first) + 2.0 / np.sqrt((1.0 - first) * (1.0 + first)))


def slow_growth(beta1: float, beta2: float, steps: int) -> float:
    r"""If $\beta_2 > \beta_1^2$, for the gradients $g_t = \beta_1^t$, $t = 1, \ldots, T$, the ratio
    $\mathrm{Regret}_T(u)/(D \sqrt{\sum_t \beta_1^{2(T-t)} g_t^2})$ at $u = -D$ equals $[T - \sum_{t<T} \min\{1,
    t/r_t\}]/\sqrt{T}$, with $r_t^2 = (c^t - 1)/(c - 1)$ and $c = \beta_2/\beta_1^2$. This is $\sqrt{T}$ less a constant
    over $\sqrt{T}$, so that no constant bounds it. Status: ours (Theorem 9, any discounts).

    In the v_t all gradients are 1: S_t = t, while r_t grows exponentially, and the plays go to 0.
    """
    discount(beta1)
    discount(beta2)
    count(steps=steps)
    rate = np.log(beta2) - 2.0 * np.log(beta1)
    if rate <= 0.0:
        raise ValueError(f"beta2 = {beta2}: must be > beta1^2 = {beta1**2:g}")
    t = np.arange(1.0, float(steps))
    root = np.sqrt(np.expm1(np.minimum(rate * t, 700.0)) / np.expm1(rate))  # beyond, t/r_t < 1e-140
    return float((steps - np.minimum(1.0, t / root).sum()) / np.sqrt(steps))


def fast_bound(beta1: ArrayLike, beta2: ArrayLike, steps: ArrayLike) -> Numbers:
    r"""If $\beta_2 \leq \beta_1^2$, for every gradient sequence of $T$ steps and every $u$ in the ball of radius $D$,
    pathwise: $\mathrm{Regret}_T(u)/(D \sqrt{\sum_t \beta_1^{2(T-t)} g_t^2}) \leq 2 + 2 \sqrt{T (\beta_1 -
    \sqrt{\beta_2})/(\beta_1 + \sqrt{\beta_2})}$. Status: ours (Theorem 9, any discounts).

    As `bounded_bound`, in the v_t: Regret_T <= 2 D r_T + 2 D (1 - sqrt c) sum_{t<T} r_t, where r_T <= sqrt V and, by
    Cauchy and Schwarz, sum r_t <= sqrt(T sum r_t^2) <= sqrt(T V/(1-c)).
    """
    discount(beta1)
    discount(beta2)
    count(steps=steps)
    first, root = real(beta1), np.sqrt(real(beta2))
    if not np.all(root <= first * (1.0 + 1e-12)):
        raise ValueError("beta2 must be <= beta1^2")
    return 2.0 + 2.0 * np.sqrt(real(steps) * np.maximum(first - root, 0.0) / (first + root))


def fast_growth(beta1: ArrayLike, beta2: ArrayLike, steps: ArrayLike) -> Numbers:
    r"""If $\beta_2 < \beta_1^2$, the gradients $\beta_1$, $-2 \beta_1^2$, $2 \beta_1^3$, $-2 \beta_1^4$, ... have the
    ratio $\mathrm{Regret}_T(u)/(D \sqrt{\sum_t \beta_1^{2(T-t)} g_t^2})$, at the best $u$, of at least $(T-1) \sqrt{1 -
    \beta_2/\beta_1^2}/(2 \sqrt{T})$, so that no constant bounds it. Status: ours (Theorem 9, any discounts).

    In the v_t: 1, -2, 2, ... S_t alternates between 1 and -1, r_t^2 <= 4/(1-c) stays bounded, so that each step pays
    2/r_t >= sqrt(1-c), while V < 4 T.
    """
    discount(beta1)
    discount(beta2)
    count(steps=steps)
    gone = 1.0 - real(beta2) / np.square(real(beta1))
    return (real(steps) - 1.0) * np.sqrt(np.maximum(gone, 0.0)) / (2.0 * np.sqrt(real(steps)))


def bounded_limit(exponent: float) -> float:
    r"""If $\|g_t\| \leq G$ and $\beta_2 = \beta_1^k$, in any dimension, the largest regret over $D
    G/\sqrt{1-\beta_1^2}$ tends, as $\beta_1 \to 1$, to $(k+1)/\sqrt{2k}$ for $k \geq 2$, and for $k < 2$ to $\sqrt{2}$
    times the largest, over $w > 0$, of $(3/2) \rho(w) - (1-k/2) \int_0^w e^{s-w} \rho(s)$ ds, $\rho(s)^2 =
    (1-e^{-ks})/k$. Status: ours (equation (1), any discounts); attained.

    Time in windows of 1/(1-beta1) steps, S and r in units of G/sqrt(1-beta1), u = ||g||^2/G^2, (rho^2)' = u - k rho^2.
    By the steps of `slow_bound` the regret is at most ||S_T|| - H(S_T, r_T) <= rho_T/2 plus the integral, weighted by
    e^{s-T}, of phi = u/(2 rho) and max{0, -(rho + rho')/2}, what H gains where r falls: turns of sign at S = 0, and
    ||S|| = rho, attain the two. u/(2 rho) = rho' + k rho/2, so
    regret = (3/2) rho_T + int e^{s-T} [(k/2-1) rho + max{0, -(rho + rho')/2}] ds, the second only where k > 2.
    k < 2: rho_T large, rho before as small as ||g|| <= G allows: nothing until w windows before the end, then u = 1.
    k >= 2: u = 1 throughout is the best. With X = 1/sqrt k and F(rho) = (k+1)/2 X (rho/X)^{2/k} - (3/2) rho, which is
    what history is worth: F + F' rho' is not less than the integrand, at u = 0 with equality, at u = 1 since
    F' >= -(k/2-1) rho^2 (convex difference, 0 at X with slope <= 0); and F + (3/2) rho is largest at X. At beta1 < 1
    what this adds is of order (1-beta1)^{1/3} of the whole (docs/sharper.md).
    """
    positive(exponent=exponent)
    k = float(exponent)
    steady = (k + 1.0) / np.sqrt(2.0 * k)  # of u = 1 throughout, for every k
    if k >= 2.0:
        return float(steady)
    rho, width = np.sqrt(-np.expm1(-k * WINDOWS) / k), WINDOWS[1]
    weighted = np.exp(WINDOWS) * rho
    history = np.concatenate([[0.0], np.cumsum((weighted[1:] + weighted[:-1]) * width / 2.0)]) * np.exp(-WINDOWS)
    return float(max(steady, np.sqrt(2.0) * (1.5 * rho - (1.0 - k / 2.0) * history).max()))
