"""How T grows: Corollaries 12, 13 and 19, Sections 5.2.2 and 6.3 of arXiv 2405.18199.

scale = G + sigma, l1_scale = ||G+sigma||_1, l2_scale = ||G+sigma||_2. An exponent stands once, in a record; the
`*_order` functions state and evaluate what is inside an O(.). All broadcast; errors as in `theory.adam_ema`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from foundation.arrays import Array, Float
from foundation.ranges import Numbers, count, nonnegative, positive, real

Learner = Literal["beta-FTRL", "OGD"]  # of Section 5.2.2


class Exponents(NamedTuple):
    """One branch of T ~ eps^eps scale^scale gap^gap ...: the exponent of each quantity, 0 where it does not occur."""

    eps: float
    scale: float
    gap: float = 0.0
    lam: float = 0.0
    dim: float = 0.0
    smoothness: float = 0.0
    hessian_lipschitz: float = 0.0

    def order(self, eps: ArrayLike, scale: ArrayLike, **others: ArrayLike) -> Numbers:
        """The product of the powers; quantities by their names here, broadcast. What is not given counts as 1.

        Raises ValueError unless eps > 0 and the others are >= 0, AttributeError for a quantity that is none.
        """
        positive(eps=eps)
        nonnegative(scale=scale, **others)
        product = real(eps) ** self.eps * real(scale) ** self.scale
        for name, value in others.items():
            product = product * real(value) ** getattr(self, name)
        return product


COROLLARY12 = Exponents(eps=-3.5, scale=2.0, gap=1.0, lam=0.5)
COROLLARY12_START_UP = Exponents(eps=-3.0, scale=3.0)  # of Corollaries 13 and 19, too
COROLLARY13_SMOOTH = Exponents(eps=-4.0, scale=2.0, gap=1.0, smoothness=1.0)
COROLLARY13_HESSIAN = Exponents(eps=-3.5, scale=2.0, gap=1.0, hessian_lipschitz=0.5)
COROLLARY19 = Exponents(eps=-3.5, scale=2.0, gap=1.0, lam=0.5, dim=0.5)  # scale: ||G+sigma||_1
SECTION63_BASELINE = Exponents(eps=-3.5, scale=2.0, gap=1.0, lam=0.5, dim=1.5)  # scale: ||G+sigma||_2
SECTION522_FTRL = Exponents(eps=-3.5, scale=3.5, gap=1.0, lam=0.5)  # for scale >> C = 1
SECTION522_OGD = Exponents(eps=-3.5, scale=7.0, gap=1.0, lam=0.5)
SECTION522_FTRL_STOPPED = Exponents(eps=-3.5, scale=2.5, gap=1.0, lam=0.5)  # ours, as the next
SECTION522_OGD_STOPPED = Exponents(eps=-3.5, scale=5.0, gap=1.0, lam=0.5)


class Untuned(NamedTuple):
    """An order for each of the two learners of Section 5.2.2."""

    ftrl: Numbers
    ogd: Numbers


def corollary12_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""With $C = G + \sigma$ $\beta$-FTRL in Algorithm 1 needs $T = O(\max\{(G + \sigma)^2 \Delta \lambda^{1/2}
    \varepsilon^{-7/2}, (G + \sigma)^3 \varepsilon^{-3}\})$ steps to $(\lambda, \varepsilon)$-stationarity on average;
    the first term, descent, is the lower bound's order for $\lambda$ between order $\varepsilon$ and $G^4/(\Delta^2
    \varepsilon)$; the second is the start-up. Status: stated, Corollary 12."""
    positive(lam=lam)
    descent = COROLLARY12.order(eps, scale, gap=gap, lam=lam)
    return np.maximum(descent, COROLLARY12_START_UP.order(eps, scale))


