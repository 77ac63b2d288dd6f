"""Beyond the paper: what beta2 = beta1^2 is for, a map of the worst case over (beta1, beta2)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from experiments.words.claim import Claim, Measurement, Statements, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.problem import Context, Game, Problem
from foundation.arrays import Array
from foundation.settings import setting
from objectives.sequences import Fading, Replay
from optimizers.ftrl import DiscountedFTRL
from simulation.batch_plans import Ask
from simulation.game import Duel
from simulation.plan import Signals
from simulation.worst_case import programmes
from theory import discounts, sharpened

PRACTICE = 0.999  # the usual beta2
MARGIN = 0.01  # of the programme's value: its discretisation error, fixed beforehand
SPIKES = (1.0, 3.0, 10.0, 30.0)  # first gradients of long sequences, in units of the others
ADVICE = (17, 33, 161)  # gradients that the programme's sequences choose from
PAIR = 1e4  # of Theorem 9's worst sequence, (1, -PAIR)
HORIZONS = (10, 100)  # windows of 1/(1-beta1) steps; beta1^t stays above exp(-100)


Betas = tuple[float, float]


class Point(NamedTuple):
    """A place on the map: k = log beta2/log beta1, and how it is called."""

    beta1: float
    exponent: float
    name: str = ""

    @property
    def beta2(self) -> float:
        """beta1^k."""
        return float(self.beta1**self.exponent)

    def __str__(self) -> str:
        return f"beta1={self.beta1:g}, beta2={self.beta2:.4g} ({self.name})"


def duel(learners: list[Betas], adversary: Replay | Fading, steps: int) -> Duel:
    """The learners, D = 1, against the adversary's runs, of which each learner has equally many in turn."""
    runs = adversary.first if isinstance(adversary, Replay) else adversary.head
    beta1, beta2 = np.repeat(np.array(learners), len(runs) // len(learners), axis=0).T
    learner = DiscountedFTRL(1.0, beta1, beta2, coordinatewise=True)
    return Duel(learner, adversary, beta1, np.ones(len(runs)), steps)


def fading(learners: list[Betas], steps: int) -> Fading:
    """For each learner some sequences that fade like beta1^t, v_t = beta1^{-t} g_t being: a spike, then ones;
    1, -2, 2, ... at once, and after a wait each; 1, -PAIR.

    The wait lets r fall until the clip is active: c^{m-1}/(1 - c^m) <= 1/4, c = beta2/beta1^2, m = 1 + the wait.
    """
    rows: list[tuple[float, ...]] = []
    for beta1, beta2 in learners:
        rate = 2.0 * np.log(beta1) - np.log(beta2)  # -log c
        wait = np.ceil(np.log(1.0 + 4.0 * np.exp(rate)) / rate) if rate > 1e-9 else float(steps)
        rows += [(beta1, spike, 1.0, 1.0, 1.0, steps) for spike in SPIKES]
        rows += [(beta1, 1.0, 2.0, each, -1.0, steps) for each in (1.0, wait)]
        rows.append((beta1, 1.0, -PAIR, 1.0, 1.0, 2.0))
    beta, head, body, period, turn, stop = np.array(rows, float).T
    return Fading(beta, head, body, period, turn, stop, steps / 2.0)


@dataclass(frozen=True)
class DiscountMap(Claim):
    r"""Measured: how much regret an adversary can cause in one coordinate, by gradient sequences that are played
    against the learner itself. Bounded gradients: the regret over $D G/\sqrt{1-\beta_1^2}$, by the sequence that a
    dynamic programme on a grid advises, against the programme's value (within 1 percent, its discretisation error) and
    against the bound that is proved. Unbounded gradients: the regret over $D \sqrt{\sum_t \beta_1^{2(T-t)} g_t^2}$
    within 100 windows of $1/(1-\beta_1)$ steps, by the best of some families of sequences; "growth promised / reached"
    is what the statement says of its sequence over what the best one reaches, at most 1 where the ratio does explode.

    What it says: with gradients of any size only $\beta_2 = \beta_1^2$ has a finite worst case; with bounded gradients
    it does not matter much between $\beta_1^{1/2}$ and $\beta_1^4$, and $\beta_2 = 0.999$ costs about twice as much.
    """

    name: ClassVar[str] = "discount_map"
    label: ClassVar[str] = "Discounts"
    title: ClassVar[str] = "The worst case over (beta1, beta2)"
    source: ClassVar[str] = "beyond the paper"
    about: ClassVar[type[Problem] | type[Game]] = Game
    statements: ClassVar[Statements] = (
        discounts.own_scale_bound,
        discounts.bounded_bound,
        discounts.slow_bounded_bound,
        discounts.bounded_limit,
        discounts.slow_bound,
        discounts.slow_growth,
        discounts.fast_bound,
        discounts.fast_growth,
    )

    betas: tuple[float, ...] = setting((0.9,), "[0.5, 0.9999]")
    exponents: tuple[float, ...] = setting((0.03, 0.1, 0.25, 0.5, 0.75, 1.5, 1.8, 2.2, 2.5, 3.0, 6.0), "[0.001, 8]")
    cells: int = setting(80, "[20, 1e4]")
    clipped: bool = True  # in the programme
    share: float = 1.0  # of the bounds that are proved
    shift: float = 0.0  # the learner has beta2 beta1^shift
    always: float | None = None  # claimed to bound the ratio at all discounts
    drawn: bool = True

    def measure(self, problem: Game, context: Context) -> Measurement:
        """Rows at named points, curves over all exponents."""
        points = [point for beta in self.betas for point in self._points(beta)]
        ratios = []
        for beta in self.betas:
            ratios += yield from self._unbounded([point for point in points if point.beta1 == beta])
        values, reached = yield from self._bounded(points)  # last, for its programmes take a while
        checks = []
        for point, value, most, ratio in zip(points, values, reached, ratios, strict=True):
            if point.name:
                checks += [*self._bounded_checks(point, value, most), *self._unbounded_checks(point, ratio[-1])]
        if not self.drawn:
            return Evidence(tuple(checks))
        return Evidence(tuple(checks), tuple(self._curves(points, reached, ratios)), PANELS)

    def _points(self, beta1: float) -> list[Point]:
        """Named and other points, in the order of k."""
        practice = float(np.log(PRACTICE) / np.log(beta1))
        named = {2.0: "the paper's beta1^2", 1.0: "beta1", 4.0: "beta1^4", practice: "practice"}
        more = self.exponents if self.drawn else ()
        return [Point(beta1, k, named.get(k, "")) for k in sorted({*named, *more})]

    def _learner(self, point: Point) -> Betas:
        """beta1 and beta2 of the learner that is played against."""
        return point.beta1, point.beta2 * point.beta1**self.shift

    def _bounded(self, points: list[Point]) -> Generator[Ask, Signals, tuple[list[float], Array]]:
        """The programme's value, and what its sequence reaches."""
        betas, learners = [(point.beta1, point.beta2) for point in points], [self._learner(point) for point in points]
        values = (yield programmes(betas, self.cells, self.clipped, ADVICE if self.clipped else ()))["value"].tolist()
        advice = (yield programmes(learners, self.cells, True, ADVICE))["sequences"]
        replay = Replay.of([one[np.isfinite(one)] for sequences in advice for one in sequences])
        signals = yield duel(learners, replay, replay.steps)
        most = signals["regret.max"].reshape(len(points), -1).max(axis=1)
        return values, most * np.sqrt([1.0 - point.beta1**2 for point in points])

    def _unbounded(self, points: list[Point]) -> Generator[Ask, Signals, list[list[float]]]:
        """For each point what the best sequence reaches within each of the horizons."""
        windows = [round(horizon / (1.0 - points[0].beta1)) for horizon in HORIZONS]
        learners = [self._learner(point) for point in points]
        signals = yield duel(learners, fading(learners, windows[-1]), windows[-1])
        most = signals["best_ratio.curve"].reshape(len(points), -1, windows[-1]).max(axis=1)
        return [[float(curve[:window].max()) for window in windows] for curve in most]

    def _bounded_checks(self, point: Point, value: float, most: float) -> list[Check]:
        proved = float(discounts.bounded_bound(1.0, 1.0, point.beta1, point.beta2))
        if point.exponent <= 2.0:
            proved = min(proved, float(discounts.slow_bounded_bound(1.0, 1.0, point.beta1)))
        bound = self.share * proved * float(np.sqrt(1.0 - point.beta1**2))
        what, sample = "bounded gradients: regret ratio", np.array([most])
        return [
            Check("attained", "ours", f"{what}, programme", str(point), value, sample, MARGIN * value),
            Check("pathwise", "ours", f"{what}, proved", str(point), bound, sample),
        ]

    def _unbounded_checks(self, point: Point, most: float) -> list[Check]:
        steps, betas = round(HORIZONS[-1] / (1.0 - point.beta1)), (point.beta1, point.beta2)
        what, where, sample = "unbounded gradients: regret ratio", str(point), np.array([most])
        if point.exponent == 2.0:
            bound = self.share * float(sharpened.theorem09_bound(1.0, 1.0))
            return [Check("attained", "ours", what, where, bound, sample, 1e-9)]
        slow = point.exponent < 2.0
        bound = float(discounts.slow_bound(steps) if slow else discounts.fast_bound(*betas, steps))
        promised = float(discounts.slow_growth(*betas, steps) if slow else discounts.fast_growth(*betas, steps))
        return [
            Check("pathwise", "ours", what, where, self.always or self.share * bound, sample),
            Check("pathwise", "ours", "unbounded gradients: growth promised / reached", where, 1.0, promised / sample),
        ]

    def _curves(self, points: list[Point], reached: Array, ratios: list[list[float]]) -> list[Curve]:
        """Two panels over k, a line for each beta1 (and horizon), and what is known in advance."""
        exponents, curves = np.array([point.exponent for point in points]), []
        for beta in self.betas:
            mine = np.array([point.beta1 == beta for point in points])
            x, y = exponents[mine], np.array(ratios)[mine].T
            curves.append(Curve("bounded", rf"$\beta_1 = {beta:g}$", "measured", x, reached[mine]))
            for horizon, line in zip(HORIZONS, y, strict=True):
                curves.append(Curve("unbounded", rf"$\beta_1 = {beta:g}$, {horizon} windows", "measured", x, line))
        k = np.unique(np.append(np.geomspace(0.1, exponents.max(), 40), 2.0))
        limit = np.array([discounts.bounded_limit(each) for each in k])
        curves.append(Curve("bounded", r"ours, $\beta_1 \to 1$", "bound", k, limit, form="ours"))
        two, ends = np.full(2, float(sharpened.theorem09_bound(1.0, 1.0))), exponents[[0, -1]]
        curves.append(Curve("unbounded", "ours 2, at $k = 2$", "bound", ends, two, form="ours"))
        for panel, top in (("bounded", reached.max()), ("unbounded", np.max(ratios))):
            at = np.array([1.0, top])
            curves.append(Curve(panel, "the paper", "context", np.full(2, 2.0), at))
            usual = np.full(2, np.log(PRACTICE) / np.log(0.9))
            curves.append(Curve(panel, f"(0.9, {PRACTICE:g})", "context", usual, at))
        return curves

    def controls(self) -> dict[str, Twin]:
        """Near misses: of the discount, of the programme, and of the bounds."""
        rows = replace(self, betas=self.betas[:1], drawn=False)
        return {
            "beta1^2.1": rows.near("the learner has beta2 beta1^0.1", "beta2 = beta1^2", shift=0.1),
            "beta1^3": rows.near("the learner has beta2 beta1", "beta2 = beta1^2", shift=1.0),
            "no clip": rows.twin("the programme leaves the clip out", clipped=False),
            "half": rows.near("half of what is proved", share=0.5),
            "2 for all": rows.twin("claims the constant 2 at all discounts", always=2.0),
        }


_K = r"$k$, where $\beta_2 = \beta_1^k$"
PANELS = (
    Panel("bounded", _K, r"$\mathrm{Regret}\,(1-\beta_1^2)^{1/2}/(DG)$", "log", "log", title=r"$|g_t| \leq G$"),
    Panel("unbounded", _K, r"$\mathrm{Regret}/(D\,(\sum_t\beta_1^{2(T-t)}g_t^2)^{1/2})$", title="any $g_t$"),
)
