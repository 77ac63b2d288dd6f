"""Both engines make the same bits: learners, objectives, noises, adversaries, sums, shifts and runs of all kinds."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.words.broken import BROKEN
from foundation.arrays import Array, Float
from foundation.numerics import largest, norm, shifted, smallest, total
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build
from optimizers.ftrl import beta_ftrl, clipped_adam, paper_learner
from optimizers.methods import METHODS
from optimizers.scaling import Constant, Exponential, Gamma, Uniform
from simulation.certificate import Certificate
from simulation.compiled import recording
from simulation.engine import Setup, run_batch, simulate
from simulation.game import Duel
from simulation.hitting import HittingTime
from simulation.parts import Batch, Level, Part, algorithm1, game
from simulation.probes import Clip, Descent, Regret
from simulation.recording import Probe, first_step, recipe
from simulation.streams import Draws, Streams

STREAMS, EXPONENTIAL = Streams(5, "compiled"), Exponential()
NUMBERS = (0.0, 1e-300, -1e-300, 1e300, -1e300, 1.0, -1.0, 0.5, -2.5, 1.5, 3.0, 1e-9, 0.3, -7.1)
FIVE, BETA, RADIUS = np.ones(5), np.array([0.9, 0.99, 0.0, 0.5, 0.9]), np.array([0.1, 1e-3, 1.0, 0.3, 0.1])
HUBER, GAUSSIAN = OBJECTIVES["huber"], NOISES["gaussian"]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what 0 and infinity give is NumPy's affair


def same(one, two, signs=False):
    """Equal bit for bit; of the zeros the signs only where they are asked for: a maximum takes either of two zeros."""
    assert one.keys() == two.keys() and one
    for name, values in one.items():
        np.testing.assert_array_equal(two[name], values, err_msg=name)
        if signs and not name.endswith(".max"):
            np.testing.assert_array_equal(np.signbit(two[name]), np.signbit(values), err_msg=name)


def on_both(run, signs=False):
    """What a run gives on the compiled engine, which must not refuse it, and which the reference must give, too."""
    found = run("compiled")
    same(run("numpy"), found, signs)
    return found


def batch(runs, dim, parts, probes, learn=None, steps=6, noise=GAUSSIAN().fill, width=None, law=EXPONENTIAL):
    """A batch whose steps are these parts; noise: what fills their `width` random numbers, law: that of a_t."""
    now, numbers = first_step(np.linspace(-1.0, 2.0, dim), runs, dim if width is None else width), list(range(runs))
    raw = None if noise is None else Draws(STREAMS, "noise", numbers, noise, now.raw.shape[1])
    learn, times = learn or Part("Learn", lambda _, now: None), np.arange(1, min(steps, 100) + 1)
    scaling, runs = Draws(STREAMS, "scaling", numbers, law.fill, 1), np.array(numbers)
    return Batch(runs, np.full(len(runs), steps), now, parts, learn, probes, times, scaling, raw)


LEARNERS = {name: (lambda r, b, method=method: method.make(r, b, 3.0)) for name, method in METHODS.items()}
LEARNERS |= {f"{name}, l1": partial(maker, coordinatewise=True) for name, (_, maker, _) in BROKEN.items()}
LEARNERS |= {f"{name}, l2": partial(maker, coordinatewise=False) for name, (_, maker, _) in BROKEN.items()}
NOISE = {"gaussian": {"sigma": 1.5}, "two_point": {"sigma": 0.5}, "sparse": {"probability": 0.4}, "none": {}}
LAWS = (Exponential(), Constant(), Uniform(), Gamma(4.0))


def watched(samples, ball="l1", index=slice(None)):
    """A probe of each kind that any objective can have."""
    beta, radius = BETA[index], RADIUS[index]
    certificate = recipe(Certificate, beta=beta, lam=FIVE[index], norm=ball, samples=samples)
    descent, clip = recipe(Descent, beta=beta), recipe(Clip, radius=radius, norm="l2" if ball == "l1" else "l1")
    return [certificate, recipe(Regret, beta=beta, radius=radius, norm=ball), descent, clip]


def check(objective, noise, learner, law=EXPONENTIAL, ball="l1"):
    """Both engines on five runs of Algorithm 1; `simulate` would ask more before, which takes its time."""

    def make():
        dim, level = len(objective.start), Level()
        if noise.additive:
            level = Level(noise.scale(dim)[None]) if noise.scale(dim).any() else None
        random = (None, 0) if level is None else (noise.fill, noise.width(dim))
        parts, learn = algorithm1(learner, learner.init((5, dim)), objective, noise, level)
        probes = [each.make(np.arange(5)) for each in watched(np.tile([1, 5, 12], (5, 1)), ball)]
        made = batch(5, dim, parts, probes, learn, 12, *random, law)
        made.now.x = np.tile(objective.start, (5, 1))
        for probe in probes:
            probe.begin(objective, made.now.x)
        return made

    on_both(partial(run_batch, make))


@pytest.mark.parametrize("noise", NOISE)
def test_learners(noise):
    """Every method and every wrong learner, each under two of the noises and laws of the scaling."""
    objective, first = OBJECTIVES["triangle_wave"](dim=3, slope=2.0, period=1.7, begin=0.4), list(NOISE).index(noise)
    for k, (name, learner) in list(enumerate(LEARNERS.items()))[first // 2 :: 2]:
        print(name)
        law, ball = LAWS[(k // 2 + first) % 4], "l2" if "l2" in name else "l1"
        check(objective, NOISES[noise](**NOISE[noise]), learner(RADIUS, BETA), law, ball)


def test_objectives_and_noises():
    """Every objective, made as for its exam, and every noise on that of its own; the two learners take turns."""
    noises = GAUSSIAN(sigma=0.3), NOISES["sparse"]()
    exams = [(name, noises[k % 3 == 2]) for k, name in enumerate(OBJECTIVES)]
    exams += [(NOISES.exam(name).on, build(NOISES, name, NOISES.exam(name).arguments)) for name in NOISES]
    for k, (name, noise) in enumerate(exams):
        print(name, noise)
        learner, ball = paper_learner(3.0 * RADIUS, BETA, k % 2 == 0), ("l1", "l2")[k % 2]
        check(build(OBJECTIVES, name, OBJECTIVES.exam(name).arguments), noise, learner, ball=ball)


@pytest.mark.parametrize("name", ADVERSARIES)
def test_adversaries(name):
    """Every adversary, in one coordinate and in several, against both learners of the paper."""
    for dim, learner in product((1, 3), (clipped_adam, beta_ftrl)):
        made = build(ADVERSARIES, name, {**ADVERSARIES.exam(name).arguments, "dim": dim})
        on_both(partial(Duel(learner(RADIUS, BETA), made, BETA, RADIUS, 20).simulate, STREAMS))
        alone = Duel(learner(RADIUS[:1], BETA[:1]), made, BETA[:1], RADIUS[:1], 20)
        same(alone.simulate(STREAMS, "numpy"), alone.simulate(STREAMS, "auto"))


def test_rates_of_coordinates():
    """What a state declares to be a coordinate's is no run's, with as many runs as coordinates."""

    @dataclass
    class Rates:
        x: Float[Array, "runs dim"]
        rates: Float[Array, "dim"]

    def make():
        state = Rates(np.zeros((3, 3)), np.array([1.0, 2.0, 3.0]))
        move = Part("Rates", lambda state, now: setattr(state, "x", state.x + state.rates * now.raw), state)
        seen = [Formula(lambda _, now: total(now.x))]
        return batch(3, 3, [move], seen, Part("Look", lambda state, now: setattr(now, "x", state.x + now.x), state))

    on_both(partial(run_batch, make))


@pytest.mark.parametrize("dim", [1, 7, 8, 9, 16, 17])
def test_sums_and_extremes(dim):
    """Eight numbers at a time, and what is left; several in one step, each with its own loops."""
    seen = [Formula(lambda _, now, f=found: f(now.x * now.raw) + 0.0) for found in (largest, smallest, total, norm) * 3]
    move = Part("Move", lambda _, now: setattr(now, "x", now.x - 0.3 * now.raw))
    on_both(partial(run_batch, lambda: batch(4, dim, [move], seen)))


@pytest.mark.parametrize("dim", [1, 3])
def test_truths_that_are_always_the_same(dim):
    """Of a whole batch, and of each coordinate; nothing goes on being recorded afterwards."""
    mask = np.arange(dim) % 2 == 0
    seen = [
        Formula(lambda _, now, f=formula: total(np.where(f(now.x > 0.3), 1.0, 2.0) * now.x))
        for formula in (
            lambda one: one & np.bool_(True), lambda one: one | np.bool_(True), lambda one: one & np.bool_(False),
            lambda one: one & mask, lambda one: one | ~mask, lambda one: np.where(one, np.bool_(False), one),
        )
    ]  # fmt: skip
    move = Part("Move", lambda _, now: setattr(now, "x", now.x - 0.3 * now.raw))
    on_both(partial(run_batch, lambda: batch(4, dim, [move], seen)))
    assert recording.active == 0


@pytest.mark.parametrize("dim", [1, 3, 8, 9])
def test_shifts(dim):
    """Near, far, beyond the end and by nothing, either way."""
    shifts = (-9, -3, -1, 0, 1, 2, 8, 9)
    seen = [Formula(lambda _, now, by=by: total(shifted(now.raw, by) * np.arange(1.0, dim + 1.0))) for by in shifts]
    found = on_both(partial(run_batch, lambda: batch(4, dim, [], seen)))
    assert found

    v = np.random.default_rng(0).normal(size=(2, dim))
    for by in shifts:
        assert shifted(v, by).tolist() == [[row[i - by] if 0 <= i - by < dim else 0.0 for i in range(dim)] for row in v]


def test_runs_of_all_kinds():
    """Unequal T, sampled averages, hitting times, runs of one number, a noise level a run; bit for bit as alone."""
    steps, samples = np.array([300, 1, 77, 300, 20]), np.array([[1, 300], [1, 2], [77, 76], [299, 3], [5, 0]])
    given = {"noise_level": np.array([1.0, 2.0, 0.0, 1e-3, 5.0]), "numbers": np.array([4, 0, 4, 4, 1])}

    def run(engine, index=slice(None)):
        more = {name: values[index] for name, values in given.items()}
        made = Setup(HUBER(dim=9), GAUSSIAN(sigma=1.0), beta_ftrl(RADIUS[index], BETA[index]), steps[index], **more)
        target = np.array([1.5, 1e9, 1.0, 1.2, 0.0])[index]
        hits = recipe(HittingTime, beta=BETA[index], lam=FIVE[index], target=target, whole=True)
        return simulate(made, [*watched(samples[index], "l2", index), hits], STREAMS, np.array([1, 20, 300]), engine)

    together, alone = on_both(run), slice(2, 3)
    same({name: values[alone] for name, values in together.items()}, run("compiled", alone))
    assert set(together["hitting"][[1, 4]]) == {1.0, np.inf}


class Formula(Probe):
    """What a formula makes of the probe and the step, shape (runs,)."""

    signals = ("value",)

    def __init__(self, formula, kept=0):
        self.formula, self.a, self.b = formula, deepcopy(kept), np.zeros(4)

    def step(self, now):
        return (self.formula(self, now),)


@pytest.mark.parametrize("learner", [clipped_adam, beta_ftrl])
def test_extreme_gradients(learner):
    """Gradients of 1e-300 and 1e300, then zeros for 3000 steps, then one more; beta = 1 - 1e-9, too."""
    sizes = np.array([[1e-300], [1e300], [1e-300], [1e300], [1.0]])
    made, extreme = learner(0.5 * FIVE, np.array([0.9, 0.9, 1.0 - 1e-9, 1.0 - 1e-9, 0.0])), SimpleNamespace()
    extreme.next = lambda time, play, raw: np.where((time < 20.0) | (time == 3020.0), sizes, 0.0) * raw

    def make():
        parts, learn = game(made, made.init((5, 2)), extreme)
        return batch(5, 2, parts, [Formula(lambda _, now: largest(np.abs(now.play)))], learn, 3030)

    found = on_both(partial(run_batch, make))
    assert all(np.isfinite(values).all() for values in found.values())
    assert (found["value.max"] > 0.1).all() and (found["value.max"] <= 0.5).all()
