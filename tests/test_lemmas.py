"""The pointwise lemmas: the quadratic programme, the sharp instances, the judge with certified lower ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from analysis.judge import judge
from experiments.base import Context, Effort, Problem
from experiments.lemma04_gradient import Lemma04
from experiments.lemma05_goldstein import Lemma05, least_norm
from experiments.lemma16_norms import Lemma16
from experiments.words.evidence import Check
from objectives import OBJECTIVES, build
from objectives.noise import Exact

CONTEXT = Context(seed=0, case="test", effort=Effort(runs=4, windows=5, guess_limit=3, draws=100))


def problem(name, **arguments):
    return Problem(name, build(OBJECTIVES, name, arguments), Exact())


def test_least_norm_agrees_with_a_general_solver():
    rng = np.random.default_rng(0)
    for _ in range(5):
        vectors = rng.standard_normal((6, 3)) + rng.uniform(-1, 1, 3)
        found = minimize(
            lambda w, v=vectors: float(np.sum((w @ v) ** 2)),
            np.full(6, 1 / 6),
            bounds=[(0, 1)] * 6,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 300},
        )
        assert least_norm(vectors) == pytest.approx(np.sqrt(found.fun), abs=1e-5)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_least_norm_at_extreme_scales(scale):
    assert least_norm(scale * np.array([[1.0, 1.0], [1.0, -1.0]])) == pytest.approx(scale)
    assert least_norm(np.zeros((3, 2))) == 0.0
    assert least_norm(scale * np.array([[2.0], [-1.0]])) == pytest.approx(0.0, abs=1e-12 * scale)


def test_five_quarters_is_attained_on_the_tent():
    rows = Lemma04().measure(problem("hump", slope=2.5, width=2.0), CONTEXT).checks
    assert max(row.samples.max() for row in rows) == pytest.approx(1.25, rel=1e-6)


def test_the_lemmas_hold_and_their_controls_do_not():
    cases = [
        (Lemma04(), problem("hump", slope=2.5, width=2.0)),
        (Lemma04(case="hessian"), problem("cosine_well", slope=3.0, frequency=0.5, begin=3.0)),
        (Lemma05(), problem("capped_abs", slope=3.0, begin=2.6, cap=50.0)),
        (Lemma16(), problem("huber", dim=3, slope=[2.0, 0.7, 0.1], width=0.2, begin=2.5)),
    ]
    for claim, where in cases:
        assert {r.verdict for r in judge(claim.measure(where, CONTEXT).checks)} == {"supported"}
        for _, twin in claim.controls().values():
            assert "refuted" in {r.verdict for r in judge(twin.measure(where, CONTEXT).checks)}


def test_pathwise_rows_between_their_certified_ends_are_undecided():
    check = Check("pathwise", "stated", "q", "s", 1.0, np.array([1.1]), lower_samples=np.array([0.9]))
    assert judge([check])[0].verdict == "undecided"


def test_what_the_lemmas_refuse():
    with pytest.raises(ValueError, match="finite L"):
        Lemma04().accepts(problem("capped_abs"))
    with pytest.raises(ValueError, match="2 or more"):
        Lemma16().accepts(problem("hump"))
    with pytest.raises(ValueError, match="lam = 0"):
        Lemma05(lam=0.0)
    with pytest.raises(ValueError, match="smooth"):
        Lemma04(case="rough")
