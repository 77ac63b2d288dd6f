"""Both engines give the same bytes: what a case of each claim asks for, on both, for its first steps.

`make engines` runs the whole smoke preset on both, and compares its cells.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.sweep.tables import cases
from experiments.words import harness
from experiments.words.harness import examine
from experiments.words.problem import Effort
from simulation.batch_plans import simulate_together
from simulation.plan import Plan
from simulation.work import Work
from tests.test_experiments import job

STEPS = 20
EFFORT = Effort(8, 4, 3.0, 200, 8, 8, 8, 1, 16, 1)


def first_steps(ask):
    """The same simulation, its first STEPS steps only."""
    if isinstance(ask, Plan):
        return replace(ask, setup=replace(ask.setup, steps=np.minimum(ask.setup.steps, STEPS)))
    return replace(ask, steps=min(ask.steps, STEPS))


def kind(ask):
    """What makes another kernel of it: one of each kind is enough."""
    if not isinstance(ask, Plan):
        return repr(type(ask.learner)), ask.adversary.dim
    flags = [value for value in vars(ask.setup.learner).values() if isinstance(value, bool | str)]
    probes = [(made.kind, made.arguments.get("norm"), "samples" in made.arguments) for made in ask.probes]
    return repr([type(part) for part in vars(ask.setup).values()] + flags + probes), len(ask.setup.objective.start)


NO_ENGINE = {"lemma04", "lemma05", "lemma16", "lemma20", "lemma20_laws", "optimality_stationarity", "constant"}
NO_ENGINE |= {"section61_rescaling", "section61_correction"}
ONE_EACH = {case.claim: name for name, case in cases().items() if "smoke" in case.presets}


@pytest.mark.parametrize("case", [name for claim, name in ONE_EACH.items() if claim not in NO_ENGINE])
def test_both_engines_give_the_same_bytes(case, monkeypatch):
    asked = []

    def spy(asks, streams, engine):
        asked.extend((ask, streams) for ask in asks if not isinstance(ask, Work))
        return simulate_together(asks, streams, engine)

    monkeypatch.setattr(harness, "simulate_together", spy)
    made = job(case)
    examine(made.claim, made.problem, replace(made.context, effort=EFFORT, engine="compiled"))
    assert asked
    for ask, streams in {kind(ask): (ask, streams) for ask, streams in asked}.values():
        few = first_steps(ask)
        ours, theirs = few.simulate(streams, "compiled"), few.simulate(streams, "numpy")
        assert ours.keys() == theirs.keys()
        assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours), ask
