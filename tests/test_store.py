"""Cells on disk: whole or noticed, whatever is flipped, cut, missing or in the way, and however many write at once."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.sweep import store
from experiments.sweep.cells import FILES, Cell
from experiments.sweep.keys import fresh
from experiments.sweep.store import CHECKSUMS, DamagedCellError, clean, load, refresh, save, set_aside, whole
from foundation.files import locked, one_line, write
from tests.made_up import INFO, MADE, save_again

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A cell that was saved, with its files."""
    path = save(MADE, tmp_path_factory.mktemp("cells"))
    return path, {item.name: item.read_bytes() for item in path.iterdir()}


def same(one, other):
    """Whether two cells say the same."""
    plain = [{k: v for k, v in vars(each).items() if k not in ("evidence", "controls")} for each in (one, other)]
    pairs = [
        (mine, theirs)
        for a, b in zip(
            (one.evidence, *(c.evidence for c in one.controls)),
            (other.evidence, *(c.evidence for c in other.controls)),
            strict=True,
        )
        for kind in ("checks", "curves", "panels")
        for mine, theirs in zip(getattr(a, kind), getattr(b, kind), strict=True)
    ]
    for mine, theirs in pairs:
        for name, value in vars(mine).items():
            np.testing.assert_array_equal(value, getattr(theirs, name))
    return plain[0] == plain[1]


def test_what_is_saved_is_what_is_loaded(tmp_path):
    """Every field, the gaps of a curve, the same bytes again; the checksums are those of sha256sum."""
    line = replace(MADE.evidence.curves[0], y=np.array([np.nan, *range(2, 9)]), low=np.array([np.nan, *range(7)]))
    provenance, reads = {"numpy": "1"}, {"data.csv": "0" * 64}
    made = replace(
        MADE, evidence=replace(MADE.evidence, curves=(line,)), varied="seed=1", reads=reads, provenance=provenance
    )
    path = save(made, tmp_path)
    assert same(load(path), made)
    assert sorted(item.name for item in path.iterdir()) == sorted([*FILES, CHECKSUMS])
    for text in (path / CHECKSUMS).read_text().splitlines():
        digest, name = text.split("  ")
        assert hashlib.sha256((path / name).read_bytes()).hexdigest() == digest
    before = {item.name: item.read_bytes() for item in path.iterdir()}
    assert save(made, tmp_path) == path and before == {item.name: item.read_bytes() for item in path.iterdir()}
    assert [item.name for item in tmp_path.iterdir() if not item.name.startswith(".lock")] == [made.key]
    failed = Cell("bad-0", "bad", INFO, "problem", error="no", traceback="a\nb", output="c\u00e9\udc80")
    assert load(save(failed, tmp_path)) == failed


@given(st.data())
def test_any_damage_is_noticed(stored, tmp_path_factory, data):
    """A byte changed anywhere, any end cut off, anything appended, in any file: one error, one line, the file named."""
    path, files = stored
    name = data.draw(st.sampled_from(sorted(files)))
    place = data.draw(st.integers(0, len(files[name]) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "append", "missing"]))
    damaged = tmp_path_factory.mktemp("damaged") / path.name
    shutil.copytree(path, damaged)
    bad = bytearray(files[name])
    if how == "flip":
        bad[place] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del bad[place:]
    else:
        bad += data.draw(st.binary(min_size=1, max_size=9))
    (damaged / name).write_bytes(bad)
    if how == "missing":
        (damaged / name).unlink()
    for reader in (load, whole, fresh):
        accused = damaged if name == CHECKSUMS else damaged / name
        with pytest.raises(DamagedCellError, match=re.escape(str(accused))) as caught:
            reader(damaged)
        assert "\n" not in str(caught.value)
    shutil.rmtree(damaged)


