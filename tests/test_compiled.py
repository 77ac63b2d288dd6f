"""Both engines make the same bits, whatever a step computes; and what the compiled one refuses, it names."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import product
from operator import eq, ge, gt, iadd, le, lt, ne
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.words.broken import BROKEN
from foundation import compiling
from foundation.arrays import Array, Float
from foundation.numerics import cos, erfc, exp, largest, norm, picked, shifted, sin, smallest, total
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build
from optimizers.ftrl import beta_ftrl, clipped_adam, paper_learner
from optimizers.methods import METHODS
from optimizers.scaling import Constant, Exponential, Gamma, Uniform
from optimizers.wrong import Flipped
from simulation.certificate import Certificate
from simulation.compiled import recording
from simulation.compiled.symbols import NotRecordedError
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


ONE = {each.__name__: each for each in (np.abs, np.floor, np.rint, np.sign, np.negative, np.square, exp, cos, erfc)}
ONE |= {"root": lambda a: np.sqrt(np.abs(a)), "sin": lambda a: sin(np.clip(a, -50.0, 1e6))}
ONE["twice"] = lambda a: (a > 1.0) * 2.0
TWO = {each.__name__: each for each in (np.add, np.subtract, np.multiply, np.divide, np.copysign)}
TWO |= {"high": lambda a, b: np.maximum(a, b) + 0.0, "low": lambda a, b: np.minimum(a, b) + 0.0}  # one zero only
SUM = {"total": total, "norm": norm, "largest": lambda a: largest(a) + 0.0, "smallest": lambda a: smallest(a) + 0.0}
SUM |= {"first": lambda a: a[:, 0], "count": lambda a: total(np.where(a >= 0.0, 1.0, 0.0))}
RELATIONS, SMALL = (lt, le, gt, ge, eq, ne), st.integers(0, 40)
NAMES = st.sampled_from([*ONE, *TWO, *SUM, "shifted", "picked", "column", "where"])
DIMS, RUNS = st.sampled_from([1, 2, 3, 7, 8, 9, 17]), st.sampled_from([1, 2, 5])
PROGRAM = st.lists(st.tuples(NAMES, SMALL, SMALL, SMALL), min_size=1, max_size=9)


def chosen(pool, k, kind=None):
    """Something of the pool, of this kind."""
    pool = [each for each in pool if kind in (None, each[0])]
    return pool[-1 - k % len(pool)]


def lifted(*pairs):
    """Pairs, so that they can be combined: of which kind the result is, and their values."""
    kinds = [kind for kind, _ in pairs]
    kind = next(each for each in ("row", "column", "vector") if each in kinds)
    return kind, [value[:, None] if mine == "vector" != kind else value for mine, value in pairs]


class Random(Probe):
    """Random formulas for the parts of a step and for signals, and a state. A pool holds pairs (kind, value)."""

    signals = ("one", "two", "three")

    def __init__(self, programs, picks, constants, rows, a, b, c, v):
        self.programs, self.picks, self.constants, self.rows = programs, picks, constants, rows
        self.samples, self.a, self.b, self.c, self.v = np.tile([1, 3, 6], (len(v), 1)), a, b, c, v

    def pool(self, which, now):
        pool = [("row", each) for each in (now.x, now.play, now.move, now.grad, now.noisy, now.raw, self.a, self.b)]
        pool += [("column", now.scale), ("column", self.c), ("vector", self.v), ("vector", 0.0 * self.v + now.time)]
        for operation in self.programs[which]:
            kind, value = self.applied(pool, *operation)
            pool.append((kind, np.where(np.abs(value) < np.inf, value, 1.0)))
        return lambda k, kind="row": chosen(pool, self.picks[k], kind)[1]

    def applied(self, pool, name, i, j, k):
        first, others = chosen(pool, i), [*pool, *self.constants]
        if name in ONE:
            return first[0], ONE[name](first[1])
        if name in TWO:
            kind, values = lifted(first, chosen(others, j))
            return kind, TWO[name](*values)
        if name in SUM:
            return "vector", SUM[name](chosen(pool, i, "row")[1])
        if name == "shifted":
            return "row", shifted(chosen(pool, i, "row")[1], (1, -1, 2, -3, 9)[j % 5])
        if name == "picked":
            return "row", picked(self.rows, np.minimum(np.abs(chosen(pool, i, "vector")[1]), 3.5))
        if name == "column":
            return "column", chosen(pool, i, "vector")[1][:, None]
        kind, (a, b, c) = lifted(first, chosen(others, j), chosen(others, k))
        one, two = RELATIONS[j % 6](a, b), RELATIONS[k % 6](a, c)
        return kind, np.where((one & two, one | two, ~one, np.logical_and(one, ~two))[i % 4], c, 2.0 * a)

    def act(self, now):
        pick = self.pool(0, now)
        now.play, now.move, now.x = pick(0), pick(1), pick(2)
        pick = self.pool(1, now)
        now.grad, now.noisy = pick(3), 1.0 * pick(4)

    def step(self, now):
        pick = self.pool(2, now)
        self.a, self.b = self.b, pick(9)
        return pick(11, "vector"), total(pick(4)), self.v

    def sample(self, now):
        return now.x - self.b * self.c

    def learn(self, now):
        pick = self.pool(3, now)
        self.a, self.b, self.c, self.v = pick(5), pick(6), pick(7, "column"), pick(8, "vector")
        if self.picks[9] % 3 < 2:
            self.a, self.b = self.b, (now.grad, self.a)[self.picks[9] % 3]


@settings(max_examples=40)
@given(DIMS, RUNS, st.tuples(*[PROGRAM] * 4), st.lists(SMALL, min_size=12, max_size=12), st.integers(0, 10**6))
def test_random_formulas(dim, runs, programs, picks, seed):
    """Whatever the parts of a step compute, keep and swap: every bit of it, with the signs of zeros."""

    def make():
        rng, size = np.random.default_rng(seed), (runs, dim)
        shapes = {"row": [dim, (1, dim), size], "column": [(runs, 1)], "vector": [runs], "number": [()]}
        constants = [(kind, rng.choice(NUMBERS, shape)) for kind in shapes for shape in shapes[kind]]
        kept = [[rng.choice([*NUMBERS, -0.0], each) for each in (size, size, (runs, 1), runs)] for _ in range(2)]
        state, probe = (Random(programs, picks, constants, rng.choice(NUMBERS, (4, dim)), *each) for each in kept)
        return batch(runs, dim, [Part("Act", Random.act, state)], [probe], Part("Learn", Random.learn, state))

    on_both(partial(run_batch, make), signs=True)


LEARNERS = {name: (lambda r, b, method=method: method.make(r, b, 3.0)) for name, method in METHODS.items()}
LEARNERS |= {f"{name}, l1": partial(maker, coordinatewise=True) for name, (_, maker, _) in BROKEN.items()}
LEARNERS |= {f"{name}, l2": partial(maker, coordinatewise=False) for name, (_, maker, _) in BROKEN.items()}
NOISE = {"gaussian": {"sigma": 1.5}, "two_point": {"sigma": 0.5}, "sparse": {"probability": 0.4}, "none": {}}
LAWS = (Exponential(), Constant(), Uniform(), Gamma())


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


REFUSED = {
    "Formula has no kernel: its a changes": lambda p, now: (setattr(p, "a", p.a + 1), p.a * now.x[:, 0])[1],
    "Formula has no kernel: np.exp .*foundation.numerics": lambda _, now: np.exp(now.x[:, 0]),
    "Formula has no kernel: .*numbers of a run": lambda _, now: now.x[:, 0] if now.time > 3.0 else now.x[:, 1],
    "Learner has no kernel: .*any": lambda self, state, grad: grad.any() and setattr(state, "first", grad),
}


@pytest.mark.parametrize("why", REFUSED)
def test_refusals_name_the_part(why):
    """One line with the name of the part, here a probe or a learner, and why; "auto" gives the reference's bits."""
    learner = type("Learner", (Flipped,), {"update": REFUSED[why]})(clipped_adam(RADIUS, BETA))
    made = Setup(HUBER(dim=2), GAUSSIAN(sigma=1.0), learner, np.full(5, 30))
    run = partial(simulate, made, watched(None), STREAMS, np.arange(1, 31))
    if "Formula" in why:
        run = partial(run_batch, lambda: batch(3, 2, [], [Formula(REFUSED[why])]))
    with pytest.raises(TypeError, match=f"^engine = compiled: {why}") as error:
        run("compiled")
    assert "\n" not in str(error.value) and isinstance(error.value.__cause__, NotRecordedError)
    same(run("numpy"), run("auto"))


