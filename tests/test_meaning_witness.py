"""Witnesses that share no code with what they speak of: Algorithm 1, regret, spread, ledger, infimum, constants.

The literal runs of tests/reference.py, by which the rows of tests/test_meaning.py are judged, are checked here too.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from scipy import optimize

from objectives import NOISES, OBJECTIVES, build
from objectives.base import Separable
from optimizers.ftrl import paper_learner
from optimizers.scaling import Exponential
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.probes import Descent, Regret
from simulation.recording import Probe, recipe
from simulation.streams import Streams
from stationarity import measure
from tests import reference
from tests.meaning import BOWL, KINK, WELL, decayed, run, stream
from tests.test_objectives import BOX, made

STEPS = 40


class Path(Probe):
    """Keeps what a step shows, by coordinates."""

    signals = ("x0", "x1", "z0", "z1", "g0", "g1")

    def step(self, now):
        return tuple(part[:, i] for part in (now.x, now.play, now.noisy) for i in range(2))


def engine(coordinatewise, beta, radius, streams, engine="numpy"):
    """Three runs on the bowl, with all probes."""
    betas, radii = np.full(3, beta), np.full(3, radius)
    norm = "l1" if coordinatewise else "l2"
    probes = (
        recipe(Path),
        recipe(Certificate, beta=betas, lam=np.full(3, 2.0), norm=norm),
        recipe(Regret, beta=betas, radius=radii, norm=norm),
        recipe(Descent, beta=betas),
    )
    learner = paper_learner(radii, betas, coordinatewise)
    setup = Setup(BOWL.problem.objective, BOWL.problem.noise, learner, np.full(3, STEPS), Exponential())
    return simulate(setup, probes, streams, np.arange(1, STEPS + 1), engine)


@pytest.fixture(scope="module", params=[False, True], name="ways")
def _ways(request):
    """(coordinatewise, what the engine found, the literal runs)."""
    found = engine(request.param, 0.9, 0.05, Streams(5, "meaning"))
    return request.param, found, [run(BOWL, r, STEPS, 0.05, 0.9, request.param) for r in range(3)]


def test_algorithm1_step_by_step(ways):
    """x_t, z_t and g_t of every step, from the same random numbers, for which every run has a stream of its own."""
    _, found, literal = ways
    for r, way in enumerate(literal):
        for name, part in (("x", way.xs), ("z", way.plays), ("g", way.seen)):
            for i in range(2):
                np.testing.assert_allclose(found[f"{name}{i}.curve"][r], part[:, i], rtol=1e-12, atol=1e-15)
    assert len({way.xs[-1, 0] for way in literal}) == 3


def test_the_regret_is_the_largest_over_the_ball(ways):
    """Regret_T(u) is affine in u: SciPy's largest over the ball is the best ratio's, and u_T is the comparator."""
    coordinatewise, found, literal = ways
    for r, way in enumerate(literal):
        weights = 0.9 ** np.arange(STEPS - 1, -1, -1.0)

        def regret(u, way=way, weights=weights):
            return float(sum(w * g @ (z - u) for w, g, z in zip(weights, way.seen, way.plays, strict=True)))

        true = (weights[:, None] * way.true).sum(axis=0)
        u = -0.05 * (np.sign(true) if coordinatewise else true / np.linalg.norm(true))
        assert found["regret.last"][r] == pytest.approx(regret(u), rel=1e-10)
        if coordinatewise:
            slope = [regret(each) - regret(np.zeros(2)) for each in np.eye(2)]
            top = optimize.linprog([-each for each in slope], bounds=(-0.05, 0.05))
            best = regret(np.zeros(2)) - top.fun
        else:
            ball = {"type": "ineq", "fun": lambda u: 0.05**2 - u @ u, "jac": lambda u: -2.0 * u}
            top = optimize.minimize(lambda u: -regret(u), [0.01, 0.0], constraints=ball, method="SLSQP", tol=1e-14)
            best, energy = -top.fun, float(np.sqrt((weights**2) @ np.square(way.seen).sum(axis=1)))
            assert found["best_ratio.last"][r] == pytest.approx(best / (0.05 * energy), rel=1e-6)
        assert best >= regret(u) - 1e-12


def test_the_spread_from_pairs_of_points(ways):
    """E||y - xbar||^2 is half the mean squared distance of two independent points: O(T^2)."""
    coordinatewise, found, literal = ways
    for r, way in enumerate(literal):
        for t in (1, 7, STEPS):
            pairs = reference.pairwise_spread(way.xs[:t], 0.9)
            assert found["spread.curve"][r, t - 1] == pytest.approx(pairs, rel=1e-10, abs=1e-18)
            centres, direct = reference.spreads(way.xs[:t], 0.9)
            long, quick, average = way.certificate(0.9, "l1" if coordinatewise else "l2")
            np.testing.assert_allclose(quick[:t], direct, rtol=1e-9, atol=1e-18)
            np.testing.assert_allclose(average[:t], centres, rtol=1e-12)
        sums = reference.decayed(way.true, 0.9)
        np.testing.assert_allclose(decayed(way.true, 0.9), sums, rtol=1e-12, atol=1e-15)
        mean = sums[-1] / sum(0.9**s for s in range(STEPS))
        size = np.abs(mean).sum() if coordinatewise else np.linalg.norm(mean)
        assert found["norm.last"][r] == pytest.approx(size, rel=1e-12)
        assert found["certificate.mean"][r] == pytest.approx((long + 2.0 * quick).mean(), rel=1e-10)


def test_the_ledger_adds_up(ways):
    """sum_t <g_t, z_t> from the regrets, the noise and the pulls: the identity in the proof of Lemma 7, on every path.

    sum_t <g_t, z_t> = (1-beta) sum_n P_n + beta P_T, P_n = Regret_n(u_n) + <S^g_n - S^F_n, u_n> - D ||S^F_n||.
    """
    _, found, literal = ways
    for r, way in enumerate(literal):
        parts = [
            found[f"regret.{k}"][r] + found[f"noise.{k}"][r] - 0.05 * found[f"pull.{k}"][r] for k in ("mean", "last")
        ]
        paid = sum(float(g @ z) for g, z in zip(way.seen, way.plays, strict=True))
        assert (1.0 - 0.9) * STEPS * parts[0] + 0.9 * parts[1] == pytest.approx(paid, rel=1e-9)
        assert found["value.last"][r] == pytest.approx(way.values[-1] - way.begin, rel=1e-10)
        true = sum(float(g @ z) for g, z in zip(way.true, way.plays, strict=True))
        assert found["linear.mean"][r] * STEPS == pytest.approx(true, rel=1e-10)


def root(number):
    """The square root of a Fraction, to 200 binary places; exact where it is one of a square of such."""
    return Fraction(isqrt(int(number * (1 << 400))), 1 << 200)


@pytest.mark.parametrize("coordinatewise", [False, True])
def test_exact_arithmetic_on_a_few_steps(coordinatewise):
    """Dyadic numbers in Fractions: floats of the literal run agree to the last bits, so do the engine's plays."""
    half, steps = Fraction(1, 2), 8
    scalings = [Fraction(k, 8) for k in (3, 9, 1, 12, 5, 7, 2, 16)]
    noises = [[Fraction(k % 5 - 2, 4), Fraction(k % 3 - 1, 2)] for k in range(1, steps + 1)]

    def grad(x):
        return [2 * each if abs(each) < 1 else 2 * ((each > 0) - (each < 0)) for each in x]

    start = [Fraction(3, 2), Fraction(-5, 4)]
    exact = reference.walk(start, grad, scalings, noises, Fraction(1, 4), half, coordinatewise, root)
    rounded = reference.walk(
        [float(each) for each in start],
        grad,
        [float(a) for a in scalings],
        [[float(n) for n in each] for each in noises],
        0.25,
        0.5,
        coordinatewise,
    )
    for mine, theirs in zip(exact, rounded, strict=True):
        np.testing.assert_allclose(np.array(theirs), np.array(mine, float), rtol=1e-14, atol=1e-15)
    learner, plays = paper_learner(0.25, 0.5, coordinatewise), []
    state = learner.init((1, 2))
    for g in exact[2]:
        plays.append(learner.play(state)[0])
        learner.update(state, np.array([[float(each) for each in g]]))
    np.testing.assert_allclose(plays, np.array(exact[3], float), rtol=1e-14, atol=1e-15)
    if coordinatewise:  # the first gradients have one sign: the play is at the corner, exactly
        assert [float(z) for z in exact[3][1]] == [-0.25, 0.25] == list(plays[1])


