"""The search that all tuned claims share, on costs whose best point is known; the streams that it draws from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from experiments.words import search
from experiments.words.harness import advance
from experiments.words.problem import Effort, Problem
from experiments.words.search import GROUPS, Trials, arrived, fresh, group_means, tune
from objectives.noise import Gaussian
from objectives.smooth import Huber
from optimizers.ftrl import beta_ftrl
from simulation.batch_plans import simulate_together
from simulation.certificate import Certificate
from simulation.recording import recipe
from simulation.streams import Streams

EFFORT = Effort(runs=64, windows=5, guess_limit=3, draws=100, tuning_runs=8)
SIZES, BETAS = 2.0 ** np.arange(-4.0, 5.0), 1.0 - 2.0 ** -np.arange(0.0, 7.0)
STREAMS = Streams(3, "search")


@dataclass(frozen=True)
class Bowl:
    """A cost with its least value 1 at (size, window), and noise of its own for every point and stage."""

    size: float = 0.5
    window: float = 8.0
    noise: float = 0.0

    def __call__(self, trials):
        """Runs nothing."""
        yield from ()
        away = np.log2(trials.size / self.size) ** 2 + np.log2((1.0 - trials.beta) * self.window) ** 2
        rng = np.random.default_rng([8, len(trials.size), len(trials.stream)])
        return 1.0 + away + self.noise * rng.standard_normal(len(away))


def found(cost, near=1.02, sizes=SIZES, betas=BETAS, streams=STREAMS):
    """The point that the search chooses."""
    return advance([tune(cost, sizes, betas, near, EFFORT)], streams)[0]


def test_the_best_point_is_found():
    best = found(Bowl())
    assert (best.size, 1.0 - best.beta, best.edge) == (0.5, 0.125, False)
    np.testing.assert_array_equal(best.coarse, 1.0 + (np.arange(7.0) - 3.0) ** 2)
    assert best.inside("x") is best


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_noise_moves_it_by_a_step_at_most(noise):
    best = found(Bowl(noise=noise))
    assert abs(np.log2(best.size / 0.5)) <= 1 and abs(np.log2((1.0 - best.beta) * 8.0)) <= 1


def test_of_points_as_good_the_smallest_step_then_the_shortest_window():
    """1 + away <= 2.5: sizes 0.25, 0.5, 1 are good at the best window, and only that is at the smallest of them."""
    assert [found(Bowl(), near).size for near in (1.0, 1.9, 2.5)] == [0.5, 0.5, 0.25]
    best = found(Bowl(), 3.5)
    assert (best.size, 1.0 - best.beta) == (0.25, 0.25)

    def flat(trials):
        yield from ()
        return np.where(trials.size >= 1.0, 1.0, 9.0) * (1.0 + 0.01 * trials.size)

    best = found(flat, 1.2)
    assert (best.size, best.beta, best.edge) == (1.0, 0.0, False)


@pytest.mark.parametrize(
    ("cost", "edge"),
    [
        (Bowl(size=SIZES[0] / 4), True),
        (Bowl(size=SIZES[-1] * 4), True),
        (Bowl(window=1024.0), True),
        (Bowl(window=1.0), False),  # no window is shorter than a step
        (Bowl(window=0.1), False),
    ],
)
def test_an_edge_is_reported(cost, edge):
    best = found(cost)
    assert best.edge == edge
    if edge:
        with pytest.raises(ArithmeticError, match=r"name: the best point, .* lies at an edge of the grid"):
            best.inside("name")


def test_a_single_size_has_no_edge():
    assert not found(Bowl(), sizes=SIZES[3:4]).edge


def test_groups_as_equal_as_can_be():
    values = np.arange(37.0)
    assert group_means(values).shape == (GROUPS,) and np.isfinite(group_means(values)).all()
    np.testing.assert_array_equal(group_means(values[:32]), np.arange(0.5, 32.0, 2.0))


def test_a_single_discount_has_no_edge():
    assert not found(Bowl(), betas=BETAS[:1]).edge


def test_points_that_fail_lose_and_if_all_fail_it_is_said():
    def failing(trials):
        costs = yield from Bowl()(trials)
        return np.where(trials.size < 1.0, np.inf, costs)

    assert found(failing).size == 1.0

    def hopeless(trials):
        yield from ()
        return np.full(len(trials.size), np.inf)

    assert found(hopeless).edge


def test_a_cost_of_zero():
    """Nothing lies within a factor of 0 but 0; the other finalists come by their costs."""
    seen = []

    def cost(trials):
        costs = yield from Bowl()(trials)
        seen.append(set(trials.size))
        return costs - 1.0

    assert found(cost).size == 0.5
    assert seen[1] == {0.25, 0.5, 1.0}


def test_finalists_beat_the_winners_curse():
    """Many points that are a little worse, one of them lucky at first: the second look finds the better one."""
    lucky, good = (SIZES[1], BETAS[4]), (SIZES[5], BETAS[2])

    def cost(trials):
        yield from ()
        at = [(trials.size == size) & (trials.beta == beta) for size, beta in (lucky, good)]
        luck = 0.5 if trials.stream == "tuning" else 0.0
        return np.where(at[0], 1.3 - luck, np.where(at[1], 1.0, 1.3))

    assert (found(cost).size, found(cost).beta) == good


def test_the_best_is_among_the_finalists_of_a_plateau():
    """However many points are preferred and near: `near` is a factor of the plateau's least cost."""
    seen = []

    def cost(trials):
        yield from ()
        seen.append(np.unique(trials.size))
        return np.where(trials.size < 0.25, 9.0, 1.2 - 0.01 * np.log2(trials.size))

    found(cost, 1.25)
    assert seen[1][0] == 0.25 and seen[1][-1] == SIZES[-1] and len(seen[1]) < len(SIZES)


