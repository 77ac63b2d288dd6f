"""Random formulas: whatever the parts of a step compute, keep and swap, both engines make the same bits."""

from __future__ import annotations

from functools import partial
from operator import eq, ge, gt, le, lt, ne

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.numerics import cos, erfc, exp, largest, norm, picked, shifted, sin, smallest, total
from simulation.engine import run_batch
from simulation.parts import Part
from simulation.recording import Probe
from tests.test_compiled import (
    NUMBERS,
    batch,
    on_both,
)

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what 0 and infinity give is NumPy's affair

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
