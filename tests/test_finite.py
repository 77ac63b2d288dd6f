"""Who is refused for a number that is not finite, and in which words: one bad coordinate suffices, and only who goes on."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from foundation.strict import NotFiniteError
from objectives import NOISES, OBJECTIVES
from optimizers.ftrl import clipped_adam
from simulation.certificate import Certificate
from simulation.engine import Setup, run_batch, simulate
from simulation.finite import Finite
from simulation.parts import Part
from simulation.probes import Descent
from simulation.recording import recipe
from tests.test_compiled import STREAMS, batch

BAD = np.array([[1.0, 2.0], [3.0, np.nan], [np.inf, np.inf]])
GOING = np.array([True, True, True])


def looking(**state):
    """At a batch of three runs, whose learner keeps these arrays."""
    kept = SimpleNamespace(**state)
    probes = [Certificate(np.ones(3), np.ones(3)), Descent(np.ones(3))]
    return Finite(batch(3, 2, [], probes, Part("Learner", lambda state, now: None, kept))), kept


def test_rows():
    """The first run that goes on and has a coordinate that is none."""
    finite, _ = looking()
    finite.rows(4, "the iterate", BAD, np.array([True, False, False]))
    for going, run in ((GOING, 1), (np.array([True, False, True]), 2)):
        with pytest.raises(NotFiniteError, match=f"^run {run}, step 4: the iterate is not finite$"):
            finite.rows(4, "the iterate", BAD, going)


@pytest.mark.parametrize("k, name", list(enumerate([*Certificate.signals, *Descent.signals])))
def test_signals(k, name):
    """The signal is named, of whichever probe it is."""
    finite, _ = looking()
    total = np.ones((3, 7))
    total[1, k:] = np.nan
    finite.signals(9, total, np.array([True, False, True]))
    with pytest.raises(
        NotFiniteError, match=f"^run 1, step 9: the signal {name}, or its sum over the steps, is not finite$"
    ):
        finite.signals(9, total, GOING)


def test_states():
    """What was finite in the beginning, every number of it, of runs that end; what was not may be meant."""
    finite, kept = looking(a=np.ones((3, 2)), b=np.array([1.0, np.inf, 1.0]), c=np.arange(3), d=np.ones(2), e=None)
    kept.a, kept.b = BAD, np.full(3, np.nan)
    finite.state(5, np.array([True, False, False]))
    with pytest.raises(NotFiniteError, match=r"^run 1, step 5: a in the state of Learner is not finite$"):
        finite.state(5, np.array([True, True, False]))
    kept.a = np.ones((3, 2))
    finite.state(5, GOING)


def test_noise_in_one_coordinate():
    """The others being without noise does not make the whole without."""
    objective = OBJECTIVES["huber"](dim=2)
    made = [NOISES["gaussian"](coordinate_sigma=(0.0, sigma)) for sigma in (0.0, 1.5)]
    quiet, noisy = (
        simulate(
            Setup(objective, noise, clipped_adam(np.full(2, 0.1), np.full(2, 0.9)), np.full(2, 9)),
            [recipe(Certificate, beta=np.full(2, 0.9), lam=np.ones(2), samples=np.full((2, 1), 9))],
            STREAMS,
        )["xbar"]
        for noise in made
    )
    assert (quiet[..., 0] == noisy[..., 0]).all() and (quiet[..., 1] != noisy[..., 1]).all()


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("step", [1, 6, 7])
def test_the_last_step_counts(engine, step, dim):
    """T = 6: what is not finite in its last step is refused; there is no seventh."""

    def act(_, now):
        now.noisy = np.where((now.time == float(step)) & np.array([[False], [True]]), np.inf, 1.0 + 0.0 * now.x)

    def run():
        return run_batch(lambda: batch(2, dim, [Part("Act", act)], [], steps=6), engine)

    if step > 6:
        run()
    else:
        with pytest.raises(FloatingPointError, match=f"run 1, step {step}: the gradient is not finite"):
            run()


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_one_bad_coordinate_of_an_iterate(engine):
    """Is refused at its step, though the gradients are finite."""
    where = np.array([[False, False], [False, True], [False, False]])

    def act(_, now):
        now.x = np.where((now.time == 3.0) & where, np.nan, 1.0 + 0.0 * now.x)
        now.noisy = 0.0 * now.play

    with pytest.raises(FloatingPointError, match="run 1, step 3: the iterate is not finite"):
        run_batch(lambda: batch(3, 2, [Part("Act", act)], []), engine)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_the_state_that_a_run_ends_with(engine):
    """Is looked at when all runs end at once, too."""

    def learn(state, now):
        state.a = np.where(now.time == 6.0, np.nan, state.a)

    with pytest.raises(FloatingPointError, match="run 0, step 6: a in the state of Learn is not finite"):
        run_batch(lambda: batch(3, 2, [], [], Part("Learn", learn, SimpleNamespace(a=np.ones((3, 2))))), engine)
