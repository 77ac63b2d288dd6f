"""A simulation that is put down after every block, stored, and taken up again finds the same, bit for bit."""

from __future__ import annotations

import io
import pickle
import time
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from objectives import ADVERSARIES, NOISES, OBJECTIVES
from objectives.base import Constants
from optimizers.ftrl import beta_ftrl, clipped_adam
from optimizers.methods import METHODS, blocks
from simulation import engine as engines
from simulation import reference as plain
from simulation.blocks import BlockAverage
from simulation.certificate import Certificate
from simulation.compiled import engine as compiled
from simulation.engine import Setup, simulate
from simulation.game import Duel
from simulation.hitting import HittingTime
from simulation.pausing import Pause, PausedError
from simulation.probes import Clip, Descent, Regret
from simulation.progress import Progress
from simulation.recording import recipe
from simulation.streams import Draws, Streams

STREAMS = Streams(5, "pausing")


class Plane:
    """Goes down for ever."""

    start, constants = np.zeros(2), Constants(np.inf, 2.0**0.5, np.ones(2))

    def value(self, x):
        return x[..., 0]

    def grad(self, x):
        return 0.0 * x + 1.0


def stored(snapshot):
    """A snapshot as it comes out of a file."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **snapshot)
    file.seek(0)
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def piece_by_piece(make):
    """The signals, and how often the simulation was put down."""
    begun, count = None, 0
    while True:
        try:
            return make(Pause(begun, 0.0)), count
        except PausedError as paused:
            begun, count = stored(pickle.loads(pickle.dumps(paused.snapshot))), count + 1


def check(make, monkeypatch, least=3):
    """The same bytes with and without pauses."""
    monkeypatch.setattr(compiled, "WORK", 1)
    monkeypatch.setattr(compiled, "SHORTEST", 7)
    monkeypatch.setattr(plain, "BLOCK", 7)
    for engine in ("compiled", "numpy"):
        whole, (found, count) = make(None, engine), piece_by_piece(partial(make, engine=engine))
        assert count >= least
        assert list(whole) == list(found)
        for name, values in whole.items():
            np.testing.assert_array_equal(values, found[name], err_msg=name)


BETA, RADIUS, LAM = np.array([0.9, 0.99, 0.5]), np.array([0.1, 1e-3, 0.3]), np.ones(3)
TIMES, STEPS = np.array([1, 20, 90]), np.full(3, 90)


@pytest.mark.parametrize("name", METHODS)
def test_methods(name, monkeypatch):
    """Every method, in three coordinates, with its own law of a_t; blocks that are not full when it is put down."""
    method, steps = METHODS[name], np.array([90, 1, 47])
    objective = OBJECTIVES["triangle_wave"](dim=3, slope=2.0, period=1.7, begin=0.4)
    learner = method.make(RADIUS, BETA, 3.0)
    made = Setup(objective, NOISES["gaussian"](sigma=1.0), learner, steps, method.scaling)
    samples = np.array([[1, 90], [1, 2], [46, 3]])
    probes = [recipe(BlockAverage, block=blocks(BETA), samples=samples), recipe(Descent, beta=BETA)]
    check(lambda pause, engine: simulate(made, probes, STREAMS, TIMES, engine, pause), monkeypatch)


@pytest.mark.parametrize("dim", [1, 9])
def test_runs_of_all_kinds(dim, monkeypatch):
    """Unequal T, hitting times, runs of one number, noise levels, one coordinate and several."""
    steps, samples = np.array([90, 1, 47]), np.array([[1, 90], [1, 2], [46, 0]])
    more = {"noise_level": np.array([1.0, 2.0, 0.0]), "numbers": np.array([4, 0, 4])}
    made = Setup(OBJECTIVES["huber"](dim=dim), NOISES["gaussian"](), beta_ftrl(RADIUS, BETA), steps, **more)
    probes = [
        recipe(Certificate, beta=BETA, lam=LAM, norm="l2", samples=samples),
        recipe(Regret, beta=BETA, radius=RADIUS, norm="l2"),
        recipe(Clip, radius=RADIUS, norm="l1"),
        recipe(HittingTime, beta=BETA, lam=LAM, target=np.array([1.5, 1e9, 1.0]), whole=True),
    ]
    check(lambda pause, engine: simulate(made, probes, STREAMS, TIMES, engine, pause), monkeypatch)


def test_runs_that_end_early(monkeypatch):
    """Who arrives ends, whoever goes on; a noise that is not additive; no scaling that is drawn."""
    chain, noise = OBJECTIVES["hard_chain"](dim=3), NOISES["chain"](probability=0.8)
    made = Setup(chain, noise, METHODS["SGD"].make(10.0 * RADIUS, BETA, 1.0), np.array([300, 300, 60]))
    probes = [recipe(Progress, stops=True)]
    check(lambda pause, engine: simulate(made, probes, STREAMS, None, engine, pause), monkeypatch)


@pytest.mark.parametrize("name", ["heavy_tailed", "against_play"])
def test_duels(name, monkeypatch):
    """A game goes on where it was, with random gradients and without."""
    made = ADVERSARIES[name](dim=3)
    duel = Duel(clipped_adam(RADIUS, BETA), made, BETA, RADIUS, 60)
    check(lambda pause, engine: duel.simulate(STREAMS, engine, pause), monkeypatch)


class Counting:
    """A learner that counts its steps in a Python number, which no snapshot has."""

    def init(self, shape):
        return SimpleNamespace(count=0)

    def play(self, state):
        return np.full((3, 2), 1e-3 * state.count)

    def update(self, state, gradient):
        state.count += 1


def test_what_is_no_array_is_not_put_down(monkeypatch):
    """Then the reference goes on to the end, and finds the same."""
    monkeypatch.setattr(plain, "BLOCK", 7)
    made = Setup(OBJECTIVES["huber"](dim=2), NOISES["gaussian"](), Counting(), STEPS)
    probes = [recipe(Certificate, beta=BETA, lam=LAM, norm="l2")]
    whole, (found, count) = (
        simulate(made, probes, STREAMS, None, "numpy"),
        piece_by_piece(lambda pause: simulate(made, probes, STREAMS, None, "numpy", pause)),
    )
    assert count == 0
    for name, values in whole.items():
        np.testing.assert_array_equal(values, found[name], err_msg=name)


def test_streams_go_on():
    """Also in the middle of what was drawn, with half a random number left over, for those streams that go on."""

    def fill(rng, out):
        out[:] = rng.integers(0, 2**20, out.shape, np.uint32)  # takes half a number of 64 bits

    def draws():
        return Draws(STREAMS, "noise", [3, 1, 3], fill, 1)

    whole, broken = draws(), draws()
    for each in (whole, broken):
        each.ready(73)
        each.take(31)
        each.keep(np.array([1]))
    again = draws()
    again.restore("noise", stored(broken.snapshot("noise")))
    for steps in (480, 61, 500, 500):
        ready = whole.ready(steps)
        assert again.ready(steps) == ready
        one, two = (each.take(min(steps, ready)) for each in (again, whole))
        np.testing.assert_array_equal(one[1], two[1])
    for name in ("state", "half"):  # of the other stream, too, which draws no more
        np.testing.assert_array_equal(*(each.snapshot("")[f".{name}"] for each in (again, whole)))


def test_an_error_is_found_where_it_is(monkeypatch):
    """A spread that overflows, after it was put down a few times: the same words."""
    monkeypatch.setattr(compiled, "WORK", 1)
    monkeypatch.setattr(compiled, "SHORTEST", 7)
    made = Setup(Plane(), NOISES["none"](), clipped_adam(LAM * 1e152, BETA), STEPS)
    probes = [recipe(Certificate, beta=BETA, lam=LAM, norm="l1")]

    def run(pause):
        return simulate(made, probes, STREAMS, None, "compiled", pause)

    with pytest.raises(FloatingPointError, match=r"step [3-9]\d:") as one:
        run(None)
    with pytest.raises(FloatingPointError) as two:
        piece_by_piece(run)
    assert str(one.value) == str(two.value)


@pytest.mark.parametrize(("tile", "count"), [(6, 3), (7, 3), (5, 0)])
def test_one_tile_can_be_put_down(tile, count, monkeypatch):
    """Runs that fit into one tile are; those that take several go on to the end."""
    monkeypatch.setattr(engines, "TILE", tile)
    monkeypatch.setattr(plain, "BLOCK", 7)
    made = Setup(Plane(), NOISES["none"](), clipped_adam(np.full(3, 0.1), np.full(3, 0.9)), np.full(3, 28))
    _, found = piece_by_piece(lambda pause: simulate(made, [], STREAMS, engine="numpy", pause=pause))
    assert found == count


def test_when_a_pause_is_due():
    """So many seconds after it was made."""
    assert Pause(None, 0.0).due() and not Pause(None, 50.0).due()
    assert Pause(None, 50.0, time.monotonic() - 51.0).due()
