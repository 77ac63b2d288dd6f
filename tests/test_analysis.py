"""Verdicts on made-up cells: every kind, every outcome; tables, figures, the report and its bytes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import analysis.tables
from analysis import ablation, figures
from analysis.command import run
from analysis.judge import ALPHA, judge
from analysis.resolution import RESOLUTION
from analysis.tables import CONTROLS, SILENT, VERDICTS, tables
from analysis.tightness import TIGHTNESS
from experiments.sweep.cells import Cell
from experiments.sweep.store import load, save
from experiments.words.evidence import (
    CERTIFICATE,
    INFIMUM,
    INGREDIENTS,
    Control,
    Curve,
    Evidence,
    Panel,
)
from tests.analysing import PROCESSES, judge_and_draw, judge_only, write_results
from tests.made_up import INFO, around, cell, check


def twin(name, removes=None, mean=2.0):
    return Control(name, "is broken", Evidence((check(mean),)), removes)


def verdict(one, controls=(check(2.0),)):
    return tables([cell([one], controls)])[0]["verdict"][0]


@pytest.mark.parametrize(
    ("made", "want"),
    [
        (check(0.5), "supported"),
        (check(1.5), "refuted"),
        (check(1.0), "undecided"),
        (check(np.array([0.2, 1.0]), kind="pathwise"), "supported"),
        (check(np.array([0.2, 1.0 + 1e-6]), kind="pathwise"), "refuted"),
        (check(0.001, 0.0, "identity", margin=0.02), "supported"),
        (check(0.05, 0.0, "identity", margin=0.02), "refuted"),
        (check(0.02, 0.0, "identity", margin=0.02), "undecided"),
        (check(-0.05, 0.0, "identity", margin=0.02), "refuted"),
        (check(0.995, kind="attained", margin=0.01), "supported"),
        (check(0.90, kind="attained", margin=0.01), "refuted"),
        (check(1.05, kind="attained", margin=0.01), "refuted"),
        (check(3.45, 3.5, "rate", margin=0.1), "supported"),
        (check(0.5, start=0.9), "vacuous"),
        (check(0.5, start=1.1), "supported"),
        (check(1.5, start=0.9), "refuted"),
        (check(1.5, lower_samples=around(0.8)), "undecided"),
        (check(1.5, lower_samples=around(1.4)), "refuted"),
        (check(np.ones(1)), "supported"),
        (check(np.full(32, 0.9)), "supported"),
        (check(np.full(8, 0.9)), "undecided"),
        (check(np.full(64, 1.0)), "undecided"),
    ],
)
def test_verdicts(made, want):
    """Each kind of check, each outcome."""
    assert verdict(made) == want


def test_silent_controls_make_a_claim_vacuous():
    """A claim none of whose controls is rejected anywhere shows nothing; one rejection on one problem is enough."""
    quiet, loud = cell([check(0.5)], [check(0.6)], "a"), cell([check(0.5)], [check(2.0)], "b")
    assert list(tables([quiet])[0]["verdict"]) == ["vacuous"]
    both, _ = tables([quiet, loud])
    assert list(both["verdict"]) == ["supported", "supported"]
    assert "silent here" in both["control"][0] and "refuted, 2" in both["control"][1]


@pytest.mark.parametrize("other", [{"quantity": "another thing"}, {"form": "ours"}])
def test_a_rejection_speaks_for_its_own_quantity_and_form(other):
    """A control that is rejected on one does not keep the others alive; another setting or problem it does."""
    quiet, loud, elsewhere = check(0.5), replace(check(0.5), **other), replace(check(0.5), setting="a=2")
    twin = Evidence((check(0.6), replace(check(2.0), **other), replace(check(0.6), setting="a=2")))
    made = replace(cell([quiet, loud, elsewhere]), controls=(Control("broken", "is broken", twin),))
    assert list(tables([made])[0]["verdict"]) == ["vacuous", "supported", "vacuous"]
    noted = replace(made, evidence=Evidence((replace(quiet, note="what it was"),)), controls=())
    assert tables([noted])[0]["note"][0] == f"{SILENT}; what it was"
    more = cell([replace(quiet, setting="a=3")], [replace(check(2.0), setting="a=3")], "b")
    assert set(tables([made, more])[0]["verdict"]) == {"supported"}


def test_near_misses_are_named(tmp_path):
    """In the cell, in the table of controls, with the claim's name, and in the report."""
    made = replace(cell([check(0.5)]), controls=(replace(twin("by a tenth"), near=True), twin("ten times")))
    write_results(tmp_path, [made])
    got = load(save(made, tmp_path))
    assert [control.near for control in got.controls] == [True, False]
    assert run([str(tmp_path)], PROCESSES) == 0
    written = pd.read_csv(tmp_path / "controls.csv")
    assert list(written["near"]) == [True, False] and set(written["claim"]) == {"lemma99"}
    page = (tmp_path / "report.html").read_text()
    assert page.count("(a near miss)") == 1
    assert "<dt>by a tenth (a near miss)</dt><dd>is broken. Refuted on 1 of its 1 rows.</dd>" in page


