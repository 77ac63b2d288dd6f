"""How annotations are checked in tests: calls of the project, arrays with their shapes (see tests/conftest.py).

As jaxtyping and beartype check them, but for four things. An int may stand where a float is declared, as everywhere in
Python's typing. Functions in functions are not checked. What a record of settings is made with is checked by the record
itself, whose refusals users see. And of a function that a test calls many times (a step of the engine) the first calls
are checked.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, get_type_hints

import jaxtyping
from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeDecorHintPep585DeprecationWarning, BeartypeDecorHintPep673Exception

CALLS = 5  # of each function, in each test
calls: Counter[int] = Counter()  # cleared before each test
_jaxtyped = jaxtyping.jaxtyped
_checked = beartype(conf=BeartypeConf(is_pep484_tower=True))


def typechecked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, checked at every call, or as it is if it makes a record."""
    if function.__qualname__.endswith(".__init__"):
        return function
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BeartypeDecorHintPep585DeprecationWarning)  # of OmegaConf's classes
        try:
            return _checked(function)
        except BeartypeDecorHintPep673Exception:  # "Self": it would have to see the class
            return function


def first_calls(*, typechecker: Any) -> Callable[[Any], Any]:
    """jaxtyping's decorator, for the first calls of a function; the import hook finds it in jaxtyping's place."""

    def decorate(function: Any) -> Any:
        if "<locals>" in function.__qualname__:  # is made anew at every call, and checking it would be, too
            return function
        if isinstance(function, type):
            return _jaxtyped(typechecker=typechecker)(function)
        key, checked = id(function), None

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal checked
            __tracebackhide__ = True
            if calls[key] >= CALLS or _recording():
                return function(*args, **kwargs)
            calls[key] += 1
            if checked is None:  # most functions are not called in most processes, and making a check takes a while
                checked = (_jaxtyped(typechecker=typechecker) if _shaped(function) else typechecker)(function)
            return checked(*args, **kwargs)

        return call

    return decorate


def _shaped(function: Callable[..., Any]) -> bool:
    """Whether jaxtyping has something to do: shapes to compare, or a generator, whose return value beartype leaves."""
    return isgeneratorfunction(function) or "jaxtyping." in repr(get_type_hints(function))


def _recording() -> bool:
    """Whether arrays may be symbols (simulation/compiled/symbols.py)."""
    recording = sys.modules.get("simulation.compiled.recording")
    return getattr(recording, "active", 0) > 0  # 0, too, while that module is being imported


def install(packages: list[str]) -> None:
    """Check the annotations of these packages, which must not have been imported yet."""
    import foundation.compiling  # noqa: F401  # what Numba compiles stays as it is
    import simulation.compiled.driver  # noqa: F401

    jaxtyping.jaxtyped = first_calls  # type: ignore[assignment]
    jaxtyping.install_import_hook(packages, f"{__name__}.typechecked")
