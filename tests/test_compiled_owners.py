"""Who remembers something outside of a state cannot be recorded: it is noticed wherever it is kept, and forgotten again."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace

import numpy as np
import pytest

from simulation.compiled.recording import _owners_stay
from simulation.compiled.symbols import NotRecordedError
from simulation.parts import Part


class Owner:
    """Of numbers, arrays, lists, objects in objects, classes, and something that is found once and kept."""

    def __init__(self):
        self.count, self.values, self.items, self.inside = (
            1,
            np.ones(3),
            [1],
            SimpleNamespace(deep=SimpleNamespace(a=1)),
        )
        self.kind, self.myself, self.word, self.law = SimpleNamespace, self, "a", np.sin

    @cached_property
    def found(self):
        return np.arange(3.0)


def staying(change):
    """What happens to an owner while a part of it is recorded."""
    owner = Owner()
    part = Part("Owner", lambda state, now: None, owner=owner)
    try:
        with _owners_stay([part, part]):
            change(owner)
    except NotRecordedError as error:
        return owner, str(error)
    return owner, None


@pytest.mark.parametrize(
    "name, change",
    [
        ("count", lambda owner: setattr(owner, "count", 2)),
        ("word", lambda owner: setattr(owner, "word", "b")),
        ("values", lambda owner: setattr(owner, "values", np.zeros(3))),
        ("values", lambda owner: owner.values.__setitem__(1, 5.0)),
        ("items", lambda owner: owner.items.append(2)),
        ("inside", lambda owner: setattr(owner.inside, "deep", 3)),
        ("inside", lambda owner: setattr(owner.inside.deep, "a", 3)),
        ("more", lambda owner: setattr(owner, "more", 1)),
        ("count", lambda owner: delattr(owner, "count")),
        ("law", lambda owner: setattr(owner, "law", np.cos)),
    ],
)
def test_what_an_owner_remembers(name, change):
    """Is named; and what hangs on the owner itself is as it was before."""
    owner, said = staying(change)
    assert said == f"Owner has no kernel: its {name} changes, outside of a state"
    assert owner.count == 1 and owner.word == "a" and owner.law is np.sin and not hasattr(owner, "more")
    assert owner.items == [1] and owner.myself is owner and owner.kind is SimpleNamespace


def test_what_an_owner_may_do():
    """Look, keep what is found once, and leave all as it was, be it by another object that holds the same."""

    def look(owner):
        assert owner.found[1] == 1.0 and owner.values.sum() == 3.0

    for change in (look, lambda owner: None):
        owner, said = staying(change)
        assert said is None and owner.count == 1


def test_what_is_new_whenever_one_looks():
    """Of what has another print each time only the identity counts."""

    class Restless(list):
        looked = 0

        def __iter__(self):
            Restless.looked += 1
            return iter([Restless.looked])

    owner = Owner()
    owner.items = Restless([1])
    with _owners_stay([Part("Owner", lambda state, now: None, owner=owner)]):
        pass


def test_an_error_inside_is_the_error():
    """And what was remembered is forgotten, too."""
    owner = Owner()
    with pytest.raises(KeyError, match="inside"), _owners_stay([Part("Owner", lambda state, now: None, owner=owner)]):
        owner.count = 7
        raise KeyError("inside")
    assert owner.count == 1
