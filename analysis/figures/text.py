"""Texts of figures: mathematics between two $, else letters as they stand; lines of a length that fits."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

PIECES = re.compile(r"\$[^$]*\$|[^$]+")
WORDS = re.compile(r"(?:\$[^$]*\$|[^\s$])+")
COMMANDS = re.compile(r"\\(?:mathbb|bar|left|right|,|!)|[{}^_$]")
NAMED = re.compile(r"\\[A-Za-z]+|\\.")
# letters of our own font; a sum's index stands beside it: below, it would lie on what follows
SUBSTITUTES = {r"\mathbb{E}": "\\mathrm{\U0001d53c}", r"\mathbb{P}": r"\mathrm{P}", r"\sum": r"\Sigma"}


@cache
def is_mathematics(text: str) -> bool:
    """Whether Matplotlib can set what stands between the text's $; if not, it is drawn as it stands."""
    if "$" not in text:
        return False
    try:
        for line in text.splitlines():
            text_to_path.mathtext_parser.parse(_substituted(line), 72, FontProperties())
    except ValueError:
        return False
    return True


def drawable(text: str) -> dict[str, Any]:
    """The text as an artist takes it: its letters, and whether they are to be parsed."""
    if is_mathematics(text):
        return {"text": _substituted(text), "parse_math": True}
    return {"text": text, "parse_math": False}


def letters(text: str) -> int:
    """About how many letters wide the text is."""
    return len(NAMED.sub("x", COMMANDS.sub("", text))) if is_mathematics(text) else len(text)


def wrapped(text: str, width: int) -> str:
    """The text in lines of at most so many letters, where it has blanks outside of mathematics."""
    if letters(text) <= width:
        return text
    lines = [""]
    for word in WORDS.findall(text) if is_mathematics(text) else text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and letters(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def plain(text: str) -> str:
    """The text for those who do not see it: mathematics without its $."""
    return text.replace("$", "") if is_mathematics(text) else text


def _substituted(text: str) -> str:
    for name, letter in SUBSTITUTES.items():
        text = text.replace(name, letter)
    return text
