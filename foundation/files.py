"""Files that others look at: written whole or not at all, locked while they change, and errors that name them."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)  # of a file system that has none


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors of the disk that do not say where they happened (a full disk) say that it was at `path`."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise OSError(error.errno, error.strerror or str(error), str(path)) from error
        raise


def one_line(error: OSError) -> str:
    """An error of the disk: the path, and what is wrong there."""
    return f"{error.filename}: {error.strerror or error}" if error.filename is not None else str(error)


def write(path: Path, data: bytes) -> None:
    """Write a file of which others see the old content or the new, never a part. One process at a time may do so.

    Raises OSError with the path. What a killed process leaves of it is overwritten by the next one.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        write_through(part, data)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error  # of which the part is no news


def write_through(path: Path, data: bytes) -> None:
    """Write a file, to the disk itself: after a failure of power it is there, or was never begun."""
    with naming(path), path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def locked(path: Path, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of this name, as one of many if `shared`; yields whether it was free, where nobody waits for it.

    A process that ends, however it ends, holds it no longer. Where the file system has no locks, there is none.
    """
    kind = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    with path.open("a") as stream:
        free = True
        try:
            fcntl.flock(stream, kind)
        except BlockingIOError:
            free = False
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield free
