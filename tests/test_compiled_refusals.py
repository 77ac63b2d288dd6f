"""What the compiled engine refuses, in which words; how it ends, and where its machine code lies."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from operator import iadd

import numpy as np
import pytest

from foundation import compiling
from foundation.numerics import largest, picked, shifted, total
from objectives import NOISES
from optimizers.ftrl import clipped_adam
from optimizers.scaling import Constant
from optimizers.wrong import Flipped
from simulation.compiled.symbols import NotRecordedError
from simulation.engine import Setup, run_batch, simulate
from simulation.hitting import HittingTime
from simulation.parts import Part
from tests.test_compiled import (
    BETA,
    FIVE,
    GAUSSIAN,
    HUBER,
    RADIUS,
    STREAMS,
    Formula,
    batch,
    same,
    watched,
)

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what 0 and infinity give is NumPy's affair

REFUSED = {
    "Formula has no kernel: its a changes": lambda p, now: (setattr(p, "a", p.a + 1), p.a * now.x[:, 0])[1],
    "Formula has no kernel: np.exp .*foundation.numerics": lambda _, now: np.exp(now.x[:, 0]),
    "Formula has no kernel: .*numbers of a run": lambda _, now: now.x[:, 0] if now.time > 3.0 else now.x[:, 1],
    "Learner has no kernel: .*any": lambda self, state, grad: grad.any() and setattr(state, "first", grad),
}


@pytest.mark.parametrize("why", REFUSED)
def test_refusals_name_the_part(why):
    """One line with the name of the part, here a probe or a learner, and why; "auto" gives the reference's bits."""
    learner = type("Learner", (Flipped,), {"update": REFUSED[why]})(clipped_adam(RADIUS, BETA))
    made = Setup(HUBER(dim=2), GAUSSIAN(sigma=1.0), learner, np.full(5, 30))
    run = partial(simulate, made, watched(None), STREAMS, np.arange(1, 31))
    if "Formula" in why:
        run = partial(run_batch, lambda: batch(3, 2, [], [Formula(REFUSED[why])]))
    with pytest.raises(TypeError, match=f"^engine = compiled: {why}") as error:
        run("compiled")
    assert "\n" not in str(error.value) and isinstance(error.value.__cause__, NotRecordedError)
    same(run("numpy"), run("auto"))


ZERO = np.array([[0.0, 1.0, 1.0], [-0.0, 1.0, 1.0]])
NEVER = {  # a formula, and what is kept before
    "two random numbers a run": (lambda _, now: now.raw[:, 0] + now.x[:, 0],),
    "number as condition": (lambda _, now: np.where(now.x[:, 0] - 2.0, 1.0, 2.0),),
    "constant as condition": (lambda _, now: np.where(np.arange(4.0), now.x[:, 0], 2.0),),
    "sum of truth values": (lambda _, now: total((now.x > 2.0) + (now.x > 1.0) + 0.0),),
    "minus a truth value": (lambda _, now: total(1.0 * -(now.x > 2.0)),),
    "root of a truth value": (lambda _, now: total(np.sqrt(now.x > 2.0) * 0.3 + 0.0 * now.x),),
    "signs of zeros": (lambda _, now: total(np.copysign(now.x, ZERO[0]) + 9.0 * np.copysign(now.x, ZERO[1])),),
    "truth value kept": (lambda p, now: (np.where(p.a, 1.0, 2.0), setattr(p, "a", now.x[:, 0] > 3.0))[0], np.zeros(4)),
    "column for a row": (lambda p, now: (total(p.a), setattr(p, "a", now.x[:, 0][:, None]))[0], np.zeros((4, 3))),
    "integers in place": (lambda p, now: iadd(p.a, 1) * now.x[:, 0], np.zeros(4, np.int64)),
    "list": (lambda p, now: p.a.append(p.a[-1] + now.x[:, 0]) or 1.0 * p.a[-1], [np.zeros(4)]),
    "dictionary": (lambda p, now: p.a.update(z=p.a["z"] + now.x[:, 0]) or 1.0 * p.a["z"], {"z": 0.0}),
    "two names": (lambda p, now: (iadd(p.a, now.x[:, 0]), 1.0 * p.b, setattr(p, "b", p.a))[1], np.zeros(4)),
    "view": (lambda _, now: (lambda a: total((a[:, None], iadd(a, 1.0))[0] * now.x))(1.0 * now.x[:, 0]),),
    "row as a signal": (lambda _, now: now.x,),
    "time as a signal": (lambda _, now: now.time,),
    "largest truth value": (lambda _, now: largest(now.x > 2.0),),
    "first truth value": (lambda _, now: np.where((now.x > 2.0)[:, 0], 1.0, 2.0),),
    "truth values shifted": (lambda _, now: total(shifted(now.x > 2.0, 1) + shifted(now.x > 2.0, 1)),),
    "shifted by nothing": (lambda _, now: total(shifted(now.x, 0)),),
    "narrow table": (lambda _, now: total(picked(np.arange(4.0)[:, None], 0.0 * now.x[:, 0] + 3.0) * now.x),),
    "long doubles": (lambda _, now: now.x[:, 0] * np.full(4, np.longdouble(1) / 3),),
    "constant vector": (lambda p, now: (p.a + now.x[:, 0], setattr(p, "a", np.full(4, 2.5)))[0], np.zeros(4)),
    "constant column": (
        lambda p, now: (total(p.a + now.x), setattr(p, "a", np.full((4, 1), 2.5)))[0],
        np.zeros((4, 1)),
    ),
    "constant row": (lambda p, now: (total(p.a + now.x), setattr(p, "a", np.full((4, 3), 2.5)))[0], np.zeros((4, 3))),
    "number for a vector": (lambda p, now: (p.a + now.x[:, 0], setattr(p, "a", 2.5))[0], np.zeros(4)),
    "something else of a step": (lambda _, now: setattr(now, "other", 1.0) or now.x[:, 0],),
    "another time": (lambda _, now: setattr(now, "time", now.time + 1.0) or now.x[:, 0],),
    "gradient": (lambda p, now: setattr(now, "noisy", p.a) or now.x[:, 0], np.zeros((4, 3))),
}


