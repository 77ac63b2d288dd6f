"""Learners that are not the paper's: the controls that several claims have in common."""

from __future__ import annotations

from experiments.words.claim import Claim, Twin
from experiments.words.evidence import Ingredient
from optimizers import wrong
from optimizers.base import Maker

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
    """Twins of a claim that has a field `learner`: the same with each of these learners of BROKEN, by name."""
    chosen = {name: BROKEN[name] for name in names}
    return {name: claim.twin(text, removes, learner=maker) for name, (text, maker, removes) in chosen.items()}
