"""What `python -m analysis` does with what it finds: damaged cells, failures, bad arguments, things in the way."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pandas as pd
import pytest

from analysis import __main__, drawing, figures
from analysis.command import run
from analysis.tables import tables
from experiments.sweep.cells import Cell, figure_name
from experiments.sweep.store import load, save
from experiments.words.evidence import (
    Evidence,
    Panel,
)
from tests.analysing import PROCESSES, command, here, judge_and_draw, judge_only, write_results
from tests.made_up import INFO, cell, check


def test_files_of_the_user_stay(tmp_path):
    """What this program drew and draws no more goes; what others put among the figures, or what a list claims, stays."""
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], name) for name in ("a", "b")])
    drawings = tmp_path / "figures"
    drawings.mkdir()
    (drawings / "mine.svg").write_text("mine")
    assert judge_only(tmp_path) == 0
    (drawings / "notes.txt").write_text("mine, too")
    (drawings / "c.svg").write_text("mine, with a name as of a case")
    (drawings / drawing.DRAWN).write_text((drawings / drawing.DRAWN).read_text() + "../verdicts.csv\nnotes.txt\n")
    (tmp_path / "manifest.json").unlink()
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "a")])
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
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "good"), cell([check(0.5)], [check(2.0)], "bad")])
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
    write_results(tmp_path, cells)
    assert judge_and_draw(tmp_path) == 0
    panel = cells[1].evidence.panels[0]
    vars(panel)["xscale"] = "crooked"  # as no panel can be made
    made = load(save(cells[0], tmp_path / "cells"))
    lines = drawing.draw_all([made, cells[1]], tables(cells)[0], tmp_path / "figures", PROCESSES)
    assert len(lines) == 1 and lines[0].startswith("b: its figure cannot be drawn: ValueError: ")
    assert {path.name for path in (tmp_path / "figures").glob("[ab].*")} == {"a.svg", "a.pdf", "a.csv"}


def test_nothing_but_failures_is_a_failure(tmp_path, capsys):
    """Exit code 1 for a report without rows."""
    write_results(tmp_path, [Cell("bad-0", "bad", INFO, "problem", error="ValueError: no")], ["gone"])
    assert judge_and_draw(tmp_path) == 1
    assert "0 rows" in capsys.readouterr().out
    write_results(other := tmp_path / "other", [Cell("empty-0", "empty", INFO, "problem", evidence=Evidence(()))])
    assert judge_and_draw(other) == 1


def test_variations_of_one_case(tmp_path, capsys):
    """Two figures, rows that can be told apart in every table, in the report and on the terminal."""
    plain = cell([check(1.5)], [check(2.0)])
    louder = replace(plain, key="case-1", varied="seed=1, problem.noise_arguments.sigma=5")
    write_results(tmp_path, [plain, louder])
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
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "a")], preset="smoke")
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "b")], preset="paper")
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
    write_results(tmp_path, made)
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
    write_results(results, [cell([check(0.5)], [check(2.0)])])
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
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    assert judge_only(tmp_path) == 0
    old = (tmp_path / "report.html").read_bytes()
    write_results(tmp_path, [cell([check(0.7)], [check(2.0)], "other")])
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
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)])])
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
    write_results(results, [cell([check(0.5)], [check(2.0)])])
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
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)], "a"), Cell("b-0", "b", INFO, "p", evidence=Evidence(()))])
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
    write_results(tmp_path, [cell([check(0.5)], [check(2.0)])])
    before = sorted(tmp_path.rglob("*"))
    assert run([str(tmp_path), *arguments], PROCESSES) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}") and error.count("\n") == 1 and sorted(tmp_path.rglob("*")) == before
    if "lemm99" in said:
        assert set(error.strip().split("closest: ")[1].split(", ")) == {"case", "summary"}


@pytest.mark.parametrize("asked", [["-h"], ["results", "--help"], ["results", "preset=smoke"], []])
def test_who_is_asked(asked, monkeypatch, capsys):
    """Nobody where help is wanted; else the command with all that was said, and its answer is the exit code."""
    given = []
    monkeypatch.setattr("analysis.command.run", lambda arguments, processes: given.append(arguments) or 7)
    monkeypatch.setattr("multiprocessing.forkserver.ensure_running", lambda: None)
    monkeypatch.setattr("sys.argv", ["python -m analysis", *asked])
    helped = bool({"-h", "--help"} & {*asked})
    assert __main__.main() == (0 if helped else 7) and given == ([] if helped else [asked])
    assert capsys.readouterr().out == (__main__.USAGE + "\n" if helped else "")
