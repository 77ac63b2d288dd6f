"""What the bounds of Theorems 11 and 18 are made of, as their figures show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from experiments.words.evidence import Curve, Form, Role
from experiments.words.problem import Scales
from foundation.arrays import Array, Float
from simulation.plan import Signals
from theory import adam_ema, sharpened

DESCENT = r"descent $\Delta/(DT)$"
START = r"start-up ($G$)"
NOISE = r"noise ($\sigma$)"
REGRET = "regret"
SPREAD = r"spread $\lambda\mathbb{E}\|y_t - \bar x_t\|^2$"
GRADIENT = r"$\|\mathbb{E}\,\nabla F(y_t)\|$"


@dataclass(frozen=True)
class Sizes:
    """G and sigma in the norm at hand: those of every coordinate for clipped Adam (in L1), else one each.

    dim: the d of the spread, 1 in an L2 ball.
    """

    lipschitz: Float[Array, "coordinates"]
    sigma: Float[Array, "coordinates"]
    coordinatewise: bool

    @classmethod
    def of(cls, scales: Scales, coordinatewise: bool) -> Sizes:
        """Those of a problem, in the norm at hand."""
        if coordinatewise:
            return cls(scales.coordinate_lipschitz, scales.coordinate_sigma, True)
        return cls(np.array([scales.lipschitz]), np.array([scales.sigma]), False)

    @property
    def dim(self) -> int:
        """d for clipped Adam, else 1."""
        return len(self.lipschitz) if self.coordinatewise else 1


def measured_terms(lam: float, mine: Signals) -> dict[str, float]:
    """The two parts of the average certificate of these runs."""
    return {GRADIENT: float(mine["norm.mean"].mean()), SPREAD: lam * float(mine["spread.mean"].mean())}


def proved_terms(lam: float, gap: float, sizes: Sizes, radius: float, beta: float, steps: int) -> dict[str, float]:
    """The terms of the paper's proof at these beta, D and T, by name: Lemma 7 (17) with equation (1) (2), and Lemma 10.

    Lemma 7's bound is linear in Delta, G, sigma and the regrets: each term is what it is when the others are 0.
    """
    lipschitz, sigma = float(sizes.lipschitz.sum()), float(sizes.sigma.sum())
    regret = float(adam_ema.equation1(radius, lipschitz, sigma, beta))
    at = (radius, beta, steps)
    parts = (gap, 0.0, 0.0), (0.0, lipschitz, 0.0), (0.0, 0.0, sigma)
    if sizes.coordinatewise:  # Lemma 17 is stated for G + sigma, which contains sigma
        found = [adam_ema.lemma17_bound(delta, g + s, s, *at) for delta, g, s in parts]
    else:
        found = [adam_ema.lemma07_bound(*part, *at) for part in parts]
    found.append(adam_ema.lemma07_bound(0.0, 0.0, 0.0, *at, regret, steps * regret))
    found.append(lam * adam_ema.lemma10_bound(radius, beta, sizes.dim))
    return dict(zip((DESCENT, START, NOISE, REGRET, SPREAD), map(float, found), strict=True))


def our_terms(lam: float, gap: float, sizes: Sizes, radius: float, beta: float, steps: int) -> dict[str, float]:
    """The same of our lemmas; they add up to `sharpened.guarantee_l1`."""
    lipschitz, sigma = float(sizes.lipschitz.sum()), float(sizes.sigma.sum())
    regret = float(sharpened.equation2(radius, sizes.lipschitz, sizes.sigma, beta))
    at = (radius, beta, steps)
    found = [
        sharpened.lemma07_bound(*part, *at) for part in ((gap, 0.0, 0.0), (0.0, lipschitz, 0.0), (0.0, 0.0, sigma))
    ]
    found.append(sharpened.lemma07_bound(0.0, 0.0, 0.0, *at, regret, steps * regret))
    found.append(lam * sharpened.lemma10_bound(radius, beta, sizes.dim))
    return dict(zip((DESCENT, START, NOISE, REGRET, SPREAD), map(float, found), strict=True))


def bars(panel: str, place: int, terms: Mapping[str, float], unit: float, form: Form | None = None) -> list[Curve]:
    """One bar of a panel of terms: of a bound if it has a form, else measured."""
    role: Role = "measured" if form is None else "bound"
    return [
        Curve(panel, name, role, np.array([place]), np.array([value / unit]), form=form)
        for name, value in terms.items()
        if value  # no noise, no term of it
    ]


def tick(panel: str, label: str, place: int, value: float) -> Curve:
    """A tick across a bar: the bound as it is stated."""
    return Curve(panel, label, "context", np.array([place]), np.array([value]))
