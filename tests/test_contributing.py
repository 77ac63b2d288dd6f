"""The templates of CONTRIBUTING.md, saved as they stand: they pass every exam that the house has, and nothing lists them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.test_contract import ROOT, tracked

BLOCKS = re.findall(
    r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    flags=re.M | re.S,
)
FILES = {path: text for path, text in BLOCKS if not (ROOT / path).exists()}
ROWS = {path: text for path, text in BLOCKS if (ROOT / path).exists()}
METHODS = "optimizers/methods.py"
EXAMS = {  # file: how many of its exams must have found the templates
    "tests/test_objectives.py": 8,
    "tests/test_baselines.py": 4,
    "tests/test_contract.py": 3,
    "tests/test_experiments.py": 1,
}
THEIRS = "soft_abs or (ball and descent) or ball_descent or assumption2 or imports or docstrings"


@pytest.fixture(scope="module", name="copy")
def _copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the templates saved in it."""
    copy = tmp_path_factory.mktemp("house")
    for path in tracked():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for name, text in FILES.items():
        (copy / name).write_text(text, encoding="utf-8")
    for name, row in ROWS.items():
        text = (copy / name).read_text(encoding="utf-8")
        if name == METHODS:
            head, brace = text.rstrip().rsplit("\n", 1)
            assert brace == "}"
            text = (
                head.replace("\n\n\n@", "\nfrom optimizers.ball_descent import BallDescent\n\n\n@", 1)
                + f"\n{row}{brace}\n"
            )
        else:
            text += f"\n{row}"
        (copy / name).write_text(text, encoding="utf-8")
    return copy


def call(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python command in the copy."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_templates_are_three_files_and_three_rows():
    assert sorted(FILES) == [
        "experiments/assumption2_gradients.py",
        "objectives/soft_abs.py",
        "optimizers/ball_descent.py",
    ]
    assert sorted(ROWS) == ["conf/cases.yaml", "conf/problems.yaml", METHODS]


def test_they_pass_every_exam(copy):
    """None of the exams was told of them."""
    done = call(copy, "pytest", "-o", "addopts=", "-v", "-p", "no:cacheprovider", *EXAMS, "-k", THEIRS)
    for file, least in EXAMS.items():
        found = re.findall(rf"^{file}::\S*(?:soft_abs|ball.descent|assumption2).* PASSED", done.stdout, flags=re.M)
        assert len(found) >= least, (file, found)


def test_they_are_formatted_and_clean(copy):
    names = sorted(FILES)
    call(copy, "ruff", "check", "--no-cache", *names)
    call(copy, "ruff", "format", "--no-cache", "--check", *names)


def test_the_claim_is_measured_on_the_objective_and_its_control_is_refuted(copy):
    call(copy, "experiments", "case=assumption2_soft_abs", "preset=smoke", "results=found")
    call(copy, "analysis", "found")
    assert pd.read_csv(copy / "found" / "verdicts.csv")["verdict"].tolist() == ["supported"]
    assert pd.read_csv(copy / "found" / "controls.csv")["verdict"].tolist() == ["refuted"]
