"""The terms of Lemmas 7 and 17 and of their proofs (arXiv 2405.18199). Symbols and errors as in `theory.adam_ema`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from foundation.ranges import Numbers, count, discount, finite, nonnegative, positive, real


def lemma07_bracket(beta: ArrayLike, regret_last: ArrayLike, regret_sum: ArrayLike) -> Numbers:
    r"""The bracket of Lemma 7, of either sign, is $= \beta \mathbb{E} \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t
    \mathbb{E} \mathrm{Regret}_t(u_t)$. Status: stated, Lemmas 7 and 17.

    regret_last = E Regret_T(u_T), regret_sum = sum_{t=1}^T E Regret_t(u_t).
    """
    discount(beta)
    finite(regret_last=regret_last, regret_sum=regret_sum)
    return real(beta) * real(regret_last) + (1.0 - real(beta)) * real(regret_sum)


def lemma07_ledger(
    lipschitz: ArrayLike, sigma: ArrayLike, radius: ArrayLike, beta: ArrayLike, steps: ArrayLike
) -> dict[str, Numbers]:
    r"""With $S^F_n$ and $S^g_n = \sum_{t\leq n} \beta^{n-t}$ of the true and of the stochastic gradients at $x_t$,
    comparator: $D \sum_n \mathbb{E}\|\mathbb{E}_{y_n} \nabla F(y_n)\| - (1-\beta) D \sum_n \mathbb{E}\|S^F_n\| \leq D
    G/(1-\beta)$; noise: $(1-\beta) \mathbb{E} \sum_n \langle S^g_n - S^F_n, u_n\rangle \leq \sigma D T \sqrt{1-\beta}$;
    last: $\beta \mathbb{E} \langle S^g_T, u_T\rangle \leq D (G + \sigma)/(1-\beta)$. Status: proved in the paper (proof
    of Lemma 7).

    These three, Delta and the regret bracket (an equality), over DT, add up to `lemma07_bound`. By their names.
    """
    nonnegative(lipschitz=lipschitz, sigma=sigma)
    positive(radius=radius)
    discount(beta)
    count(steps=steps)
    rate, radius = 1.0 - real(beta), real(radius)
    return {
        "comparator": radius * real(lipschitz) / rate,
        "noise": radius * real(sigma) * real(steps) * np.sqrt(rate),
        "last": radius * (real(lipschitz) + real(sigma)) / rate,
    }


def lemma17_ledger(
    l1_lipschitz: ArrayLike, l1_sigma: ArrayLike, radius: ArrayLike, beta: ArrayLike, steps: ArrayLike
) -> dict[str, Numbers]:
    r"""With $S^F_n$ and $S^g_n$ as in Lemma 7 and $u_n[i] = -D \mathrm{sign}(S^F_n[i])$, comparator: $D \sum_n
    \mathbb{E}\|\mathbb{E}_{y_n} \nabla F(y_n)\|_1 - (1-\beta) D \sum_n \mathbb{E}\|S^F_n\|_1 \leq D \|G\|_1/(1-\beta)$;
    noise: $(1-\beta) \mathbb{E} \sum_n \langle S^g_n - S^F_n, u_n\rangle \leq \|\sigma\|_1 D T \sqrt{1-\beta}$; last:
    $\beta \mathbb{E} \langle S^g_T, u_T\rangle \leq D (\|G\|_1 + \|\sigma\|_1)/(1-\beta)$. Status: proved in the paper
    (proof of Lemma 17).

    `lemma07_ledger` coordinate by coordinate, added; the sum is less than Lemma 17 states.
    """
    nonnegative(l1_lipschitz=l1_lipschitz, l1_sigma=l1_sigma)
    return lemma07_ledger(l1_lipschitz, l1_sigma, radius, beta, steps)
