"""Drives measurements: a claim and its controls advance together, and what they ask for runs side by side.

A step of a simulation costs mostly the calls that it makes, hardly the runs that it moves; and no run sees its batch,
so that every arm finds, bit for bit, what it would find alone. What several arms ask for alike is run once; they read
it, and cannot change it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Sequence
from typing import Any, TypeAlias, TypeVar

from experiments.words.claim import Claim
from experiments.words.evidence import Control, Evidence
from experiments.words.problem import Context, Problem
from foundation.fingerprint import fingerprint, freeze
from foundation.strict import strict_numbers
from objectives.conventions import check_conventions
from simulation.batch_plans import Ask, simulate_together
from simulation.engine import Engine
from simulation.plan import Signals
from simulation.streams import Streams

R = TypeVar("R")
Simulate: TypeAlias = Callable[[list[Ask], Streams, Engine], list[Signals]]  # what `simulate_together` does


def measure(claim: Claim, problem: Any, context: Context) -> Evidence:
    """The evidence of one claim, or of one broken twin, on a problem."""
    return advance([claim.measure(problem, context)], context.streams, context.engine)[0]


@strict_numbers()
def examine(
    claim: Claim, problem: Any, context: Context, simulate: Simulate | None = None
) -> tuple[Evidence, tuple[Control, ...]]:
    """The evidence of a claim and of its controls. simulate: who runs what they ask for, a round at a time.

    Raises TypeError for an objective that breaks conventions.
    """
    if isinstance(problem, Problem):
        check_conventions(problem.objective)
    twins = claim.controls()
    arms = [claim, *(twin.claim for twin in twins.values())]
    measurements = [arm.measure(problem, context) for arm in arms]
    own, *theirs = advance(measurements, context.streams, context.engine, simulate)
    pairs = zip(twins.items(), theirs, strict=True)
    return own, tuple(Control(name, twin.text, evidence, twin.removes, twin.near) for (name, twin), evidence in pairs)


def advance(
    measurements: Sequence[R | Generator[Ask, Signals, R]],
    streams: Streams,
    engine: Engine = "auto",
    simulate: Simulate | None = None,
) -> list[R]:
    """Run what the measurements ask for, round by round, until each has given its result (a claim: its evidence)."""
    found: dict[int, R] = {}
    known: dict[Hashable, Signals] = {}
    asks: dict[int, Ask] = {}

    def go_on(arm: int, signals: Signals | None) -> None:
        measurement = measurements[arm]
        if not isinstance(measurement, Generator):
            found[arm] = measurement
            return
        try:
            asks[arm] = measurement.send(signals)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            found[arm] = end.value

    try:
        for arm in range(len(measurements)):
            go_on(arm, None)
        while asks:
            keys = {arm: fingerprint(ask) for arm, ask in asks.items()}
            new = {keys[arm]: ask for arm, ask in asks.items() if keys[arm] not in known}
            known |= zip(new, freeze((simulate or simulate_together)(list(new.values()), streams, engine)), strict=True)
            asks.clear()
            for arm, key in keys.items():
                go_on(arm, dict(known[key]))
    finally:
        for measurement in measurements:
            if isinstance(measurement, Generator):
                measurement.close()
    return [found[arm] for arm in range(len(measurements))]
