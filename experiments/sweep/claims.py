"""The claims, found in the files of experiments/: a new one needs its file and a row of conf/cases.yaml, no list."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import experiments
from experiments.words.claim import Claim


def discover() -> dict[str, type[Claim]]:
    """Every public claim with a name of its own, by that name, in the order of the files.

    Raises ValueError where two claims have one name, or a name is not made of a-z, 0-9 and _.
    """
    found: dict[str, type[Claim]] = {}
    for item in pkgutil.iter_modules(experiments.__path__, "experiments."):
        if item.ispkg or item.name.endswith("__main__"):
            continue
        for kind in vars(import_module(item.name)).values():
            if not (isinstance(kind, type) and issubclass(kind, Claim) and kind.__module__ == item.name):
                continue
            if "name" not in vars(kind) or kind.__name__.startswith("_"):
                continue  # a base of claims, or a part of one
            if kind.name in found or not re.fullmatch(r"[a-z0-9_]+", kind.name):
                raise ValueError(f"{item.name}: the claim's name {kind.name!r} must be its own, of a-z, 0-9 and _")
            found[kind.name] = kind
    return found


CLAIMS = discover()
