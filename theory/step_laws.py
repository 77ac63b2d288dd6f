"""Lemma 20 of arXiv 2405.18199 for other laws of the step scaling. Ours; errors as in `theory.adam_ema`."""

from __future__ import annotations

from numpy.typing import ArrayLike

from foundation.ranges import Numbers, nonnegative, positive, real


def step_weight(survival: ArrayLike, density: ArrayLike) -> Numbers:
    r"""For a step scaling $s$ of finite mean with survival function $S$ and density $f$, positive where $S$ is, and all
    $x$ and $z$, $\mathbb{E}[F(x + s z) - F(x)] = \mathbb{E}[w(s) \langle \nabla F(x + s z), z\rangle]$ with the weight
    $w = S/f$. Status: ours (Lemma 20, any law).

    F(x + sz) - F(x) is the integral of h(t) = <grad F(x + tz), z> over t < s, and |h| <= G ||z||: its mean is the
    integral of S h = (S/f) h f. No other weight does for every F: h may be any bounded function, and then the integral
    of (S - w f) h is 0 for all of them. So w = 1 if and only if S = f = -S', that is S(s) = exp(-s): Exp(1) alone needs
    no weight. E w = E s, so among the laws of mean 1 it has the least E w^2, which is 1; U(0,2), with w = 2 - s, has
    4/3. For mean 1, S is also the density of another point on the way, where the gradient needs no
    weight: U[0,1] for a step of 1.
    """
    nonnegative(survival=survival)
    positive(density=density)
    return real(survival) / real(density)
