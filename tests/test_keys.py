"""A cell's name changes with whatever can change its numbers, and with nothing else; what it read is remembered."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from experiments.sweep import keys, opened, provenance, sources
from experiments.sweep.job import make_problem
from experiments.sweep.keys import fresh, job_sources, key, recording
from experiments.sweep.running import run
from experiments.sweep.store import save
from tests.test_experiments import job

ROOT = Path(__file__).resolve().parent.parent
OBJECTIVE = '''
"""An objective of a user."""
import importlib
import importlib.util
from pathlib import Path
from objectives import OBJECTIVES
from . import beside
from .inner.deep import DEPTH
from .inner import *

dynamic = importlib.import_module("own_dynamic")
function = importlib.import_module("own_function").function
spec = importlib.util.spec_from_file_location("own_stray", Path(__file__).parent / "stray.py")
stray = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stray)
DATA = (Path(__file__).parent / "data.csv").read_text()
exec((Path(__file__).parent / "pasted.py").read_text())

class Own(OBJECTIVES["capped_abs"]):
    """F of the user, with a docstring."""

    def grad(self, x, out=None):
        # a comment
        self.read()
        from own_lazy import FACTOR
        importlib.import_module(".late", __package__)
        return super().grad(x)

    def value(self, x):
        return super().value(x)

    def read(self):
        return (Path(__file__).parent / "later.csv").read_text()
'''
FILES = {
    "own/__init__.py": "",
    "own/objective.py": OBJECTIVE,
    "own/beside.py": "import own_far\nA = 1\n",
    "own/inner/__init__.py": "B = 1\n",
    "own/inner/deep.py": "from ..up import *\nDEPTH = 1\n",
    "own/up.py": "C = 1\n",
    "own/late.py": "D = 1\n",
    "own/stray.py": "E = 1\n",
    "own/pasted.py": "F = 1\n",
    "own/data.csv": "1,2\n",
    "own/later.csv": "3,4\n",
    "own/unused.py": "H = 1\n",
    "own/unread.csv": "5,6\n",
    "own_far.py": "G = 1\n",
    "own_dynamic.py": "I = 1\n",
    "own_function.py": "def function(): return 1\n",
    "own_lazy.py": "FACTOR = 1\n",
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder of a user's files, outside the repository, on the path."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    forget(tmp_path)


def forget(folder):
    """As in a new process."""
    for name in [name for name in sys.modules if name.split(".")[0].startswith("own")]:
        del sys.modules[name]
    for heard in (opened.importing, opened.later):
        for paths in heard.values():
            paths -= {path for path in paths if path.startswith(str(folder))}
    opened.written.clear()
    sources.forget()
    importlib.invalidate_caches()


def own_job(folder):
    """A job with the user's objective, imported anew."""
    forget(folder)
    kind = importlib.import_module("own.objective").Own
    plain = job("lemma10_kink", "preset.runs=8", "preset.windows=1")
    given = plain.problem.objective
    objective = kind(**{item.name: getattr(given, item.name) for item in fields(given)})
    return replace(plain, problem=replace(plain.problem, objective=objective))


EXECUTED = sorted(set(FILES) - {"own/unused.py", "own/unread.csv", "own/later.csv", "own/__init__.py"})


def test_every_source_that_is_executed_counts(own):
    """Relative imports, importlib by name and by file, what is imported late, data and pasted code; nothing unused."""
    before = key(own_job(own))
    assert key(own_job(own)) == before
    for name in EXECUTED:
        text = FILES[name]
        (own / name).write_text(text.replace("= 1", "= 2").replace("return 1", "return 2").replace("1,2", "1,3"))
        if name == "own/objective.py":
            (own / name).write_text(text.replace("return super().grad(x)", "return 2 * super().grad(x)"))
        assert (own / name).read_text() != text
        assert key(own_job(own)) != before, name
        (own / name).write_text(text)
    assert key(own_job(own)) == before
    for name in set(FILES) - set(EXECUTED):
        (own / name).write_text("# another\n")
        assert key(own_job(own)) == before, name


def test_comments_and_docstrings_do_not_count(own):
    """Nor empty lines; a text that is used does."""
    before = key(own_job(own))
    text = FILES["own/objective.py"]
    for old, new, changes in (
        ("with a docstring", "with another", False),
        ("# a comment", "# another\n\n", False),
        ('"""An objective of a user."""', "", False),
        ("import importlib\n", "import importlib  # why\n\n\n", False),
        ("class Own", '"""A text in between."""\n\nclass Own', False),
        ('"data.csv"', '"data" ".csv"', False),
        ("return super().value(x)", 'return super().value(x) + len("a")', True),
    ):
        assert old in text
        (own / "own/objective.py").write_text(text.replace(old, new))
        assert (key(own_job(own)) != before) == changes, new


