"""The learners: all of METHODS and the wrong ones sit one exam; then the baselines against an independent library and
loops written from their papers."""

from __future__ import annotations

from inspect import isfunction, signature

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from objectives.noise import Gaussian
from objectives.smooth import CosineWell, Huber
from optimizers import wrong
from optimizers.baselines import AdaGrad, Adam, Momentum, ProjectedDescent, amsgrad, rmsprop, untuned
from optimizers.ftrl import DiscountedFTRL, clipped_adam
from optimizers.methods import METHODS, Method
from optimizers.random_points import BlockedDescent, ScheduleFree, exponentiated_o2nc
from optimizers.scaling import Uniform
from simulation.blocks import BlockAverage
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.recording import recipe
from simulation.streams import Streams


def exam():
    """Who sits it: every row of METHODS, `untuned`, and every wrong learner, in the ball and per coordinate."""
    rows = METHODS | {"untuned": Method(lambda rate, beta, scale: untuned(rate, beta))}
    for name, maker in vars(wrong).items():
        if not isfunction(maker) or "coordinatewise" not in signature(maker).parameters:
            continue
        for where, coordinatewise in {"ball": False, "coordinates": True}.items():
            rows[f"{name}, {where}"] = Method(lambda r, b, s, m=maker, c=coordinatewise: m(r, b, c))
    return rows


ROWS = exam()
BETAS, RATES, SCALE = np.array([0.5, 0.9, 0.97]), np.array([0.1, 0.2, 0.05]), 3.0


def learner(name, index=1):
    """Of the runs of the index (one number: of that run alone)."""
    index = np.atleast_1d(index)
    return ROWS[name].make(RATES[index], BETAS[index], SCALE)


def plays(learner, gradients):
    """z_1, ..., z_{T+1}."""
    state, out = learner.init(gradients[0].shape), []
    for grad in gradients:
        out.append(learner.play(state))
        learner.update(state, grad)
    return np.array([*out, learner.play(state)])


@pytest.mark.parametrize("name", ROWS)
def test_batch(name):
    """Per-run parameters: a run plays the same alone and beside others, bit for bit; z_1 = 0."""
    gradients = np.random.default_rng(3).standard_normal((41, 3, 2))
    whole = plays(learner(name, range(3)), list(gradients))
    assert (whole[0] == 0).all() and np.isfinite(whole).all() and np.ptp(whole[-1], axis=0).all()
    for run in range(3):
        alone = plays(learner(name, run), list(gradients[:, run : run + 1]))
        np.testing.assert_array_equal(whole[:, run], alone[:, 0])


@pytest.mark.parametrize("name", ROWS)
def test_zeros(name):
    """Nothing seen, nothing played; zeros in a coordinate leave it alone; later zeros do no harm."""
    assert not plays(learner(name), [np.zeros((1, 2))] * 5).any()
    mixed = plays(learner(name), [np.array([[0.0, 1.0]])] * 3 + [np.zeros((1, 2))] * 400)
    assert np.isfinite(mixed).all() and not mixed[:, 0, 0].any() and mixed[2:4, 0, 1].any()