def test_the_streams_of_the_recipe():
    """Every run, purpose, label and seed has random numbers of its own, and they are those of the recipe."""
    drawn = {}
    for seed in (5, 6):
        for label in ("meaning", "other"):
            for number in (0, 1, 2, 70_000):
                for purpose in ("noise", "scaling"):
                    mine = Streams(seed, label).generator(number, purpose).random(4)
                    np.testing.assert_array_equal(mine, reference.stream(seed, label, number, purpose).random(4))
                    drawn[seed, label, number, purpose] = tuple(mine)
    assert len(set(drawn.values())) == len(drawn)
    np.testing.assert_array_equal(
        Streams(5, "meaning").branch("fresh").generator(1, "noise").random(3), stream(1, "noise", "fresh").random(3)
    )


def grid_about(x, breaks, reach, count=500):
    """Points about x, finer about what matters: x itself, and both sides of the breaks."""
    near = [x, *(b + side for b in breaks for side in (-1e-9, 1e-9))]
    return np.unique(np.concatenate([np.linspace(x - reach, x + reach, count), near]))


@pytest.mark.parametrize("lam", [0.3, 2.0, 20.0])
def test_the_infimum_by_a_linear_programme(lam):
    """Laws on a grid: the programme's value is not below the certified lower end, and near the upper one.

    In the L1 norm coordinates add up, so that two programmes do for the bowl.
    """
    for x in (-1.3, -0.2, 0.01, 0.4, 1.1):
        found = measure(KINK.problem.objective, np.array([[x]]), lam, "l2", 1e-6, 1.0)
        value = reference.infimum(lambda y: 2.0 * np.sign(y), x, lam, grid_about(x, [0.0], 4.0))
        assert found.lower[0] - 1e-9 <= value <= found.upper[0] + 2e-3
        assert found.lower[0] <= found.upper[0] <= found.lower[0] + 1e-6 * max(1.0, value) + 1e-12
    for x in (3.0, 1.0, 6.5):
        found = measure(WELL.problem.objective, np.array([[x]]), lam, "l2", 1e-4, 1.0)
        value = reference.infimum(lambda y: 3.0 * np.sin(y / 2.0), x, lam, grid_about(x, [], 8.0))
        assert found.lower[0] - 1e-9 <= value <= found.upper[0] + 2e-3
    point = np.array([0.15, -0.9])
    found = measure(BOWL.problem.objective, point[None], lam, "l1", 1e-6, 1.0)
    value = sum(
        reference.infimum(lambda y, s=s: s * np.clip(y / 0.2, -1, 1), x, lam, grid_about(x, [-0.2, 0.2], 4.0))
        for x, s in zip(point, (1.6, 1.2), strict=True)
    )
    assert found.lower[0] - 1e-9 <= value <= found.upper[0] + 4e-3


