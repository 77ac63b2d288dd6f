"""How annotations are checked in tests: every call of the project, arrays with their shapes (see tests/conftest.py)."""

from __future__ import annotations

import warnings
from typing import Any, Protocol

from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeDecorHintPep585DeprecationWarning, BeartypeDecorHintPep673Exception

_CHECKED = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do where a float is asked for


def check(function: Any) -> Any:
    """The function with its arguments and result checked at every call; jaxtyping decorates with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BeartypeDecorHintPep585DeprecationWarning)  # of OmegaConf's classes
        try:
            return _CHECKED(function)
        except BeartypeDecorHintPep673Exception:  # "Self": it would have to see the class
            return function


def passes(protocol: Any, value: object, ask: Any = type(Protocol).__instancecheck__) -> bool:
    """Whether a value is of a protocol; True where Python refuses to say, for mypy checks that."""
    try:
        return ask(protocol, value)
    except TypeError:
        return True


type(Protocol).__instancecheck__ = passes  # type: ignore[method-assign]
