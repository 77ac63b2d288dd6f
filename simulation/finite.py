"""What must be finite while a run goes on, said by both engines in the same words.

What is computed on the way may overflow, for machine code cannot see it: a softmax divides by infinity, and rightly
finds 0. What comes of it may not: iterates, gradients, the sums of the signals, and at the end the learner's state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Float
from foundation.strict import NotFiniteError
from simulation.parts import Batch


class Finite:
    """Looks at a batch, and raises NotFiniteError: "run r, step t: the gradient is not finite"."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._signals = [name for probe in batch.probes for name in probe.signals]
        state, runs = batch.learn.state, len(batch.runs)
        arrays = {name: value for name, value in getattr(state, "__dict__", {}).items() if _of_runs(value, runs)}
        self._kept = [name for name, value in arrays.items() if np.isfinite(value).all()]  # inf may be meant

    def rows(self, time: int, what: str, values: Float[Array, "runs dim"], going: Bool[BoolArray, "runs"]) -> None:
        """Refuse a row of a run that goes on."""
        self._refuse(time, what, ~np.isfinite(values).all(axis=1) & going)

    def signals(self, time: int, total: Float[Array, "runs signals"], going: Bool[BoolArray, "runs"]) -> None:
        """Refuse a sum over the steps of a signal, which is not finite if the signal was not."""
        bad = ~np.isfinite(total) & going[:, None]
        if bad.any():
            name = self._signals[int(np.argmax(bad[np.argmax(bad.any(axis=1))]))]
            self._refuse(time, f"the signal {name}, or its sum over the steps,", bad.any(axis=1))

    def state(self, time: int, ended: Bool[BoolArray, "runs"]) -> None:
        """Refuse a number of the learner's state that was finite in the beginning."""
        for name in self._kept:
            values = np.asarray(getattr(self._batch.learn.state, name))
            bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
            self._refuse(time, f"{name} in the state of {self._batch.learn.name}", bad & ended)

    def _refuse(self, time: int, what: str, bad: Any) -> None:
        if bad.any():
            run = int(self._batch.runs[np.argmax(bad)])
            raise NotFiniteError(f"run {run}, step {time}: {what} is not finite")


def _of_runs(value: Any, runs: int) -> bool:
    """Whether it is an array of floats with a row a run."""
    return isinstance(value, np.ndarray) and value.dtype == np.float64 and value.shape[:1] == (runs,)
