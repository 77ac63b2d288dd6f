"""Prose with $formulas$ and `names` as HTML: LaTeX becomes MathML, drawn without a script; all else is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import escape

from latex2mathml.converter import convert
from markupsafe import Markup

# no space within the $, no letter or digit outside of them: "$5 or $6" and a lone $ are prose
FORMULA = re.compile(r"(?<![\w$])\$(?=\S)([^$]+?)(?<=\S)\$(?![\w$])")
CODE = re.compile(r"`([^`]+)`")
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
DEPTH = {"(": 1, ")": -1, "[": 1, "]": -1, r"\{": 1, r"\}": -1, r"\langle": 1, r"\rangle": -1}
DEPTH |= {"{": 9, "}": -9}  # never to be cut: not a bracket but an argument
RELATIONS = (r"\leq", r"\geq", r"\le", r"\ge", r"\to", r"\sim", r"\in", "=", "<", ">")
AFTER_THESE = (*RELATIONS, "+", "-", ",", ":")  # a line may break where it could in TeX
UNARY_AFTER = (*RELATIONS, ",")  # where - is a sign, not a difference
SHORT, LONG = 12, 40  # tokens: fewer stay on one line; what has more, without a place to break, is cut in its brackets
DEEPEST = 2  # brackets within which a line may break
HANGING = re.compile(r"[-,.;:)\]]+")  # no line begins with one of them
REPAIRED = {  # what the library writes, and what these characters are in mathematics
    "<mi>~</mi>": "<mo>\u223c</mo>",
    "<mi>\u27e8</mi>": '<mo stretchy="false">\u27e8</mo>',
    "<mi>\u27e9</mi>": '<mo stretchy="false">\u27e9</mo>',
    "<mo>\u2207</mo>": "<mi>\u2207</mi>",
    '<mo fence="false" stretchy="false">\u2016</mo>': '<mo stretchy="false" lspace="0" rspace="0">\u2016</mo>',
    '<mo stretchy="false">|</mo>': '<mo stretchy="false" lspace="0" rspace="0">|</mo>',
    '<mo stretchy="true">\u00af</mo>': '<mo stretchy="false">\u00af</mo>',
    "<mo>/</mo>": '<mo lspace="0" rspace="0">/</mo>',
    "<mo>max</mo>": '<mo lspace=".17em" rspace="0">max</mo>',
    "<mo>min</mo>": '<mo lspace=".17em" rspace="0">min</mo>',
    "<mi>\u2032</mi>": "<mo>\u2032</mo>",  # a prime
}
UPRIGHT = re.compile(r'(?:<mi mathvariant="normal">\w</mi>){2,}')  # a word, which is one identifier


def prose(text: str) -> Markup:
    """The text as HTML, each $formula$ typeset, each `name` as code. What cannot be set is shown as it is written."""
    first, *rest = FORMULA.split(text)  # prose and formulas by turns
    page = _words(first)
    for latex, after in zip(rest[::2], rest[1::2], strict=True):
        sign = HANGING.match(after)
        page += _with(formula(latex), sign[0] if sign else "") + _words(after[sign.end() if sign else 0 :])
    return page


def _words(text: str) -> Markup:
    """What stands between formulas."""
    return Markup(CODE.sub(r"<code>\1</code>", str(Markup.escape(text))))


def _with(page: Markup, sign: str) -> Markup:
    """The formula, its last piece on one line with the sign that follows."""
    before, cut, last = page.rpartition("<wbr>")
    return before + cut + Markup('<span class="whole">{}{}</span>').format(last, sign) if sign else page


@cache
def formula(latex: str) -> Markup:
    """MathML of a formula, in pieces between which a line may break: a browser breaks none by itself."""
    try:
        return Markup("<wbr>").join(map(_mathml, _cut(latex)))
    except ValueError:
        return Markup.escape(f"${latex}$")


def _cut(latex: str, within: int = 0) -> Iterator[str]:
    """The formula in pieces; what is still long, in its brackets, and in those within them."""
    for piece in _pieces(latex, within):
        if len(TOKEN.findall(piece)) > LONG and within < DEEPEST:
            yield from _cut(piece, within + 1)
        else:
            yield piece


def _pieces(latex: str, within: int) -> Iterator[str]:
    """The formula, cut behind relations and sums that stand in no norm and in at most so many brackets."""
    piece, depth, count, norm = "", 0, 0, False
    previous = "="
    for token in TOKEN.findall(" ".join(latex.split())):
        piece, count = piece + token, count + 1
        depth += DEPTH.get(token, 0)
        norm ^= token == r"\|"
        sign = token in ("+", "-") and previous in UNARY_AFTER
        if token in AFTER_THESE and depth <= within and not (norm or sign) and count >= SHORT:
            yield piece
            piece, count = "", 0
        previous = previous if token == " " else token
    if piece.strip():
        yield piece


def _mathml(latex: str) -> Markup:
    """The piece as MathML, with its LaTeX. Raises ValueError where the library fails or does not know a command."""
    try:
        found = convert(latex)
    except Exception as error:  # of many kinds, an IndexError among them
        raise ValueError(latex) from error
    if ">\\" in found:  # it passes on what it does not know
        raise ValueError(latex)
    found = re.sub(r"&#x([0-9A-F]+);", lambda code: escape(chr(int(code[1], 16))), found)
    found = re.sub(r"<mrow>(<m([ion])[^<>]*>[^<>]*</m\2>)</mrow>", r"\1", found)
    found = UPRIGHT.sub(lambda word: f"<mi>{re.sub('<[^>]*>', '', word[0])}</mi>", found)
    for written, meant in REPAIRED.items():
        found = found.replace(written, meant)
    body = found[found.index(">") + 1 :]  # HTML needs no namespace
    return Markup(f'<math alttext="{escape(latex.strip())}">{body}')
