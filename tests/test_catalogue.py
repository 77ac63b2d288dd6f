"""What a user may name: catalogues, and the types and ranges of all arguments of all that stand in them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import pytest

from foundation.catalogue import Catalogue, Entry
from foundation.settings import setting
from objectives import ADVERSARIES, NOISES, OBJECTIVES, build

SETTINGS = [
    pytest.param(table, name, item, id=f"{name}-{item.name}")
    for table in (OBJECTIVES, NOISES, ADVERSARIES)
    for name in table
    for item in fields(table[name])
]


@pytest.mark.parametrize(("table", "name", "item"), SETTINGS)
def test_every_argument_is_checked(table, name, item):
    """Text, nan, inf and what lies below or above the range: one line that names argument, value and range."""
    interval = item.metadata["setting"][0]
    low, high = (float(end) for end in interval.text[1:-1].split(","))
    wrong = ["steep", True, math.nan, math.inf, [math.nan], [], *([low - 1.0] if low > -math.inf else [])]
    wrong += [low] if interval.text[0] == "(" and low > -math.inf else []
    wrong += [2.0 * high + 1.0] if high < math.inf else []
    for value in wrong:
        with pytest.raises(ValueError) as caught:
            build(table, name, {item.name: value})
        text = str(caught.value)
        assert text.startswith(f"{name}.{item.name} = ") and interval.text in text and "\n" not in text


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("nosuch", {}, "must be one of"),
        ("ramp", {"slop": 1.0}, "ramp takes"),
        ("ramp", {"dim": 2, "slope": [1.0, 2.0, 3.0]}, "2 coordinates"),
        ("two_slope_ramp", {"steep": 1.0, "gentle": 2.0}, "gentle"),
        ("capped_abs", {"begin": 5.0, "cap": 2.0}, "begin"),
        ("max_affine_difference", {"inner": 1.0, "outer": 2.0}, "outer"),
        ("robust_regression", {"components": 2, "dim": 4}, "components"),
        ("zigzag", {"teeth": 1.5}, "whole"),
        ("zigzag", {"up": 2.0}, "up"),
    ],
)
def test_bad_arguments(name, arguments, text):
    """Unknown names, and rules between two arguments: one line that names what is wrong."""
    with pytest.raises(ValueError, match=text) as caught:
        build(OBJECTIVES, name, arguments)
    assert "\n" not in str(caught.value)


def test_a_catalogue():
    """Names are simple and taken once; the order of entries does not matter; what it holds checks its settings."""
    table = Catalogue()

    def kind(label):
        @dataclass(frozen=True)
        class Thing(Entry):
            size: float = setting(1.0, "(0, inf)")

        return table.enter(label, label.upper())(Thing)

    second, first = kind("b_2"), kind("a_1")
    assert list(table) == ["a_1", "b_2"] and table["a_1"] is first and table.exam("b_2") == "B_2" and len(table) == 2
    with pytest.raises(ValueError, match=r"^b_2\.size = -1\.0: must lie in \(0, inf\)$"):
        second(-1.0)
    for name, text in (("a_1", "taken"), ("A", "match"), ("a-b", "match"), ("", "match")):
        with pytest.raises(ValueError, match=text):
            kind(name)

    @dataclass(frozen=True)
    class Loose(Entry):
        size: float = 1.0

    for wrong in (Loose, int):
        with pytest.raises(TypeError):
            table.enter("c", "C")(wrong)
