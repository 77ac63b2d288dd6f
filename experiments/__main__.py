"""`python -m experiments case=NAME` runs one case, `python -m experiments -m 'case=glob(*)'` sweeps."""

from __future__ import annotations

import sys

from experiments.sweep import pool


def main() -> int:
    """Entry point; the exit code is 0 only if every case was measured."""
    pool.start_server()
    from experiments.sweep.command import run  # takes a second, which the server needs as well

    return run()


if __name__ == "__main__":
    sys.exit(main())
