"""The exam of every noise and of every adversary of the tables: levels are kept, streams have no cuts, foes no memory.

What a class says of itself for the exam stands in the line that enters it (objectives/catalogue.py).
"""

from __future__ import annotations

from math import e, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose

from objectives import ADVERSARIES, NOISES, OBJECTIVES, build
from objectives.chain import HardChain
from tests.test_objectives import made, points, special


@pytest.mark.parametrize("noise", sorted(NOISES))
def test_noise(noise):
    """Unbiased; the variance is never above the certified level and, at some point, near it if that is attained."""
    exam = NOISES.exam(noise)
    objective, oracle = made(exam.on), build(NOISES, noise, exam.arguments)
    levels = oracle.levels(objective)
    dim, count, worst = len(objective.start), 200_000, np.zeros(len(objective.start))
    for x in np.concatenate([special(exam, objective), points(objective, 5)]):
        rng = np.random.Generator(np.random.SFC64(7))
        raw = np.empty((count, oracle.width(dim)))
        oracle.fill(rng, raw)
        batch = np.broadcast_to(x, (count, dim)).copy()
        grad = objective.grad(batch)
        error = oracle.stochastic(objective, batch, grad, raw * oracle.scale(dim) if oracle.additive else raw) - grad
        assert error.shape == (count, dim)
        assert np.abs(error.mean(axis=0)).max() <= 5 * max(levels.sigma, 1e-300) / np.sqrt(count)
        variance = np.square(error).mean(axis=0)
        worst = np.maximum(worst, variance)
        assert (variance <= np.square(levels.coordinate_sigma) * 1.02 + 1e-300).all()
        assert variance.sum() <= levels.sigma**2 * 1.02 + 1e-300
    if not exam.unattained:
        np.testing.assert_allclose(worst, np.square(levels.coordinate_sigma), rtol=0.03, atol=1e-300)


@pytest.mark.parametrize("noise", sorted(NOISES))
def test_noise_stream_has_no_cuts(noise):
    """One long fill or many short ones: the same numbers."""
    oracle = build(NOISES, noise, NOISES.exam(noise).arguments)
    whole, parts = np.empty((300, 3)), np.empty((300, 3))
    oracle.fill(np.random.Generator(np.random.SFC64(3)), whole)
    rng = np.random.Generator(np.random.SFC64(3))
    for cut in (parts[:1], parts[1:8], parts[8:200], parts[200:]):
        oracle.fill(rng, cut)
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("noise", sorted(NOISES))
def test_the_two_kinds_of_noise(noise):
    """Additive noise has a scale and adds raw numbers to the gradient; no other noise has a scale."""
    exam = NOISES.exam(noise)
    objective, oracle = made(exam.on), build(NOISES, noise, exam.arguments)
    assert hasattr(oracle, "scale") == oracle.additive
    if oracle.additive:
        x = points(objective, 9)
        raw, grad = np.random.default_rng(0).standard_normal(x.shape), objective.grad(x)
        np.testing.assert_array_equal(oracle.stochastic(objective, x, grad, raw), grad + raw)


def test_noise_that_does_not_fit():
    """Dimension mismatch; a minibatch of what is not a finite sum."""
    huber = build(OBJECTIVES, "huber", {})
    with pytest.raises(ValueError, match="coordinate_sigma"):
        build(NOISES, "gaussian", {"coordinate_sigma": [1.0, 2.0]}).levels(huber)
    with pytest.raises(ValueError, match="needs a chain"):
        build(NOISES, "chain", {}).levels(huber)
    with pytest.raises(ValueError, match="finite sum"):
        build(NOISES, "minibatch", {}).levels(huber)
    with pytest.raises(ValueError, match="left out"):
        build(NOISES, "gaussian", {"sigma": 1.0, "coordinate_sigma": [1.0]})


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("name", sorted(ADVERSARIES))
def test_adversary(name, dim):
    """A finite gradient for every run; no memory; no run sees another; random numbers matter if it says so, and only
    then."""
    foe = build(ADVERSARIES, name, dict(ADVERSARIES.exam(name).arguments) | {"dim": dim})
    assert foe.dim == dim
    rng = np.random.default_rng(0)
    drawn = False

    def answer(time, play, raw):
        given = play.copy(), raw.copy()
        grad = foe.next(time, *given)
        np.testing.assert_array_equal(given, (play, raw))
        assert grad.shape == play.shape and np.isfinite(grad).all()
        return grad

    for time in [1.0, 2.0, 3.0, 4.0, 5.0, 50.0, 10_000.0, 1.0]:
        play, raw, other = rng.standard_normal((3, 7, dim))
        play[2] = 0.0
        first = answer(time, play, raw)
        answer(time + 1, other, play)
        np.testing.assert_array_equal(answer(time, play, raw), first)
        drawn |= bool((answer(time, play, other) != first).any())
        one = np.arange(7)[:, None] == 3
        np.testing.assert_array_equal(answer(time, np.where(one, play, other), np.where(one, raw, play))[3], first[3])
    assert drawn == foe.random