ZERO = np.array([[0.0, 1.0, 1.0], [-0.0, 1.0, 1.0]])
NEVER = {  # a formula, and what is kept before
    "two random numbers a run": (lambda _, now: now.raw[:, 0] + now.x[:, 0],),
    "number as condition": (lambda _, now: np.where(now.x[:, 0] - 2.0, 1.0, 2.0),),
    "constant as condition": (lambda _, now: np.where(np.arange(4.0), now.x[:, 0], 2.0),),
    "sum of truth values": (lambda _, now: total((now.x > 2.0) + (now.x > 1.0) + 0.0),),
    "minus a truth value": (lambda _, now: total(1.0 * -(now.x > 2.0)),),
    "root of a truth value": (lambda _, now: total(np.sqrt(now.x > 2.0) * 0.3 + 0.0 * now.x),),
    "signs of zeros": (lambda _, now: total(np.copysign(now.x, ZERO[0]) + 9.0 * np.copysign(now.x, ZERO[1])),),
    "truth value kept": (lambda p, now: (np.where(p.a, 1.0, 2.0), setattr(p, "a", now.x[:, 0] > 3.0))[0], np.zeros(4)),
    "column for a row": (lambda p, now: (total(p.a), setattr(p, "a", now.x[:, 0][:, None]))[0], np.zeros((4, 3))),
    "integers in place": (lambda p, now: iadd(p.a, 1) * now.x[:, 0], np.zeros(4, np.int64)),
    "list": (lambda p, now: p.a.append(p.a[-1] + now.x[:, 0]) or 1.0 * p.a[-1], [np.zeros(4)]),
    "dictionary": (lambda p, now: p.a.update(z=p.a["z"] + now.x[:, 0]) or 1.0 * p.a["z"], {"z": 0.0}),
    "two names": (lambda p, now: (iadd(p.a, now.x[:, 0]), 1.0 * p.b, setattr(p, "b", p.a))[1], np.zeros(4)),
    "view": (lambda _, now: (lambda a: total((a[:, None], iadd(a, 1.0))[0] * now.x))(1.0 * now.x[:, 0]),),
    "row as a signal": (lambda _, now: now.x,),
    "time as a signal": (lambda _, now: now.time,),
    "largest truth value": (lambda _, now: largest(now.x > 2.0),),
    "first truth value": (lambda _, now: np.where((now.x > 2.0)[:, 0], 1.0, 2.0),),
    "truth values shifted": (lambda _, now: total(shifted(now.x > 2.0, 1) + shifted(now.x > 2.0, 1)),),
    "shifted by nothing": (lambda _, now: total(shifted(now.x, 0)),),
    "narrow table": (lambda _, now: total(picked(np.arange(4.0)[:, None], 0.0 * now.x[:, 0] + 3.0) * now.x),),
    "long doubles": (lambda _, now: now.x[:, 0] * np.full(4, np.longdouble(1) / 3),),
    "another time": (lambda _, now: setattr(now, "time", now.time + 1.0) or now.x[:, 0],),
    "gradient": (lambda p, now: setattr(now, "noisy", p.a) or now.x[:, 0], np.zeros((4, 3))),
}


