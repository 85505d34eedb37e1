"""Reads the specification of a table's columns: their number, and which are joined at a sign such as `@{.}`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fathom.conversion.docling_backends.latex.commands.latex_symbols import symbols
from fathom.conversion.docling_backends.latex.tex.source import TokenSource
from fathom.conversion.docling_backends.latex.tex.tokens import COMMAND, SPACE, TEXT, TIE, Token, source_of

MAX_COLUMNS = 1_000
_WITH_ARGUMENT = frozenset("pmbwWXQ")
_SIGN = re.compile(r"^[.,:/–—±×x-]{1,3}$")


@dataclass(slots=True)
class Columns:
    """The number of columns, and the sign between adjacent columns that show a value together."""

    count: int = 0
    joints: dict[int, str] = field(default_factory=dict[int, str])


def read_columns(tokens: list[Token]) -> Columns:
    """Parses a column specification such as `l*{2}{r@{.}l}p{3cm}`."""
    columns = Columns()
    _read(tokens, columns, depth=0)
    return columns


def _read(tokens: list[Token], columns: Columns, depth: int) -> None:
    source = TokenSource("")
    source.push(tokens)
    while (token := source.next()) is not None and columns.count < MAX_COLUMNS:
        if token.kind != TEXT:
            continue
        sign, rest = token.text[0], token.text[1:]
        if rest:
            source.push([Token(TEXT, rest, rest)])
        if sign == "*" and depth < 5:
            number = source_of(source.argument()).strip()
            inside = source.argument()
            for _ in range(min(int(number), MAX_COLUMNS) if number.isdecimal() and len(number) < 6 else 1):
                if columns.count >= MAX_COLUMNS:
                    break
                _read(inside, columns, depth + 1)
        elif sign in "@!":
            shown = _shown(source.argument())
            if columns.count and sign == "@" and _SIGN.fullmatch(shown):
                columns.joints[columns.count - 1] = shown
        elif sign in "><":
            source.argument()
        elif sign.isalpha():
            columns.count += 1
            if sign in _WITH_ARGUMENT:
                source.optional(near=True)
                following = source.peek()
                if following is not None and following.text == "{":
                    source.argument()
                    following = source.peek()
                    if sign in "wW" and following is not None and following.text == "{":
                        source.argument()
            elif sign == "D":
                for _ in range(3):
                    source.argument()


def _shown(tokens: list[Token]) -> str:
    """Returns the signs between two columns."""
    shown = ""
    for token in tokens:
        if token.kind == COMMAND:
            shown += symbols().get(token.text, "").strip()
        elif token.kind not in (SPACE, TIE) and token.text not in ("{", "}", "$"):
            shown += token.text
    return shown.replace("---", "—").replace("--", "–")
