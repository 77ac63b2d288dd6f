"""How T grows: Corollaries 12, 13 and 19, Section 5.2.2 of arXiv 2405.18199, and our leading constants.

scale = G + sigma, l1_scale = ||G + sigma||_1, l2_scale = ||G + sigma||_2. `*_order` functions leave out the absolute
constant of an O(.); `*_steps` functions are exact, but for rounding T up. Errors as in `theory.adam_ema`.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.ranges import count, nonnegative, positive, real, show

Array = NDArray[np.float64]
Learner = Literal["beta-FTRL", "OGD"]
LEADING = 343.0 * sqrt(7.0) / 32.0  # 28.36, derived in `leading_constant`


class Branches(NamedTuple):
    """The two terms of a maximum: descent (with Delta) and transient (without); T is the larger."""

    descent: Any
    transient: Any

    @property
    def steps(self) -> Any:
        """The larger branch."""
        return np.maximum(self.descent, self.transient)


class Exponents(NamedTuple):
    """T ~ eps^eps scale^scale gap^gap lam^lam dim^dim on one branch, scale and dim varied apart."""

    eps: float
    scale: float
    gap: float
    lam: float
    dim: float = 0.0


# Status: stated, Corollaries 12, 13 and 19, Sections 6.3 and 5.2.2; the two `STOPPED` are ours. The descent branch,
# but for `START_UP`.
COROLLARY12 = Exponents(-3.5, 2.0, 1.0, 0.5)
COROLLARY12_START_UP = Exponents(-3.0, 3.0, 0.0, 0.0)
COROLLARY13_SMOOTH = Exponents(-4.0, 2.0, 1.0, 0.0)  # lam = L^2/eps; linear in L
COROLLARY13_HESSIAN = Exponents(-3.5, 2.0, 1.0, 0.0)  # lam = H/2; sqrt H
COROLLARY19 = Exponents(-3.5, 2.0, 1.0, 0.5, 0.5)  # scale = ||G+sigma||_1
SECTION63_BASELINE = Exponents(-3.5, 2.0, 1.0, 0.5, 1.5)  # scale = ||G+sigma||_2
SECTION522_FTRL = Exponents(-3.5, 3.5, 1.0, 0.5)  # as scale -> infinity, C = 1
SECTION522_OGD = Exponents(-3.5, 7.0, 1.0, 0.5)
SECTION522_FTRL_STOPPED = Exponents(-3.5, 2.5, 1.0, 0.5)
SECTION522_OGD_STOPPED = Exponents(-3.5, 5.0, 1.0, 0.5)


def corollary12_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Branches:
    """(scale^2 Delta lam^{1/2} eps^{-7/2}, scale^3 eps^{-3}). Status: stated, Corollary 12."""
    return corollary19_order(eps, lam, gap, scale, 1)


def corollary12_steps(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Branches:
    """(400 scale^2 Delta lam^{1/2} eps^{-7/2}, 1200 scale^3 eps^{-3}). Status: stated, Theorem 11 at C = G + sigma.

    eps is the theorem's; the guarantee there is 2 eps. Descent is larger where Delta lam^{1/2} >= 3 scale eps^{1/2}.
    """
    order = corollary12_order(eps, lam, gap, scale)
    return Branches(400.0 * order.descent, 1200.0 * order.transient)


def lower_bound_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Array:
    """Omega(scale^2 Delta lam^{1/2} eps^{-7/2}) gradients are needed. Status: stated, Corollary 12."""
    return np.asarray(corollary12_order(eps, lam, gap, scale).descent)[()]


def lower_bound_applies(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, lipschitz: ArrayLike) -> NDArray[np.bool_]:
    """lam <= G^4/(Delta^2 eps), where the lower bound is claimed. Status: stated, Corollary 12.

    It is claimed for lam of order eps at least, too; that order has no constant and is not checked.
    """
    positive(eps=eps, lam=lam, gap=gap)
    nonnegative(lipschitz=lipschitz)
    return real(lam) * np.square(gap) * real(eps) <= real(lipschitz) ** 4


def corollary13_smooth_order(eps: ArrayLike, smoothness: ArrayLike, gap: ArrayLike, scale: ArrayLike) -> Branches:
    """lam = L^2/eps: (scale^2 Delta L eps^{-4}, scale^3 eps^{-3}). Status: stated, Corollary 13."""
    positive(eps=eps, smoothness=smoothness)
    return corollary12_order(eps, np.square(real(smoothness)) / real(eps), gap, scale)


def corollary13_hessian_order(
    eps: ArrayLike, hessian_lipschitz: ArrayLike, gap: ArrayLike, scale: ArrayLike
) -> Branches:
    """lam = H/2: (scale^2 Delta (H/2)^{1/2} eps^{-7/2}, scale^3 eps^{-3}). Status: stated, Corollary 13."""
    positive(hessian_lipschitz=hessian_lipschitz)
    return corollary12_order(eps, real(hessian_lipschitz) / 2.0, gap, scale)


def untuned_steps(
    eps: ArrayLike,
    lam: ArrayLike,
    gap: ArrayLike,
    scale: ArrayLike,
    learner: Learner = "beta-FTRL",
    stop_early: bool = False,
) -> Array:
    """T of the descent branch with C = 1, G and sigma unknown. Status: stated as an order, Section 5.2.2.

    Theorem 11 with C = 1 at accuracy e guarantees (1 + r) e, r = scale for beta-FTRL and scale^2 for online gradient
    descent (regret D scale^2/sqrt(1-beta), constants left out), so e = eps/(1 + r) for the target eps and
    T = 400 Delta lam^{1/2} e^{-7/2}: exponents 7/2 and 7 in scale. stop_early (ours): beta and D stay, T only has to
    bring Delta/(DT) to the target, T = Delta/(D eps) = 400 Delta lam^{1/2} e^{-5/2}/eps: exponents 5/2 and 5. The
    bound grows to at most 2 eps (descent eps; regret and noise r e <= eps; spread apart). scale in units of C = 1.
    """
    positive(eps=eps, lam=lam)
    nonnegative(gap=gap, scale=scale)
    if learner not in ("beta-FTRL", "OGD"):
        raise ValueError(f"learner = {learner!r}: must be 'beta-FTRL' or 'OGD'")
    excess = 1.0 + (real(scale) if learner == "beta-FTRL" else np.square(real(scale)))
    power = 2.5 if stop_early else 3.5
    return 400.0 * real(gap) * np.sqrt(lam) * real(eps) ** -3.5 * excess**power


def corollary19_order(eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, l1_scale: ArrayLike, dim: ArrayLike) -> Branches:
    """(l1_scale^2 Delta d^{1/2} lam^{1/2} eps^{-7/2}, l1_scale^3 eps^{-3}). Status: stated, Corollary 19."""
    positive(eps=eps, lam=lam)
    nonnegative(gap=gap, scale=l1_scale)
    count(dim=dim)
    ratio = real(l1_scale) / real(eps)
    weight = np.sqrt(real(dim) * real(lam))
    return Branches(np.square(ratio) * real(gap) * weight * real(eps) ** -1.5, ratio**3)


def section63_baseline_order(
    eps: ArrayLike, lam: ArrayLike, gap: ArrayLike, l2_scale: ArrayLike, dim: ArrayLike
) -> Branches:
    """(l2_scale^2 Delta d^{3/2} lam^{1/2} eps^{-7/2}, l2_scale^3 d^{3/2} eps^{-3}). Status: stated, Section 6.3.

    Corollary 12 at Lemma 16's (lam/sqrt d, eps/sqrt d); the second term is ours (the paper gives the first).
    """
    count(dim=dim)
    root = np.sqrt(real(dim))
    return corollary12_order(real(eps) / root, real(lam) / root, gap, l2_scale)


def coordinate_gain(coordinate_scale: ArrayLike) -> Array:
    """d (||.||_2/||.||_1)^2 of the G_i + sigma_i, shape (..., dim) -> (...). Status: stated, Section 6.3.

    The baseline's descent branch over Corollary 19's: from 1 (all coordinates alike) to d (a single one counts).
    """
    nonnegative(coordinate_scale=coordinate_scale)
    scale = real(coordinate_scale)
    if scale.ndim == 0 or not np.all(scale.max(axis=-1) > 0):
        raise ValueError("coordinate_scale: must have shape (..., dim) and a positive entry along the last axis")
    unit = scale / scale.max(axis=-1, keepdims=True)
    return real(scale.shape[-1] * np.square(unit).sum(axis=-1) / np.square(unit.sum(axis=-1)))[()]


def leading_constant_stated(guess_ratio: ArrayLike = 1.0, excess: float = 0.0) -> Array:
    """c in T = c scale^2 Delta lam^{1/2} eps^{-7/2}, eps the target, of Theorem 11. Status: stated.

    400 q^2 (1 + excess + 1/q)^{7/2}, q = C/(G + sigma): 4525 as stated and 13795 as proved at q = 1 (Corollary 12).
    Least at q = 3/(4 (1 + excess)): 4366 and 10108. excess: 0 as stated, 0.75 as proved (Status: proved in the paper).
    """
    positive(guess_ratio=guess_ratio)
    nonnegative(excess=excess)
    ratio = real(guess_ratio)
    return 400.0 * np.square(ratio) * (1.0 + excess + 1.0 / ratio) ** 3.5


def leading_constant(sigma_share: ArrayLike, regret: float = 2.0, variance: float = 1.0) -> Array:
    """c in T ~ c scale^2 Delta lam^{1/2} eps^{-7/2} at the best beta and D, Lemma 7 as stated. Status: ours.

    Bounds with constants `regret` (paper 4, ours 2) and `variance` (paper 12, ours 1) and 1-beta in place of 1-beta^2:
    Delta/(DT) + kappa sqrt(1-beta) + variance lam D^2/(1-beta)^2 <= eps, kappa = regret (G+sigma) + sigma. Optimal
    shares 2/7, 4/7, 1/7 of eps: 1-beta = (4 eps/(7 kappa))^2, D = (1-beta) sqrt(eps/(7 variance lam)), so
    T = (343 sqrt 7/32) sqrt(variance) kappa^2 Delta lam^{1/2} eps^{-7/2}, 343 sqrt 7/32 = 28.36.
    sigma_share = sigma/(G+sigma) in [0, 1]: 113 at 0, 255 at 1.
    """
    share = _share(sigma_share)
    positive(regret=regret, variance=variance)
    return real(LEADING * np.sqrt(variance) * np.square(regret + share))[()]


def leading_constant_sharpened(sigma_share: ArrayLike) -> Array:
    """The same for `tuning.sharpened_parameters`: kappa = (2 sqrt(G^2+sigma^2) + sigma)/sqrt 2. Status: ours.

    57 at sigma_share = 0, 128 at 1, least (47.1) at 0.311.
    """
    share = _share(sigma_share)
    kappa = (2.0 * np.hypot(1.0 - share, share) + share) / np.sqrt(2.0)
    return real(LEADING * np.square(kappa))[()]


def _share(sigma_share: ArrayLike) -> Array:
    nonnegative(sigma_share=sigma_share)
    share = real(sigma_share)
    if not np.all(share <= 1):
        raise ValueError(f"sigma_share = {show(sigma_share)}: must lie in [0, 1]")
    return share
