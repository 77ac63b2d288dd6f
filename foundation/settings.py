"""Settings: fields of a frozen record that a user may set, each with type, default and range in its declaration.

    lam: float = setting(1.0, "(0, inf)")
    betas: tuple[float, ...] = setting((0.9, 0.99), "(0, 1)")
    runs: int | None = setting(None, "[1, 1e6]")
    assumption: Literal["smooth", "hessian"] = setting("smooth")

The annotation gives the type, `within` the interval of a number, or of each number of a list. Whatever the interval, a
float is 0 or of a size from 1e-102 to 1e102, so that squares, cubes and products of two with a count neither overflow
nor vanish; counts say themselves where they end. The entries of a list are points of a grid and must differ, to the six
digits that a label shows; where one number will do, too (`float | tuple[float, ...]`), the list has one for each
coordinate, and they may repeat. Code, never a user, may put an array in the place of a number where the annotation says
so: `float | Float[Array, "runs 1"]`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

SMALLEST, LARGEST = 1e-102, 1e102  # the sizes of floats that are not 0: what users write, 1e-100 to 1e100, has room


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


def setting(
    default: Any, within: str = "(-inf, inf)", least: int = 1, repeats: bool = False, matching: str = ".*"
) -> Any:
    """A field of a frozen record that a user may set.

    within: the interval of a number, or of each number of a list. least: how many different entries a list must have.
    repeats: whether they may be alike, as in a vector. matching: the regular expression of a text.
    """
    made: dict[str, Any] = {"default_factory": default.copy} if isinstance(default, dict) else {"default": default}
    return field(**made, metadata={"setting": (Interval(within), least, repeats, matching)})


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


def converted(value: Any, hint: Any) -> Any:
    """The value as the annotation has it, where nothing is lost: 1e3 is the count 1000, 2 the scale 2.0, [1] (1.0,).

    So that one value has one form, however it was written. What cannot be converted is returned as it is.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        kinds = [each for each in inner if (get_origin(each) is tuple) == isinstance(value, list | tuple)]
        return converted(value, kinds[0]) if kinds and value is not None else value
    if isinstance(value, list | tuple):
        return tuple(converted(each, inner[0] if origin is tuple else None) for each in value)
    if hint is int and isinstance(value, float) and abs(value) <= LARGEST and value.is_integer():
        return int(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST:
        return float(value)
    return value


def check_settings(record: Any, key: str) -> None:
    """Raise ValueError unless every setting is of its type and in its range: one line, `key.name = value: must ...`."""
    for name in settings(type(record)):
        value = getattr(record, name)
        wanted = refusal(type(record), name, value)
        if wanted:
            raise ValueError(f"{key}{'.' if key else ''}{name} = {show(value)}: must {wanted}")


def refusal(kind: type[Any], name: str, value: Any) -> str:
    """What a setting of a record must be, given the record's class; "" if the value is."""
    (item,) = (item for item in fields(kind) if item.name == name)
    return _refusal(value, types(kind)[name], *item.metadata["setting"])


def unknown(key: str, value: Any, owner: str, known: Collection[str]) -> ValueError:
    """The error, to be raised, for a setting that its owner does not have: which there are, and which is near."""
    near = nearest(key.rpartition(".")[2], known)
    return ValueError(f"{key} = {show(value)}: must be a setting of {owner}: {', '.join(known) or 'it has none'}{near}")


def nearest(name: Any, known: Collection[str]) -> str:
    """ "; did you mean NAME?" if one of the names is near, to be added to an error."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def show(value: Any) -> str:
    """A value in an error, on one line, as a user would write it; a long one is cut."""
    if isinstance(value, dict):
        text = f"{{{', '.join(f'{name}: {show(each)}' for name, each in value.items())}}}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(map(show, value[:20]))}{', ...' if len(value) > 20 else ''}]"
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int) and abs(value) >= 10**30:
        text = f"a number of {len(str(abs(value)))} digits" if abs(value) < 10**4000 else "a huge number"
    else:
        text = " ".join((repr(value) if isinstance(value, str) else str(value)).split())
    return cut(text)


def cut(text: str) -> str:
    """A text in an error, cut where nobody would read on."""
    return text if len(text) <= 200 else f"{text[:200]}..."


def _refusal(value: Any, hint: Any, interval: Interval, least: int, repeats: bool, matching: str) -> str:
    """What the value must be, "" if it is."""
    rest = interval, least, repeats, matching
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if NoneType in inner and value is None:
            return ""
        kinds = [each for each in inner if each is not NoneType]
        rest = interval, least, repeats or len(kinds) > 1, matching  # one number, or one for each coordinate
        kinds = [each for each in kinds if (get_origin(each) is tuple) == isinstance(value, tuple)] or kinds
        if isinstance(value, np.ndarray) and any(isinstance(each, type) and isinstance(value, each) for each in kinds):
            return "" if all(v in interval for v in value.ravel().tolist()) else f"lie in {interval.text}"
        refused = list(dict.fromkeys(_refusal(value, each, *rest) for each in kinds))
        return "" if "" in refused else " or ".join([*refused, *(["be null"] if NoneType in inner else [])])
    if origin is Literal:
        return "" if isinstance(value, str) and value in inner else f"be one of {', '.join(map(str, inner))}"
    if origin is tuple:
        refused = [_refusal(v, inner[0], *rest) for v in value] if isinstance(value, tuple) else [""]
        inside = isinstance(value, tuple) and not any(refused)
        different = len({f"{v:g}" if isinstance(v, float) else v for v in value}) if inside else 0
        if inside and different >= least and (repeats or different == len(value)):
            return ""
        alone = "" if repeats and least == 1 else " that differ"
        each = next(filter(None, refused), _refusal(None, inner[0], *rest))
        return f"be a list of {least} or more{alone}, each must {each}"
    if origin is dict:
        table = isinstance(value, dict) and all(isinstance(name, str) for name in value)
        return "" if table else "be a table of names and values"
    if hint is bool:
        return "" if isinstance(value, bool) else "be true or false"
    if hint is str:
        good = isinstance(value, str) and re.fullmatch(matching, value, flags=re.S)
        return "" if good else f"be a text{f' that matches {matching}' if matching != '.*' else ''}"
    return _number_refusal(value, hint, interval)


def _number_refusal(value: Any, hint: Any, interval: Interval) -> str:
    """What the value must be as a number of that kind, "" if it is."""
    good = isinstance(value, int if hint is int else int | float) and not isinstance(value, bool)
    inside = good and value in interval and (hint is int or value == 0 or SMALLEST <= abs(value) <= LARGEST)
    if inside:
        return ""
    if hint is int:
        return f"be an integer in {interval.text}"
    beyond = good and value in interval and abs(value) != float("inf")
    if not beyond:
        return f"lie in {interval.text}"
    return f"lie in {interval.text}, of a size from {SMALLEST:g} to {LARGEST:g}{' or 0' if 0.0 in interval else ''}"
