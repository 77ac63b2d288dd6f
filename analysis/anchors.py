"""How the parts of the report are called where links lead to them."""

from __future__ import annotations

import re


def section(label: str) -> str:
    """Of all claims that bear the label."""
    return re.sub(r"\W+", "-", label.lower()).strip("-")


def row(place: int) -> str:
    """Of a row, by its place in the verdict table."""
    return f"row-{place}"
