"""Verdicts on made-up cells: every kind, every outcome; tables, figures, the report and its bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis.tables
from analysis import ablation, drawing, figures
from analysis.command import run
from analysis.judge import ALPHA, judge
from analysis.resolution import RESOLUTION
from analysis.tables import CONTROLS, SILENT, VERDICTS, tables
from analysis.tightness import TIGHTNESS
from experiments.sweep.cells import Cell, figure_name
from experiments.sweep.manifest import Entry, Sweep, add
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
from tests.made_up import INFO, around, cell, check

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["analysis.figures"])  # as `python -m analysis` does


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
    _results(tmp_path, [made])
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


def _results(folder, cells, extra=(), preset="test"):
    for made in cells:
        save(made, folder / "cells")
    entries = [Entry(c.case, c.key, "lemma99", c.problem, c.varied) for c in cells]
    entries += [Entry(name, name, "lemma99", "problem") for name in extra]
    add(folder, [Sweep(preset, tuple(entries))])


def test_report(tmp_path, capsys):
    """Everything is written, escaped, self-contained; a second run, in one process, gives the same bytes."""
    _results(
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
    _results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    assert judge_only(tmp_path) == 0
    promised = {"verdicts.csv": VERDICTS, "controls.csv": CONTROLS, "tightness.csv": TIGHTNESS}
    for name, columns in {**promised, "resolution.csv": RESOLUTION}.items():
        assert tuple(pd.read_csv(tmp_path / name).columns) == columns


def test_the_report_says_who_says_what(tmp_path):
    """The status of each paragraph is set apart; a colon elsewhere sets nothing apart."""
    said = ("stated, Lemma 99: a < b", "ours (Lemma 99); sharp: c: d", "Measured: e", "Measured at 3: f", "oursed: g")
    info = replace(INFO, statement=said)
    _results(tmp_path, [replace(cell([check(0.5)], [check(2.0)]), claim=info)])
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
    _results(tmp_path, [replace(cell([check(0.5)], [check(2.0)], k), claim=info) for k, info in claims.items()])
    assert judge_only(tmp_path) == 0
    sections = (tmp_path / "report.html").read_text().split("<section ")
    found = [re.findall("<h2>(Lemma.*?)</h2>", section) for section in sections]
    shared = ["Lemma 99. A made-up lemma", "Lemma 99. Another &lt;quantity&gt;"]
    assert [part for part in found if part] == [shared, ["Lemma 98. A third"]]


def test_certificate_and_infimum_stand_side_by_side(tmp_path):
    """Where both were measured against the stated bound, the report divides them."""
    pair = [replace(check(mean), quantity=name) for name, mean in ((CERTIFICATE, 0.6), (INFIMUM, 0.3))]
    _results(tmp_path, [cell(pair, [check(2.0)])])
    assert judge_only(tmp_path) == 0
    text = (tmp_path / "report.html").read_text()
    assert "certificate / infimum</th>" in text and "<td>2</td>" in text
    one, other = (replace(cell(pair, [check(2.0)]), key=f"case-{i}", varied=f"seed={i}" * i) for i in range(2))
    _results(tmp_path, [one, other])
    assert judge_only(tmp_path) == 0
    assert (tmp_path / "report.html").read_text().count("<td>2</td>") == 2  # each variation with its own


def test_failed_and_missing_cells_are_loud(tmp_path, capsys):
    """Exit code 1 and a line each; the others are still judged and reported."""
    bad = Cell("bad-0", "bad", INFO, "problem", error="ValueError: no such thing")
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "good"), bad], ["gone"])
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


ROOT = Path(__file__).resolve().parent.parent


def command(*arguments, cwd=ROOT, **environment):
    """`python -m analysis` in a process of its own: (exit code, standard output, standard error)."""
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def judge_and_draw(folder, *arguments):
    """The exit code of an analysis of the folder, drawn in this process, which takes a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "ProcessPoolExecutor", here)
        return run([str(folder), *arguments], PROCESSES)


