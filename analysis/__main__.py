"""`python -m analysis [results]`: tables, figures and report.html from the last sweep's cells."""

from __future__ import annotations

import sys
from multiprocessing import forkserver, get_context


def main() -> int:
    """Judges and draws what the folder of the first argument holds; exit code 1 if a case is missing or failed."""
    context = get_context("forkserver")  # forked from a server that has drawn nothing: a figure depends on its cell
    context.set_forkserver_preload(["analysis.figures"])
    forkserver.ensure_running()
    from analysis.command import run  # takes a second, which the server needs as well

    return run(sys.argv[1:], context)


if __name__ == "__main__":
    sys.exit(main())
