"""What must not start, does not: bad_inputs.csv, all in one process; and what looks like it but is good, does.

Its columns: kind; the arguments, as a shell takes them, or a table of conf/ (\\n begins a line), if the kind is its name;
what the one line must contain.
"""

from __future__ import annotations

import csv
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from experiments.sweep import command
from experiments.sweep.pool import Processes
from experiments.sweep.tables import CONF, cases, problems

TABLES = {"cases.yaml": cases, "problems.yaml": problems}
with open(Path(__file__).with_name("bad_inputs.csv"), encoding="utf-8", newline="") as stream:
    ROWS = list(csv.DictReader(stream))
BAD = [
    pytest.param(row["arguments"], row["must_contain"], id=f"{row['kind']}: {row['arguments']}")
    for row in ROWS
    if row["kind"] not in TABLES
]


@pytest.fixture(autouse=True)
def _nothing_runs(tmp_path, monkeypatch):
    """Whatever is accepted does not run, and what is written shows."""

    def refuse(*arguments):
        raise AssertionError("it was about to run")

    monkeypatch.setattr(command, "sweep", refuse)
    monkeypatch.setattr(command, "executor", refuse)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("arguments", "text"), BAD)
def test_bad_input(arguments, text, tmp_path, capsys):
    """Exit code 2, one line that says key and value and what is allowed, in nobody else's words; nothing is written."""
    given = shlex.split(arguments)
    if not any(each.startswith("results=") for each in given):
        given.insert(0, f"results={tmp_path / 'results'}")
    code, said = command.run(given), capsys.readouterr()
    assert (code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ") and text in lines[0] and len(lines[0]) < 2000
    assert "must" in lines[0] or "needs" in lines[0]
    for foreign in ("Hydra", "OmegaConf", "struct", "override", "mismatched", "Error", "NoneType", "dtype", "ufunc"):
        assert foreign not in lines[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("row", [row for row in ROWS if row["kind"] in TABLES], ids=lambda row: row["arguments"])
def test_bad_table(row, tmp_path):
    """ValueError with one line that names the row, whichever case was asked for."""
    (tmp_path / "problems.yaml").write_text("kink: {description: a kink, objective: capped_abs}\n", encoding="utf-8")
    (tmp_path / row["kind"]).write_text(
        row["arguments"].replace("\\n", "\n").replace("\\t", "\t") + "\n", encoding="utf-8"
    )
    with pytest.raises(ValueError) as caught:
        TABLES[row["kind"]](tmp_path)
    text = str(caught.value)
    assert text.startswith(row["kind"]) and row["must_contain"] in text and "\n" not in text and "must" in text


@pytest.mark.parametrize(
    "argument",
    [
        "seed=" + "1" * 5000,
        "case.settings.betas=" + "[" * 3000,
        "x" * 9000 + "=1",
        "~" * 9000,
        "seed=\x1b[31m\nx\udce9",
    ],
    ids=lambda argument: argument[:10],
)
def test_no_argument_fills_the_terminal(argument, capsys):
    """Long ones are cut, and what is no letter does not reach the terminal."""
    assert command.run([argument]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and len(said.splitlines()) == 1 and len(said) < 600 and said[:-1].isprintable()


@pytest.mark.skipif(bool(os.environ.get("PYTHONOPTIMIZE")), reason="is what the test sets")
def test_without_docstrings_nothing_starts():
    """PYTHONOPTIMIZE=2 takes the statements out of the claims: one line, before anything that reads them is imported."""
    done = subprocess.run(
        [sys.executable, "-m", "experiments", "--version"],
        cwd=CONF.parent,
        env={**os.environ, "PYTHONOPTIMIZE": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: PYTHONOPTIMIZE = 2: must be") and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("folder", ["a folder", "é", "a=b", "a,b", "a'b", "$HOME", 'a"b', "~x"])
def test_results_is_a_path(folder, tmp_path, monkeypatch):
    """Taken as it stands; in a sweep a comma is written with a backslash, so that A,B is not two."""
    found = []
    monkeypatch.setattr(command, "executor", lambda config: Processes(1))
    monkeypatch.setattr(command, "sweep", lambda jobs, pool, workers: found.extend(jobs) or [])
    assert command.run([f"results={tmp_path / folder}"]) == 0
    assert command.run(["-m", "results=" + str(tmp_path / folder).replace(",", "\\,")]) == 0
    assert [job.config.results for job in found] == [str(tmp_path / folder)] * 2


def test_pages(capsys):
    """Help, version and information, whatever else is said."""
    assert command.run(["--help"]) == command.run(["-h", "-m"]) == command.run(["--version"]) == 0
    said = capsys.readouterr()
    assert command.run(["--info", "case=nosuch"]) == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if "compiled" not in line)
    assert told["numpy"] == np.__version__ and told["problems"].endswith("problems.yaml")
    assert "case.settings.KEY=VALUE" in said.out and "adam-ema-experiments " in said.out and said.err == ""


def test_there_are_enough_of_them():
    """At least 200, of every kind, none twice."""
    assert len({(row["kind"], row["arguments"]) for row in ROWS}) == len(ROWS) >= 200
    assert all(row["must_contain"] for row in ROWS)


GOOD = {  # arguments: the number of jobs
    "": 1,
    "case=lemma10_kink preset=smoke": 1,
    "case=lemma10_kink case.settings.reach=2": 1,
    "+case.settings.lam=2": 1,
    "++case.settings.lam=2": 1,
    "case.settings.lam=2 case.settings.eps=1": 1,
    "case=theorem09_pair case.settings.steps=1e3": 1,
    "+seed=3 +workers=1": 1,
    "seed=1e3 workers=1024 engine=numpy time_limit=60": 1,
    "seed=340282366920938463463374607431768211455": 1,
    "time_limit=null cluster=null": 1,
    "cluster=10.0.0.1:8786": 1,
    "case.claim=theorem18 case.name=another_name": 1,
    "case=theorem11_straight case.presets=[paper] preset.guess_limit=17": 1,
    "case=theorem11_heterogeneous problem.arguments.slope=[1,1,1,1]": 1,
    "problem.arguments.begin=-2 problem.arguments.slope=1e-100 case.settings.eps=1e-100 case.settings.lam=1e-100 problem.noise_arguments.sigma=0": 1,
    "problem=loud_kink preset.guess_limit=20": 1,
    "problem.noise=none": 1,
    "problem.objective=ramp": 1,
    "-m problem.noise=none,gaussian,two_point": 3,
    "'problem.description=\"any text, = and so on\"'": 1,
    "results='a folder/é,=x'": 1,
    "-m 'case=glob(*)' preset=smoke": 60,
    "-m 'case=glob(lemma*,exclude=lemma2*)' preset=smoke": 18,
    "-m case=lemma10_kink,lemma20_kink": 2,
    "-m 'case=choice(lemma10_kink,lemma20_kink)'": 2,
    "-m case=lemma10_kink,lemma10_kink": 1,
    "-m case=lemma10_kink case.settings.reach=1,1.0,1e0": 1,
    "-m case=lemma10_kink problem.noise_arguments.sigma=0.1,5": 2,
    "-m case=lemma10_kink 'case.settings.reach=range(1,4)' problem=kink,triangle": 6,
    "-m case=lemma10_kink 'case.settings.betas=[0.9],[0.9,0.99]'": 2,
    "-m case=corollary12_lam 'case.settings.sweep=\"eps, start-up\",C'": 2,
    "--multirun case=lemma10_kink": 1,
    "-m case=lemma10_kink 'results=a\\,b'": 1,
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "count"), GOOD.items())
def test_good_input(arguments, count, capsys):
    """All jobs are made and shown, and nothing else is said."""
    assert command.run([*shlex.split(arguments), "--cfg", "job"]) == 0
    said = capsys.readouterr()
    shown = list(yaml.safe_load_all(said.out))
    assert len(shown) == count and said.err == ""
    assert all({"case", "problem", "preset", "seed"} == set(each) for each in shown)


@pytest.mark.parametrize(("folder", "told"), [("a folder", None), ("é'x", None), ("a,b", "a\\,b"), ("$$HOME", "$HOME")])
@pytest.mark.parametrize(("code", "reported"), [(0, True), (1, True), (2, False)])
def test_make_hands_results_on(folder, told, code, reported, tmp_path):
    """`make reproduce RESULTS=...` tells both programs the same folder, and reports nothing after bad input."""
    tool = tmp_path / "python"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/said\n[ "$2" = analysis ] || exit {code}\n')
    tool.chmod(0o755)
    options = ["--old-file=.venv/ready", f"BIN={tmp_path}", f"RESULTS={folder}", "PRESET=smoke"]
    done = subprocess.run(["make", *options, "reproduce"], cwd=CONF.parent, capture_output=True, check=False)
    assert done.returncode == (2 if code else 0)  # make's own code for any failure
    folder = folder.replace("$$", "$")
    sweep = ["-m", "experiments", "-m", "case=glob(*)", "preset=smoke", f"results={told or folder}"]
    report = ["-m", "analysis", folder] if reported else []
    assert (tmp_path / "said").read_text(encoding="utf-8").splitlines() == [*sweep, *report]


@pytest.mark.parametrize(("preset", "good"), [("smok", False), ("smoke paper", False), ("", False), ("deep", True)])
def test_make_refuses_a_preset_before_anything_else(preset, good):
    """Before it sets anything up; nothing is run here, good or bad."""
    command = ["make", "--dry-run", f"--directory={CONF.parent}", f"PRESET={preset}", "reproduce"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is good and (done.stdout.count("experiments") > 0) is good
    assert (f"PRESET = {preset}: must be one of smoke paper deep" in done.stderr) is not good
