"""The online game alone: a learner against an adversary, no objective, no random scaling."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np

from foundation.arrays import Array, Float
from objectives.adversaries import Adversary
from optimizers.alarm import ALARM
from optimizers.base import Learner
from simulation.plan import Signals
from simulation.probes import Regret
from simulation.recording import BLOCK, Step
from simulation.streams import NoiseBuffer, Streams
from simulation.summary import SignalSummary


@dataclass(frozen=True)
class Duel:
    """A game to be played: as many independent runs as `beta` and `radius` have entries, `steps` rounds each.

    beta, radius: the discount and the ball of the regret that is measured, shape (runs,).
    """

    learner: Learner
    adversary: Adversary
    beta: Float[Array, "runs"]
    radius: Float[Array, "runs"]
    steps: int

    def simulate(self, streams: Streams) -> Signals:
        """Play it; returns the signals of `Regret` by name, shape (runs,), and their curves, shape (runs, steps).

        `best_ratio` is sup_u Regret_t(u)/(D sqrt(sum_s beta^{2(t-s)} ||g_s||^2)) (arXiv 2405.18199, Theorem 9).
        """
        runs, adversary = len(self.beta), self.adversary
        current = Step(np.zeros(adversary.dim), runs)
        summary = SignalSummary(Regret(self.beta, self.radius), runs, np.arange(1, self.steps + 1))
        summary.probe.begin(None, current, np.arange(runs))
        state = self.learner.init(current.x.shape)
        raw = NoiseBuffer(streams, "adversary", range(runs), _normals, adversary.dim) if adversary.random else None
        silence = np.zeros(current.x.shape)
        with ALARM.arm():
            while current.time < self.steps:
                first = current.time
                length = min(BLOCK, raw.ready() if raw is not None else BLOCK, self.steps - first)
                rows = summary.views(length, runs)
                for i, row in enumerate(raw.rows(length) if raw is not None else repeat(silence, length)):
                    self.learner.play(state, current.play)
                    adversary.next(first + i + 1, current.play, row, current.noisy)
                    np.copyto(current.grad, current.noisy)
                    self.learner.update(state, current.noisy)
                    summary.probe.step(current, rows[i + 1], rows[i])
                current.time = first + length
                summary.close(first, length, runs)
        summary.finish(slice(0, runs), self.steps)
        return summary.results()


def _normals(rng: np.random.Generator, out: Float[Array, "steps dim"]) -> None:
    rng.standard_normal(out=out)
