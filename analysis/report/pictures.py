"""Figures within the page: the SVGs that lie in results/figures, compressed."""

from __future__ import annotations

import base64
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

SIZE = re.compile(r'<svg[^>]*?\swidth="([\d.]+)pt"[^>]*?\sheight="([\d.]+)pt"')


@dataclass(frozen=True)
class Picture:
    """A figure: the name of its files, what it shows in words, and its SVG, packed.

    As they are the SVGs of the paper preset are 5 MB, which every reader would wait for; so they are stored with gzip
    and base64, a fifth of that, and the page's script unpacks one when it comes into view (DecompressionStream, which
    every browser has since 2023, also offline). Without a script its files are still one link away.
    """

    name: str
    alternative: str
    caption: str
    packed: str
    width: str
    height: str


def picture(folder: Path, name: str, alternative: str, caption: str) -> Picture | None:
    """The figure of that name; None if there is none. The same SVG gives the same bytes."""
    path = folder / f"{name}.svg"
    if not path.is_file():
        return None
    svg = path.read_bytes()
    size = SIZE.search(svg[:2000].decode("utf-8", errors="replace"))
    width, height = (f"{float(points) * 4 / 3:.0f}" for points in (size.groups() if size else ("518.4", "268")))
    packed = base64.b64encode(gzip.compress(svg, mtime=0)).decode()
    return Picture(name, alternative, caption, packed, width, height)
