"""The figures' fonts, upright and slanted, cut down to the characters that they may use.

A PDF embeds what it uses of a font; to cut that out of the whole DejaVu Sans took half of the time of a figure. And
mathematics is set in the same two, not in a dozen of fonts of which each would have to be cut.
"""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from fontTools import subset
from matplotlib import font_manager

WHOLE, CORE = "DejaVu Sans", "DejaVu Sans Core"
MATHEMATICS = "\u2190\u2191\u2192\u2193\u2202\u2207\u2208\u2211\u2212\u221a\u221e\u2223\u2225\u223c\u2248\u2260\u2264"
MATHEMATICS += "\u2265\u22c5\u27e8\u27e9\u2a7d\u2a7e\U0001d53c\U0001d538"
LETTERS = (range(0x20, 0x17F), range(0x300, 0x315), range(0x370, 0x400), range(0x2010, 0x2040), range(0x2070, 0x20A0))
CHARACTERS = {*chain(*LETTERS), *map(ord, MATHEMATICS)}
Slant = Literal["normal", "italic"]
FAMILY_NAMES = (1, 4, 16)  # name table: family, full name, typographic family
SLANTED: Slant = "italic"
STYLES: tuple[Slant, ...] = ("normal", SLANTED)


@cache
def families() -> list[str]:
    """The font families of the figures, best first; made and registered at the first call, removed at exit."""
    for style in STYLES:
        font_manager.fontManager.addfont(_cut(style))
    return [CORE, WHOLE]


def mathematics() -> dict[str, Any]:
    """Matplotlib's parameters that set mathematics in them; what they lack comes from STIX."""
    fonts = {f"mathtext.{name}": CORE for name in ("rm", "sf", "tt", "cal", "bf")}
    slanted = {f"mathtext.{name}": f"{CORE}:{SLANTED}" for name in ("it", "bfit")}
    return {"mathtext.fontset": "custom", "mathtext.fallback": "stixsans", **fonts, **slanted}


def _cut(style: Slant) -> Path:
    """The file of what is left of a style of the font."""
    options = subset.Options(layout_features=[], glyph_names=True)
    options.drop_tables += ["FFTM", "GSUB", "GPOS", "GDEF", "kern", "MATH"]
    whole = font_manager.findfont(font_manager.FontProperties(family=WHOLE, style=style))
    with subset.load_font(whole, options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=CHARACTERS)
        cutter.subset(font)
        for record in font["name"].names:
            if record.nameID in FAMILY_NAMES:
                record.string = CORE
        path = Path(_folder().name) / f"core-{style}.ttf"
        font.save(path)
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="font-")
