"""Argument checks: one line that names parameter, value and valid range.

They take anything, and refuse what is no number and no array of numbers; arrays of any shape.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers: TypeAlias = np.float64 | NDArray[np.float64]  # what a function that broadcasts returns

LARGEST_COUNT = 2.0**53  # beyond it a float64 no longer tells neighbouring integers apart


class TooManyError(ValueError):
    """A number of steps that nobody could count."""


def real(value: ArrayLike) -> NDArray[np.float64]:
    """`value` as a float64 array of its own shape, to be called after a check."""
    return np.asarray(value, np.float64)


def _floats(name: str, value: Any) -> NDArray[np.float64]:
    """`value` as float64. Raises TypeError if it is not made of real numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} = {value!r}: must be a real number or an array of real numbers")
    return array.astype(np.float64)


def show(value: Any) -> str:
    """A value on one line, whatever its shape: long arrays are shortened."""
    return " ".join(np.array2string(np.asarray(value), threshold=6).split())


def positive(**parameters: Any) -> None:
    """Every parameter must be finite and > 0. Raises ValueError, or TypeError if not real."""
    for name, value in parameters.items():
        array = _floats(name, value)
        if not np.all(np.isfinite(array) & (array > 0)):
            raise ValueError(f"{name} = {show(value)}: must be finite and > 0")


def nonnegative(**parameters: Any) -> None:
    """Every parameter must be finite and >= 0. Raises ValueError, or TypeError if not real."""
    for name, value in parameters.items():
        array = _floats(name, value)
        if not np.all(np.isfinite(array) & (array >= 0)):
            raise ValueError(f"{name} = {show(value)}: must be finite and >= 0")


def finite(**parameters: Any) -> None:
    """Every parameter must be finite. Raises ValueError, or TypeError if not real."""
    for name, value in parameters.items():
        if not np.all(np.isfinite(_floats(name, value))):
            raise ValueError(f"{name} = {show(value)}: must be finite")


def discount(beta: Any) -> None:
    """beta must lie in (0, 1). Raises ValueError, or TypeError if not real."""
    array = _floats("beta", beta)
    if not np.all((array > 0) & (array < 1)):
        raise ValueError(f"beta = {show(beta)}: must lie in (0, 1)")


def count(**parameters: Any) -> None:
    """Every parameter must be an integer in 1..2^53. Raises ValueError, or TypeError if not real."""
    for name, value in parameters.items():
        array = _floats(name, value)
        if not np.all((array >= 1) & (array <= LARGEST_COUNT) & (array == np.floor(array))):
            raise ValueError(f"{name} = {show(value)}: must be an integer in 1..2^53")


def round_up(steps: Numbers) -> np.int64 | NDArray[np.int64]:
    """The number of steps as int64, rounded up, at least 1. Raises TooManyError above 2^53."""
    whole = np.maximum(np.ceil(steps), 1.0)
    if not np.all(whole <= LARGEST_COUNT):
        raise TooManyError(
            f"steps = {show(steps)}: must be at most 2^53; choose a larger eps or a smaller gap or guess"
        )
    return np.asarray(whole.astype(np.int64))[()]
