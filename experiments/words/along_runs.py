"""Theorems 11 and 18 at a setting, and how their figures look: what is seen along the runs, and terms of the bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from experiments.words.evidence import CERTIFICATE, INFIMUM, Curve, Form, Panel
from experiments.words.numbers import mean_and_band
from experiments.words.problem import Scales
from experiments.words.terms import Sizes, bars, measured_terms, our_terms, proved_terms, tick
from foundation.arrays import Array, Float, Int, IntArray
from simulation.certificate import Norm
from simulation.plan import Signals

TERMS = "terms"  # the panel of that name
BARS: tuple[str, ...] = ("measured", "proved", "ours")
TICKS: dict[Form, int] = {"stated": 1, "proved": 1, "ours": 2}  # the bounds, by their bars


@dataclass(frozen=True)
class AtGuess:
    """What a theorem says for a C and a noise level (a factor of the problem's noise): lam, beta, D and T."""

    guess: float
    level: float
    scales: Scales
    lam: float
    beta: float
    radius: float
    steps: int

    def __str__(self) -> str:
        s = self.scales
        return f"C={self.guess:.4g} sigma/G={s.sigma / s.lipschitz:.3g}"


def run_panel(at: AtGuess, scale: float, norm: Norm) -> Panel:
    """The panel of the runs of a setting; scale: G + sigma in the theorem's norm."""
    ratio, noise = at.guess / scale, at.scales.sigma / at.scales.lipschitz
    total = r"\|G+\sigma\|_1" if norm == "l1" else r"(G+\sigma)"
    title = rf"$C = {ratio:.3g}\,{total}$, $\sigma = {noise:.3g}\,G$"
    return Panel(str(at), "$t/T$", r"stationarity at $\bar x_t$ / $\varepsilon$", "linear", "linear", title=title)


def along_runs(
    at: AtGuess, mine: Signals, times: Int[IntArray, "times"], eps: float, bounds: Mapping[Form, float]
) -> list[Curve]:
    """The certificate, its average over t, which the bounds are about, and what is known at the sampled averages."""
    panel, seen, ends = str(at), times <= at.steps, np.array([0.0, 1.0])
    line = mean_and_band(mine["certificate.curve"][:, seen] / eps)
    average = float(mine["certificate.mean"].mean()) / eps
    found = [
        Curve(panel, CERTIFICATE, "measured", times[seen] / at.steps, *line),
        Curve(panel, f"its average {average:.3g}", "measured", ends, np.full(2, average)),
    ]
    sampled = mine["times"].mean(axis=0) / at.steps
    if "upper" in mine:
        found.append(Curve(panel, INFIMUM, "measured", sampled, mine["upper"].mean(axis=0)))
    found.append(Curve(panel, r"$\|\nabla F(\bar x_t)\|$", "measured", sampled, mine["slopes"].mean(axis=0)))
    return found + [level(panel, form, bound, ends) for form, bound in bounds.items()]


def level(panel: str, form: Form, bound: float, ends: Float[Array, "points"]) -> Curve:
    """A bound as a line, with its value."""
    return Curve(panel, f"{form} {bound:.3g}", "bound", ends, np.full(len(ends), bound), form=form)


def terms_of(
    at: AtGuess, mine: Signals, eps: float, bounds: Mapping[Form, float], norm: Norm
) -> tuple[Panel, list[Curve]]:
    """Three bars: the two parts of the average certificate, and what the proofs' bounds of it are made of."""
    inputs = (at.lam, at.scales.gap, Sizes.of(at.scales, norm == "l1"), at.radius, at.beta, at.steps)
    found = bars(TERMS, 0, measured_terms(at.lam, mine), eps)
    found += bars(TERMS, 1, proved_terms(*inputs), eps, "proved")
    found += bars(TERMS, 2, our_terms(*inputs), eps, "ours")
    found += [
        tick(TERMS, f"{form} {bounds[form]:.3g}", place, bounds[form])
        for form, place in TICKS.items()
        if form in bounds
    ]
    axis = r"average over $t$ / $\varepsilon$"
    return Panel(TERMS, "terms", axis, "linear", "linear", "terms", names=BARS), found
