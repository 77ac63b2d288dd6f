"""The weighted output: its identity on every path, its constants, its weighted means, and what its checks refuse."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from experiments.beyond_output import WeightedOutput, WeightedOutput18
from experiments.words.harness import examine
from experiments.words.problem import Context, Effort, Problem
from objectives import OBJECTIVES, build
from objectives.noise import Exact, TwoPoint
from optimizers.ftrl import beta_ftrl
from simulation.certificate import Undivided
from simulation.engine import Setup, simulate
from simulation.recording import recipe
from simulation.streams import Streams
from tests.test_statements import draw, said
from theory import adam_ema, output, sharpened

STATED = {name: item for name, item in vars(output).items() if getattr(item, "__module__", "") == output.__name__}
FORMULAS = sorted(name for name, item in STATED.items() if inspect.isfunction(item) and name != "output_weights")


@pytest.mark.parametrize("name", FORMULAS)
def test_what_is_stated_is_what_is_computed(name):
    rng = np.random.default_rng(7)
    text = " ".join((STATED[name].__doc__ or "").split("\n\n")[0].split()).split(" Status: ours (")[0]
    for _ in range(20):
        arguments, worth = draw(STATED[name], rng)
        result = STATED[name](**arguments)
        assert_allclose(said(text, worth, result), np.atleast_1d(result), rtol=1e-8)


@pytest.mark.parametrize("beta", [1e-3, 0.5, 0.99, 1 - 1e-9])
def test_the_weights_add_up(beta):
    for steps in (1, 2, 7, 1000):
        powers = beta ** np.arange(steps)
        literal = np.append(1 - beta ** np.arange(1, steps), powers.sum())
        assert_allclose(output.output_weights(beta, steps), literal, rtol=1e-6)
        assert_allclose(output.output_weights(beta, steps).sum(), steps, rtol=1e-12)


@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_the_identity_holds_on_every_path(norm):
    """Any plays, any gradients, any comparators of length D: nothing of FTRL or of an objective is used."""
    rng, beta, radius = np.random.default_rng(3), 0.8, 0.7
    for steps in (1, 2, 25):
        play, true, noise = rng.normal(size=(3, steps, 3)) * 10 ** rng.normal(size=(3, steps, 1))
        seen, bracket, share = true + noise, 0.0, 0.0
        for n in range(1, steps + 1):
            decay = beta ** (n - 1 - np.arange(n))
            pull = decay @ true[:n]
            size = np.abs(pull).sum() if norm == "l1" else np.linalg.norm(pull)
            u = -radius * (np.sign(pull) if norm == "l1" else pull / size)
            regret = decay @ np.vecdot(seen[:n], play[:n] - u)
            bracket += ((1 - beta) + beta * (n == steps)) * (regret + (decay @ noise[:n]) @ u)
            share += output.output_weights(beta, steps)[n - 1] * size / decay.sum()
        total = np.vecdot(seen, play).sum()
        assert_allclose(radius * share, bracket - total, rtol=1e-9, atol=1e-9 * np.abs(seen).max())


def test_the_start_up_term_is_all_that_differs():
    eps, guess, gap = 1.0, 7.0, 0.2
    beta, radius, steps = output.theorem11_parameters(eps, 1.0, guess, gap)
    sizes = np.array([5.0]), np.array([2.0])
    whole = sharpened.guarantee_l1(1.0, gap, *sizes, radius, beta, steps)
    assert_allclose(whole - output.guarantee_l1(1.0, gap, *sizes, radius, beta, steps), 5.0 * beta, rtol=1e-4)
    assert steps == 4900 and adam_ema.theorem11_parameters(eps, 1.0, guess, gap).steps == 84 * 4900


def test_without_regrets():
    """What is not given is 0."""
    for bound in (output.lemma07_bound, output.lemma17_bound):
        assert bound(2.0, 0.5, 0.1, 0.9, 50.0) == bound(2.0, 0.5, 0.1, 0.9, 50.0, 0.0, 0.0)


def test_the_theorem_follows_from_the_guarantee():
    """At its parameters, over eight orders of magnitude of C, Delta and sigma/G; 0.425 is not more than is needed."""
    rng, worst = np.random.default_rng(4), 0.0
    for _ in range(2000):
        eps, lam, scale = 10 ** rng.uniform(-2, 2, 3)
        guess = eps / 10 * (1 + 10 ** rng.uniform(-3, 4))
        gap = 10 ** rng.uniform(-6, 3) * eps**1.5 / lam**0.5
        sigma = scale * rng.choice([0.0, 1.0, rng.random()])
        beta, radius, steps = output.theorem11_parameters(eps, lam, guess, gap)
        size = np.array([scale - sigma]), np.array([sigma])
        found = output.guarantee_l1(lam, gap, *size, radius, beta, steps)
        assert found <= output.theorem11_bound(eps, guess, scale) * (1 + 1e-12)
        descent = gap / (radius * steps) + lam * sharpened.lemma10_bound(radius, beta)
        worst = max(worst, (found - descent) * guess / (scale * eps))
    assert 0.99 * output.SCALE_SHARE < worst <= output.SCALE_SHARE
    assert output.theorem11_bound(1.0, 9.2, 1.0) <= adam_ema.theorem11_bound(1.0, 9.2, 1.0) * (1 + 1e-12)
    assert output.theorem11_bound(1.0, 9.3, 1.0) > adam_ema.theorem11_bound(1.0, 9.3, 1.0)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_undivided_is_the_certificate_times_its_weight(engine):
    beta, steps = np.array([0.9, 0.5]), np.array([60, 31])
    setup = Setup(
        build(OBJECTIVES, "ramp", {"slope": 3.0}), TwoPoint(sigma=1.0), beta_ftrl((1 - beta) / 4, beta), steps
    )
    found = simulate(setup, [recipe(Undivided, beta=beta, lam=np.ones(2))], Streams(0, "t"), np.arange(1, 61), engine)
    for run in range(2):
        times = np.arange(1, steps[run] + 1)
        weight = (1 - beta[run] ** times) / (1 - beta[run])
        for name in ("norm", "certificate"):
            plain = found[f"{name}.curve"][run, : steps[run]]
            assert_allclose(found[f"undivided_{name}.curve"][run, : steps[run]], weight * plain)


@pytest.mark.parametrize("weights", ["telescoping", "uniform", "no rest"])
def test_weighted_means_are_what_they_say(weights):
    """From sums along a run, against the literal sum over t; and the times are drawn by the same weights."""
    claim = WeightedOutput(weights=weights, noise_levels=(0.0,))
    problem = Problem("ramp", build(OBJECTIVES, "ramp", {"slope": 1.0, "length": 0.3}), Exact())
    context = Context(0, "test", Effort(runs=8, windows=5, guess_limit=3, draws=100))
    grid = claim.grid(problem, context)
    (at,) = grid.settings
    law = claim.law(at, at.steps)
    literal = {"telescoping": output.output_weights(at.beta, at.steps), "uniform": np.ones(at.steps)}
    literal["no rest"] = 1 - at.beta ** np.arange(1, at.steps + 1)
    assert_allclose(law, literal[weights])
    ran = np.full(8, at.steps)
    curve = np.abs(np.random.default_rng(1).normal(size=(8, at.steps)))
    heavy = curve * np.cumsum(at.beta ** np.arange(at.steps))
    mine = {"ran": ran, "norm.mean": curve.mean(axis=1)}
    mine |= {"undivided_norm.mean": heavy.mean(axis=1), "undivided_norm.last": heavy[:, -1]}
    assert_allclose(claim.weighed(at, mine, "norm"), curve @ law / law.sum())
    times = np.concatenate([claim.times(grid, ran, replace(context, seed=i)) for i in range(100)])
    assert times.min() >= 1 and times.max() <= at.steps
    expected = np.cumsum(law)[[20, 60, 100]] / law.sum()
    assert_allclose([(times <= t).mean() for t in (21, 61, 101)], expected, atol=0.02)


@pytest.mark.parametrize("kind", [WeightedOutput, WeightedOutput18])
def test_every_control_is_refuted_and_the_claim_is_not(kind):
    """On a ramp that ends soon: the means tell, with 64 runs."""
    problem = Problem("near", build(OBJECTIVES, "ramp", {"slope": 3.0, "length": 0.5}), Exact())
    context = Context(0, "test", Effort(runs=64, windows=5, guess_limit=3, draws=100))
    claim = kind(noise_levels=(0.0,), attained=True)
    own, controls = examine(claim, problem, context)
    certificate, _, conversion, sides = own.checks
    assert certificate.samples.mean() < 0.9 * certificate.bound < 0.9 * certificate.start
    assert abs(conversion.samples.mean() - conversion.bound) < 0.02 > abs(sides.samples.mean())
    found = {control.name: [check.samples.mean() for check in control.evidence.checks] for control in controls}
    assert found["uniform"][0] > 1.15 * certificate.bound and found["half of T"][0] > 1.5 * certificate.bound
    assert found["no rest"][2] > 1.1 * conversion.bound and abs(found["no rest"][3]) > 0.1