def test_a_control_is_rejected_by_its_rows_not_by_its_name():
    """A twin that happens to be called "refuted" is as silent as any other."""
    quiet = replace(cell([check(0.5)]), controls=(twin("refuted twice", mean=0.6),))
    assert list(tables([quiet])[0]["verdict"]) == ["vacuous"]


def test_each_family_is_judged_once(monkeypatch):
    """Claims and controls, each in one call of `judge`, and every row of the tables is of those."""
    families = []
    monkeypatch.setattr(analysis.tables, "judge", lambda checks: families.append(len(checks)) or judge(checks))
    made = [cell([check(0.5), check(0.7)], [check(2.0)], "a"), cell([check(0.5)], [check(2.0), check(0.6)], "b")]
    verdicts, controls = tables([*made, Cell("c-0", "c", INFO, "problem", error="no")])
    assert families == [3, 3] == [len(verdicts), len(controls)]
    assert list(controls["verdict"]) == ["refuted", "refuted", "supported"]


def ablations(*twins, info=INFO):
    """The rows of the table of ablations."""
    return ablation.lines(tables([replace(cell([check(0.5)]), claim=info, controls=twins)])[1])


@pytest.mark.parametrize("ingredient", INGREDIENTS)
@pytest.mark.parametrize("end_to_end", [False, True])
def test_names_do_not_decide_on_the_table_of_ablations(ingredient, end_to_end):
    """Whatever control and claim are called: what the experiment says of them is what the table groups by."""
    (row,) = ablations(
        twin("some new name", ingredient),
        twin("no momentum"),  # removes nothing of Algorithm 1, whatever its name says
        info=replace(INFO, label="Another label", end_to_end=end_to_end),
    )
    assert row[:4] == (ingredient, "some new name", "Another label", "end to end" if end_to_end else "lemma")
    assert row[4:] == ("problem thing (2)", "-")


def test_ablations_are_ordered_and_none_is_lost():
    """By ingredient, then as the claim lists its controls; an ingredient that evidence.py does not know comes last."""
    names = ["the weather", *reversed(INGREDIENTS)]
    rows = ablations(*(twin(f"{i} of {name}", name) for name in names for i in range(2)), twin("other"))
    assert [row[0] for row in rows[::2]] == [row[0] for row in rows[1::2]] == [*INGREDIENTS, "the weather"]
    assert [row[1][0] for row in rows] == ["0", "1"] * len(names)


def test_limits_agree_with_verdicts():
    """supported <=> upper <= bound, refuted <=> lower > bound, over a table of close calls."""
    rulings = judge([check(m) for m in np.linspace(0.98, 1.02, 41)])
    for r in rulings:
        assert (r.verdict == "supported") == (r.upper <= r.check.bound)
        assert (r.verdict == "refuted") == (r.lower > r.check.bound)
    assert {r.verdict for r in rulings} == {"supported", "undecided", "refuted"}


def test_family_wise_error():
    """Forty true nulls at the edge (mean = bound): a wrong verdict anywhere in the table with probability about ALPHA."""
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(100):
        rulings = judge([check(1.0 + 0.1 * rng.standard_normal(64)) for _ in range(40)])
        wrong += any(r.verdict != "undecided" for r in rulings)
    assert wrong <= 100 * ALPHA + 2  # two standard deviations of slack


def test_cells_survive_storage(tmp_path):
    """What is saved is what is loaded."""
    made = cell([check(0.5, lower_samples=around(0.4)), check(0.7, start=2.0, note="hm")], [check(2.0)])
    got = load(save(made, tmp_path))
    assert got.claim == made.claim and got.controls[0].description == "is broken" and not got.controls[0].near
    for mine, theirs in zip(made.evidence.checks, got.evidence.checks, strict=True):
        np.testing.assert_array_equal(mine.samples, theirs.samples)
        assert (mine.kind, mine.bound, mine.start, mine.note) == (theirs.kind, theirs.bound, theirs.start, theirs.note)
    np.testing.assert_array_equal(got.evidence.checks[0].lower_samples, made.evidence.checks[0].lower_samples)
    np.testing.assert_array_equal(got.evidence.curves[0].high, made.evidence.curves[0].high)


def dashes(label, form):
    """The dash patterns in the figure of a cell with one bound and nothing else."""
    line = Curve("p", label, "bound", np.array([1.0, 8.0]), np.array([9.0, 9.0]), form=form)
    drawn = figures.draw(replace(cell([]), evidence=Evidence((), (line,), (Panel("p", "t", "y"),))))
    return set(re.findall("stroke-dasharray: ([^;]*)", drawn[".svg"].decode()))


def test_a_bound_is_drawn_by_its_form():
    """Three forms, three line styles, whatever the label says; a bound without a form is drawn as stated."""
    forms = ("stated", "proved", "ours")
    plain = [dashes("a bound", form) for form in forms]
    assert len(set.union(*plain)) == 3 and all(len(one) == 1 for one in plain)
    assert plain == [dashes("proved, not ours", form) for form in forms]
    assert dashes("proved, not ours", None) == plain[0]


