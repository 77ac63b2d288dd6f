"""What a learner is: it plays z_t, then sees g_t.

`play` and `update` are two methods, so that the order of Algorithm 1 (arXiv 2405.18199) cannot be
got wrong. Hyper-parameters are frozen; everything that changes lives in the state. Both declare which of their arrays
have a row a run (foundation/runs.py): the engine selects runs from learners, and compiles states by their rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from foundation.arrays import Array, Float

Parameter = int | float | Float[Array, ""] | Float[Array, "runs"]  # for all runs, or one a run


@runtime_checkable
class Learner(Protocol):
    """An online learner for linear losses <beta^{-t} g_t, z>, batched over (runs, dim).

    Every run plays and sees gradients of its own. Plays have the unit of x.
    """

    def init(self, shape: tuple[int, int]) -> Any:
        """The state before any gradient, an object that declares the shapes of its arrays; `shape` is (runs, dim)."""
        ...

    def play(self, state: Any) -> Float[Array, "runs dim"]:
        """z_t, made of g_1, ..., g_{t-1}."""
        ...

    def update(self, state: Any, grad: Float[Array, "runs dim"]) -> None:
        """Take g_t, one gradient a run, into `state`; comes after `play`, once a step."""
        ...


Maker = Callable[[Parameter, Parameter, bool], Learner]  # (radius, beta, coordinatewise) -> learner


@runtime_checkable
class Mover(Protocol):
    """A learner whose gradient point is not x_{t-1} + a_t z_t: it says how to get there from the last one."""

    def move(
        self, state: Any, play: Float[Array, "runs dim"], scale: Float[Array, "runs 1"]
    ) -> Float[Array, "runs dim"]:
        """The step from the last gradient point to this one; play = z_t, scale = a_t.

        Comes between `play` and `update`, once a step, and may note in `state` what the next one needs.
        """
        ...


def column(parameter: Parameter) -> Float[Array, "#runs 1"]:
    """A hyper-parameter as it enters arithmetic with rows of shape (runs, dim): one number, or one a run, in a column.

    Raises ValueError unless there is one number, or one a run.
    """
    values = np.asarray(parameter, dtype=np.float64)
    if values.ndim > 1:
        raise ValueError(f"a hyper-parameter must be one number, or one a run; it has shape {values.shape}")
    return values.reshape(-1, 1)
