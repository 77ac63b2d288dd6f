"""Stages of recordings made by hand: what is computed, kept and written where, and no row for longer than needed."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.compiled.recording import Recording, Slot, _constant, _read
from simulation.compiled.schedule import Schedule
from simulation.compiled.symbols import Node

X, Y, Z = (Slot(1, name, "row") for name in "xyz")
N = Slot(1, "n", "vector")


def leaf(slot):
    return Node("leaf", (), slot.kind, value=slot)


def row(operation, *arguments):
    return Node(operation, arguments, "row")


def number(operation, *arguments):
    return Node(operation, arguments, "vector")


def scheduled(written, results=(), noisy=None, flat=False):
    return Schedule(Recording((), tuple(written), dict(written), tuple(results), noisy), flat)


def kept(made):
    """The nodes that are kept, in the order of their places."""
    found = [node for node in made.order if id(node) in made.kept]
    assert sorted(made.kept.values()) == list(range(len(found)))
    return sorted(found, key=lambda node: made.kept[id(node)])


def used(made, stage):
    """The rows among them, in their order."""
    return [node for node in made.rows() if id(node) in made.used(stage)]


def written(made):
    """The stage of each slot, which has only one."""
    stages = {slot: k for k in range(made.last + 2) for slot, _ in made.writes(k)}
    assert len(stages) == sum(len(list(made.writes(k))) for k in range(made.last + 2))
    return stages


def test_nothing_to_do():
    """One stage, which is empty."""
    made = scheduled({})
    assert (made.last, made.order, made.kept, list(made.writes(0)), used(made, 0)) == (0, [], {}, [], [])


def test_a_formula_of_one_loop():
    """Nothing is kept; a row is written as soon as it is known, be it that others are written elsewhere."""
    x, y = leaf(X), leaf(Y)
    new = row("add", x, y)
    made = scheduled({X: new, Z: row("negative", new)})
    assert made.last == 0 and not made.kept and written(made) == {X: 0, Z: 0}
    assert used(made, 0) == [x, y, new, made.order[-1]]


def test_what_needs_a_whole_row():
    """Belongs to the next stage; its row is kept, be it one that lies in memory, and no other row is."""
    x, y = leaf(X), leaf(Y)
    double = row("add", x, x)
    for whole in (number("total", double), number("largest", double), number("first", double), row("shifted", double)):
        end = row("multiply", y, whole)
        made = scheduled({Y: end})
        assert [made.stage(each) for each in (x, y, double, whole, end)] == [0, 0, 0, 1, 1]
        assert made.last == 1 and kept(made) == [double] and written(made) == {Y: 1}
        assert used(made, 0) == [x] and used(made, 1) == ([y] if whole.kind == "vector" else [y, whole]) + [end]
    made = scheduled({N: number("total", row("negative", double))})
    assert double not in kept(made) and len(made.kept) == 1
    made = scheduled({N: number("total", x)})
    assert kept(made) == [x] and list(made.reductions(0)) == [made.order[-1]] and not list(made.reductions(1))
    assert not list(made.numbers(0)) and not list(made.numbers(1)) and not written(made)


def test_rows_that_a_later_loop_needs():
    """They are kept if they are computed; what lies in memory is read again."""
    x, y, z = leaf(X), leaf(Y), leaf(Z)
    early, size = row("add", x, y), number("total", row("negative", z))
    late = row("multiply", early, size)
    made = scheduled({Z: row("add", late, y)})
    assert kept(made) == [early, *size.arguments] and used(made, 1) == [y, early, late, made.order[-1]]
    beside = row("subtract", x, y)
    made = scheduled({Z: late, X: beside})
    assert beside not in kept(made) and written(made) == {X: 0, Z: 1}


def test_numbers_of_a_run():
    """In the stage of what they depend on; sums apart."""
    x, n = leaf(X), leaf(N)
    mean = number("multiply", number("total", row("negative", x)), n)
    made = scheduled({N: mean}, results=[number("negative", n)])
    assert list(made.numbers(0)) == [n, made.order[-1]] and list(made.numbers(1)) == [mean]
    assert list(made.reductions(0)) == [mean.arguments[0]]


def test_old_numbers_are_read_before_new_ones_are_written():
    """A row whose new numbers are known early is written when its old ones have been read for the last time."""
    x, y = leaf(X), leaf(Y)
    new = row("negative", x)
    late = row("multiply", x, number("total", new))
    made = scheduled({X: new, Y: late})
    assert written(made) == {X: 1, Y: 1} and kept(made) == [new] and new in used(made, 1)
    made = scheduled({X: new, Z: row("multiply", y, number("total", new))})  # old numbers of another are read late
    assert written(made) == {X: 0, Z: 1}
    single = row("absolute", x)
    made = scheduled({X: single, Y: row("multiply", x, number("total", y))})
    assert written(made) == {X: 1, Y: 1} and kept(made) == [single, y]


def test_rows_that_change_places():
    """Old numbers that go elsewhere are there until the last stage."""
    x, y, n = leaf(X), leaf(Y), leaf(N)
    made = scheduled({X: y, Y: x, N: number("total", row("add", x, y))})
    assert made.last == 1 and written(made) == {X: 1, Y: 1} and used(made, 1) == [y, x] and len(kept(made)) == 1
    new = row("multiply", x, n)
    made = scheduled({X: new, Y: x, N: number("total", row("negative", y))})
    assert written(made) == {X: 1, Y: 0} and new in kept(made)


@pytest.mark.parametrize("flat", [False, True])
def test_what_is_watched(flat):
    """Noisy gradients that nobody uses are computed, in their stage; of one coordinate there is one stage for all."""
    x, y = leaf(X), leaf(Y)
    noisy, new = row("multiply", x, number("total", y)), row("negative", x)
    made = scheduled({X: new}, noisy=noisy, flat=flat)
    assert noisy in made.order and made.last == (0 if flat else 1)
    if flat:
        assert not made.kept and not list(made.rows()) and set(made.numbers(0)) == set(made.order)
        assert not list(made.writes(0)) and not list(made.reductions(0)) and not list(made.reductions(-1))
    else:
        assert used(made, 1) == [x, new, noisy] and noisy not in used(made, 0)


def test_what_nodes_are_made_of():
    """The places of all leaves below them, each node looked at once."""
    x, y, n = leaf(X), leaf(Y), leaf(N)
    new = row("add", x, row("multiply", x, number("total", y)))
    assert _read([new]) == {X, Y} and _read([n, new]) == {X, Y, N} and _read([]) == set()
    assert _read([row("add", x, Node("constant", (), "row", value=1.0))]) == {X}


@pytest.mark.parametrize(
    "kind, shape", [("row", (3, 4)), ("row", (4,)), ("column", (3, 1)), ("vector", (3,)), ("scalar", ())]
)
@pytest.mark.parametrize("batch", [(3, 4), (4, 4)])
def test_constants_that_fit_a_place(kind, shape, batch):
    """Are of its kind, for three runs of four coordinates, or for as many runs as coordinates."""
    shape = tuple(batch[0] if each == 3 else each for each in shape)
    assert _constant(np.ones(shape), kind, batch).kind == kind