def agree(make):
    """The engines agree, or the compiled one refuses; and "auto" gives what the reference gives, be it an error."""
    found = []
    for engine in ("numpy", "auto", "compiled"):
        try:
            found.append(run_batch(make, engine))
        except Exception as error:
            found.append({"error": np.array(f"{type(error).__name__}: {error}")})
    same(*found[:2])
    if "TypeError: engine = compiled" not in str(found[2]):
        same(*found[::2])


@pytest.mark.parametrize("name", NEVER)
def test_never_other_bits(name):
    """What formulas may not do is refused, or done as the reference does it."""
    move = Part("Move", lambda _, now: setattr(now, "x", now.x + 1.5))
    agree(lambda: batch(4, 3, [move], [Formula(*NEVER[name])], width=2))


@pytest.mark.parametrize("how", ["frozen", "slots"])
def test_states_that_cannot_be_written(how):
    """A state that is frozen, or that has slots."""
    kept = dataclass(**{how: True})(type("Kept", (), {"__annotations__": {"a": object}}))(2.0 * np.ones((4, 3)))
    part = Part("Kept", lambda state, now: setattr(now, "noisy", now.x * state.a), kept)
    agree(lambda: batch(4, 3, [part], [Formula(lambda _, now: total(now.noisy))]))


def test_random_numbers_that_nobody_draws():
    """They are zeros, however many there are."""
    agree(lambda: batch(2, 3000, [], [Formula(lambda _, now: total(now.raw))], noise=None))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_the_error_says_where(value):
    """The first step at which some run's gradient is not finite, and the first such run, in the same words."""
    bad = type("Bad", (HUBER,), {"grad": lambda self, x: np.where(x < 0.03, value, HUBER.grad(self, x))})
    radius, steps = np.array([1e-3, 1e-2, 2e-2, 2e-2, 1e-3]), np.array([30, 3000, 3000, 3000, 40])
    made, said = Setup(bad(dim=9), NOISES["none"](), clipped_adam(radius, BETA), steps, Constant()), set()
    for engine in ("numpy", "compiled"):
        with pytest.raises(FloatingPointError, match=r"^run 2, step [1-9]\d+: the gradient is not finite$") as error:
            simulate(made, watched(None), STREAMS, engine=engine)
        said.add(str(error.value))
    assert len(said) == 1


