"""A sweep on an executor: cases fail alone, long ones are cut, and what was found before an interruption is used."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from experiments.__main__ import main
from experiments.sweep import running, shards
from experiments.sweep.keys import ROOT, key
from experiments.sweep.pool import Processes
from experiments.sweep.progress import Costs
from experiments.sweep.running import run, sweep
from experiments.sweep.sizes import Size, duration, job_size, sizes
from experiments.sweep.store import load
from experiments.sweep.tables import cases
from objectives.kinks import CappedAbs
from simulation.compiled import engine as compiled
from simulation.streams import Streams
from simulation.work import Work
from tests.breaking import Broken
from tests.test_engines import NO_ENGINE
from tests.test_experiments import job

SMALL = ("preset.draws=500", "preset.runs=8")
ASKING = sorted(name for name, row in cases().items() if "smoke" in row.presets and row.claim not in NO_ENGINE)


def broken(base, way):
    """The job with an objective that breaks at its first gradient."""
    given = {item.name: getattr(base.problem.objective, item.name) for item in fields(CappedAbs)}
    return replace(base, problem=replace(base.problem, objective=Broken(**given, way=way)))


WAYS = {
    "raise": "ArithmeticError: no gradient today",
    "exit": "SystemExit: 0",
    "interrupt": "KeyboardInterrupt",
    "killed": "its process was killed by SIGKILL",
    "hangs": "took longer than time_limit = 5 s",
    "nan": "NotFiniteError: run 8, step 1: the gradient is not finite",
    "shape": "Error: ",
}


def test_a_case_fails_alone(tmp_path, capsys):
    """However its objective breaks, its cell says why, and the others have the bytes that they have without it."""
    good = [job(name, *SMALL, results=str(tmp_path)) for name in ("lemma08_pair", "lemma20_kink")]
    bad = [broken(job("theorem11_kink", *SMALL, f"seed={i}", results=str(tmp_path)), way) for i, way in enumerate(WAYS)]
    with Processes(2, limit=5.0) as pool:
        failures = sweep([good[0], *bad, good[1]], pool)
    assert len(failures) == len(WAYS)
    for made, said in zip(bad, WAYS.values(), strict=True):
        cell = load(tmp_path / "cells" / key(made))
        assert said in cell.error and "\n" not in cell.error and cell.evidence is None and cell.config["seed"] >= 0
        assert made.problem.objective.way in ("killed", "hangs") or "Traceback" in cell.traceback
    assert load(tmp_path / "cells" / key(bad[3])).output == "I was here\n"
    assert load(tmp_path / "cells" / key(bad[0])).output.startswith("nothing to see\n")
    shown = capsys.readouterr().out
    assert shown.count("FAILED: ") == len(WAYS) and "I was here" not in shown
    alone = [job(made.name, *SMALL, results=str(tmp_path / "alone")) for made in good]
    with Processes(1) as pool:
        assert sweep(alone, pool) == []
    for made in good:
        files = [(tmp_path / where / "cells" / key(made)) for where in (".", "alone")]
        assert [p.read_bytes() for p in sorted(files[0].iterdir())] == [
            p.read_bytes() for p in sorted(files[1].iterdir())
        ]


def cut(monkeypatch):
    """From now on nearly everything is cut into single runs."""
    for name in ("INLINE", "SMALL", "PART"):
        monkeypatch.setattr(shards, name, 1e-9)


def bytes_of(folder):
    """Every file of a sweep's cells."""
    root = Path(folder) / "cells"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.*"))}


CUT = ("theorem11_kink", "lemma07_small_triangle", "theorem18_kink", "corollary19_short")


def test_parts_give_the_same_bytes(tmp_path, monkeypatch):
    """Cut into single runs, or not at all: the same cells; nothing of the parts is left."""
    with ThreadPoolExecutor(1) as executor:
        whole = [job(name, *SMALL, results=str(tmp_path / "whole")) for name in CUT]
        assert sweep(whole, executor) == []
        cut(monkeypatch)
        taken = []
        monkeypatch.setattr(running, "simulate_part", lambda *task: taken.append(task) or shards.simulate_part(*task))
        assert sweep([job(name, *SMALL, results=str(tmp_path / "cut")) for name in CUT], executor) == []
    assert len(taken) > 100 and all(len(ask.setup.steps) == 1 for ask, *_ in taken if hasattr(ask, "setup"))
    assert bytes_of(tmp_path / "whole") == bytes_of(tmp_path / "cut")
    assert not list((tmp_path / "cut").glob("partial/*"))


def interrupting(monkeypatch, stop):
    """The tasks of parts from now on, in a list that grows; number `stop` is interrupted, once."""
    taken, due = [], [stop]

    def interrupted(*task):
        taken.append(task)
        if [len(taken)] == due:
            due.clear()
            raise KeyboardInterrupt
        return shards.simulate_part(*task)

    monkeypatch.setattr(running, "simulate_part", interrupted)
    return taken


