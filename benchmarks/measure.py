"""How long a peer takes, beside the noise floor, and how much memory a long compiled run needs; in one process each."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.peers import COMPILERS, PEERS, STREAMS, Case, Peer, compiled

SHAPES = ((1, 1), (1, 3), (64, 1), (64, 10), (256, 16), (256, 64), (32, 1000))  # runs, dim
CASES = [Case("none", 1, 1), *(Case(noise, *shape) for noise in ("two_point", "gaussian") for shape in SHAPES)]
ROUNDS = 5
LEAST, LONGER = 0.2, 0.4  # seconds; large batches of who is fast take longer, for they also take longer to be begun
FIRST = 256  # steps: the reference engine draws as many at once
VALUES, ENOUGH = 1024, 4096  # random numbers that the floor draws at once, and of how many coordinates


def measure(name: str) -> None:
    """Print a line of JSON for each of CASES: what `name` and the floor take, medians of ROUNDS, all cases in each."""
    peer = PEERS[name]
    cases = [replace(case, runs=1) if name == "textbook" else case for case in CASES]  # one run is as slow as the next
    cases = [replace(case, steps=case.block if name == "jax" else FIRST) for case in cases]
    fast = name in COMPILERS
    compiling = [_compiling(peer, case) if fast else 0.0 for case in cases]
    cases = [_long_enough(peer, case, LONGER if fast and case.runs * case.dim > 1000 else LEAST) for case in cases]
    floors = [_floor(case) for case in CASES]
    rounds = np.empty((ROUNDS, len(cases), 2))
    for times in rounds:
        for k, case in enumerate(cases):
            times[k] = _seconds(peer, case) / (case.runs * case.dim * case.steps), floors[k]()
    for k, case in enumerate(CASES):
        ns, floor_ns = 1e9 * np.median(rounds[:, k], axis=0)
        figures = {"ns": ns, "floor_ns": floor_ns, "ratio": np.median(rounds[:, k, 0] / rounds[:, k, 1])}
        row = {"peer": name, "noise": case.noise, "runs": case.runs, "dim": case.dim, **figures}
        print(json.dumps({**row, "compiling": compiling[k]}))


def measure_memory(steps: int) -> None:
    """Print the peak memory of this process in MB, after a compiled run of `steps` steps in one coordinate."""
    compiled(Case("gaussian", 1, 1, steps))
    unit = 2**20 if sys.platform == "darwin" else 2**10
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit))


def _compiling(peer: Peer, case: Case) -> float:
    """Seconds by which the first call is slower than the second."""
    first, second = (_seconds(peer, case) for _ in range(2))
    return first - second


def _long_enough(peer: Peer, case: Case, seconds: float) -> Case:
    """The case with so many steps that recording, or the making of the streams, is a small part."""
    while _seconds(peer, case) < seconds:
        case = replace(case, steps=2 * case.steps)
    return case


def _floor(case: Case) -> Callable[[], float]:
    """Draws the random numbers of the runs, VALUES a fill, and returns the seconds for a coordinate and step."""
    runs = min(case.runs, ENOUGH // case.dim)
    streams = [(STREAMS.generator(r, "scaling"), STREAMS.generator(r, "noise")) for r in range(runs)]
    oracle, numbers = case.oracle, np.empty((VALUES, 1))
    fills = 0 if case.noise == "none" else case.dim  # while one is drawn of scalings
    times = max(1, ENOUGH // (2 * runs * case.dim))

    def draw() -> None:
        for _ in range(times):
            for scalings, noises in streams:
                scalings.standard_exponential(out=numbers)
                for _ in range(fills):
                    oracle.fill(noises, numbers)

    return lambda: _seconds(draw) / (runs * case.dim * VALUES * times)


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    began = time.process_time()  # what else runs on the core does not count
    work(*arguments)
    return time.process_time() - began
