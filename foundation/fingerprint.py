"""What a record contains, as a key: only what is known to be of equal content has equal fingerprints."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
REMEMBERED = 32  # calls
PLAIN = (bool, int, str, bytes, type(None))


def fingerprint(value: Any) -> Hashable:
    """Numbers, texts, arrays of numbers, lists, tuples, dicts and frozen records of these by their content, classes by
    themselves. Anything else may change, or hide something: it has a new fingerprint whenever it is asked for.
    """
    kind = type(value)
    if kind in PLAIN or isinstance(value, type):
        return kind, value
    if kind is float:
        return kind, value.hex()  # tells 0.0 from -0.0, and nan is like nan
    if isinstance(value, np.generic) or kind is np.ndarray:
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return kind, array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest()
    if kind is dict:
        return kind, tuple((fingerprint(key), fingerprint(each)) for key, each in value.items())
    if kind in (list, tuple):
        return kind, tuple(fingerprint(each) for each in value)
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        return kind, tuple((name, fingerprint(getattr(value, name))) for name in _attributes(value))
    return kind, object()


def _attributes(record: Any) -> list[str]:
    """The fields, and what else the record holds; what it computed from them and keeps does not count."""
    names = [item.name for item in fields(record)]
    more = [name for name in getattr(record, "__dict__", ()) if name not in names]
    return names + [name for name in more if not isinstance(getattr(type(record), name, None), cached_property)]


def freeze(value: T) -> T:
    """The value, in which all arrays in lists, tuples, dicts and records are made read-only: it has several readers."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, dict):
        freeze(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            freeze(each)
    elif is_dataclass(value) and not isinstance(value, type):
        freeze([getattr(value, item.name) for item in fields(value)])
    return value


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """A function that does not compute again what a claim and its controls ask for alike.

    The results of the last calls are kept; the arrays in them are read-only.
    """
    results: OrderedDict[Hashable, R] = OrderedDict()

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        key = fingerprint((args, kwargs))
        if key not in results:
            results[key] = freeze(function(*args, **kwargs))
            while len(results) > REMEMBERED:
                results.popitem(last=False)
        return results[key]

    return call
