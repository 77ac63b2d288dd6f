"""`python .ci/engines.py RESULTS RESULTS`: two sweeps have the same cells, byte for byte."""

from __future__ import annotations

import sys
from pathlib import Path


def files(results: Path) -> dict[str, bytes]:
    """What is in the cells of a sweep, by file."""
    return {str(path.relative_to(results)): path.read_bytes() for path in sorted(results.glob("cells/*/*"))}


def main(ours: Path, theirs: Path) -> int:
    """Exit code 1 and a line for every file that differs."""
    one, two = files(ours), files(theirs)
    for name in sorted(one.keys() | two.keys()):
        if one.get(name) != two.get(name):
            print(f"differs: {name}", file=sys.stderr)
    print(f"{len(one)} files of {len({name.split('/')[1] for name in one})} cells compared")
    return int(one != two or not one)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
