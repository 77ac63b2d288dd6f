"""Symbols that stand for numbers of every run, and record what NumPy does with them.

A part of a step (simulation/parts.py) is called once, with symbols in the place of arrays; what it computes comes out
as a graph of nodes. So the reference's own text is what is compiled, and nothing is written twice. What cannot be
recorded, since it would depend on numbers, raises NotRecordedError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

Kind = Literal["row", "column", "vector", "scalar"]  # (runs, dim), (runs, 1), (runs,), ()

NUMERIC: tuple[str, ...] = ("add", "subtract", "multiply", "divide", "copysign", "maximum", "minimum")
NUMERIC += ("negative", "positive", "absolute", "sqrt", "floor", "rint", "sign")
RELATIONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
LOGICAL = {"bitwise_and": "and", "bitwise_or": "or", "invert": "not"}
LOGICAL |= {"logical_and": "and", "logical_or": "or", "logical_not": "not"}
ELEMENTARY = ("exp", "sin", "cos", "erfc")
REDUCTIONS = ("total", "largest", "smallest", "first")


class NotRecordedError(TypeError):
    """What a part does cannot be recorded: it has no kernel, and runs on the reference engine."""


@dataclass(frozen=True, eq=False)
class Node:
    """A number of every run, or of every coordinate of every run: how it comes about.

    operation: a name of NUMERIC, RELATIONS, LOGICAL's values, ELEMENTARY or REDUCTIONS, or "where", "same", "shifted",
    "picked"; "leaf" is an array that is given, from a place in memory, "constant" one that is always the same.
    """

    operation: str
    arguments: tuple[Node, ...]
    kind: Kind
    boolean: bool = False
    value: Any = None


class Symbol(NDArrayOperatorsMixin):
    """Stands for an array of shape (runs, dim), (runs, 1), (runs,) or (); `node` says how it comes about."""

    def __init__(self, node: Node, size: tuple[int, int]) -> None:
        self.node, self.size_of_batch = node, size

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what it stands for."""
        runs, dim = self.size_of_batch
        return {"row": (runs, dim), "column": (runs, 1), "vector": (runs,), "scalar": ()}[self.node.kind]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Symbol:
        if method != "__call__" or kwargs:
            raise NotRecordedError(f"np.{ufunc.__name__} with {', '.join(kwargs) or method} cannot be recorded")
        if ufunc is np.square:
            ufunc, inputs = np.multiply, (inputs[0], inputs[0])
        if ufunc is np.power and isinstance(inputs[1], int | float) and inputs[1] == 2:
            ufunc, inputs = np.multiply, (inputs[0], inputs[0])
        nodes, name = self._nodes(inputs), "absolute" if ufunc is np.fabs else ufunc.__name__
        if name in NUMERIC and all(node.boolean for node in nodes):
            raise NotRecordedError(f"np.{name} of truth values cannot be recorded: take &, | or ~, or multiply by 1.0")
        if name in NUMERIC or name in RELATIONS:
            return self._symbol(name, nodes, boolean=name in RELATIONS)
        if name in LOGICAL and all(node.boolean for node in nodes):
            return self._symbol(LOGICAL[name], nodes, boolean=True)
        hint = "; foundation.numerics has one that can" if name in ELEMENTARY else ""
        raise NotRecordedError(f"np.{name} cannot be recorded{hint}")

    def __array_function__(self, function: Any, types: Any, arguments: Any, kwargs: Any) -> Symbol:
        if function is np.where and len(arguments) == 3:
            nodes = self._nodes(arguments)
            if not nodes[0].boolean:
                raise NotRecordedError("np.where takes a comparison as its condition, to be recorded")
            return self._symbol("where", nodes, nodes[1].boolean and nodes[2].boolean)
        if function is np.clip and len(arguments) == 3 and not kwargs:
            x, low, high = arguments
            return np.minimum(high, np.maximum(low, x))  # of 0.0 and -0.0 it keeps x
        raise NotRecordedError(f"np.{function.__name__} cannot be recorded")

    def record_call(self, name: str, arguments: tuple[Any, ...]) -> Symbol:
        """The call of a function of foundation/numerics.py."""
        whole = self.node.kind == "row" or (self.node.kind == "column" and self.size_of_batch[1] == 1)
        if name in ELEMENTARY:
            return self._symbol(name, self._nodes(arguments))
        if name in REDUCTIONS and whole and (name == "total" or not self.node.boolean):
            return Symbol(Node(name, (self.node,), "vector"), self.size_of_batch)
        if name == "shifted" and whole and not self.node.boolean:
            return Symbol(Node(name, (self.node,), "row", value=int(arguments[1])), self.size_of_batch)
        if name == "picked" and arguments[1] is self and self.node.kind == "vector" and not self.node.boolean:
            table = np.asarray(arguments[0])
            if table.dtype == np.float64 and table.ndim == 2 and table.shape[1] == self.size_of_batch[1]:
                return Symbol(Node(name, (self.node,), "row", value=table), self.size_of_batch)
        raise NotRecordedError(f"{name} of this cannot be recorded")

    def __getitem__(self, key: Any) -> Symbol:
        whole = key[:-1] in ((slice(None),), (Ellipsis,)) if isinstance(key, tuple) and len(key) == 2 else False
        if whole and key[1] is None and self.node.kind == "vector":
            return self._as("column")
        if whole and key[1] == 0 and key[1] is not None and self.node.kind == "column":
            return self._as("vector")
        if whole and key[1] == 0 and key[1] is not None and self.node.kind == "row" and not self.node.boolean:
            return Symbol(Node("first", (self.node,), "vector"), self.size_of_batch)
        if key is Ellipsis:
            return self
        raise NotRecordedError(f"[{key}] of a recorded array cannot be recorded")

    def _as(self, kind: Kind) -> Symbol:
        return Symbol(Node("same", (self.node,), kind, self.node.boolean), self.size_of_batch)

    def _nodes(self, inputs: Any) -> list[Node]:
        axes = max(each.ndim if isinstance(each, Symbol) else np.ndim(each) for each in inputs)
        return [each.node if isinstance(each, Symbol) else self.constant(each, axes) for each in inputs]

    def constant(self, value: Any, axes: int) -> Node:
        """A number or an array that no symbol went into, as NumPy would broadcast it against `axes` axes."""
        array = np.asarray(value)
        if not np.can_cast(array.dtype, np.float64) or array.ndim > max(axes, 1):
            raise NotRecordedError(f"an array of {array.dtype} and shape {array.shape} cannot be recorded")
        (runs, dim), boolean, array = self.size_of_batch, array.dtype == bool, array.astype(float)
        kinds: dict[tuple[int, ...], Kind]
        if axes == 2:
            kinds = {
                (runs, dim): "row",
                (1, dim): "row",
                (dim,): "row",
                (runs, 1): "column",
                (1, 1): "column",
                (1,): "column",
            }
        else:
            kinds = {(runs,): "vector", (1,): "vector"}
        kind = kinds.get(array.shape, "scalar")
        if kind == "scalar" and array.ndim:
            raise NotRecordedError(f"a constant of shape {array.shape} fits no {runs} runs of {dim} coordinates")
        return Node("constant", (), kind, boolean, value=np.atleast_2d(array) if kind == "row" else array)

    def _symbol(self, operation: str, nodes: list[Node], boolean: bool = False) -> Symbol:
        kinds = {node.kind for node in nodes}
        if "vector" in kinds and kinds & {"row", "column"}:
            raise NotRecordedError("arrays of shape (runs,) and (runs, dim) meet: [:, None] is missing")
        kind: Kind = next(each for each in ("row", "column", "vector", "scalar") if each in kinds)
        return Symbol(Node(operation, tuple(nodes), kind, boolean), self.size_of_batch)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise NotRecordedError("a decision or a value that depends on the numbers of a run cannot be recorded")

    __bool__ = __float__ = __int__ = __index__ = __iter__ = __array__ = __setitem__ = _refuse

    def _in_place(self, _: Any) -> Any:
        raise NotRecordedError("an operation in place cannot be recorded: write a = a + b")

    __iadd__ = __isub__ = __imul__ = __itruediv__ = _in_place

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotRecordedError(f".{name} of a recorded array cannot be recorded")


class Unknown:
    """Stands for an array that the recorder does not know the place of: whatever asks for it is refused."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> Any:
        raise NotRecordedError(self._why)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise NotRecordedError(self._why)

    __array_ufunc__ = __array_function__ = __getitem__ = __array__ = __len__ = __bool__ = __float__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse
