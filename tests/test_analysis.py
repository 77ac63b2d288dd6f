"""Verdicts on made-up cells: every kind, every outcome; the report and its bytes."""

from __future__ import annotations

import json
from multiprocessing import get_context

import numpy as np
import pytest

from analysis.command import run
from analysis.judge import ALPHA, judge, table
from experiments.sweep.cells import Cell, load, save
from experiments.words.evidence import Check, ClaimInfo, Control, Curve, Evidence, Panel

RNG = np.random.default_rng(0)
INFO = ClaimInfo("lemma99", "Lemma 99", "A made-up lemma", ("x < y & z",), "nowhere")


def around(mean, spread=0.01, runs=64):
    samples = mean + spread * RNG.standard_normal(runs)
    return samples - samples.mean() + mean


def check(mean, bound=1.0, kind="expected", **more):
    return Check(kind, "stated", "thing", "a=1", bound, np.asarray(mean) if np.ndim(mean) else around(mean), **more)


def cell(checks, controls=(), case="case", **more):
    panel = Panel("p", "t", "y")
    curves = (
        Curve("p", "line", "measured", np.arange(1, 9), np.arange(1.0, 9), np.arange(0.5, 8), np.arange(2.0, 10)),
        Curve("p", "bound", "bound", np.array([1, 8]), np.array([9.0, 9.0])),
    )
    twins = tuple(Control(f"broken {i}", "is broken", Evidence((c,), curves[:1])) for i, c in enumerate(controls))
    return Cell(f"{case}-0", case, INFO, "problem", "made up", Evidence(tuple(checks), curves, (panel,)), twins, **more)


def verdict(one, controls=(check(2.0),)):
    return table([cell([one], controls)])["verdict"][0]


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
        (check(np.array([0.5, np.nan])), "failed"),
        (check(np.empty(0)), "failed"),
        (check(1.5, lower_samples=around(0.8)), "undecided"),
        (check(1.5, lower_samples=around(1.4)), "refuted"),
        (check(np.full(8, 1.0)), "supported"),
    ],
)
def test_verdicts(made, want):
    """Each kind of check, each outcome."""
    assert verdict(made) == want


def test_silent_controls_make_a_claim_vacuous():
    """A claim none of whose controls is rejected anywhere shows nothing; one rejection on one problem is enough."""
    quiet, loud = cell([check(0.5)], [check(0.6)], "a"), cell([check(0.5)], [check(2.0)], "b")
    assert list(table([quiet])["verdict"]) == ["vacuous"]
    both = table([quiet, loud])
    assert list(both["verdict"]) == ["supported", "supported"]
    assert "silent here" in both["control"][0] and "refuted, 2" in both["control"][1]


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
    for _ in range(200):
        rulings = judge([check(1.0 + 0.1 * rng.standard_normal(64)) for _ in range(40)])
        wrong += any(r.verdict != "undecided" for r in rulings)
    assert wrong <= 200 * ALPHA + 4  # two standard deviations of slack


def test_cells_survive_storage(tmp_path):
    """What is saved is what is loaded."""
    made = cell([check(0.5, lower_samples=around(0.4)), check(0.7, start=2.0, note="hm")], [check(2.0)])
    got = load(save(made, tmp_path))
    assert got.claim == made.claim and got.controls[0].description == "is broken"
    for mine, theirs in zip(made.evidence.checks, got.evidence.checks, strict=True):
        np.testing.assert_array_equal(mine.samples, theirs.samples)
        assert (mine.kind, mine.bound, mine.start, mine.note) == (theirs.kind, theirs.bound, theirs.start, theirs.note)
    np.testing.assert_array_equal(got.evidence.checks[0].lower_samples, made.evidence.checks[0].lower_samples)
    np.testing.assert_array_equal(got.evidence.curves[0].high, made.evidence.curves[0].high)


def _results(folder, cells, extra=()):
    for made in cells:
        save(made, folder / "cells")
    entries = [{"case": c.case, "key": c.key, "claim": "lemma99", "problem": "problem"} for c in cells]
    entries += [{"case": name, "key": name, "claim": "lemma99", "problem": "problem"} for name in extra]
    (folder / "manifest.json").write_text(json.dumps({"preset": "test", "cells": entries}))


def test_report(tmp_path, capsys):
    """Everything is written, escaped, self-contained; a second run gives the same bytes; stale figures go."""
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "a"), cell([check(1.5)], [check(2.0)], "b")])
    assert run([str(tmp_path)], get_context("spawn")) == 0
    first = {path.name: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert {"a.svg", "a.pdf", "b.svg", "summary.pdf", "verdicts.csv", "report.html"} <= set(first)
    report = first["report.html"].decode()
    assert "x &lt; y &amp; z" in report and "Lemma 99" in report and "<script src" not in report
    (tmp_path / "figures" / "old.svg").write_text("stale")
    assert run([str(tmp_path)], get_context("spawn")) == 0
    again = {path.name: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert first == again
    assert "refuted" in capsys.readouterr().out


def test_failed_and_missing_cells_are_loud(tmp_path, capsys):
    """Exit code 1 and a line each; the others are still judged and reported."""
    bad = Cell("bad-0", "bad", INFO, "problem", error="ValueError: no such thing")
    _results(tmp_path, [cell([check(0.5)], [check(2.0)], "good"), bad], ["gone"])
    assert run([str(tmp_path)], get_context("spawn")) == 1
    said = capsys.readouterr().err
    assert "bad: ValueError: no such thing" in said and "gone: not measured" in said
    assert "no such thing" in (tmp_path / "report.html").read_text()
    assert "supported" in (tmp_path / "verdicts.csv").read_text()


def test_nothing_measured_yet(tmp_path, capsys):
    """One line that says what to do."""
    assert run([str(tmp_path)], get_context("spawn")) == 1
    assert "make reproduce" in capsys.readouterr().err
