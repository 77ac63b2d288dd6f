"""The supremum of a function of two variables, certified by branch and bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from foundation.arrays import Array, Float

SIGNS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
MOST = 4**11  # boxes

Bounds = Callable[[Float[Array, "boxes 2"], float], tuple[Float[Array, "boxes"], Float[Array, "boxes"]]]


def supremum(bounds: Bounds, centre: Sequence[float], half: float, tolerance: float) -> float:
    """An upper bound, at most `tolerance` of it too large, of a positive function on the square centre +- half.

    bounds(centres, half): the function's values at the centres of boxes, and upper bounds of it in the boxes, which
    come as close to the values as one likes when half goes to 0. Raises ArithmeticError if they do not.
    """
    boxes, best = np.asarray(centre, float)[None], 0.0
    while len(boxes) <= MOST:
        values, most = bounds(boxes, half)
        best = max(best, float(values.max()))
        boxes, half = boxes[most > best * (1.0 + tolerance)], half / 2.0
        if not len(boxes):
            return best * (1.0 + tolerance)
        boxes = (boxes[:, None] + half * SIGNS).reshape(-1, 2)
    raise ArithmeticError("the bounds of the boxes do not approach the values")