@pytest.mark.parametrize("step", [2, 200, 300])
def test_after_the_end(step):
    """A gradient that is not finite, of a run that has shown enough."""

    def answer(_, now):
        now.noisy = np.where((now.time == float(step)) & np.array([[True], [False]]), np.inf, now.x)

    def make():
        probe = HittingTime(BETA[:2], FIVE[:2], 1e9 * FIVE[:2])
        probe.begin(None, np.zeros((2, 1)))
        return batch(2, 1, [Part("Answer", answer)], [probe], steps=600)

    agree(make)


def test_the_folder_of_compiled_code(tmp_path, monkeypatch):
    """The environment's; if that cannot be written, the user's temporary one; if not, one for the process alone."""
    file, mine = tmp_path / "file", tmp_path / f"adam-ema-{os.getuid()}"
    file.touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert compiling.folder.__wrapped__().is_relative_to(sys.prefix)
    monkeypatch.setattr(sys, "prefix", str(file))
    assert compiling.folder.__wrapped__().is_relative_to(mine)
    mine.rename(tmp_path / "away")
    mine.touch()
    assert compiling.folder.__wrapped__().parent == tmp_path


LONG = """
import signal
from dataclasses import replace
from time import perf_counter
from threading import Timer
from tests.test_compiled import *
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
made = Setup(HUBER(), GAUSSIAN(sigma=1.0), clipped_adam(0.1, 0.9), np.array([10]))
simulate(made, [], STREAMS, engine="compiled")  # so that nothing is left to be compiled
made, begin = replace(made, steps=np.array([10**9])), perf_counter()
Timer(0.3, os.kill, (os.getpid(), 2)).start()
try:
    simulate(made, [], STREAMS, engine="compiled")
except KeyboardInterrupt:
    print(perf_counter() - begin)
"""
MANY = """
import tempfile
from pathlib import Path
from simulation.compiled import machine_code as made
made.folder = lambda: Path(tempfile.gettempdir())
with tempfile.TemporaryDirectory() as tempfile.tempdir:
    for k in range(300):
        made.machine_code(f"define i64 @step(ptr %a, ptr %b, i64 %c) {{ ret i64 {k} }}")
print(1.0)
"""


@pytest.mark.parametrize("script", [LONG, MANY], ids=["long", "many"])
def test_a_process(script):
    """A run with T = 1e9 ends soon after SIGINT. Programs that are dropped take nothing with them that others need."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60.0)
    assert 0.25 < float(done.stdout or "nan") < 2.0, done
