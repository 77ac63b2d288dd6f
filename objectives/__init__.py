"""Objectives, noise oracles and adversaries, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from objectives.adversaries import (
    AgainstPlay,
    HeavyTailed,
    OnesThenOpposite,
    Pair,
    SlowSine,
    SpikeThenOnes,
    TinyConstant,
)
from objectives.chain import HardChain
from objectives.kinks import CappedAbs, MaxAffineDifference, TriangleWave, Zigzag
from objectives.noise import Chain, Exact, Gaussian, Minibatch, Sparse, TwoPoint
from objectives.ramps import EasedRamp, Hump, Ramp, TwoSlopeRamp
from objectives.regression import RobustRegression
from objectives.smooth import CosineWell, GemanMcClure, Huber

OBJECTIVES: dict[str, type[Any]] = {
    "cosine_well": CosineWell,
    "geman_mcclure": GemanMcClure,
    "huber": Huber,
    "robust_regression": RobustRegression,
    "capped_abs": CappedAbs,
    "triangle_wave": TriangleWave,
    "max_affine_difference": MaxAffineDifference,
    "ramp": Ramp,
    "two_slope_ramp": TwoSlopeRamp,
    "hump": Hump,
    "zigzag": Zigzag,
    "eased_ramp": EasedRamp,
    "hard_chain": HardChain,
}
NOISES: dict[str, type[Any]] = {
    "none": Exact,
    "two_point": TwoPoint,
    "gaussian": Gaussian,
    "sparse": Sparse,
    "minibatch": Minibatch,
    "chain": Chain,
}
ADVERSARIES: dict[str, type[Any]] = {
    "spike_then_ones": SpikeThenOnes,
    "ones_then_opposite": OnesThenOpposite,
    "slow_sine": SlowSine,
    "tiny_constant": TinyConstant,
    "pair": Pair,
    "against_play": AgainstPlay,
    "heavy_tailed": HeavyTailed,
}


def build(table: Mapping[str, type[Any]], name: str, arguments: Mapping[str, Any]) -> Any:
    """table[name](**arguments); lists become tuples. Raises ValueError with one line for what is wrong."""
    if name not in table:
        raise ValueError(f"{name!r} is unknown: must be one of {', '.join(sorted(table))}")
    known = [item.name for item in fields(table[name])]
    for key, value in arguments.items():
        if key not in known:
            raise ValueError(f"{name}.{key} = {value}: unknown; {name} takes {', '.join(known)}")
        if isinstance(value, (str, bool)) or value is None:
            raise ValueError(f"{name}.{key} = {value!r}: must be a number or a list of numbers")
    tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
    try:
        return table[name](**tuples)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
