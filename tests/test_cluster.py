"""Beyond one machine: what Dask carries has the same bytes and fails as here; what cannot be trusted is refused."""

from __future__ import annotations

import importlib
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import wait
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.dask_here import dask_here
from experiments.sweep import cluster, versions
from experiments.sweep.cluster import Cluster, ClusterError, check_address, executor
from experiments.sweep.keys import key
from experiments.sweep.pool import Processes, TaskError
from experiments.sweep.running import sweep
from experiments.sweep.store import load
from tests.breaking import add, die, fail, hang
from tests.test_experiments import job
from tests.test_running import SMALL, broken, bytes_of

try:
    import distributed
except ImportError:
    distributed = None
dask = pytest.mark.skipif(distributed is None, reason="Dask is not installed: make setup EXTRAS=cluster")
NAMES = ("lemma07_small_triangle", "lemma08_pair", "lemma20_kink")


WRONG = ("", "x", "SLURM", "slurm ", "tcp:", "tcp://", "tcp://host", "tcp://host:", "tcp://host:x", "ftp:/host:1")
WRONG += ("tcp://a b:1", "tcp://host:8786/x", "tcp://host:123456", "tcp://host:8786\n", "tcp://u@host:1", "tcp://[::1")


@pytest.mark.parametrize("address", WRONG)
def test_what_is_no_address_is_refused(address):
    """Whatever is installed; in one line that says what is allowed."""
    with pytest.raises(ValueError, match=r"^cluster = .*: must be slurm, or a Dask scheduler's tcp://HOST:PORT or tls"):
        check_address(address)


@pytest.mark.parametrize("address", ["tcp://host:8786", "tls://10.0.0.1:1", "tcp://[::1]:65535", "slurm"])
def test_a_missing_extra_is_named(address, monkeypatch):
    """An address is good, but there is no Dask, or no Slurm."""
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(
        ValueError, match=rf"^cluster = {address}: must find .* make setup EXTRAS=cluster$".replace("[", r"\[")
    ):
        check_address(address)
    monkeypatch.setattr(cluster, "find_spec", lambda name: name)
    monkeypatch.setattr(cluster.shutil, "which", lambda name: None)
    if address == "slurm":
        with pytest.raises(ValueError, match=r"^cluster = slurm: must be said where Slurm's sbatch is found$"):
            check_address(address)
    else:
        check_address(address)


def test_without_a_cluster_it_is_this_machine():
    """As many processes as were asked for, with their limit; the cluster is no part of what identifies a cell."""
    made = job("lemma08_pair", "workers=3", "time_limit=7")
    with executor(made.config) as pool:
        assert isinstance(pool, Processes) and pool.workers == 3 and pool.submit(add, 1, 2).result() == 3
    elsewhere = job("lemma08_pair", "cluster=tcp://host:8786")
    assert elsewhere.config.cluster == "tcp://host:8786" and key(made) == key(elsewhere)


def test_all_sources_count(tmp_path):
    """Another byte, name or place is another digest, in every folder of the project that does something for a case."""
    found = {versions.digest(tmp_path)}
    for number, folder in enumerate(versions.FOLDERS, 1):
        (tmp_path / folder / "inner").mkdir(parents=True)
        file = tmp_path / folder / "inner" / "a.py"
        for text in ("x = 1\n", "x = 2\n"):
            file.write_text(text)
            found.add(versions.digest(tmp_path))
        file.rename(file.with_name("b.yaml"))
        found.add(versions.digest(tmp_path))
        (tmp_path / folder / "inner" / "x.pyc").write_text("not a source")
        found.add(versions.digest(tmp_path))
        assert len(found) == 1 + 3 * number
    here = {path.name for path in versions.ROOT.iterdir() if (path / "__init__.py").is_file()}
    assert here - {"adam_ema", "analysis", "benchmarks", "examples", "tests"} == set(versions.FOLDERS) - {"conf"}


def test_what_differs_is_named():
    """Each thing that is not the same, and nothing else."""
    here = versions.computes_with()
    assert {"python", "numpy", versions.SOURCES} <= set(here) and versions.differences(here, dict(here)) == ""
    for name in here:
        assert versions.differences(here, {**here, name: "0.0"}) == f"{name} 0.0, not {here[name]}"
    assert versions.differences({"a": "1", "b": "2"}, {}) == "a unknown, not 1, b unknown, not 2"


@pytest.fixture(scope="module")
def address():
    """A scheduler with two workers, each a process under a nanny."""
    with dask_here(2) as found:
        yield found


@dask
def test_nobody_answers(monkeypatch):
    """A closed port, one that answers something else, one that says nothing: one line, soon."""
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as rude:

        def answer():
            with suppress(OSError):  # nobody asks any more
                for _ in range(2):
                    connection, _ = rude.accept()
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n" * 9)
                    connection.close()

        threading.Thread(target=answer, daemon=True).start()
        for port in (1, silent.getsockname()[1], rude.getsockname()[1]):
            began = time.monotonic()
            with pytest.raises(
                ValueError,
                match=rf"^cluster = tcp://127.0.0.1:{port}: must be the address of a Dask scheduler that answers within 1 s$",
            ):
                Cluster(f"tcp://127.0.0.1:{port}")
            assert time.monotonic() - began < 6.0


