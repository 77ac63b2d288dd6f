"""Numbers that are not finite never become a verdict: what is refused, in which words, on both engines."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.equation1_regret import Equation1
from experiments.words.harness import examine
from experiments.words.numbers import mean_and_band, safe_ratio
from experiments.words.problem import Context, Effort, Problem
from foundation.arrays import Array, Float
from foundation.strict import NotFiniteError, strict_numbers
from objectives import NOISES, OBJECTIVES
from optimizers.ftrl import clipped_adam
from optimizers.methods import METHODS
from optimizers.wrong import Flipped
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.game import Duel
from simulation.hitting import HittingTime
from simulation.recording import Probe, recipe
from simulation.streams import Streams
from tests.test_baselines import BETAS, RATES, ROWS, SCALE, learner

STREAMS, BETA, RADIUS = Streams(0, "strict"), np.array([0.9, 0.5, 0.99]), np.array([0.1, 0.2, 0.3])
HUBER = OBJECTIVES["huber"]
ENGINES = ("numpy", "auto", "compiled")
CONTEXT = Context(0, "strict", Effort(runs=8, windows=4, guess_limit=3.0, draws=200))
ONE, BIG = np.ones(3), np.array([2.0, 1e200])
FAULTS = {
    "overflow encountered in square": lambda: np.square(BIG),
    "divide by zero encountered in divide": lambda: BIG / np.zeros(2),
    "invalid value encountered in subtract": lambda: np.full(2, np.inf) - np.full(2, np.inf),
    "Mean of empty slice": lambda: np.mean(np.empty(0)),
    "said by the user": lambda: warnings.warn("said by the user", RuntimeWarning, stacklevel=1),
}


@pytest.mark.parametrize("what", FAULTS)
def test_the_place_of_a_warning(what):
    """What NumPy warns of is an error; its line begins with the innermost place that belongs to no library."""
    with pytest.raises(NotFiniteError, match=rf"^tests/test_strict\.py:\d+ in <lambda>: {what}"), strict_numbers():
        FAULTS[what]()


def test_what_is_no_fault():
    """Underflow is rounding, and who says that infinity is meant is believed; outside, all is as before."""
    before = np.geterr()
    with strict_numbers():
        assert np.square(np.array([1e-200])) == 0.0
        with np.errstate(divide="ignore"):
            assert np.array([1.0]) / 0.0 == np.inf
    assert np.geterr() == before


@pytest.mark.parametrize("how", ["claim", "control"])
def test_a_measurement_is_strict(how):
    """A claim or a control that overflows on the way fails its case; the place is the claim's own line."""

    @dataclass(frozen=True)
    class Careless(Equation1):
        careless: bool = True

        def bounds(self, problem, beta):
            return {"stated": float((np.exp(np.array([1000.0])) if self.careless else np.ones(1))[0])}

        def controls(self):
            return {"careless": self.twin("overflows", careless=True)}

    claim = Careless(careless=how == "claim")
    with pytest.raises(NotFiniteError, match=r"^tests/test_strict\.py:\d+ in bounds: overflow encountered in exp$"):
        examine(claim, Problem("huber", HUBER(), NOISES["none"]()), CONTEXT)


def refused(setup, probes, engines=ENGINES):
    """The errors of the engines, which must all be the same."""
    said = set()
    for engine in engines:
        with pytest.raises(FloatingPointError) as error:
            simulate(setup, probes, STREAMS, np.array([1, 5]), engine)
        said.add(str(error.value))
    assert len(said) == 1, said
    return said.pop()


def setup(learner, steps=(300, 300, 40), objective=None, noise="none"):
    return Setup(objective or HUBER(dim=2), NOISES[noise](), learner, np.array(steps))


class Late(Flipped):
    """Plays something else from the moment when the gradient's sum exceeds a limit."""

    what = np.inf

    def play(self, state):
        return np.where(np.abs(state.first) > 4.5, self.what, self.learner.play(state))


class Loud(Probe):
    """A signal that is not finite from some time on, of one run."""

    signals = ("calm", "loud")
    mine: Float[Array, "runs"]

    def __init__(self, mine: Float[Array, "runs"], what: float, time: float):
        self.mine, self.what, self.time = mine, what, time

    def step(self, now):
        return self.mine, np.where((self.mine > 1.0) & (now.time == self.time), self.what, self.mine)


CERTIFICATE = recipe(Certificate, beta=BETA, lam=ONE)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_iterates(value):
    """A play that is not finite moves a run where it cannot be, though the gradient there may be finite."""
    late = type("Late", (Late,), {"what": value})(clipped_adam(RADIUS, np.array([0.5, 0.99, 0.5])))
    assert refused(setup(late), [CERTIFICATE]) == refused(setup(late), [])
    assert refused(setup(late), []) == "run 1, step 32: the iterate is not finite"


