"""From a recording to LLVM's language: one function that makes a step.

    several coordinates   of one run: loops over the coordinates, stage by stage (schedule.py)
    one coordinate        of all runs: one loop over the runs

Either loop is moved by vectors. Every part of the memory is a pointer of its own that no other one overlaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from foundation.arrays import Array, Float
from simulation.compiled.instructions import declarations, extreme, infinite, literal, loop, operation, total
from simulation.compiled.memory import across, pitch
from simulation.compiled.recording import ROWS, Recording, Slot
from simulation.compiled.schedule import LOADED, Schedule
from simulation.compiled.symbols import REDUCTIONS, Node

POINTERS = ("step", "clock", "scale", "rows", "numbers", "row_constants", "constants", "table", "scratch", "out")
SHARED = ("clock", "table", "scratch")  # memory that has no part for every run


@dataclass
class Function:
    """A step's function, and what it is called with.

    text: the module. constants: a number of every run each, shape (runs or 1,); row_constants: shape (runs or 1, dim)
    each; tables: the same for all runs, shape (rows, dim) each. scratch: how many rows of memory it needs.
    """

    text: str = ""
    constants: list[Float[Array, "#runs"]] = field(default_factory=list)
    row_constants: list[Float[Array, "#runs dim"]] = field(default_factory=list)
    tables: list[Float[Array, "some dim"]] = field(default_factory=list)
    scratch: int = 0


def write(recording: Recording, batch: tuple[int, int], places: dict[Slot, int]) -> Function:
    """The function of a recording, step(pointers, raw, runs) -> 1 if some g_t is not finite, else 0.

    batch: (runs, dim). places: where the states' slots lie, among the rows or among the numbers. pointers: the
    addresses of the memory, POINTERS; raw: that of the random numbers of the step; runs: how many, if dim is 1.
    """
    writer = _Writer(recording, batch, places)
    lines = ["define i64 @step(ptr noalias readonly %pointers, ptr noalias readonly %raw, i64 %runs) {", "entry:"]
    for k, name in enumerate(POINTERS):
        lines.append(f"  %a{name} = getelementptr inbounds ptr, ptr %pointers, i64 {k}")
        lines.append(f"  %{name} = load ptr, ptr %a{name}, align 8")
    given = ", ".join(f"ptr %{name}" for name in ("raw", *POINTERS))
    taken = given.replace("ptr ", "ptr noalias ")
    body = [line if line[-1] == ":" else f"  {line}" for line in writer.lines()]
    lines += [f"  %bad = call i64 @make({given}, i64 %runs)", "  ret i64 %bad", "}", ""]
    lines += [f"define internal i64 @make({taken}, i64 %runs) {{", "entry:", *body, "}", ""]
    text = "\n".join(lines)
    writer.function.text = "\n".join([text, *declarations(text)])
    writer.function.scratch = len(writer.schedule.kept)
    return writer.function


class _Writer:
    """Writes one function: first the numbers of a stage, then its loop over the coordinates, then its sums."""

    def __init__(self, recording: Recording, batch: tuple[int, int], places: dict[Slot, int]) -> None:
        self.function, self.recording, self.places, (self.runs, self.dim) = Function(), recording, places, batch
        self.across, self.pitch = self.dim == 1, pitch(self.dim)
        self.schedule = Schedule(recording, flat=self.across)
        self.values: dict[int, str] = {}  # of a node, in LLVM's words
        self.fresh = 0

    def lines(self) -> list[str]:
        """The body of the function."""
        if not self.across:
            body = [line for stage in range(self.schedule.last + 1) for line in self._stage(stage)]
            body += [*self._numbers()]
            watched = self.recording.noisy is not None and self.schedule.is_row(self.recording.noisy)
            return [*body, f"%flag = zext i1 {'%bad' if watched else 'false'} to i64", "ret i64 %flag"]
        body = [line for node in self.schedule.numbers(0) for line in self._value(node, "0")] + list(self._numbers())
        bad = []
        if self.recording.noisy is not None:
            bad = [*infinite("%infinite", self.values[id(self.recording.noisy)]), "%bad = or i1 %worse, %infinite"]
        carried = [("%worse", "i1", "false", "%bad")] if bad else []
        whole = loop("run", "%run", "1" if self.runs == 1 else "%runs", [*body, *bad], carried)
        return [*whole, f"%flag = zext i1 {'%bad' if bad else 'false'} to i64", "ret i64 %flag"]

    def _stage(self, stage: int) -> Iterator[str]:
        for node in self.schedule.numbers(stage):
            yield from self._value(node, "0")
        yield from self._loop(stage)
        for node in self.schedule.reductions(stage):
            yield from self._reduction(node)

    def _loop(self, stage: int) -> list[str]:
        """What happens to coordinate i: numbers of this stage, what is kept for later ones, what is written."""
        i, used, body = f"%i{stage}", self.schedule.used(stage), list[str]()
        for node in self.schedule.rows():
            new, loaded = self.schedule.stage(node) == stage, node.operation in LOADED
            kept = self.schedule.kept.get(id(node))
            if (loaded and (id(node) in used or (new and kept is not None))) or (new and not loaded):
                body += self._value(node, i)
                if new and kept is not None:
                    body += self._store(node, "scratch", kept * self.pitch, i)
            elif id(node) in used and kept is not None:
                body += self._load(node, "scratch", kept * self.pitch, i)
        for slot, node in self.schedule.writes(stage):
            body += self._store(node, *self._place(slot), i)
        carried = []
        noisy = self.recording.noisy
        if noisy is not None and self.schedule.is_row(noisy) and self.schedule.stage(noisy) == stage:
            body += [*infinite("%infinite", self.values[id(noisy)]), "%bad = or i1 %worse, %infinite"]
            carried = [("%worse", "i1", "false", "%bad")]
        return loop(str(stage), i, str(self.dim), body, carried) if body else []

    def _numbers(self) -> Iterator[str]:
        """Write what is one number a run."""
        for slot, node in self.recording.written.items():
            if slot.kind != "row" or self.across:
                yield from self._store(node, *self._place(slot), "0")
        for k, node in enumerate(self.recording.results):
            yield from self._store(node, "out", k, "0")

    def _value(self, node: Node, i: str) -> list[str]:
        """Compute a node, for coordinate i of a row."""
        at, name = i if node.kind == "row" else "0", node.operation
        if name == "leaf":
            return self._load(node, *self._place(node.value), at)
        if name == "constant":
            return self._constant(node, at)
        if name in ("same", "positive") or (name in REDUCTIONS and name != "total"):  # a row of one coordinate
            self.values[id(node)] = self.values[id(node.arguments[0])]
            return []
        if name == "total":
            lines, value = self._number(node.arguments[0])
            return [*lines, f"{self._named(node)} = fadd double {value}, 0.0"]
        if name in ("shifted", "picked"):
            return self._shifted(node, i) if name == "shifted" else self._picked(node, at)
        lines, values = list[str](), list[str]()
        for k, each in enumerate(node.arguments):
            bare = name in ("and", "or", "not") or (name == "where" and (k == 0 or node.boolean))
            more, value = ([], self.values[id(each)]) if bare else self._number(each)
            lines, values = lines + more, [*values, value]
        return lines + operation(self._named(node), name, values, node.boolean)

    def _named(self, node: Node | None = None) -> str:
        """A new name, of a node's value."""
        self.fresh += 1
        if node is not None:
            self.values[id(node)] = f"%v{self.fresh}"
        return f"%v{self.fresh}"

    def _number(self, node: Node) -> tuple[list[str], str]:
        """A node's value as a number: a truth value counts as 0 or 1."""
        if not node.boolean:
            return [], self.values[id(node)]
        name = self._named()
        return [f"{name} = uitofp i1 {self.values[id(node)]} to double"], name

    def _store(self, node: Node, base: str, place: int, i: str) -> list[str]:
        lines, value = self._number(node)
        more, address = self._address(base, place, i)
        return [*lines, *more, f"store double {value}, ptr {address}, align 8"]

    def _load(self, node: Node, base: str, place: int, i: str) -> list[str]:
        lines, address = self._address(base, place, i)
        name = self._named(node)
        lines.append(f"{name} = load double, ptr {address}, align 8")
        if node.boolean:
            lines.append(f"{name}b = fcmp une double {name}, 0.0")
            self.values[id(node)] = f"{name}b"
        return lines

    def _address(self, base: str, place: int, i: str) -> tuple[list[str], str]:
        """The address of number `place` + i of a run; across runs, of this run's number `place`."""
        name = self._named()
        if self.across and base not in SHARED:
            i, place = "%run", place * across(self.runs)
        lines = [] if i == "0" or not place else [f"{name}o = add nuw nsw i64 {i}, {place}"]
        index = str(place) if i == "0" else (f"{name}o" if place else i)
        return [*lines, f"{name} = getelementptr inbounds double, ptr %{base}, i64 {index}"], name

    def _place(self, slot: Slot) -> tuple[str, int]:
        """Where a slot lies: from which base, and how far."""
        if slot.owner:
            k = self.places[slot]
            return ("rows", k * self.pitch) if slot.kind == "row" else ("numbers", k)
        if slot.name in ROWS:
            return "step", ROWS.index(slot.name) * self.pitch
        return {"time": "clock", "scale": "scale", "raw": "raw"}[slot.name], 0

    def _constant(self, node: Node, i: str) -> list[str]:
        values = np.asarray(node.value, float)
        if values.ndim == 0 and node.boolean:
            self.values[id(node)] = "true" if values else "false"
            return []
        if values.ndim == 0 and (values == 0 or abs(np.frexp(values)[0]) == 0.5 or not np.isfinite(values)):
            self.values[id(node)] = literal(float(values))
            return []
        if node.kind == "row":
            place = _added(self.function.row_constants, values) * self.pitch
            return self._load(node, "row_constants", place, i)
        return self._load(node, "constants", _added(self.function.constants, values.reshape(-1)), "0")

    def _shifted(self, node: Node, i: str) -> list[str]:
        """The coordinate i - by, 0 where there is none."""
        by = int(node.value)
        if self.across:
            self.values[id(node)] = self.values[id(node.arguments[0])] if not by else "0.0"
            return []
        name = self._named()
        inside = f"icmp sge i64 {i}, {by}" if by > 0 else f"icmp slt i64 {i}, {self.dim + by}"
        lines = [f"{name}c = {inside}", f"{name}m = sub i64 {i}, {by}"]
        lines += [f"{name}i = select i1 {name}c, i64 {name}m, i64 0"]
        lines += self._load(node, "scratch", self.schedule.kept[id(node.arguments[0])] * self.pitch, f"{name}i")
        there = self.values[id(node)]
        return [*lines, f"{self._named(node)} = select i1 {name}c, double {there}, double 0.0"]

    def _picked(self, node: Node, i: str) -> list[str]:
        """The coordinate i of a row of a table."""
        k, name = _added(self.function.tables, np.asarray(node.value, float)), self._named()
        first = sum(map(len, self.function.tables[:k])) * self.pitch
        lines = [f"{name}r = fptosi double {self.values[id(node.arguments[0])]} to i64"]
        lines += [f"{name}m = mul i64 {name}r, {self.pitch}", f"{name}i = add i64 {name}m, {0 if i == '0' else i}"]
        return lines + self._load(node, "table", first, f"{name}i")

    def _reduction(self, node: Node) -> list[str]:
        """A sum over the coordinates of a row that is kept, its largest or smallest number, or the first."""
        lines, base = self._address("scratch", self.schedule.kept[id(node.arguments[0])] * self.pitch, "0")
        if node.operation == "first":
            return [*lines, f"{self._named(node)} = load double, ptr {base}, align 8"]
        if node.operation == "total":
            return lines + total(self._named(node), base, self.dim)
        return lines + extreme(self._named(node), node.operation, base, self.dim)


def _added(known: list[Float[Array, "..."]], values: Float[Array, "..."]) -> int:
    """The place of these values in a list, which they join if they are new."""
    for k, each in enumerate(known):
        if each.shape == values.shape and each.tobytes() == values.tobytes():  # -0.0 is another number than 0.0
            return k
    known.append(values)
    return len(known) - 1
