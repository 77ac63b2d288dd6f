"""Catalogues: what a user may name, entered by one line over the class, found wherever in its folder it stands."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

from foundation.settings import check_settings, converted, settings, show, types, unknown

Exam = TypeVar("Exam")
Kind = TypeVar("Kind", bound="type[Entry]")


@dataclass(frozen=True)
class Entry:
    """Base of what stands in a catalogue: a frozen record of settings, checked whenever one is made.

    name: what the catalogue calls the class; every error about an argument begins with it. Raises ValueError in one
    line, `ramp.length = 0.0: must lie in (0, inf)`. Rules between two settings stand in `__post_init__` after super's.
    """

    name: ClassVar[str] = ""

    def __post_init__(self) -> None:
        check_settings(self, self.name or type(self).__name__)

    def refusal(self, setting: str, must: str) -> ValueError:
        """The error for a setting that breaks a rule: `name.setting = value: must ...`, to be raised."""
        return ValueError(f"{self.name or type(self).__name__}.{setting} = {show(getattr(self, setting))}: must {must}")


class Catalogue(Mapping[str, type[Any]], Generic[Exam]):
    """Classes by name, always in the order of their names, whichever was entered first; each with its exam."""

    def __init__(self) -> None:
        self._kinds: dict[str, type[Any]] = {}
        self._exams: dict[str, Exam] = {}

    def enter(self, name: str, exam: Exam) -> Callable[[Kind], Kind]:
        """The decorator that enters a class under a name, with what the tests need to examine it.

        Raises ValueError if the name is taken or is not made of small letters, digits and underscores, and TypeError
        if the class is no Entry or a field of it no setting.
        """

        def decorate(kind: Kind) -> Kind:
            if not re.fullmatch("[a-z0-9_]+", name):
                raise ValueError(f"{name!r} names {kind.__name__}: must match [a-z0-9_]+")
            if name in self._kinds:
                raise ValueError(f"{name!r} names {kind.__name__}: is taken by {self._kinds[name].__name__}")
            if "__dataclass_params__" not in vars(kind):
                raise TypeError(f"{kind.__name__}: `@dataclass(frozen=True)` must stand below the line that enters it")
            if not issubclass(kind, Entry):
                raise TypeError(f"{kind.__name__} must derive from Entry, which checks its settings")
            loose = [item.name for item in fields(kind) if item.name not in settings(kind)]
            if loose:
                raise TypeError(f"{kind.__name__}: {', '.join(loose)} must be made by `setting`")
            kind.name = name
            self._kinds[name], self._exams[name] = kind, exam
            return kind

        return decorate

    def exam(self, name: str) -> Exam:
        """What was said for the tests when the class was entered. Raises KeyError for a name that is not."""
        return self._exams[name]

    def __getitem__(self, name: str) -> type[Any]:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._kinds))

    def __len__(self) -> int:
        return len(self._kinds)


def import_modules(package: str, path: list[str]) -> None:
    """Import every module of a folder, in the order of their names, so that each enters what it defines."""
    for name in sorted(module.name for module in pkgutil.iter_modules(path)):
        import_module(f"{package}.{name}")


def build(table: Mapping[str, type[Any]], name: str, arguments: Mapping[str, Any]) -> Any:
    """table[name](**arguments), each converted to its type. Raises ValueError with one line for what is wrong."""
    if name not in table:
        raise ValueError(f"{name!r} is unknown: must be one of {', '.join(sorted(table))}")
    known, hints = settings(table[name]), types(table[name])
    for key, value in arguments.items():
        if key not in known:
            raise unknown(f"{name}.{key}", value, name, known)
    return table[name](**{key: converted(value, hints[key]) for key, value in arguments.items()})
