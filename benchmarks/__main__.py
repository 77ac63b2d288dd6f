"""Speed: clipped Adam on a Huber loss, the certificate at every step, one process a peer, all on one core.

floor: drawing the same random numbers, alone, measured beside each figure. Each figure is the median of several
rounds, each ratio that of the ratios within a round; quote the ratios, not the times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measure import measure, measure_memory
from benchmarks.peers import COMPILERS, PEERS, installed

COLUMNS = ["peer", "noise", "runs", "dim", "ns", "floor_ns", "ratio"]  # of bench.csv; ratio = ns/floor_ns
LENGTHS = (10**7, 10**8)  # T of the compiled runs whose memory is measured


def main(results: Path) -> None:
    """Measure all peers that are installed, print what came out, and write results/bench.csv."""
    if hasattr(os, "sched_setaffinity"):  # also for the processes that are started here
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    names = installed()
    print(
        f"peers: {', '.join(names)}; not installed: {', '.join(sorted(set(PEERS) - set(names))) or 'none'}", flush=True
    )
    found = pd.DataFrame([json.loads(line) for name in names for line in _ask("peer", name)])
    results.mkdir(parents=True, exist_ok=True)
    found[COLUMNS].to_csv(results / "bench.csv", index=False)
    _print(found, names)
    for steps in LENGTHS:
        print(f"peak memory of a compiled run of T = {steps:.0e} steps: {float(_ask('memory', str(steps))[0]):.0f} MB")


def _ask(*arguments: str) -> list[str]:
    """The lines that a process of this program prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()


def _print(found: pd.DataFrame, names: list[str]) -> None:
    """The table, a row a case; then what concerns the compiled engine alone, and how long compilers take."""
    keys = ["noise", "runs", "dim"]
    table: Any = found.pivot(index=keys, columns="peer", values="ns")[names]
    mine = found[found["peer"] == "compiled"].set_index(keys)
    table.insert(0, "floor", mine["floor_ns"])
    table["compiled/floor"] = mine["ratio"]
    print("\nns per coordinate and step")
    print(table.loc[mine.index].to_string(float_format="{:.4g}".format))
    steps = ", ".join(f"{noise} {ns:.0f} ns" for noise, ns in mine.xs((1, 1), level=("runs", "dim"))["ns"].items())
    print(f"\na compiled step of a single run in one coordinate: {steps}")
    for name in filter(names.__contains__, COMPILERS):
        seconds = found[found["peer"] == name].set_index("noise")["compiling"]  # gaussian: the code is there already
        each, imports = seconds["two_point"].median(), seconds["none"]
        print(f"{name} compiles for {each:.3f} s (first call minus second; median), with imports {imports:.2f} s")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["peer", name]:
            measure(name)
        case ["memory", steps]:
            measure_memory(int(steps))
        case [folder]:
            main(Path(folder))
        case _:
            sys.exit("usage: python -m benchmarks RESULTS")
