"""Learners that are not the paper's: the controls that several claims have in common."""

from __future__ import annotations

from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Ingredient
from optimizers import wrong
from optimizers.base import Maker

# near misses: wrong by a factor of at most 2 in one ingredient
NEAR: dict[str, tuple[str, Maker, Ingredient | None]] = {
    "momentum x 2": ("beta1 = 1 - (1 - beta)/2", wrong.twice_as_long, "momentum"),
    "beta1^3": ("beta2 = beta1^3", wrong.cubed_discount, "beta2 = beta1^2"),
    "D x 1.25": ("the plays of a ball of radius 1.25 D", wrong.wider_ball, None),
}
# what is broken, the learner, and the ingredient of Algorithm 1 that it lacks
BROKEN: dict[str, tuple[str, Maker, Ingredient | None]] = {
    "wrong sign": ("plays +z", wrong.wrong_sign, None),
    "no clip": ("the ratio is not projected on the ball", wrong.no_clip, "clip"),
    "no momentum": ("beta1 = 0", wrong.no_momentum, "momentum"),
    "equal discounts": ("beta2 = beta1", wrong.equal_discounts, "beta2 = beta1^2"),
    "slow denominator": ("beta2 = 1 - (1 - beta)/100", wrong.slow_denominator, "adaptive step size"),
    "long momentum": ("beta1 = 1 - (1 - beta)/10", wrong.long_momentum, "momentum"),
    "fixed denominator": ("the denominator is 1", wrong.fixed_denominator, "adaptive step size"),
}


def with_broken_learner(claim: Claim, *names: str) -> dict[str, Twin]:
    """Twins of a claim that has a field `learner`: the same with each of these learners of BROKEN or NEAR, by name."""
    found = {}
    for name in names:
        text, maker, removes = (BROKEN | NEAR)[name]
        make = claim.near if name in NEAR else claim.twin
        found[name] = make(text, removes, learner=maker)
    return found