@dask
def test_the_same_bytes_and_the_same_failures(address, tmp_path):
    """As the local pool, also of a case whose process is killed, and of one that fails. `.ci/cluster.py` kills workers."""
    found = {}
    for name in ("here", "there"):
        results = str(tmp_path / name)
        jobs = [job(case, *SMALL, results=results) for case in NAMES]
        jobs += [
            broken(job("theorem11_kink", *SMALL, f"seed={i}", results=results), way)
            for i, way in enumerate(("killed", "raise"))
        ]
        with Processes(2) if name == "here" else Cluster(address) as pool:
            assert pool.workers == 2
            assert len(sweep(jobs, pool)) == 2
        found[name] = bytes_of(results)
        for made, said in zip(jobs[3:], ("its process was killed by SIGKILL", "no gradient today"), strict=True):
            assert said in load(tmp_path / name / "cells" / key(made)).error
    assert found["here"] == found["there"] and len(found["here"]) == 16


@dask
def test_a_task_fails_alone_there_too(address):
    """By an error, by a signal, for it takes too long, for it cannot be sent; who runs is known, who is left is ended."""
    with Cluster(address, limit=3.0) as pool:
        tasks = [(fail, ()), (die, (signal.SIGSEGV,)), (hang, ())]
        bad = [pool.submit(task, *arguments) for task, arguments in tasks]
        good = [pool.submit(add, i, b=1) for i in range(5)]
        end = time.monotonic() + 10.0
        while not bad[2].running():
            assert time.monotonic() < end
            time.sleep(0.01)
        assert [future.result() for future in good] == [1, 2, 3, 4, 5]
        errors = [future.exception() for future in bad]
        assert [type(error) for error in errors] == [TaskError] * 3 and "in fail" in errors[0].trace
        said = ["ArithmeticError: no luck", "its process was killed by SIGSEGV", "took longer than time_limit = 3 s"]
        assert [str(error) for error in errors] == said and errors[1].output == "last words\n"
        assert "pickle" in str(pool.submit(lambda: 1).exception())


@dask
def test_what_is_left_behind_is_ended(address):
    """An interrupt: nobody waits, and the workers are free again at once."""
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Cluster(address) as pool:
        at_work = [pool.submit(hang) for _ in range(4)]
        while sum(future.running() for future in at_work) < 2:
            time.sleep(0.01)
        assert [future.cancel() for future in at_work].count(True) == 2  # those that run are ended by leaving
        raise KeyboardInterrupt
    with Cluster(address) as pool:
        assert pool.submit(add, 1, 2).result(timeout=20.0) == 3
    assert time.monotonic() - began < 20.0


@dask
def test_other_versions_are_refused(address, tmp_path, monkeypatch):
    """At the start, and of workers that come later: they measure nothing, and the sweep ends."""
    other = {**versions.computes_with(), "numpy": "1.0"}
    with Cluster(address) as pool:
        monkeypatch.setattr(cluster, "computes_with", lambda: other)
        line = r"cluster = tcp://.*: tcp://.* must be started from this project, .*: numpy 2.*, not 1\.0$"
        with pytest.raises(ClusterError, match=line):
            sweep([job(name, *SMALL, results=str(tmp_path)) for name in NAMES], pool)
    assert not (tmp_path / "cells").exists()
    with pytest.raises(ValueError, match=line):
        Cluster(address)


@dask
def test_lost_workers_and_a_lost_scheduler(tmp_path, monkeypatch):
    """A task that takes its workers with it fails alone; without a scheduler the sweep ends, and no case has failed."""
    monkeypatch.setattr(cluster, "PATIENCE", 3.0)
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    with dask_here(1) as address:
        client = distributed.Client(address, set_as_default=False)
        scheduler, (worker,) = client.run_on_scheduler(os.getpid), client.run(os.getpid).values()
        client.close()
        with Cluster(address) as pool:
            error = pool.submit(os.kill, worker, signal.SIGKILL).exception(timeout=60.0)
            assert isinstance(error, TaskError) and re.match(
                "its worker was lost 1 times, the last time tcp:", str(error)
            )
            assert pool.submit(add, 1, 2).result(timeout=60.0) == 3  # by the one that its nanny has started
            waiting = [pool.submit(hang) for _ in range(3)]
            threading.Timer(0.5, os.kill, (scheduler, signal.SIGKILL)).start()
            wait(waiting, timeout=30.0)
            with pytest.raises(ClusterError, match=r"^cluster = tcp://.*: is lost; what is finished is kept$"):
                waiting[0].result(timeout=0.0)
            with pytest.raises(ClusterError):
                sweep([job("lemma08_pair", *SMALL, results=str(tmp_path))], pool)
    assert not list(Path(tmp_path).glob("cells/*"))


SBATCH = """#!/usr/bin/env bash
cp "$1" "$FOLDER/script"
setsid bash "$FOLDER/script" > "$FOLDER/log" 2>&1 < /dev/null &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/usr/bin/env bash
echo "$@" >> "$FOLDER/cancelled"
for job in "$@"; do kill -KILL -- "-$job"; done
"""
JOBQUEUE = {"cores": 2, "memory": "4GiB", "interface": "lo", "worker-extra-args": ["--no-dashboard"]}


@dask
def test_slurm_is_asked(tmp_path, monkeypatch):
    """Not Slurm, but what stands in its place runs the script that it would be given, and ends it when all is done."""
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("FOLDER", str(tmp_path))
    pytest.importorskip("dask_jobqueue")  # it fills Dask's configuration
    with importlib.import_module("dask").config.set(
        {f"jobqueue.slurm.{name}": value for name, value in JOBQUEUE.items()}
    ):
        with Cluster("slurm", workers=2) as pool:
            assert pool.submit(add, 1, 2).result(timeout=60.0) == 3
        assert "--nthreads 2" in (tmp_path / "script").read_text() and (tmp_path / "cancelled").exists()
    with pytest.raises(ValueError, match=r"^cluster = slurm: Dask's configuration must say jobqueue.slurm.cores: see"):
        Cluster("slurm", workers=2)
