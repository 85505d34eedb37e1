"""Normalizes a text to its visible characters and maps each of them to its span in the original."""

from __future__ import annotations

import html
import re
import unicodedata
from array import array
from bisect import bisect_left
from functools import cached_property, lru_cache

CharacterSpan = tuple[int, int]

MAX_CLUSTER = 32  # code points of a composed character; sorting more marks takes quadratic time
_MAX_ESCAPES = 3  # of an entity within an entity

_APOSTROPHES = "’‘‛ʼʻʹ′`´＇՚ꞌ"
_QUOTES = "“”„‟″‶«»「」『』＂"
_DASHES = "‐‑‒–—―−﹘﹣－⸺⸻"
_SIGNS = {**dict.fromkeys(_APOSTROPHES, "'"), **dict.fromkeys(_QUOTES, '"'), **dict.fromkeys(_DASHES, "-"), "…": "..."}
DOTTED_I = str.maketrans("İı", "ii")  # so that both capitals match

_ZWJ = "\u200d"
_INDICATORS = range(0x1F1E6, 0x1F200)  # regional indicators, two of which are a flag
_DROPPED, _EXTENDS, _BLANK = "dropped", "extends", "blank"

_SPECIAL = re.compile(
    r"(?P<break>[-\xad\u2010\u2011][ \t]*\r?\n[ \t>]*(?=\w))"
    r"|(?P<other>[^\x00-\x7f\xad\u2010\u2011]+|[\xad\u2010\u2011])"
    r"|(?P<blank>[\x00-\x20\x7f]{2,}|[\x00-\x1f\x7f])"
    r"|(?P<entity>&(?:amp;){0,2}(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});)"
    r"|(?P<mark>\\(?=[!-/:-@\[-`{-~])"
    r"|!?\[(?=[^\[\]\n]{1,300}\]\()|\]\([^()\s]{0,500}(?:[ ]\"[^\"\n]{0,200}\")?\)"
    r"|(?<!\d)\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?!\d)|(?<!\w)_{1,3}(?=[^\W_])|(?<=[^\W_])_{1,3}(?!\w)|~~|`{1,3}"
    r"|</?(?:b|i|u|s|em|strong|sup|sub|span|a|mark|code|small|font|wbr|q|cite|abbr)(?:\s[^<>]{0,200})?/?>)"
    r"|(?P<gap></?(?:br|p|div|li|td|tr)(?:\s[^<>]{0,200})?/?>)",
    re.IGNORECASE,
)


class UnformattedText:
    """The visible characters of a text, each with its span in the original.

    White space is single spaces; quotes, apostrophes and dashes are ASCII; letters are composed (NFKC). Invisible characters,
    HTML entities and tags, Markdown marks and line-end hyphens are removed. Built in a single pass.
    """

    def __init__(self, original: str, *, keeps_hyphens: bool = False) -> None:
        self._original = original
        self.has_breaks = False  # whether a word is hyphenated at a line end
        self._parts: list[str] = []
        self._starts = array("l")
        self._ends = array("l")
        self._keeps_hyphens = keeps_hyphens
        self._read(original)
        self.text = "".join(self._parts)
        self._parts.clear()

    def span(self, start: int, end: int) -> CharacterSpan | None:
        """Returns the original span of `text[start:end]`; None where it begins or ends within a character."""
        first, last = self._starts[start], self._ends[end - 1]
        if start and self._starts[start - 1] == first:
            return None
        if end < len(self._starts) and self._starts[end] == self._starts[end - 1]:
            return None
        return first, last

    def is_border(self, at: int) -> bool:
        """Returns whether no visible character continues across this offset of the original."""
        if at >= len(self._original) or self._original[at].isascii() or _kind(self._original[at]) == _DROPPED:
            return True
        near = bisect_left(self._starts, at)
        return near < len(self._starts) and self._starts[near] == at

    @cached_property
    def folded(self) -> FoldedText:
        """The text with its case folded."""
        return FoldedText(self)

    def _read(self, original: str) -> None:
        at = 0
        for special in _SPECIAL.finditer(original):
            start, end = special.span()
            if start > at:
                self._add_plain(original, at, start)
            if end > at:
                self._add_special(original, special.lastgroup or "", max(start, at), end)
                at = max(at, end)
        self._add_plain(original, at, len(original))
        if self._parts and self._parts[-1] == " ":
            self._parts.pop()
            self._starts.pop()
            self._ends.pop()

    def _add_plain(self, original: str, start: int, end: int) -> None:
        if start >= end:
            return
        if original[start] == " " and (not self._parts or self._parts[-1].endswith(" ")):
            start += 1
        self._parts.append(original[start:end])
        self._starts.extend(range(start, end))
        self._ends.extend(range(start + 1, end + 1))

    def _add(self, shown: str, start: int, end: int) -> None:
        """Adds the normalized form of a character of the original."""
        if shown == " " and (not self._parts or self._parts[-1].endswith(" ")):
            if self._parts:
                self._ends[-1] = max(self._ends[-1], end)
            return
        if shown:
            self._parts.append(shown)
            self._starts.extend([start] * len(shown))
            self._ends.extend([end] * len(shown))

    def _add_special(self, original: str, kind: str, start: int, end: int) -> None:
        if kind == "other":
            self._add_clusters(original, start, end)
        elif kind in ("blank", "gap"):
            self._add(" ", start, end)
        elif kind == "entity":
            self._add_entity(original, start, end)
        elif kind == "break":
            self._add_break(original, start, end)

    def _add_break(self, original: str, start: int, end: int) -> None:
        """Adds a line-end hyphen that belongs to the word, as before a capital."""
        if original[start] == "\xad":
            return
        self.has_breaks = True
        before, after = original[start - 1 : start], original[end : end + 1]
        divided = after.islower() or (before.isupper() and after.isupper())
        if self._keeps_hyphens or not divided:
            self._add("-", start, start + 1)

    def _add_entity(self, original: str, start: int, end: int) -> None:
        shown = original[start:end]
        for _ in range(_MAX_ESCAPES):
            if (read := html.unescape(shown)) == shown:
                break
            shown = read
        if shown == original[start:end]:  # an unknown entity
            self._add_plain(original, start, end)
        else:
            self._add("".join(_read_alone(sign) for sign in shown), start, end)

    def _add_clusters(self, original: str, start: int, end: int) -> None:
        """Adds non-ASCII characters with their combining marks; leading marks belong to the character before."""
        at = start
        if self._parts and _kind(original[at]) == _EXTENDS and self._ends[-1] == at and not self._parts[-1].endswith(" "):
            at = self._withdraw()
        while at < end:
            after = _cluster_end(original, at, end)
            self._add(_composed(original[at:after]), at, after)
            at = after

    def _withdraw(self) -> int:
        """Removes the last character and returns its original offset."""
        start = self._starts[-1]
        width = 1
        while width < len(self._starts) and self._starts[-width - 1] == start:
            width += 1
        rest = self._parts.pop()
        if len(rest) > width:
            self._parts.append(rest[:-width])
        del self._starts[-width:]
        del self._ends[-width:]
        return start


