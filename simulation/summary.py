"""What is kept of the probes' signals, so that memory does not grow with T."""

from __future__ import annotations

import numpy as np

from foundation.arrays import Array, Float, Int, IntArray
from simulation.parts import Batch
from simulation.pausing import Snapshot


class Summary:
    """The signals of all probes: their sums over time, last, maximum, values at checkpoints, points at sampled times.

    ends: the place after each probe's last signal. places: of the checkpoints, by time. samples: the sampled times of
    each probe, 0 where it has fewer; order, ordered: where they are, and what, by time.
    """

    ends: Int[IntArray, "probes"]
    total: Float[Array, "runs signals"]
    last: Float[Array, "runs signals"]
    max: Float[Array, "runs signals"]
    curve: Float[Array, "runs times signals"]
    samples: Int[IntArray, "probes runs k"]
    order: Int[IntArray, "probes samples"]
    ordered: Int[IntArray, "probes samples"]
    xbar: Float[Array, "probes runs k dim"]
    sampled: Float[Array, "probes runs k"]

    def __init__(self, batch: Batch) -> None:
        (runs, dim), self._batch = batch.shape, batch
        self.ends = np.cumsum([len(probe.signals) for probe in batch.probes], dtype=np.int64)
        shape = runs, int(self.ends[-1]) if len(self.ends) else 0
        self.total, self.last, self.max = np.zeros(shape), np.zeros(shape), np.full(shape, -np.inf)
        self.extras: dict[str, Array] = {}
        self.places = {time: place for place, time in enumerate(batch.checkpoints.tolist())}
        self.curve = np.full((runs, len(batch.checkpoints), shape[1]), np.nan)
        times = [np.zeros((runs, 0), np.int64) if each.samples is None else each.samples for each in batch.probes]
        self.samples = np.zeros((len(times), runs, max((each.shape[1] for each in times), default=0)), np.int64)
        for mine, each in zip(self.samples, times, strict=True):
            mine[:, : each.shape[1]] = each
        flat = self.samples.reshape(len(times), runs * self.samples.shape[2])
        self.order = flat.argsort(axis=1, kind="stable")
        self.ordered = np.take_along_axis(flat, self.order, axis=1)
        self.sampled = np.full(self.samples.shape, np.nan)
        self.xbar = np.full((*self.samples.shape, dim), np.nan)

    def sampled_at(self, probe: int, time: int) -> tuple[Int[IntArray, "some"], Int[IntArray, "some"]]:
        """(runs, places): which of a probe's sampled times this one is, of runs that are not done."""
        low, high = np.searchsorted(self.ordered[probe], [time, time + 1])
        run, i = np.divmod(self.order[probe, low:high], max(1, self.samples.shape[2]))
        alive = self._batch.steps[run] >= time
        return run[alive], i[alive]

    def keep(self, runs: Int[IntArray, "some"]) -> None:
        """Keep the extras of these runs, which are done."""
        for probe in self._batch.probes:
            for name, values in probe.extras().items():
                self.extras.setdefault(name, np.full(values.shape, np.nan))[runs] = values[runs]

    def snapshot(self) -> Snapshot:
        """What is kept so far, but for sums and maxima."""
        kept = {name: getattr(self, name).copy() for name in ("last", "curve", "xbar", "sampled")}
        return kept | {f"extras.{name}": values.copy() for name, values in self.extras.items()}

    def restore(self, snapshot: Snapshot) -> None:
        """Go on with what was kept."""
        for name in ("last", "curve", "xbar", "sampled"):
            getattr(self, name)[:] = snapshot[name]
        extras = {name.removeprefix("extras."): each for name, each in snapshot.items() if name.startswith("extras.")}
        self.extras = {name: each.copy() for name, each in extras.items()}

    def results(self) -> dict[str, Array]:
        """The probes' signals, summed up, and their extras, by name, each with a row a run."""
        found: dict[str, Array] = {}
        for k, (probe, end) in enumerate(zip(self._batch.probes, self.ends, strict=True)):
            for i, name in enumerate(() if probe.stops else probe.signals, end - len(probe.signals)):
                found[f"{name}.mean"] = self.total[:, i] / self._batch.steps
                found |= {f"{name}.last": self.last[:, i], f"{name}.max": self.max[:, i]}
                if self.curve.shape[1]:
                    found[f"{name}.curve"] = self.curve[..., i]
            if probe.samples is not None:
                times = probe.samples.shape[1]
                found |= {"xbar": self.xbar[k, :, :times], "sampled": self.sampled[k, :, :times]}
        return found | self.extras
