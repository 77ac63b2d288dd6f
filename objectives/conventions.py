"""What an objective keeps to wherever it is called: it writes into nothing that it is given, and gives new arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from objectives.base import Objective


def check_conventions(objective: Objective) -> None:
    """Raise TypeError, one line with class and method, unless `value` and `grad` do so about the start."""
    dim = len(objective.start)
    for method, shape in (("value", (2,)), ("grad", (2, dim))):
        named, found = f"{type(objective).__name__}.{method}", list[Any]()
        for far in (0.0, 1.0):
            x = np.stack([objective.start, objective.start + far])
            given, x.flags.writeable = x.copy(), False
            found.append(_called(objective, method, x, named))
            if not isinstance(found[-1], np.ndarray) or found[-1].shape != shape or found[-1].dtype.kind not in "fiu":
                what = f"{type(found[-1]).__name__} of shape {np.shape(found[-1])}"
                raise TypeError(f"{named} gives {what} at points of shape {x.shape}: must be an array of shape {shape}")
            if not np.array_equal(x, given):
                raise TypeError(f"{named} writes into the points that it is given: write a = a + b")
            if np.shares_memory(found[-1], x):
                raise TypeError(f"{named} gives back the points that it is given: must be a new array")
        if np.shares_memory(*found):
            raise TypeError(f"{named} gives the same array at every call: must be a new one")


def _called(objective: Objective, method: str, x: Any, named: str) -> Any:
    """What a method gives at read-only points; how large it is does not matter here."""
    try:
        with np.errstate(all="ignore"):
            return getattr(objective, method)(x)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise TypeError(f"{named} writes into the points that it is given: write a = a + b") from error