def agree(make):
    """The engines agree, or the compiled one refuses; and "auto" gives what the reference gives, be it an error."""
    found = []
    for engine in ("numpy", "auto", "compiled"):
        try:
            found.append(run_batch(make, engine))
        except Exception as error:
            found.append({"error": np.array(f"{type(error).__name__}: {error}")})
    same(*found[:2])
    if "TypeError: engine = compiled" not in str(found[2]):
        same(*found[::2])


@pytest.mark.parametrize("name", NEVER)
def test_never_other_bits(name):
    """What formulas may not do is refused, or done as the reference does it."""
    move = Part("Move", lambda _, now: setattr(now, "x", now.x + 1.5))
    agree(lambda: batch(4, 3, [move], [Formula(*NEVER[name])], width=2))


ONLY_COMPILED = {
    "other signals than its 2, each of shape": lambda _, now: (now.x[:, 0], now.x),
    "a becomes an array of truth values": lambda p, now: (
        now.x[:, 0],
        setattr(p, "a", now.x[:, 0] > 1.0) or now.x[:, 0],
    ),
    "a becomes an array of another shape": lambda p, now: (now.x[:, 0], setattr(p, "a", now.x) or now.x[:, 0]),
    "other changes": lambda _, now: (now.x[:, 0], setattr(now, "other", 1.0) or now.x[:, 0]),
}


@pytest.mark.parametrize("why", ONLY_COMPILED)
def test_refusals_say_why(why):
    """What does not fit into its place, or is no signal."""
    two = type("Two", (Formula,), {"signals": ("one", "two"), "step": lambda self, now: self.formula(self, now)})
    with pytest.raises(TypeError, match=f"^engine = compiled: .*{why}"):
        run_batch(lambda: batch(4, 3, [], [two(ONLY_COMPILED[why], np.zeros(4))]), "compiled")


@pytest.mark.parametrize("how", ["frozen", "slots"])
def test_states_that_cannot_be_written(how):
    """A state that is frozen, or that has slots."""
    kept = dataclass(**{how: True})(type("Kept", (), {"__annotations__": {"a": object}}))(2.0 * np.ones((4, 3)))
    part = Part("Kept", lambda state, now: setattr(now, "noisy", now.x * state.a), kept)
    agree(lambda: batch(4, 3, [part], [Formula(lambda _, now: total(now.noisy))]))


