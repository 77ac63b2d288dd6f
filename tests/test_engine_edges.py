"""The engine and the certificate at their edges: weights next to 1, no objective, sizes that cannot be squared, bad steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from objectives import NOISES, OBJECTIVES
from simulation.certificate import Certificate
from simulation.engine import ENGINES, Setup, simulate
from simulation.hitting import HittingTime
from simulation.memory import Memory
from simulation.parts import Part, separated
from simulation.probes import Regret
from simulation.recording import first_step, recipe
from simulation.streams import Draws, Streams
from simulation.summary import Summary
from tests.test_compiled import batch
from tests.test_engine import STREAMS, on_both, probes, setup


def test_weights_near_one():
    """W_t = (1 - beta^t)/(1 - beta), also for beta next to 1, at 0 and at 1."""
    beta = np.array([1.0, 0.0, 1.0 - 1e-15, 0.5])
    probe, now = Certificate(beta, np.ones(4)), first_step(np.zeros(2), 4)
    probe.begin(None, now.x)
    for _ in range(3):
        probe.step(now)
    assert probe.weight[[0, 1, 3]].tolist() == [3.0, 1.0, 1.75]
    for _ in range(997):
        probe.step(now)
    assert probe.weight[[0, 1, 3]].tolist() == [1000.0, 1.0, 2.0]
    np.testing.assert_allclose(probe.weight[2], 1000.0, rtol=1e-11)


@on_both
def test_bad_objective_stops(engine):
    """A gradient that is not finite is an error, not a number."""

    class Bad(OBJECTIVES["ramp"]):  # type: ignore[misc]
        def grad(self, x):
            return np.nan * x

    made, beta, radius = setup(dim=1)
    bad = Setup(Bad(), made.noise, made.learner, made.steps)
    with pytest.raises(FloatingPointError, match="not finite"):
        simulate(bad, probes(beta, radius, "l2"), STREAMS, engine=engine)


def test_bad_steps():
    """T >= 1."""
    made, beta, radius = setup(steps=0)
    with pytest.raises(ValueError, match="steps"):
        simulate(made, probes(beta, radius, "l2"), STREAMS)


def test_a_certificate_without_an_objective():
    """The norms are those of the gradients, in no other unit."""
    probe, now = Certificate(np.array([0.5]), np.ones(1)), first_step(np.zeros(2), 1)
    probe.begin(None, now.x)
    size, spread, certificate = probe.step(replace(now, grad=np.array([[3.0, 4.0]])))
    assert (size, spread, certificate) == (5.0, 0.0, 5.0)


@pytest.mark.parametrize("size", [1e-250, 1e-100, 1.0, 1e100, 1e250])
def test_norms_of_gradients_that_cannot_be_squared(size):
    """In units of the objective's G, a power of two: the digits are those of ordinary numbers."""
    made = OBJECTIVES["huber"]
    constants = replace(made(dim=2).constants, lipschitz=10.0 * size)
    objective = type("Sized", (made,), {"constants": property(lambda self: constants)})(dim=2)
    probe, now = Certificate(np.array([0.5]), np.zeros(1)), first_step(np.zeros(2), 1)
    probe.begin(objective, now.x)
    found = probe.step(replace(now, grad=size * np.array([[3.0, 4.0]])))[0]
    np.testing.assert_allclose(found, 5.0 * size, rtol=1e-15)


def test_no_curves_unless_asked_for():
    """And an error if any run has no step."""
    made, beta, radius = setup(steps=3)
    found = simulate(made, probes(beta, radius, "l2"), STREAMS)
    assert found and not [name for name in found if "curve" in name]
    short = replace(made, steps=np.where(np.arange(len(made.steps)) == 1, 0, made.steps))
    with pytest.raises(ValueError, match="steps"):
        simulate(short, probes(beta, radius, "l2"), STREAMS)


def test_who_knows_enough():
    """A run that has hit, unless the whole of it is wanted."""
    for whole in (False, True):
        probe = HittingTime(np.full(3, 0.5), np.ones(3), np.array([9.0, 0.1, 9.0]), whole=whole)
        probe.begin(None, np.zeros((3, 1)))
        assert not probe.satisfied(3).any()
        probe.step(replace(first_step(np.zeros(1), 3), grad=np.ones((3, 1)), time=1.0))
        assert probe.satisfied(3).tolist() == [not whole, False, not whole] and probe.stops is not whole


@dataclass(frozen=True)
class Frozen:
    values: object


class Slots:
    __slots__ = ("values",)


def test_states_of_ones_own():
    """A copy, arrays and all; what is frozen or has no attributes to be changed stays itself."""
    state, slots, frozen = SimpleNamespace(values=np.ones(2), word="a"), Slots(), Frozen(np.ones(2))
    mine = separated(state)
    assert mine is not state and mine.values is not state.values and mine.word == "a"
    assert separated(slots) is slots and separated(frozen) is frozen and separated(None) is None


