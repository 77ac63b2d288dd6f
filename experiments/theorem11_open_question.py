"""Can the stated bound of Theorem 11 fail where C is much larger than G + sigma? A search with the exact measure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from experiments.algorithm import AlgorithmClaim
from experiments.base import Array, Context, Problem, setting
from experiments.words.evidence import Check, Curve, Evidence, Panel
from objectives.kinks import Zigzag
from objectives.noise import Exact
from simulation.engine import Setup, simulate
from simulation.probes import Certificate
from simulation.recording import recipe
from stationarity import measure_separable
from theory import adam_ema

RUNS = 16  # half of them choose the worst candidate, the other half say what it is
TIMES = 24  # one uniform t in each of as many strata of 1..T: no period can hide
TEETH = 300


@dataclass(frozen=True)
class OpenQuestion(AlgorithmClaim):
    """The proof of Theorem 11 gives (1.75 + (G+sigma)/C) eps and, with sharper lemmas, the stated (1 + (G+sigma)/C)
    eps for C <= 12.2 (G+sigma); whether the statement can fail beyond is open. A search among one-dimensional
    zigzags without noise: slopes, lengths and number of teeth drawn at random, Delta as large as T = 12
    C/eps/(1-beta) allows, so that T is the same for all and they run side by side as the coordinates of clipped
    Adam, each of which is Theorem 11's algorithm in one dimension. Measured: the infimum itself, averaged over
    sampled t, of the candidate that is worst in one half of the runs, in the other half. The bound is that of its
    own G. A supported row says that the search found nothing; it proves nothing about other objectives."""

    name: ClassVar[str] = "open_question"
    label: ClassVar[str] = "Theorem 11 (open question)"
    title: ClassVar[str] = "C much larger than G + sigma"

    coordinatewise: bool = True
    guess: float = setting(13.5)
    candidates: int = setting(64)
    steepest: float = setting(1.1)
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.guess < np.inf or self.candidates < 2 or not 1.0 < self.steepest < np.inf:
            values = f"guess = {self.guess}, candidates = {self.candidates}, steepest = {self.steepest}"
            raise ValueError(f"case.settings: {values}: must be >= 1, >= 2 and > 1, all finite")

    def family(self, context: Context) -> Zigzag:
        """The candidates, one a coordinate; the first is a straight ramp of slope eps, the tight case of the proof."""
        rng, count = context.streams.generator(0, "candidates"), self.candidates
        most = 3.0 * self.guess  # Delta lam^{1/2} eps^{-3/2} up to which 12 C/eps is the larger branch
        down = rng.uniform(1.0, self.steepest, count)
        up = rng.uniform(0.0, self.steepest, count) * rng.choice([0.0, 1.0], count, p=[0.25, 0.75])
        fall = 10.0 ** rng.uniform(-0.7, 0.7, count)
        rise = fall * down * rng.uniform(0.02, 0.95, count) / np.maximum(up, 0.3)
        rise = np.where(up > 0, np.minimum(rise, 0.999 * fall * down / np.maximum(up, 1e-9)), rise)
        net = fall * down - up * rise
        teeth = np.clip(np.floor((most - fall * down) / net), 1.0, TEETH)
        down[0], up[0], fall[0], rise[0], teeth[0] = 1.0, 0.0, most, 1.0, 1.0
        columns = (tuple(part.tolist()) for part in (down, up, fall, rise, teeth))
        return Zigzag(count, *columns)

    def measure(self, problem: Problem, context: Context) -> Evidence:
        """One row: the worst candidate; the figure has them all."""
        family = self.family(context)
        beta, radius, steps = adam_ema.theorem11_parameters(1.0, 1.0, self.guess, 1.0)
        steps = np.full(RUNS, np.ceil(self.share * steps), np.int64)
        betas = np.full(RUNS, beta)
        rng = context.streams.generator(0, "sampled times")
        edges = (np.arange(TIMES) + rng.random((RUNS, TIMES))) / TIMES
        times = 1 + (edges * steps[:, None]).astype(np.int64)
        setup = Setup(family, Exact(), self.learner(np.full(RUNS, radius), betas, True), steps, self.scaling)
        probe = recipe(Certificate, beta=betas, lam=np.ones(RUNS), norm="l1", samples=times)
        found = simulate(setup, [probe], context.streams)
        lower, upper = self._infima(family, found["xbar"])
        half = RUNS // 2
        lipschitz = np.asarray(family.constants.coordinate_lipschitz)
        bound = 1.0 + lipschitz / self.guess
        worst = int(np.argmax(upper[:half].mean(axis=0) / bound))
        text = ", ".join(f"{n} {family.vector(n)[worst]:.3g}" for n in ("down", "up", "fall", "rise", "teeth"))
        ratios = np.sort(upper.mean(axis=0) / bound)[::-1]
        note = f"worst of {self.candidates}: {text}; next ratios {', '.join(f'{r:.3f}' for r in ratios[1:4])}"
        check = Check(
            "expected",
            "stated",
            "infimum of the worst candidate / eps",
            f"C={self.guess:g}",
            float(bound[worst]),
            upper[half:, worst],
            lower_samples=lower[half:, worst],
            note=note,
        )
        ranks = np.arange(1.0, self.candidates + 1.0)
        curves = (
            Curve("search", "candidates, worst first", "measured", ranks, ratios),
            Curve("search", "stated", "bound", ranks[[0, -1]], np.ones(2)),
        )
        return Evidence((check,), curves, (Panel("search", "candidate", "infimum / stated bound", "log", "linear"),))

    def _infima(self, family: Zigzag, xbar: Array) -> tuple[Array, Array]:
        """Certified ends of the measure, averaged over the sampled times, shape (runs, candidates)."""
        ends = []
        for i, slope in enumerate(family.slopes()):
            points = xbar[..., i].reshape(-1, 1)
            found = measure_separable((slope,), points, 1.0, "l2", 1e-4, 1.0)
            ends.append([part.reshape(xbar.shape[:2]).mean(axis=1) for part in (found.lower, found.upper)])
        lower, upper = np.array(ends).transpose(1, 2, 0)
        return lower, upper

    def controls(self) -> dict[str, tuple[str, Self]]:
        """What a violation would look like."""
        return {"a tenth of T": ("stopped after a tenth of T, before the descent is over", replace(self, share=0.1))}
