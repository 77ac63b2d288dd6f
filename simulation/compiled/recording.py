"""Parts of a step, recorded: the graph of what they compute, and the places of what they read and write."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from foundation.fingerprint import fingerprint
from foundation.runs import has_runs, is_frozen
from simulation.compiled.symbols import Kind, Node, NotRecordedError, Symbol, Unknown
from simulation.parts import Part
from simulation.recording import Step

ROWS = ("x", "play", "move", "grad", "noisy")  # of a step, as they lie in memory
CLOCK = ("time", "scale")
active = 0  # recordings that go on: then arrays may be symbols, as whoever checks annotations must know


@dataclass(frozen=True)
class Slot:
    """A place in memory, an attribute of an object: of the step (owner 0), or of a state (owner 1, 2, ...)."""

    owner: int
    name: str
    kind: Kind


@dataclass(frozen=True)
class Recording:
    """states: the owners of slots from 1 on. written: what is written where. results: signals.

    noisy: g_t, if the parts make one.
    """

    states: tuple[Any, ...]
    slots: tuple[Slot, ...]
    written: dict[Slot, Node]
    results: tuple[Node, ...]
    noisy: Node | None


def record(parts: Sequence[Part], now: Step, batch: tuple[int, int], needed: Collection[str] = ()) -> Recording:
    """Run parts on symbols, one after the other. batch: (runs, dim). needed: what of the step must be written.

    Raises NotRecordedError, which names the part, where that cannot be done.
    """
    global active
    active += 1
    try:
        with _owners_stay(parts):
            return _record(parts, now, batch, needed)
    finally:
        active -= 1


def _record(parts: Sequence[Part], now: Step, batch: tuple[int, int], needed: Collection[str]) -> Recording:
    states = list({id(part.state): part.state for part in parts if part.state is not None}.values())
    slots, copies = _step_slots(now, batch), [copy.copy(each) for each in (now, *states)]
    for k, state in enumerate(states, 1):
        slots += _state_slots(k, state, batch)
    leaves = {slot: Node("leaf", (), slot.kind, value=slot) for slot in slots}
    for slot, leaf in leaves.items():
        setattr(copies[slot.owner], slot.name, Symbol(leaf, batch))
    if not any(slot.name == "raw" for slot in slots):
        copies[0].raw = Unknown("random numbers that are neither one a run nor one a coordinate cannot be recorded")
    watched, results = _watch(slots, copies), list[Node]()
    for part in parts:
        state = None if part.state is None else copies[1 + _place(part.state, states)]
        results += _run(part, state, copies[0], batch)
    ends = {slot: _fitting(getattr(copies[slot.owner], slot.name), slot, batch) for slot in slots}
    _only_slots_change(copies, watched, slots)
    changed = {slot: node for slot, node in ends.items() if node is not leaves[slot]}
    if any(slot.name in ("time", "scale", "raw") and not slot.owner for slot in changed):
        raise NotRecordedError("a part changes the time or the random numbers of the step, and so has no kernel")
    written = {slot: node for slot, node in changed.items() if slot.owner or slot.name in ("x", *needed)}
    for _ in ROWS:  # what is read of the step before was written there
        read = _read([*written.values(), *results])
        written |= {slot: node for slot, node in changed.items() if slot in read}
    noisy = [node for slot, node in changed.items() if slot.name == "noisy" and not slot.owner]
    return Recording(tuple(states), tuple(slots), written, tuple(results), noisy[0] if noisy else None)


def _run(part: Part, state: Any, step: Step, batch: tuple[int, int]) -> list[Node]:
    """The results of a part."""
    try:
        result = part.run(state, step)
        if not part.signals:
            return []
        found = [each.node if isinstance(each, Symbol) else _constant(each, "vector", batch) for each in result]
        if len(found) != part.signals or any(node.kind != "vector" for node in found):
            raise NotRecordedError(f"it gives other signals than its {part.signals}, each of shape (runs,)")
        return found
    except NotRecordedError as error:
        raise NotRecordedError(f"{part.name} has no kernel: {error}") from None
    except Exception as error:  # what fails with symbols may do with arrays; if not, the reference says it better
        raise NotRecordedError(f"{part.name} has no kernel: {type(error).__name__}: {error}") from error


def _place(state: Any, states: Sequence[Any]) -> int:
    return next(k for k, each in enumerate(states) if each is state)


def _step_slots(now: Step, batch: tuple[int, int]) -> list[Slot]:
    """Where the step lies in memory; random numbers that are neither one a run nor one a coordinate do not."""
    width, raw = now.raw.shape[1], list[Slot]()
    if width in (1, batch[1]):
        raw = [Slot(0, "raw", "row" if width == batch[1] else "column")]
    return [*(Slot(0, name, "row") for name in ROWS), Slot(0, "time", "scalar"), Slot(0, "scale", "column"), *raw]


def _state_slots(owner: int, state: Any, batch: tuple[int, int]) -> list[Slot]:
    """Where the arrays of a state lie that have a row a run."""
    runs, dim = batch
    kinds: dict[tuple[int, ...], Kind] = {(runs,): "vector", (runs, 1): "column", (runs, dim): "row"}
    if not hasattr(state, "__dict__") or is_frozen(state):
        raise NotRecordedError(
            f"{type(state).__name__} has no kernel: a state must be an object whose attributes change"
        )
    return [
        Slot(owner, name, kinds[value.shape])
        for name, value in vars(state).items()
        if isinstance(value, np.ndarray) and value.dtype == np.float64 and value.shape in kinds
        if has_runs(type(state), name)
    ]


def _watch(slots: Sequence[Slot], copies: Sequence[Any]) -> list[dict[str, Any]]:
    """What must not change while parts are recorded: by object, and by name, what is no slot.

    Arrays become read-only views: what is changed in place is noticed at once.
    """
    known, watched = {(slot.owner, slot.name) for slot in slots}, list[dict[str, Any]]()
    for k, record in enumerate(copies):
        for name, value in vars(record).items():
            if isinstance(value, np.ndarray) and (k, name) not in known:
                view = value.view()
                view.flags.writeable = False
                setattr(record, name, view)
        rest = {name: value for name, value in vars(record).items() if (k, name) not in known}
        watched.append({name: (value, _print(value)) for name, value in rest.items()})
    return watched


def _print(value: Any) -> Any:
    """Something that changes if what is inside does, of things that may change."""
    constant = value is None or callable(value) or isinstance(value, str | int | float | np.ndarray)
    return None if constant or is_frozen(value) else fingerprint(value)


def _only_slots_change(copies: Sequence[Any], watched: Sequence[dict[str, Any]], slots: Sequence[Slot]) -> None:
    known = {(slot.owner, slot.name) for slot in slots}
    for k, (record, before) in enumerate(zip(copies, watched, strict=True)):
        for name, value in vars(record).items():
            if (k, name) in known or (name == "raw" and not k):
                continue
            if name not in before or value is not before[name][0] or _print(value) != before[name][1]:
                what = f"its {name} changes, and is no array of float64 with a row a run"
                raise NotRecordedError(f"{type(record).__name__} has no kernel: {what}")


def _contents(owner: Any, seen: frozenset[int] = frozenset()) -> dict[str, Any]:
    """What an object holds, by name: numbers, texts and arrays by what they are, all else by its identity."""
    seen, found = seen | {id(owner)}, dict[str, Any]()
    for name, value in getattr(owner, "__dict__", {}).items():
        if not isinstance(getattr(type(owner), name, None), cached_property):
            inside = _contents(value, seen) if id(value) not in seen and not isinstance(value, type) else {}
            plain = isinstance(value, bool | int | float | str | np.ndarray | list | tuple | dict)
            found[name] = (id(value), _steady(value) if plain else None, inside)
    return found


def _steady(value: Any) -> Any:
    """The fingerprint, None if it is a new one whenever it is asked for."""
    found = fingerprint(value)
    return found if found == fingerprint(value) else None


@contextmanager
def _owners_stay(parts: Sequence[Part]) -> Iterator[None]:
    """Refuse who remembers something outside of a state, for it would be recorded as it was; and let it forget that."""
    owners = list({id(part.owner): part.owner for part in parts if part.owner is not None}.values())
    before = [(_contents(owner), dict(getattr(owner, "__dict__", {}))) for owner in owners]
    lists = [(value, list(value)) for _, held in before for value in held.values() if isinstance(value, list)]
    changed = []
    try:
        yield
    finally:
        for owner, (known, held) in zip(owners, before, strict=True):
            now = _contents(owner)
            names = [name for name in {**known, **now} if known.get(name) != now.get(name)]
            changed += [
                f"{type(owner).__name__} has no kernel: its {name} changes, outside of a state" for name in names
            ]
            for name in names:
                vars(owner).pop(name, None)
            vars(owner).update({name: held[name] for name in names if name in held})
        for value, items in lists:
            value[:] = items
    if changed:
        raise NotRecordedError(changed[0])


def _fitting(value: Any, slot: Slot, batch: tuple[int, int]) -> Node:
    """What has been put into a slot, which must fit."""
    node = value.node if isinstance(value, Symbol) else _constant(value, slot.kind, batch)
    alike = batch[1] == 1 and {node.kind, slot.kind} <= {"row", "column"}
    if node.boolean or (node.kind != slot.kind and not alike):
        kind = "truth values" if node.boolean else "another shape"
        raise NotRecordedError(f"{slot.name} becomes an array of {kind}, and so cannot be recorded")
    return node


def _constant(value: Any, kind: Kind, batch: tuple[int, int]) -> Node:
    axes = {"row": 2, "column": 2, "vector": 1, "scalar": 0}[kind]
    return Symbol(Node("leaf", (), kind), batch).constant(value, axes)


def _read(nodes: Sequence[Node]) -> set[Slot]:
    """The slots that nodes are made of."""
    found, queue, seen = set[Slot](), list(nodes), set[int]()
    while queue:
        node = queue.pop()
        if id(node) not in seen:
            seen.add(id(node))
            queue += node.arguments
            if node.operation == "leaf":
                found.add(node.value)
    return found
