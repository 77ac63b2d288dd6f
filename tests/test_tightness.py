"""The table of tightness on made-up cells: what is noticed, by which rows, where; its columns and its bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.judge import judge
from analysis.report.page import write
from analysis.resolution import resolution
from analysis.tables import margins, tables
from analysis.tightness import SHARES, TIGHTNESS, tightness
from experiments.words.evidence import CERTIFICATE, INFIMUM
from tests.made_up import INFO, around, cell, check

PAPER = replace(INFO, statement=("stated, Lemma 99: x < y & z",))
NOTICED = [f"noticed_{name}" for name in SHARES]


def table(*cells):
    """The lines of these cells."""
    return tightness(tables(cells)[0], cells)


def one(*checks, statement=PAPER.statement, case="case", problem="problem"):
    """A cell with these checks, and a control that is refuted."""
    made = cell(checks, [check(2.0)], case)
    return replace(made, claim=replace(PAPER, statement=statement), problem=problem)


@pytest.mark.parametrize("kind", ["expected", "pathwise", "attained"])
def test_a_bound_above_the_truth_is_noticed_when_it_is_lowered_below(kind):
    """Three percent above: not at 1 percent, but at 5; and a loose one at 20 percent or never."""
    for gap, noticed in ((0.03, [False, True, True]), (0.10, [False, False, True]), (0.30, [False] * 3)):
        samples = around(1.0, 0.001)
        line = table(one(check(samples / samples.max() if kind == "pathwise" else samples, 1 + gap, kind))).iloc[0]
        assert line[NOTICED].tolist() == noticed
        assert line["stated_ratio"] == pytest.approx(1 / (1 + gap)) and line["stated_bound"] == 1 + gap
        assert np.isnan(line["ours_ratio"]) and np.isnan(line["ours_bound"])


def test_what_is_attained_has_its_margin_above():
    """A row that is refuted for being too small notices nothing by that."""
    for margin, noticed in ((0.0, [True] * 3), (0.02, [False, True, True]), (0.1, [False, False, True])):
        line = table(one(check(around(1.0, 0.001), 1.0, "attained", margin=margin))).iloc[0]
        assert line[NOTICED].tolist() == noticed


def test_noise_hides_what_is_noticed_without():
    """The same gap, the same judge: with fewer or noisier runs nothing is seen."""
    assert table(one(check(around(1.0, 0.001), 1.03)))["noticed_5%"].all()
    assert not table(one(check(around(1.0, 0.3), 1.03)))["noticed_5%"].any()


def test_the_sharpest_bound_is_the_one_that_is_lowered():
    """It is the one that comes closest, wherever its form; the others' largest ratios stand beside it."""
    samples = around(1.0, 0.001)
    stated = check(samples, 4.0)
    ours = replace(check(samples, 1.03), form="ours")
    far = replace(check(0.3 * samples, 1.2), form="ours", setting="a=2")
    other = one(check(0.5 * samples, 1.0), case="b", problem="elsewhere")
    (line,) = table(one(far, stated, ours), other).to_dict("records")
    assert [line[name] for name in NOTICED] == [False, True, True]
    assert (line["problem"], line["setting"], line["stated_bound"], line["ours_bound"]) == ("problem", "a=1", 4.0, 1.03)
    assert line["stated_ratio"] == pytest.approx(0.5) and line["ours_ratio"] == pytest.approx(1 / 1.03)
    assert np.isnan(line["proved_ratio"])


def test_quantities_stand_apart_and_in_order():
    """Certificate and infimum; an infimum is noticed by its certified lower end only."""
    pair = [replace(check(1.0, 1.03), quantity=name) for name in (INFIMUM, CERTIFICATE)]
    blind = replace(pair[0], lower_samples=around(0.5))
    sharp = replace(pair[0], lower_samples=pair[0].samples)
    for first, seen in ((blind, False), (sharp, True)):
        lines = table(one(first, pair[1]))
        assert lines["quantity"].tolist() == [INFIMUM, CERTIFICATE]
        assert lines["noticed_5%"].tolist() == [seen, True]


def test_only_inequalities_of_the_paper_have_a_line():
    """No identities, no slopes, no bound of 0; and who sharpens the paper belongs to it."""
    none = [
        check(0.001, 0.0, "identity", margin=0.02),
        check(3.45, 3.5, "rate", margin=0.1),
        check(-0.5, 0.0),
    ]
    assert table(one(*none)).empty and list(table(one(*none)).columns) == list(TIGHTNESS)
    for statement, lines in (
        (("ours: a",), 0),
        (("Measured: a",), 0),
        (("ours (Lemma 9); sharp: a",), 1),
        (("Measured: b", "stated: a"), 1),
    ):
        assert len(table(one(check(0.5), statement=statement))) == lines


def test_the_rows_are_judged_again_as_the_table_was():
    """Same family, same level: what `judge` says of the lowered rows among all others."""
    rng = np.random.default_rng(3)
    cells = [
        one(*(replace(check(rng.normal(1, 0.08, 64), 1.0), quantity=f"{i} {k}") for k in range(9)), case=f"c{i}")
        for i in range(9)
    ]
    checks = [each for made in cells for each in made.evidence.checks]
    lines = table(*cells)
    for name, share in SHARES.items():
        again = judge([replace(each, bound=share * each.bound) for each in checks])
        assert lines[f"noticed_{name}"].tolist() == [ruling.verdict == "refuted" for ruling in again]
    assert 0 < lines["noticed_5%"].sum() < lines["noticed_20%"].sum() == len(checks)


def test_it_is_shown(tmp_path):
    """As a section of the report, escaped, the same bytes a second time (its file: tests/test_analysis.py)."""
    cells = [one(replace(check(1.0, 1.03), quantity="<x>"))]
    pages = []
    for _ in range(2):
        lines = table(*cells)
        write(*tables(cells), (lines, resolution(tables(cells)[0], margins(cells))), cells, tmp_path, "test", [])
        pages.append((lines.to_csv(index=False), (tmp_path / "report.html").read_text()))
    assert pages[0] == pages[1]
    section = pages[0][1].split('<section id="tightness">')[1].split("</section>")[0]
    assert "<h2>How tight</h2>" in section and "<td>&lt;x&gt;</td>" in section
    assert "<td>no</td><td>yes</td><td>yes</td>" in section


def test_of_two_bounds_the_smaller_stands_there():
    """Of one form, at the instance that comes closest."""
    samples = around(1.0, 0.001)
    for bounds in ((1.03, 4.0), (4.0, 1.03)):
        (line,) = table(one(*(check(samples, bound) for bound in bounds))).to_dict("records")
        assert line["stated_bound"] == 1.03
