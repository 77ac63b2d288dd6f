"""The reference engine: Algorithm 1 of arXiv 2405.18199, step by step, in plain NumPy over a batch of runs."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float
from simulation.parts import Batch
from simulation.streams import Draws
from simulation.summary import Summary

BLOCK = 256  # steps whose random numbers are drawn at once


def run(batch: Batch) -> dict[str, Array]:
    """Run the batch to its end; the signals of its probes, by name, shape (runs, ...).

    Runs that are done before others go on unseen. Raises FloatingPointError where a gradient is not finite.
    """
    summary, last = Summary(batch), int(batch.steps.max())
    with np.errstate(over="ignore", under="ignore"):
        for first in range(0, last, BLOCK):
            scales, raws = _drawn(batch.scaling), _drawn(batch.noise)
            for i in range(min(BLOCK, last - first)):
                if scales is not None:
                    batch.now.scale = scales[:, i]
                if raws is not None:
                    batch.now.raw = raws[:, i]
                _step(batch, summary, first + i + 1)
            if not len(batch.going_on(first + BLOCK)):
                summary.keep(np.flatnonzero(batch.steps > first + BLOCK))
                break
    return summary.results()


def _drawn(draws: Draws | None) -> Float[Array, "runs steps width"] | None:
    if draws is None:
        return None
    draws.ready(BLOCK)
    return draws.take(BLOCK)[draws.which]


def _step(batch: Batch, summary: Summary, time: int) -> None:
    """Algorithm 1: z_t, x_t, grad F(x_t), g_t; what the probes see; then the learner takes g_t."""
    now = batch.now
    now.time = float(time)
    for part in batch.parts:
        part.run(part.state, now)
    if not np.isfinite(now.noisy).all():
        bad = (time <= batch.steps) & ~batch.satisfied() & ~np.isfinite(now.noisy).all(axis=1)
        if bad.any():
            raise not_finite(int(batch.runs[np.argmax(bad)]), time)
    _look(batch, summary, time)
    batch.learn.run(batch.learn.state, now)


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


def not_finite(run: int, time: int) -> FloatingPointError:
    """The error for a gradient that is not finite."""
    return FloatingPointError(f"run {run}, step {time}: the gradient is not finite")