class FoldedText:
    """A normalized text with its case folded, with offsets into that text."""

    def __init__(self, plain: UnformattedText) -> None:
        text = plain.text.translate(DOTTED_I)
        self.text = text.casefold()
        self._plain = plain
        self._at: array[int] | None = None
        if len(self.text) != len(text):
            self._at = array("l")
            for at, sign in enumerate(text):
                self._at.extend([at] * len(sign.casefold()))

    def span(self, start: int, end: int) -> CharacterSpan | None:
        """Returns the original span; None where it begins or ends within a character."""
        at = self._at
        if at is None:
            return self._plain.span(start, end)
        if (start and at[start - 1] == at[start]) or (end < len(at) and at[end] == at[end - 1]):
            return None
        return self._plain.span(at[start], at[end - 1] + 1)


def _cluster_end(text: str, start: int, end: int) -> int:
    """Returns the end of the grapheme cluster at `start`: with combining marks, joined emoji, both letters of a flag."""
    at = start + 1
    if ord(text[start]) in _INDICATORS and at < end and ord(text[at]) in _INDICATORS:
        at += 1
    while at < end:
        if text[at] == _ZWJ:
            joined = at + 1 < end and unicodedata.category(text[at + 1]) == "So"
            at += 2 if joined else 1
        elif _kind(text[at]) == _EXTENDS:
            at += 1
        else:
            break
    return at


@lru_cache(maxsize=8192)
def _composed(cluster: str) -> str:
    """Returns the composed form of a grapheme cluster without invisible characters; a space for white space."""
    if len(cluster) > MAX_CLUSTER:
        return cluster
    if len(cluster) == 1:
        return _read_alone(cluster)
    seen = "".join(sign for sign in cluster if sign != _ZWJ and not "\ufe00" <= sign <= "\ufe0f")
    return "".join(_read_alone(sign) if _kind(sign) != _EXTENDS else sign for sign in unicodedata.normalize("NFKC", seen))


@lru_cache(maxsize=8192)
def _read_alone(sign: str) -> str:
    kind = _kind(sign)
    if kind == _DROPPED:
        return ""
    if kind == _BLANK:
        return " "
    if sign in _SIGNS:
        return _SIGNS[sign]
    return "".join(_SIGNS.get(part, part) for part in unicodedata.normalize("NFKC", sign))


@lru_cache(maxsize=8192)
def _kind(sign: str) -> str:
    """Classifies a character: dropped (invisible), extending its predecessor, blank, or visible (empty string)."""
    if sign == _ZWJ or "\u1160" <= sign <= "\u11ff" or "\ud7b0" <= sign <= "\ud7ff" or "\U0001f3fb" <= sign <= "\U0001f3ff":
        return _EXTENDS
    category = unicodedata.category(sign)
    if category.startswith("M"):
        return _EXTENDS
    if category == "Cf":
        return _DROPPED
    return _BLANK if sign.isspace() or category in ("Cc", "Zs", "Zl", "Zp") else ""
