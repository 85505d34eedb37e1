"""Parses JSON as language models write it: comments, trailing commas, any quotes, Python literals, missing brackets.

A single pass in linear time that adds nothing: text that ends within a value is marked as cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

MAX_NESTING = 32
_MAX_NUMBER = 60  # characters; longer numbers stay text

# Comments are bounded, since the text behind a quote is scanned repeatedly.
_COMMENT = r"//[^\n]{0,300}|/\*[^*]{0,300}\*/|#[^\n]{0,300}"
_GAP = re.compile(rf"(?:\s+|{_COMMENT})*")
_GAP_AND_COMMAS = re.compile(rf"(?:[\s,，]+|{_COMMENT})*")
_COLON = re.compile(r"\s*(?::|：|=>?)")
_KEY = re.compile(r"[^\W\d][\w$-]{0,80}(?=\s*(?::|：|=>?))")
_QUOTED_KEY = re.compile(r"""["'“”„‘’`][^"'“”„‘’`\n:{}\[\]]{1,80}["'“”„‘’`]\s*[:：]|[^\W\d][\w$-]{0,80}\s*[:：]""")
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.-])")
_WORD = re.compile(r"""[^\s,，{}\[\]:：'"“”`][^,，{}\[\]:：\n"“”`]*""")
_VALUE_START = re.compile(r"""["'“”„‘’`{}\[\]\d+.-]|(?:true|false|null|none|nan|undefined|infinity)\b""", re.IGNORECASE)
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None, "none": None, "nil": None, "undefined": None}
_CLOSERS = {'"': '"', "'": "'", "`": "`", "“": "”“\"", "”": "”\"", "„": "“”\"", "‘": "’'", "’": "’'"}  # fmt: skip
_STOPS = {quote: re.compile(rf"[{re.escape(closers)}\\]") for quote, closers in _CLOSERS.items()}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": "\n"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_LEFT_OUT = ("...", "…")
_END = re.compile(r"```|~~~|<\||</")  # a code fence or template token ends the JSON

Position = Literal["key", "member", "item", "alone"]


class UnreadableJson(ValueError):
    """The text is no JSON, even leniently; `reached` is the last position read, `deep` means nested too deep."""

    reached: int = 0
    deep: bool = False


@dataclass
class ParsedValue:
    """A value and the end of its text.

    `unclosed` are the containers that are not closed, outermost first; `cut` means that the text ends within a value.
    """

    value: Any
    end: int
    unclosed: list[Any] = field(default_factory=list[Any])
    cut: bool = False


def read_value(text: str, start: int) -> ParsedValue:
    """Parses the object or list that begins at `start`. Raises UnreadableJson where there is none, or it is nested too deep."""
    reader = _JsonReader(text)
    try:
        value, end = reader.value(start, "alone", 0)
    except UnreadableJson as error:
        error.reached = max(start, reader.reached)
        raise
    return ParsedValue(value, end, list(reversed(reader.unclosed)), reader.cut)


