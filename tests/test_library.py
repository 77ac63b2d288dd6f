"""The library: what it runs is Algorithm 1, what it refuses, and that it can be installed beside anything."""

from __future__ import annotations

import inspect
import os
import re
import runpy
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

import adam_ema as ae
import setup
from simulation.streams import Streams
from tests import reference
from tests.test_contract import ROOT
from theory.adam_ema import theorem11_parameters, theorem18_parameters

BOWL = {
    "value": lambda x: np.sqrt(1 + x**2).sum(-1),
    "grad": lambda x: x / np.sqrt(1 + x**2),
    "start": [3.0, -2.0],
    "gap": 3.4,
    "lipschitz": 2**0.5,
    "smoothness": 1.0,
}
OWN = {"beta": 0.9, "radius": 0.05, "steps": 50}


@pytest.fixture(scope="module", name="bowl")
def _bowl():
    return ae.Function(**BOWL)


@pytest.mark.parametrize("learner", ["beta-FTRL", "clipped Adam"])
def test_it_is_algorithm_1(learner, bowl):
    """Iterates, their average and the certificate are those of Algorithm 1 written literally."""
    found = ae.run(bowl, ae.Gaussian(sigma=0.7), learner=learner, lam=2.0, runs=3, seed=4, **OWN)
    streams, literal = Streams(4, "library"), reference.ftrl if learner == "beta-FTRL" else reference.clipped_adam
    assert found.x.shape == found.xbar.shape == (3, len(found.times), 2) and found.times[-1] == 50
    for run in range(3):
        noises = streams.generator(run, "noise").standard_normal((50, 2)) * 0.7 / np.sqrt(2)
        scalings = streams.generator(run, "scaling").standard_exponential(50)
        xs, true, _, _ = reference.run(bowl, noises, scalings, literal, 0.05, 0.9, 50)
        np.testing.assert_allclose(found.x[run], xs[found.times - 1], atol=1e-12)
        for k, t in enumerate(found.times):
            mean, order = reference.average(true, 0.9, t), 2 if learner == "beta-FTRL" else 1
            size = np.linalg.norm(mean, ord=order) + 2.0 * reference.spread(xs, 0.9, t)
            np.testing.assert_allclose(found.certificate[run, k], size, atol=1e-12)
            np.testing.assert_allclose(found.xbar[run, k], reference.average(xs, 0.9, t), atol=1e-12)


def test_parameters_and_bounds(bowl):
    """Those of the theorems; C is G + sigma in the theorem's norm unless it is said."""
    noise = ae.Gaussian(sigma=1.0)
    one, two = (ae.run(bowl, noise, learner=name, eps=2.0, lam=0.5, runs=2) for name in ("beta-FTRL", "clipped Adam"))
    guesses = 2**0.5 + 1.0, 2.0 * (2**0.5 + 0.5**0.5)
    assert [one.guess, two.guess] == pytest.approx(guesses)
    expected = theorem11_parameters(2.0, 0.5, one.guess, 3.4), theorem18_parameters(2.0, 0.5, two.guess, 3.4, 2)
    for found, want in zip((one, two), expected, strict=True):
        assert (found.beta, found.radius, found.steps) == tuple(want)
        assert found.bounds["stated"] == pytest.approx(4.0) and found.bounds["proved"] == pytest.approx(5.5)
        assert found.bounds["ours"] == pytest.approx(2.0 * (17 / 16 + 0.237))
    other = ae.run(bowl, noise, eps=2.0, lam=0.5, guess=1.0, runs=2)
    assert list(other.bounds.values()) == pytest.approx([2.0 * (1.0 + guesses[0]), 2.0 * (1.75 + guesses[0])])


def test_what_one_gets(bowl):
    """Frame, measure, verdicts and figure agree with each other and with the arrays."""
    found = ae.run(bowl, learner="clipped Adam", eps=0.5, runs=8, times=6)
    frame, rows = found.frame(), found.judge()
    np.testing.assert_array_equal(frame["certificate"], found.certificate.mean(axis=0))
    np.testing.assert_allclose(frame["gradient"], np.abs(bowl.grad(found.xbar)).sum(-1).mean(axis=0))
    assert (frame["low"] <= frame["high"]).all() and (frame["stated"] == 1.0).all() and frame.index[-1] == found.steps
    assert list(rows["verdict"]) == ["supported"] * 3 and list(rows["bound"]) == list(found.bounds.values())
    assert rows["measured"].iloc[0] == found.signals["certificate.mean"].mean()
    measure = found.measure(runs=1, tolerance=0.1)
    assert measure.certified and measure.lower.shape == (1, 6) and (measure.lower <= measure.upper).all()
    assert (measure.upper <= np.abs(bowl.grad(found.xbar[:1])).sum(-1) + 1e-9).all()
    axes = found.plot()
    assert axes.get_xlabel() == "$t$" and len(axes.get_legend().get_texts()) == 5
    plt.close(axes.figure)
    easy = ae.run(bowl, learner="clipped Adam", eps=2.0, runs=8)
    assert list(easy.judge()["verdict"]) == ["vacuous"] * 3  # the start meets the bounds


def test_objectives_of_the_house():
    """They stand in the place of a function, with their own noises; the same seed gives the same bytes."""
    kink = ae.build(ae.OBJECTIVES, "capped_abs", {"dim": 5, "slope": 0.5, "begin": 2.0, "cap": 3.0})
    noise = ae.build(ae.NOISES, "two_point", {"sigma": 0.3})
    several = ((1, "auto"), (1, "numpy"), (2, "auto"))
    found, again, other = (ae.run(kink, noise, seed=seed, runs=4, engine=engine, **OWN) for seed, engine in several)
    assert found.certificate.tobytes() == again.certificate.tobytes() != other.certificate.tobytes()
    assert found.measure(runs=2).lower.shape == (2, len(found.times))
    with pytest.raises(ValueError, match="beta, radius, steps"):
        found.judge()