def judge_only(folder, *arguments):
    """As `judge_and_draw`, with blank drawings: for what is not about them, and not about what they are made of."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("draw", "summary"):
            patch.setattr(figures, name, lambda *_: {".svg": b"<svg/>", ".pdf": b"blank", ".csv": b"x"})
        return judge_and_draw(folder, *arguments)


def here(workers, mp_context):
    """A pool that is one thread of this process."""
    return ThreadPoolExecutor(1)


def test_files_of_the_user_stay(tmp_path):
    """What this program drew and draws no more goes; what others put among the figures, or what a list claims, stays."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], name) for name in ("a", "b")])
    drawings = tmp_path / "figures"
    drawings.mkdir()
    (drawings / "mine.svg").write_text("mine")
    assert judge_only(tmp_path) == 0
    (drawings / "notes.txt").write_text("mine, too")
    (drawings / "c.svg").write_text("mine, with a name as of a case")
    (drawings / drawing.DRAWN).write_text((drawings / drawing.DRAWN).read_text() + "../verdicts.csv\nnotes.txt\n")
    (tmp_path / "manifest.json").unlink()
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "a")])
    assert judge_only(tmp_path) == 0
    left = {path.name for path in drawings.iterdir()} - {drawing.DRAWN}
    assert left == {
        "mine.svg",
        "notes.txt",
        "c.svg",
        *(f"{name}.{end}" for name in ("a", "summary") for end in ("svg", "pdf", "csv")),
    }
    assert (drawings / "mine.svg").read_text() == "mine" and (tmp_path / "verdicts.csv").exists()


@pytest.mark.parametrize("damage", ["flip", "cut", "no text", "file", "format"])
def test_a_bad_cell_is_a_line(tmp_path, capsys, damage):
    """The others are judged, drawn and reported; the exit code is 1."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "good"), cell([check(0.5)], [check(2.0)], "bad")])
    bad = tmp_path / "cells" / "bad-0"
    if damage == "flip":
        data = bytearray((bad / "curves.parquet").read_bytes())
        data[len(data) // 2] ^= 1
        (bad / "curves.parquet").write_bytes(data)
    elif damage == "cut":
        (bad / "cell.json").write_bytes((bad / "cell.json").read_bytes()[:100])
    elif damage == "no text":
        (bad / "samples.parquet").unlink()
    else:
        made = load(bad)
        for path in bad.iterdir():
            path.unlink()
        bad.rmdir()
        if damage == "file":
            bad.write_text("a file")
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("experiments.sweep.cells.FORMAT", 1)
                save(made, tmp_path / "cells")
    assert judge_only(tmp_path) == 1
    said = capsys.readouterr()
    assert said.err.startswith("failed: bad: damaged, ") and said.err.count("\n") == 1 and "bad-0" in said.err
    assert "1 supported" in said.out
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {"good", "summary"}
    assert "bad: damaged" in (tmp_path / "report.html").read_text()


def test_a_figure_fails_alone(tmp_path, monkeypatch):
    """Its case is named, its old drawing goes, the others are drawn."""
    monkeypatch.setattr(drawing, "ProcessPoolExecutor", here)
    cells = [cell([check(0.5)], [check(2.0)], name) for name in ("a", "b")]
    _results(tmp_path, cells)
    assert judge_and_draw(tmp_path) == 0
    panel = cells[1].evidence.panels[0]
    vars(panel)["xscale"] = "crooked"  # as no panel can be made
    made = load(save(cells[0], tmp_path / "cells"))
    lines = drawing.draw_all([made, cells[1]], tables(cells)[0], tmp_path / "figures", PROCESSES)
    assert len(lines) == 1 and lines[0].startswith("b: its figure cannot be drawn: ValueError: ")
    assert {path.name for path in (tmp_path / "figures").glob("[ab].*")} == {"a.svg", "a.pdf", "a.csv"}


def test_nothing_but_failures_is_a_failure(tmp_path, capsys):
    """Exit code 1 for a report without rows."""
    _results(tmp_path, [Cell("bad-0", "bad", INFO, "problem", error="ValueError: no")], ["gone"])
    assert judge_and_draw(tmp_path) == 1
    assert "0 rows" in capsys.readouterr().out
    _results(other := tmp_path / "other", [Cell("empty-0", "empty", INFO, "problem", evidence=Evidence(()))])
    assert judge_and_draw(other) == 1


def test_variations_of_one_case(tmp_path, capsys):
    """Two figures, rows that can be told apart in every table, in the report and on the terminal."""
    plain = cell([check(1.5)], [check(2.0)])
    louder = replace(plain, key="case-1", varied="seed=1, problem.noise_arguments.sigma=5")
    _results(tmp_path, [plain, louder])
    assert judge_and_draw(tmp_path) == 0
    assert figure_name("case", "") == "case" and re.fullmatch("case-[0-9a-f]{8}", figure_name("case", louder.varied))
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {
        "case",
        "summary",
        figure_name("case", louder.varied),
    }
    for table in ("verdicts.csv", "controls.csv"):
        found = pd.read_csv(tmp_path / table, keep_default_na=False)["varied"]
        assert sorted(set(found)) == ["", louder.varied]
    text = (tmp_path / "report.html").read_text()
    assert f"<b>problem, {louder.varied}</b>" in text and f"Lemma 99 on problem, {louder.varied} (<a href=" in text
    assert f"Lemma 99, problem, {louder.varied}, stated, thing" in capsys.readouterr().out


def test_a_report_is_about_one_preset(tmp_path, capsys):
    """The last sweep's, with a word of the others; the one that is asked for; not one that was not swept."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "a")], preset="smoke")
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "b")], preset="paper")
    assert judge_only(tmp_path) == 0
    assert "of preset paper; also swept here: smoke (" in capsys.readouterr().out
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {"b", "summary"}
    assert judge_only(tmp_path, "preset=smoke") == 0
    assert {path.stem for path in (tmp_path / "figures").glob("*.svg")} == {"a", "summary"}
    assert judge_only(tmp_path, "preset=deep") == 2
    assert re.fullmatch(
        r"error: preset = deep: must be one of those swept in .*: smoke, paper\n", capsys.readouterr().err
    )


