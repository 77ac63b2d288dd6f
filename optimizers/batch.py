"""Hyper-parameters and sums of a batch of runs, in the form in which arithmetic on small batches is fastest."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np

from foundation.arrays import Array, Float

Parameter = int | float | Float[Array, ""] | Float[Array, "runs"]  # for all runs, or one a run
Column = Float[Array, ""] | Float[Array, "runs #dim"]
SHORT = 64  # coordinates of a row that is short for broadcasting
SMALL = 1024  # coordinates of a batch on which an update costs its calls, not its arithmetic


def column(parameter: Parameter, shape: tuple[int, int]) -> Column:
    """A hyper-parameter as it is used in arithmetic: an array of shape (), (runs, 1) or (runs, dim) = shape.

    With several coordinates equal numbers become one, in an array of shape (), which a ufunc takes in half the time of
    a Python float; unequal ones are written out, for to broadcast a column over short rows is four times slower.
    Raises ValueError unless there is one number, or one a run.
    """
    runs, dim = shape
    values = np.asarray(parameter, dtype=np.float64)
    if values.ndim and values.shape != (runs,):
        raise ValueError(f"a per-run hyper-parameter must have shape ({runs},), got {values.shape}")
    if dim > 1 and (values.ndim == 0 or (values == values[0]).all()):
        return np.array(values.flat[0])
    each = np.broadcast_to(values, runs)[:, None]
    return np.broadcast_to(each, shape).copy() if dim <= SHORT else each.copy()


class StackedPair(NamedTuple):
    """Two arrays with a row a run, on top of each other in `whole` if the batch is small: one call serves both.

    whole: None on larger batches, and where the two are not equally wide. first, second: views of it, if there is one.
    """

    whole: Annotated[Any, "2 runs dim"]
    first: Float[Array, "runs dim"]
    second: Float[Array, "runs width"]

    @classmethod
    def zeros(cls, shape: tuple[int, int], width: int | None = None) -> StackedPair:
        """Both zero, of shape (runs, dim); width: that of the second, if it is not that of the first."""
        runs, dim = shape
        if width not in (None, dim) or runs * dim > SMALL:
            return cls(None, np.zeros(shape), np.zeros((runs, width or dim)))
        whole = np.zeros((2, *shape))
        return cls(whole, *whole)


def stack(first: Parameter, second: Parameter, shape: tuple[int, int]) -> Float[Array, "2 runs dim"]:
    """Two hyper-parameters written out for `StackedPair.whole`: nothing is broadcast, which is what costs.

    shape: (runs, dim). Raises ValueError unless each is one number, or one a run.
    """
    return np.stack([np.broadcast_to(np.reshape(each, (-1, 1)), shape) for each in (first, second)])
