"""Tokenizes LaTeX as late as possible, so that verbatim text stays unchanged."""

from __future__ import annotations

import re
from typing import NamedTuple

TEXT, COMMAND, OPEN, CLOSE, MATH, ALIGN, PARAMETER, TIE, SUB, SUPER, SPACE, PARAGRAPH, STOP, RESTORE = range(14)


class Token(NamedTuple):
    """A token: `text` is its content (a command's name), `raw` its source, `after` the place behind the name, or -1."""

    kind: int
    text: str
    raw: str
    after: int = -1


_COMMAND = re.compile(r"\\([a-zA-Z]+|(?s:.))")
_COMMAND_WITH_AT = re.compile(r"\\([a-zA-Z@]+|(?s:.))")
# Blanks behind a command's name, across a line break, but not across a blank line.
_SWALLOWED = re.compile(r"[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?")
_COMMENT = re.compile(r"%[^\n]*(?:\n[ \t]*)?")
_BLANK = re.compile(r"[ \t\n]+")
# Words with single blanks between them; a blank at the end is a token of its own.
_TEXT = re.compile(r"[^\\{}$&#~_^%\s]+(?: [^\\{}$&#~_^%\s]+)*|[^\S \t\n]+")
_PARAMETER = re.compile(r"(#{1,8})(\d?)")
_SIGNS = {"{": OPEN, "}": CLOSE, "&": ALIGN, "~": TIE, "_": SUB, "^": SUPER}


class Lexer:
    """Yields the tokens of a text; `place` may be set between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.at_is_letter = False

    def next(self) -> Token | None:
        """Returns the next token, None at the end."""
        text, place = self.text, self.place
        while place < len(text):
            sign = text[place]
            if sign == "%":
                place = _end_of(_COMMENT, text, place)
                if text[place : place + 1] == "\n" and text[place - 1] != "%":
                    end = _end_of(_BLANK, text, place)
                    self.place = end
                    return Token(PARAGRAPH, "\n\n", text[place:end], end)
                continue
            return self._token(sign, place)
        self.place = place
        return None

    def _token(self, sign: str, place: int) -> Token:
        text = self.text
        if sign == "\\":
            found = (_COMMAND_WITH_AT if self.at_is_letter else _COMMAND).match(text, place)
            if found is None:  # a backslash at the very end
                self.place = place + 1
                return Token(TEXT, "", "", self.place)
            end = found.end()
            name = found[1]
            self.place = _end_of(_SWALLOWED, text, end) if name[0].isalpha() or name[0] == "@" else end
            if name.isspace():
                name = " "
            return Token(COMMAND, name, text[place : self.place], end)
        if sign in " \t\n":
            end = _end_of(_BLANK, text, place)
            self.place = end
            raw = text[place:end]
            return Token(PARAGRAPH, "\n\n", raw, end) if raw.count("\n") > 1 else Token(SPACE, " ", raw, end)
        if sign in _SIGNS:
            self.place = place + 1
            return Token(_SIGNS[sign], sign, sign, place + 1)
        if sign == "$":
            self.place = place + (2 if text.startswith("$$", place) else 1)
            return Token(MATH, text[place : self.place], text[place : self.place], self.place)
        if sign == "#":
            hashes = _PARAMETER.match(text, place)
            assert hashes is not None
            self.place = hashes.end()
            return Token(PARAMETER, hashes[0], hashes[0], self.place)
        self.place = _end_of(_TEXT, text, place)
        return Token(TEXT, text[place : self.place], text[place : self.place], self.place)


def source_of(tokens: list[Token]) -> str:
    """Returns the source of the tokens, with a blank where a command's name would run into the next letter."""
    parts: list[str] = []
    name_open = False
    for token in tokens:
        if not token.raw:
            continue
        if name_open and token.raw[0].isalpha():
            parts.append(" ")
        parts.append(token.raw)
        name_open = token.kind == COMMAND and token.raw[-1].isalpha()
    return "".join(parts)


def tokens_of(text: str) -> list[Token]:
    """Returns all tokens of a text."""
    lexer = Lexer(text)
    found: list[Token] = []
    while (token := lexer.next()) is not None:
        found.append(token)
    return found


def _end_of(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found is not None else place
