"""Numbers that are no numbers stop a measurement, and the error says where they arose."""

from __future__ import annotations

import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


class NotFiniteError(FloatingPointError):
    """A number that must be finite is not; the message says where it arose."""


@contextmanager
def strict_numbers() -> Iterator[None]:
    """Inside, what NumPy warns of is an error (overflow, invalid values, division by 0), and so is a RuntimeWarning.

    Raises NotFiniteError with the place, the innermost line that belongs to no library: "objectives/mine.py:12 in grad:
    overflow encountered in multiply". Underflow is rounding. Where infinity is meant, a local np.errstate says so.
    """
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            yield
        except NotFiniteError:
            raise
        except (FloatingPointError, RuntimeWarning) as error:
            raise NotFiniteError("; ".join([f"{place(error)}: {error}", *getattr(error, "__notes__", ())])) from error


def place(error: BaseException) -> str:
    """Where an error arose: "file:line in function" of the innermost frame that belongs to no library."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not each.filename.startswith((*LIBRARIES, "<"))] or list(frames)
    file = Path(own[-1].filename)
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    return f"{shown}:{own[-1].lineno} in {own[-1].name}"