def corollary13_smooth_order(eps: ArrayLike, smoothness: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Numbers:
    r"""With $\lambda = L^2/\varepsilon$ on an $L$-smooth $F$, Theorem 11 and Lemma 4 give $\mathbb{E}\|\nabla
    F(\bar{x}_t)\| = O(\varepsilon)$ after $T = O(\max\{(G + \sigma)^2 \Delta L \varepsilon^{-4}, (G + \sigma)^3
    \varepsilon^{-3}\})$ steps. Status: stated, Corollary 13."""
    descent = COROLLARY13_SMOOTH.order(eps, scale, gap=gap, smoothness=smoothness)
    return np.maximum(descent, COROLLARY12_START_UP.order(eps, scale))


def corollary13_hessian_order(
    eps: ArrayLike, hessian_lipschitz: ArrayLike, gap: ArrayLike, scale: ArrayLike
) -> Numbers:
    r"""With $\lambda = H/2$ where the Hessian of $F$ is $H$-Lipschitz, Theorem 11 and Lemma 4 give $\mathbb{E}\|\nabla
    F(\bar{x}_t)\| = O(\varepsilon)$ after $T = O(\max\{(G + \sigma)^2 \Delta H^{1/2} \varepsilon^{-7/2}, (G + \sigma)^3
    \varepsilon^{-3}\})$ steps. Status: stated, Corollary 13."""
    descent = COROLLARY13_HESSIAN.order(eps, scale, gap=gap, hessian_lipschitz=hessian_lipschitz)
    return np.maximum(descent, COROLLARY12_START_UP.order(eps, scale))


def section522_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Untuned:
    r"""Not knowing $G$ and $\sigma$ $(C = 1)$, $\beta$-FTRL needs $T = O((G + \sigma)^{7/2} \Delta \lambda^{1/2}
    \varepsilon^{-7/2})$ steps for $G + \sigma \gg 1$, and online gradient descent, untuned, of regret $O(D (G +
    \sigma)^2/\sqrt{1-\beta})$, needs $T = O((G + \sigma)^7 \Delta \lambda^{1/2} \varepsilon^{-7/2})$. Status: stated,
    Section 5.2.2.

    Theorem 11 with C = 1 at accuracy e guarantees (1 + r) e, r = scale for beta-FTRL and scale^2 for online gradient
    descent, so e = eps/(1 + r), and T = 400 Delta lam^{1/2} e^{-7/2} on the descent branch.
    """
    return Untuned(*(e.order(eps, scale, gap=gap, lam=lam) for e in (SECTION522_FTRL, SECTION522_OGD)))


def section522_stopped_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Untuned:
    r"""Stopped where $\Delta/(DT)$ meets the target, both at the same $\beta$ and $D$ $(C = 1)$, $\beta$-FTRL needs $T
    = O((G + \sigma)^{5/2} \Delta \lambda^{1/2} \varepsilon^{-7/2})$ steps and online gradient descent, untuned, $T =
    O((G + \sigma)^5 \Delta \lambda^{1/2} \varepsilon^{-7/2})$. Status: ours (Section 5.2.2).

    With e as in `section522_order` T = Delta/(D eps) = 400 Delta lam^{1/2} e^{-5/2}/eps. The bound grows to at most
    2 eps (descent eps; regret and noise r e <= eps; spread apart).
    """
    stopped = (SECTION522_FTRL_STOPPED, SECTION522_OGD_STOPPED)
    return Untuned(*(e.order(eps, scale, gap=gap, lam=lam) for e in stopped))


def corollary19_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, l1_scale: ArrayLike, dim: ArrayLike) -> Numbers:
    r"""With $C = \|G+\sigma\|_1$ clipped Adam in Algorithm 1 needs $T = O(\max\{\|G+\sigma\|_1^2 \Delta d^{1/2}
    \lambda^{1/2} \varepsilon^{-7/2}, \|G+\sigma\|_1^3 \varepsilon^{-3}\})$ steps to $(\lambda,
    \varepsilon)$-L1-stationarity on average. Status: stated, Corollary 19."""
    positive(lam=lam)
    count(dim=dim)
    descent = COROLLARY19.order(eps, l1_scale, gap=gap, lam=lam, dim=dim)
    return np.maximum(descent, COROLLARY12_START_UP.order(eps, l1_scale))


def section63_baseline_order(
    eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, l2_scale: ArrayLike, dim: ArrayLike
) -> Numbers:
    r"""Without coordinate-wise adaptivity, by Corollary 12 at Lemma 16's $\lambda/\sqrt{d}$ and $\varepsilon/\sqrt{d}$,
    $T = O(\|G+\sigma\|_2^2 \Delta d^{3/2} \lambda^{1/2} \varepsilon^{-7/2})$ steps reach $(\lambda,
    \varepsilon)$-L1-stationarity on average. Status: stated, Section 6.3."""
    positive(lam=lam)
    count(dim=dim)
    return SECTION63_BASELINE.order(eps, l2_scale, gap=gap, lam=lam, dim=dim)


def coordinate_gain(coordinate_scale: Float[Array, "*batch dim"]) -> np.float64 | Float[Array, "*batch"]:
    r"""On the descent branch the $T$ of Section 6.3's baseline over that of Corollary 19 is $= d
    (\|G+\sigma\|_2/\|G+\sigma\|_1)^2$, from 1 (all coordinates alike) to $d$ (a single one counts). Status: stated,
    Section 6.3.

    coordinate_scale: the G_i + sigma_i, at least one of them positive along the last axis (else ValueError).
    """
    nonnegative(coordinate_scale=coordinate_scale)
    scale = real(coordinate_scale)
    if scale.ndim == 0 or not np.all(scale.max(axis=-1) > 0):
        raise ValueError("coordinate_scale: must have shape (..., dim) and a positive entry along the last axis")
    unit = scale / scale.max(axis=-1, keepdims=True)
    gain: Numbers = scale.shape[-1] * np.square(unit).sum(axis=-1) / np.square(unit.sum(axis=-1))
    return gain
