"""Old name of experiments.sweep.claims, which finds the claims by itself."""

from __future__ import annotations

from typing import Any

import experiments.sweep.claims as claims


def __getattr__(name: str) -> Any:
    """CLAIMS; not when this is imported, for the claims are found by importing every file here."""
    return getattr(claims, name)
