"""How annotations are checked in tests: every call of the project, arrays with their shapes (see tests/conftest.py).

As beartype checks them, but for two things. An int may stand where a float is declared, as everywhere in Python's
typing. And what a record of settings is made with is checked by the record itself, whose refusals users see.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeDecorHintPep585DeprecationWarning, BeartypeDecorHintPep673Exception

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
