"""Hitting times against their definition, and what the rate claims refuse."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.corollary12_rates import Corollary12, Corollary13
from experiments.words.harness import measure
from experiments.words.problem import Context, Effort, Problem
from objectives import OBJECTIVES, build
from objectives.noise import Exact, Gaussian
from optimizers.ftrl import beta_ftrl
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.hitting import GradientHittingTime, HittingTime
from simulation.parts import Batch
from simulation.recording import concat_recipes, recipe
from simulation.streams import Streams

RAMP = {"slope": 3.0, "length": 0.5}
CONTEXT = Context(seed=0, case="test", effort=Effort(runs=4, windows=5, guess_limit=3, draws=100))


def problem(noise=None, **arguments):
    return Problem("ramp", build(OBJECTIVES, "ramp", RAMP | arguments), noise or Exact())


def test_hitting_time_is_the_first_time_at_which_the_running_average_meets_the_target():
    steps = np.array([3000, 1500, 40])
    beta, lam, target = np.array([0.9, 0.99, 0.9]), np.ones(3), np.array([0.5, 1.0, 0.1])
    setup = Setup(build(OBJECTIVES, "ramp", RAMP), Gaussian(sigma=0.3), beta_ftrl((1 - beta) / 4, beta), steps)
    marks, streams = np.arange(1, 3001), Streams(0, "hitting")
    found = simulate(setup, [recipe(HittingTime, beta=beta, lam=lam, target=target)], streams)["hitting"]
    curve = simulate(setup, [recipe(Certificate, beta=beta, lam=lam)], streams, marks)["certificate.curve"]
    average = np.cumsum(curve, axis=1) / marks
    literal = [np.flatnonzero(row <= goal)[:1] + 1 for row, goal in zip(average, target, strict=True)]
    assert found[:2].tolist() == [float(hit[0]) for hit in literal[:2]]
    assert np.isinf(found[2]) and not len(literal[2])


def test_a_target_that_is_just_met():
    """By the first gradient, exactly; and a run that is to go on to its end does, whatever it has met."""
    beta, lam, target = 0.9 * np.ones(2), np.ones(2), 3.0 * np.array([1.0, 1.0 - 1e-9])
    objective, streams = build(OBJECTIVES, "ramp", RAMP | {"length": 50.0}), Streams(0, "hitting")
    setup = Setup(objective, Exact(), beta_ftrl(0.01 * lam, beta), np.full(2, 9))
    whole = recipe(HittingTime, beta=beta, lam=lam, target=target, whole=True)
    for engine in ("numpy", "compiled"):
        found = simulate(setup, [whole], streams, engine=engine)
        assert found["hitting"].tolist() == [1.0, np.inf]
        alone = simulate(setup, [recipe(Certificate, beta=beta, lam=lam)], streams, engine=engine)
        assert found["certificate.mean"].tolist() == alone["certificate.mean"].tolist()


def test_probes_of_one_class_share_a_batch():
    """One after the other; those of two classes do not, though their arguments are alike."""
    one, two = (recipe(Certificate, beta=np.full(2, beta), lam=np.ones(2)) for beta in (0.9, 0.5))
    both = concat_recipes([one, two])
    assert both.kind is Certificate and both.arguments["beta"].tolist() == [0.9, 0.9, 0.5, 0.5]
    other = recipe(type("Other", (Certificate,), {}), beta=np.ones(2), lam=np.ones(2))
    for pair in ([one, other], [other, one]):
        with pytest.raises(ValueError, match="probes of different classes"):
            concat_recipes(pair)


def test_a_run_ends_when_every_probe_has_seen_enough():
    """And only if every probe says when."""
    seen = np.array([[False, False, True, True], [False, True, False, True]])
    one, other = (SimpleNamespace(stops=True, satisfied=lambda runs, each=each: each) for each in seen)
    for probes, ended in (
        ([one, other], [False, False, False, True]),
        ([one], [False, False, True, True]),
        ([one, SimpleNamespace(stops=False)], [False] * 4),
        ([], [False] * 4),
    ):
        assert Batch.satisfied(SimpleNamespace(runs=np.arange(4), probes=probes)).tolist() == ended


def test_the_gradients_hitting_time_is_that_of_the_gradient_at_the_model_average():
    beta, target, length = np.array([0.9, 0.0, 0.5]), np.array([1.5, 1.2, 0.7]), 400
    objective, streams = build(OBJECTIVES, "huber", {"dim": 2, "slope": 2.0, "width": 0.3}), Streams(0, "hitting")
    setup = Setup(objective, Gaussian(sigma=0.3), beta_ftrl(0.02 * np.ones(3), beta), np.full(3, length))
    found = simulate(setup, [recipe(GradientHittingTime, beta=beta, target=target)], streams)["hitting"]
    every = np.tile(np.arange(1, length + 1), (3, 1))
    centre = simulate(setup, [recipe(Certificate, beta=beta, lam=np.ones(3), samples=every)], streams)["xbar"]
    average = np.linalg.norm(objective.grad(centre), axis=-1).cumsum(axis=1) / every
    assert np.isfinite(found).all()
    assert found.tolist() == [int(np.flatnonzero(a <= t)[0]) + 1 for a, t in zip(average, target, strict=True)]


def test_a_short_sweep_has_the_slope_and_its_control_has_not():
    claim = Corollary12(sweep="lam", factors=(1.0, 4.0))
    good = measure(claim, problem(length=3.0), CONTEXT).checks[0]
    broken = measure(claim.controls()["frozen"].claim, problem(length=3.0), CONTEXT).checks[0]
    assert abs(good.samples.mean() - 0.5) < 0.1 < abs(broken.samples.mean() - 0.5)


def test_what_the_rates_refuse():
    with pytest.raises(ValueError, match="sweep"):
        Corollary12(sweep="sigma")
    with pytest.raises(ValueError, match="factors"):
        Corollary12(factors=(1.0,))
    with pytest.raises(ValueError, match="slope"):
        Corollary12().accepts(problem(slope=1.0))
    with pytest.raises(ValueError, match="without noise"):
        Corollary12().accepts(problem(noise=Gaussian(sigma=1.0)))
    with pytest.raises(ValueError, match="corner"):
        Corollary13().accepts(problem())
    with pytest.raises(ValueError, match="finite H"):
        Corollary13(sweep="eps, lam = H/2").accepts(problem(corner=3.0))