WRONG = [
    ({"lipschitz": 1.0}, r"lipschitz = 1.0: must not be exceeded; \|\|grad F\|\| = 1\.4"),
    ({"coordinate_lipschitz": [1.0, 0.5]}, r"coordinate_lipschitz = .*: must not be exceeded"),
    ({"coordinate_lipschitz": [1.0]}, r"coordinate_lipschitz = .*: must be 2 numbers >= 0"),
    ({"gap": 2.0}, r"gap = 2.0: must not be exceeded"),
    ({"smoothness": 0.5}, r"smoothness = 0.5: must not be exceeded"),
    ({"smoothness": np.nan}, r"smoothness = nan: must be > 0"),
    ({"gap": -1.0}, r"gap = -1.: must be finite and >= 0"),
    ({"lipschitz": np.inf}, r"lipschitz = inf: must be finite"),
    ({"start": [[1.0]]}, r"start = .*: must be a list of numbers"),
    ({"grad": lambda x: 0.5 * x / np.sqrt(1 + x**2)}, r"grad: must be that of value; at x = "),
    ({"grad": lambda x: np.where(x > 5.0, np.nan, x / np.sqrt(1 + x**2))}, r"lipschitz = .*\|\|grad F\|\| = nan at x"),
]


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_a_function_that_is_not_what_it_says(change, said):
    """One line, which names what is wrong and where."""
    with pytest.raises(ValueError, match=said) as error:
        ae.Function(**{**BOWL, **change})
    assert "\n" not in str(error.value)


def test_functions_that_break_conventions():
    """Arrays of a wrong shape, and functions that write into their points."""

    def writes(x):
        x *= 2.0
        return x.sum(-1)

    for value, said in ((lambda x: x, "Function.value gives"), (writes, "Function.value writes into")):
        with pytest.raises(TypeError, match=said):
            ae.Function(**{**BOWL, "value": value})


SENSELESS = [
    ({}, r"eps = None, .*must be eps, with guess or without"),
    ({"eps": 1.0, "beta": 0.9}, r"beta = 0.9, .*must be eps, with guess or without"),
    ({"beta": 0.9, "radius": 1.0}, r"steps = None: must be eps"),
    ({"guess": 1.0, **OWN}, r"guess = 1.0, .*must be eps"),
    ({"eps": 1.0, "learner": "Adam"}, r"learner = 'Adam': must be one of beta-FTRL, clipped Adam"),
    ({"eps": 1.0, "runs": 1}, r"runs = 1: must be an integer >= 2"),
    ({"eps": 1.0, "lam": 0.0}, r"lam = 0.: must be finite and > 0"),
    ({"eps": -1.0}, r"eps = -1.: must be finite and > 0"),
    ({**OWN, "beta": 1.0}, r"beta = 1.: must"),
    ({**OWN, "steps": 0}, r"steps = 0: must"),
]


@pytest.mark.parametrize(("change", "said"), SENSELESS)
def test_parameters_that_make_no_sense(change, said, bowl):
    """One line, which names key, value and what is allowed."""
    with pytest.raises(ValueError, match=said):
        ae.run(bowl, **change)


def test_the_ten_lines(monkeypatch, tmp_path, capsys):
    """The package's own name what there is (README's run in tests/test_contract.py); the script runs as it stands."""
    block = inspect.cleandoc(re.search(r"\n\n((?:    .*\n|\n)+)", ae.__doc__).group(1))
    compile(block, "ten lines", "exec")
    assert len([line for line in block.splitlines() if line]) <= 10
    assert all(hasattr(ae, name) for name in re.findall(r"\bae\.(\w+)", block))
    assert all(hasattr(ae.Run, name) for name in re.findall(r"\bfound\.(\w+)", block))
    monkeypatch.setattr(sys, "argv", ["own_function", str(tmp_path / "figure.png")])
    runpy.run_path(str(ROOT / "examples" / "own_function.py"))
    assert "supported" in capsys.readouterr().out and (tmp_path / "figure.png").stat().st_size > 1000
    plt.close("all")


def test_it_can_be_installed(tmp_path):
    """What is installed is one package, which imports nothing of the house by the names that it has here."""
    written = setup.write(tmp_path)
    assert {path.relative_to(tmp_path).parts[0] for path in written} == {"adam_ema"}
    script = (
        "import sys, adam_ema as ae\n"
        "found = ae.run(ae.build(ae.OBJECTIVES, 'capped_abs', {}), beta=0.9, radius=0.1, steps=50, runs=2)\n"
        "print(found.certificate.tobytes().hex())\n"
        f"houses = {{name for name in {setup.FLOORS!r} if name in sys.modules}}\n"
        "assert not houses, houses\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    here = ae.run(ae.build(ae.OBJECTIVES, "capped_abs", {}), beta=0.9, radius=0.1, steps=50, runs=2)
    assert done.stdout.strip() == here.certificate.tobytes().hex()


def test_only_names_of_the_house_are_renamed():
    """Also inside functions; not in texts, nor names that begin alike."""
    source = "from theory import a\nfrom theory_of import b\nx = 'from theory import a'\ndef f():\n    from objectives.base import c\n"
    wanted = source.replace("from theory import a\nfrom", "from adam_ema.theory import a\nfrom")
    assert setup.renamed(source) == wanted.replace("from obj", "from adam_ema.obj")
    with pytest.raises(ValueError, match="line 2"):
        setup.renamed("\nimport theory.adam_ema\n")
