"""Where the numbers of a batch lie: run by run, or, if there is one coordinate, number by number across the runs."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array
from foundation.numerics import LANES
from simulation.compiled.recording import Recording, Slot

LINE = 64  # bytes of a line of the cache, and of a vector


def pitch(dim: int) -> int:
    """How far it is from row to row of a run: every row begins a line, so that a vector is loaded as it was stored."""
    return dim if dim == 1 else -(-dim // LANES) * LANES


def across(runs: int) -> int:
    """How far it is, across the runs, from number to number; few different distances make few different functions."""
    return max(LANES, 1 << (runs - 1).bit_length())


def memory(runs: int, count: int, dim: int, wide: bool) -> Array:
    """Zeros for `count` rows of every run, indexed by run, row and coordinate, shape (runs, count, dim).

    wide: number by number across the runs; then dim is 1.
    """
    far, count = (across(runs) if wide else pitch(dim)), max(1, count)
    some: Array = np.zeros((count if wide else runs * count) * far + LINE // 8)
    first = -some.ctypes.data % LINE // 8
    some = some[first : len(some) - LINE // 8 + first].reshape(-1, far)
    return some[:, :runs].T[:, :, None] if wide else some.reshape(runs, count, far)[:, :, :dim]


def stride(array: Array) -> int:
    """How far it is from run to run, in bytes; 0 if all runs have the same."""
    return array.strides[0] if len(array) > 1 else 0


def laid_out(constants: list[Array], runs: int, dim: int, wide: bool) -> Array:
    """Constants of shape (runs or 1, dim) each one after the other, shape (runs, constants, dim).

    If all runs have the same, and lie one after the other, there is one row for all.
    """
    if not wide:
        runs = max((len(each) for each in constants), default=1)
    whole = memory(runs, len(constants), dim, wide)
    for k, each in enumerate(constants):
        whole[:, k] = each
    return whole


class States:
    """The arrays of the states of a recording: rows, indexed by run, row, coordinate; numbers, by run, number, 0."""

    def __init__(self, recording: Recording, batch: tuple[int, int], wide: bool) -> None:
        self._states, slots = recording.states, [slot for slot in recording.slots if slot.owner]
        self._rows = [slot for slot in slots if slot.kind == "row"]
        self._numbers = [slot for slot in slots if slot.kind != "row"]
        self.rows = memory(batch[0], len(self._rows), batch[1], wide)
        self.numbers = memory(batch[0], len(self._numbers), 1, wide)

    @property
    def places(self) -> dict[Slot, int]:
        """Where the slots lie, among the rows or among the numbers."""
        return {slot: k for slots in (self._rows, self._numbers) for k, slot in enumerate(slots)}

    def bind(self) -> None:
        """Let the arrays of the states be views of the memory, with what was in them."""
        for k, slot in enumerate(self._rows):
            self._view(slot, self.rows[:, k])
        for k, slot in enumerate(self._numbers):
            self._view(slot, self.numbers[:, k] if slot.kind == "column" else self.numbers[:, k, 0])

    def _view(self, slot: Slot, view: Array) -> None:
        state = self._states[slot.owner - 1]
        view[:] = getattr(state, slot.name)
        setattr(state, slot.name, view)