@pytest.mark.parametrize(
    "kept, remembered",
    [
        ({}, True),
        ({"word": "a", "number": 2, "law": np.sin}, True),
        ({"inside": [1.0]}, False),
        ({"held": Slots()}, False),
    ],
)
def test_what_can_be_put_down(kept, remembered):
    """A batch whose states are arrays beside what does not change; not one that may hide a change, or has changed."""
    state = SimpleNamespace(values=np.zeros((2, 1)), **kept)
    made = batch(2, 1, [Part("Act", lambda state, now: None, state)], [])
    memory = Memory(made, Summary(made))
    assert memory.is_all() is remembered
    state.values = state.values + 1.0
    assert memory.is_all() is remembered
    state.number = 3
    assert not memory.is_all()


@pytest.mark.parametrize("ball", ["l1", "l2"])
@pytest.mark.parametrize(
    "kind", ["both", "no gradient", "no noise", "negative", "negative alone", "one after the other"]
)
def test_regret_in_other_units(ball, kind):
    """Gradients 2^700 times as large or small, true ones or seen ones: the same digits, though none can be squared."""
    rng = np.random.default_rng(0)
    grads, noisy = rng.normal(size=(2, 6, 4, 3))
    if kind == "no gradient":
        grads = 0.0 * grads
    if kind == "no noise":
        noisy = 0.0 * noisy
    if kind == "negative":
        grads, noisy = -np.abs(grads), -np.abs(noisy)
    if kind == "negative alone":
        grads, noisy = -np.abs(grads), 0.0 * noisy
    if kind == "one after the other":
        grads[::2], noisy[1::2] = 0.0, 0.0
    found = {}
    for factor in (2.0**-700, 1.0, 2.0**700):
        probe, now = Regret(np.full(4, 0.7), np.full(4, 0.3), ball), first_step(np.zeros(3), 4)
        probe.begin(None, now.x)
        found[factor] = [
            probe.step(replace(now, grad=factor * g, noisy=factor * n, play=0.1 * np.sign(g + n)))
            for g, n in zip(grads, noisy, strict=True)
        ]
    for factor, steps in found.items():
        for mine, plain in zip(steps, found[1.0], strict=True):
            for name, value, true in zip(Regret.signals, mine, plain, strict=True):
                unit = 1.0 if name == "best_ratio" else factor
                np.testing.assert_allclose(value, unit * true, rtol=1e-13, atol=1e-14 * unit, err_msg=name)


def test_sums_that_fade_stay_as_they_are():
    """Below 2^-1000 they would lose digits, and their ratio with them: from there on nothing changes."""
    probe, now = Regret(np.full(2, 0.5), np.ones(2)), first_step(np.zeros(2), 2)
    probe.begin(None, now.x)
    found = [probe.step(replace(now, noisy=np.array([[1.0, -2.0], [0.3, 0.1]]), play=np.full((2, 2), 0.1)))]
    found += [probe.step(now) for _ in range(3000)]
    ratios = np.array([best for _, best, *_ in found])
    np.testing.assert_allclose(ratios, ratios[:1] * np.ones((3001, 1)), rtol=1e-12)
    assert (probe.size > 2.0**-1002).all() and (probe.size < 2.0**-999).all() and (probe.played != 0.0).all()


@on_both
def test_points_after_the_end_are_none(engine):
    """Sampled at T they are there, at T + 1 not."""
    made, beta, radius = setup(steps=5)
    samples = np.array([[5, 6], [6, 5], [7, 1]])
    found = simulate(made, probes(beta, radius, "l2", samples)[:1], STREAMS, engine=engine)
    assert np.isnan(found["sampled"]).tolist() == [[False, True], [True, False], [True, False]]
    assert np.isnan(found["xbar"]).all(axis=2).tolist() == [[False, True], [True, False], [True, False]]


class Played(Certificate):
    """Keeps what was played and seen."""

    def sample(self, now):
        return 2.0 * now.play - now.grad + 0.5 * now.noisy


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("dim", [1, 3])
def test_any_row_of_a_step_can_be_sampled(dim, alone):
    """Alone, and beside probes that sample nothing."""
    made, beta, radius = setup(steps=9, dim=dim)
    samples = np.array([[1, 9], [4, 5], [9, 2]])
    kept = recipe(Played, beta=beta, lam=np.ones(3), samples=samples)
    seen = [kept] if alone else [*probes(beta, radius, "l2"), kept]
    found = [simulate(made, seen, STREAMS, engine=each)["xbar"] for each in ENGINES]
    for each in found[1:]:
        np.testing.assert_array_equal(each, found[0])
    assert (found[0] != 0.0).all()


@pytest.mark.parametrize("width", [1, 5, 64, 256])
def test_numbers_are_drawn_in_blocks(width):
    """As many as asked for at least, whatever the width; no more can be taken than are ready."""
    streams = Streams(3, "blocks")
    draws = Draws(streams, "noise", [0, 1, 0], NOISES["gaussian"]().fill, width)
    whole = streams.generator(1, "noise").standard_normal((2600, width))
    seen = 0
    for steps in (width, 7, 256):
        ready = draws.ready(steps)
        assert ready >= 1 and draws.which.tolist() == [0, 1, 0]
        with pytest.raises(ValueError, match="are not ready"):
            draws.take(ready + 1)
        first = draws.take(1)
        with pytest.raises(ValueError, match="are not ready"):
            draws.take(ready)
        rest = draws.take(ready - 1)
        np.testing.assert_array_equal(np.concatenate([first[1], rest[1]]), whole[seen : seen + ready])
        seen += ready
