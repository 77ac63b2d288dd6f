"""What belongs to a run is declared: whoever declares it right cannot see its batch, whoever does not is told so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest

from foundation.arrays import Array, Float, Int, IntArray
from foundation.numerics import dot
from foundation.runs import check_runs, concat_runs, select_runs
from objectives.noise import Gaussian
from objectives.smooth import Huber
from optimizers.base import column
from simulation.batch_plans import simulate_together
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.plan import Plan
from simulation.recording import Probe, recipe
from simulation.streams import Streams

STREAMS = Streams(0, "runs")
STEPS = np.array([40, 7, 90])  # not in falling order: the engine sorts the runs


@dataclass
class ScaledState:
    """The last gradient's opposite."""

    z: Float[Array, "runs dim"]


@dataclass(frozen=True)
class Scaled:
    """z = -rate weights g, with a weight for every coordinate and a rate for every run."""

    rates: Float[Array, "dim"]
    rate: float | Float[Array, "runs"] = 1.0

    def init(self, shape):
        return ScaledState(np.zeros(shape))

    def play(self, state):
        return column(self.rate) * self.rates * state.z

    def update(self, state, grad):
        state.z = -grad


class Along(Probe):
    """<w, x_t> for given weights w of the coordinates."""

    signals = ("along",)
    weights: Float[Array, "dim"]

    def __init__(self, weights: Float[Array, "dim"]) -> None:
        self.weights = weights

    def step(self, now):
        return (dot(now.x, self.weights),)


def setup(dim, index=slice(None), **arrays):
    rates = np.linspace(0.01, 0.3, dim)
    rate = np.array([0.5, 1.0, 2.0])[index]
    learner = replace(Scaled(rates, rate), **arrays)
    return Setup(Huber(dim), Gaussian(1.0), learner, STEPS[index], numbers=np.arange(3)[index])


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_coordinates_are_not_runs(dim):
    """Bit for bit what each run gives alone, whether there are as many coordinates as runs or not; probes likewise."""
    weights = np.linspace(1.0, 2.0, dim)
    whole = simulate(setup(dim), [recipe(Along, weights=weights)], STREAMS, np.arange(1, 91, 3))
    for run in range(3):
        alone = simulate(setup(dim, [run]), [recipe(Along, weights=weights)], STREAMS, np.arange(1, 91, 3))
        for name, values in alone.items():
            np.testing.assert_array_equal(whole[name][run], values[0], err_msg=name)


def test_plans_share_a_batch_only_with_the_same_coordinates():
    one = Plan(setup(3), (recipe(Along, weights=np.ones(3)),))
    for other in (
        one,
        Plan(setup(3, rates=np.ones(3)), one.probes),
        Plan(setup(3), (recipe(Along, weights=np.zeros(3)),)),
    ):
        for mine, alone in zip(simulate_together([one, other], STREAMS), (one, other), strict=True):
            for name, values in alone.simulate(STREAMS).items():
                np.testing.assert_array_equal(mine[name], values, err_msg=name)


@dataclass(frozen=True)
class Undeclared(Scaled):
    """A learner that does not say what its array is."""

    table: Any = field(default_factory=lambda: np.arange(3.0))


class UndeclaredState(ScaledState):
    """A state that got one more array."""


class Forgetful(Scaled):
    """A learner whose state does not say what its array is."""

    def init(self, shape):
        state = UndeclaredState(np.zeros(shape))
        state.extra = np.zeros(shape)
        return state


class Untold(Along):
    """A probe whose argument has no shape."""

    def __init__(self, weights: Any) -> None:
        super().__init__(weights)


def refused(made, probe=Along):
    with pytest.raises(TypeError, match="without a declared shape: write `") as caught:
        simulate(made, [recipe(probe, weights=np.ones(3))], STREAMS)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_array_of_no_declared_shape_is_refused():
    """Of a learner, a state, a probe: one line that names class and attribute, before anything runs, equal T or not."""
    made = setup(3)
    assert "Undeclared.table" in refused(replace(made, learner=Undeclared(np.ones(3))))
    even = replace(made, steps=np.full(3, 10), learner=Forgetful(np.ones(3)))
    assert "UndeclaredState.extra" in refused(even)
    assert "Untold.weights" in refused(made, Untold)


def test_a_wrong_declaration_is_refused():
    """Coordinates that are called runs, where their numbers differ; more axes than declared."""

    @dataclass
    class State:
        z: Annotated[Any, "runs dim"]

    with pytest.raises(ValueError, match=r"shape \(2, 5\): axis 0 is declared to be the 3 runs"):
        check_runs(State(np.zeros((2, 5))), 3)
    with pytest.raises(TypeError, match="none of its declared shapes 'runs dim' fits"):
        select_runs(State(np.zeros(3)), slice(2))


