"""The dynamic programme of simulation/worst_case.py, written again plainly: plays, states, interpolation, J, and its advice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from simulation import worst_case
from simulation.work import Work
from simulation.worst_case import FILLED, LONGEST, SECONDS, Programmes, WorstCase, programmes

CASES = [WorstCase(0.8, 0.99, 20), WorstCase(0.9, 0.5, 15), WorstCase(0.8, 0.99, 20, clipped=False)]


def play(case, total, root):
    """-S/max(|S|, r), or -S/r without the clip; 0 where that is 0/0."""
    size = max(abs(total), root) if case.clipped else root
    return -total / size if size > 0.0 else 0.0


def at(case, values, total, root):
    """J at a state: bilinear in |S| and r, constant beyond the last points of the grid."""
    sums, roots = case.grid
    columns = np.array([np.interp(min(root, roots[-1]), roots, row) for row in values])
    return np.interp(min(abs(total), sums[-1]), sums, columns)


def states(case):
    """Some of both signs, on and off the grid, beyond its ends."""
    sums, roots = case.grid
    rng = np.random.default_rng(0)
    total = np.concatenate([rng.uniform(-1.3, 1.3, 60) * sums[-1], [0.0, sums[3], -sums[-1], sums[-2]]])
    root = np.concatenate([rng.uniform(0.0, 1.1, 60) * roots[-1], [0.0, roots[2], roots[-1], roots[-2]]])
    return total, root


@pytest.mark.parametrize("case", CASES, ids=["slow", "fast", "no clip"])
def test_states_and_plays(case):
    """What comes after a gradient; what is played; J between the points of the grid."""
    total, root = states(case)
    assert_allclose(case.play(total, root), [play(case, *each) for each in zip(total, root, strict=True)])
    assert_array_equal(case.play(np.zeros(1), np.zeros(1)), [0.0])
    moved = case.moved(total, root, np.full(len(total), -0.3))
    assert_allclose(moved, [case.beta1 * total - 0.3, np.sqrt(case.beta2 * root**2 + 0.09)])
    values = np.random.default_rng(1).normal(size=tuple(map(len, case.grid)))
    found = sum(weight * values.take(place) for place, weight in case._corners(total, root))
    assert_allclose(found, [at(case, values, *each) for each in zip(total, root, strict=True)], atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=["slow", "fast", "no clip"])
def test_the_recursion(case):
    """J_0 = |S|; J_m is the best over the gradients, at every point of the grid; the regret is J of the whole at S = 0."""
    sums, roots = case.grid
    largest = 1.0 / np.sqrt(1.0 - case.beta2)
    assert sums[-1] == pytest.approx(min(1.0 / (1.0 - case.beta1), 1.5 * (largest + 1.0)))
    assert case.steps == round(8.0 / (1.0 - case.beta1)) and len(case.values) == case.steps + 1
    assert sums[0] == roots[0] == 0.0 and (np.diff(sums) > 0.0).all() and (np.diff(roots) > 0.0).all()
    assert roots[-1] == pytest.approx(largest)
    assert_array_equal(case.values[0], np.tile(sums[:, None], (1, len(roots))))
    for m in (0, 1, case.steps - 1):
        for i, j in ((0, 0), (0, len(roots) - 1), (5, 3), (len(sums) - 1, 2), (len(sums) - 1, len(roots) - 1)):
            best = max(
                case.beta1**m * g * play(case, sums[i], roots[j])
                + at(case, case.values[m], case.beta1 * sums[i] + g, np.sqrt(case.beta2 * roots[j] ** 2 + g * g))
                for g in np.linspace(-1.0, 1.0, 17)
            )
            assert case.values[m + 1][i, j] == pytest.approx(best, abs=1e-12)
    assert case.regret == max(case.values[case.steps][0])


def test_how_many_choices():
    """17 gradients, 9 where the window is long; a grid of cells + 1 by 3/5 cells + 1 points."""
    assert [WorstCase(beta, 0.9, 20).choices for beta in (0.5, 0.94, 0.95, 0.99)] == [17, 17, 9, 9]
    assert [len(each) for each in WorstCase(0.9, 0.9, 20).grid] == [21, 13]


@pytest.mark.parametrize("gradients", [5, 33])
@pytest.mark.parametrize("case", CASES, ids=["slow", "fast", "no clip"])
def test_the_advice(case, gradients):
    """1/2, -1, 1, -1, ... until r is 0.99 of the best at S = 0; then at every step the gradient that is best by J."""
    grads = case.sequence(gradients)
    best = case.grid[1][np.argmax(case.values[case.steps][0])]
    filling = grads[: -case.steps]
    assert bool(len(filling)) is (case.beta2 == 0.99)
    assert_array_equal(filling, [0.5 if k == 0 else (-1.0) ** k for k in range(len(filling))])
    total = root = 0.0
    for k, g in enumerate(grads):
        if k < len(filling):
            assert root < FILLED * best
        else:
            m = len(grads) - k - 1  # more to come after this one
            worth = {
                h: case.beta1**m * h * play(case, total, root)
                + at(case, case.values[m], case.beta1 * total + h, np.sqrt(case.beta2 * root**2 + h * h))
                for h in np.linspace(-1.0, 1.0, gradients)
            }
            assert worth[g] >= max(worth.values()) - 1e-12
            assert k > len(filling) or root >= FILLED * best
        total, root = case.beta1 * total + g, np.sqrt(case.beta2 * root**2 + g * g)


def test_filling_ends(monkeypatch):
    """After so many steps, if r cannot be reached."""
    monkeypatch.setattr(worst_case, "LONGEST", 3)
    case = WorstCase(0.8, 0.99, 20)
    assert len(case.sequence(3)) == 3 + case.steps


def test_programmes():
    """Values in units of D G/sqrt(1-beta1^2); sequences, filled up with nan; how long it takes, about."""
    pairs, cells = ((0.8, 0.9), (0.5, 0.5)), 12
    asked = Work(Programmes(cells, False, (3, 5), LONGEST + 40), pairs, SECONDS * 40 * cells**2)
    assert programmes(pairs, cells, False, (3, 5)) == programmes(list(pairs), cells, False, (3, 5)) == asked
    found = Programmes(cells, False, (3, 5), LONGEST + 40)(pairs)
    for k, pair in enumerate(pairs):
        case = WorstCase(*pair, cells, clipped=False)
        assert found["value"][k] == pytest.approx(case.regret * np.sqrt(1.0 - pair[0] ** 2))
        for row, gradients in zip(found["sequences"][k], (3, 5), strict=True):
            sequence = case.sequence(gradients)
            assert_array_equal(row[: len(sequence)], sequence)
            assert np.isnan(row[len(sequence) :]).all() and len(row) == LONGEST + 40
