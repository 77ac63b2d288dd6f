"""How sharp the constant of Theorem 9 is: a search for the gradient sequence of largest regret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.base import Array, Claim, Context, Game, Problem, setting
from experiments.words.evidence import Check, Curve, Evidence, Panel
from optimizers import wrong
from optimizers.base import Maker
from optimizers.ftrl import paper_learner
from simulation.game import duel
from theory import sharpened

ROUNDING = 1e-9  # the only margin above the bound


@dataclass
class Sequences:
    """A fixed gradient sequence for each run, shape (runs, length)."""

    values: Array
    dim: int = 1
    random: ClassVar[bool] = False

    def next(self, time: int, play: Array, raw: Array, out: Array) -> None:
        """The t-th gradient of every run."""
        out[:] = self.values[:, time - 1 : time]


@dataclass(frozen=True)
class Sharpness(Claim):
    """No constant below 2 can replace the 4 of Theorem 9, and 2 itself suffices (ours). An evolutionary search over
    short gradient sequences, signs and sizes, looks for the largest ratio of regret to
    D sqrt(sum beta^{2(T-t)} ||g_t||^2); the row is supported if it comes within 3 percent of 2 and not above."""

    name: ClassVar[str] = "theorem09_sharpness"
    label: ClassVar[str] = "Theorem 9 (sharpness)"
    title: ClassVar[str] = "The largest regret ratio that a search finds"
    about: ClassVar[type[Problem] | type[Game]] = Game

    beta: float = setting(0.99)
    length: int = setting(5)
    learner: Maker = paper_learner
    generations: int = 60
    population: int = 256
    spread: float = 3.0  # of the logarithms of the first sequences' sizes

    def measure(self, problem: Game, context: Context) -> Evidence:
        """One row: the best of the search."""
        rng = context.streams.generator(0, "search")
        best = np.zeros((self.population, self.length))
        record = np.zeros(self.population)
        history: list[float] = []
        for generation in range(max(1, self.generations)):
            parents = best[np.argsort(-record)[: self.population // 8]].repeat(8, axis=0)
            fresh = rng.standard_normal(best.shape) * np.exp(self.spread * rng.standard_normal(best.shape))
            mutated = parents * np.exp(0.5 * rng.standard_normal(best.shape)) * np.sign(rng.random(best.shape) - 0.05)
            trial = fresh if generation == 0 else mutated
            found = self._ratios(trial, context)
            better = found > record
            best[better], record[better] = trial[better], found[better]
            history.append(float(record.max()))
        bound = float(sharpened.theorem09_bound(1.0, 1.0))
        check = Check(
            "attained",
            "ours",
            "largest ratio found",
            f"beta={self.beta:g}",
            bound,
            np.array([history[-1]]),
            ROUNDING * bound,
        )
        time = np.arange(1, len(history) + 1)
        curves = (
            Curve("search", "best so far", "measured", time, np.array(history)),
            Curve("search", "2 (ours)", "bound", time[[0, -1]], np.full(2, bound)),
        )
        return Evidence((check,), curves, (Panel("search", "generation", "largest ratio", "linear", "linear"),))

    def _ratios(self, sequences: Array, context: Context) -> Array:
        runs = len(sequences)
        learner = self.learner(1.0, self.beta, False)
        ones = np.ones(runs)
        found = duel(learner, Sequences(sequences), self.beta * ones, ones, self.length, context.streams)
        return found["best_ratio.max"]

    def controls(self) -> dict[str, tuple[str, Self]]:
        """Two learners with a larger regret: the check is an upper bound too."""
        return {
            "wrong sign": ("plays +z", replace(self, learner=wrong.wrong_sign)),
            "no clip": ("the ratio is not projected on the ball", replace(self, learner=wrong.no_clip)),
        }