def test_report(tmp_path, capsys):
    """Everything is written, escaped, self-contained; a second run, in one process, gives the same bytes."""
    write_results(
        tmp_path, [cell([check(0.5)], [check(2.0)], "a", left_out=("C > 9",)), cell([check(1.5)], [check(2.0)], "b")]
    )
    assert run([str(tmp_path)], PROCESSES) == 0
    first = {path.name: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert {"a.svg", "a.pdf", "b.svg", "summary.pdf", "verdicts.csv", "report.html"} <= set(first)
    report = first["report.html"].decode()
    assert "Lemma 99 on problem: C &gt; 9" in report
    assert "x &lt; y &amp; z" in report and "Lemma 99" in report and "<script src" not in report
    assert judge_and_draw(tmp_path) == 0
    again = {path.name: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert first == again
    out = capsys.readouterr().out
    assert "refuted" in out and out.count("left out by the preset: a: C > 9\n") == 2


def test_columns(tmp_path):
    """The tables on disk have the columns that are declared, and no more."""
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    assert judge_only(tmp_path) == 0
    promised = {"verdicts.csv": VERDICTS, "controls.csv": CONTROLS, "tightness.csv": TIGHTNESS}
    for name, columns in {**promised, "resolution.csv": RESOLUTION}.items():
        assert tuple(pd.read_csv(tmp_path / name).columns) == columns


def test_the_report_says_who_says_what(tmp_path):
    """The status of each paragraph is set apart; a colon elsewhere sets nothing apart."""
    said = ("stated, Lemma 99: a < b", "ours (Lemma 99); sharp: c: d", "Measured: e", "Measured at 3: f", "oursed: g")
    info = replace(INFO, statement=said)
    write_results(tmp_path, [replace(cell([check(0.5)], [check(2.0)]), claim=info)])
    assert judge_only(tmp_path) == 0
    text = (tmp_path / "report.html").read_text()
    speaker = '<span class="speaker">{}</span> '
    told = ["stated, Lemma 99", "ours (Lemma 99); sharp", "Measured"]
    heads = [*map(speaker.format, told), "", ""]
    bodies = ["a &lt; b", "c: d", "e", "Measured at 3: f", "oursed: g"]
    assert "\n".join(f'<p class="statement">{h}{b}</p>' for h, b in zip(heads, bodies, strict=True)) in text


def test_every_claim_has_its_title(tmp_path):
    """Claims that share a label share a section and an anchor; each has its own heading there."""
    other = replace(INFO, name="lemma99_too", title="Another <quantity>")
    alone = replace(INFO, name="lemma98", label="Lemma 98", title="A third")
    claims = {"a": INFO, "b": other, "c": alone}
    write_results(tmp_path, [replace(cell([check(0.5)], [check(2.0)], k), claim=info) for k, info in claims.items()])
    assert judge_only(tmp_path) == 0
    sections = (tmp_path / "report.html").read_text().split("<section ")
    found = [re.findall("<h2>(Lemma.*?)</h2>", section) for section in sections]
    shared = ["Lemma 99. A made-up lemma", "Lemma 99. Another &lt;quantity&gt;"]
    assert [part for part in found if part] == [shared, ["Lemma 98. A third"]]


def test_certificate_and_infimum_stand_side_by_side(tmp_path):
    """Where both were measured against the stated bound, the report divides them."""
    pair = [replace(check(mean), quantity=name) for name, mean in ((CERTIFICATE, 0.6), (INFIMUM, 0.3))]
    write_results(tmp_path, [cell(pair, [check(2.0)])])
    assert judge_only(tmp_path) == 0
    text = (tmp_path / "report.html").read_text()
    assert "certificate / infimum</th>" in text and "<td>2</td>" in text
    one, other = (replace(cell(pair, [check(2.0)]), key=f"case-{i}", varied=f"seed={i}" * i) for i in range(2))
    write_results(tmp_path, [one, other])
    assert judge_only(tmp_path) == 0
    assert (tmp_path / "report.html").read_text().count("<td>2</td>") == 2  # each variation with its own


def test_failed_and_missing_cells_are_loud(tmp_path, capsys):
    """Exit code 1 and a line each; the others are still judged and reported."""
    bad = Cell("bad-0", "bad", INFO, "problem", error="ValueError: no such thing")
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "good"), bad], ["gone"])
    assert judge_and_draw(tmp_path) == 1
    said = capsys.readouterr().err
    assert "bad: ValueError: no such thing" in said and "gone: not measured" in said
    assert "no such thing" in (tmp_path / "report.html").read_text()
    assert "supported" in (tmp_path / "verdicts.csv").read_text()


def test_nothing_measured_yet(tmp_path, capsys):
    """One line that says what to do."""
    assert judge_and_draw(tmp_path) == 1
    assert "make reproduce" in capsys.readouterr().err


def test_a_bound_of_zero_has_no_dot_in_the_summary():
    """And no legend then, without a warning."""
    verdicts, _ = tables([cell([check(-0.5, 0.0)], [check(0.5, 0.0)])])
    assert verdicts["verdict"].tolist() == ["supported"] and verdicts["ratio"].isna().all()
    assert list(figures.summary(verdicts)) == [".svg", ".pdf", ".csv"]
