"""The clip's activity: its law against scipy, its check and its control."""

from __future__ import annotations

import pytest
from scipy.stats import chi2

from experiments.section6_1_clip import ClipActivity, exceeds_mean
from experiments.words.harness import examine
from experiments.words.problem import Context, Effort, Problem
from objectives import OBJECTIVES, build
from objectives.noise import Gaussian


@pytest.mark.parametrize("dim", [1, 2, 3, 10, 100, 200])
def test_the_tail_agrees_with_scipy(dim):
    assert exceeds_mean(dim) == pytest.approx(chi2.sf(dim, dim), rel=1e-10)


@pytest.mark.parametrize(("dim", "coordinatewise"), [(1, True), (10, False)])
def test_the_share_is_near_its_law_and_those_of_the_controls_are_not(dim, coordinatewise):
    noise = Problem("noise", build(OBJECTIVES, "ramp", {"dim": dim, "slope": 0.0}), Gaussian(sigma=1.0))
    context = Context(0, "test", Effort(runs=16, windows=5, guess_limit=3, draws=10))
    claim = ClipActivity(coordinatewise=coordinatewise, betas=(0.95,), windows=300)
    evidence, controls = examine(claim, noise, context)
    (check,) = evidence.checks
    assert check.samples.mean() == pytest.approx(check.bound, abs=0.03)
    assert {c.name: (c.removes, c.near) for c in controls} == {
        "beta2 = beta1": ("beta2 = beta1^2", False),
        "beta1^3": ("beta2 = beta1^2", True),
    }
    shares = {control.name: control.evidence.checks[0].samples.mean() for control in controls}
    assert shares["beta2 = beta1"] < check.bound - 0.1  # a denominator that remembers longer, and is larger
    assert shares["beta1^3"] > check.bound + 0.1  # shorter, and smaller


def test_it_refuses_a_slope():
    with pytest.raises(ValueError, match="slope = 0"):
        ClipActivity().accepts(Problem("ramp", build(OBJECTIVES, "ramp", {}), Gaussian(sigma=1.0)))
