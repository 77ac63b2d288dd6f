"""The claims, found in the files of experiments/: a new one needs its file and a row of conf/cases.yaml, no list."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterable
from importlib import import_module

import experiments
from experiments.words.claim import Claim

CLAIMS: dict[str, type[Claim]] = {}


def enter(modules: Iterable[str]) -> None:
    """Enter every public claim with a name of its own that is defined in these modules, by that name, in their order.

    Raises ValueError where two claims have one name, or a name is not made of a-z, 0-9 and _.
    """
    for module in modules:
        for kind in vars(import_module(module)).values():
            if not (isinstance(kind, type) and issubclass(kind, Claim) and kind.__module__ == module):
                continue
            if "name" not in vars(kind) or kind.__name__.startswith("_"):
                continue  # a base of claims, or a part of one
            if kind.name in CLAIMS or not re.fullmatch(r"[a-z0-9_]+", kind.name):
                raise ValueError(f"{module}: the claim's name {kind.name!r} must be its own, of a-z, 0-9 and _")
            CLAIMS[kind.name] = kind


def _files() -> list[str]:
    items = pkgutil.iter_modules(experiments.__path__, "experiments.")
    return [item.name for item in items if not item.ispkg and not item.name.endswith("__main__")]


enter(_files())
