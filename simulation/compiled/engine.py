"""The compiled engine: what the reference engine would compute, bit for bit, by machine code."""

from __future__ import annotations

from typing import Any

import numpy as np

from foundation.arrays import Array, Bool, BoolArray, Int, IntArray
from simulation.compiled.driver import across, along
from simulation.compiled.llvm import POINTERS, SHARED, write
from simulation.compiled.machine_code import machine_code
from simulation.compiled.memory import States, laid_out, memory, stride
from simulation.compiled.recording import ROWS, Recording, record
from simulation.compiled.symbols import NotRecordedError as NotRecordedError
from simulation.finite import Finite
from simulation.parts import Batch, Part
from simulation.pausing import Pause, PausedError, Snapshot
from simulation.streams import Draws
from simulation.summary import Summary

WORK = 2**16  # coordinates and steps between two looks at the clock: far less than a second
SHORTEST = 32  # steps


class SuspectError(Exception):
    """After step `time`, in the block of steps that begins there, something of a run was not finite."""

    def __init__(self, time: int) -> None:
        super().__init__(time)
        self.time = time


class Program:
    """The machine code of a batch, and the memory that it works on.

    Raises NotRecordedError, which says what cannot be compiled, before anything is changed.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch, self.summary, self.finite, (runs, dim) = batch, Summary(batch), Finite(batch), batch.shape
        self.wide, now = dim == 1, batch.now
        self.step = memory(runs, len(ROWS), dim, self.wide)
        for k, name in enumerate(ROWS):
            self.step[:, k] = getattr(now, name)
        signals = self.summary.total.shape[1]
        self.clock, self.scale = np.zeros(1), memory(runs, 1, 1, self.wide)
        self.raw, self.out = memory(runs, 1, 1, self.wide), memory(runs, max(signals, 1), 1, self.wide)
        looks = [Part(type(each).__name__, type(each).step, each, len(each.signals)) for each in batch.probes]
        needed = ROWS if any(probe.samples is not None for probe in batch.probes) else ("noisy",) if self.wide else ()
        recording = record([*batch.parts, *looks, batch.learn], now, batch.shape, needed)
        self.states = States(recording, batch.shape, self.wide)
        self.call, self._held = self._compile(recording)
        self.states.bind()
        for k, name in enumerate(ROWS):
            setattr(now, name, self.step[:, k])

    def _compile(self, recording: Recording) -> tuple[Int[IntArray, "3"], list[Any]]:
        """The address of a step, that of the first run's pointers, how far it is to the next's; what must live on."""
        (runs, dim), function = self.batch.shape, write(recording, self.batch.shape, self.states.places)
        arrays = {
            "step": self.step,
            "clock": self.clock,
            "scale": self.scale,
            "rows": self.states.rows,
            "numbers": self.states.numbers,
            "row_constants": laid_out(function.row_constants, runs, dim, self.wide),
            "constants": laid_out([each[:, None] for each in function.constants], runs, 1, self.wide),
            "table": laid_out([row[None] for table in function.tables for row in table], 1, dim, False),
            "scratch": memory(1, function.scratch, dim, False),
            "out": self.out,
        }
        pointers = np.zeros((1 if self.wide else runs, len(POINTERS)), np.int64)
        for k, name in enumerate(POINTERS):
            far = 0 if name in SHARED else stride(arrays[name])
            pointers[:, k] = arrays[name].ctypes.data + np.arange(len(pointers)) * far
        address, code = machine_code(function.text)
        return np.array([address, pointers.ctypes.data, pointers.strides[0]]), [*arrays.values(), pointers, code]

    def run(self, pause: Pause | None = None, careful: int | None = None) -> dict[str, Array]:
        """To the end of every run; the signals of the probes, by name, shape (runs, ...).

        Raises SuspectError if something is not finite, PausedError when the pause is due. careful: from this time on
        goes step by step, and raises FloatingPointError as the reference engine does.
        """
        batch, kept, (runs, dim) = self.batch, self.summary, self.batch.shape
        stops = np.unique(np.append(batch.steps, kept.samples[kept.samples > 0]))
        length = max(SHORTEST, min(int(batch.steps.max()), WORK // (runs * dim)))
        sums = np.zeros(self._flat(self.out).shape), np.full(self._flat(self.out).shape, -np.inf)
        failed, active, time = np.zeros(runs, np.bool_), np.arange(runs), 0
        if pause is not None and pause.begun is not None:
            time = self._take_up(pause.begun, sums)
            active = batch.going_on(time)
        while len(active):
            slow = careful is not None and time >= careful
            steps = 1 if slow else min(length, int(stops[np.searchsorted(stops, time, side="right")]) - time)
            steps = min([steps, *(draws.ready(length) for draws in (batch.scaling, batch.noise) if draws)])
            self._block(time, steps, active, sums, failed)
            if slow:
                self._refuse(time + 1, active, sums[0], failed)
            elif not self._sound(active, sums[0], failed):
                raise SuspectError(time)
            time += steps
            if stops[np.searchsorted(stops, time)] == time:
                self._look(time)
            active = self._going_on(time, active)
            if len(active) and careful is None and pause is not None and pause.due():
                raise PausedError(self._put_down(time, sums))
        signals = kept.total.shape[1]
        kept.total[:], kept.max[:] = (self._by_run(each)[:, :signals] for each in sums)
        return kept.results()

    def _memory(self) -> Snapshot:
        """All that a step reads of the one before."""
        return {"step": self.step, "rows": self.states.rows, "numbers": self.states.numbers}

    def _draws(self) -> list[tuple[str, Draws]]:
        both = ("scaling", self.batch.scaling), ("noise", self.batch.noise)
        return [(name, draws) for name, draws in both if draws is not None]

    def _put_down(self, time: int, sums: tuple[Array, Array]) -> Snapshot:
        """All that changes, after step `time`."""
        kept = {"time": np.array([time]), "total": sums[0].copy(), "max": sums[1].copy()}
        kept |= {f"memory.{name}": values.copy() for name, values in self._memory().items()}
        for name, draws in self._draws():
            kept |= draws.snapshot(name)
        return kept | self.summary.snapshot()

    def _take_up(self, kept: Snapshot, sums: tuple[Array, Array]) -> int:
        """Go on from a snapshot; the time of its last step."""
        sums[0][:], sums[1][:] = kept["total"], kept["max"]
        for name, values in self._memory().items():
            values[:] = kept[f"memory.{name}"]
        for name, draws in self._draws():
            draws.restore(name, kept)
        self.summary.restore(kept)
        return int(kept["time"][0])

    def _block(
        self, time: int, steps: int, active: Int[IntArray, "some"], sums: tuple[Array, Array], failed: BoolArray
    ) -> None:
        """The steps time + 1, ..., time + steps of the active runs."""
        batch, kept, runs = self.batch, self.summary, self.batch.shape[0]
        width, none = max(1, batch.now.raw.shape[1]), np.zeros(runs, np.int64)
        scales = np.zeros((1, steps, 1)) if batch.scaling is None else batch.scaling.take(steps)
        raws = np.zeros((1, steps, width)) if batch.noise is None else batch.noise.take(steps)
        which = [none if draws is None else draws.which for draws in (batch.scaling, batch.noise)]
        noisy = self.step[:, ROWS.index("noisy"), 0]
        (across if self.wide else along)(
            time, steps, active, self.call, self.clock, self._flat(self.scale), scales, which[0], self._flat(self.raw),
            raws, which[1], self._places(time, steps), self._flat(self.out), *sums, kept.curve, noisy, failed,
        )  # fmt: skip

    def _flat(self, array: Array) -> Array:
        """Numbers of every run as they lie: (runs, numbers), or across the runs (numbers, runs)."""
        return array[:, :, 0].T if self.wide else array[:, :, 0]

    def _by_run(self, array: Array) -> Array:
        return array.T if self.wide else array

    def _places(self, first: int, steps: int) -> Int[IntArray, "steps"]:
        """For every step of a block its place among the checkpoints, or -1."""
        places, times = np.full(steps, -1), self.batch.checkpoints
        low, high = np.searchsorted(times, [first + 1, first + steps + 1])
        places[times[low:high] - first - 1] = np.arange(low, high)
        return places

    def _sound(self, active: Int[IntArray, "some"], total: Array, failed: Bool[BoolArray, "runs"]) -> bool:
        """Whether all is finite after a block: what is not finite once makes iterates and sums so that they stay."""
        x = self.step[:, ROWS.index("x")]
        if not failed.any() and np.isfinite(x).all() and np.isfinite(total).all():
            return True
        total = self._by_run(total)  # those that are done may have gone on
        return bool(not failed[active].any() and np.isfinite(x[active]).all() and np.isfinite(total[active]).all())

    def _refuse(self, time: int, active: Int[IntArray, "some"], total: Array, failed: Bool[BoolArray, "runs"]) -> None:
        """Raise FloatingPointError if something was not finite in this step, of a run that was not done before it."""
        going = np.isin(np.arange(len(self.batch.runs)), active)
        self.finite.rows(time, "the iterate", self.step[:, ROWS.index("x")], going)
        self.finite.rows(time, "the gradient", np.where(failed, np.nan, 0.0)[:, None], going)
        self.finite.signals(
            time, self._by_run(total)[:, : self.summary.total.shape[1]], going & ~self.batch.satisfied()
        )

    def _look(self, time: int) -> None:
        """Keep what is sampled at this time, and what is known of the runs that end."""
        batch, kept, ended = self.batch, self.summary, np.flatnonzero(self.batch.steps == time)
        batch.now.time = float(time)
        for k, (probe, end) in enumerate(zip(batch.probes, kept.ends, strict=True)):
            run, i = kept.sampled_at(k, time)
            if len(run):
                kept.xbar[k, run, i], kept.sampled[k, run, i] = probe.sample(batch.now)[run], self.out[run, end - 1, 0]
        kept.last[ended] = self.out[ended, : kept.last.shape[1], 0]
        kept.keep(ended)
        self.finite.state(time, (batch.steps == time) & ~batch.satisfied())

    def _going_on(self, time: int, active: Int[IntArray, "before"]) -> Int[IntArray, "after"]:
        """The runs that are not done; random numbers are drawn for them only."""
        going_on = self.batch.going_on(time)
        if not len(going_on):
            self.summary.keep(np.flatnonzero(self.batch.steps > time))
        elif len(going_on) < len(active):
            for draws in (self.batch.scaling, self.batch.noise):
                if draws is not None:
                    draws.keep(np.arange(going_on[-1] + 1) if self.wide else going_on)
        return going_on
