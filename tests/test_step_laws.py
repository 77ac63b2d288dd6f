"""Lemma 20 for other laws of the step scaling: the laws, the identity to the last digits, and the claim."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from analysis.judge import judge
from experiments.lemma20_laws import LAWS, Lemma20Laws
from experiments.words.harness import examine
from experiments.words.problem import Context, Effort
from tests.test_lemmas import problem
from theory.step_laws import step_weight

EDGES = {"U(0,2)": 2.0}  # where a law ends


def mean(name, function):
    """E of a function of s, by quadrature with the density of the law."""
    law, edge = LAWS[name], EDGES.get(name, 25.0)
    value, _ = integrate.quad(
        lambda s: float(law.density(np.array([s]))[0] * function(s)), 0.0, edge, points=(0.4, 1.0, 1.7), limit=400
    )
    return value


@pytest.mark.parametrize("name", LAWS)
def test_the_laws(name):
    """f = -S', S(0) = 1, mean 1; and what is drawn has the law, by Kolmogorov and Smirnov."""
    law, s, step = LAWS[name], np.linspace(0.05, 1.9, 50), 1e-5
    slope = (law.survival(s + step) - law.survival(s - step)) / (2 * step)
    assert_allclose(law.density(s), -slope, rtol=1e-6)
    assert_allclose(law.survival(np.zeros(1)), 1.0)
    assert_allclose(mean(name, lambda s: s), 1.0, rtol=1e-7)
    drawn = np.empty(50_000)
    law.scaling.fill(np.random.default_rng(1), drawn)
    assert stats.kstest(drawn, lambda s: 1.0 - law.survival(s)).pvalue > 1e-3


@pytest.mark.parametrize("name", LAWS)
def test_the_identity_and_its_only_weight(name):
    """E int_0^s h = E[w(s) h(s)] for waves and for indicators h; any other weight fails for one of them."""
    law = LAWS[name]

    def weight(s):
        return float(law.weight(np.array([s]))[0])

    for k in (0.5, 2.0, 7.0):
        integral = mean(name, lambda s, k=k: np.sin(k * s) / k)
        assert_allclose(mean(name, lambda s, k=k: weight(s) * np.cos(k * s)), integral, atol=1e-7)
    for edge in (0.4, 1.0, 1.7):  # h = 1 up to the edge
        integral = mean(name, lambda s, edge=edge: min(s, edge))
        assert_allclose(mean(name, lambda s, edge=edge: weight(s) * (s < edge)), integral, atol=1e-7)
        unweighted = mean(name, lambda s, edge=edge: s < edge) - integral
        assert (abs(unweighted) < 1e-7) == (name == "Exp(1)")


def test_the_exponential_law_has_the_least_second_moment():
    """E w = 1 for all, E w^2 = 1 for Exp(1), 4/3 for U(0,2), and more than 1 for the others."""
    squares = {name: mean(name, lambda s, law=law: law.weight(np.array([s]))[0] ** 2) for name, law in LAWS.items()}
    assert_allclose([mean(name, lambda s, law=law: law.weight(np.array([s]))[0]) for name, law in LAWS.items()], 1.0)
    assert_allclose((squares["Exp(1)"], squares["U(0,2)"]), (1.0, 4 / 3), rtol=1e-9)
    assert min(square for name, square in squares.items() if name != "Exp(1)") > 1.05


def test_the_claim():
    """Every law is supported; without weights, but for Exp(1), and with wrong ones all are refuted."""
    kink = problem("capped_abs", slope=3.0, begin=2.6, cap=50.0)
    effort = Effort(runs=64, windows=5, guess_limit=3, draws=20_000)
    evidence, controls = examine(Lemma20Laws(), kink, Context(0, "test", effort))
    assert {ruling.verdict for ruling in judge(evidence.checks)} == {"supported"}
    for control in controls:
        verdicts = {ruling.check.setting: ruling.verdict for ruling in judge(control.evidence.checks)}
        wrong = set(LAWS) - (set() if control.name == "mean 1.2" else {"Exp(1)"})
        assert "refuted" in {verdicts[name] for name in wrong}, control.name
        assert control.name != "no weight" or {verdicts[name] for name in wrong} == {"refuted"}


def test_what_a_weight_refuses():
    """A density that is 0 or negative, a survival function below 0."""
    for survival, density in ((0.5, 0.0), (0.5, -1.0), (-0.1, 1.0)):
        with pytest.raises(ValueError, match="must be finite and >"):
            step_weight(survival, density)
