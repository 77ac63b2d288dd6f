"""The faults that `make mutants` puts into the sources: what each is, where none may be, and who judges them."""

from __future__ import annotations

import ast
import csv
import re
from collections import defaultdict

import pytest

from tests.mutants import __main__ as main
from tests.mutants.__main__ import EQUIVALENT, ROOT, Copy, _tests, equivalent
from tests.mutants.coverage_map import Map
from tests.mutants.forks import SLOW, Answer, Server
from tests.mutants.operators import mutants


def faults(source):
    return [each.what for each in mutants("a.py", source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x + y", ["x + y -> x - y"]),
        ("x - y", ["x - y -> x + y"]),
        ("x * y", ["x * y -> x / y"]),
        ("x / y", ["x / y -> x * y"]),
        ("x // y", ["x // y -> x / y"]),
        ("x % y", ["x % y -> x * y"]),
        ("x ** y", ["x ** y -> x * y"]),
        ("x & y", ["x & y -> x | y"]),
        ("x | y", ["x | y -> x & y"]),
        ("x += y", ["x += y -> x -= y"]),
        ("x < y", ["x < y -> x <= y", "x < y -> x > y"]),
        ("x <= y", ["x <= y -> x < y", "x <= y -> x > y"]),
        ("x == y", ["x == y -> x != y"]),
        ("x in y", ["x in y -> x not in y"]),
        ("x is y", ["x is y -> x is not y"]),
        ("x and y", ["x and y -> x or y"]),
        ("-x", ["-x -> x"]),
        ("not x", ["not x -> x"]),
        ("~x", ["~x -> x"]),
        ("x if y else z", ["x if y else z -> z if y else x"]),
        ("f(True)", ["f(True) -> f(False)"]),
        ("x[3]", ["x[3] -> x[4]"]),
        ("f(0.0)", ["f(0.0) -> f(1.0)"]),
        ("x = 0.5", ["x = 0.5 -> x = 0.75"]),
        ("min(x, y)", ["min(x, y) -> max(x, y)"]),
        ("np.minimum(x, y)", ["np.minimum(x, y) -> np.maximum(x, y)"]),
        ("x.argmax()", ["x.argmax() -> x.argmin()"]),
        ("np.zeros(n)", ["np.zeros(n) -> np.ones(n)"]),
        ("np.sqrt(x)", ["np.sqrt(x) -> x"]),
        ("np.sin(x)", ["np.sin(x) -> np.cos(x)"]),
        ("np.where(x, y, z)", ["np.where(x, y, z) -> np.where(x, z, y)"]),
    ],
)
def test_what_each_operator_does(source, expected):
    assert faults(source) == expected
    for mutant in mutants("a.py", source):
        assert mutant.source == source.replace(*mutant.what.split(" -> "))


UNTOUCHED = '''
"""A number: 1 + 1 = 2."""
from __future__ import annotations
import a as b
T = TypeVar("T", bound=1)
x: Literal[1, 2]


@dataclass(frozen=True)
@exam(dim=3, size=2.5)
class Thing:
    """Of size 2 - 1."""

    size: float = setting(1.0, "(0, inf)")

    def method(self, x: Float[Array, "3"], y: int | None) -> tuple[1, 2]:
        """min(1, 2)."""
        name = f"{1 + 1}"
        text = "a" + y
        either = int | None
        value = cast("Literal[1]", y)
        raise ValueError(1 + 1, max(x, y))
'''


def test_what_is_said_is_left_alone():
    """Docstrings, annotations, decorators, settings, imports, texts and errors."""
    assert faults(UNTOUCHED) == []


def test_a_mutant_differs_in_one_place():
    """It is the file with what it says in the place of one occurrence of what it says; and no two are the same."""
    whole = ast.unparse(ast.parse((ROOT / "theory/spread.py").read_text()))
    found = mutants("theory/spread.py", whole)
    assert len({each.source for each in found}) == len(found) > 50
    for each in found[::8]:
        old, new = each.what.split(" (number")[0].split(" -> ")
        places = [match.start() for match in re.finditer(rf"(?<![\w.]){re.escape(old)}(?![\w.])", whole)]
        safe = new if " = " in new or "return" in new else f"({new})"
        texts = [f"{whole[:at]}{safe}{whole[at + len(old) :]}" for at in places]
        assert each.source in [ast.unparse(ast.parse(text)) for text in texts], each.what


def test_the_known_equivalents_are_faults_of_today():
    """Each is one that the tool would try, with a reason; so a row whose line has changed has to go."""
    rows, faults = equivalent(), {}
    for file in {row["file"] for row in rows}:
        faults[file] = [(each.within, each.what) for each in mutants(file, (ROOT / file).read_text())]
        assert len({*faults[file]}) == len(faults[file]), file  # a row is about one fault
    for row in rows:
        assert (row["within"], row["fault"]) in faults[row["file"]], row
        assert len(row["reason"].split()) >= 4, row
    assert len({(row["file"], row["within"], row["fault"]) for row in rows}) == len(rows)
    with EQUIVALENT.open(encoding="utf-8", newline="") as stream:
        assert next(csv.reader(stream)) == ["file", "within", "fault", "reason"]


