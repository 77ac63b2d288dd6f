"""Where numbers come from: the versions that can change them, the machine, and the commit that was checked out."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARIES = ("numpy", "scipy", "numba", "llvmlite")  # that compute


@cache
def versions() -> dict[str, str]:
    """All beside sources and data that can change a number: Python, libraries, the C library, the processor's vectors.

    NumPy chooses its loops by the widest vectors that the processor has, and they differ in the last bits.
    """
    found = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
    found |= {name: version(name) for name in LIBRARIES}
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return found | {
        "libc": " ".join(platform.libc_ver()).strip(),
        "machine": platform.machine(),
        "simd": " ".join([*simd.get("baseline", ()), *simd.get("found", ())]),
    }


@cache
def provenance() -> dict[str, str]:
    """What a cell says of its origin: the versions, the system, the commit; no date."""
    return {**versions(), "system": platform.platform(), "commit": commit()}


@cache
def commit() -> str:
    """`git describe` of the project, with "-dirty" where files differ from it; "" without git."""
    if not (ROOT / ".git").exists():  # an unpacked archive; what is around it is another project
        return ""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
