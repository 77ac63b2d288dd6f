"""`python -m analysis [results] [preset=NAME]`: tables, figures and report.html from the cells that were asked for.

With figure=NAME it draws that one figure again, in seconds, from what was measured.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from multiprocessing import forkserver, get_context

USAGE = """usage: python -m analysis [RESULTS] [preset=NAME] [figure=NAME [style=STYLE]]
Judges and draws what the sweeps of a preset asked for in the folder RESULTS (results), and writes RESULTS/report.html.
preset=NAME: one of those that were swept there; the last sweep's if none is named.
figure=NAME: draws one figure only, of a case or "summary", again from what was measured; writes
RESULTS/figures/NAME[-STYLE].svg, .pdf and .csv. STYLE: report (the default), column (3.3 inches), text (5.5 inches), or
grey (a column without colours)."""


def main() -> int:
    """Judges and draws what the arguments ask for; exit code 1 if a case is missing or failed, 2 for bad arguments."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(USAGE)
        return 0
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal need not know the letters of a path
    context = get_context("forkserver")  # forked from a server that has drawn nothing: a figure depends on its cell
    context.set_forkserver_preload(["analysis.figures"])
    forkserver.ensure_running()
    from analysis.command import run  # takes a second, which the server needs as well

    return run(sys.argv[1:], context)


if __name__ == "__main__":
    sys.exit(main())
