"""One thread per process, figures without a display, examples that repeat and leave no files."""

from __future__ import annotations

import os

from hypothesis import settings

# before any test imports NumPy: BLAS reads these once
for _name, _value in {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}.items():
    os.environ.setdefault(_name, _value)

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")
