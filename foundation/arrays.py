"""Arrays and their shapes. An annotation `Float[Array, "runs dim"]` names every axis.

Annotations are checked under pytest (jaxtyping and beartype, see tests/conftest.py); at run time they are strings that
nobody reads, but for the axis `runs`: it says which rows belong to a run (foundation/runs.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool as Bool
from jaxtyping import Float as Float
from jaxtyping import Int as Int

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]
else:
    Array = IntArray = BoolArray = np.ndarray | np.generic  # a sum over the only axis is a scalar: no axes are left
