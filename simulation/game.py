"""The online game alone: a learner against an adversary, no objective, no random scaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foundation.arrays import Array, Float
from objectives.adversaries import Adversary
from optimizers.base import Learner
from simulation.engine import Engine, run_batch
from simulation.parts import Batch, game
from simulation.pausing import Pause
from simulation.plan import Signals
from simulation.probes import Regret
from simulation.recording import first_step
from simulation.streams import Draws, Streams


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

    def simulate(self, streams: Streams, engine: Engine = "auto", pause: Pause | None = None) -> Signals:
        """Play it; returns the signals of `Regret` by name, shape (runs,), and their curves, shape (runs, steps).

        `best_ratio` is sup_u Regret_t(u)/(D sqrt(sum_s beta^{2(t-s)} ||g_s||^2)) (arXiv 2405.18199, Theorem 9).
        Pause and errors as in `simulation.engine.simulate`.
        """
        return run_batch(lambda: self._batch(streams), engine, pause)

    def _batch(self, streams: Streams) -> Batch:
        runs, adversary = np.arange(len(self.beta)), self.adversary
        now = first_step(np.zeros(adversary.dim), len(runs), adversary.dim)
        parts, learn = game(self.learner, self.learner.init(now.x.shape), adversary)
        probe = Regret(self.beta, self.radius)
        probe.begin(None, now.x)
        raw = Draws(streams, "adversary", runs.tolist(), _normals, adversary.dim) if adversary.random else None
        times = np.arange(1, self.steps + 1)
        return Batch(runs, np.full(len(runs), self.steps), now, parts, learn, [probe], times, noise=raw)


def _normals(rng: np.random.Generator, out: Float[Array, "steps dim"]) -> None:
    rng.standard_normal(out=out)