SMALL = [name for name in sorted(OBJECTIVES) if len(made(name).start) <= 3]


@pytest.mark.parametrize("name", SMALL)
def test_lipschitz_constants_against_a_global_optimiser(name):
    """Differential evolution over the exam's box does not find a gradient above G, nor a coordinate above G_i."""
    objective = made(name)
    box, constants = [(-BOX, BOX)] * len(objective.start), objective.constants

    def search(look):
        found = optimize.differential_evolution(
            lambda x: -look(objective.grad(x.T)),
            box,
            seed=0,
            maxiter=12,
            popsize=12,
            vectorized=True,
            updating="deferred",
            polish=False,
        )
        return -found.fun

    whole = search(lambda g: np.linalg.norm(g, axis=-1))
    assert whole <= constants.lipschitz * (1.0 + 1e-9)
    for i, limit in enumerate(constants.coordinate_lipschitz):
        assert search(lambda g, i=i: np.abs(g[..., i])) <= limit * (1.0 + 1e-9)


def test_the_constants_that_the_toys_have():
    """Delta, G, G_i, sigma and sigma_i of the problems that the tests of meaning use, worked out on paper."""
    for toy in (KINK, BOWL, WELL):
        scales = toy.problem.scales
        np.testing.assert_allclose([scales.gap, scales.lipschitz, scales.sigma], [toy.gap, toy.norm, toy.sigma])
        np.testing.assert_allclose(scales.coordinate_lipschitz, toy.slopes)
        np.testing.assert_allclose(scales.coordinate_sigma, toy.sigmas)
        assert isinstance(toy.problem.objective, Separable)
        for x in np.random.default_rng(0).uniform(-3, 3, (20, toy.dim)):
            assert float(toy.problem.objective.value(x)) == pytest.approx(toy.value(x.tolist()))
            np.testing.assert_allclose(toy.problem.objective.grad(x), toy.grad(x.tolist()), atol=1e-14)
    assert build(NOISES, "two_point", {"sigma": 1.0}).additive