def test_a_long_case_goes_on_where_it_was(tmp_path, monkeypatch):
    """Parts that are stored are not run again, but for a damaged one; the bytes are the same."""
    cut(monkeypatch)
    made = job("theorem11_kink", *SMALL, results=str(tmp_path / "cut"))
    taken = interrupting(monkeypatch, 24)
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        sweep([made], executor)
    kept = sorted((tmp_path / "cut" / "partial" / key(made)).iterdir())
    assert len(kept) >= 8  # what was found in the same moment may not be stored
    kept[3].write_bytes(kept[3].read_bytes()[:-40])
    kept[5].write_bytes(b"")
    first = len(taken)
    with ThreadPoolExecutor(1) as executor:
        assert sweep([made], executor) == []
    second = len(taken) - first
    del taken[:]
    with ThreadPoolExecutor(1) as executor:
        assert sweep([job("theorem11_kink", *SMALL, results=str(tmp_path / "all"))], executor) == []
    assert second == len(taken) - len(kept) + 2
    assert bytes_of(tmp_path / "cut") == bytes_of(tmp_path / "all")


def test_a_run_is_put_down_and_taken_up(tmp_path, monkeypatch):
    """After every block of steps, and, interrupted, in another sweep: the same bytes; what is garbled begins anew."""
    cut(monkeypatch)
    names = CUT[:1]
    with ThreadPoolExecutor(1) as executor:
        assert sweep([job(name, *SMALL, results=str(tmp_path / "all")) for name in names], executor) == []
    for name, value in (("WORK", 1), ("SHORTEST", 12_000)):
        monkeypatch.setattr(compiled, name, value)
    monkeypatch.setattr(shards, "LONGEST", 0.0)
    taken = interrupting(monkeypatch, 6)
    made = [job(name, *SMALL, results=str(tmp_path / "down")) for name in names]
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        sweep(made, executor)
    kept = sorted((tmp_path / "down" / "partial").glob("*/*-begun.npz"))
    assert kept
    kept[0].write_bytes(kept[0].read_bytes()[:-40])
    first = len(taken)
    with ThreadPoolExecutor(1) as executor:
        assert sweep(made, executor) == []
    begun = [snapshot is not None for *_, snapshot in taken[first:]]
    assert sum(begun) > 5 and bytes_of(tmp_path / "down") == bytes_of(tmp_path / "all")
    assert not list((tmp_path / "down").glob("partial/*"))


@pytest.mark.parametrize("name", ASKING)
def test_what_a_case_asks_for_can_be_cut(name, monkeypatch):
    """The first simulation of every claim that has one can be sent to others, and gives in parts what it gives at once."""
    cut(monkeypatch)
    made = job(name, *SMALL, "preset.windows=1", "preset.tuning_runs=1", "preset.fresh_runs=16")
    try:
        found = run(made, "name", {})
    except shards.DeferredError as deferred:
        ask = next(iter(deferred.asks.values()))
        monkeypatch.setattr(shards, "PART", 0.5 * job_size(made).seconds / len(deferred.asks))
        pieces = shards.parts(ask, "auto")
        if len(pieces) > 1 and job_size(made).seconds < 5.0:
            whole, streams = ask.simulate(made.context.streams), made.context.streams
            both = shards.joined([piece.simulate(streams) for piece in pieces])
            for signal_, values in whole.items():
                np.testing.assert_array_equal(values, both[signal_], err_msg=signal_)
    else:
        assert found.error == ""


def squares(items):
    """Work on numbers."""
    return {"square": np.square(np.asarray(items, float)), "sign": np.sign(items)}


@pytest.mark.parametrize("items", [tuple(range(-3, 4)), np.arange(12.0)])
def test_work_can_be_cut(items):
    """Into parts of about PART seconds, each of consecutive items; put together they give what is given at once."""
    work = Work(squares, items, seconds=0.4 * shards.PART)
    pieces = shards.parts(work, "numpy")
    assert [len(piece.items) for piece in pieces] == ([3, 2, 2] if len(items) == 7 else [3, 3, 2, 2, 2])
    both = shards.joined([piece.simulate(Streams(0, "unused")) for piece in pieces])
    for name, values in work.simulate(Streams(0, "unused")).items():
        np.testing.assert_array_equal(values, both[name])
    assert shards.parts(replace(work, seconds=1e-9), "auto")[0].items is not None


def test_sizes_are_about_right(tmp_path):
    """Within a factor of ten of what is measured, for a case that takes a while; impossible ones are refused."""
    made = job("theorem11_kink", "preset.guess_limit=8", "case.settings.guess_ratios=[1.5]", "preset.runs=64")
    began = time.process_time()
    assert run(made).error == ""
    assert 0.1 < job_size(made).seconds / (time.process_time() - began) < 10.0
    huge = [
        ("theorem11_kink", "preset.guess_limit=1e6", "case.settings.guess_ratios=[1000]"),
        ("lemma10_kink", "preset.windows=10000000", "preset.runs=100000"),
    ]
    for name, *more in huge:
        with pytest.raises(ValueError, match=rf"case = {name}: would take about .*: must stay below 30 days on one"):
            sizes([job(name, *more)])
    with pytest.raises(ValueError, match=r"steps = .*: must be at most 2\^53"):
        sizes([job("theorem11_kink", "preset.guess_limit=1e6", "case.settings.guess_ratios=[100000]")])


