"""Theorem 11's algorithm where C is much larger than G + sigma, without noise: a flow. Ours.

Window time is tau = (1-beta) t, m is the exponential average of the gradients from m = 0 on, r0 = D/(1-beta) the reach,
eps^{1/2}/(4 lam^{1/2}) at Theorem 11's parameters:

    x' = -r0 m/||m||,   m' = grad F(x) - m.

A step moves x by a_t D, and (1-beta)/eps = eps/(100 C^2) -> 0 as C -> inf; sums of the a_t over a window are 1 up to
O(1/C). The clip is active while ||m|| >= sqrt((1-beta)/2) times the root mean square of the gradients, so in the end
wherever m != 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.ranges import Numbers, nonnegative, positive, real


def limit_descent(reach: ArrayLike, norm_integral: ArrayLike, norm_last: ArrayLike) -> Numbers:
    r"""The flow has, at every $\tau$, $F(x(0)) - F(x(\tau)) = r_0 (\int_0^\tau \|m\| + \|m(\tau)\|)$. Status: ours
    (Lemma 7).

    F(x)' = -r0 <grad F, m>/||m|| and grad F = m' + m, so it is -r0 (||m||' + ||m||). So Lemma 7 is an equality there:
    with g = grad F(x) and z = -r0 m/||m|| the same gives int_0^tau e^{s-tau} <g, z> ds = -r0 ||m(tau)||, the best that
    a fixed point of the ball gets: every Regret_t(u_t) is 0. A flow that comes down by eps r0 tau has avg ||m|| <= eps,
    with equality but for the ||m(tau)||/tau of its end.
    """
    positive(reach=reach)
    nonnegative(norm_integral=norm_integral, norm_last=norm_last)
    return real(reach) * (real(norm_integral) + real(norm_last))


def limit_spread(reach: ArrayLike, alpha: ArrayLike, omega: ArrayLike) -> Numbers:
    r"""The points of a helix of tilt $\alpha$ that turns by $\omega$ in a window, at speed $r_0$, have around their
    exponential average the spread $= r_0^2 (\cos(\alpha)^2 + \sin(\alpha)^2/(1 + \omega^2))$. Status: ours (Lemma 10);
    attained.

    The age is Exp(1). Along the axis the variance is (r0 cos alpha)^2; around it the points lie at distance
    r0 sin(alpha)/omega, their average at that over sqrt(1 + omega^2), for |E e^{i omega age}|^2 = 1/(1 + omega^2).
    At most r0^2, of a straight line. So no path has ||grad F(xbar)||^[lam] above ||m|| + lam r0^2, eps/16 above it.
    """
    positive(reach=reach)
    across = np.square(np.sin(real(alpha)))
    return np.square(real(reach)) * (np.square(np.cos(real(alpha))) + across / (1.0 + np.square(real(omega))))


def limit_bound(eps: ArrayLike) -> Numbers:
    r"""A flow at Theorem 11's $r_0 = \varepsilon^{1/2}/(4 \lambda^{1/2})$ that comes down by at most $\varepsilon r_0$
    a window has, in the long run, $\mathrm{avg} \|\nabla F(\bar{x})\|^{[\lambda]} \leq (17/16) \varepsilon$.
    Status: ours (Theorem 11, $C \to \infty$).

    `limit_descent` for the norm and `limit_spread` of a straight line for the spread. The stated bound tends to eps.
    """
    positive(eps=eps)
    return 17.0 / 16.0 * real(eps)
