"""What every process of the pool would read anew, read once by the server that forks them: to be imported, no more.

The tables, and all sources, of which the names of cells are made. A process looks again at a source that has changed
since; the tables are those of the moment in which the sweep began to work, as they are for the sweep itself.
"""

from __future__ import annotations

import sys

from experiments.sweep.asked import read_rows
from experiments.sweep.sources import content, reached

read_rows()
for _file in reached(list(sys.modules)).values():
    content(_file)
