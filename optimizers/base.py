"""What a learner is: it plays z_t, then sees g_t.

`play` and `update` are two methods, so that the order of Algorithm 1 (arXiv 2405.18199) cannot be
got wrong. Hyper-parameters are frozen; everything that changes lives in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
T = TypeVar("T")


class Learner(Protocol):
    """An online learner for linear losses <beta^{-t} g_t, z>, batched over (runs, dim).

    If its state has an array `inbox`, gradients are best written there before they are given to `update`.
    """

    def init(self, shape: tuple[int, int]) -> Any:
        """The state before any gradient; `shape` is (runs, dim)."""
        ...

    def play(self, state: Any, out: Array) -> Array:
        """Write z_t, shape (runs, dim), to `out` and return it."""
        ...

    def update(self, state: Any, grad: Array) -> None:
        """Take g_t, shape (runs, dim), into `state` in place."""
        ...


Maker = Callable[[Any, Any, bool], Learner]  # (radius, beta, coordinatewise) -> learner


@runtime_checkable
class Mover(Protocol):
    """A learner whose gradient point is not x_{t-1} + a_t z_t: it says how to get there from the last one."""

    def move(self, state: Any, play: Array, scale: Array, out: Array) -> None:
        """Write the step between gradient points, shape (runs, dim), to `out`; scale = a_t, shape (runs, 1)."""
        ...


class Alarm:
    """Notices floating-point over- and underflow at no cost while there is none.

    Entering `np.errstate` costs as much as three ufuncs on a small batch, so whoever calls a learner
    in a loop arms the alarm once, around the loop.
    """

    def __init__(self) -> None:
        self.armed = False
        self.raised = False

    def __call__(self, kind: str, flag: int) -> None:
        """Called by NumPy."""
        self.raised = True

    @contextmanager
    def arm(self) -> Iterator[None]:
        """Let over- and underflow set `raised` instead of warning."""
        with np.errstate(over="call", under="call", call=self):
            self.armed = True
            try:
                yield
            finally:
                self.armed = False


ALARM = Alarm()
SHORT = 64  # coordinates of a row that is short for broadcasting
SMALL = 1024


def column(parameter: float | Array, shape: tuple[int, int]) -> Array:
    """A hyper-parameter as it is used in arithmetic: an array of shape (), (runs, 1) or (runs, dim).

    With several coordinates equal numbers become one, in an array of shape (), which a ufunc takes in half the time of
    a Python float; unequal ones are written out, for to broadcast a column over short rows is four times slower.
    """
    runs, dim = shape
    values = np.asarray(parameter, dtype=np.float64)
    if values.ndim and values.shape != (runs,):
        raise ValueError(f"a per-run hyper-parameter must have shape ({runs},), got {values.shape}")
    if dim > 1 and (values.ndim == 0 or (values == values[0]).all()):
        return np.array(values.flat[0])
    each = np.broadcast_to(values, runs)[:, None]
    return np.broadcast_to(each, shape).copy() if dim <= SHORT else each.copy()


class Pair(NamedTuple):
    """Two arrays with a row a run; on small batches on top of each other in `whole`, shape (2, runs, dim), else None.

    There an update costs its calls, not its arithmetic, and one call serves both.
    """

    whole: Any
    first: Array
    second: Array

    @classmethod
    def zeros(cls, shape: tuple[int, int], width: int | None = None) -> Pair:
        """width: that of the second array, if it is not that of the first."""
        runs, dim = shape
        if width not in (None, dim) or runs * dim > SMALL:
            return cls(None, np.zeros(shape), np.zeros((runs, width or dim)))
        whole = np.zeros((2, *shape))
        return cls(whole, *whole)

    def cut(self, runs: int) -> Pair:
        """The first `runs` runs."""
        whole = None if self.whole is None else self.whole[:, :runs]
        return Pair(whole, self.first[:runs], self.second[:runs])


def stack(first: float | Array, second: float | Array, shape: tuple[int, int]) -> Array:
    """Two hyper-parameters written out for `Pair.whole`: nothing is broadcast, which is what costs."""
    return np.stack([np.broadcast_to(np.reshape(each, (-1, 1)), shape) for each in (first, second)])


def take(parts: T, index: slice | NDArray[np.int64]) -> T:
    """The same frozen record for a subset of the runs: its array fields, indexed; nested records too."""
    if not is_dataclass(parts) or isinstance(parts, type):
        return parts
    changed: dict[str, Any] = {}
    for item in fields(parts):
        value = getattr(parts, item.name)
        if isinstance(value, np.ndarray) and value.ndim == 1:
            changed[item.name] = value[index]
        elif is_dataclass(value):
            changed[item.name] = take(value, index)
    return replace(parts, **changed) if changed else parts


def join(parts: Sequence[T]) -> T:
    """The same frozen record for the runs of all, one after the other: `take` the other way round.

    Raises ValueError where they differ in more than their arrays.
    """
    head = parts[0]
    if isinstance(head, np.ndarray) and head.ndim and all(isinstance(part, np.ndarray) for part in parts):
        return cast(T, np.concatenate([np.asarray(part) for part in parts]))
    alike = all(type(part) is type(head) for part in parts)
    if alike and isinstance(head, dict) and all(part.keys() == head.keys() for part in cast(Any, parts)):
        return cast(T, {key: join([part[key] for part in cast(Any, parts)]) for key in head})
    if alike and isinstance(head, list | tuple) and all(len(part) == len(head) for part in cast(Any, parts)):
        return cast(T, type(head)(join(column) for column in zip(*cast(Any, parts), strict=True)))
    if alike and is_dataclass(head) and not isinstance(head, type):
        return replace(head, **{f.name: join([getattr(part, f.name) for part in parts]) for f in fields(head)})
    if not alike or isinstance(head, np.ndarray) or any(part != head for part in parts):
        raise ValueError(f"{head} and others cannot be joined")
    return head


def narrow(state: Any, runs: int) -> None:
    """Keep the first `runs` runs of a state, in place: its array attributes become views.

    Their shape is (runs,) or (..., runs, dim); `Pair`s are cut, too.
    """
    for name, value in list(vars(state).items()):
        if isinstance(value, np.ndarray) and value.ndim:
            setattr(state, name, value[:runs] if value.ndim == 1 else value[..., :runs, :])
        elif isinstance(value, Pair):
            setattr(state, name, value.cut(runs))
