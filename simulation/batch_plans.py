"""Several simulations at once: those that differ in numbers only share a batch.

A step costs mostly the calls that it makes, hardly the runs that it moves; and no run sees its batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from foundation.runs import concat_runs
from simulation.engine import Engine, Setup
from simulation.pausing import Pause
from simulation.plan import Plan, Signals
from simulation.recording import concat_recipes
from simulation.streams import Streams


@runtime_checkable
class Ask(Protocol):
    """Whatever can be run: a `Plan`, a `simulation.game.Duel`, or other `simulation.work.Work`."""

    def simulate(self, streams: Streams, engine: Engine = "auto", pause: Pause | None = None) -> Signals:
        """Run it on these streams; its signals by name, each with a row a run, shape (runs, ...).

        pause: where it goes on, and after how long PausedError may put it down.
        """
        ...


def simulate_together(asks: Sequence[Ask], streams: Streams, engine: Engine = "auto") -> list[Signals]:
    """For each ask, in their order, what `ask.simulate(streams, engine)` gives, bit for bit. Errors as there."""
    groups: list[tuple[Ask, list[int]]] = []
    for i, ask in enumerate(asks):
        for at, (wide, members) in enumerate(groups):
            both = _together(wide, ask) if isinstance(wide, Plan) and isinstance(ask, Plan) else None
            if both is not None:
                groups[at] = both, [*members, i]
                break
        else:
            groups.append((ask, [i]))
    results: list[Signals] = [{} for _ in asks]
    for wide, members in groups:
        found, first = wide.simulate(streams, engine), 0
        for i in members:
            ask = asks[i]
            mine = slice(first, first + len(ask.setup.steps)) if isinstance(ask, Plan) else slice(None)
            results[i] = {name: values[mine] for name, values in found.items()}
            first = mine.stop or 0
    return results


def _together(a: Plan, b: Plan) -> Plan | None:
    """Both as one, or None where they differ in more than numbers."""
    one, two = a.setup, b.setup
    if one.objective is not two.objective or one.noise is not two.noise or one.scaling != two.scaling:
        return None
    if a.stream != b.stream or not np.array_equal(_checkpoints(a), _checkpoints(b)):
        return None
    try:
        learner = concat_runs([one.learner, two.learner])
        probes = tuple(concat_recipes(pair) for pair in zip(a.probes, b.probes, strict=True))
    except ValueError:
        return None
    setup = replace(
        one,
        learner=learner,
        steps=np.concatenate([one.steps, two.steps]),
        noise_level=np.concatenate([_levels(one), _levels(two)]),
        numbers=np.concatenate([_numbers(one), _numbers(two)]),
    )
    return Plan(setup, probes, a.checkpoints, a.stream)


def _checkpoints(plan: Plan) -> Int[IntArray, "times"]:
    return np.empty(0, np.int64) if plan.checkpoints is None else plan.checkpoints


def _levels(setup: Setup) -> Float[Array, "runs"]:
    return np.ones(len(setup.steps)) if setup.noise_level is None else setup.noise_level


def _numbers(setup: Setup) -> Int[IntArray, "runs"]:
    return np.arange(len(setup.steps)) if setup.numbers is None else setup.numbers
