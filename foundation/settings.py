"""Settings: fields of a frozen record that a user may set, each with type, default and range in its declaration.

    lam: float = setting(1.0, "(0, inf)")
    betas: tuple[float, ...] = setting((0.9, 0.99), "(0, 1)")
    runs: int | None = setting(None, "[1, inf)")
    assumption: Literal["smooth", "hessian"] = setting("smooth")

The annotation gives the type, `within` the interval of a number, or of each number of a list. Code, never a user, may
put an array in the place of a number where the annotation says so: `float | Float[Array, "runs 1"]`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

LARGEST = 1e300  # nobody means a larger number, and its square is none


@dataclass(frozen=True)
class Interval:
    """An interval written as in mathematics, "(0, 1]" or "[1, inf)"; `value in interval` asks."""

    text: str

    def __contains__(self, value: float) -> bool:
        """Whether the number lies inside; nan never does."""
        low, high = (float(end) for end in self.text[1:-1].split(","))
        above = value >= low if self.text[0] == "[" else value > low
        below = value <= high if self.text[-1] == "]" else value < high
        return bool(above and below)


def setting(default: Any, within: str = "(-inf, inf)", least: int = 1) -> Any:
    """A field of a frozen record that a user may set.

    within: the interval of a number, or of each number of a list. least: how many different entries a list must have.
    """
    return field(default=default, metadata={"setting": (Interval(within), least)})


def settings(kind: type[Any]) -> list[str]:
    """The names of the settings of a record, given its class, in the order of its fields."""
    return [item.name for item in fields(kind) if "setting" in item.metadata]


def types(kind: type[Any]) -> dict[str, Any]:
    """The annotations of a record, given its class: the type of every field, strings resolved."""
    key: Any = kind  # mypy takes no class for hashable
    return _types(key)


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def check_settings(record: Any, key: str) -> None:
    """Raise ValueError unless every setting is of its type and in its range: one line, `key.name = value: must ...`."""
    for item in fields(record):
        if "setting" in item.metadata:
            interval, least = item.metadata["setting"]
            value = getattr(record, item.name)
            wanted = _refusal(value, types(type(record))[item.name], interval, least)
            if wanted:
                raise ValueError(f"{key}{'.' if key else ''}{item.name} = {value!r}: must {wanted}")


def _refusal(value: Any, hint: Any, interval: Interval, least: int) -> str:
    """What the value must be, "" if it is."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if NoneType in inner and value is None:
            return ""
        kinds = [each for each in inner if each is not NoneType]
        kinds = [each for each in kinds if (get_origin(each) is tuple) == isinstance(value, tuple)] or kinds
        if isinstance(value, np.ndarray) and any(isinstance(each, type) and isinstance(value, each) for each in kinds):
            return "" if all(v in interval for v in value.ravel().tolist()) else f"lie in {interval.text}"
        refused = list(dict.fromkeys(_refusal(value, each, interval, least) for each in kinds))
        return "" if "" in refused else " or ".join([*refused, *(["be null"] if NoneType in inner else [])])
    if origin is Literal:
        return "" if value in inner else f"be one of {', '.join(map(str, inner))}"
    if origin is tuple:
        inside = isinstance(value, tuple) and all(not _refusal(v, inner[0], interval, least) for v in value)
        if inside and len(set(value)) >= least:
            return ""
        each = _refusal(None, inner[0], interval, least)
        return f"be a list of {least} or more{' that differ' if least > 1 else ''}, each must {each}"
    if hint is bool or hint is str:
        return "" if isinstance(value, hint) else ("be true or false" if hint is bool else "be a text")
    good = isinstance(value, int if hint is int else int | float) and not isinstance(value, bool)
    if good and abs(value) < LARGEST and math.isfinite(value) and value in interval:
        return ""
    return f"be an integer in {interval.text}" if hint is int else f"lie in {interval.text}"
