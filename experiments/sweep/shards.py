"""What is large is cut: a case leaves its long simulations to others, in parts that are kept until the case is done.

No run sees its batch, and random streams belong to runs: so a simulation may be cut into parts of its runs, each moved
by whoever has time, and what is found is the same to the bit. A case is taken up again with all that was found so far,
asks for what it asked for before, and is answered at once: so it goes on where it was, here or after an interruption.
A run that takes longer still is put down now and then, and taken up where it was.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experiments.sweep.sizes import ask_size
from foundation.runs import select_arguments, select_runs
from simulation.batch_plans import Ask, simulate_together
from simulation.engine import Engine
from simulation.pausing import Pause, PausedError, Snapshot
from simulation.plan import Plan, Signals
from simulation.recording import Recipe
from simulation.streams import Streams
from simulation.work import Work

INLINE = 15.0  # seconds: a round of simulations that takes less is not worth leaving to others
SMALL = 1.0  # seconds: a simulation that is run at once in any case
PART = 15.0  # seconds: about how long a part takes, unless it is a single run
LONGEST = 60.0  # seconds after which a run is put down, kept as it is, and taken up again


class DeferredError(Exception):
    """A case cannot go on before these simulations, by their numbers, are done."""

    def __init__(self, asks: dict[int, Ask]) -> None:
        super().__init__(f"{len(asks)} simulations")
        self.asks = asks


def deferring(known: Mapping[int, Signals]) -> Callable[[list[Ask], Streams, Engine], list[Signals]]:
    """Simulates like `simulate_together`, but raises DeferredError for what takes long and is not known.

    known: what has been found, by the number of the simulation, in the order in which the case asks for them.
    """
    count = 0

    def simulate(asks: list[Ask], streams: Streams, engine: Engine) -> list[Signals]:
        nonlocal count
        numbered = dict(enumerate(asks, count))
        count += len(asks)
        missing = {number: ask for number, ask in numbered.items() if number not in known}
        seconds = {number: ask_size(ask, engine).seconds for number, ask in missing.items()}
        if sum(seconds.values()) > INLINE:
            long = {n: ask for n, ask in missing.items() if seconds[n] > SMALL and _can_be_sent(ask)}
            if long:
                raise DeferredError(long)
        found = dict(zip(missing, simulate_together(list(missing.values()), streams, engine), strict=True))
        return [known[number] if number in known else found[number] for number in numbered]

    return simulate


def _can_be_sent(ask: Ask) -> bool:
    try:
        pickle.dumps(ask)
    except Exception:  # whatever a user's own class raises
        return False
    return True


def parts(ask: Ask, engine: Engine) -> list[Ask]:
    """The simulation, cut by its runs, or the work, by its items.

    The reference engine moves many runs as fast as one: there nothing is cut.
    """
    if not isinstance(ask, Plan | Work) or (isinstance(ask, Plan) and engine == "numpy"):
        return [ask]
    rows = len(ask.items) if isinstance(ask, Work) else len(ask.setup.steps)
    cuts = min(rows, int(np.ceil(ask_size(ask, engine).seconds / PART)))
    pieces = np.array_split(np.arange(rows), max(1, cuts))
    if isinstance(ask, Work):
        return [ask.part(int(index[0]), int(index[-1]) + 1) for index in pieces]
    return [_runs_of(ask, index) for index in pieces]


def _runs_of(plan: Plan, index: np.ndarray) -> Plan:
    """The same plan for some of its runs."""
    setup, probes = plan.setup, tuple(Recipe(p.kind, select_arguments(p.kind, p.arguments, index)) for p in plan.probes)
    few = replace(
        setup,
        learner=select_runs(setup.learner, index),
        steps=np.asarray(setup.steps)[index],
        noise_level=None if setup.noise_level is None else setup.noise_level[index],
        numbers=index if setup.numbers is None else setup.numbers[index],
    )
    return replace(plan, setup=few, probes=probes)


def joined(found: Sequence[Signals]) -> Signals:
    """The signals of a simulation from those of its parts."""
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


@dataclass(frozen=True)
class Begun:
    """A part that was put down before its end, and where it goes on."""

    snapshot: Snapshot


def simulate_part(ask: Ask, streams: Streams, engine: Engine, begun: Snapshot | None) -> Signals | Begun:
    """A part's signals, or what was begun of it; begun: where it is taken up. Errors as `ask.simulate` raises them."""
    try:
        return ask.simulate(streams, engine, Pause(begun, LONGEST))
    except PausedError as paused:
        return Begun(paused.snapshot)


class Kept:
    """The parts of a case that are done, as files in a folder of their own, until the case is done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, number: int, part: int, *, begun: bool = False) -> Signals | None:
        """A part of a simulation, None if it is not there or not whole; begun: where it was put down."""
        try:
            with self._path(number, part, begun).open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}  # reading checks the checksums
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    def keep(self, number: int, part: int, signals: Signals, *, begun: bool = False) -> None:
        """Store a part, or, begun, where it was put down, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=self._folder)
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, allow_pickle=False, **signals)
        os.replace(name, self._path(number, part, begun))
        if not begun:
            self._path(number, part, True).unlink(missing_ok=True)

    def _path(self, number: int, part: int, begun: bool) -> Path:
        return self._folder / f"{number}-{part}{'-begun' if begun else ''}.npz"
