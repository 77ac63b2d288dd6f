# ruff: noqa: F401
"""Old names, while the claims move to experiments/words."""

from __future__ import annotations

from experiments.words.claim import Claim as Claim
from experiments.words.numbers import log_grid as thin
from experiments.words.numbers import log_slope as slope
from experiments.words.numbers import mean_and_band as band
from experiments.words.numbers import safe_ratio as quotient
from experiments.words.numbers import sample_points as around
from experiments.words.problem import Context as Context
from experiments.words.problem import Effort as Effort
from experiments.words.problem import Game as Game
from experiments.words.problem import Problem as Problem
from experiments.words.problem import Scales as Scales
from foundation.arrays import Array as Array
from foundation.settings import setting as setting
