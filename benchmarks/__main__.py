"""Speed of the engine: clipped Adam, Gaussian noise, the certificate at every step, one thread.

floor: drawing the same random numbers, alone. textbook: one run at a time, plain NumPy. Each figure is the median of
several interleaved rounds in this process; quote the ratios, not the times.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import numpy as np

from objectives import OBJECTIVES
from objectives.noise import Gaussian
from optimizers.ftrl import clipped_adam
from simulation.certificate import Certificate
from simulation.engine import Setup, simulate
from simulation.recording import recipe
from simulation.streams import Streams

SHAPES = ((64, 1, 12000), (64, 10, 6000), (256, 16, 1200), (256, 64, 400), (32, 1000, 200))
BETA, RADIUS, ROUNDS = 0.99, 0.01, 5
STREAMS = Streams(0, "benchmark")


def engine(runs: int, dim: int, steps: int) -> None:
    """The engine on a Huber loss."""
    setup = Setup(
        OBJECTIVES["huber"](dim=dim), Gaussian(sigma=1.0), clipped_adam(RADIUS, BETA), np.full(runs, steps, np.int64)
    )
    simulate(setup, [recipe(Certificate, beta=np.full(runs, BETA), lam=np.ones(runs))], STREAMS)


def floor(runs: int, dim: int, steps: int) -> None:
    """The random numbers alone, about 1000 a fill."""
    length = max(1, min(steps, 1024 // dim))
    noise, scaling = np.empty((length, dim)), np.empty(length)
    generators = [(STREAMS.generator(r, "noise"), STREAMS.generator(r, "scaling")) for r in range(runs)]
    for _ in range(steps // length):
        for first, second in generators:
            first.standard_normal(out=noise)
            second.standard_exponential(out=scaling)


def textbook(runs: int, dim: int, steps: int) -> None:
    """One run at a time, as one would write it down; `runs` runs of `steps` steps."""
    objective = OBJECTIVES["huber"](dim=dim)
    for run in range(runs):
        rng = np.random.default_rng(run)
        x, m, v = objective.start.copy(), np.zeros(dim), np.zeros(dim)
        mean, sums, spread, weight, z = x.copy(), np.zeros(dim), 0.0, 0.0, np.zeros(dim)
        for _ in range(steps):
            x = x + rng.standard_exponential() * z
            grad = objective.grad(x)
            g = grad + rng.standard_normal(dim) / np.sqrt(dim)
            m, v = BETA * m + g, BETA**2 * v + g * g
            z = -np.clip(RADIUS * m / np.sqrt(v), -RADIUS, RADIUS)
            weight = BETA * weight + 1.0
            gap = x - mean
            mean = mean + gap / weight
            spread = (1.0 - 1.0 / weight) * (spread + gap @ gap / weight)
            sums = BETA * sums + grad
            _ = np.linalg.norm(sums) / weight + spread


def nanoseconds(work: Callable[[int, int, int], None], runs: int, dim: int, steps: int) -> float:
    """Nanoseconds per coordinate and step that `work` takes for `runs` runs of `steps` steps in `dim` coordinates."""
    began = time.perf_counter()
    work(runs, dim, steps)
    return (time.perf_counter() - began) / (runs * dim * steps) * 1e9


def main() -> None:
    """Print the table, a row for each of SHAPES, and the peak memory."""
    print(
        f"{'runs x dim':>12} {'engine ns':>10} {'us a step':>10} {'floor ns':>9} "
        f"{'engine/floor':>13} {'textbook/engine':>16}"
    )
    for runs, dim, steps in SHAPES:
        engine(runs, dim, 64)
        rounds = [
            [nanoseconds(work, runs, dim, steps) for work in (engine, floor)]
            + [nanoseconds(textbook, 1, dim, max(50, steps // 8))]
            for _ in range(ROUNDS)
        ]
        mine, least, _ = np.median(rounds, axis=0)
        ratio, gain = (np.median([r[i] / r[j] for r in rounds]) for i, j in ((0, 1), (2, 0)))
        step = mine * runs * dim / 1000
        print(f"{runs:>6} x {dim:<4} {mine:>10.1f} {step:>10.1f} {least:>9.1f} {ratio:>13.2f} {gain:>16.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