def test_what_is_in_the_place_of_a_cell(tmp_path):
    """A file, an empty folder, a broken link, a folder in the place of a file; nothing at all is just not fresh."""
    path = tmp_path / "case-0"
    assert not fresh(path)
    path.write_text("a file")
    for make in (
        lambda: None,
        path.mkdir,
        lambda: path.symlink_to("nowhere"),
        lambda: (path / "cell.json").mkdir(parents=True),
    ):
        if make() is None:
            for reader in (load, whole, fresh):
                with pytest.raises(DamagedCellError, match=str(path)):
                    reader(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.write_text("a file")
    assert load(save(MADE, tmp_path)).case == "case"  # and a file gives way


def test_checksums_that_agree_do_not_make_a_cell(tmp_path):
    """Another format, a text that is no cell: DamagedCellError all the same."""
    path = save(MADE, tmp_path)
    files = whole(path)
    for text, said in ((b"{}", "another version"), (b"[]", ""), (b'{"format": 4}', ""), (b"\xff", "")):
        store._put({**files, "cell.json": text}, path)
        with pytest.raises(DamagedCellError, match=f"{path}.*{said}") as caught:
            load(path)
        assert "\n" not in str(caught.value)


def test_set_aside(tmp_path):
    """To results/damaged, under the first number that is free; the cell can be made anew."""
    path = save(MADE, tmp_path / "cells")
    (path / "cell.json").write_text("{")
    assert set_aside(path) == tmp_path / "damaged" / "case-0-1" and not path.exists()
    assert (tmp_path / "damaged" / "case-0-1" / "cell.json").read_text() == "{"
    path.write_text("a file")
    assert set_aside(path) == tmp_path / "damaged" / "case-0-2"
    set_aside(path)  # another sweep was faster
    assert fresh(save(MADE, tmp_path / "cells"))


def test_refresh(tmp_path):
    """Texts of the report change without a measurement; nothing else does, and what is right is not written."""
    path = save(MADE, tmp_path)
    assert not refresh(path, MADE.claim, MADE.problem_description)
    before = path.stat().st_ino
    claim = replace(INFO, statement=("stated: another", "Measured: the same"))
    assert refresh(path, claim, "as made up as before") and path.stat().st_ino != before
    assert same(load(path), replace(MADE, claim=claim, problem_description="as made up as before"))
    (path / "curves.parquet").write_bytes(b"")
    with pytest.raises(DamagedCellError):
        refresh(path, INFO, "")


def test_many_save_one_key(tmp_path):
    """Threads and processes: all succeed, whoever reads finds a cell or none, one whole cell is left and nothing else."""
    began = multiprocessing.get_context("forkserver")
    processes = [began.Process(target=save_again, args=(str(tmp_path), number, 20)) for number in range(2)]
    for process in processes:
        process.start()
    path, seen = tmp_path / MADE.key, set()
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(save_again, str(tmp_path), number, 10) for number in range(2, 8)]
        while not all(future.done() for future in futures):
            if path.exists():
                try:
                    seen.add(load(path).error)
                except DamagedCellError as error:
                    assert "No such file" in str(error), error  # between two cells there is none for a moment
        for future in futures:
            future.result()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert load(path).error.startswith("number ") and seen
    assert {item.name for item in tmp_path.iterdir()} == {MADE.key, ".lock"}


WRITER = """
import sys, time
from pathlib import Path
from experiments.sweep import store
from tests.made_up import MADE
store._move = lambda *_: (print("writing", flush=True), time.sleep(600))
store.save(MADE, Path(sys.argv[1]))
"""


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    """Not those of a process that is still writing; nothing half is ever in the place of a cell."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"writing\n"
        (left,) = tmp_path.glob(".writing-*")
        clean(tmp_path)
        assert left.exists() and not (tmp_path / MADE.key).exists()
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
    clean(tmp_path)
    assert {item.name for item in tmp_path.iterdir()} == {".lock"}
    clean(tmp_path / "nowhere")


@pytest.mark.parametrize("number", [28, 30, 122])  # disk full, read-only, quota
def test_a_disk_that_cannot_be_written(tmp_path, monkeypatch, number):
    """OSError that names the path; what was there before is whole, and nothing is left over."""
    path = save(MADE, tmp_path)

    def refuse(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError) as caught:
        save(replace(MADE, error="new"), tmp_path)
    assert one_line(caught.value).endswith(f": {os.strerror(number)}") and str(tmp_path) in one_line(caught.value)
    assert load(path).error == "" and {item.name for item in tmp_path.iterdir()} == {MADE.key, ".lock"}
    (tmp_path / "file").write_text("old")
    with pytest.raises(OSError) as caught:
        write(tmp_path / "file", b"new")
    assert one_line(caught.value) == f"{tmp_path / 'file'}: {os.strerror(number)}"
    assert (tmp_path / "file").read_text() == "old" and not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("place", ["results", "results/cells"])
def test_a_file_in_the_place_of_a_folder(tmp_path, place):
    """OSError that names it."""
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("a file")
    with pytest.raises(OSError) as caught:
        save(MADE, tmp_path / "results" / "cells")
    assert str(tmp_path / place) in one_line(caught.value)


def test_a_results_folder_that_vanishes(tmp_path):
    """The next cell makes it anew."""
    save(MADE, tmp_path / "results" / "cells")
    shutil.rmtree(tmp_path / "results")
    assert load(save(MADE, tmp_path / "results" / "cells")).case == "case"


def test_locks(tmp_path):
    """Many share one, one alone excludes all; it ends with who holds it."""
    with locked(tmp_path / "lock", shared=True), locked(tmp_path / "lock", shared=True, wait=False) as too:
        assert too
        with locked(tmp_path / "lock", wait=False) as alone:
            assert not alone
    began = time.monotonic()
    with locked(tmp_path / "lock", wait=False) as alone:
        assert alone and time.monotonic() - began < 5.0


def test_a_cell_that_is_replaced_while_it_is_read(tmp_path, monkeypatch):
    """Is read again: a mixture of old and new is no damage; what stays as it is, is."""
    path, verified = save(MADE, tmp_path), store._verified

    def replacing(path):
        monkeypatch.setattr(store, "_verified", verified)
        save(replace(MADE, error="new"), tmp_path)
        raise DamagedCellError("a mixture")

    monkeypatch.setattr(store, "_verified", replacing)
    assert load(path).error == "new"
    (path / "curves.parquet").write_bytes(b"")
    with pytest.raises(DamagedCellError, match=r"curves\.parquet"):
        load(path)
