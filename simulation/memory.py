"""All that changes while the reference engine runs a batch, as plain arrays: so it can be put down and taken up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from foundation.runs import is_frozen
from simulation.parts import Batch
from simulation.pausing import Snapshot
from simulation.summary import Summary

FIXED = (bool, int, float, str, type(None))  # attributes that stay as they were made


class Memory:
    """The arrays of the step, of the parts' states and of the probes; of the summary; where the streams are."""

    def __init__(self, batch: Batch, summary: Summary) -> None:
        self._batch, self._summary = batch, summary
        states = [part.state for part in (*batch.parts, batch.learn)]
        objects = {id(each): each for each in (batch.now, *states, *batch.probes) if each is not None}
        self._objects = list(objects.values())
        self._rest = [self._others(each) for each in self._objects]

    def is_all(self) -> bool:
        """Whether nothing else has changed: numbers and texts are as they were, and there is nothing that hides any."""
        return all(
            before is not None and before == self._others(each)
            for each, before in zip(self._objects, self._rest, strict=True)
        )

    def put_down(self, time: int) -> Snapshot:
        """All of it, after step `time`."""
        kept = {label: getattr(each, name).copy() for label, each, name in self._arrays()}
        kept |= {"time": np.array([time]), "total": self._summary.total.copy(), "max": self._summary.max.copy()}
        for purpose, draws in (("scaling", self._batch.scaling), ("noise", self._batch.noise)):
            kept |= {} if draws is None else draws.snapshot(purpose)
        return kept | self._summary.snapshot()

    def take_up(self, kept: Snapshot) -> int:
        """Go on from a snapshot; the time of its last step."""
        for label, values in kept.items():
            if label.startswith("state."):
                _, place, name = label.split(".", 2)
                setattr(self._objects[int(place)], name, values.copy())
        self._summary.total[:], self._summary.max[:] = kept["total"], kept["max"]
        for purpose, draws in (("scaling", self._batch.scaling), ("noise", self._batch.noise)):
            if draws is not None:
                draws.restore(purpose, kept)
        self._summary.restore(kept)
        return int(kept["time"][0])

    def _arrays(self) -> Iterator[tuple[str, Any, str]]:
        for place, each in enumerate(self._objects):
            for name, value in getattr(each, "__dict__", {}).items():
                if isinstance(value, np.ndarray):
                    yield f"state.{place}.{name}", each, name

    def _others(self, each: Any) -> dict[str, Any] | None:
        """Its attributes that are no arrays; None if one of them, or the object itself, may hide a change."""
        if is_frozen(each):
            return {}
        if not hasattr(each, "__dict__"):
            return None
        found = {name: value for name, value in vars(each).items() if not _is_numbers(value)}
        if each is self._batch.now:
            found.pop("time", None)  # which every step sets
        plain = all(isinstance(value, FIXED) or callable(value) or is_frozen(value) for value in found.values())
        return found if plain else None


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biufc"
