"""Numba, with a place on disk for what it compiles: in the environment, or where that cannot be written, elsewhere.

It compiles little: the loops of simulation/compiled/driver.py, and functions of the C library as ufuncs.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any


@cache
def folder() -> Path:
    """Where compiled code is kept: in the environment, in the user's own temporary folder, or for this process only."""
    for parent in (Path(sys.prefix), Path(tempfile.gettempdir()) / f"adam-ema-{os.getuid()}"):
        place = parent / "share" / "compiled"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            return place
    alone = Path(tempfile.mkdtemp(prefix="adam-ema-"))
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return alone


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Held by one process at a time for each `what`: who comes later finds compiled what the first has compiled."""
    place = int(hashlib.sha256(what.encode()).hexdigest()[:15], 16)  # a byte of the lock, which need not be there
    with (folder() / "lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX, 1, place)
        yield


@contextmanager
def compiling() -> Iterator[Any]:
    """Numba, for one process at a time."""
    import numba  # takes a third of a second, and whoever composes a sweep does not need it

    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder()))
    vars(numba.config)["CACHE_DIR"] = os.environ["NUMBA_CACHE_DIR"]
    with alone("numba"):
        yield numba


def _exp(x: float) -> float:
    return math.exp(x)


def _sin(x: float) -> float:
    return math.sin(x)


def _cos(x: float) -> float:
    return math.cos(x)


def _erfc(x: float) -> float:
    return math.erfc(x)


BODIES = {"exp": _exp, "sin": _sin, "cos": _cos, "erfc": _erfc}


@cache
def library() -> dict[str, Callable[[Any], Any]]:
    """Functions of the C library, by name, elementwise: NumPy has its own of some of them, which round differently."""
    with compiling() as numba:
        elementwise = numba.vectorize(["float64(float64)"], cache=True)
        return {name: elementwise(body) for name, body in BODIES.items()}
