"""The tables of objectives, noise oracles and adversaries, and the lines that enter a class and say how to examine it.

    @objective("capped_abs", exam={"dim": 2, "slope": (2.0, 0.5), "cap": 1.8}, units=("slope",))
    @dataclass(frozen=True)
    class CappedAbs(SeparableSum): ...

tests/test_objectives.py examines whatever stands in the tables, and names nothing that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from foundation.arrays import Array, Float
from foundation.catalogue import Catalogue, Entry

Kind = TypeVar("Kind", bound=type[Entry])
Places = Callable[[Any], Float[Array, "points dim"]]  # an objective's, made as for its exam


@dataclass(frozen=True)
class ObjectiveExam:
    """How an objective is examined.

    arguments: what it is made with; dim <= 3, and everything of interest within 4 of the origin. units: the arguments
    in the unit of F, which the exam scales, all at once, by 1e-100 and 1e100. where: given the objective, points of
    shape (points, dim) near which a constant is attained, if a search might miss them. unattained: why the constants
    are upper bounds only; "" if they are attained, or approached.
    """

    arguments: Mapping[str, Any]
    units: tuple[str, ...]
    where: Places | None = None
    unattained: str = ""


@dataclass(frozen=True)
class NoiseExam:
    """How a noise is examined: made with `arguments`, on the objective named `on`, itself made as for its own exam.

    where: given that objective, points of shape (points, dim) at which sigma_i is attained, if random points miss them.
    unattained: why the levels are upper bounds only; "" if they are attained, or approached.
    """

    arguments: Mapping[str, Any]
    on: str
    where: Places | None = None
    unattained: str = ""


@dataclass(frozen=True)
class AdversaryExam:
    """How an adversary is examined: made with `arguments`, and `dim` of 1 to 3."""

    arguments: Mapping[str, Any] = field(default_factory=dict)


OBJECTIVES: Catalogue[ObjectiveExam] = Catalogue()
NOISES: Catalogue[NoiseExam] = Catalogue()
ADVERSARIES: Catalogue[AdversaryExam] = Catalogue()


def objective(
    name: str,
    exam: Mapping[str, Any],
    units: tuple[str, ...],
    where: Places | None = None,
    unattained: str = "",
) -> Callable[[Kind], Kind]:
    """The decorator that enters an objective (objectives/base.py) under `name`; the rest is its ObjectiveExam.

    Raises ValueError for a name that is taken or not of a-z, 0-9 and _, TypeError for a class that is no Entry.
    """
    return OBJECTIVES.enter(name, ObjectiveExam(exam, units, where, unattained))


def noise(
    name: str, exam: Mapping[str, Any], on: str, where: Places | None = None, unattained: str = ""
) -> Callable[[Kind], Kind]:
    """The decorator that enters a noise oracle (objectives/noise.py) under `name`; the rest is its NoiseExam.

    Errors as for objectives.
    """
    return NOISES.enter(name, NoiseExam(exam, on, where, unattained))


def adversary(name: str, exam: Mapping[str, Any] | None = None) -> Callable[[Kind], Kind]:
    """The decorator that enters an adversary (objectives/adversaries.py) under `name`.

    exam: the arguments it is examined with, if not the defaults. Errors as for objectives.
    """
    return ADVERSARIES.enter(name, AdversaryExam(exam or {}))