def test_the_report_says_where_the_numbers_come_from(tmp_path):
    """As the first cell has it, with the number of those that say otherwise."""
    made = [
        replace(cell([check(0.5)], [check(2.0)], k), provenance={"numpy": v}) for k, v in zip("abc", "112", strict=True)
    ]
    _results(tmp_path, made)
    assert judge_only(tmp_path) == 0
    assert "<small>Measured with numpy 1; 1 cells with others.</small>" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--nonsense"], "'--nonsense' is unknown"),
        (["a", "b"], "a, b: must be one folder"),
        (["foo=1"], "'foo=1' is unknown"),
    ],
)
def test_bad_arguments(arguments, text, capsys):
    """One line, exit code 2."""
    assert run(arguments, PROCESSES) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ") and text in said.err and said.err.count("\n") == 1 and not said.out


def test_help():
    """A few lines, exit code 0, at once."""
    code, said, errors = command("--help")
    assert code == 0 and said.startswith("usage: python -m analysis") and said.count("\n") == 6 and not errors


@pytest.mark.parametrize("place", ["manifest.json", "figures", "verdicts.csv", "report.html", "."])
def test_something_in_the_way(tmp_path, capsys, place):
    """A file in the place of a folder, a folder in that of a file: one line with the path, exit code 1."""
    results = tmp_path / "results"
    _results(results, [cell([check(0.5)], [check(2.0)])])
    if place == ".":
        results = results / "manifest.json"
    elif place == "figures":
        (results / place).write_text("a file")
    else:
        (results / place).unlink(missing_ok=True)
        (results / place / "x").mkdir(parents=True)
    assert judge_only(results) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {results / place if place != '.' else results}") and said.count("\n") == 1


def test_a_full_disk_leaves_the_old_report(tmp_path, capsys, monkeypatch):
    """One line that names the file; the report that was there stays whole."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    assert judge_only(tmp_path) == 0
    old = (tmp_path / "report.html").read_bytes()
    _results(tmp_path, [cell([check(0.7)], [check(2.0)], "other")])
    sync = os.fsync

    def full(handle):
        if "report.html" in os.readlink(f"/proc/self/fd/{handle}"):
            raise OSError(28, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", full)
    capsys.readouterr()
    assert judge_only(tmp_path) == 1
    said = capsys.readouterr()
    assert re.fullmatch(r"error: .*report.html: No space left on device\n", said.err) and "report:" not in said.out
    assert (tmp_path / "report.html").read_bytes() == old
    assert not list(tmp_path.rglob("*.part"))


def test_garbled_manifest(tmp_path, capsys):
    """One line, exit code 1, for each way."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    for text in ("", "{", "[]", '{"sweeps": [{}]}', '{"preset": "smoke", "cells": []}', "\udc80"):
        (tmp_path / "manifest.json").write_text(text, errors="surrogateescape")
        assert judge_only(tmp_path) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"error: {tmp_path}/manifest.json: is garbled") and said.count("\n") == 1