def test_what_a_search_runs():
    """All points of a stage share their random numbers; every stage has a stream of its own, as many runs as said."""
    asked = []

    def cost(trials):
        asked.append(trials)
        return (yield from Bowl()(trials))

    best = found(cost)
    first, second = asked
    assert (first.stream, second.stream, best.fresh(32).stream) == ("tuning", "finalists", "fresh")
    for trials, runs in ((first, 8), (second, 64)):
        numbers = trials.numbers.reshape(-1, runs)
        assert (numbers == np.arange(runs)).all() and (np.ptp(trials.size.reshape(-1, runs), axis=1) == 0).all()
    assert len(first.size) == 8 * len(SIZES) * len(BETAS)
    assert len(second.size) <= 64 * 2 * search.FINALISTS


def test_fresh_runs():
    assert group_means(np.arange(32.0)).tolist() == (np.arange(16) * 2 + 0.5).tolist()
    assert arrived(np.ones(3), "x").sum() == 3
    with pytest.raises(ArithmeticError, match="x: a fresh run did not arrive"):
        arrived(np.array([1.0, np.inf]), "x")


PROBLEM = Problem("huber", Huber(slope=2.0, width=0.2, begin=2.5), Gaussian(sigma=1.0))


def plan(trials):
    """beta-FTRL for 50 steps."""
    probe = recipe(Certificate, beta=trials.beta, lam=np.ones(len(trials.beta)))
    return trials.plan(PROBLEM, beta_ftrl(trials.size, trials.beta), 50, probe)


def test_streams_of_a_name():
    """Equal names agree, different ones differ, the empty name is the trunk; alone and side by side."""
    point = fresh(0.1, 0.9, 3)
    plans = [plan(replace(point, stream=name)) for name in ("", "a", "b", "a")]
    trunk, one, other, again = (plan.simulate(STREAMS)["certificate.mean"] for plan in plans)
    np.testing.assert_array_equal(one, again)
    assert not (one == other).any() and not (one == trunk).any()
    np.testing.assert_array_equal(
        one, plan(replace(point, stream="")).simulate(STREAMS.branch("a"))["certificate.mean"]
    )
    together = simulate_together(plans, STREAMS)
    for alone, beside in zip((trunk, one, other, again), together, strict=True):
        np.testing.assert_array_equal(alone, beside["certificate.mean"])


def test_branches():
    assert STREAMS.branch("") == STREAMS and STREAMS.branch("a") == Streams(3, "search/a")
    draws = {STREAMS.branch(name).generator(0, "noise").random() for name in ("", "a", "b", "tuning", "fresh")}
    assert len(draws) == 5


def test_points_of_the_grid_share_their_noise():
    """Two equal points in a stage are equal runs; so points are compared on the same random numbers."""
    one, numbers = np.ones(8), np.tile(np.arange(4), 2)
    found = plan(Trials(0.1 * one, 0.9 * one, numbers, "tuning")).simulate(STREAMS)["certificate.mean"]
    np.testing.assert_array_equal(found[:4], found[4:])
    assert len(set(found)) == 4


def test_a_cost_that_is_no_number():
    """It is neither the best nor the worst: the search stops."""

    def cost(trials):
        yield from ()
        return np.where(trials.size == SIZES[2], np.nan, trials.size)

    with pytest.raises(ArithmeticError, match="a cost of the search is no number"):
        found(cost)
