"""What the report says of each claim, as data (analysis/report/content.py)."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.report.content import _looseness, chapters, spoken, tally
from analysis.report.pictures import picture
from analysis.resolution import resolution
from analysis.tables import margins, tables
from experiments.words.evidence import CERTIFICATE, INFIMUM, Control, Evidence
from tests.made_up import INFO, cell, check


def told(*cells, folder):
    """The chapters of a report about these cells."""
    verdicts, twins = tables(cells)
    return chapters(verdicts, twins, resolution(verdicts, margins(cells)), cells, folder)


def about(name, label, problem="problem", case=None, **more):
    """A cell of that claim, with a row for each mean; more: `means`, and names of controls with theirs."""
    means, controls = more.pop("means", (0.5,)), more.pop("controls", {"broken": 2.0})
    made = cell([check(mean) for mean in means], case=case or f"{name}_{problem}")
    twins = tuple(
        Control(twin, f"is {twin}", Evidence((check(mean),)), near=mean < 2.0) for twin, mean in controls.items()
    )
    made = replace(made, claim=replace(INFO, name=name, label=label), problem=problem, controls=twins)
    return replace(made, **more)


def test_chapters_and_sections(tmp_path):
    """A chapter a label, a section a claim, both in the order of the cells, though others stand between them."""
    cells = [about("b", "B"), about("a", "A"), about("b2", "B"), about("b", "B", "other", means=(0.5, 2.0))]
    found = told(*cells, folder=tmp_path)
    assert [(one.label, one.anchor) for one in found] == [("B", "b"), ("A", "a")]
    assert [[section.info.name for section in one.sections] for one in found] == [["b", "b2"], ["a"]]
    assert [one.tally for one in found] == [{"refuted": 1, "supported": 3}, {"supported": 1}]
    assert [section.tally for section in found[0].sections] == [{"refuted": 1, "supported": 2}, {"supported": 1}]
    (first, second), _ = (one.sections for one in found)
    assert [row["claim"] for row in first.noticed] == ["b"] and [row["claim"] for row in second.noticed] == ["b2"]


def test_groups(tmp_path):
    """One a problem, in the order of the table, with the rows' places in it; a case that was varied is another one."""
    cells = [
        about("a", "A", "one", means=(0.5, 0.25)),
        about("b", "B", "one", means=(0.75,)),
        about("a", "A", "two", means=(0.125, 3.0)),
        about("a", "A", "one", case="again", means=(0.9,)),
        about("a", "A", "one", varied="lam=2", means=(0.0625,)),
    ]
    groups = told(*cells, folder=tmp_path)[0].sections[0].groups
    table = tables(cells)[0]
    for group in groups:
        mine = [(k, row) for k, row in enumerate(table.to_dict("records")) if k in [place for place, _ in group.rows]]
        assert [(k, row["measured"]) for k, row in group.rows] == [(k, row["measured"]) for k, row in mine]
        assert group.largest == pytest.approx(max(row["measured"] for _, row in mine))
        assert group.description == "made up"
    assert [(one.where, one.problem) for one in groups] == [("one", "one"), ("two", "two"), ("one, lam=2", "one")]
    assert [len(one.rows) for one in groups] == [3, 2, 1]
    assert [one.tally for one in groups] == [{"supported": 3}, {"refuted": 1, "supported": 1}, {"supported": 1}]


def test_twins(tmp_path):
    """Each once, with its rows on all problems, and how many of them are refuted; those of other claims are others'."""
    cells = [
        about("a", "A", "one", controls={"far": 2.0, "near": 1.5}),
        about("a", "A", "two", controls={"near": 0.5, "third": 9.0}),
        about("b", "B", "one", controls={"near": 1.5}),
    ]
    twins = told(*cells, folder=tmp_path)[0].sections[0].twins
    assert [(one.name, one.description, one.refuted, one.rows) for one in twins] == [
        ("far", "is far", 1, 1),
        ("near", "is near", 1, 2),
        ("third", "is third", 1, 1),
    ]
    assert [one.near for one in twins][::2] == [False, False]


