"""Section 5.2.2: what not knowing G + sigma costs, for beta-FTRL and for untuned online gradient descent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from experiments.corollary12_rates import MARGIN, Corollary12, Sweep, Swept, at_theorem11, steeper
from experiments.words.claim import Claim, Measurement, Twin
from experiments.words.evidence import Check, Curve, Evidence, Panel
from experiments.words.numbers import log_slope
from experiments.words.problem import Context, Game, Problem
from foundation.settings import setting, show
from objectives.adversaries import AgainstPlay
from objectives.ramps import EasedRamp, Ramp
from optimizers.base import Learner, Maker, Parameter
from optimizers.baselines import untuned
from optimizers.ftrl import paper_learner
from simulation.game import Duel
from theory import complexity


def untuned_descent(radius: Parameter, beta: Parameter, coordinatewise: bool) -> Learner:
    """Projected online gradient descent with rate D sqrt(1-beta)."""
    return untuned(radius, beta)


@dataclass(frozen=True)
class Online:
    """An online learner that does not know G + sigma, and what it costs.

    regret_power: the exponent of G + sigma in its regret. steps_power: that in the hitting time, where T is stopped
    early.
    """

    make: Maker
    regret_power: float
    steps_power: float


ONLINE: dict[complexity.Learner, Online] = {
    "beta-FTRL": Online(paper_learner, 1.0, complexity.SECTION522_FTRL_STOPPED.scale),
    "OGD": Online(untuned_descent, 2.0, complexity.SECTION522_OGD_STOPPED.scale),
}


@dataclass(frozen=True)
class UntunedSteps(Corollary12):
    r"""Measured: the hitting time of $2 \varepsilon$ on a ramp without noise at Theorem 11's $\beta$ and $D$ for $C =
    1$ and the accuracy $\varepsilon/r$, where $r = G + \sigma$ for $\beta$-FTRL and its square for online gradient
    descent of rate $D \sqrt{1-\beta}$; its slope in $G$, against $5/2$ and 5. A run hits $2 \varepsilon$ where
    $\Delta/(DT)$ meets the target, so these exponents are ours, although the form of the row is stated; the theorem's
    own $T$ grows with $7/2$ and 7, see the note.

    A consistency check, like Corollary 12: it shows what the parameters cost, not that a tuned learner needs as much.
    """

    name: ClassVar[str] = "section522_steps"
    label: ClassVar[str] = "Section 5.2.2"
    title: ClassVar[str] = "Hitting time without knowing G + sigma"
    statements = (complexity.section522_order, complexity.section522_stopped_order)

    online: complexity.Learner = setting("beta-FTRL")
    sweep: Sweep = "C"
    known: bool = False

    @property
    def learner(self) -> Maker:
        """The one that `online` names."""
        return ONLINE[self.online].make

    @property
    def expected(self) -> float:
        """5/2 or 5."""
        return ONLINE[self.online].steps_power

    @property
    def order(self) -> str:
        """It is not: G + sigma is not known."""
        return ""

    def swept(self, ramp: Ramp | EasedRamp, factor: float) -> Swept:
        """G grows by the factor, at the same Delta; eps = lam = 1."""
        ramp = steeper(ramp, factor)
        lipschitz = ramp.constants.lipschitz
        if self.known:
            return at_theorem11(lipschitz, ramp, 1.0, 1.0, accuracy=1.0, guess=lipschitz)
        accuracy = lipschitz ** -ONLINE[self.online].regret_power
        return at_theorem11(lipschitz, ramp, 1.0, 1.0, accuracy=accuracy, guess=1.0)

    def controls(self) -> dict[str, Twin]:
        """The same with G known, and another exponent."""
        return {
            "tuned": self.twin("C = G + sigma is known", known=True),
            "exponent + 1/2": self.near("an exponent that is larger by 1/2", off=0.5),
        }


@dataclass(frozen=True)
class UntunedRegret(Claim):
    r"""stated, Section 5.2.2: The discounted regret of $\beta$-FTRL is $O(D (G + \sigma)/\sqrt{1-\beta})$; that of
    online gradient descent of rate $D \sqrt{1-\beta}$, untuned, is $O(D (G + \sigma)^2/\sqrt{1-\beta})$.

    Measured: the regret against the best fixed comparator, averaged over $t$, where the gradients push along the play;
    its slope in their size, against 1 and 2. Online gradient descent has the 2 as long as it moves by less than $D$ a
    step, so all sizes are below $(1-\beta)^{-1/2}$.
    """

    name: ClassVar[str] = "section522_regret"
    label: ClassVar[str] = "Section 5.2.2"
    title: ClassVar[str] = "Regret without knowing G + sigma"
    about: ClassVar[type[Problem] | type[Game]] = Game

    online: complexity.Learner = setting("beta-FTRL")
    beta: float = setting(0.999, "(0, 1)")
    sizes: tuple[float, ...] = setting((1.0, 4.0, 16.0), "(0, inf)", least=2)
    runs: int = setting(32, "[8, 1e6]")
    runs_other: bool = False  # whether the other learner plays, under the same name
    off: float = 0.0  # of the exponent

    def __post_init__(self) -> None:
        super().__post_init__()
        largest = (1.0 - self.beta) ** -0.5
        if not all(size < largest for size in self.sizes):
            limit = f"each must be < 1/sqrt(1-beta) = {largest:.4g}, beta = {self.beta}"
            raise ValueError(f"case.settings.sizes = {show(self.sizes)}: {limit}")

    def accepts(self, problem: Problem | Game) -> None:
        """The adversary that pushes along the play, whose size may differ from run to run."""
        super().accepts(problem)
        fits = isinstance(problem, Game) and isinstance(problem.adversary, AgainstPlay)
        self.require(fits, problem, "adversary: against_play")

    def measure(self, problem: Game, context: Context) -> Measurement:
        """One slope a run."""
        plays = next(name for name in ONLINE if (name == self.online) != self.runs_other)
        sizes, steps = np.asarray(self.sizes), int(20.0 / (1.0 - self.beta))
        each = np.repeat(sizes, self.runs)
        beta, radius = np.full_like(each, self.beta), np.ones_like(each)
        assert isinstance(problem.adversary, AgainstPlay)
        learner = ONLINE[plays].make(1.0, self.beta, False)
        adversary = replace(problem.adversary, size=each[:, None])
        signals = yield Duel(learner, adversary, beta, radius, steps)

        regret = (signals["played.mean"] + signals["pull.mean"]).reshape(len(sizes), self.runs)
        where, expected = f"{self.online}, beta={self.beta:g}", ONLINE[self.online].regret_power + self.off
        slopes = log_slope(sizes, regret)
        check = Check("rate", "stated", "slope of the regret", where, expected, slopes, MARGIN)
        unit, ratio = np.sqrt(1.0 - self.beta), (sizes / sizes[0]) ** expected
        curves = (
            Curve("regret", plays, "measured", sizes, unit * np.median(regret, axis=1)),
            Curve("regret", f"slope ${expected:.3g}$", "bound", sizes, unit * regret[0].mean() * ratio, form="stated"),
        )
        axis = r"$\mathrm{Regret}\,(1-\beta)^{1/2} / D$"
        panel = Panel("regret", r"size of the gradients, $\|g_t\|$", axis, kind="rates", slope=expected)
        return Evidence((check,), curves, (panel,))

    def controls(self) -> dict[str, Twin]:
        """The other learner, under the same name, and another exponent."""
        return {
            "swapped": self.twin("the other learner", runs_other=True),
            "exponent + 1/2": self.near("an exponent that is larger by 1/2", off=0.5),
        }
