"""One thread per process, figures without a display, examples that repeat and leave no files, shapes that are checked."""

from __future__ import annotations

import os

from hypothesis import settings
from jaxtyping import install_import_hook

from tests import typechecker

# before any test imports NumPy: BLAS reads these once
for _name, _value in {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}.items():
    os.environ.setdefault(_name, _value)

# before any test imports the project: its annotations are checked at every call
_PACKAGES = [
    "foundation",
    "theory",
    "objectives",
    "optimizers",
    "simulation",
    "stationarity",
    "experiments",
    "analysis",
]
install_import_hook(_PACKAGES, f"{typechecker.__name__}.typechecked")

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")
