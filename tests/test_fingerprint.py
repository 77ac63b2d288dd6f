"""What is run once for several: only what is surely alike, and nobody can change what the others read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from experiments.words.harness import advance
from foundation.fingerprint import fingerprint, remembered
from objectives import OBJECTIVES
from objectives.noise import Exact
from optimizers.ftrl import DiscountedFTRL, clipped_adam
from simulation.certificate import Certificate
from simulation.engine import Setup
from simulation.plan import Plan
from simulation.recording import recipe
from simulation.streams import Streams

RAMP, STREAMS = OBJECTIVES["ramp"](slope=3.0), Streams(0, "fingerprint")


class Scaled(DiscountedFTRL):
    """A learner with more than its fields say."""

    def __init__(self, factor):
        super().__init__(0.1, 0.9, 0.81)
        object.__setattr__(self, "factor", factor)

    def play(self, state):
        return self.factor * super().play(state)


@dataclass
class Mutable:
    """A record that may change."""

    value: float = 1.0


def plan(learner):
    probe = recipe(Certificate, beta=np.full(2, 0.9), lam=np.ones(2))
    return Plan(Setup(RAMP, Exact(), learner, np.full(2, 50)), (probe,))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (0.0, -0.0),
        (1, 1.0),
        (1, True),
        (np.float32(0.0), np.float32(-0.0)),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(2), np.zeros(2, np.int64)),
        (np.array([1, "a"], object), np.array([1, "a"], object)),
        (np.zeros(1, [("a", float)]), np.zeros(1, [("b", float)])),
        ([1], (1,)),
        (Mutable(), Mutable()),
        (object(), object()),
        (Scaled(1.0), Scaled(-1.0)),
        (clipped_adam(0.1, 0.9), replace(clipped_adam(0.1, 0.9), clipped=False)),
    ],
)
def test_what_differs_or_may_change_has_other_fingerprints(one, two):
    assert fingerprint(one) != fingerprint(two)


def test_a_mutable_object_is_not_even_like_itself():
    one = Mutable()
    assert fingerprint(one) != fingerprint(one)


def test_records_of_equal_content_are_alike_whatever_they_have_computed():
    one, two = OBJECTIVES["ramp"](slope=2.0), OBJECTIVES["ramp"](slope=2.0)
    assert one.constants.gap > 0  # cached
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(plan(clipped_adam(0.1, np.full(2, 0.9)))) == fingerprint(
        plan(clipped_adam(0.1, np.full(2, 0.9)))
    )


def test_learners_that_hide_something_are_run_apart():
    def arm(factor):
        signals = yield plan(Scaled(factor))
        return float(signals["norm.mean"].sum()), float(signals["spread.mean"].sum())

    alone = [advance([arm(factor)], STREAMS)[0] for factor in (1.0, -1.0, 0.5)]
    assert advance([arm(factor) for factor in (1.0, -1.0, 0.5)], STREAMS) == alone and len(set(alone)) == 3


def test_what_several_read_is_read_only():
    def arm():
        signals = yield plan(clipped_adam(0.1, 0.9))
        signals["norm.mean"] *= 2.0

    with pytest.raises(ValueError, match="read-only"):
        advance([arm(), arm()], STREAMS)

    @remembered
    def squares(x):
        return {"squares": x**2}

    with pytest.raises(ValueError, match="read-only"):
        squares(np.arange(3.0))["squares"][0] = 1.0
    assert squares(np.arange(3.0)) is squares(np.arange(3.0))


def test_an_arm_that_fails_closes_the_others():
    closed = []

    def waits():
        try:
            yield plan(clipped_adam(0.1, 0.9))
        finally:
            closed.append(True)

    def fails():
        raise ArithmeticError("no")
        yield

    with pytest.raises(ArithmeticError):
        advance([waits(), fails()], STREAMS)
    assert closed == [True]