def test_where_a_fault_is_said_to_be():
    """The function it is in; and its number among those that read alike there."""
    source = "x + y\nclass A:\n    def f(self): return x + y, x + y\n    def g(self): return x + y"
    assert [(each.within, each.what) for each in mutants("a.py", source)] == [
        ("", "x + y -> x - y"),
        ("A.f", "x + y -> x - y"),
        ("A.f", "x + y -> x - y (number 2)"),
        ("A.g", "x + y -> x - y"),
    ]


def test_known_equivalents_are_not_tried(monkeypatch):
    whole = mutants("theory/limit.py", (ROOT / "theory/limit.py").read_text())
    row = {"file": "theory/limit.py", "within": whole[0].within, "fault": whole[0].what}
    monkeypatch.setattr(main, "equivalent", lambda: [row])
    chosen = main._chosen(["theory/limit.py"], None, 0)
    assert [each.what for each in chosen] == [each.what for each in whole[1:]]


def test_the_tests_of_a_line(monkeypatch):
    """The fastest first; of a line that few run, those of the whole file, or folder, too; and no more than
    there is time for."""
    known = Map({"a.py": {1: ["slow", "fast"], 2: ["other"]}}, {"slow": 2.0, "fast": 1.0, "other": 0.5}, set())
    first, second, third = mutants("a.py", "x + y\nx + y\nx + y")
    assert _tests(first, known) == ["fast", "slow", "other"]
    assert _tests(second, known) == ["other", "fast", "slow"]
    assert _tests(third, known) == ["other", "fast", "slow"]
    (beside,), (elsewhere,) = mutants("b.py", "x + y"), mutants("c/b.py", "x + y")
    assert _tests(beside, known) == ["other", "fast", "slow"]
    assert _tests(elsewhere, known) == []
    monkeypatch.setattr(main, "BUDGET", 2.5)
    assert _tests(first, known) == ["fast"] and _tests(second, known) == ["other", "fast"]
    monkeypatch.setattr(main, "FEW", 1)
    assert _tests(second, known) == ["other"] and _tests(third, known) == ["other", "fast"]


class Told:
    """A server whose answers are known: by whether the fault is in."""

    def __init__(self, file, with_fault, without):
        self.file, self.whole, self.with_fault, self.without = file, file.read_text(), with_fault, without

    def run(self, tests, limit):
        failing = [
            test for test in tests if test in (self.without if self.file.read_text() == self.whole else self.with_fault)
        ]
        return Answer(1 if failing else 0, failing[0] if failing else "")


def judge(place, server):
    """A copy of a repository that is there already, and a server that is none."""
    copy = Copy.__new__(Copy)
    copy.place, copy.server, copy._passes, copy._killers = place, server, {}, defaultdict(list)
    return copy


@pytest.mark.parametrize(
    ("with_fault", "without", "killed"),
    [((), (), False), (("one",), (), True), (("one",), ("one",), False), (("one", "two"), ("one",), True)],
)
def test_a_fault_is_killed_by_a_test_that_passes_without_it(tmp_path, with_fault, without, killed):
    (tmp_path / "a.py").write_text("x + y")
    copy = judge(tmp_path, Told(tmp_path / "a.py", with_fault, without))
    (mutant,) = mutants("a.py", "x + y")
    assert copy.is_killed(mutant, Map({"a.py": {1: ["one", "two"]}}, {}, set())) is killed
    assert (tmp_path / "a.py").read_text() == "x + y"


def test_what_killed_comes_first(tmp_path):
    """And if it does not kill this time, all others are asked."""
    (tmp_path / "a.py").write_text("x + y\nx + y")
    server = Told(tmp_path / "a.py", ("two",), ())
    asked, answer = [], server.run
    server.run = lambda tests, limit: asked.append(list(tests)) or answer(tests, limit)
    copy, known = judge(tmp_path, server), Map({"a.py": {1: ["one", "two"], 2: ["one", "two"]}}, {}, set())
    first, second = mutants("a.py", "x + y\nx + y")
    assert copy.is_killed(first, known) and asked == [["one", "two"], ["two"]]
    assert copy.is_killed(second, known) and asked[2:] == [["two"]]
    server.with_fault = ("one",)
    assert copy.is_killed(second, known) and asked[3:5] == [["two"], ["one"]]


def test_forked_tests(tmp_path, monkeypatch):
    """The first failure is named, nothing is remembered from one request to the next, and what hangs is ended."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take a while
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    lines = ("def test_one(): pass", "def test_two(): assert a.A == 2", "def test_three(): assert a.A == 1")
    (tmp_path / "test_a.py").write_text("import time, a\n" + "\n".join(lines) + "\ndef test_hangs(): time.sleep(60)\n")
    (tmp_path / "a.py").write_text("A = 1")
    server = Server(tmp_path, libraries=())
    try:
        names = [f"test_a.py::test_{name}" for name in ("one", "two", "three")]
        assert server.run(names, 60.0) == Answer(1, "test_a.py::test_two")
        (tmp_path / "a.py").write_text("A = 2  # another size")
        assert server.run(names, 60.0) == Answer(1, "test_a.py::test_three")
        assert server.run(["test_a.py::test_hangs"], 0.5) == Answer(SLOW, "")
    finally:
        server.close()