@pytest.mark.parametrize(
    ("name", "settings", "left"),
    [
        ("theorem11_kink", ("preset.guess_limit=4.5",), ["C=6, noise times 1: C/eps = 6 > preset.guess_limit = 4.5"]),
        ("theorem11_kink", ("preset.guess_limit=6",), []),
        ("theorem11_counterexample_short", ("preset.guess_limit=3",), []),  # runs at C = 4.5
        (
            "parameters_short",
            ("preset.guess_limit=4.5",),
            ["stated, target 1: C/eps = 5.25 > preset.guess_limit = 4.5"],
        ),
    ],
)
def test_what_a_preset_leaves_out_is_named(name, settings, left):
    """Each setting that is asked for is measured, or it is named with the limit that keeps it from being measured."""
    cell = run(job(name, *settings))
    assert cell.error == "" and list(cell.left_out) == left
    measured = {check.setting for check in cell.evidence.checks}
    if name == "theorem11_kink":
        assert len(measured) + len(left) == 4  # C = G + sigma and 1.5 times that, each with noise and without


def test_smoke_has_noise_in_the_main_theorems():
    """At C = G + sigma, where the corollaries are."""
    for name in ("theorem11_kink", "theorem18_kink"):
        made = job(name)
        grid = made.claim.grid(made.problem, made.context)
        assert {at.level for at in grid.settings} == {0.0, 1.0}


def test_durations_read_well():
    """In the unit that a person would choose."""
    said = [duration(seconds) for seconds in (3, 80, 600, 7200, 86400 * 40)]
    assert said == ["3 s", "80 s", "10 min", "2 h", "40 days"]
    assert str(Size(80.0, 2.0**31)) == "80 s and 2 GiB"


def test_status_and_log(tmp_path, capsys, monkeypatch):
    """What is done, failed and missing, what the rest takes, and why a case failed."""
    names = ("lemma08_pair", "lemma20_kink", "theorem11_kink")
    jobs = [job(name, *SMALL, results=str(tmp_path)) for name in names]
    with Processes(2) as pool:
        sweep([*jobs[:2], broken(jobs[2], "raise")], pool)
    (tmp_path / "cells" / key(jobs[0])).rename(tmp_path / "gone")
    with Costs(tmp_path, "smoke") as costs:
        costs.add("lemma08_pair (preset.runs=8, preset.draws=500)", 90.0)

    def said(*words):
        monkeypatch.setattr(sys, "argv", ["experiments", *words])
        return main(), capsys.readouterr()

    capsys.readouterr()
    code, text = said("status", str(tmp_path))
    assert code == 0 and "3 cases: 1 done, 0 running, 1 failed, 1 missing" in text.out
    assert re.search(r"left: about 1.5\d? min on one core for 2 cases", text.out)
    assert "failed: theorem11_kink (preset.runs=8, preset.draws=500): ArithmeticError: no gradient today" in text.out
    code, text = said("log", "theorem11_kink", str(tmp_path))
    assert code == 0 and "nothing to see" in text.out and "in grad" in text.out
    for words in (("log",), ("log", "nosuch", str(tmp_path)), ("status", "a", "b"), ("status", str(tmp_path / "no"))):
        code, text = said(*words)
        assert code == 2 and len(text.err.splitlines()) == 1 and not text.out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_sweep_in_one_line(number, code, tmp_path):
    """Exit code as shells expect it, finished cells kept, no process left."""
    command = [sys.executable, "-m", "experiments", "-m", "case=lemma08_pair,discount_map", f"results={tmp_path}"]
    # a shell that runs the tests in the background has told them, and so whom they start, to ignore SIGINT
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=heeding
    )
    while "lemma08_pair: done" not in started.stdout.readline():
        assert started.poll() is None
    family = processes_below(started.pid)
    assert len(family) >= 2  # the server and a case
    started.send_signal(number)
    _, said = started.communicate(timeout=60)
    assert started.returncode == code and len(said.splitlines()) == 1 and said.startswith("interrupted: ")
    assert [path.name.rpartition("-")[0] for path in (tmp_path / "cells").glob("[a-z]*")] == ["lemma08_pair"]
    gone(family)


def processes_below(pid):
    """All processes that a process has started, directly or not."""
    found, parents = [pid], {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(text[1])
    for parent in found:
        found += [child for child, own in parents.items() if own == parent]
    return found[1:]


def gone(family, patience=10.0):
    """Fails unless all these processes end soon."""
    end = time.monotonic() + patience
    while alive := [pid for pid in family if Path(f"/proc/{pid}/cmdline").exists() and is_alive(pid)]:
        assert time.monotonic() < end, f"still there: {alive}"
        time.sleep(0.05)


def is_alive(pid):
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
