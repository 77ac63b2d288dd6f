"""Floating-point over- and underflow, noticed at no cost while there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


class Alarm:
    """Is raised by NumPy when a number over- or underflows.

    Entering `np.errstate` costs as much as three ufuncs on a small batch, so whoever calls a learner in a loop arms the
    alarm once, around the loop.
    """

    def __init__(self) -> None:
        self.armed = False
        self.raised = False

    def __call__(self, kind: str, flag: int) -> None:
        """Called by NumPy when a number over- or underflows; which of them it was makes no difference."""
        self.raised = True

    @contextmanager
    def arm(self) -> Iterator[None]:
        """Let over- and underflow set `raised` instead of warning."""
        with np.errstate(over="call", under="call", call=self):
            self.armed = True
            try:
                yield
            finally:
                self.armed = False


ALARM = Alarm()
