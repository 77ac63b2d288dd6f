"""Verdicts at a small size: every row of a claim is supported, and the controls that are named are refuted somewhere.

Not every control bites on every problem: named are those that must on this one.
"""

from __future__ import annotations

import pytest

from analysis.judge import judge
from experiments.words.harness import examine
from experiments.words.problem import Context, Effort
from tests.test_experiments import job

SMALL = {"runs": 32, "windows": 10, "guess_limit": 3.0, "draws": 20_000}
CASES = {
    "lemma20_redescending": ({}, ("a = 1", "U(0,2)", "mean 1.5", "mean 1.1")),
    "equation1_ramp": ({}, ("wrong sign", "no momentum")),
    "equation1_kink": ({}, ("momentum x 2", "no root")),
    "lemma07_noisy_ramp": ({}, ("Delta/1.5", "G/1.5")),
    "theorem11_kink": ({"runs": 16}, ("D/2", "last iterate")),
    "theorem18_kink": ({"runs": 16}, ("D/2", "last iterate")),
    "corollary12_lam": ({}, ("frozen", "exponent + 1/2")),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name):
    changes, bite = CASES[name]
    made = job(name)
    evidence, controls = examine(made.claim, made.problem, Context(0, name, Effort(**SMALL | changes)))
    said = {(r.check.form, r.check.quantity, r.check.setting): r.verdict for r in judge(evidence.checks)}
    assert set(said.values()) == {"supported"}, said
    verdicts = {control.name: {r.verdict for r in judge(control.evidence.checks)} for control in controls}
    assert {other: "refuted" in verdicts[other] for other in bite} == dict.fromkeys(bite, True)


@pytest.mark.parametrize("name", ["equation1_ramp", "equation2_ramp"])
def test_range_of_regret(name):
    """Without noise its range is known, and the worst of all learners reaches its end; with noise there is none."""
    made = job(name)
    evidence, controls = examine(made.claim, made.problem, Context(0, name, Effort(**SMALL | {"runs": 8})))
    assert all(check.support is not None for check in evidence.checks)
    (worst,) = [control.evidence.checks for control in controls if control.name == "wrong sign"]
    assert max(check.samples.max() / check.support[1] for check in worst) > 0.9999
    assert made.claim.support(job("equation1_kink").problem, 0.9) is None
