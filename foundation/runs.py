"""What belongs to a run: the record that holds an array declares it, by an axis named `runs` in its shape.

    radius: float | Float[Array, "runs"]     one number for all runs, or one a run
    rates: Float[Array, "dim"]               the same for all runs, however many they are
    whole: Float[Array, "2 runs dim"]        the runs lie along the second axis
    best: Float[Array, "batch dim"]          the same for all runs, whatever its axes

Frozen records and named tuples declare their fields, objects that change (states, probes) their attributes, in the
class body; `Annotated[Any, "runs dim"]` does as well. An array of shape () is one number for all runs. An array of no
declared shape is refused with TypeError: nothing is guessed from how many axes it has. What is inside is entered:
records, lists, dicts, objects; but not what is declared to have a shape without runs.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import ModuleType
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from foundation.shapes import Shapes, axes_called, declared_shapes, parameter_shapes

RUNS = "runs"
T = TypeVar("T")
Index = slice | NDArray[np.int64]


def select_runs(record: T, index: Index) -> T:
    """The same frozen record for the runs `index`, a slice or integers of shape (k,).

    Raises TypeError for an array of no declared shape.
    """
    return cast(T, _Walk(_picker(index)).visit(record, (), type(record).__qualname__))


def select_arguments(function: Callable[..., Any], arguments: Mapping[str, Any], index: Index) -> dict[str, Any]:
    """The arguments of a call for the runs `index`; the signature of the function (or class) declares their shapes.

    Raises TypeError for an array of no declared shape.
    """
    where, shapes, walk = function.__qualname__, parameter_shapes(function), _Walk(_picker(index))
    return {k: walk.visit(v, shapes.get(k, ()), f"{where}.{k}") for k, v in arguments.items()}


def has_runs(kind: type[Any], name: str) -> bool:
    """Whether a class declares that an attribute has a row a run, or declares no shape for it."""
    shapes = declared_shapes(cast(Any, kind)).get(name, ())
    return not shapes or any(RUNS in shape.split() for shape in shapes)


def check_runs(state: Any, count: int) -> None:
    """Raise TypeError for an array of no declared shape, ValueError for one whose runs are not `count`.

    So a mistake in a state or probe shows at once, not when the first run is done.
    """

    _Walk(_same(count, type(state).__qualname__)).visit(state, (), type(state).__qualname__)


def check_arguments(function: Callable[..., Any], arguments: Mapping[str, Any], count: int) -> None:
    """The same for the arguments of a call, whose shapes the signature of the function (or class) declares."""
    where, shapes = function.__qualname__, parameter_shapes(function)
    for name, value in arguments.items():
        _Walk(_same(count, where)).visit(value, shapes.get(name, ()), f"{where}.{name}")


def _same(count: int, where: str) -> Callable[[NDArray[Any], int], NDArray[Any]]:
    def same(array: NDArray[Any], axis: int) -> NDArray[Any]:
        if array.shape[axis] != count:
            found = f"an array in {where} has shape {array.shape}"
            raise ValueError(f"{found}: axis {axis} is declared to be the {count} runs")
        return array

    return same


def concat_runs(records: Sequence[T]) -> T:
    """One record for the runs of all, one after the other: `select_runs` the other way round.

    Raises ValueError where they differ in more than arrays that are declared to have runs.
    """
    return cast(T, _joined(records, (), type(records[0]).__qualname__))


def concat_arguments(function: Callable[..., Any], several: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The arguments of one call for the runs of several calls, one after the other; the signature declares the shapes.

    Raises ValueError where they differ in more than arrays that are declared to have runs.
    """
    shapes, names = parameter_shapes(function), list(several[0])
    if any(list(each) != names for each in several):
        raise ValueError(f"calls of {function.__qualname__} with different arguments cannot share a batch")
    return {k: _joined([each[k] for each in several], shapes.get(k, ()), k) for k in names}


def _picker(index: Index) -> Callable[[NDArray[Any], int], NDArray[Any]]:
    return lambda array, axis: array[(slice(None),) * axis + (index,)]


