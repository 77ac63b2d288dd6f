"""Both engines against Algorithm 1 written literally, and the promise that runs do not see each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from objectives import NOISES, OBJECTIVES
from optimizers.ftrl import paper_learner
from simulation import engine as engines
from simulation import reference as plain
from simulation import streams
from simulation.blocks import BlockAverage
from simulation.certificate import Certificate
from simulation.compiled import engine as compiled
from simulation.engine import ENGINES, Setup, simulate
from simulation.game import Duel
from simulation.hitting import GradientHittingTime, HittingTime
from simulation.probes import Clip, Descent, Regret
from simulation.progress import Progress
from simulation.recording import first_step, recipe
from simulation.streams import Draws, Streams
from tests import reference

STREAMS = Streams(3, "test")
on_both = pytest.mark.parametrize("engine", [each for each in ENGINES if each != "auto"])


def setup(runs=3, steps=60, coordinatewise=True, dim=3, noise="gaussian", beta=0.9, radius=0.1):
    objective = OBJECTIVES["triangle_wave"](dim=dim, slope=2.0, period=1.7, begin=0.4)
    beta, radius = np.broadcast_to(beta, runs).astype(float), np.broadcast_to(radius, runs).astype(float)
    made = NOISES[noise](**({"sigma": 1.5} if noise in ("gaussian", "two_point") else {}))
    learner = paper_learner(radius, beta, coordinatewise)
    return Setup(objective, made, learner, np.broadcast_to(steps, runs).copy()), beta, radius


def probes(beta, radius, norm, samples=None):
    return [
        recipe(Certificate, beta=beta, lam=np.ones(len(beta)), norm=norm, samples=samples),
        recipe(Regret, beta=beta, radius=radius, norm=norm),
        recipe(Descent, beta=beta),
        recipe(Clip, radius=radius, norm=norm),
    ]


@on_both
@pytest.mark.parametrize("coordinatewise", [True, False])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.97])
def test_agrees_with_literal_reference(coordinatewise, beta, engine):
    """Iterates, certificate, regret, descent, clip of every run at every checkpoint, to rounding."""
    steps, norm = 60, "l1" if coordinatewise else "l2"
    made, betas, radius = setup(steps=steps, coordinatewise=coordinatewise, beta=beta)
    samples = np.tile(np.array([1, 7, steps]), (3, 1))
    found = simulate(made, probes(betas, radius, norm, samples), STREAMS, np.arange(1, steps + 1), engine)
    for run in range(3):
        noises = STREAMS.generator(run, "noise").standard_normal((steps, 3)) * 1.5 / np.sqrt(3)
        scalings = STREAMS.generator(run, "scaling").standard_exponential(steps)
        learner = reference.clipped_adam if coordinatewise else reference.ftrl
        xs, true, seen, plays = reference.run(made.objective, noises, scalings, learner, 0.1, beta, steps)
        for slot, t in enumerate((1, 7, steps)):
            mean = reference.average(true, beta, t)
            size = np.abs(mean).sum() if coordinatewise else np.linalg.norm(mean)
            u = -0.1 * (np.sign(mean) if coordinatewise else mean / (np.linalg.norm(mean) or 1.0))
            weight = (beta ** np.arange(t)).sum()
            noise, values = reference.average(seen - true, beta, t) @ u, made.objective.value(xs[:t])
            drops = np.diff(values, prepend=made.objective.value(made.objective.start))
            sizes = np.abs(plays[t - 1]) if coordinatewise else np.linalg.norm(plays[t - 1])
            close = {
                "norm": size,
                "spread": reference.spread(xs, beta, t),
                "certificate": size + reference.spread(xs, beta, t),
                "regret": reference.regret(seen, plays, u, beta, t),
                "noise": noise * weight,
                "pull": size * weight,
                "played": reference.regret(seen, plays, 0.0 * u, beta, t),
                "value": drops.sum(),
                "drop": drops[-1],
                "discounted": reference.average(drops[:, None], beta, t)[0] * weight,
                "linear": true[t - 1] @ plays[t - 1],
                "clipped": np.mean(sizes >= 0.1 * (1 - 1e-12)),
            }
            for name, value in close.items():
                np.testing.assert_allclose(found[f"{name}.curve"][run, t - 1], value, rtol=1e-9, atol=1e-11)
            np.testing.assert_allclose(found["xbar"][run, slot], reference.average(xs, beta, t), rtol=1e-12, atol=1e-13)
            assert found["sampled"][run, slot] == found["certificate.curve"][run, t - 1]
        for name in close:
            curve = found[f"{name}.curve"][run]
            np.testing.assert_allclose(found[f"{name}.mean"][run], curve.mean(), rtol=1e-12, atol=1e-14)
            assert found[f"{name}.last"][run] == curve[-1]
            assert found[f"{name}.max"][run] == curve.max()


def test_the_best_comparator():
    """best_ratio is Regret_t of the best fixed comparator, opposite to the discounted sum of what was seen."""
    made, beta, radius = setup(steps=40, coordinatewise=False)
    found = simulate(made, probes(beta, radius, "l2"), STREAMS, np.arange(1, 41))
    noises = STREAMS.generator(0, "noise").standard_normal((40, 3)) * 1.5 / np.sqrt(3)
    scalings = STREAMS.generator(0, "scaling").standard_exponential(40)
    _, _, seen, plays = reference.run(made.objective, noises, scalings, reference.ftrl, 0.1, 0.9, 40)
    for t in (1, 2, 17, 40):
        sums = reference.average(seen, 0.9, t)
        regret = reference.regret(seen, plays, -0.1 * sums / np.linalg.norm(sums), 0.9, t)
        energy = (0.81 ** np.arange(t - 1, -1, -1.0) * np.square(seen[:t]).sum(axis=1)).sum()
        np.testing.assert_allclose(found["best_ratio.curve"][0, t - 1], regret / (0.1 * np.sqrt(energy)), rtol=1e-9)


@on_both
@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize(
    "noise, beta",
    [(noise, [0.9, 0.99, 0.9, 0.5]) for noise in ("none", "gaussian", "two_point", "sparse")]
    + [("gaussian", [0.5, 0.6, 0.5, 0.6])],
)
def test_a_run_does_not_see_its_batch(noise, dim, beta, engine, monkeypatch):
    """Bit for bit: alone or together, other engines, tiles and blocks, unequal T, per-run parameters."""
    beta, steps, numbers = np.array(beta), np.array([60, 160, 36, 160]), np.arange(4)
    radius, samples = np.array([0.1, 0.01, 0.2, 0.1]), np.array([[1, 41], [160, 3], [36, 37], [2, 160]])

    def everything(index, engine):
        made, b, r = setup(len(index), steps[index], dim=dim, noise=noise, beta=beta[index], radius=radius[index])
        made = replace(made, numbers=numbers[index])
        return simulate(made, probes(b, r, "l1", samples[index]), STREAMS, np.arange(1, 161, 13), engine)

    together = everything(np.arange(4), "numpy")
    for small in (False, True):
        if small:
            monkeypatch.setattr(engines, "TILE", dim)
            monkeypatch.setattr(plain, "BLOCK", 17)
            monkeypatch.setattr(compiled, "WORK", 17 * dim)
            monkeypatch.setattr(streams, "VALUES", 100)
        for index in ([0, 1, 2, 3], [1, 3], [0]):
            mine = everything(np.array(index), engine)
            assert mine.keys() == together.keys()
            for name, values in mine.items():
                np.testing.assert_array_equal(values, together[name][index], err_msg=f"{name}, {small}, {index}")


ONE = np.ones(3)
OTHERS = {
    "hitting": recipe(HittingTime, beta=0.9 * ONE, lam=ONE, target=np.array([9.0, 9.0, 0.01]), whole=True),
    "gradient": recipe(GradientHittingTime, beta=0.9 * ONE, target=np.array([1.5, 1.0, 0.01])),
    "progress": recipe(Progress, throughout=True),
    "progress before the end": recipe(Progress),
    "traversal": recipe(Progress, stops=True),
    "blocks": recipe(BlockAverage, block=np.array([1.0, 4.0, 50.0]), samples=np.tile([3, 40, 90], (3, 1))),
}


@pytest.mark.parametrize("name", OTHERS)
def test_both_engines_measure_the_same(name):
    """Every probe that the tests above do not have, on the hard chain, bit for bit."""
    chain, noise = OBJECTIVES["hard_chain"](dim=3), NOISES["chain"](probability=0.8)
    made = Setup(chain, noise, paper_learner(np.array([0.1, 0.3, 1e-3]), 0.9 * ONE, True), np.array([90, 90, 60]))
    one, two = (simulate(made, [OTHERS[name]], STREAMS, np.arange(1, 91), each) for each in ("numpy", "compiled"))
    assert one.keys() == two.keys()
    for key, values in one.items():
        np.testing.assert_array_equal(two[key], values, err_msg=key)
    times = one.get("hitting", one.get("traversal"))
    assert times is None or (np.isfinite(times).any() and np.isinf(times).any())


def test_streams_do_not_depend_on_blocks(monkeypatch):
    """The same rows, whatever the size of a block; runs of one number share them."""

    def rows(values, steps):
        monkeypatch.setattr(streams, "VALUES", values)
        made = Draws(STREAMS, "a", [0, 1, 0], NOISES["two_point"]().fill, 3)
        assert made.which.tolist() == [0, 1, 0]
        blocks, drawn = [], 0
        while drawn < 100:
            blocks.append(made.take(min(steps, made.ready(steps))).copy())
            drawn += blocks[-1].shape[1]
        return np.concatenate(blocks, axis=1)[:, :100]

    np.testing.assert_array_equal(rows(24, 5), rows(3000, 1000))
    assert (rows(24, 5)[0] != rows(24, 5)[1]).any()
    with pytest.raises(ValueError, match="5 steps are not ready"):
        Draws(STREAMS, "a", [0], NOISES["two_point"]().fill, 3).take(5)


@on_both
def test_accounting_identity(engine):
    """(A) + (B) = F(x_T) - F(x_0), pathwise (proof of Lemma 7)."""
    made, beta, radius = setup(steps=300)
    found = simulate(made, probes(beta, radius, "l2"), STREAMS, engine=engine)
    a = (1 - beta) * 300 * found["discounted.mean"]
    b = beta * found["discounted.last"]
    np.testing.assert_allclose(a + b, found["value.last"], rtol=1e-9, atol=1e-12)


@on_both
@pytest.mark.parametrize("steps", [1, 2])
def test_shortest_runs(steps, engine):
    """T = 1: nothing was seen, so nothing moves."""
    made, beta, radius = setup(steps=steps, dim=1)
    found = simulate(made, probes(beta, radius, "l2"), STREAMS, engine=engine)
    assert (found["spread.last"] >= 0).all()
    if steps == 1:
        assert (found["value.last"] == 0).all() and (found["spread.last"] == 0).all()


@dataclass(frozen=True)
class Noted:
    """g_t = (t, -t) + 0.5 z_t + 2 raw: whatever an adversary sees is in its gradients."""

    dim: int = 2
    random: ClassVar[bool] = True

    def next(self, time, play, raw):
        return time * np.array([[1.0, -1.0]]) + 0.5 * play + 2.0 * raw


@on_both
def test_a_game_is_played_as_it_is_written(engine):
    """t = 1, 2, ...; z_t comes before g_t; numbers of the stream "adversary", a run each; a curve of T times."""
    steps, beta, radius = 6, np.array([0.9, 0.5]), np.array([0.3, 2.0])
    learner = paper_learner(radius, beta, False)
    found = Duel(learner, Noted(), beta, radius, steps).simulate(STREAMS, engine)
    assert found["best_ratio.curve"].shape == (2, steps) and found["regret.last"].shape == (2,)
    for run in range(2):
        raw = STREAMS.generator(run, "adversary").standard_normal((steps, 2))
        seen, plays = [], []
        for t in range(steps):
            plays.append(reference.ftrl(seen, radius[run], beta[run], beta[run] ** 2) if seen else np.zeros(2))
            seen.append((t + 1) * np.array([1.0, -1.0]) + 0.5 * plays[-1] + 2.0 * raw[t])
        for t in range(1, steps + 1):
            total = sum(beta[run] ** (t - s) * seen[s - 1] for s in range(1, t + 1))
            best = reference.regret(seen, plays, -radius[run] * total / np.linalg.norm(total), beta[run], t)
            energy = sum(beta[run] ** (2 * (t - s)) * seen[s - 1] @ seen[s - 1] for s in range(1, t + 1))
            np.testing.assert_allclose(found["regret.curve"][run, t - 1], best, rtol=1e-11)
            ratio = best / (radius[run] * np.sqrt(energy))
            np.testing.assert_allclose(found["best_ratio.curve"][run, t - 1], ratio, rtol=1e-11)


@pytest.mark.parametrize("throughout", [False, True])
def test_progress_is_that_of_its_definition(throughout):
    """By hand, on points of a chain of three links of width 2 and height 3."""
    chain = OBJECTIVES["hard_chain"](dim=3, height=3.0, width=2.0)
    rows = np.array([[0.0, 0.0, 0.0], [2.0, -0.1, 0.0], [2.5, 0.0, 2.0], [-2.1, 0.0, 2.1], [0.0, 0.0, 0.0]])
    probe = Progress(throughout) if throughout else Progress()
    probe.begin(chain, rows[:1])
    expected = [(0, 0), (2, 0), (3, 1), (3, 3), (0, 0)]
    for time, (x, (found, passed)) in enumerate(zip(rows, expected, strict=True), 1):
        grad = chain.grad(x[None])
        signals = probe.step(replace(first_step(chain.start, 1), x=x[None], grad=grad, time=float(time)))
        slope = 1.0 / (np.linalg.norm(grad) * 2.0 / 3.0) if throughout or passed < 3 else 0.0
        np.testing.assert_allclose([float(each[0]) for each in signals], [found, passed, slope], rtol=1e-13)
        assert (probe.satisfied(1) == [False]).all()
    assert probe.extras()["arrival"] == [3.0] and probe.extras()["traversal"] == [4.0]


def test_progress_stops_a_run_that_is_through():
    chain, probe = OBJECTIVES["hard_chain"](dim=1), Progress(stops=True)
    probe.begin(chain, np.zeros((2, 1)))
    x = np.array([[0.5], [1.5]])
    probe.step(replace(first_step(chain.start, 2), x=x, grad=chain.grad(x), time=1.0))
    assert probe.satisfied(2).tolist() == [False, True]


def test_blocks_have_the_signals_of_the_last_iterate():
    made, _, _ = setup(steps=30)
    ends = np.full((3, 1), 30)
    blocks = simulate(made, [recipe(BlockAverage, block=np.full(3, 7.0), samples=ends)], STREAMS)
    last = simulate(made, [recipe(Certificate, beta=np.zeros(3), lam=np.ones(3))], STREAMS)
    for name in ("norm", "spread", "certificate"):
        np.testing.assert_array_equal(blocks[f"{name}.mean"], last[f"{name}.mean"])
    np.testing.assert_array_equal(blocks["norm.mean"], blocks["certificate.mean"])
    assert not blocks["spread.max"].any()
