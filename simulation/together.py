"""Several simulations at once: those that differ in numbers only share a batch.

A step costs mostly the calls that it makes, hardly the runs that it moves; and no run sees its batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizers.base import join
from simulation.engine import Setup, simulate
from simulation.recording import Array, Recipe
from simulation.streams import Streams


@dataclass(frozen=True)
class Plan:
    """One simulation: what is run, what is measured, and the times of the curves."""

    setup: Setup
    probes: tuple[Recipe, ...]
    checkpoints: NDArray[np.int64] | None = None

    def simulate(self, streams: Streams) -> dict[str, Array]:
        """Signals by name."""
        return simulate(self.setup, self.probes, streams, self.checkpoints)


def simulate_together(plans: Sequence[Plan], streams: Streams) -> list[dict[str, Array]]:
    """For each plan what `plan.simulate` gives, bit for bit."""
    groups: list[tuple[Plan, list[int]]] = []
    for i, plan in enumerate(plans):
        for at, (wide, members) in enumerate(groups):
            both = _together(wide, plan)
            if both is not None:
                groups[at] = both, [*members, i]
                break
        else:
            groups.append((plan, [i]))
    results: list[dict[str, Array]] = [{} for _ in plans]
    for wide, members in groups:
        found = wide.simulate(streams)
        ends = np.cumsum([len(plans[i].setup.steps) for i in members])
        for i, end in zip(members, ends, strict=True):
            mine = slice(end - len(plans[i].setup.steps), end)
            results[i] = {name: values[mine] for name, values in found.items()}
    return results


def _together(a: Plan, b: Plan) -> Plan | None:
    """Both as one, or None where they differ in more than numbers."""
    one, two = a.setup, b.setup
    if one.objective is not two.objective or one.noise is not two.noise or one.scaling != two.scaling:
        return None
    if not np.array_equal(_marks(a), _marks(b)):
        return None
    try:
        learner, probes = join([one.learner, two.learner]), join([a.probes, b.probes])
    except ValueError:
        return None
    setup = replace(
        one,
        learner=learner,
        steps=np.concatenate([one.steps, two.steps]),
        noise_level=np.concatenate([_levels(one), _levels(two)]),
        numbers=np.concatenate([_numbers(one), _numbers(two)]),
    )
    return Plan(setup, probes, a.checkpoints)


def _marks(plan: Plan) -> NDArray[np.int64]:
    return np.empty(0, np.int64) if plan.checkpoints is None else plan.checkpoints


def _levels(setup: Setup) -> Array:
    return np.ones(len(setup.steps)) if setup.noise_level is None else setup.noise_level


def _numbers(setup: Setup) -> NDArray[np.int64]:
    return np.arange(len(setup.steps)) if setup.numbers is None else setup.numbers
