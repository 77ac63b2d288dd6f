"""The loop over the steps of a block, which calls the function of a step and sums up what the probes see."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from foundation.compiling import compiling

GROUP = 8  # runs that are moved together: while one waits for its division, the next goes on


def _called(context: Any, address: Any, pointers: Any, raw: Any, runs: Any) -> Any:
    """Call a step by its address, with the addresses of its pointers and of its random numbers; what it returns."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(word, [pointer, pointer, word])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        addresses = [builder.inttoptr(value, pointer) for value in arguments[1:3]]
        return builder.call(function, [*addresses, arguments[3]])

    return types.int64(address, pointers, raw, runs), generate


_call: Any = intrinsic(_called)


def _along(
    time: int,
    steps: int,
    active: Any,
    step: Any,
    clock: Any,
    scale: Any,
    scales: Any,
    which_scale: Any,
    raw: Any,
    raws: Any,
    which_raw: Any,
    places: Any,
    out: Any,
    total: Any,
    most: Any,
    curve: Any,
    noisy: Any,
    failed: Any,
) -> None:
    """The steps time + 1, ..., time + steps of the active runs, run by run.

    step: the address of a step, that of the first run's pointers, and how far it is to those of the next. scales, raws:
    (streams, steps, width), of which run r reads those of which[r]; scale, raw: where the step finds them, shape
    (runs, width). places: of every step its place among the checkpoints, or -1. out, total, most: (runs, signals);
    curve: (runs, times, signals). noisy: g_t, shape (runs,), of one coordinate. failed: (runs,), whether some gradient
    was not finite.
    """
    for first in range(0, len(active), GROUP):
        for t in range(steps):
            clock[0] = time + t + 1.0
            for j in range(first, min(first + GROUP, len(active))):
                r = active[j]
                scale[r, 0] = scales[which_scale[r], t, 0]
                here = raws.ctypes.data + which_raw[r] * raws.strides[0] + t * raws.strides[1]
                if _call(step[0], step[1] + r * step[2], here, 1):
                    failed[r] = True
                for k in range(total.shape[1]):
                    value = out[r, k]
                    total[r, k] += value
                    if not (most[r, k] >= value or most[r, k] != most[r, k]):
                        most[r, k] = value
                if places[t] >= 0:
                    for k in range(total.shape[1]):
                        curve[r, places[t], k] = out[r, k]


def _across(
    time: int,
    steps: int,
    active: Any,
    step: Any,
    clock: Any,
    scale: Any,
    scales: Any,
    which_scale: Any,
    raw: Any,
    raws: Any,
    which_raw: Any,
    places: Any,
    out: Any,
    total: Any,
    most: Any,
    curve: Any,
    noisy: Any,
    failed: Any,
) -> None:
    """The same for one coordinate, step by step for all runs up to the last active one.

    There scale and raw have shape (1, runs); out, total and most (signals, runs).
    """
    runs = active[len(active) - 1] + 1
    for t in range(steps):
        clock[0] = time + t + 1.0
        for r in range(runs):
            scale[0, r] = scales[which_scale[r], t, 0]
        for r in range(runs):
            raw[0, r] = raws[which_raw[r], t, 0]
        if _call(step[0], step[1], raw.ctypes.data, runs):
            for r in range(runs):
                if not np.isfinite(noisy[r]):
                    failed[r] = True
        for k in range(total.shape[0]):
            for r in range(runs):
                value = out[k, r]
                total[k, r] += value
                if not (most[k, r] >= value or most[k, r] != most[k, r]):
                    most[k, r] = value
        if places[t] >= 0:
            for k in range(total.shape[0]):
                for r in range(runs):
                    curve[r, places[t], k] = out[k, r]


_LINE, _TABLE, _BLOCK = types.int64[::1], types.float64[:, :], types.float64[:, :, ::1]
_SIGNATURE = types.void(
    *(types.int64, types.int64, _LINE, _LINE, types.float64[::1]),
    *(_TABLE, types.float64[:, :, :], _LINE, _TABLE, types.float64[:, :, :], _LINE),
    *(_LINE, _TABLE, _TABLE, _TABLE, _BLOCK, types.float64[:], types.boolean[::1]),
)
with compiling() as _numba:
    along = _numba.njit(_SIGNATURE, cache=True, error_model="numpy")(_along)
    across = _numba.njit(_SIGNATURE, cache=True, error_model="numpy")(_across)
