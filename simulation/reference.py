"""The reference engine: Algorithm 1 of arXiv 2405.18199, step by step, in plain NumPy over a batch of runs."""

from __future__ import annotations

import traceback

import numpy as np

from foundation.arrays import Array, Float
from foundation.strict import NotFiniteError
from simulation.finite import Finite
from simulation.memory import Memory
from simulation.parts import Batch, sealed
from simulation.pausing import Pause, PausedError
from simulation.streams import Draws
from simulation.summary import Summary

BLOCK = 256  # steps whose random numbers are drawn at once


def run(batch: Batch, pause: Pause | None = None) -> dict[str, Array]:
    """Run the batch to its end; the signals of its probes, by name, shape (runs, ...).

    Runs that are done before others go on unseen. PausedError puts it down when the pause is due, if all that changes
    is arrays. Raises FloatingPointError for numbers that are not finite
    (simulation/finite.py), TypeError for a method that writes into an array that it was given.
    """
    summary, finite, last = Summary(batch), Finite(batch), int(batch.steps.max())
    sealed(batch.now.x)
    memory, begun = Memory(batch, summary), 0
    if pause is not None and pause.begun is not None:
        begun = memory.take_up(pause.begun)
    try:
        for first in range(begun, last, BLOCK):
            scales, raws = _drawn(batch.scaling), _drawn(batch.noise)
            for i in range(min(BLOCK, last - first)):
                if scales is not None:
                    batch.now.scale = scales[:, i]
                if raws is not None:
                    batch.now.raw = raws[:, i]
                _step(batch, summary, finite, first + i + 1)
            if not len(batch.going_on(first + BLOCK)):
                summary.keep(np.flatnonzero(batch.steps > first + BLOCK))
                break
            if pause is not None and pause.due() and memory.is_all():
                raise PausedError(memory.put_down(first + BLOCK))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise TypeError(f"{_method(error)} writes into an array that it was given: write a = a + b") from error
    except (FloatingPointError, RuntimeWarning) as error:
        if not isinstance(error, NotFiniteError):
            error.add_note(f"in step {batch.now.time:g}")
        raise
    return summary.results()


def _drawn(draws: Draws | None) -> Float[Array, "runs steps width"] | None:
    if draws is None:
        return None
    draws.ready(BLOCK)
    numbers: Array = sealed(draws.take(BLOCK)[draws.which])
    return numbers


def _method(error: BaseException) -> str:
    """The innermost method of the traceback, as it is called in its module."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1].f_code.co_qualname.rpartition("<locals>.")[2]


def _step(batch: Batch, summary: Summary, finite: Finite, time: int) -> None:
    """Algorithm 1: z_t, x_t, grad F(x_t), g_t; what the probes see; then the learner takes g_t."""
    now, alive = batch.now, time <= batch.steps
    now.time = float(time)
    for part in batch.parts:
        part.run(part.state, now)
    if not (np.isfinite(now.x).all() and np.isfinite(now.noisy).all()):
        going = alive & ~batch.satisfied()
        finite.rows(time, "the iterate", now.x, going)
        finite.rows(time, "the gradient", now.noisy, going)
    _look(batch, summary, time)
    if not np.isfinite(summary.total).all():
        finite.signals(time, summary.total, alive & ~batch.satisfied())
    batch.learn.run(batch.learn.state, now)
    if (batch.steps == time).any():
        finite.state(time, (batch.steps == time) & ~batch.satisfied())


def _look(batch: Batch, summary: Summary, time: int) -> None:
    """What the probes see at this step of runs that are not done."""
    found, alive = [signal for probe in batch.probes for signal in probe.step(batch.now)], time <= batch.steps
    signals = np.array(found).reshape(-1, len(alive)).T
    np.add(summary.total, signals, out=summary.total, where=alive[:, None])
    np.copyto(summary.last, signals, where=alive[:, None])
    np.maximum(summary.max, signals, out=summary.max, where=alive[:, None])
    if time in summary.places:
        summary.curve[alive, summary.places[time]] = signals[alive]
    for k, (probe, end) in enumerate(zip(batch.probes, summary.ends, strict=True)):
        run, i = summary.sampled_at(k, time)
        if len(run):
            summary.xbar[k, run, i], summary.sampled[k, run, i] = probe.sample(batch.now)[run], signals[run, end - 1]
    if (batch.steps == time).any():
        summary.keep(np.flatnonzero(batch.steps == time))
