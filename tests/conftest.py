"""One thread per process, figures without a display, examples that repeat and leave no files, shapes that are checked."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests import typechecker

# before any test imports NumPy: BLAS reads these once
for _name, _value in {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}.items():
    os.environ.setdefault(_name, _value)

# before any test imports the project
typechecker.install(
    [
        "foundation",
        "theory",
        "objectives",
        "optimizers",
        "simulation",
        "stationarity",
        "experiments",
        "analysis",
        "adam_ema",
    ]
)

if os.environ.get("EXTRA"):  # make exam EXTRA=DIR
    from experiments.sweep.extra import load

    load(os.environ["EXTRA"])

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _check_calls_again():
    """The first calls of every function are checked in every test."""
    typechecker.calls.clear()