@pytest.mark.parametrize("name", ROWS)
def test_scales(name):
    """Tiny and huge gradients give finite plays; those of a scale-free method, and of no other, are the same."""
    gradients = np.random.default_rng(4).standard_normal((30, 1, 2))
    plain, *others = (plays(learner(name), list(size * gradients)) for size in (1.0, 1e-100, 1e100))
    assert np.isfinite(others).all()
    if name in METHODS:
        assert np.allclose(others, plain, rtol=1e-9, atol=0.0) == ROWS[name].scale_free


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_what_its_row_says(name):
    """Gradients and G + sigma in another unit; another rate; another discount; a law and an output by its paper."""
    method, gradients = METHODS[name], 1e3 * np.random.default_rng(7).standard_normal((25, 1, 2))

    def played(unit=1.0, rate=0.2, beta=0.9):
        made = method.make(np.array([rate]), np.array([beta]), unit * SCALE)
        return plays(made, list(unit * gradients))

    if name != "exponentiated O2NC":  # its lam, which is 1, has a unit, too
        grown = 2.0 if method.proportional else 1.0
        np.testing.assert_allclose(played(unit=2.0), grown * played(), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(played(rate=0.4)[1], 2.0 * played()[1], rtol=1e-6)
    assert np.allclose(played(beta=0.3), played()) != method.discounted
    draws = np.empty(1000)
    method.scaling.fill(np.random.Generator(np.random.SFC64(1)), draws)
    random = {"clipped Adam + EMA": 1.0, "beta-FTRL + EMA": 1.0, "exponentiated O2NC": 1.0}  # Exp(1)
    points = {"O2NC": 0.5, "schedule-free SGD": 0.5}  # U[0, 1]
    assert draws.mean() == pytest.approx({**random, **points}.get(name, 1.0), abs=0.1)
    assert (draws.max() <= 1.0) == (name not in random) and (np.ptp(draws) > 0.9) == (name in {**random, **points})


def test_rows_that_need_more_than_rate_and_discount():
    """O2NC's block and step, exponentiated O2NC at lam = 1, and the constants that Adam and RMSProp are used with."""
    rate, beta = np.array([0.2, 0.1]), np.array([0.9, 0.85])
    o2nc = METHODS["O2NC"].make(rate, beta, 3.0)
    np.testing.assert_array_equal(o2nc.block, [10.0, 7.0])  # 1/(1-beta), rounded
    np.testing.assert_allclose(o2nc.rate, [0.2 * 0.1**0.5 / 3.0, 0.1 * 0.15**0.5 / 3.0])
    exponentiated = METHODS["exponentiated O2NC"].make(rate, beta, 3.0)
    eta, mu = 2.0 * 0.2 / 3.0 * 0.1**0.5, 24.0 * 0.2 / 0.1**2
    assert exponentiated.momentum[0] == pytest.approx(0.9 / (1.0 + eta * mu))
    assert exponentiated_o2nc(0.2, 0.9, 2.5, 3.0).momentum == pytest.approx(0.9 / (1.0 + eta * 2.5 * mu))
    adam, ams, rms, ada = Adam(0.1), amsgrad(0.1), rmsprop(0.1), AdaGrad(0.1)
    assert (adam.beta1, adam.beta2, adam.epsilon, adam.corrected, adam.longest) == (0.9, 0.999, 1e-8, True, False)
    assert (ams.beta1, ams.beta2, ams.corrected, ams.longest) == (0.9, 0.999, False, True)
    assert (rms.beta1, rms.beta2, rms.corrected, rms.longest) == (0.0, 0.99, False, False)
    assert ada.epsilon == 1e-10 and Momentum(0.1).momentum == 0.0
    blind = untuned(np.array([2.0]), np.array([0.91]))
    assert blind.radius[0] == 2.0 and blind.rate[0] == pytest.approx(2.0 * 0.3)


@pytest.mark.parametrize("name", ROWS)
def test_engine(name):
    """In the engine, with its law of a_t: blind to the batch, though runs of unequal T are dropped from it."""
    noise, objective, streams = Gaussian(1.0), CosineWell(), Streams(0, "exam")
    steps = np.array([50, 300, 120])

    def run(index):
        setup = Setup(objective, noise, learner(name, index), steps[index], ROWS[name].scaling, numbers=index)
        return simulate(setup, [recipe(Certificate, beta=BETAS[index], lam=np.ones(len(index)))], streams)

    whole = run(np.arange(3))
    for i in range(3):
        np.testing.assert_array_equal(whole["certificate.mean"][i], run(np.array([i]))["certificate.mean"][0])


@pytest.mark.parametrize(("rate", "beta1", "beta2", "epsilon"), [(0.01, 0.9, 0.999, 1e-8), (0.3, 0.99, 0.9801, 1e-3)])
def test_adam_is_the_librarys(rate, beta1, beta2, epsilon):
    """scikit-learn's Adam moves its parameters by our plays.

    It applies the correction to the rate and leaves epsilon alone, so that its epsilon is sqrt(1 - beta2^t) of ours.
    """
    rng = np.random.default_rng(0)
    gradients, parameters = rng.standard_normal((60, 3)), [np.zeros(3)]
    library = AdamOptimizer(parameters, rate, beta1, beta2, epsilon)
    ours = Adam(rate, beta1, beta2, 0.0)
    state, x = ours.init((1, 3)), np.zeros(3)
    for t, grad in enumerate(gradients, 1):
        library.epsilon = 0.0
        library.update_params(parameters, [grad])
        ours.update(state, grad[None])
        x += ours.play(state)[0]
        np.testing.assert_allclose(parameters[0], x, rtol=1e-12, atol=1e-15, err_msg=f"step {t}")
    library.epsilon = epsilon
    before = parameters[0].copy()
    library.update_params(parameters, [gradients[0]])
    matched = Adam(rate, beta1, beta2, epsilon / np.sqrt(1.0 - beta2**61))
    state = matched.init((1, 3))
    for grad in [*gradients, gradients[0]]:
        matched.update(state, grad[None])
    np.testing.assert_allclose(parameters[0] - before, matched.play(state)[0], rtol=1e-9)


def test_clipped_adam_is_the_librarys_with_matched_correction():
    """arXiv 2405.18199, Section 6.1: beta2 = beta1^2, rate D sqrt((1+beta)/(1-beta)), the correction taken out, a clip.

    The library's ratio carries sqrt((1-beta^2t))/(1-beta^t) = sqrt((1+beta^t)/(1-beta^t)); dividing by it, and clipping at
    D per coordinate, gives clipped Adam to rounding at every step.
    """
    beta, radius = 0.95, 0.3
    parameters = [np.zeros(4)]
    library = AdamOptimizer(parameters, radius * np.sqrt((1 + beta) / (1 - beta)), beta, beta**2, 0.0)
    learner = clipped_adam(radius, beta)
    state = learner.init((1, 4))
    clipped = 0
    for t, grad in enumerate(np.random.default_rng(1).standard_normal((200, 4)) + 0.2, 1):
        before = parameters[0].copy()
        library.update_params(parameters, [grad])
        step = (parameters[0] - before) / np.sqrt((1 + beta**t) / (1 - beta**t))
        learner.update(state, grad[None])
        clipped += int((np.abs(step) > radius).sum())
        np.testing.assert_allclose(learner.play(state)[0], np.clip(step, -radius, radius), rtol=1e-9, atol=1e-12)
    assert 100 < clipped < 700


def test_momentum_is_the_librarys():
    """scikit-learn's SGD with momentum keeps the velocity, rate included: the same steps."""
    gradients, parameters = np.random.default_rng(2).standard_normal((40, 3)), [np.zeros(3)]
    library = SGDOptimizer(parameters, 0.1, momentum=0.8, nesterov=False)
    ours = Momentum(0.1, 0.8)
    state, x = ours.init((1, 3)), np.zeros(3)
    for grad in gradients:
        library.update_params(parameters, [grad])
        ours.update(state, grad[None])
        x += ours.play(state)[0]
        np.testing.assert_allclose(parameters[0], x, rtol=1e-12)


def test_literal_loops():
    """The others, one coordinate, as their papers write them."""
    gradients = np.random.default_rng(5).standard_normal(50)
    rows = [np.array([[g]]) for g in gradients]
    m = v = top = total = z = 0.0
    expected = {name: [0.0] for name in ("ams", "rms", "ada", "unit", "sign", "projected", "exponentiated")}
    average, eta, mu = 0.0, 2 * 0.01 / 3.0 * np.sqrt(0.1), 24 * 0.01 / 0.1**2
    shrunk = 0.0
    for g in gradients:
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        top, total = max(top, v), total + g * g
        average = 0.8 * average + 0.2 * g
        z = np.clip(z - 0.05 * g, -0.1, 0.1)
        shrunk = 0.9 / (1 + eta * mu) * (shrunk - eta * g)
        for name, value in {
            "ams": -0.1 * m / (np.sqrt(top) + 1e-8),
            "rms": -0.1 * g / (np.sqrt(v) + 1e-8),
            "ada": -0.1 * g / (np.sqrt(total) + 1e-10),
            "unit": -0.1 * average / abs(average),
            "sign": -0.1 * np.sign(average),
            "projected": z,
            "exponentiated": shrunk,
        }.items():
            expected[name].append(value)
    learners = {
        "ams": amsgrad(0.1, 0.9, 0.99),
        "rms": rmsprop(0.1, 0.99),
        "ada": AdaGrad(0.1),
        "unit": Momentum(0.1, 0.8, "unit"),
        "sign": Momentum(0.1, 0.8, "sign"),
        "projected": ProjectedDescent(0.1, 0.05),
        "exponentiated": exponentiated_o2nc(0.01, 0.9, 1.0, 3.0),
    }
    for name, made in learners.items():
        np.testing.assert_allclose(plays(made, rows)[:, 0, 0], expected[name], rtol=1e-12, err_msg=name)


def test_points_of_o2nc_and_schedule_free():
    """The engine's gradient points are those of the papers' loops, draw by draw."""
    rng = np.random.default_rng(6)
    draws, gradients = rng.random(60), rng.standard_normal(60)
    y, z, points = 0.0, 0.0, []
    for t, (s, g) in enumerate(zip(draws, gradients, strict=True), 1):
        points.append(y + s * z)
        y, z = y + z, np.clip(z - 0.05 * g, -0.1, 0.1)
        if t % 7 == 0:
            z = 0.0
    np.testing.assert_allclose(walk(BlockedDescent(0.1, 0.05, 7), draws, gradients), points, atol=1e-14)
    w, x, points = 0.0, 0.0, []
    for u, g in zip(draws, gradients, strict=True):
        x = 0.9 * x + 0.1 * w
        kappa = 0.9 + 0.1 * u
        points.append(kappa * x + (1 - kappa) * w)
        w -= 0.3 * g
    np.testing.assert_allclose(walk(ScheduleFree(0.3, 0.9), draws, gradients), points, atol=1e-13)


def walk(learner, draws, gradients):
    """The gradient points from 0, one run in one coordinate."""
    state, x, out = learner.init((1, 1)), 0.0, []
    for draw, grad in zip(draws, gradients, strict=True):
        x += learner.move(state, learner.play(state), np.array([[draw]]))[0, 0]
        out.append(x)
        learner.update(state, np.array([[grad]]))
    return out


def test_library_and_clip_differ_without_the_match():
    """The test above can fail: with beta2 = beta1 the library's step is another."""
    parameters = [np.zeros(1)]
    library = AdamOptimizer(parameters, 1.0, 0.9, 0.9, 0.0)
    learner = DiscountedFTRL(1.0, 0.9, 0.81, True)
    state = learner.init((1, 1))
    for grad in (1.0, -0.3, 0.4):
        before = parameters[0].copy()
        library.update_params(parameters, [np.array([grad])])
        learner.update(state, np.array([[grad]]))
    assert abs((parameters[0] - before)[0] - learner.play(state)[0, 0]) > 0.01


def test_block_averages():
    """The mean over the last complete block, the start before; it does not matter which runs share the batch."""
    block, length = np.array([1.0, 4.0, 7.0]), 30
    objective, streams = Huber(2), Streams(0, "blocks")
    every = np.tile(np.arange(1, length + 1), (3, 1))

    setup = Setup(objective, Gaussian(sigma=1.0), BlockedDescent(0.1, 0.05, block), np.full(3, length), Uniform(0.5))
    last = simulate(setup, [recipe(Certificate, beta=np.zeros(3), lam=np.ones(3), samples=every)], streams)["xbar"]
    found = simulate(setup, [recipe(BlockAverage, block=block, samples=every)], streams)["xbar"]
    for run, size in enumerate(block.astype(int)):
        for t in range(1, length + 1):
            end = t - t % size
            literal = last[run, end - size : end].mean(axis=0) if end else objective.start
            np.testing.assert_allclose(found[run, t - 1], literal, rtol=1e-13)
