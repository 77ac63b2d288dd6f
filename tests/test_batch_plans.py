"""Simulations that share a batch give what each gives alone, bit for bit; runs that know enough stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.sweep.claims import CLAIMS
from experiments.words.claim import Twin
from experiments.words.harness import examine, measure
from experiments.words.problem import Context, Effort, Problem
from foundation.runs import concat_runs, select_runs
from objectives import NOISES, OBJECTIVES
from optimizers import wrong
from optimizers.baselines import Momentum
from optimizers.ftrl import clipped_adam, paper_learner
from simulation import batch_plans
from simulation.batch_plans import simulate_together
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.hitting import HittingTime
from simulation.plan import Plan
from simulation.recording import recipe
from simulation.streams import Streams

STREAMS = Streams(5, "together")
MARKS = np.arange(1, 91, 7)
BETA, RADIUS, STEPS = np.array([0.9, 0.95, 0.6]), np.array([0.1, 0.05, 0.2]), np.array([90, 40, 77])


def plans(noise, dim):
    objective, made = OBJECTIVES["capped_abs"](dim=dim, slope=2.0, begin=0.5, cap=9.0), NOISES[noise]()
    if noise == "gaussian":
        made = replace(made, sigma=0.7)
    makers = [paper_learner, wrong.no_momentum, wrong.wrong_sign, wrong.equal_discounts, wrong.no_clip]
    learners = [make(RADIUS, BETA, True) for make in makers] + [Momentum(RADIUS, BETA)]
    averages = [BETA, BETA, BETA, np.zeros(3), BETA, np.ones(3)]
    level = np.array([1.0, 0.0, 2.0]) if made.additive else None
    return [
        Plan(
            Setup(objective, made, learner, STEPS, noise_level=level if i != 1 else None, numbers=np.array([4, 0, 2])),
            (recipe(Certificate, beta=average, lam=RADIUS, samples=np.tile(STEPS[:, None], (1, 2))),),
            MARKS,
        )
        for i, (learner, average) in enumerate(zip(learners, averages, strict=True))
    ]


@pytest.mark.parametrize("noise", ["none", "gaussian", "sparse"])
@pytest.mark.parametrize("dim", [1, 3])
def test_together_or_apart(noise, dim, monkeypatch):
    every = plans(noise, dim)
    apart = [plan.simulate(STREAMS) for plan in every]
    batches = []

    def counted(setup, *rest):
        batches.append(len(setup.steps))
        return simulate(setup, *rest)

    monkeypatch.setattr("simulation.plan.simulate", counted)
    for mine, alone in zip(simulate_together(every, STREAMS), apart, strict=True):
        assert mine.keys() == alone.keys()
        for name, values in alone.items():
            np.testing.assert_array_equal(mine[name], values, err_msg=name)
    assert batches == [9, 3, 3, 3]  # the learner, without momentum and with equal discounts side by side


def test_other_noise_or_other_times_stay_apart(monkeypatch):
    first = plans("gaussian", 1)[0]
    louder = replace(first, setup=replace(first.setup, noise=NOISES["gaussian"](sigma=3.0)))
    later = replace(first, checkpoints=MARKS + 1)
    for other in (louder, later):
        assert batch_plans._together(first, other) is None
    assert batch_plans._together(first, first) is not None


def test_more_probes_stay_apart():
    """A probe that only one of them has would be lost."""
    first = plans("gaussian", 1)[0]
    more = replace(first, probes=first.probes * 2)
    assert batch_plans._together(first, more) is None and batch_plans._together(more, first) is None
    none, empty = replace(first, checkpoints=None), replace(first, checkpoints=np.empty(0, np.int64))
    for one, two in ((none, none), (none, empty), (empty, none)):
        assert batch_plans._together(one, two) is not None
    assert batch_plans._together(none, first) is None


def test_other_asks_among_plans():
    """Each is simulated by itself, and the answers come in the order of the asks."""

    class Other:
        def simulate(self, streams, engine="auto", pause=None):
            return {"other": np.arange(2.0)}

    plan = plans("none", 1)[0]
    asks = [Other(), plan, Other(), plan, Other()]
    found = simulate_together(asks, STREAMS)
    assert [sorted(each) == ["other"] for each in found] == [True, False, True, False, True]
    for mine in (found[1], found[3]):
        np.testing.assert_array_equal(mine["norm.mean"], plan.simulate(STREAMS)["norm.mean"])


def test_concat_runs_is_select_runs_the_other_way_round():
    whole = clipped_adam(RADIUS, BETA)
    parts = [select_runs(whole, np.array([0])), select_runs(whole, np.array([1, 2]))]
    again = concat_runs(parts)
    for name in ("radius", "beta1", "beta2"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))
    with pytest.raises(ValueError, match="cannot share a batch"):
        concat_runs([whole, replace(whole, coordinatewise=False)])
    with pytest.raises(ValueError, match="cannot share a batch"):
        concat_runs([whole, Momentum(RADIUS, BETA)])


@pytest.mark.parametrize("name", ["theorem11", "theorem18", "section11_output", "lemma10", "equation1", "lemma07"])
def test_a_claim_and_its_controls_together(name):
    """`examine` gives what every `measure` gives."""
    objective = OBJECTIVES["capped_abs"](slope=3.0, begin=0.4, cap=9.0)
    problem = Problem("kink", objective, NOISES["two_point"](sigma=0.5))
    context = Context(seed=1, case="test", effort=Effort(runs=4, windows=3, guess_limit=4.0, draws=100))
    claim = CLAIMS[name]()
    own, twins = examine(claim, problem, context)
    made = {n: twin.claim if isinstance(twin, Twin) else twin[1] for n, twin in claim.controls().items()}
    assert [twin.name for twin in twins] == list(made)
    pairs = [(own, claim)] + [(twin.evidence, made[twin.name]) for twin in twins]
    for evidence, one in pairs:
        for mine, alone in zip(evidence.checks, measure(one, problem, context).checks, strict=True):
            np.testing.assert_array_equal(mine.samples, alone.samples)
            assert (mine.quantity, mine.setting, mine.bound) == (alone.quantity, alone.setting, alone.bound)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_runs_stop_when_all_know_enough(engine):
    """The same times as in runs that go on to T, and no signals, for where they end depends on the batch."""
    objective = OBJECTIVES["ramp"](slope=3.0, length=0.2)
    steps, one, target = np.array([10**7, 10**7, 15]), np.ones(3), np.array([1.0, 2.0, 0.5])
    setup = Setup(objective, NOISES["none"](), paper_learner((1 - BETA) / 4, BETA, False), steps)

    def probe(**more):
        return [recipe(HittingTime, beta=BETA, lam=one, target=target, **more)]

    short = Plan(setup, tuple(probe())).simulate(STREAMS, engine)  # ten million steps would take minutes
    whole = Plan(replace(setup, steps=np.array([4000, 4000, 15])), tuple(probe(whole=True))).simulate(STREAMS, engine)
    assert set(short) == {"hitting"}
    np.testing.assert_array_equal(short["hitting"], whole["hitting"])
    assert np.isfinite(short["hitting"][:2]).all() and np.isinf(short["hitting"][2])
    assert "certificate.mean" in whole


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_what_comes_after_the_end_of_a_run_does_not_count(engine):
    """Of two runs that are alike the one that ends before its target is met has not met it, though others go on and are
    stopped later in the same block."""
    objective, beta, one = OBJECTIVES["ramp"](slope=3.0, length=0.2), np.full(3, 0.9), np.ones(3)
    steps, numbers = np.array([10**7, 10**7, 15]), np.array([0, 1, 0])
    setup = Setup(objective, NOISES["none"](), paper_learner((1 - beta) / 4, beta, False), steps, numbers=numbers)
    probe = recipe(HittingTime, beta=beta, lam=one, target=np.array([2.0, 2.0, 2.0]))
    found = Plan(setup, (probe,)).simulate(STREAMS, engine)["hitting"]
    assert 15 < found[0] < 256 and np.isfinite(found[1]) and found[2] == np.inf
