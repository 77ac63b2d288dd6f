"""A theorem kept outside of the repository: the same cells, verdicts and errors, and nothing stale."""

from __future__ import annotations

import shutil
import sys

import pandas as pd
import pytest

from experiments.sweep import claims, extra, tables
from experiments.sweep.command import run
from experiments.sweep.composing import make_jobs
from experiments.sweep.keys import key
from experiments.sweep.overrides import parse
from experiments.sweep.sources import forget
from tests.analysing import judge_only
from tests.test_contract import ROOT

SWEEP = ["-m", "case=glob(sgd*)", "preset=smoke", "workers=1"]


@pytest.fixture(name="folder")
def _folder(tmp_path, monkeypatch):
    """A copy of the example, and a process that forgets it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = dict(claims.CLAIMS)
    yield shutil.copytree(ROOT / "examples" / "sgd", tmp_path / "mine")
    claims.CLAIMS.clear()
    claims.CLAIMS.update(before)
    extra._loaded.clear()
    tables._extra.clear()
    tables.cases.cache_clear()
    tables.problems.cache_clear()
    forget()
    for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
        del sys.modules[name]


def test_the_example(folder, tmp_path):
    """At most 60 lines; measured, judged, its near miss refuted; nothing is measured twice."""
    assert sum(len(path.read_text().splitlines()) for path in folder.glob("*.*")) <= 60
    results = tmp_path / "results"
    assert run([f"extra={folder}", *SWEEP, f"results={results}"]) == 0
    assert judge_only(results) == 0
    rows, controls = pd.read_csv(results / "verdicts.csv"), pd.read_csv(results / "controls.csv")
    assert list(rows["verdict"]) == ["supported"] * 2 and set(rows["problem"]) == {"wide_bowl"}
    # at eta = 1/(2 L) the noise alone gives L eta sigma^2/(2 - eta L) = 1/3, of 1/2 that is allowed
    assert (
        rows["measured"].iloc[0] == pytest.approx(1 / 3 + 9.0 / 500 / 0.75, rel=0.05) and rows["bound"].iloc[0] == 0.536
    )
    assert set(controls[controls["setting"] == "eta=0.5/L"]["verdict"]) == {"refuted"}
    assert (results / "report.html").read_text().count("The squared gradient of SGD") >= 1


def test_what_is_changed_is_measured_again(folder):
    """Of its sources all, comments and docstrings not; of its tables the row."""
    command = [f"extra={folder}", "case=sgd_bowl", "preset=smoke"]
    (job,) = make_jobs(parse(command))
    before, source = key(job), folder / "descent.py"
    text = source.read_text()
    for new, stale in ((text + "\n# a word", False), (text.replace("2.0 * scales.gap", "3.0 * scales.gap"), True)):
        source.write_text(new)
        assert (key(job) != before) is stale


def test_a_source_that_fails(folder, capsys):
    """One line, exit code 2, and nothing is written."""
    (folder / "broken.py").write_text("import nosuch\n")
    assert run([f"extra={folder}", "case=sgd_bowl", f"results={folder / 'results'}"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: extra = ") and "mine.broken must be imported: ModuleNotFoundError" in said
    assert said.count("\n") == 1 and not (folder / "results").exists()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("cases.yaml", "sgd:\n  theorem11_kink: {problem: wide_bowl}\n", "theorem11_kink: must have a name of its own"),
        ("problems.yaml", "kink: {description: d, objective: huber}\n", "kink: must have a name of its own"),
        ("cases.yaml", "sgd:\n  sgd_bowl: {problem: nosuch}\n", "problem = 'nosuch': must be one of"),
        ("cases.yaml", "nosuch:\n  sgd_bowl: {problem: wide_bowl}\n", "claim = 'nosuch': must be one of"),
    ],
)
def test_tables_that_do_not_fit(file, text, said, folder, capsys):
    """One line that names the row."""
    (folder / file).write_text(text)
    assert run([f"extra={folder}", "case=sgd_bowl", f"results={folder / 'results'}"]) == 2
    assert said in capsys.readouterr().err and not (folder / "results").exists()


def test_a_claim_whose_name_is_taken(folder, capsys):
    """Names are one for all."""
    source = folder / "descent.py"
    source.write_text(source.read_text().replace('= "sgd"', '= "theorem11"'))
    assert run([f"extra={folder}", "case=sgd_bowl"]) == 2
    assert "'theorem11' must be its own" in capsys.readouterr().err


def test_not_on_a_cluster(folder, capsys):
    """Workers have the project's sources only."""
    assert run([f"extra={folder}", "case=sgd_bowl", "preset=smoke", "cluster=tcp://nowhere:1"]) == 2
    assert "must not be given together" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Mine", "my-own", "objectives", "numpy"])
def test_a_folder_that_cannot_be_a_package(name, folder, capsys):
    """Its name must be one, and free."""
    other = shutil.copytree(folder, folder.parent / "elsewhere" / name)
    assert run([f"extra={other}", "case=sgd_bowl"]) == 2
    assert f"{name!r} must match [a-z][a-z0-9_]* and be no other package's name" in capsys.readouterr().err
