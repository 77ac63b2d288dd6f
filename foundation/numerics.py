"""Numerical functions of which both engines make the same bits: an order of summation, and functions of the C library.

Arrays are batches of rows: the last axis is that of the coordinates. NumPy adds rows up in an order of its own, and has
an exponential of its own; whoever uses these functions instead can be compiled (simulation/compiled/). Called with the
symbols of a recording, they record themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from foundation.arrays import Array, Float
from foundation.compiling import BODIES, library

FEW = 64  # numbers
LANES = 8  # sums that `total` carries side by side
HUGE, TINY = 2.0**400, 2.0**-400  # outside, squares over- or underflow
DOWN, UP = 2.0**-600, 2.0**600
Function = TypeVar("Function", bound=Callable[..., Any])


def recordable(function: Function) -> Function:
    """The function, which asks the first argument that is a recorded symbol to stand for the whole call."""

    def call(*arguments: Any) -> Any:
        for argument in arguments:
            record = getattr(argument, "record_call", None)
            if record is not None:
                return record(function.__name__, arguments)
        return function(*arguments)

    call.__name__, call.__doc__, call.__wrapped__ = function.__name__, function.__doc__, function  # type: ignore
    call.__annotations__, call.__module__, call.__qualname__ = {}, function.__module__, function.__qualname__
    return call  # type: ignore[return-value]


@recordable
def total(v: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """The sum over the coordinates: coordinate i goes to lane i mod 8, then the lanes are added, half to half."""
    if v.shape[-1] == 1:
        return v[..., 0] + 0.0
    lanes = np.zeros((*v.shape[:-1], LANES))
    for first in range(0, v.shape[-1], LANES):
        part = v[..., first : first + LANES]
        lanes[..., : part.shape[-1]] += part
    half = LANES // 2
    while half:
        lanes = lanes[..., :half] + lanes[..., half : 2 * half]
        half //= 2
    return lanes[..., 0]


@recordable
def largest(v: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """The largest of the coordinates."""
    return v.max(axis=-1)


@recordable
def smallest(v: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """The smallest of the coordinates."""
    return v.min(axis=-1)


@recordable
def shifted(v: Float[Array, "*batch dim"], by: int) -> Float[Array, "*batch dim"]:
    """v moved along the coordinates: out[i] = v[i - by], 0 where there is none."""
    out, kept = np.zeros_like(v), max(v.shape[-1] - abs(by), 0)
    if by > 0:
        out[..., by : by + kept] = v[..., :kept]
    else:
        out[..., :kept] = v[..., -by : kept - by]
    return out


@recordable
def picked(table: Float[Array, "rows dim"], index: Float[Array, "*batch"]) -> Float[Array, "*batch dim"]:
    """table[floor(index)], a row a number; 0 <= index < rows."""
    return table[index.astype(np.int64)]


@recordable
def exp(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The C library's exponential, elementwise."""
    return _library("exp", x)


@recordable
def sin(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The C library's sine, elementwise."""
    return _library("sin", x)


@recordable
def cos(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The C library's cosine, elementwise."""
    return _library("cos", x)


@recordable
def erfc(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The C library's complementary error function, elementwise."""
    return _library("erfc", x)


def _library(name: str, x: Any) -> Any:
    """A function of the C library. For a few numbers Numba need not be loaded: Python's `math` calls the same one."""
    x = np.asarray(x)
    if x.size <= FEW and not library.cache_info().currsize:
        try:
            return np.array([BODIES[name](each) for each in x.ravel().tolist()]).reshape(x.shape)[()]
        except (OverflowError, ValueError):  # it raises where the library gives infinity or nan
            pass
    return library()[name](x)


def dot(a: Float[Array, "*#batch dim"], b: Float[Array, "*#batch dim"]) -> Float[Array, "*batch"]:
    """<a, b> of every row."""
    return total(a * b)


def norm(v: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """||v||_2 of every row, whose squares must not over- or underflow; `length` has no such condition."""
    return np.sqrt(total(v * v))


def length(v: Float[Array, "*batch dim"]) -> Float[Array, "*batch"]:
    """||v||_2 of every row, for numbers of any size."""
    down, up = units(largest(np.abs(v)))
    scaled = v * down[..., None]
    return np.sqrt(total(scaled * scaled)) * up


def vector_norm(v: Float[Array, "dim"]) -> float:
    """||v||_2 of one vector, for numbers of any size; NumPy adds up, so that it is for what is not compiled."""
    down, up = units(np.abs(v).max(initial=0.0))
    return float(np.sqrt(np.square(v * down).sum()) * up)


def units(size: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """A power of two that makes numbers of about this size fit to be squared, and its inverse, elementwise."""
    large, small = size > HUGE, size < TINY
    return np.where(large, DOWN, np.where(small, UP, 1.0)), np.where(large, UP, np.where(small, DOWN, 1.0))


def ratio(part: Float[Array, "*#shape"], whole: Float[Array, "*#shape"]) -> Float[Array, "*#shape"]:
    """part/whole, 0 where whole is 0, nan where it is nan; whole >= 0, and shapes broadcast."""
    there = whole != 0.0
    return np.where(there, part / np.where(there, whole, 1.0), 0.0)
