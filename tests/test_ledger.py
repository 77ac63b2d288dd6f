"""The claims that complete the ledger: small instances of each, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.judge import judge
from experiments.beyond_baselines import Baselines
from experiments.corollary12_optimality import ChainProgress, Traversal, large_steps, traversal_times
from experiments.corollary12_optimality_rate import ScaledRate, ScaledStationarity, scaled
from experiments.corollary13_gradient import Corollary13Gradient
from experiments.corollary19_gain import Corollary19, Design, own_parameters
from experiments.section1_1_output import Section11
from experiments.section5_2_2_untuned import UntunedRegret, UntunedSteps
from experiments.section6_1_correction import BiasCorrection, Rescaling
from experiments.section6_3_tuned import TunedGain
from experiments.words import harness
from experiments.words.harness import advance, examine, measure
from experiments.words.problem import Context, Effort, Game, Problem
from experiments.words.search import fresh
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build
from objectives.noise import Chain, Gaussian
from optimizers.methods import METHODS
from simulation.batch_plans import simulate_together
from theory.complexity import coordinate_gain

CONTEXT = Context(seed=0, case="test", effort=Effort(runs=8, windows=5, guess_limit=3, draws=100))


def problem(name, noise="none", noise_arguments=None, **arguments):
    return Problem(name, build(OBJECTIVES, name, arguments), build(NOISES, noise, noise_arguments or {}))


CHAIN = problem("hard_chain", "chain", {"probability": 0.3}, dim=3)
NOISY = problem("huber", "gaussian", {"sigma": 1.0}, dim=3, slope=[2.0, 0.7, 0.0], width=0.2, begin=2.5)
ALONG = Game("along", build(ADVERSARIES, "against_play", {"growth": 1.0, "dim": 1}))


@pytest.mark.parametrize(
    ("claim", "where"),
    [
        (ChainProgress(runs=32), CHAIN),
        (ScaledStationarity(points=2), CHAIN),
        (Rescaling(), NOISY),
        (BiasCorrection(), NOISY),
        (UntunedRegret(sizes=(1.0, 4.0)), ALONG),
        (UntunedRegret(online="OGD", sizes=(1.0, 4.0)), ALONG),
    ],
)
def test_supported_and_every_control_is_refuted_somewhere(claim, where):
    evidence, controls = examine(claim, where, CONTEXT)
    assert {r.verdict for r in judge(evidence.checks)} == {"supported"}
    for control in controls:
        assert "refuted" in {r.verdict for r in judge(control.evidence.checks)}, control.name


def test_no_link_is_found_without_a_success_of_its_own():
    """The lower bound run by run, and attained by a method with large steps."""
    checks = measure(ChainProgress(runs=64), CHAIN, CONTEXT).checks
    shares = {c.setting: c.samples for c in checks if c.form == "ours"}
    assert set(shares) == set(METHODS)
    assert max(s.max() for s in shares.values()) == pytest.approx(1.0, rel=1e-12)
    assert shares["SGD"].min() > 0.9


def test_a_chain_of_one_link_and_a_sure_oracle():
    """n = 1, p = 1: the first gradient gets there."""
    where = problem("hard_chain", "chain", {"probability": 1.0}, dim=1)
    times = traversal_times(where, METHODS["sign momentum"], 10, fresh(2.0, 0.5, 3))
    (found,) = advance([times], CONTEXT.streams)
    assert (found == 2).all()
    large = large_steps(where, METHODS["sign momentum"], 2.0, 3, 10, False)
    assert (large.simulate(CONTEXT.streams)["arrival"] == 2).all()


def test_claim_and_control_share_their_tunings(monkeypatch):
    """Two learners at three (n, p), of which both arms ask for one: every search is run once."""
    asked = []

    def together(asks, streams, engine):
        asked.extend(ask.stream for ask in asks)
        return simulate_together(asks, streams, engine)

    monkeypatch.setattr(harness, "simulate_together", together)
    evidence, controls = examine(Traversal(links=(2, 4), chances=(0.5, 0.25)), CHAIN, CONTEXT)
    assert {stream: asked.count(stream) for stream in asked} == {"tuning": 6, "finalists": 6, "fresh": 6}
    constant, *others = controls
    assert [c.samples.std() > 0 for c in evidence.checks] == [True] * 4
    assert max(np.abs(c.samples).max() for c in constant.evidence.checks) < 1e-12
    for control, exponent in zip(others, (1.5, 0.5), strict=True):
        assert control.near and [c.bound for c in control.evidence.checks] == [exponent] * 4
        for mine, theirs in zip(evidence.checks, control.evidence.checks, strict=True):
            np.testing.assert_array_equal(mine.samples, theirs.samples)


def test_designs_share_out_what_there_is():
    for share in (0.0, 0.5, 1.0):
        scales = Design(5, 3.0, 9.0, 0.2, share).problem().scales
        assert scales.coordinate_lipschitz.sum() == pytest.approx(3.0)
        assert scales.coordinate_sigma.sum() == pytest.approx(9.0)
    even = Design(5, 3.0, 9.0, 0.2, 0.0).problem().scales
    assert coordinate_gain(even.coordinate_lipschitz + even.coordinate_sigma) == pytest.approx(1.0)
    (beta, radius), (other, whole) = own_parameters(even, True), own_parameters(even, False)
    assert beta == pytest.approx(other) and radius * np.sqrt(5) == pytest.approx(whole)


def test_the_gradient_at_the_average():
    claim = Corollary13Gradient(noise_levels=(0.0,))
    where = replace(CONTEXT, effort=replace(CONTEXT.effort, runs=32))
    (ruling,) = judge(measure(claim, problem("cosine_well", slope=3.0, frequency=0.5, begin=3.0), where).checks)
    assert ruling.verdict == "supported" and ruling.check.start > ruling.check.bound
    assert ruling.check.bound == pytest.approx(17 / 16 + 0.237 + 0.25)


@pytest.mark.parametrize(
    ("claim", "where", "text"),
    [
        (ChainProgress(), NOISY, "hard_chain"),
        (Traversal(), NOISY, "hard_chain"),
        (Rescaling(), problem("huber"), "additive noise"),
        (Corollary19(), NOISY, "one-dimensional ramp"),
        (TunedGain(), problem("huber"), "two coordinates"),
        (Baselines(), CHAIN, "separable"),
        (Corollary13Gradient(), problem("capped_abs"), "finite L"),
        (Corollary13Gradient(assumption="hessian"), problem("capped_abs"), "finite H"),
        (UntunedRegret(), NOISY, "adversary"),
    ],
)
def test_what_does_not_fit_is_refused(claim, where, text):
    with pytest.raises(ValueError, match=text):
        claim.accepts(where)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: UntunedSteps(online="Adam"), "online"),
        (lambda: UntunedRegret(sizes=(1.0, 1000.0)), "sizes"),
        (lambda: Corollary19(share=1.5), "share"),
        (lambda: Corollary19(dims=(4,)), "dims"),
        (lambda: Corollary19(dims=(4, 4)), "2 or more that differ"),
        (lambda: ChainProgress(runs=0), "runs"),
        (lambda: Traversal(links=(4,)), "links"),
        (lambda: Traversal(chances=(0.5, 0.0)), "chances"),
        (lambda: Baselines(steps=3), "steps"),
        (lambda: Baselines(lam=float("inf")), "lam"),
        (lambda: BiasCorrection(beta=1.0), "beta"),
        (lambda: Corollary13Gradient(assumption="flat"), "assumption"),
        (lambda: Chain(0.0), "probability"),
        (lambda: Section11(lam=0.0), "lam"),
    ],
)
def test_bad_settings(make, text):
    with pytest.raises(ValueError, match=text) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_tuned_methods_beat_their_start():
    """Every method of the table, tuned over the grid on a short run, ends far below the start; the control does not.

    All end below eps/10, too, with which ours is compared then: the line is named so.
    """
    where = Problem(
        "kink", build(OBJECTIVES, "capped_abs", {"slope": 3.0, "begin": 2.6, "cap": 1e9}), Gaussian(sigma=1.0)
    )
    evidence = measure(Baselines(steps=200), where, CONTEXT)
    (check,) = evidence.checks
    assert check.samples.mean() < 2.0 and check.note.count("step") == len(METHODS)
    lines = {curve.label: curve.y[0] for curve in evidence.curves if curve.role == "bound"}
    assert lines[r"ours: 2 x $\varepsilon/10$"] == pytest.approx(0.2) and "ours: 2 x the best other" not in lines


@pytest.mark.parametrize("eps", [1e-3, 1.0, 50.0])
def test_the_scaled_chain_is_as_smooth_and_as_steep_as_the_lower_bound_needs(eps):
    """L = sqrt(lam eps), ||grad F|| >= 2 eps while prog_1 < n, G_i <= 46 eps, Delta <= 7296 n eps^2/L."""
    chain = scaled(3, eps)
    constants, smoothness = chain.constants, eps**0.5
    assert constants.smoothness == pytest.approx(smoothness)
    assert constants.coordinate_lipschitz.max() <= 46 * eps
    assert constants.gap <= 3 * 7296 * eps**2 / smoothness
    x = chain.width * np.random.default_rng(0).uniform(-2, 2, (20_000, 3))
    x = x[chain.progress(x, 1.0) < 3]
    assert len(x) > 5000 and np.linalg.norm(chain.grad(x), axis=1).min() >= 2 * eps


def test_what_the_scaled_chain_refuses():
    for make in (lambda: ScaledRate(links=(3,)), lambda: ScaledRate(chance=0.0), lambda: ScaledStationarity(points=0)):
        with pytest.raises(ValueError, match=r"case\.settings"):
            make()
    with pytest.raises(ValueError, match="hard_chain"):
        ScaledRate().accepts(NOISY)
