"""The figures' font, cut down to the characters that they may use.

A PDF embeds what it uses of a font; to cut that out of the whole DejaVu Sans took half of the time of a figure.
"""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import chain
from pathlib import Path

from fontTools import subset
from matplotlib import font_manager

WHOLE, CORE = "DejaVu Sans", "DejaVu Sans Core"
MATHEMATICS = "\u2202\u2207\u2211\u2212\u221a\u2248\u2260\u2264\u2265"
LETTERS = (range(0x20, 0x17F), range(0x370, 0x400), range(0x2010, 0x2030), range(0x2070, 0x20A0))
CHARACTERS = {*chain(*LETTERS), *map(ord, MATHEMATICS)}
FAMILY_NAMES = (1, 4, 16)  # name table: family, full name, typographic family


@cache
def families() -> list[str]:
    """The font families of the figures, best first; made and registered at the first call, removed at exit."""
    options = subset.Options(layout_features=[], glyph_names=True)
    options.drop_tables += ["FFTM", "GSUB", "GPOS", "GDEF", "kern", "MATH"]
    with subset.load_font(font_manager.findfont(WHOLE), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=CHARACTERS)
        cutter.subset(font)
        for record in font["name"].names:
            if record.nameID in FAMILY_NAMES:
                record.string = CORE
        path = Path(_folder().name) / "core.ttf"
        font.save(path)
    font_manager.fontManager.addfont(path)
    return [CORE, WHOLE]


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="font-")
