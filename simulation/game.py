"""The online game alone: a learner against an adversary, no objective, no random scaling."""

from __future__ import annotations

from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from objectives.adversaries import Adversary
from optimizers.base import ALARM, Learner
from simulation.probes import Regret
from simulation.recording import BLOCK, Step
from simulation.streams import NoiseBuffer, Streams
from simulation.summary import SignalSummary

Array = NDArray[np.float64]


def _normals(rng: np.random.Generator, out: Array) -> None:
    rng.standard_normal(out=out)


def duel(
    learner: Learner, adversary: Adversary, beta: Array, radius: Array, steps: int, streams: Streams
) -> dict[str, Array]:
    """Play `steps` rounds with len(beta) runs; returns the signals of `Regret`, with curves at every round.

    `best_ratio` is sup_u Regret_t(u)/(D sqrt(sum_s beta^{2(t-s)} ||g_s||^2)) (arXiv 2405.18199, Theorem 9).
    """
    runs = len(beta)
    now = Step(np.zeros(adversary.dim), runs)
    fold = SignalSummary(Regret(beta, radius), runs, np.arange(1, steps + 1))
    fold.probe.begin(None, now, np.arange(runs))
    state = learner.init(now.x.shape)
    raw = NoiseBuffer(streams, "adversary", range(runs), _normals, adversary.dim) if adversary.random else None
    silence = np.zeros(now.x.shape)
    with ALARM.arm():
        while now.time < steps:
            first, length = now.time, min(BLOCK, raw.ready() if raw is not None else BLOCK, steps - now.time)
            rows = fold.views(length, runs)
            for i, row in enumerate(raw.rows(length) if raw is not None else repeat(silence, length)):
                learner.play(state, now.play)
                adversary.next(first + i + 1, now.play, row, now.noisy)
                np.copyto(now.grad, now.noisy)
                learner.update(state, now.noisy)
                fold.probe.step(now, rows[i + 1], rows[i])
            now.time = first + length
            fold.close(first, length, runs)
    fold.finish(slice(0, runs), steps)
    return fold.results()