class _JsonReader:
    """The state of a parse: whether the text ended early, and the containers that were open then, innermost first."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._objects = 0  # open objects
        self._lists = 0
        self.cut = False
        self.ended = False
        self.reached = 0
        self.unclosed: list[Any] = []

    def value(self, at: int, place: Position, depth: int) -> tuple[Any, int]:
        at = self.reached = self._gap(at)
        if self._is_end(at):
            self.cut = self.ended = True
            return None, at
        first = self._text[at]
        if depth >= MAX_NESTING:
            error = UnreadableJson("it is nested too deep")
            error.deep = True
            raise error
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._list(at, depth)
        if first in _CLOSERS:
            return self._string(at, place)
        if first in ",，}]":  # a member without a value
            return None, at
        if (number := _NUMBER.match(self._text, at)) and number.end() - at <= _MAX_NUMBER:
            return _number(number[0]), number.end()
        return self._word(at)

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at += 1
        self._objects += 1
        while not self.ended:
            at = self._gap(at, commas=True)
            if self._is_end(at):
                self.ended = True
                break
            first = self._text[at]
            if first == "}":
                at = self._after_surplus(at + 1, depth)
                if self._text[at - 1] == "}":
                    break
                continue
            if first == "]":
                if not self._lists:
                    raise UnreadableJson("a bracket closes nothing")
                self._objects -= 1
                return found, at  # the closing bracket is missing
            key, at = self._key(at)
            if key is None:
                break
            value, at = self.value(at, "member", depth + 1)
            if not self.cut or isinstance(value, (dict, list)):
                merge_member(found, key, value)
        self._objects -= 1
        if self.ended:
            self.unclosed.append(found)
        return found, at

    def _after_surplus(self, at: int, depth: int) -> int:
        """Returns the position after a closing brace; a surplus brace before more members of the outermost object is
        skipped.
        """
        if depth == 0 and (comma := re.compile(r"\s*,").match(self._text, at)):
            behind = self._gap(comma.end())
            if _QUOTED_KEY.match(self._text, behind):
                return comma.end()
        return at

    def _list(self, at: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at += 1
        self._lists += 1
        while not self.ended:
            at = self._gap(at, commas=True)
            if self._is_end(at):
                self.ended = True
                break
            if self._text[at] == "]":
                at += 1
                break
            if self._text[at] == "}" or (self._objects and _QUOTED_KEY.match(self._text, at)):
                if not self._objects:
                    raise UnreadableJson("a bracket closes nothing")
                self._lists -= 1
                return found, at  # the closing bracket is missing
            value, at = self.value(at, "item", depth + 1)
            if not self.cut or isinstance(value, (dict, list)):
                found.append(value)
        self._lists -= 1
        if self.ended:
            self.unclosed.append(found)
        return found, at

    def _key(self, at: int) -> tuple[str | None, int]:
        """Returns a member's name and the position of its value; None if the text ends before."""
        if self._text[at] in _CLOSERS:
            key, at = self._string(at, "key")
        elif bare := _KEY.match(self._text, at):
            key, at = bare[0], bare.end()
        else:
            raise UnreadableJson("a member has no name")
        at = self._gap(at)
        if self._is_end(at):
            self.cut = self.ended = True
            return None, at
        colon = _COLON.match(self._text, at)
        if not colon:
            raise UnreadableJson("a member has no colon")
        return key, colon.end()

    def _word(self, at: int) -> tuple[Any, int]:
        word = _WORD.match(self._text, at)
        if not word:
            raise UnreadableJson("a sign stands for nothing")
        literal = word[0].strip()
        if literal.startswith(_LEFT_OUT):
            raise UnreadableJson("it leaves parts of its lists out")
        if word.end() >= len(self._text):
            self.cut = self.ended = True
        return _CONSTANTS.get(literal.lower(), literal), word.end()

    def _string(self, at: int, place: Position) -> tuple[str, int]:
        text, stops = self._text, _STOPS[self._text[at]]
        parts: list[str] = []
        at += 1
        while stop := stops.search(text, at):
            parts.append(text[at : stop.start()])
            at = self.reached = stop.end()
            if stop[0] == "\\":
                literal, at = _escaped(text, at)
                parts.append(literal)
            elif self._closes(at, place):
                return _whole("".join(parts)), at
            else:  # an unescaped quote within the string
                parts.append(stop[0])
        self.cut = self.ended = True
        return "", len(text)

    def _closes(self, at: int, place: Position) -> bool:
        """Returns whether the quote before `at` ends its string, judged by the text behind it."""
        behind = self._gap(at)
        if behind >= len(self._text):
            return True
        sign = self._text[behind]
        if place == "key":
            return sign in ":：="
        if place == "alone" or sign in "}]" or _END.match(self._text, behind):
            return True
        if sign in ",，":
            after = self._gap(behind, commas=True)
            if after >= len(self._text) or self._text[after] in "}]":
                return True
            if self._text.startswith(_LEFT_OUT, after):
                return True
            return bool((_QUOTED_KEY if place == "member" else _VALUE_START).match(self._text, after))
        # a missing comma
        return bool(_QUOTED_KEY.match(self._text, behind)) or (place == "item" and behind > at and sign in "\"'{[")

    def _gap(self, at: int, *, commas: bool = False) -> int:
        match = (_GAP_AND_COMMAS if commas else _GAP).match(self._text, at)
        return match.end() if match else at

    def _is_end(self, at: int) -> bool:
        return at >= len(self._text) or bool(_END.match(self._text, at))


def merge_member(found: dict[str, Any], key: str, value: Any) -> None:
    """Puts a member into an object: lists of a repeated name are joined, other values replaced."""
    known = found.get(key)
    if isinstance(known, list) and isinstance(value, list):
        known.extend(value)
    else:
        found[key] = value


def merged_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the members of a strict JSON object, with lists of the same name joined."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        merge_member(found, key, value)
    return found


def _escaped(text: str, at: int) -> tuple[str, int]:
    """Returns the character of an escape sequence and its end; an unnecessary escape stands for its character."""
    if at >= len(text):
        return "", at
    sign = text[at]
    if sign == "u":
        digits = _HEX.match(text, at + 1)
        return (chr(int(digits[0], 16)), digits.end()) if digits else ("\\u", at + 1)
    if sign in _ESCAPES:
        return _ESCAPES[sign], at + 1
    return (sign if not sign.isalnum() else f"\\{sign}"), at + 1


def _whole(literal: str) -> str:
    """Returns the text with surrogate pairs joined."""
    if not any(0xD800 <= ord(sign) <= 0xDFFF for sign in literal):
        return literal
    return literal.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _number(literal: str) -> int | float:
    plain = literal.replace("_", "")
    try:
        return int(plain)
    except ValueError:
        return float(plain)
