"""Who ignores the conventions about arrays: it works, with the right numbers, or is refused in one line with its name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from experiments.lemma20_scaling import Lemma20
from experiments.words.harness import examine
from experiments.words.problem import Context, Effort, Problem
from foundation.arrays import Array, Float
from objectives import ADVERSARIES, NOISES, OBJECTIVES
from optimizers.base import column
from optimizers.baselines import AdaGrad, AdaGradState
from optimizers.random_points import BlockedDescent
from optimizers.wrong import Flipped
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.game import Duel
from simulation.hitting import GradientHittingTime
from simulation.probes import Descent, Regret
from simulation.recording import Probe, recipe
from simulation.streams import Streams

STREAMS, ONE = Streams(0, "buffers"), np.ones(3)
BETA, RATE = 0.9 * ONE, np.array([0.1, 0.2, 0.3])
HUBER, SPARSE = OBJECTIVES["huber"], NOISES["sparse"]


@dataclass(frozen=True)
class Momentum(Flipped):
    """z = -rate m, m <- 0.9 m + g: as the conventions want it; its heirs do the same as they do not."""

    rate: Float[Array, "runs"]

    @classmethod
    def made(cls):
        return cls(None, RATE)

    def init(self, shape):
        return MomentumState(np.zeros(shape), np.zeros(shape))

    def play(self, state):
        return -column(self.rate) * state.m

    def update(self, state, grad):
        state.m, state.last = 0.9 * state.m + grad, 1.0 * grad


@dataclass
class MomentumState:
    m: Float[Array, "runs dim"]
    last: Float[Array, "runs dim"]


class InPlaceState(Momentum):
    """Changes its own state in place, and plays it."""

    def play(self, state):
        state.m *= 1.0
        return state.m

    def update(self, state, grad):
        state.m *= 0.9
        state.m += -column(self.rate) * grad


class OneArrayForAll(InPlaceState):
    """Begins with one array under two names, of which it changes one; and gives one state for all."""

    def init(self, shape):
        if shape not in STATES:
            zeros = np.zeros(shape)
            STATES[shape] = MomentumState(zeros, zeros)
        return STATES[shape]

    def play(self, state):
        assert not state.last.any()
        return super().play(state)


STATES: dict = {}


class Keeping(Momentum):
    """Keeps the gradient that it was given, and takes it in a step later."""

    def update(self, state, grad):
        state.m, state.last = 0.9 * state.m + state.last, grad


class KeepingCopies(Momentum):
    """The same, as it should be."""

    def update(self, state, grad):
        state.m, state.last = 0.9 * state.m + state.last, 1.0 * grad


class Halving(Momentum):
    """Writes into the gradient."""

    def update(self, state, grad):
        grad *= 0.5
        super().update(state, 2.0 * grad)


class Elsewhere(BlockedDescent):
    """Writes into its play."""

    def move(self, state, play, scale):
        play *= 1.0
        return super().move(state, play, scale)


class Buffered(HUBER):
    """Gives the same array whenever it is called."""

    def grad(self, x):
        buffer = BUFFERS.setdefault(x.shape, np.empty(x.shape))
        buffer[...] = super().grad(x)
        return buffer

    def value(self, x):
        BUFFERS.setdefault(x.shape, np.empty(x.shape))[...] = 0.0
        return super().value(x)


BUFFERS: dict = {}


class Moving(HUBER):
    """Writes into the points."""

    def grad(self, x):
        x += 0.0
        return super().grad(x)


class MovingWhenAsked(HUBER):
    """Writes into the points when the value is asked for."""

    def value(self, x):
        x[...] = 0.0
        return super().value(x)


class Sorting(HUBER):
    """Sorts the points in place."""

    def grad(self, x):
        x.sort(axis=0)
        return super().grad(x)


class Mirror(HUBER):
    """F = |x|^2/2, whose gradient is the point."""

    def grad(self, x):
        return x


class MirrorCopied(HUBER):
    """The same, as it should be."""

    def grad(self, x):
        return 1.0 * x


class Remembering(HUBER):
    """Counts its calls, and gives another gradient at the 51st."""

    def grad(self, x):
        object.__setattr__(self, "calls", getattr(self, "calls", 0) + 1)
        return super().grad(x) * (2.0 if self.calls == 51 else 1.0)


class Flat(HUBER):
    """One gradient for all runs."""

    def grad(self, x):
        return super().grad(x)[0]


class Spoiling(SPARSE):
    """Writes into the gradient that it makes noisy."""

    def stochastic(self, objective, x, grad, raw):
        grad *= raw
        return grad


class Foe(ADVERSARIES["heavy_tailed"]):
    """Writes into the play."""

    def next(self, time, play, raw):
        play[...] = 0.0
        return super().next(time, play, raw)


class Pushing(Probe):
    """Moves the run that it looks at."""

    signals = ("pushed",)

    def step(self, now):
        now.x += 1.0
        return (now.x[:, 0],)


def probes():
    return [
        recipe(Certificate, beta=BETA, lam=ONE, samples=np.tile([3, 60], (3, 1))),
        recipe(Regret, beta=BETA, radius=RATE),
        recipe(Descent, beta=BETA),
        recipe(GradientHittingTime, beta=BETA, target=0.3 * ONE),
    ]


def found(engine, objective=HUBER, learner=Momentum.made, noise=SPARSE, more=()):
    setup = Setup(objective(dim=2), noise(), learner(), np.full(3, 60))
    return simulate(setup, [*probes(), *more], STREAMS, np.arange(1, 61), engine)


RIGHT = {
    "plays its state": ({"learner": InPlaceState.made}, {}),
    "one array under two names": ({"learner": OneArrayForAll.made}, {}),
    "keeps the gradient": ({"learner": Keeping.made}, {"learner": KeepingCopies.made}),
    "gives one array always": ({"objective": Buffered}, {}),
    "gives its argument": ({"objective": Mirror}, {"objective": MirrorCopied}),
}


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("name", RIGHT)
def test_the_right_numbers(name, engine):
    """What breaks a convention and harms nobody gives what its well-behaved twin gives."""
    odd, proper = RIGHT[name]
    mine, theirs = found(engine, **odd), found("compiled", **proper)
    again = found(engine, **odd)
    for key, values in theirs.items():
        np.testing.assert_allclose(mine[key], values, rtol=1e-9, atol=1e-12, err_msg=key)
        np.testing.assert_array_equal(mine[key], again[key])


def test_one_with_a_memory():
    """The compiled engine does not take what it saw at the first call for what an objective always does."""
    auto, plain = found("auto", Remembering), found("numpy", Remembering)
    for key, values in plain.items():
        np.testing.assert_array_equal(auto[key], values)
    assert (plain["pull.max"] != found("numpy")["pull.max"]).any()
    with pytest.raises(TypeError, match="Remembering has no kernel: its calls changes, outside of a state"):
        found("compiled", Remembering)


WRITES = r" writes into an array that it was given: write a = a \+ b$"
REFUSED = {
    "Moving.grad" + WRITES: {"objective": Moving},
    "MovingWhenAsked.value" + WRITES: {"objective": MovingWhenAsked},
    "Sorting.grad" + WRITES: {"objective": Sorting},
    "Halving.update" + WRITES: {"learner": Halving.made},
    "Elsewhere.move" + WRITES: {"learner": lambda: Elsewhere(RATE, RATE, 5)},
    "Spoiling.stochastic" + WRITES: {"noise": Spoiling},
    "Pushing.step" + WRITES: {"more": [recipe(Pushing)]},
    r"Flat.grad gives an array of shape \(2,\), not \(runs, dim\) = \(3, 2\)$": {"objective": Flat},
}


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("why", REFUSED)
def test_refused_by_name(why, engine):
    """One line with class and method, on both engines."""
    with pytest.raises(TypeError, match="^" + why):
        found(engine, **REFUSED[why])


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_an_adversary(engine):
    """The same for who answers plays."""
    with pytest.raises(TypeError, match="^Foe.next" + WRITES):
        Duel(AdaGrad(RATE), Foe(), BETA, RATE, 20).simulate(STREAMS, engine)


AT_THE_DOOR = {
    "Moving.grad writes into the points": Moving,
    "MovingWhenAsked.value writes into the points": MovingWhenAsked,
    "Sorting.grad writes into the points": Sorting,
    "Buffered.grad gives the same array at every call": Buffered,
    "Mirror.grad gives back the points": Mirror,
    r"Flat.grad gives ndarray of shape \(2,\) at points of shape \(2, 2\)": Flat,
}


@pytest.mark.parametrize("why", AT_THE_DOOR)
def test_claims_that_run_nothing(why):
    """A claim may call an objective itself: so before anything is measured it is looked at."""
    context = Context(0, "buffers", Effort(runs=8, windows=4, guess_limit=3.0, draws=200))
    with pytest.raises(TypeError, match=f"^{why}"):
        examine(Lemma20(), Problem("mine", AT_THE_DOOR[why](dim=2), NOISES["none"]()), context)


def test_states_are_not_shared_with_hyper_parameters():
    """A state may begin with an array of the learner's, and change it in place."""

    class Rated(AdaGrad):
        def init(self, shape):
            return AdaGradState(np.zeros(shape), FIRST)

        def update(self, state, grad):
            state.v += np.square(grad)
            state.g = grad

    one, two = (found(engine, learner=lambda: Rated(RATE)) for engine in ("numpy", "auto"))
    assert (FIRST == 1.0).all()
    for key, values in one.items():
        np.testing.assert_array_equal(two[key], values)


FIRST = np.ones((3, 2))
