"""`python -m experiments case=NAME` runs one case, `python -m experiments -m 'case=glob(*)'` sweeps.

`python -m experiments status RESULTS` says how far a sweep is, `python -m experiments log CASE RESULTS` why a case
failed.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType


class Terminated(BaseException):
    """SIGTERM has arrived: no error, but somebody wants us to end."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def main() -> int:
    """Entry point. The exit code: 0 only if every case was measured, 2 for bad input, 1 for what else goes wrong."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        if sys.argv[1:2] in (["status"], ["log"]):
            from experiments.sweep.status import show

            return show(sys.argv[1:])
        if sys.flags.optimize > 1:
            print("error: PYTHONOPTIMIZE = 2: must be 0 or 1, for claims are stated in docstrings", file=sys.stderr)
            return 2
        from experiments.sweep.command import run  # takes a second, in which somebody may lose patience

        return run()
    except (KeyboardInterrupt, Terminated) as stop:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("interrupted: what is finished is kept; the same command goes on from there", file=sys.stderr)
        return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)


if __name__ == "__main__":
    code = main()
    if code > 128:  # interrupted, who knows where: a thread may wait for what no longer comes
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
