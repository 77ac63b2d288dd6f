"""What a symbol records, operation by operation, and what it refuses (simulation/compiled/symbols.py)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from foundation.numerics import erfc, exp, largest, picked, shifted, smallest, total
from simulation.compiled.symbols import LOGICAL, NUMERIC, RELATIONS, Node, NotRecordedError, Symbol

SIZE = (4, 3)
SHAPES = {"row": (4, 3), "column": (4, 1), "vector": (4,), "scalar": ()}


def symbol(kind="row", boolean=False, size=SIZE):
    return Symbol(Node("leaf", (), kind, boolean), size)


def refused(make, words="recorded|fits no"):
    with pytest.raises(NotRecordedError, match=words):
        make()


def test_shapes():
    for kind, shape in SHAPES.items():
        one = symbol(kind)
        assert one.shape == shape and one.ndim == len(shape)
        if shape:
            assert len(one) == 4


TWO = {"add", "subtract", "multiply", "divide", "copysign", "maximum", "minimum", *RELATIONS}


@pytest.mark.parametrize("name", [*NUMERIC, *RELATIONS])
def test_operations(name):
    """Of numbers, or of truth values and numbers, but not of truth values alone; only relations are truth values."""
    x, y = symbol(), symbol("column")
    arguments = (x, y) if name in TWO else (x,)
    node = getattr(np, name)(*arguments).node
    assert node.operation == name and node.arguments == tuple(each.node for each in arguments)
    assert node.kind == "row" and node.boolean is (name in RELATIONS)
    truths = tuple(symbol(boolean=True) for _ in arguments)
    if name in NUMERIC:
        refused(lambda: getattr(np, name)(*truths), "of truth values")
    if name in TWO:
        mixed = getattr(np, name)(truths[0], y).node
        assert mixed.operation == name and mixed.kind == "row"


@pytest.mark.parametrize("name", LOGICAL)
def test_logic(name):
    """Of truth values only."""
    one, two, number = symbol(boolean=True), symbol("column", boolean=True), symbol()
    arguments = (one,) if "not" in name or name == "invert" else (one, two)
    node = getattr(np, name)(*arguments).node
    assert node.operation == LOGICAL[name] and node.boolean and node.kind == "row"
    refused(lambda: getattr(np, name)(*(number for _ in arguments)))
    if len(arguments) == 2:
        refused(lambda: getattr(np, name)(one, number))
        refused(lambda: getattr(np, name)(number, one))


def test_squares_and_powers():
    """x^2 and the square are products with itself; no other power, of nothing else."""
    x, y = symbol(), symbol("column")
    for made in (np.square(x), x**2, x**2.0, np.power(x, 2)):
        assert made.node.operation == "multiply" and made.node.arguments == (x.node, x.node)
    for bad in (lambda: x**3, lambda: x**0.5, lambda: 2**x, lambda: x**y, lambda: x ** np.full(3, 2.0)):
        refused(bad, "np.power")
    assert np.fabs(x).node.operation == "absolute"


def test_what_is_no_operation():
    """Reductions, places for results, functions of other libraries, with a hint where there is one."""
    x, truth = symbol(), symbol(boolean=True)
    refused(lambda: np.add.reduce(x), "np.add with")
    refused(lambda: np.add.outer(x, x), "np.add with outer")
    refused(lambda: np.add(x, 1.0, where=np.ones(3, bool)), "np.add with where")
    refused(lambda: np.exp(x), "np.exp cannot be recorded; foundation.numerics")
    refused(lambda: np.tan(x), "np.tan cannot be recorded$")
    refused(lambda: np.exp(truth))
    refused(lambda: np.mean(x), "np.mean")
    refused(lambda: np.concatenate((x, x)), "np.concatenate")
    refused(lambda: np.einsum("ij,j", x, x), "np.einsum")


def test_where():
    """By a comparison; a truth value if both of its values are."""
    truth, other, number = symbol(boolean=True), symbol("column", boolean=True), symbol()
    for one, two, boolean in ((truth, other, True), (truth, number, False), (number, truth, False), (1.0, 2.0, False)):
        node = np.where(other, one, two).node
        assert node.operation == "where" and node.boolean is boolean and node.arguments[0] is other.node
    refused(lambda: np.where(number, 1.0, 2.0), "takes a comparison")
    refused(lambda: np.where(truth), "np.where cannot")


def test_clip():
    """The smaller of the upper end and the larger of the lower and x, in this order."""
    x = symbol()
    node = np.clip(x, -1.0, 2.0).node
    assert node.operation == "minimum" and node.arguments[0].value == 2.0
    assert node.arguments[1].operation == "maximum" and node.arguments[1].arguments[0].value == -1.0
    assert node.arguments[1].arguments[1] is x.node
    refused(lambda: np.clip(x, -1.0), "np.clip")
    refused(lambda: np.clip(x, -1.0, 2.0, out=np.zeros(3)), "np.clip")
    refused(lambda: np.clip(x, -1.0, 2.0, dtype=float), "np.clip")


@pytest.mark.parametrize("function, name", [(total, "total"), (largest, "largest"), (smallest, "smallest")])
def test_reductions(function, name):
    """Of rows, and of columns where they are rows of one coordinate; of truth values only a sum."""
    node = function(symbol()).node
    assert node.operation == name and node.kind == "vector" and not node.boolean
    assert function(symbol("column", size=(4, 1))).node.operation == name
    for bad in ("column", "vector", "scalar"):
        refused(lambda bad=bad: function(symbol(bad)), f"{name} of this")
    refused(lambda: function(symbol("vector", size=(4, 1))), f"{name} of this")
    if name == "total":
        assert function(symbol(boolean=True)).node.operation == name
    else:
        refused(lambda: function(symbol(boolean=True)), f"{name} of this")


def test_elementary_functions_and_shifts():
    for function, name in ((exp, "exp"), (erfc, "erfc")):
        for kind in ("row", "column", "vector"):
            node = function(symbol(kind)).node
            assert node.operation == name and node.kind == kind
    node = shifted(symbol(), 2).node
    assert node.operation == "shifted" and node.value == 2 and node.kind == "row"
    for bad in (symbol("column"), symbol("vector"), symbol(boolean=True)):
        refused(lambda bad=bad: shifted(bad, 1), "shifted of this")


def test_rows_of_a_table():
    """Of as many coordinates as there are, chosen by one number a run."""
    table, which = np.arange(6.0).reshape(2, 3), symbol("vector")
    node = picked(table, which).node
    assert node.operation == "picked" and node.kind == "row" and node.arguments == (which.node,)
    assert_array_equal(node.value, table)
    for bad in (table[:, :2], table[0], table.astype(int), table.astype(np.float32), table[None]):
        refused(lambda bad=bad: picked(bad, which), "picked of this")
    for other in (symbol(), symbol("column"), symbol("vector", boolean=True)):
        refused(lambda other=other: picked(table, other), "picked of this")


def test_indices():
    """Columns of vectors, vectors of columns, the first coordinate of a row; nothing else."""
    row, column, vector = symbol(), symbol("column"), symbol("vector")
    assert vector[:, None].node.kind == vector[..., None].node.kind == "column"
    assert column[:, 0].node.kind == column[..., 0].node.kind == "vector"
    assert row[:, 0].node.operation == "first" and row[:, 0].node.kind == "vector" and row[...] is row
    truth = symbol("vector", boolean=True)
    assert truth[:, None].node.boolean and symbol("column", boolean=True)[:, 0].node.boolean
    bad = [
        *(
            lambda: vector[:, 0],
            lambda: vector[None, :],
            lambda: vector[0],
            lambda: column[:, None],
            lambda: column[:, 1],
        ),
        *(
            lambda: row[:, 1],
            lambda: row[:, None],
            lambda: row[0, 0],
            lambda: row[:],
            lambda: row[1:, 0],
            lambda: row[:, 0, 0],
        ),
        lambda: symbol(boolean=True)[:, 0],
    ]
    for one in bad:
        refused(one, "of a recorded array")


@pytest.mark.parametrize(
    "shape, axes, kind",
    [
        *((shape, 2, "row") for shape in ((4, 3), (1, 3), (3,))),
        *((shape, 2, "column") for shape in ((4, 1), (1, 1), (1,))),
        *((shape, 1, "vector") for shape in ((4,), (1,))),
        *(((), axes, "scalar") for axes in (0, 1, 2)),
    ],
)
def test_constants(shape, axes, kind):
    """As NumPy would broadcast them."""
    node = symbol().constant(np.full(shape, 2.0), axes)
    assert node.operation == "constant" and node.kind == kind and not node.boolean
    assert_array_equal(np.ravel(node.value), np.full(int(np.prod(shape)), 2.0))
    assert node.value.ndim == 2 if kind == "row" else node.value.shape == shape
    assert symbol().constant(np.ones(shape, bool), axes).boolean


def test_constants_that_do_not_fit():
    for value, axes in (
        *((np.ones(shape), 2) for shape in ((4,), (3, 4), (2, 3), (4, 2), (4, 3, 1))),
        *((np.ones(shape), 1) for shape in ((3,), (4, 3), (4, 1))),
        (np.array("a"), 2), (np.ones(3, complex), 2), (np.full((), np.longdouble(1)), 0),
    ):  # fmt: skip
        refused(lambda value=value, axes=axes: symbol().constant(value, axes))


def test_kinds_meet():
    """The widest of both; vectors and rows do not meet."""
    for one, two, kind in (
        ("row", "column", "row"), ("column", "scalar", "column"), ("row", "scalar", "row"),
        ("vector", "scalar", "vector"), ("vector", "vector", "vector"), ("scalar", "scalar", "scalar"),
    ):  # fmt: skip
        assert (symbol(one) + symbol(two)).node.kind == (symbol(two) + symbol(one)).node.kind == kind
    for other in ("row", "column"):
        refused(lambda other=other: symbol("vector") + symbol(other), r"\[:, None\] is missing")


def test_what_depends_on_numbers():
    one = symbol()
    asked = (bool, float, int, list, np.asarray, lambda x: [0][x], lambda x: x.__setitem__(0, 1.0))
    for ask in asked:
        refused(lambda ask=ask: ask(one), "depends on the numbers")

    def in_place():
        other = one
        other += 1.0

    refused(in_place, "in place")
    refused(lambda: one.sum(), r"\.sum of a recorded array")
    assert not hasattr(one, "__array_interface__")