@dataclass
class _Walk:
    """Goes through all that a value holds, and cuts every array along its runs: cut(array, axis)."""

    cut: Callable[[NDArray[Any], int], NDArray[Any]]
    above: set[int] = field(default_factory=set)  # objects that are being visited

    def visit(self, value: Any, shapes: Shapes, where: str) -> Any:
        """What becomes of the value; the very same object if nothing does."""
        if isinstance(value, np.ndarray):
            axis = _axis(value, shapes, where)
            return value if axis is None else self.cut(value, axis)
        if shapes and not any(RUNS in shape.split() for shape in shapes):
            return value
        if isinstance(value, dict):
            entries = {key: self.visit(each, shapes, where) for key, each in value.items()}
            return entries if any(entries[key] is not value[key] for key in value) else value
        if isinstance(value, list) or type(value) is tuple:
            items = [self.visit(each, shapes, where) for each in value]
            return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
        if id(value) in self.above or inspect.isroutine(value) or isinstance(value, type | ModuleType):
            return value
        self.above.add(id(value))
        changed = dict(self._changes(value))
        self.above.remove(id(value))
        return self._with(value, changed) if changed else value

    def _changes(self, owner: Any) -> Iterator[tuple[str, Any]]:
        """The attributes that do not stay, with what becomes of them."""
        shapes = declared_shapes(cast(Any, type(owner)))
        for name in _attributes(owner):
            value = getattr(owner, name)
            if not isinstance(value, bool | int | float | str | None):
                new = self.visit(value, shapes.get(name, ()), f"{type(owner).__qualname__}.{name}")
                if new is not value:
                    yield name, new

    def _with(self, owner: Any, changed: dict[str, Any]) -> Any:
        """The object with other attributes."""
        if isinstance(owner, tuple):
            return cast(Any, owner)._replace(**changed)
        if is_frozen(owner):
            return replace(owner, **changed)
        owner = copy.copy(owner)
        for name, value in changed.items():
            setattr(owner, name, value)
        return owner


def _axis(array: NDArray[Any], shapes: Shapes, where: str) -> int | None:
    """Along which axis of the array its runs lie; None if along none."""
    if not array.ndim:
        return None
    if not shapes:
        name = where.rpartition(".")[2]
        raise TypeError(
            f"{where} is an array of shape {array.shape} without a declared shape: write `{name}: Float[Array, "
            '"runs dim"]` (or whatever its axes are) in the class; the axis `runs` says where its runs lie'
        )
    found = {axis for shape in shapes for axis in axes_called(RUNS, shape, array.ndim)}
    if len(found) != 1:
        what = "more than one" if found else "none"
        raise TypeError(f"{where} has shape {array.shape}: {what} of its declared shapes {' | '.join(shapes)!r} fits")
    return found.pop()


def is_frozen(value: Any) -> bool:
    """Whether a value is a frozen record, whose fields never change."""
    return is_dataclass(value) and cast(Any, value).__dataclass_params__.frozen


def _attributes(owner: Any) -> list[str]:
    """Fields of a frozen record or named tuple, else all attributes."""
    if isinstance(owner, tuple):
        return list(getattr(owner, "_fields", ()))
    if is_frozen(owner):
        return [item.name for item in fields(owner) if item.init]
    slots = [name for base in type(owner).__mro__ for name in base.__dict__.get("__slots__", ())]
    return [*getattr(owner, "__dict__", ()), *(name for name in slots if hasattr(owner, name))]


def _joined(values: Sequence[Any], shapes: Shapes, where: str) -> Any:
    """All values as one."""
    head = values[0]
    if all(type(value) is type(head) for value in values):
        if isinstance(head, np.ndarray):
            axes = {_axis(value, shapes, where) for value in values}
            axis = axes.pop()
            if not axes and axis is not None:
                return np.concatenate(values, axis)
            if not axes and all(np.array_equal(value, head) for value in values):
                return head
        elif isinstance(head, dict):
            if all(value.keys() == head.keys() for value in values):
                return {key: _joined([value[key] for value in values], shapes, where) for key in head}
        elif isinstance(head, list) or type(head) is tuple:
            if all(len(value) == len(head) for value in values):
                return type(head)(_joined(each, shapes, where) for each in zip(*values, strict=True))
        elif isinstance(head, tuple) or is_frozen(head):
            declared, owner = declared_shapes(cast(Any, type(head))), type(head).__qualname__
            parts = {
                name: _joined([getattr(value, name) for value in values], declared.get(name, ()), f"{owner}.{name}")
                for name in _attributes(head)
            }
            return cast(Any, head)._replace(**parts) if isinstance(head, tuple) else replace(head, **parts)
        elif all(value is head or value == head for value in values):
            return head
    raise ValueError(f"{where}: {head!r} and others differ in more than runs and cannot share a batch")
