"""How sharp the constant of Theorem 9 is: a search for the gradient sequence of largest regret."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.words.broken import with_broken_learner
from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.problem import Context, Game, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.game import Duel
from simulation.plan import Signals
from theory import sharpened

ROUNDING = 1e-9  # the only margin above the bound
GENERATIONS = 60
CHILDREN = 8  # of each parent
PARENTS = 32
SPREAD = 3.0  # of the logarithms of the first sequences' sizes


@dataclass
class Sequences:
    """The adversary with a fixed gradient sequence for each run, values of shape (runs, length)."""

    values: Float[Array, "runs length"]
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: float, play: Float[Array, "runs 1"], raw: Float[Array, "runs 1"]) -> Float[Array, "runs 1"]:
        """The t-th gradient of every run, shape (runs, 1)."""
        column = self.values[:, :1]
        for t in range(2, self.values.shape[1] + 1):
            column = np.where(time == float(t), self.values[:, t - 1 : t], column)
        return column


@dataclass(frozen=True)
class Sharpness(Claim):
    r"""Measured: the largest ratio of the regret to $D \sqrt{\sum_t \beta^{2(T-t)} \|g_t\|^2}$ that an evolutionary
    search finds among short gradient sequences, signs and sizes. The row is supported if it comes within 3 percent of
    2, so that the constant cannot be much smaller, and not above."""

    name: ClassVar[str] = "theorem09_sharpness"
    label: ClassVar[str] = "Theorem 9 (sharpness)"
    title: ClassVar[str] = "The largest regret ratio that a search finds"
    about: ClassVar[type[Problem] | type[Game]] = Game
    statements = (sharpened.theorem09_bound,)

    beta: float = setting(0.99, "(0, 1)")
    length: int = setting(5, "[1, 1000]")
    learner: Maker = paper_learner

    def measure(self, problem: Game, context: Context) -> Measurement:
        """One row: the best of the search."""
        history = yield from self._search(context.streams.generator(0, "search"))
        bound, best, where = float(sharpened.theorem09_bound(1.0, 1.0)), history[-1:], f"beta={self.beta:g}"
        check = Check("attained", "ours", "largest ratio found", where, bound, best, ROUNDING * bound)
        generations = np.arange(1, len(history) + 1)
        curves = (
            Curve("search", "best so far", "measured", generations, history),
            Curve("search", f"ours {bound:g}", "bound", generations[[0, -1]], np.full(2, bound), form="ours"),
        )
        return Evidence(
            (check,), curves, (Panel("search", "generation", "largest regret ratio found", "linear", "linear"),)
        )

    def _search(self, rng: np.random.Generator) -> Generator[Duel, Signals, Float[Array, "generations"]]:
        """The largest ratio so far, after every generation: the best sequences have children, who replace worse ones.

        A child changes every size by a random factor, and every twentieth sign.
        """
        each = np.ones(PARENTS * CHILDREN)
        best, record = np.zeros((len(each), self.length)), np.zeros(len(each))
        learner, history = self.learner(1.0, self.beta, False), []
        for generation in range(GENERATIONS):
            parents = best[np.argsort(-record)[:PARENTS]].repeat(CHILDREN, axis=0)
            fresh = rng.standard_normal(best.shape) * np.exp(SPREAD * rng.standard_normal(best.shape))
            mutated = parents * np.exp(0.5 * rng.standard_normal(best.shape)) * np.sign(rng.random(best.shape) - 0.05)
            trial = fresh if generation == 0 else mutated
            signals = yield Duel(learner, Sequences(trial), self.beta * each, each, self.length)
            ratio = signals["best_ratio.max"]
            better = ratio > record
            best[better], record[better] = trial[better], ratio[better]
            history.append(record.max())
        return np.array(history)

    def controls(self) -> dict[str, Twin]:
        """Learners with a larger regret: the check is an upper bound too."""
        return with_broken_learner(self, "wrong sign", "no clip", "D x 1.25")
