"""`python .ci/figures.py RESULTS`: the figures of all that was measured can be read, at every width of a paper."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.collecting import collect
from tests.test_figures_measured import legible


def main(results: Path) -> int:
    """Exit code 1 and a line for every figure that cannot be read."""
    cells = [cell for cell in collect(results).cells if cell.evidence is not None and cell.evidence.panels]
    wrong = 0
    for cell in cells:
        assert cell.evidence is not None
        try:
            legible(cell.case, cell.evidence, cell.controls)
        except Exception as error:  # a warning of the layout, too
            wrong += 1
            print(f"not legible: {cell.case}: {' '.join(str(error).split())[:200]}", file=sys.stderr)
    print(f"{len(cells)} figures looked at")
    return int(bool(wrong) or not cells)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
