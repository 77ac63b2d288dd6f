"""Cases, configuration, jobs: everything composes, bad input is refused, failures stay alone, bytes repeat."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from experiments.sweep.claims import CLAIMS
from experiments.sweep.composing import composed
from experiments.sweep.job import make_job
from experiments.sweep.keys import ROOT, job_sources, key
from experiments.sweep.overrides import parse
from experiments.sweep.pool import start_pool
from experiments.sweep.running import run, sweep
from experiments.sweep.schema import PRESETS
from experiments.sweep.tables import CONF, cases, problems
from experiments.words.harness import measure
from experiments.words.problem import Context, Effort
from foundation.settings import settings

CASES = list(cases())


def job(case, *overrides, results="unused", preset="smoke"):
    values = parse([f"case={case}", f"preset={preset}", f"results={results}", *overrides]).values
    return make_job(composed({key: value for key, (value,) in values.items()}))


def test_every_case_composes():
    """Each row is a valid job of its name, every claim and problem has rows, and every claim has some in smoke."""
    jobs = [job(name, preset=row.presets[-1]) for name, row in cases().items()]
    assert [made.name for made in jobs] == CASES
    assert {made.config.case.claim for made in jobs} == set(CLAIMS)
    assert {made.config.case.claim for made in jobs if "smoke" in made.config.case.presets} == set(CLAIMS)
    assert {row.problem for row in cases().values()} == set(problems())
    assert len({key(made) for made in jobs}) == len(jobs)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_introduces_itself(name):
    """Label, title, statement, and at least one control that is a near miss (.ci/promises.py: which are rejected)."""
    info = CLAIMS[name].info()
    assert info.label and info.title and len(" ".join(info.statement)) > 80
    assert any(twin.near for twin in CLAIMS[name]().controls().values())


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """One process or two, first or second time; another seed gives other numbers."""
    names = ["lemma07_small_triangle", "lemma08_pair", "lemma20_kink"]
    small = ["preset.draws=500", "preset.runs=8"]

    def files(folder, workers, *more, names=names):
        with start_pool(workers) as pool:
            assert sweep([job(name, *small, *more, results=str(tmp_path / folder)) for name in names], pool) == []
        root = tmp_path / folder / "cells"
        return {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*.*"))}

    one = files("one", 1)
    assert one == files("two", 2)
    assert one == files("one", 2)  # nothing is measured again
    other = files("other", 1, "seed=1", names=names[:1])
    samples = [{text for path, text in found.items() if path.name == "samples.parquet"} for found in (one, other)]
    assert samples[1] and not samples[0] & samples[1]


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_a_bad_objective_fails_alone():
    """An objective that raises, or returns nan, becomes the error of its own cell."""
    good = job("theorem11_kink", "preset.runs=8")

    class Raises(type(good.problem.objective)):
        def grad(self, x, out=None):
            raise ArithmeticError("no gradient today")

    class Nan(type(good.problem.objective)):
        def grad(self, x, out=None):
            return np.full_like(x, np.nan) if out is None else np.copyto(out, np.nan)

    arguments = {item.name: getattr(good.problem.objective, item.name) for item in fields(good.problem.objective)}
    for kind, text in ((Raises, "no gradient today"), (Nan, "not finite")):
        cell = run(replace(good, problem=replace(good.problem, objective=kind(**arguments))))
        assert text in cell.error and cell.evidence is None


def test_presets_are_the_files_of_conf():
    """A row may name the presets that exist; every preset says every number of its own."""
    assert {path.stem for path in (CONF / "preset").glob("*.yaml")} == set(PRESETS)
    for path in (CONF / "preset").glob("*.yaml"):
        assert list(OmegaConf.load(path)) == ["name", *settings(Effort)]


def test_claims_refuse_the_wrong_problem():
    """An adversary for Theorem 11, an objective for Theorem 9."""
    with pytest.raises(ValueError, match="needs an objective"):
        job("theorem11_kink", "problem=pair")
    with pytest.raises(ValueError, match="needs an adversary"):
        job("theorem09_pair", "problem=kink")


def test_rescaling_is_exact():
    """F/32, x/8, eps = 1/4, lam = 16: the same runs, so the same certificate over eps, to the last bits."""
    base = job("theorem11_two_slopes")
    scaled = job("theorem11_rescaled")
    context = Context(0, "same", Effort(runs=8, windows=1, guess_limit=3.0, draws=100))
    claims = [replace(made.claim, guess_ratios=(1.0,), noise_levels=(0.0,)) for made in (base, scaled)]
    pairs = zip(claims, (base.problem, scaled.problem), strict=True)
    first, second = (measure(claim, problem, context).checks for claim, problem in pairs)
    for mine, theirs in zip(first, second, strict=True):
        np.testing.assert_allclose(mine.samples, theirs.samples, rtol=1e-9)
        assert mine.bound == pytest.approx(theirs.bound)


def test_sources_follow_imports():
    """A cell depends on its claim's file and on the engine, not on other claims."""
    names = {path.relative_to(ROOT).as_posix() for path in job_sources(job("theorem11_kink"))}
    assert {"objectives/kinks.py", "objectives/noise.py", "experiments/words/harness.py", "foundation/runs.py"} <= names
    assert {"simulation/engine.py", "theory/adam_ema.py", "experiments/theorem11_stationarity.py"} <= names
    assert "experiments/theorem09_regret.py" not in names and not any(n.startswith("analysis") for n in names)


def test_command_line_says_one_line(tmp_path):
    """A bad case on the command line: one line, exit code 2, nothing written."""
    command = [sys.executable, "-m", "experiments", "case=nosuch", f"results={tmp_path / 'r'}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert (
        len(done.stderr.strip().splitlines()) == 1
        and "case = 'nosuch': must be a row of conf/cases.yaml" in done.stderr
    )
    assert not Path(tmp_path / "r").exists()
