"""An inequality is written once, as a Python function, and decided twice: an SMT solver proves it for all reals, or finds a
point where it fails; ball arithmetic then checks that point.

    @inequality("(I7)", "Equations (1) and (2)", constant="1", mutant="0.99")
    def lengths_add(on, c, lipschitz, sigma):
        return [lipschitz >= 0, sigma >= 0], on.sqrt(lipschitz**2 + sigma**2), c * (lipschitz + sigma)

says left <= right wherever all of the list holds. `c` is the constant that the document claims, or the mutant's. The other
arguments are real variables. `on` is what the formula is evaluated on: it has `sqrt` and `number`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import z3

TIMEOUT = 10_000  # milliseconds; the slowest takes a few hundred
Formula = Callable[..., tuple[list[Any], Any, Any]]  # conditions, left, right
INEQUALITIES: list[Inequality] = []


@dataclass
class AllReals:
    """Formulas on symbols: a root is a new variable y with y >= 0 and y^power = x."""

    conditions: list[Any] = field(default_factory=list)

    def number(self, text: str) -> Any:
        """A rational number, exactly."""
        return z3.RealVal(text)

    def sqrt(self, x: Any, power: int = 2) -> Any:
        """The square root, or the root of another power."""
        root = z3.Real(f"root{len(self.conditions)}")
        self.conditions.append(z3.And(root >= 0, root**power == x))
        return root


class Balls:
    """Formulas at a rational point: numbers stay rational, a root is a ball that contains it; comparisons are certain."""

    def number(self, text: str) -> Any:
        """A rational number, exactly."""
        return rational(Fraction(text))

    def sqrt(self, x: Any, power: int = 2) -> Any:
        """A ball around the root."""
        return flint.arb(x).root(power)


def rational(value: Fraction) -> Any:
    """For ball arithmetic."""
    return flint.fmpq(value.numerator, value.denominator)


@dataclass(frozen=True)
class Inequality:
    """A labelled inequality of the document, with a constant and a mutant of it that must fail."""

    label: str
    section: str
    constant: str
    mutant: str
    formula: Formula

    def counterexample(self, constant: str) -> dict[str, Fraction] | None:
        """A point where it fails, or None: then the solver has proved it. Raises TimeoutError if it cannot tell."""
        on = AllReals()
        names = self.formula.__code__.co_varnames[2 : self.formula.__code__.co_argcount]
        variables = {name: z3.Real(name) for name in names}
        given, left, right = self.formula(on, on.number(constant), **variables)
        solver = z3.SolverFor("QF_NRA")
        solver.set("timeout", TIMEOUT)
        solver.add(*given, *on.conditions, left > right)
        verdict = solver.check()
        if verdict == z3.unknown:
            raise TimeoutError(f"{self.label} with {constant}: {solver.reason_unknown()}")
        if verdict == z3.unsat:
            return None
        model = solver.model()
        return {name: nearest(model.eval(variable, model_completion=True)) for name, variable in variables.items()}

    def fails_at(self, constant: str, point: dict[str, Fraction]) -> bool:
        """Whether ball arithmetic is certain that all conditions hold there and left > right."""
        on = Balls()
        values = {name: rational(value) for name, value in point.items()}
        given, left, right = self.formula(on, on.number(constant), **values)
        return all(given) and bool(left > right)


def nearest(value: Any) -> Fraction:
    """A number of the model as a fraction; an algebraic one to 30 digits."""
    value = value if z3.is_rational_value(value) else value.approx(30)
    return Fraction(value.numerator_as_long(), value.denominator_as_long())


def inequality(label: str, section: str, constant: str, mutant: str) -> Callable[[Formula], Formula]:
    """Enter a formula under its label in the document."""

    def enter(formula: Formula) -> Formula:
        INEQUALITIES.append(Inequality(label, section, constant, mutant, formula))
        return formula

    return enter
