r"""LaTeX formulas as they stand in docstrings: `12 d D^2/(1-\beta)^2`, read and evaluated.

A product is written by a space or by nothing; it and `/` go from left to right; `^` binds tightest, `\sqrt{d}` next.
A formula ends at its $, where something begins that is no symbol, at a comma, a full stop, or a semicolon.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

Symbols = Mapping[str, Any]  # what each symbol is worth; a symbol may be any text, as r"\|G+\sigma\|_1"
OPEN = {"(": ")", "[": "]", "{": "}", r"\{": r"\}"}
NUMBER = r"\d+(?:\.\d+)?"


def tokens(text: str, symbols: Symbols) -> list[str]:
    """The formula at the beginning of the text, cut into numbers, symbols and signs."""
    names = "|".join(re.escape(name) for name in sorted((*symbols, r"\sqrt", r"\max"), key=len, reverse=True))
    # letters are a product of symbols, as DT, to their end, or a word
    token = re.compile(rf"\s*((?:{names})(?=(?:{names})*(?![A-Za-z]))|{NUMBER}|\\?[{{}}]|[-+/^,()\[\]])")
    found: list[str] = []
    at, closing = 0, ""
    while match := token.match(text, at):
        sign, at = match[1], match.end()
        if (sign in OPEN.values() and not closing.endswith(sign)) or (sign == "," and not closing.endswith(r"\}")):
            break
        closing = closing + OPEN[sign] if sign in OPEN else closing.removesuffix(sign)
        found.append(sign)
    return found


class Formula:
    """A recursive descent over the tokens: sum > product > power > atom."""

    def __init__(self, text: str, symbols: Symbols) -> None:
        self.tokens, self.at, self.symbols = tokens(text, symbols), 0, symbols

    def value(self) -> Any:
        """What the whole formula is worth. Raises ValueError if it does not end where its tokens do."""
        result = self._sum()
        if self.at < len(self.tokens):
            raise ValueError(f"left over: {' '.join(self.tokens[self.at :])}")
        return result

    @property
    def next(self) -> str:
        """The token ahead, "" at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, wanted: str | None = None) -> str:
        token = self.next
        if not token or wanted not in (None, token):
            raise ValueError(f"{wanted or 'a formula'} expected at {self.at} of {' '.join(self.tokens)!r}")
        self.at += 1
        return token

    def _sum(self) -> Any:
        result = -self._product() if self.next == "-" and self._take() else self._product()
        while self.next in ("+", "-"):
            result = result + self._product() if self._take() == "+" else result - self._product()
        return result

    def _product(self) -> Any:
        result = self._power()
        while self.next and self.next not in ("+", "-", ",", *OPEN.values()):
            if self.next == "/":
                self._take()
                result = result / self._power()
            else:
                result = result * self._power()
        return result

    def _power(self) -> Any:
        base = self._atom()
        if self.next == "^":
            self._take()
            base = base ** self._atom()
        return base

    def _atom(self) -> Any:
        token = self._take()
        if token in self.symbols:
            return self.symbols[token]
        if token == r"\sqrt":
            return np.sqrt(self._atom())
        if token == r"\max":
            self._take(r"\{")
            branches = [self._sum()]
            while self.next == ",":
                self._take()
                branches.append(self._sum())
            self._take(r"\}")
            return np.maximum.reduce(branches)
        if token in OPEN:
            inner = self._sum()
            self._take(OPEN[token])
            return inner
        if not re.fullmatch(NUMBER, token):
            raise ValueError(f"a number or a symbol expected, found {token}, in {' '.join(self.tokens)!r}")
        return float(token)