@pytest.mark.parametrize(("value", "dim"), [(np.inf, 1), (np.nan, 3), (np.nan, 1)])
@pytest.mark.parametrize("time", [1, 33, 257, 300])
def test_signals(value, dim, time):
    """The first step, run and signal: at the ends of blocks and within."""
    run = 1 if time <= 40 else 2
    mine = np.where((np.arange(3) == run) | (np.arange(3) == 1), 2.0, 1.0)
    loud = recipe(Loud, mine=mine, what=value, time=float(time))
    what = "the signal loud, or its sum over the steps, is not finite"
    made = setup(clipped_adam(RADIUS, BETA), objective=HUBER(dim=dim), steps=(300, 40, 300))
    assert refused(made, [CERTIFICATE, loud]) == f"run {run}, step {time}: {what}"


def test_a_sum_that_overflows():
    """The mean over time cannot be formed: the step is the one at which it went wrong."""
    loud = recipe(Loud, mine=np.array([1.0, 1.0, 7e307]), what=0.0, time=0.0)
    what = "the signal calm, or its sum over the steps, is not finite"
    assert refused(setup(clipped_adam(RADIUS, BETA)), [loud]) == f"run 2, step 3: {what}"


@pytest.mark.parametrize("time", [3, 33, 299])
def test_runs_that_are_done(time):
    """Of a run that is over, or has shown enough, nothing is asked any more; nor does it hide what others show."""
    sure = recipe(HittingTime, beta=BETA, lam=ONE, target=1e9 * np.array([1.0, 1.0, -1.0]))
    loud = recipe(type("Stopping", (Loud,), {"stops": True, "satisfied": lambda self, runs: self.mine < 3.0}),
                  mine=np.array([2.0, 2.0, 1.0]), what=np.nan, time=float(time))  # fmt: skip
    made = setup(clipped_adam(RADIUS, BETA), steps=(300, 2, 300))
    found = [simulate(made, [sure, loud], STREAMS, engine=engine)["hitting"] for engine in ENGINES]
    for each in found:
        assert each.tolist() == [1.0, 1.0, np.inf]
    other = replace(loud, arguments={**loud.arguments, "mine": np.array([2.0, 2.0, 5.0])})
    assert refused(made, [sure, other]).startswith(f"run 2, step {time}: the signal loud")


def test_a_gradient_of_the_step_that_shows_enough():
    """The run is not done before that step: both engines refuse it."""
    bad = type("Noise", (NOISES["sparse"],), {"stochastic": lambda self, objective, x, grad, raw: grad / 0.0})
    sure = recipe(HittingTime, beta=BETA, lam=ONE, target=1e9 * ONE)
    made = replace(setup(clipped_adam(RADIUS, BETA)), noise=bad())
    assert refused(made, [sure]) == "run 0, step 1: the gradient is not finite"


@pytest.mark.parametrize("size", [(1e200, 1e200), (1e200, 1.0), (1.0, 1e200)])
def test_states_at_the_end(size):
    """AdaGrad's v overflows where gradients are 1e200, and would play 0 there for ever."""
    steep = type("Steep", (HUBER,), {"grad": lambda self, x: np.array(size) * HUBER.grad(self, x)})
    made = setup(ROWS["AdaGrad"].make(RATES, BETAS, SCALE), objective=steep(dim=2))
    assert refused(made, []) == "run 2, step 40: v in the state of AdaGrad is not finite"


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=2)
@given(st.sampled_from([np.nan, np.inf, -np.inf]), st.integers(0, 2), st.integers(1, 70))
def test_one_bad_gradient(name, value, run, step):
    """Whatever the method, one number that is not finite stops the simulation, with run and step, on both engines."""
    size = np.where(np.arange(3) == run, value, 1.0)[:, None]
    foe = type("Foe", (), {"dim": 2, "random": True})()
    foe.next = lambda time, play, raw: np.where(time == float(step), size, 1.0) * raw
    said = set()
    for engine in ("numpy", "compiled"):
        with pytest.raises(FloatingPointError) as error:
            Duel(learner(name, range(3)), foe, BETAS, RATES, 70).simulate(STREAMS, engine)
        said.add(str(error.value))
    assert said == {f"run {run}, step {step}: the gradient is not finite"}


@pytest.mark.parametrize("name", ROWS)
def test_learners_hide_nothing(name):
    """Without the engine, too: after one nan a method plays nan, never 0 and never on as if it had not been."""
    made, rng = learner(name), np.random.default_rng(0)
    state = made.init((1, 2))
    for t in range(20):
        made.update(state, rng.standard_normal((1, 2)) * (np.nan if t == 10 else 1.0))
        begun_again = name == "O2NC" and t > 10  # from 0, as it does after every block
        assert np.isnan(made.play(state)).all() == (t >= 10) or begun_again


def test_ratios_and_bands_hide_nothing():
    """What claims do with numbers: a nan stays one."""
    one, nan = np.ones(3), np.array([0.0, np.nan, 1.0])
    np.testing.assert_array_equal(safe_ratio(nan, 2.0 * one), [0.0, np.nan, 0.5])
    np.testing.assert_array_equal(safe_ratio(nan[[0, 2]], np.zeros(2)), [0.0, np.inf])
    assert all(np.isnan(line[1]) and np.isfinite(line[[0, 2]]).all() for line in mean_and_band(np.tile(nan, (4, 1))))