def test_figures(tmp_path):
    """Of cells that have panels and whose pictures are there: what is drawn against what, its size in pixels."""
    svg = b'<svg role="img" width="72pt" height="36.75pt"><title>t</title></svg>'
    (tmp_path / "drawn.svg").write_bytes(svg)
    (tmp_path / "bare.svg").write_bytes(svg)
    bare = replace(about("a", "A", case="bare"), evidence=Evidence((check(0.5),)))
    failed = replace(about("a", "A", "two", case="failed"), evidence=None, controls=())
    cells = [about("a", "A", case="drawn"), about("a", "A", "two", case="missing"), bare, failed]
    (found,) = told(*cells, folder=tmp_path)[0].sections[0].figures
    assert (found.name, found.caption, found.alternative) == ("drawn", "A on problem", "A on problem: y against t")
    assert (found.width, found.height) == ("96", "49") and gzip.decompress(base64.b64decode(found.packed)) == svg


def test_a_picture_of_unknown_size(tmp_path):
    """Is as large as most; what is not there is no picture; the same bytes a second time."""
    (tmp_path / "a.svg").write_bytes(b"<svg>")
    found = picture(tmp_path, "a", "words", "caption")
    assert (found.width, found.height) == ("691", "357") and found == picture(tmp_path, "a", "words", "caption")
    assert picture(tmp_path, "b", "words", "caption") is None
    late = b"<svg " + b" " * 2000 + b'width="72pt" height="36pt">'
    (tmp_path / "a.svg").write_bytes(late)
    assert picture(tmp_path, "a", "", "").width == "691", "only the beginning is looked at"


def test_the_worst_first():
    verdicts = ["supported", "vacuous", "refuted", "failed", "undecided", "supported"]
    found = tally(pd.DataFrame({"verdict": verdicts}))
    assert list(found.items()) == [("failed", 1), ("refuted", 1), ("undecided", 1), ("vacuous", 1), ("supported", 2)]


@pytest.mark.parametrize(
    "paragraph, expected",
    [
        ("stated, Lemma 9: x < y: z", ("stated, Lemma 9", "x < y: z")),
        ("ours (sharp): x", ("ours (sharp)", "x")),
        ("Measured: x", ("Measured", "x")),
        ("Measured x: y", ("", "Measured x: y")),
        ("statedly: x", ("", "statedly: x")),
        ("A remark: x", ("", "A remark: x")),
    ],
)
def test_who_says_what(paragraph, expected):
    assert spoken(paragraph) == expected


def rows(*given):
    names = ["problem", "varied", "setting", "form", "quantity", "measured", "note"]
    return pd.DataFrame(given, columns=names)


def test_looseness():
    """Certificate over infimum, where both are stated of one problem and setting; a column for what was varied, if any."""
    pair = [("p", "", "a=1", "stated", CERTIFICATE, 3.0, "g=2"), ("p", "", "a=1", "stated", INFIMUM, 1.5, "")]
    alone = ("p", "", "a=2", "stated", CERTIFICATE, 5.0, "g=3")
    ours = ("p", "", "a=2", "ours", INFIMUM, 5.0, "")
    quotient = f"{CERTIFICATE} / {INFIMUM}"
    found = _looseness(rows(*pair, alone, ours))
    assert list(found) == ["problem", "setting", CERTIFICATE, INFIMUM, quotient, "gradient"]
    assert found.to_numpy().tolist() == [["p", "a=1", 3.0, 1.5, 2.0, "g=2"]]
    assert _looseness(rows(*pair[:1], ours)) is None and _looseness(rows(pair[1])) is None
    varied = [(p, "lam=2", *rest) for p, _, *rest in pair]
    found = _looseness(rows(*pair, *varied))
    assert found["varied"].tolist() == ["", "lam=2"] and np.array_equal(found[quotient], [2.0, 2.0])
