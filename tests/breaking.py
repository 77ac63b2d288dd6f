"""Tasks and an objective that break, for processes of their own: what is imported here is imported in each of them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np

from objectives.kinks import CappedAbs


def add(a, b):
    return a + b


def die(number):
    print("last words", flush=True)
    os.kill(os.getpid(), number)


def leave():
    sys.exit(3)


def leave_at_once():
    os._exit(0)


def hang():
    print("thinking", flush=True)
    time.sleep(60)


def answer_with_a_lock():
    return threading.Lock()


def fail():
    raise ArithmeticError("no\nluck")


def own_process():
    return os.getpid(), os.getppid()


@dataclass(frozen=True)
class Broken(CappedAbs):
    """3|x|, until it does something else at its first gradient."""

    way: str = ""

    def grad(self, x):
        if self.way == "exit":
            sys.exit(0)
        if self.way == "killed":
            print("I was here", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if self.way == "interrupt":
            raise KeyboardInterrupt
        if self.way == "hangs":
            time.sleep(100)
        if self.way == "nan":
            return np.full_like(x, np.nan)
        if self.way == "shape":
            return x[:, :0]
        print("nothing to see")
        raise ArithmeticError("no gradient today")
