"""Section 5.2.2: what not knowing G + sigma costs, for beta-FTRL and for untuned online gradient descent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from experiments.base import Claim, Context, Game, Problem, setting, slope
from experiments.corollary12_rates import MARGIN, Corollary12, Point, point
from experiments.words.evidence import Check, Curve, Evidence, Panel
from optimizers.base import Learner, Maker
from optimizers.baselines import untuned
from optimizers.ftrl import paper_learner
from simulation.game import duel
from theory.complexity import SECTION522_FTRL_STOPPED, SECTION522_OGD_STOPPED

POWERS = {"beta-FTRL": 1.0, "OGD": 2.0}  # of G + sigma in the regret


def descent(radius: Any, beta: Any, coordinatewise: bool) -> Learner:
    """Projected online gradient descent with rate D sqrt(1-beta)."""
    return untuned(radius, beta)


MAKERS: dict[str, Maker] = {"beta-FTRL": paper_learner, "OGD": descent}


def _known(online: str) -> None:
    if online not in POWERS:
        raise ValueError(f"case.settings.online = {online!r}: must be one of {', '.join(POWERS)}")


@dataclass(frozen=True)
class UntunedSteps(Corollary12):
    """Without G + sigma, with C = 1: beta-FTRL needs O((G+sigma)^{7/2} Delta lam^{1/2} eps^{-7/2}) steps, online
    gradient descent with rate D sqrt(1-beta) O((G+sigma)^7 ...). Both run at Theorem 11's parameters for C = 1 and the
    accuracy eps/r, r = G+sigma or its square; there T grows with 7/2 and 7. Stopped where Delta/(DT) meets the target
    (ours), the exponents are 5/2 and 5: the measured hitting time of 2 eps on a ramp. A consistency check, like
    Corollary 12: it shows what the parameters cost, not that a tuned learner needs as much."""

    name: ClassVar[str] = "section522_steps"
    label: ClassVar[str] = "Section 5.2.2"
    title: ClassVar[str] = "Gradient adaptivity"

    online: str = setting("beta-FTRL")
    sweep: str = "C"
    known: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _known(self.online)
        object.__setattr__(self, "learner", MAKERS[self.online])

    @property
    def expected(self) -> float:
        """5/2 or 5."""
        return (SECTION522_FTRL_STOPPED if self.online == "beta-FTRL" else SECTION522_OGD_STOPPED).scale

    @property
    def order(self) -> str:
        """It is not: G + sigma is not known."""
        return ""

    def points(self, problem: Problem) -> list[Point]:
        """G grows by the factors, at the same Delta; eps = lam = 1."""
        return [self._slope(problem.objective, factor) for factor in self.factors]

    def _slope(self, ramp: Any, factor: float) -> Point:
        longer = replace(ramp, slope=factor * ramp.slope, length=ramp.length / factor)
        lipschitz = longer.constants.lipschitz
        if self.known:
            return point(lipschitz, longer, 1.0, 1.0, 1.0, lipschitz)
        return point(lipschitz, longer, 1.0, 1.0, lipschitz ** -POWERS[self.online], 1.0)

    def controls(self) -> dict[str, tuple[str, Self]]:
        """The same with G known."""
        return {"tuned": ("C = G + sigma is known", replace(self, known=True))}


@dataclass(frozen=True)
class UntunedRegret(Claim):
    """The discounted regret of beta-FTRL grows like G + sigma, that of untuned online gradient descent like
    (G+sigma)^2 as long as it moves by less than D a step. Measured: the slope in the size of the gradients, which push
    along the play, of the regret against the best fixed comparator, averaged over t."""

    name: ClassVar[str] = "section522_regret"
    label: ClassVar[str] = "Section 5.2.2"
    title: ClassVar[str] = "Gradient adaptivity"

    online: str = setting("beta-FTRL")
    beta: float = setting(0.999)
    sizes: tuple[float, ...] = setting((1.0, 4.0, 16.0))
    runs: int = setting(32)

    def __post_init__(self) -> None:
        _known(self.online)
        if not 0 < self.beta < 1:
            raise ValueError(f"case.settings.beta = {self.beta}: must lie in (0, 1)")
        if len(self.sizes) < 2 or not all(0 < s < (1.0 - self.beta) ** -0.5 for s in self.sizes):
            raise ValueError(f"case.settings.sizes = {self.sizes}: two or more, each in (0, 1/sqrt(1-beta))")

    def accepts(self, problem: Game) -> None:
        """Adversaries with a size."""
        if not isinstance(problem, Game) or not hasattr(problem.adversary, "size"):
            raise ValueError(f"problem = {problem.name}: {self.name} needs an adversary with a size")

    def measure(self, problem: Game, context: Context) -> Evidence:
        """One slope a run."""
        sizes, steps = np.asarray(self.sizes), int(20.0 / (1.0 - self.beta))
        each = np.repeat(sizes, self.runs)
        beta, radius = np.full_like(each, self.beta), np.ones_like(each)
        learner = MAKERS[self.online](1.0, self.beta, False)
        adversary = replace(problem.adversary, size=each[:, None])
        found = duel(learner, adversary, beta, radius, steps, context.streams)
        regret = (found["played.mean"] + found["pull.mean"]).reshape(len(sizes), self.runs)
        slopes, expected = slope(sizes, regret), POWERS[self.online]
        quantity = "slope of the regret"
        check = Check("rate", "stated", quantity, f"{self.online}, beta={self.beta:g}", expected, slopes, MARGIN)
        unit = np.sqrt(1.0 - self.beta)
        curves = (
            Curve("regret", self.online, "measured", sizes, unit * np.median(regret, axis=1)),
            Curve("regret", f"slope {expected:g}", "bound", sizes, unit * regret[0].mean() * sizes**expected),
        )
        return Evidence((check,), curves, (Panel("regret", "size of the gradients", "regret sqrt(1-beta) / D"),))

    def controls(self) -> dict[str, tuple[str, Self]]:
        """The other learner, under the same name."""
        return {"swapped": ("the other learner", _swapped(self))}


@dataclass(frozen=True)
class _Swapped(UntunedRegret):
    """Expects what `online` promises and runs the other learner."""

    def measure(self, problem: Game, context: Context) -> Evidence:
        """The other's samples under our own expectation."""
        other = next(name for name in POWERS if name != self.online)
        twin = UntunedRegret(other, self.beta, self.sizes, self.runs)
        evidence = twin.measure(problem, context)
        (check,) = evidence.checks
        setting_ = f"{self.online}, beta={self.beta:g}"
        return replace(evidence, checks=(replace(check, setting=setting_, bound=POWERS[self.online]),))


def _swapped(claim: UntunedRegret) -> Any:
    return _Swapped(claim.online, claim.beta, claim.sizes, claim.runs)
