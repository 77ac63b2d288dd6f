"""The identities of docs/sharper.md, in its order: each a list of expressions that vanish for c = 1, and do not for c = 1.01."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from tests.proofs.inequalities import CONVERSION, COUNTEREXAMPLE, DISCOUNTS, OUTPUT, PAPER, SPREAD

IDENTITIES: list[Identity] = []
beta, rho, omega = sp.symbols("beta rho omega", positive=True)
TERMS = range(1, 9)  # of sums: how many


@dataclass(frozen=True)
class Identity:
    """A labelled identity of the document; c multiplies one side."""

    label: str
    section: str
    differences: Callable[[Any], list[Any]]


def identity(label: str, section: str) -> Callable[[Callable[[Any], list[Any]]], Callable[[Any], list[Any]]]:
    """Enter the differences of an identity's sides under its label in the document."""

    def enter(differences: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
        IDENTITIES.append(Identity(label, section, differences))
        return differences

    return enter


@identity("(E1)", SPREAD)
def distance_of_two_ages(c: Any) -> list[Any]:
    """Moments of P(N = n) ~ beta^n, by derivatives of the geometric series."""
    series = 1 / (1 - beta)
    first = beta * sp.diff(series, beta)
    second = beta * sp.diff(first, beta)
    law = 2 * (1 - beta) / (1 + beta)
    mean, square = 2 * beta / (1 - beta**2), 2 * beta / (1 - beta) ** 2
    limit = 2 * beta / ((1 + beta) * (1 - beta) ** 2)
    # and P(N = 0), from the same double sum, completes the law
    return [
        law * first - c * mean,
        law * second - c * square,
        (mean + square) / 2 - c * limit,
        law * series - law / 2 - c,
    ]


@identity("(E2)", SPREAD)
def spread_of_the_straight_line(c: Any) -> list[Any]:
    """The double sum over two ages against the closed form."""
    differences = []
    for t in TERMS[1:]:
        ages = [(i, j) for i in range(t) for j in range(t)]
        moments = sum(beta ** (i + j) * (abs(i - j) ** 2 + abs(i - j)) for i, j in ages)
        power = beta**t
        closed = beta / (1 - beta) ** 2 + beta * (1 + power) / ((1 - beta**2) * (1 - power))
        closed -= t * (t + 1) * power / (1 - power) ** 2
        differences.append((1 - beta) ** 2 / (1 - power) ** 2 * moments / 2 - c * closed)
    return differences


@identity("(E3)", CONVERSION)
def two_parts_of_the_descent(c: Any) -> list[Any]:
    """(A) + (B) = F(x_T) - F(x_0)."""
    differences = []
    for steps in TERMS:
        drops = sp.symbols(f"phi1:{steps + 1}")
        inner = [sum(beta ** (n - t) * drops[t - 1] for t in range(1, n + 1)) for n in range(1, steps + 1)]
        differences.append((1 - beta) * sum(inner) + c * beta * inner[-1] - sum(drops))
    return differences


@identity("(E4)", PAPER)
def papers_parameters(c: Any) -> list[Any]:
    """Spread, descent and start-up at the paper's beta, D and T."""
    lam, eps, gap = sp.symbols("lam eps Delta", positive=True)
    guess = eps / (10 * rho)
    radius = rho**2 * sp.sqrt(eps) / (4 * sp.sqrt(lam))
    steps = 4 * gap * sp.sqrt(lam) / (rho**2 * eps ** sp.Rational(3, 2))
    spread, descent = 12 * lam * radius**2 / rho**4, gap / (radius * steps)
    start_up = 1 / (12 * guess / eps)
    total = descent + spread
    return [
        spread - c * sp.Rational(3, 4) * eps,
        descent - c * eps,
        start_up - c * sp.Rational(5, 6) * rho,
        total - c * sp.Rational(7, 4) * eps,
        lam * radius**2 / rho**4 - c * eps / 16,
    ]


@identity("(E5)", OUTPUT)
def weights_of_the_output(c: Any) -> list[Any]:
    """What the two parts of the descent put on S_n, over 1 - beta for a mean: the weights, whose sum is T."""
    differences = []
    for steps in TERMS:
        sums = [sum(beta**s for s in range(n)) for n in range(1, steps + 1)]
        weights = [(1 - beta) * each for each in sums[:-1]] + [(1 - beta) * sums[-1] + beta * sums[-1]]
        stated = [1 - beta**n for n in range(1, steps)] + [(1 - beta**steps) / (1 - beta)]
        differences += [one - c * other for one, other in zip(weights, stated, strict=True)]
        differences.append(sum(weights) - c * steps)
    return differences


@identity("(E6)", DISCOUNTS)
def square_of_a_step(c: Any) -> list[Any]:
    """v^2/(2 rho) where r^2 = ratio rho^2 + v^2: v^2 by what r is."""
    r, ratio = sp.symbols("r c", positive=True)
    square = r**2 - ratio * rho**2
    return [square / (2 * rho) - c * ((r - rho) - (ratio - 1) * rho / 2 + (r - rho) ** 2 / (2 * rho))]


@identity("(E7)", DISCOUNTS)
def sums_of_signs_in_turn(c: Any) -> list[Any]:
    """|S_t| + |S_{t+1}|, |S_t| = beta^{t-1} - beta^{t-2} + ... in absolute value."""
    differences = []
    for t in TERMS[:-1]:
        now, then = ((-1) ** (n - 1) * sum((-1) ** s * beta ** (n - 1 - s) for s in range(n)) for n in (t, t + 1))
        differences.append(now + then - c * (2 - (-beta) ** t * (1 - beta)) / (1 + beta))
    return differences


@identity("(E8)", COUNTEREXAMPLE)
def averages_of_waves(c: Any) -> list[Any]:
    """Waves as complex amplitudes: an EMA divides by 1 + i omega, an integral by i omega, a delay by one multiplies."""
    slope, delta, r, u = sp.symbols("A delta r u", positive=True)
    delay = ((1 - u**2) - 2 * sp.I * u) / (1 + u**2)  # exp(-i omega), by the tangent of omega/2
    ema, k = 1 / (1 + sp.I * omega), omega / r

    def average(one: Any, two: Any) -> Any:
        product = one * two.subs(sp.I, -sp.I)
        return (product + product.subs(sp.I, -sp.I)) / 4

    m2 = delta * ema
    x2 = -r * m2 / (slope * sp.I * omega)
    mean = slope + average(delta * k * x2, -sp.I) + average(m2, m2) / (2 * slope)
    mean_at_ema = (
        slope + average(delta * k * x2 * ema, -sp.I * delay) + average(delta * delay, delta * delay) / (2 * slope)
    )
    cosine = ((1 - omega**2) * (1 - u**2) + 4 * omega * u) / ((1 + omega**2) * (1 + u**2))
    unit = delta**2 / (4 * slope * (1 + omega**2))  # cosine: cos(2 phi - omega)
    return [
        mean - slope + c * unit,
        mean_at_ema - slope + c * 2 * cosine * unit - c * delta**2 / (4 * slope),
        mean_at_ema - mean - c * unit * (2 + omega**2 - 2 * cosine),
    ]


@identity("(E9)", COUNTEREXAMPLE)
def spread_of_a_circle(c: Any) -> list[Any]:
    """The variance of exp(i omega s), |.| = 1, for s ~ Exp(1): 1 - |q|^2, q by its antiderivative."""
    s = sp.symbols("s", positive=True)
    antiderivative = -sp.exp(-s + sp.I * omega * s) / (1 - sp.I * omega)
    wrong = sp.diff(antiderivative, s) - c * sp.exp(-s) * sp.exp(sp.I * omega * s)
    q = -antiderivative.subs(s, 0)  # it vanishes at infinity
    return [wrong, 1 - sp.expand(q * sp.conjugate(q)) - c * omega**2 / (1 + omega**2)]