def test_growth_starts_again():
    """Along the play, times (1 + (growth - 1) share)^(t mod length), the share of the growth from 0 to 1 over runs."""
    foe = ADVERSARIES["against_play"](growth=1.3, length=4, dim=1, size=2.0)
    play, quiet = np.array([[-3.0], [0.5], [1e-3]]), np.zeros((3, 1))
    for time in range(1, 30):
        expected = 2.0 * np.array([[-1.0], [1.15 ** (time % 4)], [1.3 ** (time % 4)]])
        np.testing.assert_allclose(foe.next(float(time), play, quiet), expected, rtol=1e-13)


def test_a_size_for_each_run():
    """Code may give every run its own size; a size that is not positive, or overflows, is refused."""
    sizes = np.array([[1e-9], [1.0], [1e9]])
    play, raw = np.random.default_rng(0).standard_normal((2, 3, 2))
    unit = ADVERSARIES["against_play"](growth=1.0, dim=2).next(1.0, play, raw)
    np.testing.assert_array_equal(
        ADVERSARIES["against_play"](growth=1.0, dim=2, size=sizes).next(1.0, play, raw), sizes * unit
    )
    for wrong in ({"size": -sizes}, {"size": sizes[:, 0]}, {"growth": 1e9}):
        with pytest.raises(ValueError, match=r"^against_play\."):
            ADVERSARIES["against_play"](**wrong)


def test_levels_of_noises():
    """sigma and sigma_i of every noise, from the docstrings."""
    huber = build(OBJECTIVES, "huber", {"dim": 2, "slope": (3.0, 4.0)})
    for name, arguments, sigma, each in (
        ("gaussian", {"sigma": 3.0}, 3.0, [3.0 / sqrt(2)] * 2),
        ("gaussian", {"coordinate_sigma": (3.0, 4.0)}, 5.0, [3.0, 4.0]),
        ("two_point", {"sigma": 0.5}, 0.5, [0.5 / sqrt(2)] * 2),
        ("none", {}, 0.0, [0.0, 0.0]),
        ("sparse", {"probability": 0.2}, 10.0, [6.0, 8.0]),
        ("pareto", {"tail": 4.0, "size": (3.0, 4.0)}, 5.0 * sqrt(2), [3.0 * sqrt(2), 4.0 * sqrt(2)]),
        ("spikes", {"chance": 0.2, "size": 0.5}, sqrt(2.0), [1.0, 1.0]),
    ):
        levels = build(NOISES, name, arguments).levels(huber)
        assert_allclose([levels.sigma, *levels.coordinate_sigma], [sigma, *each], rtol=1e-12)
    for dim in (1, 3):
        chain, noise = HardChain(dim=dim, height=0.6, width=2.0), NOISES["chain"](probability=0.2)
        levels = noise.levels(chain)
        each = [2.0 * 0.3 * sqrt(e)] + [2.0 * 0.3 * e**1.5] * (dim - 1)
        assert_allclose([levels.sigma, *levels.coordinate_sigma], [max(each), *each])
    added = {name for name in NOISES if NOISES[name].additive}
    assert added == {*NOISES} - {"chain", "sparse", "minibatch"}


def test_raw_numbers():
    """What uniform numbers become: signs, b/p and 1 - b/chance, just below, at and above where they change."""

    class Uniform(np.random.Generator):
        def random(self, out):
            out[:, 0] = 0.0, 0.2 - 1e-9, 0.2, 0.5 - 1e-9, 0.5, 1.0 - 1e-9

    for name, arguments, expected in (
        ("two_point", {"sigma": 1.0}, [-1.0, -1.0, -1.0, -1.0, 1.0, 1.0]),
        ("sparse", {"probability": 0.2}, [5.0, 5.0, 0.0, 0.0, 0.0, 0.0]),
        ("chain", {"probability": 0.5}, [2.0, 2.0, 2.0, 2.0, 0.0, 0.0]),
        ("spikes", {"chance": 0.2}, [-4.0, -4.0, 1.0, 1.0, 1.0, 1.0]),
    ):
        raw = np.empty((6, 1))
        build(NOISES, name, arguments).fill(Uniform(np.random.SFC64()), raw)
        assert_allclose(raw[:, 0], expected)
