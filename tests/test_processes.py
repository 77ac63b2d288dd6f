"""A task in a process of its own: what kills it, or never ends, takes no other with it, and says what had happened."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import CancelledError

import pytest

from experiments.sweep.pool import Processes, TaskError, printed
from tests.breaking import add, answer_with_a_lock, die, fail, hang, leave, leave_at_once, own_process


@pytest.mark.parametrize(
    ("task", "arguments", "said", "printed_before"),
    [
        (die, (signal.SIGKILL,), "its process was killed by SIGKILL", "last words"),
        (die, (signal.SIGSEGV,), "its process was killed by SIGSEGV", "last words"),
        (leave, (), "SystemExit: 3", ""),
        (leave_at_once, (), "its process left with exit code 0 before it was done", ""),
        (hang, (), "took longer than time_limit = 1 s", "thinking"),
        (answer_with_a_lock, (), "TypeError: cannot pickle '_thread.lock' object", ""),
        (fail, (), "ArithmeticError: no luck", ""),
    ],
)
def test_a_task_fails_alone(task, arguments, said, printed_before):
    """Its error is one line that says why, with what it had printed; those beside it and after it are done."""
    with Processes(2, limit=1.0 if task is hang else None) as pool:
        bad = pool.submit(task, *arguments)
        good = [pool.submit(add, i, 1) for i in range(3)]
        with pytest.raises(TaskError) as caught:
            bad.result()
        assert [future.result() for future in good] == [1, 2, 3]
    assert str(caught.value) == said and printed_before in caught.value.output


def test_how_a_task_ended_is_known_whoever_starts_beside_it():
    """Exit codes are read once, by whom they concern; many, for the other reader must come in between."""
    with Processes(6) as pool:
        bad = [pool.submit(die, signal.SIGKILL) for _ in range(200)]
    assert {str(future.exception()) for future in bad} == {"its process was killed by SIGKILL"}


def test_every_task_has_a_process_of_its_own():
    """So nothing that a task leaves behind is seen by the next."""
    with Processes(1) as pool:
        found = {pool.submit(own_process).result()[0] for _ in range(3)}
    assert len(found) == 3 and os.getpid() not in found


def test_an_interrupt_ends_all_tasks():
    """Those at work are killed, those that wait are cancelled, and nobody waits for them."""
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Processes(1) as pool:
        at_work, waiting = pool.submit(hang), pool.submit(hang)
        time.sleep(0.5)
        raise KeyboardInterrupt
    assert time.monotonic() - began < 10.0
    with pytest.raises(TaskError):
        at_work.result()
    with pytest.raises((CancelledError, TaskError)):
        waiting.result()


def test_what_is_printed_is_kept(capfd):
    """By Python or by others, and only inside; the end of it if it is much."""
    with printed() as text:
        print("x" * 50_000, flush=True)
        os.write(2, b"from below\n")
        print("last")
        inside = text()
    assert inside.endswith("from below\nlast\n") and len(inside) <= 20_000
    print("outside")
    assert capfd.readouterr().out == "outside\n"
