"""Which files are read, and by which module: data that a module reads decides what is measured as its source does.

Python tells every file that it opens (`sys.addaudithook`); what a library's machine code opens by itself, it does not.
It is listened to from the first import of `experiments.sweep` on: what a claim or an objective reads comes later.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import source_from_cache
from threading import get_ident
from types import FrameType
from typing import Any

LIBRARY = tuple({os.path.realpath(sysconfig.get_paths()[name]) + os.sep for name in ("stdlib", "platstdlib")})
PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
SYSTEM = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/share/", "/usr/lib")

importing: dict[str, set[str]] = defaultdict(set)  # by module: what it opened while it was imported
later: dict[str, set[str]] = defaultdict(set)  # what it opened after that
written: set[str] = set()  # what this process has made itself
_watchers: list[tuple[set[str], set[str], int]] = []  # (read, made) since each began, by its thread


@contextmanager
def watching() -> Iterator[set[str]]:
    """Collects the files that modules of the project or of the user read, other than while they are imported.

    What other threads read is not for this one, what is made in the meantime is no input, and is left out in the end.
    """
    read, made, _ = watcher = set[str](), set[str](), get_ident()
    _watchers.append(watcher)
    try:
        yield read
    finally:
        _watchers[:] = [each for each in _watchers if each is not watcher]
        read -= made


@cache
def is_ours(file: str) -> bool:
    """Whether a source belongs to the project or the user: not to Python, nor to an installed package."""
    path = os.path.realpath(file)
    return not path.startswith(LIBRARY) and not any(part in path for part in PACKAGES) and not file.startswith("<")


def is_data(path: str) -> bool:
    """Whether a file that was opened can be somebody's data: not a library's or the system's, and there."""
    real = os.path.realpath(path)
    environment = sys.prefix != sys.base_prefix and real.startswith(os.path.realpath(sys.prefix) + os.sep)
    foreign = environment or real.startswith(SYSTEM) or not is_ours(real)
    return not foreign and os.path.isfile(path)


def _listen() -> None:
    """From now on enter every file that is opened for whoever opens it."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:  # called by Python for everything that it tells
        if event == "open" and isinstance(arguments[0], str | bytes):
            with suppress(OSError):  # the working folder is gone
                _enter(os.path.abspath(os.fsdecode(arguments[0])), arguments[2], sys._getframe(1))

    sys.addaudithook(hear)


def _enter(path: str, flags: object, reader: FrameType) -> None:
    if path.startswith(LIBRARY) or any(part in path for part in PACKAGES):
        return
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_CREAT):
        written.add(path)
        for _, made, thread in _watchers:
            if thread == get_ident():
                made.add(path)
        return
    by_import = reader.f_code.co_filename.startswith("<frozen importlib")
    if path.endswith(".pyc"):
        try:
            path = source_from_cache(path)
        except ValueError:
            return
    owner, body = _owner(reader)
    if owner and body:
        if not by_import or not path.endswith(".py"):  # of what is imported in the course of an import, see sources.py
            importing[owner].add(path)
            importing[body].add(path)
    elif owner:
        later[owner].add(path)
        for read, _, thread in _watchers:
            if thread == get_ident():
                read.add(path)


def _owner(frame: FrameType | None) -> tuple[str, str]:
    """The innermost module of ours that is at work, and the innermost that is being imported, "" for none.

    A script is never imported: all that it calls would be in its body.
    """
    owner = ""
    while frame is not None:
        file, name = frame.f_globals.get("__file__"), frame.f_globals.get("__name__")
        if isinstance(file, str) and isinstance(name, str) and is_ours(file):
            body = frame.f_code.co_name == "<module>"
            if body and (name != "__main__" or not owner):
                return owner or name, name
            owner = owner or name
        frame = frame.f_back
    return owner, ""


_listen()
