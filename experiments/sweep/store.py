"""Where cells lie: a folder each, whole or damaged, never half; whatever stops a process, and however many write.

A folder holds the files of cells.py and `checksums` of them (as `sha256sum -c checksums` reads it). It is made aside
and moved to its place. What a killed process leaves of that is removed by the next sweep.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path

from experiments.sweep.cells import FILES, TEXT, Cell, from_files, to_files
from experiments.words.evidence import ClaimInfo
from foundation.files import locked, naming, write_through

CHECKSUMS = "checksums"
WRITING, LOCK = ".writing-", ".lock"  # in the folder of all cells
TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)  # a folder cannot be moved there: something is there
DAMAGED = "damaged"  # the folder of what was set aside


class DamagedCellError(ValueError):
    """A stored cell is not what was written: one line that names the file, and what is wrong with it."""


def save(cell: Cell, folder: Path) -> Path:
    """Write the cell to folder/<key>, all or nothing; an older one of the same key is replaced.

    Any number of processes may do so at once, also for one key. Raises OSError that names the path.
    """
    return _put(to_files(cell), folder / cell.key)


def load(path: Path) -> Cell:
    """Read one cell folder. Raises DamagedCellError for what is not a cell as `save` wrote it, whatever is wrong."""
    files = whole(path)
    try:
        return from_files(files)
    except Exception as error:  # its checksums are right: it was not written by `save`
        raise DamagedCellError(f"{path}: {' '.join(str(error).split()) or type(error).__name__}") from error


def whole(path: Path) -> dict[str, bytes]:
    """The files of a cell by name, which agree with their checksums. Raises DamagedCellError if they do not.

    A cell that is replaced while it is read is read again.
    """
    while True:
        before = _identity(path)
        try:
            return _verified(path)
        except DamagedCellError:
            if _identity(path) == before:
                raise


def refresh(path: Path, claim: ClaimInfo, problem_description: str) -> bool:
    """Let a stored cell say what claim and problem say of themselves today; returns whether it said something else.

    These texts are in the report, but decide no number, and so are no part of the key. Raises DamagedCellError.
    """
    files = whole(path)
    text = json.loads(files[TEXT])
    said = json.loads(json.dumps({"claim": asdict(claim), "problem_description": problem_description}))
    if all(text.get(name) == value for name, value in said.items()):
        return False
    text |= said
    files[TEXT] = json.dumps(text, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"
    _put({name: files[name] for name in FILES}, path)
    return True


def set_aside(path: Path) -> Path:
    """Move what is damaged out of the way, from results/cells/<name> to results/damaged/<name>-<n>; returns its place.

    Of a file of the results folder itself likewise. Nobody minds if another sweep was faster.
    """
    results = path.parent.parent if path.parent.name == "cells" else path.parent
    folder = results / DAMAGED
    folder.mkdir(exist_ok=True)
    with locked(folder / LOCK):
        place = next(folder / f"{path.name}-{n}" for n in count(1) if not os.path.lexists(folder / f"{path.name}-{n}"))
        with suppress(FileNotFoundError):
            os.rename(path, place)
    return place


def clean(folder: Path) -> None:
    """Remove what killed processes have left in the folder of all cells; while others write there, later."""
    left = list(folder.glob(f"{WRITING}*")) if folder.is_dir() else []
    if left:
        with locked(folder / LOCK, wait=False) as alone:
            for path in left if alone else ():
                shutil.rmtree(path, ignore_errors=True)


def _put(files: Mapping[str, bytes], target: Path) -> Path:
    """Make the folder aside, move it to its place."""
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK, shared=True), naming(target):
        scratch = Path(tempfile.mkdtemp(prefix=WRITING, dir=folder))
        try:
            made = scratch / "cell"
            made.mkdir()
            for name, data in {**files, CHECKSUMS: _checksums(files)}.items():
                write_through(made / name, data)
            _move(made, target, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target


def _move(made: Path, target: Path, scratch: Path) -> None:
    """Move a folder to its place, and whatever is there into the scratch folder: others may do the same."""
    for attempt in count():
        try:
            return os.rename(made, target)
        except OSError as error:
            if error.errno not in TAKEN:
                raise
        with suppress(FileNotFoundError):
            os.rename(target, scratch / f"old-{attempt}")


def _checksums(files: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in FILES]
    return "".join(lines).encode()


def _verified(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in (*FILES, CHECKSUMS):
        try:
            found[name] = (path / name).read_bytes()
        except OSError as error:
            raise DamagedCellError(f"{path / name}: {error.strerror}") from error
    want, have = _checksums(found).splitlines(), found[CHECKSUMS].splitlines()
    for name, line in zip(FILES, want, strict=True):
        if line not in have:
            raise DamagedCellError(f"{path / name}: does not agree with its checksum")
    if found[CHECKSUMS] != _checksums(found):
        raise DamagedCellError(f"{path / CHECKSUMS}: is garbled")
    return {name: found[name] for name in FILES}


def _identity(path: Path) -> tuple[int, int] | None:
    """What changes when the folder is replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns
