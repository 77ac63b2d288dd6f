"""The online game alone: a learner against an adversary, no objective, no random scaling."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

import numpy as np

from foundation.arrays import Array, Float
from objectives.adversaries import Adversary
from optimizers.base import ALARM, Learner
from simulation.plan import Signals
from simulation.probes import Regret
from simulation.recording import BLOCK, Fold, Now
from simulation.streams import Reservoir, Streams


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
        """Play; returns the signals of `Regret`, with curves at every round.

        `best_ratio` is sup_u Regret_t(u)/(D sqrt(sum_s beta^{2(t-s)} ||g_s||^2)) (arXiv 2405.18199, Theorem 9).
        """
        runs, adversary = len(self.beta), self.adversary
        now = Now(np.zeros(adversary.dim), runs)
        fold = Fold(Regret(self.beta, self.radius), runs, np.arange(1, self.steps + 1))
        fold.probe.begin(None, now, np.arange(runs))
        state = self.learner.init(now.x.shape)
        raw = Reservoir(streams, "adversary", range(runs), _normals, adversary.dim) if adversary.random else None
        silence = np.zeros(now.x.shape)
        with ALARM.arm():
            while now.time < self.steps:
                first, length = now.time, min(BLOCK, raw.ready() if raw is not None else BLOCK, self.steps - now.time)
                rows = fold.views(length, runs)
                for i, row in enumerate(raw.rows(length) if raw is not None else repeat(silence, length)):
                    self.learner.play(state, now.play)
                    adversary.next(first + i + 1, now.play, row, now.noisy)
                    np.copyto(now.grad, now.noisy)
                    self.learner.update(state, now.noisy)
                    fold.probe.step(now, rows[i + 1], rows[i])
                now.time = first + length
                fold.close(first, length, runs)
        fold.finish(slice(0, runs), self.steps)
        return fold.results()


def duel(
    learner: Learner,
    adversary: Adversary,
    beta: Float[Array, "runs"],
    radius: Float[Array, "runs"],
    steps: int,
    streams: Streams,
) -> Signals:
    """Play a `Duel` at once; for claims that do not yield it yet."""
    return Duel(learner, adversary, beta, radius, steps).simulate(streams)


def _normals(rng: np.random.Generator, out: Array) -> None:
    rng.standard_normal(out=out)