def test_what_is_no_mathematics_is_drawn_as_it_stands():
    """A lone $, and what cannot be set between two; no exception. The rest is set: its $ are gone."""
    made = cell([check(0.5)])
    for label, count in (("$", 3), ("a$b", 3), ("$\\frac{1}$", 3), ("$\\nosuch$", 3), ("a $b$ c", 0)):
        curves = (replace(made.evidence.curves[0], label=label),)
        panels = (Panel("p", label, label),)
        drawn = figures.draw(replace(made, problem=label, evidence=Evidence((), curves, panels)))[".svg"].decode()
        assert drawn.count(f">{label}<") >= count and (count or f">{label}<" not in drawn.split("</title>")[1])


def test_surroundings_change_nothing(tmp_path):
    """A hostile matplotlibrc, a notebook's back end, a terminal without letters: the same bytes, no word."""
    results = tmp_path / "r\u00e9sultats d'\u00e9t\u00e9"
    _results(results, [cell([check(0.5)], [check(2.0)])])
    assert judge_and_draw(results) == 0
    names = ["report.html", *(f"figures/{name}.{end}" for name in ("case", "summary") for end in ("svg", "pdf", "csv"))]
    first = [(results / name).read_bytes() for name in names]
    rc = "text.usetex: true\nfigure.dpi: 300\nfont.family: serif\naxes.facecolor: red\nlines.linewidth: 9\n"
    (tmp_path / "matplotlibrc").write_text(rc)
    hostile = {"MPLBACKEND": "://".join(("module", "matplotlib_inline.backend_inline")), "PYTHONIOENCODING": "ascii"}
    code, said, errors = command(results, cwd=tmp_path, **hostile)
    assert (code, errors) == (0, "") and said.isascii()
    assert [(results / name).read_bytes() for name in names] == first


def test_one_figure(tmp_path, capsys):
    """Drawn again from what was measured, in a style; the next analysis draws it again; a case without one is a line."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "a"), Cell("b-0", "b", INFO, "p", evidence=Evidence(()))])
    assert run([str(tmp_path), "figure=a", "style=column"], PROCESSES) == 0
    made = {f"a-column.{end}" for end in ("svg", "pdf", "csv")}
    folder = tmp_path / "figures"
    assert {path.name for path in folder.iterdir()} == made | {drawing.DRAWN}
    said = capsys.readouterr().out
    assert all(str(folder / name) in said for name in made)
    before = {name: (folder / name).read_bytes() for name in made}
    assert run([str(tmp_path), "figure=summary"], PROCESSES) == 0 and (folder / "summary.csv").exists()
    (folder / "a-column.pdf").unlink()
    assert judge_and_draw(tmp_path) == 0
    assert {name: (folder / name).read_bytes() for name in made} == before and (folder / "a.svg").exists()
    assert run([str(tmp_path), "figure=b"], PROCESSES) == 1
    assert capsys.readouterr().err == "error: figure = b: needs a case with a panel; this one has none\n"


BAD_FIGURES = [
    (["figure=lemm99"], "figure = lemm99: must be one of the 2 of "),
    (["figure=case", "style=colum"], "style = colum: must be one of report, column, text, grey\n"),
    (["style=column"], "style = column: needs figure=NAME"),
    (["figure="], "'figure=' is unknown"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD_FIGURES)
def test_a_figure_that_is_none(tmp_path, capsys, arguments, said):
    """One line that names what there is, exit code 2; nothing is written."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    before = sorted(tmp_path.rglob("*"))
    assert run([str(tmp_path), *arguments], PROCESSES) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}") and error.count("\n") == 1 and sorted(tmp_path.rglob("*")) == before
    if "lemm99" in said:
        assert set(error.strip().split("closest: ")[1].split(", ")) == {"case", "summary"}
