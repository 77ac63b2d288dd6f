"""What a user may name: catalogues, and the types and ranges of all arguments of all that stand in them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, replace

import pytest

from experiments.sweep.claims import CLAIMS
from experiments.sweep.schema import Config
from experiments.words.problem import Effort
from foundation.catalogue import Catalogue, Entry
from foundation.settings import check_settings, converted, setting, settings, show, types
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
        ("ramp", {"slop": 1.0}, "a setting of ramp: dim, .*; did you mean slope?"),
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


RECORDS = [
    *CLAIMS.values(),
    Effort,
    Config,
    *(kind for table in (OBJECTIVES, NOISES, ADVERSARIES) for kind in table.values()),
]


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_counts_say_where_they_end(kind):
    """No integer without a largest one: a count of 1e12 is a slip, and nothing could hold it."""
    for item in fields(kind):
        if item.name in settings(kind) and re.search(
            r"\bint\b", str(types(kind)[item.name]).replace("class 'int'", "int")
        ):
            _, high = item.metadata["setting"][0].text[1:-1].split(",")
            assert float(high) < math.inf, item.name


@pytest.mark.parametrize(
    ("value", "hint", "wanted"),
    [
        (1e3, int, 1000),
        (2, float, 2.0),
        (True, float, True),
        (True, int, True),
        (1.5, int, 1.5),
        (math.nan, int, math.nan),
        (10**400, float, 10**400),
        ("1", int, "1"),
        ([1, 2.5], tuple[float, ...], (1.0, 2.5)),
        ([1.0, 2], tuple[int, ...], (1, 2)),
        (3, float | tuple[float, ...], 3.0),
        ([3], float | tuple[float, ...], (3.0,)),
        (None, int | None, None),
        (8.0, int | None, 8),
        ([1], float, (1,)),
        ([[1]], tuple[float, ...], ((1,),)),
    ],
)
def test_converted(value, hint, wanted):
    """What means the same becomes the same, of the declared type; the rest stays as it is."""
    found = converted(value, hint)
    assert repr(found) == repr(wanted)
    assert repr(converted(found, hint)) == repr(found)


@dataclass(frozen=True)
class Sample:
    """One setting of every sort."""

    grid: tuple[float, ...] = setting((1.0, 2.0), "[0, inf)", least=2)
    each: float | tuple[float, ...] = setting(1.0, "(0, inf)")
    vector: tuple[float, ...] = setting((0.0, 0.0), repeats=True)
    name: str = setting("a", matching="[a-z]+")
    table: dict[str, int] = setting({})


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"grid": (0.0, 1e-102)}, {"grid": (1.0,)}),
        ({"grid": (1.0, 1.00001)}, {"grid": (1.0, 2.0, 1.0)}),
        ({"grid": (1e102, 3.0)}, {"grid": (1.0, 1.0000001)}),
        ({"each": (1.0, 1.0)}, {"each": ()}),
        ({"each": 1e-102}, {"each": 0.99e-102}),
        ({"each": 1e102}, {"each": 1.01e102}),
        ({"vector": (1.0, 1.0)}, {"vector": (1.0, 1e-200)}),
        ({"vector": (-1e102, 0.0)}, {"vector": (-1e103,)}),
        ({"name": "abc"}, {"name": "abc\n"}),
        ({"table": {"a": 1}}, {"table": {1: 1}}),
        ({"table": {}}, {"table": []}),
    ],
)
def test_settings_by_sort(good, bad):
    """Points of a grid differ, coordinates may be alike; sizes, texts and tables are kept to; one line."""
    check_settings(replace(Sample(), **good), "it")
    with pytest.raises(ValueError, match=rf"^it\.{next(iter(bad))} = .*: must ") as caught:
        check_settings(replace(Sample(), **bad), "it")
    assert "\n" not in str(caught.value)


def test_a_long_value_is_cut():
    """An error shows what was said, on one line, and not all of it."""
    assert show("a\nb") == repr("a\nb") and show(None) == "null" and show([1, "a", True]) == "[1, 'a', true]"
    assert all(len(show(each)) < 220 for each in ("a" * 5000, list(range(5000)), 10**5000, {"a" * 500: 1}))
