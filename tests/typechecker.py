"""How annotations are checked under pytest: `jaxtyping.install_import_hook([...], "tests.typechecker.typechecked")`.

As beartype checks them, but for two things. An int may stand where a float is declared, as everywhere in Python's
typing. And what a record of settings is made with is checked by the record, whose refusals users see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from beartype import BeartypeConf, beartype

_checked = beartype(conf=BeartypeConf(is_pep484_tower=True))


def typechecked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, checked at every call, or as it is if it makes a record."""
    return function if function.__qualname__.endswith(".__init__") else _checked(function)
