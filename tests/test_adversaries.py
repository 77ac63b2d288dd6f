"""Every adversary plays the sequence that it says: against numbers written out one by one, run by run, step by step."""

from __future__ import annotations

from math import exp, log, pi, sin

import numpy as np
import pytest
from numpy.testing import assert_allclose

from objectives import ADVERSARIES
from objectives.sequences import Fading, Replay

SHARES = [0.0, 0.25, 0.5, 0.75, 1.0]  # 0 to 1 over five runs
SEQUENCES = {  # what each is made with; g_t in coordinate i (from 0) of the run of that share
    "spike_then_ones": ({"spike": 50.0}, lambda t, share, i: 50.0**share if t == 1 else 1.0),
    "ones_then_opposite": (
        {"length": 3, "size": 20.0},
        lambda t, share, i: 1.0 if t in (1, 2, 3) else -(20.0**share) if t == 4 else 0.0,
    ),
    "slow_sine": (
        {"period": 32.0},
        lambda t, share, i: sin(2 * pi * t / {0: 2, 0.25: 4, 0.5: 8, 0.75: 16, 1: 32}[share] + i),
    ),
    "tiny_constant": ({"size": 1e-4}, lambda t, share, i: 10.0 ** (4 * share - 4)),
    "pair": ({"ratio": 81.0}, lambda t, share, i: {1: 1.0, 2: -(3.0 ** (4 * share))}.get(t, 0.0)),
}


def test_every_adversary_has_a_reference():
    """What is entered in the table is written out here: those above, and two that draw, below."""
    assert set(ADVERSARIES) == {*SEQUENCES, "against_play", "heavy_tailed"}


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence(name):
    """In three coordinates; neither the play nor random numbers matter."""
    arguments, literal = SEQUENCES[name]
    foe = ADVERSARIES[name](dim=3, **arguments)
    assert not foe.random
    play, raw = np.random.default_rng(0).standard_normal((2, 5, 3))
    for t in range(1, 41):
        expected = [[literal(t, share, i) for i in range(3)] for share in SHARES]
        assert_allclose(foe.next(float(t), play, raw), expected, rtol=1e-12, atol=1e-13)


def test_what_pushes_along_the_play():
    """The unit vector of the play and a tenth of the normals, times size (1 + 0.2 share)^(t mod length)."""
    foe = ADVERSARIES["against_play"](growth=1.2, length=3, dim=2, size=0.5)
    assert foe.random
    play = np.array([[3.0, -4.0], [0.0, 0.0], [0.6, 0.8], [-1e-3, 0.0], [0.0, 2.0]])
    along = [(0.6, -0.8), (0.0, 0.0), (0.6, 0.8), (-1.0, 0.0), (0.0, 1.0)]
    raw = np.random.default_rng(1).standard_normal((5, 2))
    for t in range(1, 12):
        expected = [
            [0.5 * (1.0 + 0.2 * share) ** (t % 3) * (unit[i] + 0.1 * raw[run, i]) for i in (0, 1)]
            for run, (share, unit) in enumerate(zip(SHARES, along, strict=True))
        ]
        assert_allclose(foe.next(float(t), play, raw), expected, rtol=1e-12)


def test_how_far_the_push_may_grow():
    """size growth^(length - 1) may be 1e100 and not more, the size being the largest of all runs."""
    make = ADVERSARIES["against_play"]
    make(growth=10.0, length=101, size=0.99)
    make(growth=1.0, size=1e100)
    make(growth=10.0, length=101, size=np.array([[1e-5], [0.99]]))
    for size in (1.01, np.array([[1e-5], [1.01]])):
        with pytest.raises(ValueError, match=r"^against_play\.growth"):
            make(growth=10.0, length=101, size=size)


def test_heavy_tails():
    """A normal of each coordinate, times e to the power tail share X, X the first coordinate's: random at every step."""
    foe = ADVERSARIES["heavy_tailed"](tail=2.5, dim=3)
    assert foe.random
    play, *draws = np.random.default_rng(2).standard_normal((5, 5, 3))
    for t, raw in enumerate(draws, 1):
        expected = [
            [raw[run, i] * exp(2.5 * share * raw[run, 0]) for i in range(3)] for run, share in enumerate(SHARES)
        ]
        assert_allclose(foe.next(float(t), play, raw), expected, rtol=1e-12)


def test_one_run_plays_the_mildest():
    """A run alone has the share 0."""
    play = np.zeros((1, 1))
    for name, (arguments, literal) in SEQUENCES.items():
        foe = ADVERSARIES[name](dim=1, **arguments)
        assert_allclose([foe.next(t, play, play)[0, 0] for t in (1.0, 2.0)], [literal(t, 0.0, 0) for t in (1, 2)])


def test_a_replay():
    """The sequences in turn, each at the end of the game, zeros before it."""
    foe = Replay.of([np.array([5.0, -1.0]), np.array([2.0, 3.0, 4.0, 7.0]), np.array([6.0])])
    assert (foe.steps, foe.dim, foe.random) == (4, 1, False)
    found = [foe.next(float(t), np.ones((3, 1)), np.ones((3, 1)))[:, 0].tolist() for t in (1, 2, 3, 4)]
    assert found == [[0.0, 2.0, 0.0], [0.0, 3.0, 0.0], [5.0, 4.0, 0.0], [-1.0, 7.0, 6.0]]


def test_what_fades():
    """A head, then a body at t = 1 + k period up to `stop`, its sign turned from one to the next or not; beta^(t - c)."""
    beta, period, stop = np.array([0.9, 0.5, 0.8]), np.array([1.0, 2.0, 3.0]), np.array([4.0, 7.0, 100.0])
    head, body, turn = np.array([3.0, -1.0, 0.5]), np.array([2.0, 0.3, -7.0]), np.array([1.0, -1.0, -1.0])
    foe = Fading(beta, head, body, period, turn, stop, 5.0)
    assert (foe.dim, foe.random) == (1, False)
    values = [
        {1: 3.0, 2: 2.0, 3: 2.0, 4: 2.0},
        {1: -1.0, 3: -0.3, 5: 0.3, 7: -0.3},
        {1: 0.5, 4: 7.0, 7: -7.0, 10: 7.0},
    ]
    for t in range(1, 12):
        expected = [exp(log(beta[run]) * (t - 5)) * value.get(t, 0.0) for run, value in enumerate(values)]
        assert_allclose(foe.next(float(t), np.ones((3, 1)), np.ones((3, 1)))[:, 0], expected, rtol=1e-12)
