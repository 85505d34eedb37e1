"""Evaluates TeX's conditions: flags and simple comparisons; for others the first branch is read."""

from __future__ import annotations

import re

from fathom.conversion.docling_backends.latex.tex.macros import Definitions
from fathom.conversion.docling_backends.latex.tex.source import TokenSource
from fathom.conversion.docling_backends.latex.tex.tokens import COMMAND, SPACE, STOP, TEXT, Token

_KNOWN = frozenset(
    """
    if ifcase ifcat ifcsname ifdefined ifdim ifeof iffalse ifhmode ifinner ifluatex ifmmode ifnum ifodd ifpdf ifPDFTeX iftrue
    ifvmode ifx ifxetex ifXeTeX ifLuaTeX ifvoid ifhbox ifvbox
    """.split()  # noqa: SIM905
)
_FALSE = frozenset({"iffalse", "ifxetex", "ifluatex", "ifXeTeX", "ifLuaTeX", "ifmmode", "ifinner", "ifeof"})
_COMPARED = re.compile(r"\s*(-?\d+)?\s*([<>=])\s*(-?\d+)?")


class Conditions:
    """Reads conditions in sequence; the false branch is skipped."""

    def __init__(self, source: TokenSource, definitions: Definitions) -> None:
        self._source, self._definitions = source, definitions

    def is_condition(self, name: str) -> bool:
        """Returns whether the command begins a condition."""
        return name in _KNOWN or (name.startswith("if") and name[2:] in self._definitions.flags)

    def open(self, name: str) -> None:
        """Evaluates the condition, and skips to its `else` if it is false."""
        if not self._holds(name):
            self._skip(to_else=True)

    def close(self, name: str) -> None:
        """Reads an `else`, `or` or `fi` behind a branch that was read."""
        if name != "fi":
            self._skip(to_else=False)

    def _holds(self, name: str) -> bool:
        source = self._source
        if name[2:] in self._definitions.flags:
            return self._definitions.flags[name[2:]]
        if name in _FALSE:
            return False
        if name == "ifdefined":
            token = source.next()
            return token is not None and token.text in self._definitions.macros
        if name == "ifx":
            return self._same(self._token(), self._token())
        if name == "ifnum":
            return self._compare()
        if name == "ifodd":
            number = self._number()
            return number is None or number % 2 == 1
        if name == "ifcsname":
            self._csname()
            return False
        if name in ("if", "ifcat"):
            left, right = self._token(), self._token()
            return left is None or right is None or left.text == right.text
        if name == "ifcase":
            self._number()
        return True

    def _token(self) -> Token | None:
        """Returns a token; only the first letter of a text."""
        token = self._source.next()
        if token is not None and token.kind == TEXT and len(token.text) > 1:
            rest = token.text[1:]
            self._source.push([Token(TEXT, rest, rest)])
            return Token(TEXT, token.text[0], token.text[0])
        return token

    def _same(self, left: Token | None, right: Token | None) -> bool:
        if left is None or right is None:
            return False
        if left.kind != right.kind or left.kind != COMMAND:
            return (left.kind, left.text) == (right.kind, right.text)
        macros = self._definitions.macros
        return left.text == right.text or (left.text in macros and macros.get(left.text) == macros.get(right.text))

    def _compare(self) -> bool:
        left = self._number()
        sign = self._token()
        right = self._number()
        if left is None or right is None or sign is None:
            return True
        return {"<": left < right, ">": left > right, "=": left == right}.get(sign.text, True)

    def _number(self) -> int | None:
        """Reads a number, literal or of a counter; None if it is unknown."""
        source = self._source
        token = source.next()
        while token is not None and token.kind == SPACE:
            token = source.next()
        if token is None:
            return None
        if token.kind == TEXT:
            digits = re.match(r"[+-]?\d{1,9}", token.text)
            if digits is None:
                source.push([token])
                return None
            rest = token.text[digits.end() :]
            source.push([Token(TEXT, rest, rest)] if rest else [])
            return int(digits[0])
        if token.kind == COMMAND:
            macro = self._definitions.macros.get(token.text)
            if token.text in ("value", "arabic"):
                return self._definitions.counters.get(source.word())
            if macro is not None and not macro.parameters:
                source.expand(macro.body)
                return self._number()
        return None

    def _csname(self) -> None:
        while (token := self._source.next()) is not None and token.text != "endcsname":
            pass

    def _skip(self, *, to_else: bool) -> None:
        """Skips to the matching `fi`, or to the `else` before it."""
        depth = 0
        while (token := self._source.next()) is not None:
            if token.kind == STOP:
                self._source.push([token])
                return
            if token.kind != COMMAND:
                continue
            if self.is_condition(token.text):
                depth += 1
            elif token.text == "fi":
                if depth == 0:
                    return
                depth -= 1
            elif token.text == "else" and to_else and depth == 0:
                return
