"""What a claim is: a statement of the paper, made of ingredients, that can be measured on a problem.

A claim is a frozen record. Its controls are the same record with one ingredient broken; the analysis
puts the claim and its controls through the same checks, and the controls must be refuted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from experiments.words.evidence import ClaimInfo, Evidence, Ingredient
from experiments.words.problem import Context, Game, Problem
from foundation.settings import check_settings
from simulation.batch_plans import Ask
from simulation.plan import Signals

Statements = tuple[Callable[..., Any], ...]  # functions of theory/
Measurement = Evidence | Generator[Ask, Signals, Evidence]


@dataclass(frozen=True)
class Twin:
    """A deliberately broken twin of a claim, which the claim's own checks must reject.

    text: what is broken. removes: the ingredient of Algorithm 1 that is missing, for the table of ablations; None if
    something else is broken, such as a constant of the bound. near: whether it is a near miss, wrong by a factor of at
    most 2 in one ingredient: what rejects it measures that ingredient, and does not only fail for trivial problems.
    """

    claim: Claim
    text: str
    removes: Ingredient | None = None
    near: bool = False


@dataclass(frozen=True)
class Claim:
    """Base of all claims. Class attributes say who speaks; fields are ingredients with the paper's defaults.

    A field made by `setting` can be set from a case; the others only by controls. `statements` are the functions of
    theory/ that bound what is measured: their docstrings state the claim. Its own says what is measured, and what it
    claims where theory/ has no function for it; each of its paragraphs begins with who says so ("ours: ",
    "Measured: "), unless it is a remark. `about`: what it is measured on. end_to_end: whether it is about the
    algorithm's output rather than a lemma of the proof. heavy_tails: whether it does without a finite sigma. at_rest:
    whether it does without a descent, Delta = 0.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str] = "arXiv 2405.18199"
    statements: ClassVar[Statements] = ()
    about: ClassVar[type[Problem] | type[Game]] = Problem
    end_to_end: ClassVar[bool] = False
    heavy_tails: ClassVar[bool] = False
    at_rest: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_settings(self, "case.settings")

    @classmethod
    def info(cls) -> ClaimInfo:
        """How the report introduces the claim: what theory/ states, then what is measured."""
        own = (" ".join(paragraph.split()) for paragraph in inspect.cleandoc(cls.__doc__ or "").split("\n\n"))
        paragraphs = (*map(statement, cls.statements), *own)
        return ClaimInfo(cls.name, cls.label, cls.title, paragraphs, cls.source, cls.end_to_end)

    def accepts(self, problem: Any) -> None:
        """Raises ValueError if the claim cannot be measured on the problem."""
        what = "an objective, not an adversary" if self.about is Problem else "an adversary, not an objective"
        self.require(isinstance(problem, self.about), problem, what)
        if isinstance(problem, Problem):
            scales = problem.scales
            self.require(self.heavy_tails or np.isfinite(scales.sigma), problem, "noise of a finite sigma")
            numbers = np.isfinite(scales.gap) and np.isfinite(scales.lipschitz)
            self.require(numbers, problem, "a Delta and a G that are numbers: arguments nearer to each other")
            self.require(self.at_rest or scales.gap > 0, problem, "a start above inf F, Delta > 0: begin or slope != 0")

    def plans(self, problem: Any, context: Context) -> None:
        """Raises ValueError if the claim finds nothing to be run on the problem, or more steps than can be counted."""
        grid = getattr(self, "grid", None)
        if grid is not None:
            grid(problem, context)

    def left_out(self, problem: Any, context: Context) -> tuple[str, ...]:
        """The settings that the preset keeps from being measured, each with the limit; the report names them."""
        return ()

    def require(self, fulfilled: bool | np.bool, problem: Problem | Game, what: str) -> None:
        """For `accepts`: raises ValueError, one line that names problem, claim and what it needs, unless fulfilled."""
        if not fulfilled:
            raise ValueError(f"problem = {problem.name}: {self.name} needs {what}")

    def measure(self, problem: Any, context: Context) -> Measurement:
        """Measured against bound, on one problem, from top to bottom.

        Where something has to be run, `signals = yield plan`: whoever drives the measurement runs it, side by side
        with what the controls ask for (experiments/words/harness.py).
        """
        raise TypeError(f"{type(self).__name__} does not say how it is measured")

    def controls(self) -> dict[str, Twin]:
        """The broken twins by name."""
        return {}

    def twin(self, text: str, removes: Ingredient | None = None, **changes: Any) -> Twin:
        """This claim with some fields changed."""
        return Twin(replace(self, **changes), text, removes)

    def near(self, text: str, removes: Ingredient | None = None, **changes: Any) -> Twin:
        """The same, a near miss."""
        return Twin(replace(self, **changes), text, removes, near=True)


def statement(function: Callable[..., Any]) -> str:
    """What a function of theory/ states: "stated, Lemma 10: ...", from the first paragraph of its docstring."""
    text, status = " ".join((function.__doc__ or "").split("\n\n")[0].split()).split(" Status: ")
    return f"{status.rstrip('.')}: {text}"
