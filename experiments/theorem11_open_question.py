"""Can the stated bound of Theorem 11 fail at a C not much larger than 12 (G + sigma)? A search, with the measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments.theorem11_stationarity import sampled_times
from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.problem import Context, Problem
from foundation.arrays import Array, Float
from foundation.settings import setting
from objectives.kinks import Zigzag
from objectives.noise import Exact
from optimizers.ftrl import clipped_adam
from simulation.certificate import Certificate
from simulation.engine import Setup
from simulation.plan import Plan
from simulation.recording import recipe
from stationarity import measure_separable
from theory import adam_ema, sharpened

TIMES = 24  # sampled times, one in each of as many strata of 1..T: no period can hide
TEETH = 300  # of a zigzag, at most
TOLERANCE = 1e-4  # of max(value, eps): the gap of the bracket


def infima(
    family: Zigzag, xbar: Float[Array, "runs times candidates"]
) -> tuple[Float[Array, "runs candidates"], Float[Array, "runs candidates"]]:
    """Certified lower and upper bound of the measure of every candidate alone, averaged over the sampled times."""
    ends = []
    for i, slope in enumerate(family.slopes()):
        found = measure_separable((slope,), xbar[..., i].reshape(-1, 1), 1.0, "l2", TOLERANCE, 1.0)
        ends.append([part.reshape(xbar.shape[:2]).mean(axis=1) for part in (found.lower, found.upper)])
    lower, upper = np.array(ends).transpose(1, 2, 0)
    return lower, upper


@dataclass(frozen=True)
class OpenQuestion(Claim):
    r"""ours, for $C \leq 12.2 (G + \sigma)$: Our bound is below the stated one, which therefore holds. From $20 (G +
    \sigma)$ on there are counterexamples (experiments/theorem11_counterexample.py); in between it is open. This is a
    search in one dimension.

    Measured: the infimum itself, averaged over sampled $t$, of the candidate that is worst in one half of the runs, in
    the other half, against the stated bound for its own $G$. Candidates are one-dimensional zigzags without noise:
    slopes, lengths and number of teeth are drawn at random, $\Delta$ is as large as $T = 12 C/\varepsilon/(1-\beta)$
    allows, so that $T$ is the same for all and they run side by side as the coordinates of clipped Adam, each of which
    is Theorem 11's algorithm in one dimension.

    A supported row says that the search found nothing; it proves nothing about other objectives.
    """

    name: ClassVar[str] = "open_question"
    label: ClassVar[str] = "Theorem 11 (open question)"
    title: ClassVar[str] = "The infimum where it is open whether the stated bound holds, in a search"
    statements = (adam_ema.theorem11_bound, sharpened.theorem11_bound)

    guess: float = setting(13.5, "[1, 1e6]")
    candidates: int = setting(64, "[2, 1e5]")
    steepest: float = setting(1.1, "(1, 1e6]")
    share: float = 1.0
    claimed: float = 1.0  # of the bound

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

    def measure(self, problem: Problem, context: Context) -> Measurement:
        """One row: the worst candidate; the figure has them all."""
        family, runs = self.family(context), context.effort.slope_runs
        beta, radius, whole = adam_ema.theorem11_parameters(1.0, 1.0, self.guess, 1.0)
        betas, steps = np.full(runs, beta), np.full(runs, np.ceil(self.share * whole), np.int64)
        times = sampled_times(steps, TIMES, context)
        probe = recipe(Certificate, beta=betas, lam=np.ones(runs), norm="l1", samples=times)
        signals = yield Plan(Setup(family, Exact(), clipped_adam(np.full(runs, radius), betas), steps), (probe,))

        lower, upper = infima(family, signals["xbar"])
        choosing, telling = slice(0, runs // 2), slice(runs // 2, runs)
        lipschitz = np.asarray(family.constants.coordinate_lipschitz)
        bound = self.claimed * np.asarray(adam_ema.theorem11_bound(1.0, self.guess, lipschitz))
        worst = int(np.argmax(upper[choosing].mean(axis=0) / bound))
        text = ", ".join(f"{n} {family.vector(n)[worst]:.3g}" for n in ("down", "up", "fall", "rise", "teeth"))
        ratios = np.sort(upper.mean(axis=0) / bound)[::-1]
        note = f"worst of {self.candidates}: {text}; next ratios {', '.join(f'{r:.3f}' for r in ratios[1:4])}"
        quantity, where = "infimum of the worst candidate / eps", f"C={self.guess:g}"
        level, low, high = float(bound[worst]), lower[telling, worst], upper[telling, worst]
        check = Check("expected", "stated", quantity, where, level, high, lower_samples=low, note=note)
        ranks = np.arange(1.0, self.candidates + 1.0)
        curves = (
            Curve("search", "candidates, worst first", "measured", ranks, ratios),
            Curve("search", "stated 1", "bound", ranks[[0, -1]], np.ones(2), form="stated"),
        )
        return Evidence(
            (check,), curves, (Panel("search", "candidate", "average infimum / stated bound", "log", "linear"),)
        )

    def controls(self) -> dict[str, Twin]:
        """What a violation would look like."""
        return {
            "a tenth of T": self.twin("stopped after a tenth of T, before the descent is over", share=0.1),
            "T/2": self.near("stopped after half of T", share=0.5),
            "half": self.near("claims half of the bound", claimed=0.5),
        }
