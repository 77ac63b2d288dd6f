"""Which figures are drawn, in which styles, from what; and the order of the table of ablations."""

from __future__ import annotations

import fcntl

import pandas as pd
import pytest
from fontTools.ttLib import TTFont

from analysis import ablation, drawing, figures
from analysis.collecting import collect
from analysis.command import CLOSEST, LOCK, run
from analysis.font import CHARACTERS, CORE, _cut
from analysis.tables import tables
from experiments.sweep.cells import Cell
from experiments.words.evidence import INGREDIENTS, Evidence
from tests.analysing import PROCESSES, here, judge_only, write_results
from tests.made_up import INFO, cell, check


def test_lines_keep_the_order_of_the_table():
    """Controls, labels and problems as they come, not by the alphabet; what breaks and what holds apart."""
    rows = [
        ("second", "B", False, "z", "thing", "refuted", 2.0),
        ("second", "B", False, "z", "thing", "supported", 9.0),
        ("second", "B", False, "a", "thing", "supported", 0.5),
        ("second", "A", True, "z", "other", "refuted", 1.5),
        ("second", "A", True, "a", "other", "refuted", 3.0),
        ("first", "B", False, "z", "z", "supported", 0.1),
    ]
    names = ["control", "label", "end_to_end", "problem", "quantity", "verdict", "ratio"]
    found = ablation.lines(pd.DataFrame(rows, columns=names).assign(removes=INGREDIENTS[0]))
    assert found == [
        (INGREDIENTS[0], "second", "B", "lemma", "z thing (2)", "a thing"),
        (INGREDIENTS[0], "second", "A", "end to end", "z other (1.5), a other (3)", "-"),
        (INGREDIENTS[0], "first", "B", "lemma", "-", "z"),
    ]


def test_all_is_collected_unless_said(tmp_path):
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], name) for name in ("a", "b")])
    assert [each.case for each in collect(tmp_path).cells] == ["a", "b"]
    assert [each.case for each in collect(tmp_path, only=lambda entry: entry.case == "b").cells] == ["b"]


def test_another_analysis(tmp_path, capsys):
    """One line and exit code 1 at once, while another one writes."""
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    with (tmp_path / LOCK).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert judge_only(tmp_path) == 1
    assert capsys.readouterr().err == f"error: {tmp_path}: another analysis is writing there\n"
    assert judge_only(tmp_path) == 0


def test_the_closest_names(tmp_path, capsys):
    """Not more of them than help."""
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], f"case_{k}") for k in range(8)])
    assert run([str(tmp_path), "figure=case"], PROCESSES) == 2
    assert len(capsys.readouterr().err.split("closest: ")[1].split(", ")) == CLOSEST == 5


def test_a_figure_of_what_is_missing(tmp_path, capsys):
    """The first thing that is, and exit code 1."""
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "a")], ["gone"])
    assert run([str(tmp_path), "figure=gone"], PROCESSES) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: gone: ") and said.err.count("\n") == 1 and not said.out


def test_styles_are_drawn_again(tmp_path, monkeypatch):
    """Of figures that are still there; those of others go, whatever their style."""
    monkeypatch.setattr(drawing, "ProcessPoolExecutor", here)
    drawn = []
    monkeypatch.setattr(
        figures, "draw", lambda made, style: drawn.append((made.case, style)) or dict.fromkeys(drawing.ENDINGS, b"x")
    )
    monkeypatch.setattr(
        figures, "summary", lambda rows, style: drawn.append((len(rows), style)) or dict.fromkeys(drawing.ENDINGS, b"x")
    )
    cells = [cell([check(0.5)], [check(2.0), check(3.0)], name) for name in ("a", "b")]
    verdicts, folder = tables(cells)[0], tmp_path / "figures"
    for name, style in (("a", "column"), ("b", "grey"), ("summary", "text"), ("a", "report")):
        drawing.draw_one(name, style, cells, folder)
    assert drawn == [("a", "column"), ("b", "grey"), (2, "text"), ("a", "report")]
    names = {"a-column", "b-grey", "summary-text", "a"}
    assert {path.name for path in folder.glob("*.*")} - {drawing.DRAWN} == {
        n + e for n in names for e in drawing.ENDINGS
    }
    drawn.clear()
    assert drawing.draw_all(cells[:1], verdicts, folder, PROCESSES) == []
    assert sorted(drawn, key=str) == [("a", "column"), ("a", "report"), (2, "report"), (2, "text")]
    names = {"a-column", "a", "summary", "summary-text"}
    assert {path.name for path in folder.glob("*.*")} - {drawing.DRAWN} == {
        n + e for n in names for e in drawing.ENDINGS
    }


@pytest.mark.parametrize("evidence", [None, Evidence(())])
def test_what_has_no_panel_is_not_drawn(tmp_path, monkeypatch, evidence):
    monkeypatch.setattr(drawing, "ProcessPoolExecutor", here)
    monkeypatch.setattr(figures, "summary", lambda rows, style: dict.fromkeys(drawing.ENDINGS, b"x"))
    bare = Cell("bare-0", "bare", INFO, "problem", evidence=evidence)
    verdicts = tables([cell([check(0.5)], [check(2.0)])])[0]
    assert drawing.draw_all([bare], verdicts, tmp_path / "figures", PROCESSES) == []
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {"summary"}


def test_the_font():
    """The letters of Latin and Greek alphabets, accents, punctuation, sub- and superscripts; under a name of its own."""
    inside = (0x20, 0x17E, 0x300, 0x314, 0x370, 0x3FF, 0x2010, 0x203F, 0x2070, 0x209F, 0x2207)
    outside = (0x1F, 0x17F, 0x2FF, 0x315, 0x36F, 0x400, 0x200F, 0x2040, 0x206F, 0x20A0)
    assert CHARACTERS.issuperset(inside) and CHARACTERS.isdisjoint(outside)
    with TTFont(_cut("normal")) as font:
        names = {(record.nameID, record.toUnicode()) for record in font["name"].names}
        assert {number for number, text in names if text == CORE} == {1, 4} | ({16} & {number for number, _ in names})
        assert {0x41, 0x3B2, 0x2264} <= set(font.getBestCmap())