class Pair(NamedTuple):
    """Two arrays of which the second is a view of the first."""

    whole: Float[Array, "2 runs dim"]
    second: Float[Array, "runs dim"]


@dataclass
class Inner:
    """A record in a record."""

    z: Float[Array, "runs dim"]
    weights: Float[Array, "dim"]
    rate: Float[Array, "runs"]


class Everything:
    """All that a state may hold."""

    row: Float[Array, "runs"]
    whole: Float[Array, "2 runs dim"]
    late: Float[Array, "... runs dim"]
    one: Float[Array, "runs #dim"] | Float[Array, ""]
    result: Float[Array, "batch dim"]
    named: dict[str, Int[IntArray, "runs"]]
    pair: Pair
    inner: Inner
    learner: Scaled

    def __init__(self):
        self.row, self.whole, self.late = np.arange(3.0), np.zeros((2, 3, 4)), np.zeros((5, 6, 3, 4))
        self.one, self.result, self.named = np.array(2.0), np.zeros((3, 4)), {"a": np.arange(3)}
        self.pair = Pair(pair := np.zeros((2, 3, 4)), pair[1])
        self.inner = Inner(np.zeros((3, 4)), np.zeros(4), np.arange(3.0))
        self.again, self.learner, self.me, self.rng = self.inner, Scaled(np.ones(3), np.arange(3.0)), self, np.random


def test_select_runs():
    """Every array by its declaration; nested records, pairs and dicts too; the whole is left as it was."""
    whole = Everything()
    state = select_runs(whole, slice(2))
    assert whole.row.shape == (3,) and whole.inner.z.shape == (3, 4)
    shapes = {"row": (2,), "whole": (2, 2, 4), "late": (5, 6, 2, 4), "one": (), "result": (3, 4)}
    assert {name: getattr(state, name).shape for name in shapes} == shapes
    assert state.named["a"].tolist() == [0, 1]
    assert state.pair.whole.shape == (2, 2, 4) and np.shares_memory(state.pair.whole, state.pair.second)
    assert state.inner.z.shape == (2, 4) and state.inner.weights.shape == (4,)
    assert state.learner.rates.shape == (3,) and state.learner.rate.tolist() == [0.0, 1.0]


def test_a_script_that_is_no_module():
    """Annotations are found where a class was made by exec, with strings for annotations or without."""
    script = """
import numpy as np
from foundation.arrays import Array, Float
class State:
    z: Float[Array, "runs dim"]
    weights: Float[Array, "dim"]
    def __init__(self):
        self.z, self.weights = np.zeros((3, 3)), np.zeros(3)
"""
    for head in ("", "from __future__ import annotations"):
        space = {"__name__": "no_module"}
        exec(compile(head + script, "script", "exec", dont_inherit=True), space)
        state = space["State"]()
        state = select_runs(state, slice(2))
        assert state.z.shape == (2, 3) and state.weights.shape == (3,)


def test_select_and_concat():
    """The one is the other backwards; they refuse to put together what differs in more than runs."""
    whole = Scaled(np.ones(2), np.array([1.0, 2.0, 3.0]))
    parts = [select_runs(whole, np.array([0])), select_runs(whole, slice(1, 3))]
    again = concat_runs(parts)
    np.testing.assert_array_equal(again.rate, whole.rate)
    np.testing.assert_array_equal(again.rates, whole.rates)
    number = Scaled(np.ones(2), np.array(2.0))
    assert select_runs(number, np.array([1])) is number and concat_runs([number, number]).rate == 2.0
    for other in (Scaled(np.zeros(2), whole.rate), Scaled(np.ones(3), whole.rate), Scaled(np.ones(2), 1.0), number):
        with pytest.raises(ValueError, match="cannot share a batch"):
            concat_runs([whole, other])


def test_other_numbers_of_runs_are_refused():
    """A learner or a probe with more rows than there are runs is an error, not cut to fit."""
    objective, noise, many = Huber(2), Gaussian(1.0), np.full(100, 0.9)
    learner = Scaled(np.ones(2), 0.01 * many)
    with pytest.raises(ValueError, match="the 3 runs"):
        simulate(Setup(objective, noise, learner, STEPS), [recipe(Along, weights=np.ones(2))], STREAMS)
    learner = Scaled(np.ones(2), 0.01 * many[:3])
    probe = recipe(Certificate, beta=many, lam=np.ones(3))
    with pytest.raises(ValueError, match="the 3 runs"):
        simulate(Setup(objective, noise, learner, STEPS), [probe], STREAMS)