def test_what_is_no_python_counts_by_its_bytes(tmp_path):
    """A source that cannot be parsed, a file of data; of Python the syntax tree."""
    for name, one, other, changes in (
        ("a.py", "x = (", "x = (#", True),
        ("b.py", "x = 1", "x = 1#", False),
        ("c.csv", "1", "1#", True),
        ("d.py", "x = 1", "x = 1.0", True),
        ("e.py", "f(a, [b])", "f([a], b)", True),
        ("f.py", "x = '1'", "x = 1", True),
    ):
        found = set()
        for text in (one, other):
            (tmp_path / name).write_text(text)
            found.add(sources.content(tmp_path / name))
        assert (len(found) == 2) == changes, name


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        (lambda patch: patch.setattr(platform, "python_version", lambda: "3.99.0"), True),
        (lambda patch: patch.setattr(platform, "python_implementation", lambda: "PyPy"), True),
        (lambda patch: patch.setattr(platform, "machine", lambda: "riscv"), True),
        (lambda patch: patch.setattr(platform, "libc_ver", lambda: ("glibc", "2.99")), True),
        *(
            (lambda patch, name=name: patch.setattr(provenance, "version", fake(name)), name != "pandas")
            for name in ("numpy", "scipy", "numba", "llvmlite", "pandas")
        ),
        (lambda patch: patch.setattr(np, "show_config", lambda mode: {"SIMD Extensions": {"found": ["NONE"]}}), True),
        (lambda patch: patch.setattr(platform, "platform", lambda: "another kernel"), False),
        (lambda patch: patch.setattr(provenance, "commit", lambda: "another"), False),
        (lambda patch: patch.setenv("MPLBACKEND", "another"), False),
    ],
)
def test_versions_and_vectors_count(monkeypatch, change, changes):
    """Of what computes; not of what draws, nor kernel and commit, of which the cell's provenance speaks."""
    made = job("lemma10_kink")
    before = key(made)
    provenance.versions.cache_clear()
    provenance.provenance.cache_clear()
    with monkeypatch.context() as patch:
        change(patch)
        assert (key(made) != before) == changes
    provenance.versions.cache_clear()
    provenance.provenance.cache_clear()
    assert key(made) == before


def fake(library):
    """`importlib.metadata.version` in an environment with another version of the library."""
    right = provenance.version
    return lambda name: "99.0" if name == library else right(name)


@pytest.mark.parametrize(
    ("overrides", "changes"),
    [
        (["seed=1"], True),
        (["problem.noise_arguments.sigma=5"], True),
        (["preset.runs=9"], True),
        (["+case.settings.betas=[0.9]"], True),
        (["case.name=other"], True),
        (["workers=1"], False),
        (["engine=numpy"], False),
        (["problem.description=other"], False),
        (["case.presets=[smoke]"], False),
    ],
)
def test_the_configuration_counts(overrides, changes):
    """Not where, how fast, by which engine, nor the texts of the report."""
    assert (key(job("lemma10_kink", *overrides)) != key(job("lemma10_kink", results="elsewhere"))) == changes


def test_what_draws_and_reports_does_not_count():
    """No file of analysis/, nor the machinery of the sweep."""
    found = [path.relative_to(ROOT).as_posix() for path in job_sources(job("theorem11_kink"))]
    assert "simulation/compiled/driver.py" in found and "optimizers/ftrl.py" in found
    assert not [name for name in found if name.startswith(("analysis", "experiments/sweep", "tests"))]


def test_what_is_read_is_remembered(own):
    """A file that is read by the measurement alone: the cell is stale when it has changed, or is gone."""
    made = own_job(own)
    kept = run(made, "own-0")
    assert not kept.error, kept.error
    assert set(kept.reads) == {(own / "own/later.csv").as_posix()}
    path = save(kept, own / "cells")
    assert fresh(path)
    (own / "own/unread.csv").write_text("another")
    assert fresh(path)
    (own / "own/later.csv").write_text("another")
    assert not fresh(path)
    (own / "own/later.csv").write_text(FILES["own/later.csv"])
    assert fresh(path)
    (own / "own/later.csv").unlink()
    assert not fresh(path)
    assert not fresh(save(replace(kept, error="failed"), own / "cells"))


def test_what_was_read_before_is_remembered_too(own):
    """A file that an objective reads once and keeps is read in no later case of the process."""
    made = own_job(own)
    made.problem.objective.read()
    with recording(made) as reads:
        pass
    assert set(reads) == {(own / "own/later.csv").as_posix()}
    with recording(job("lemma10_kink")) as reads:
        pass
    assert reads == {}


def test_what_a_problem_reads_when_it_is_made_is_remembered(own, monkeypatch):
    """The job came from another process; so its problem is made once more."""
    forget(own)
    made = job("lemma10_kink")

    def reading(config):
        (own / "own/data.csv").read_text()
        return make_problem(config)

    monkeypatch.setattr(keys, "make_problem", reading)
    with recording(made) as reads:
        (own / "made.csv").write_text("made here")
        (own / "made.csv").read_text()
        Path(os.__file__).read_text()
        Path(np.__file__).read_text()
    assert set(reads) == {(own / "own/data.csv").as_posix()}


def test_cases_of_the_tables_read_nothing():
    """Neither tables nor compiled code is an input, also not on the compiled engine."""
    assert run(job("lemma10_kink", "preset.runs=8", "preset.windows=1", "engine=compiled"), "x-0").reads == {}


def test_provenance():
    """Versions, machine, system and commit, all texts; no date; the commit is empty without git."""
    found = provenance.provenance()
    assert set(found) == {*provenance.versions(), "system", "commit"}
    assert all(isinstance(value, str) for value in found.values()) and found["numpy"] == np.__version__
    assert run(job("lemma10_kink", "preset.runs=8", "preset.windows=1"), "x-0").provenance == found


def test_the_commit(tmp_path, monkeypatch):
    """As git describes it; "" in an unpacked archive, and where git fails or is not there."""

    def described():
        provenance.commit.cache_clear()
        return provenance.commit()

    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert described() == ""
    (tmp_path / ".git").mkdir()
    assert described() == ""
    monkeypatch.setenv("PATH", "")
    assert described() == ""
    monkeypatch.undo()
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    (tmp_path / ".git").rmdir()
    (tmp_path / "file").write_text("a")
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "file"], [*author, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    clean = described()
    assert clean and not clean.endswith("-dirty")
    (tmp_path / "file").write_text("b")
    assert described() == f"{clean}-dirty"
    provenance.commit.cache_clear()