def test_random_numbers_that_nobody_draws():
    """They are zeros, however many there are."""
    agree(lambda: batch(2, 3000, [], [Formula(lambda _, now: total(now.raw))], noise=None))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_the_error_says_where(value):
    """The first step at which some run's gradient is not finite, and the first such run, in the same words."""
    bad = type("Bad", (HUBER,), {"grad": lambda self, x: np.where(x < 0.03, value, HUBER.grad(self, x))})
    radius, steps = np.array([1e-3, 1e-2, 2e-2, 2e-2, 1e-3]), np.array([30, 3000, 3000, 3000, 40])
    made, said = Setup(bad(dim=9), NOISES["none"](), clipped_adam(radius, BETA), steps, Constant()), set()
    for engine in ("numpy", "compiled"):
        with pytest.raises(FloatingPointError, match=r"^run 2, step [1-9]\d+: the gradient is not finite$") as error:
            simulate(made, watched(None), STREAMS, engine=engine)
        said.add(str(error.value))
    assert len(said) == 1


@pytest.mark.parametrize("step", [2, 200, 300])
def test_after_the_end(step):
    """A gradient that is not finite, of a run that has shown enough."""

    def answer(_, now):
        now.noisy = np.where((now.time == float(step)) & np.array([[True], [False]]), np.inf, now.x)

    def make():
        probe = HittingTime(BETA[:2], FIVE[:2], 1e9 * FIVE[:2])
        probe.begin(None, np.zeros((2, 1)))
        return batch(2, 1, [Part("Answer", answer)], [probe], steps=600)

    agree(make)


def test_the_folder_of_compiled_code(tmp_path, monkeypatch):
    """The environment's; if that cannot be written, the user's temporary one; if not, one for the process alone."""
    file, mine = tmp_path / "file", tmp_path / f"adam-ema-{os.getuid()}"
    file.touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert compiling.folder.__wrapped__().is_relative_to(sys.prefix)
    monkeypatch.setattr(sys, "prefix", str(file))
    assert compiling.folder.__wrapped__().is_relative_to(mine)
    mine.rename(tmp_path / "away")
    mine.touch()
    assert compiling.folder.__wrapped__().parent == tmp_path


LONG = """
import os, signal
from dataclasses import replace
from time import perf_counter
from threading import Timer
from tests.test_compiled import *
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
made = Setup(HUBER(), GAUSSIAN(sigma=1.0), clipped_adam(0.1, 0.9), np.array([10]))
simulate(made, [], STREAMS, engine="compiled")  # so that nothing is left to be compiled
made, begin = replace(made, steps=np.array([10**9])), perf_counter()
Timer(0.3, os.kill, (os.getpid(), 2)).start()
try:
    simulate(made, [], STREAMS, engine="compiled")
except KeyboardInterrupt:
    print(perf_counter() - begin)
"""
MANY = """
import tempfile
from pathlib import Path
from simulation.compiled import machine_code as made
made.folder = lambda: Path(tempfile.gettempdir())
with tempfile.TemporaryDirectory() as tempfile.tempdir:
    for k in range(300):
        made.machine_code(f"define i64 @step(ptr %a, ptr %b, i64 %c) {{ ret i64 {k} }}")
print(1.0)
"""
ONCE = """
import tempfile
from pathlib import Path
from simulation.compiled import machine_code as made
text, asked, compiled = "define i64 @step(ptr %a, ptr %b, i64 %c) { ret i64 73 }", [], made._compiled
made._compiled = lambda text: asked.append(text) or compiled(text)
with tempfile.TemporaryDirectory() as folder:
    made.folder = lambda: Path(folder)
    for _ in range(2):
        made.machine_code.cache_clear()
        assert made.machine_code(text)[0] > 0
    assert asked == [text] and len(list(Path(folder).glob("*.o"))) == 1
print(1.0)
"""


@pytest.mark.parametrize("script", [LONG, MANY, ONCE], ids=["long", "many", "once"])
def test_a_process(script):
    """A run with T = 1e9 ends soon after SIGINT. Programs that are dropped take nothing with them that others need.
    Machine code is made once, and read from its file afterwards, by other processes, too."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60.0)
    assert 0.25 < float(done.stdout or "nan") < 2.0, done
