"""The lemmas: the quadratic programme, sharp instances, certified lower ends, games, controls."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import stationarity
from analysis.judge import judge
from experiments import lemma16_norms
from experiments.lemma04_gradient import Lemma04
from experiments.lemma05_goldstein import Lemma05, least_norm
from experiments.lemma07_conversion import Lemma07
from experiments.lemma16_norms import Lemma16
from experiments.theorem09_regret import Theorem09
from experiments.words.evidence import Check
from experiments.words.harness import examine, measure
from experiments.words.problem import Context, Effort, Game, Problem
from foundation.fingerprint import remembered
from objectives import ADVERSARIES, OBJECTIVES, build
from objectives.noise import Exact
from optimizers.ftrl import paper_learner
from simulation.game import Duel

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
    rows = measure(Lemma04(), problem("hump", slope=2.5, width=2.0), CONTEXT).checks
    assert max(row.samples.max() for row in rows) == pytest.approx(1.25, rel=1e-6)


def test_the_lemmas_hold_and_their_controls_do_not():
    cases = [
        (Lemma04(), problem("hump", slope=2.5, width=2.0), {"lam x 0.9", "small lam"}),
        (Lemma04(assumption="hessian"), problem("cosine_well", slope=3.0, frequency=0.5, begin=3.0), {"small lam"}),
        (Lemma05(), problem("capped_abs", slope=3.0, begin=2.6, cap=50.0), {"delta/2", "no ball"}),
        (Lemma16(), problem("huber", dim=3, slope=[2.0, 0.7, 0.1], width=0.2, begin=2.5), {"lam/d", "no sqrt d"}),
    ]
    for claim, where, bite in cases:
        evidence, controls = examine(claim, where, CONTEXT)
        assert {r.verdict for r in judge(evidence.checks)} == {"supported"}
        verdicts = {control.name: {r.verdict for r in judge(control.evidence.checks)} for control in controls}
        assert {name for name, said in verdicts.items() if "refuted" in said} == bite


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
        Lemma04(assumption="rough")
    with pytest.raises(ValueError, match=r"radius_factor = 0\.0: must lie in \(0, 1e6\] or be null"):
        Lemma07(radius_factor=0.0)
    with pytest.raises(ValueError, match=r"betas = .*\(0, 1\)"):
        Theorem09(betas=(0.0,))


def test_what_claim_and_control_ask_of_the_measure_alike_is_asked_once(monkeypatch):
    asked = []

    def spy(*args):
        asked.append(args[2:4])
        return stationarity.measure(*args)

    monkeypatch.setattr(lemma16_norms, "bracket", remembered(spy))
    huber = problem("huber", dim=3, slope=[2.0, 0.7, 0.1], width=0.2, begin=2.5)
    examine(Lemma16(lams=(1.0,)), huber, CONTEXT)
    assert sorted(asked) == [(pytest.approx(1.0 / 3.0), "l2"), (1.0 / np.sqrt(3), "l2"), (1.0, "l1"), (1.0, "l2")]


def test_a_duel_plays_like_the_definition():
    """The best ratio of a game of four rounds, from its definition, with the learner played by hand."""
    pair, learner, beta = build(ADVERSARIES, "pair", {"ratio": 3.0}), paper_learner(1.0, 0.9, False), 0.9
    signals = Duel(learner, pair, np.full(2, beta), np.ones(2), 4).simulate(CONTEXT.streams)
    state, plays, gradients = learner.init((2, 1)), [], []
    for time in range(1, 5):
        plays.append(learner.play(state))
        gradients.append(pair.next(float(time), plays[-1], np.zeros((2, 1))))
        learner.update(state, gradients[-1])
    for last in range(1, 5):
        weights = beta ** np.arange(last - 1, -1, -1.0)[:, None]
        z, g = np.array(plays)[:last, :, 0], np.array(gradients)[:last, :, 0]
        regret = (weights * g * z).sum(axis=0) + np.abs((weights * g).sum(axis=0))
        ratio = regret / np.sqrt((weights**2 * g**2).sum(axis=0))
        assert signals["best_ratio.curve"][:, last - 1] == pytest.approx(ratio, rel=1e-12)


def test_theorem_09_names_what_its_controls_remove():
    game = Game("pair", build(ADVERSARIES, "pair", {"ratio": 100.0}))
    evidence, controls = examine(Theorem09(betas=(0.9,), steps=50, runs=8), game, CONTEXT)
    assert {r.verdict for r in judge(evidence.checks)} == {"supported"}
    removed = {control.name: control.removes for control in controls}
    assert removed["wrong sign"] is None and removed["no clip"] == "clip" and len(removed) == 10
    near = {control.name: control.removes for control in controls if control.near}
    assert near == {"momentum x 2": "momentum", "beta1^3": "beta2 = beta1^2", "D x 1.25": None}
    lines = {curve.label: curve.form for curve in evidence.curves if curve.role == "bound"}
    assert lines == {"stated 4": "stated", "ours 2": "ours"}
