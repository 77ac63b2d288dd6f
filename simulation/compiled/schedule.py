"""In which order a recording is computed: stage by stage, each a loop over the coordinates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulation.compiled.recording import Recording, Slot
from simulation.compiled.symbols import REDUCTIONS, Node

LOADED = ("leaf", "constant")  # rows that lie in memory
WHOLE = (*REDUCTIONS, "shifted")  # what looks at more than one coordinate of a row


class Schedule:
    """The nodes of a recording in their order, and the stage of each.

    What needs a whole row, a sum over its coordinates or its neighbours, belongs to the stage after the row's: one loop
    must have ended before the next begins. kept: rows that live on after their loop, each with its place in scratch
    memory. flat: there is one coordinate, hence one stage.
    """

    def __init__(self, recording: Recording, flat: bool) -> None:
        self.recording, self.flat = recording, flat
        self.order: list[Node] = []
        self.users: dict[int, list[Node]] = defaultdict(list)
        self._stage: dict[int, int] = {}
        watched = () if recording.noisy is None else (recording.noisy,)
        for node in (*recording.written.values(), *recording.results, *watched):
            self._visit(node)
        self.last = max(self._stage.values(), default=0)
        self.kept: dict[int, int] = {}
        if not flat:
            self._keep()

    def _visit(self, node: Node) -> None:
        if id(node) in self._stage:
            return
        for each in node.arguments:
            self._visit(each)
            self.users[id(each)].append(node)
        waits = node.operation in WHOLE and not self.flat
        self._stage[id(node)] = max((self.stage(each) for each in node.arguments), default=0) + waits
        self.order.append(node)

    def stage(self, node: Node) -> int:
        """The stage in which a node is computed."""
        return self._stage[id(node)]

    def is_row(self, node: Node) -> bool:
        """Whether a node has a number for every coordinate."""
        return node.kind == "row" and not self.flat

    def rows(self) -> Iterator[Node]:
        """The rows, in their order."""
        return filter(self.is_row, self.order)

    def numbers(self, stage: int) -> Iterator[Node]:
        """The nodes of a stage with one number a run, in their order, but for sums over coordinates."""
        for node in self.order:
            if self.stage(node) == stage and not self.is_row(node) and (self.flat or node.operation not in REDUCTIONS):
                yield node

    def reductions(self, stage: int) -> Iterator[Node]:
        """The sums over coordinates whose rows are complete at the end of a stage's loop."""
        for node in self.order:
            if node.operation in REDUCTIONS and self.stage(node) == stage + 1 and not self.flat:
                yield node

    def writes(self, stage: int) -> Iterator[tuple[Slot, Node]]:
        """The rows that a stage's loop writes, each to its slot."""
        for slot, node in self.recording.written.items():
            if slot.kind == "row" and self._written_in(slot, node) == stage and not self.flat:
                yield slot, node

    def _written_in(self, slot: Slot, node: Node) -> int:
        """The stage in which a row is written: not before its old numbers have been read for the last time."""
        leaves = [each for each in self.order if each.operation == "leaf" and each.value == slot]
        if any(each is leaf for each in self.recording.written.values() for leaf in leaves):
            return self.last  # its old numbers are written elsewhere
        return max([self.stage(node)] + [self.stage(user) for leaf in leaves for user in self.users[id(leaf)]])

    def _keep(self) -> None:
        """Find the rows that are needed whole, or in a later loop than their own."""
        ends = {id(node): stage for stage in range(self.last + 1) for _, node in self.writes(stage)}
        for node in self.rows():
            users = self.users[id(node)]
            whole = any(user.operation in WHOLE for user in users)
            last = max([self.stage(user) for user in users if self.is_row(user)] + [ends.get(id(node), 0)])
            if whole or (last > self.stage(node) and node.operation not in LOADED):
                self.kept[id(node)] = len(self.kept)

    def used(self, stage: int) -> set[int]:
        """The rows that a stage's loop needs, by identity."""
        used = {id(node) for _, node in self.writes(stage)}
        if self.recording.noisy is not None and self.stage(self.recording.noisy) == stage:
            used.add(id(self.recording.noisy))
        for user in self.rows():
            if self.stage(user) == stage and user.operation != "shifted":
                used |= {id(each) for each in user.arguments}
        return used
