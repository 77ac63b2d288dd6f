"""The shapes that a class or a function declares in its annotations, as text: "2 runs dim"."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, ForwardRef, cast, get_args, get_origin

Shapes = tuple[str, ...]  # the alternatives that are declared for one array


@cache
def declared_shapes(kind: type[Any]) -> dict[str, Shapes]:
    """For every annotated attribute of a class its declared shapes, those of its bases included."""
    found: dict[str, Shapes] = {}
    for base in reversed(kind.__mro__):
        hints = inspect.get_annotations(base)
        scope = _scope(base) if hints else {}
        found |= {name: _shapes(_resolved(hint, scope)) for name, hint in hints.items()}
    return found


@cache
def parameter_shapes(function: Callable[..., Any]) -> dict[str, Shapes]:
    """For every annotated parameter of a function, or of a class when it is called, its declared shapes."""
    found = declared_shapes(function) if isinstance(function, type) else {}
    called = inspect.unwrap(cast(Any, function).__init__ if isinstance(function, type) else function)
    hints, scope = getattr(called, "__annotations__", {}), getattr(called, "__globals__", {})
    return found | {name: _shapes(_resolved(hint, scope)) for name, hint in hints.items()}


def _scope(kind: type[Any]) -> dict[str, Any]:
    """What names mean in the class body. Its module may be a script run by `exec`, so its methods are asked, too."""
    module = sys.modules.get(kind.__module__)
    scope = dict(vars(module)) if module else {}
    for each in vars(kind).values():
        if inspect.isfunction(each):
            scope |= inspect.unwrap(each).__globals__
    return scope


def _resolved(hint: Any, scope: dict[str, Any]) -> Any:
    """The annotation itself, where it stands as a string; None if it names something that cannot be found."""
    text = hint.__forward_arg__ if isinstance(hint, ForwardRef) else hint
    if not isinstance(text, str):
        return hint
    try:
        return eval(text, scope)
    except (NameError, AttributeError, TypeError):
        return None


def _shapes(hint: Any) -> Shapes:
    """The shapes that an annotation names, anywhere in it."""
    annotated = get_origin(hint) is Annotated
    texts = [text for text in hint.__metadata__ if isinstance(text, str)] if annotated else []
    texts = [hint.dim_str] if hasattr(hint, "dim_str") else texts
    if texts:
        return tuple(" ".join(name.lstrip("#?") for name in text.split()) for text in texts)
    return tuple(shape for each in get_args(hint) for shape in _shapes(each))


def axes_called(name: str, shape: str, ndim: int) -> Iterator[int | None]:
    """Which axis of an array of `ndim` axes has the name (None: none of them); nothing if the shape is not the array's.

    One of the names of the shape may stand for several axes: "...", "*batch".
    """
    names = shape.split()
    several = [i for i, each in enumerate(names) if each == "..." or each.startswith("*")]
    if ndim != len(names) if not several else ndim < len(names) - 1:
        return
    if name not in names:
        yield None
        return
    axis = names.index(name)
    yield axis if not several or axis < several[0] else axis - len(names) + ndim
