"""Locates names and quotes of an answer in the source text, tolerant of formatting, spelling variants and inflection."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from fathom.chunking.sentences import sentence_spans
from fathom.extraction.response.texts.answer_words import WordIndex, word_keys
from fathom.extraction.response.texts.inflection import language_group
from fathom.extraction.response.texts.name_forms import name_forms
from fathom.extraction.response.texts.unformatted_text import DOTTED_I, CharacterSpan, FoldedText, UnformattedText
from fathom.extraction.response.texts.word_borders import JOINED_SCRIPTS, stands_alone

_RUN = re.compile(r"[^\W_]+")
_MARKS = re.compile(r"[*_`~<>&\[\]\\-]")  # of Markdown and HTML, which may belong to a name
MIN_LETTERS = 5  # of a name that is matched without accents or spaces
_MAX_COMMON = 4  # letters
# Common words, which are no names in lower case.
_COMMON = frozenset(
    """
    a am an and any are art as at be bill but by can did do for go had has he her him his how i if in is it its led let mark may
    me mine my no nor not now of off old on one or our out own rose she so than that the them then they this to too up us use
    was way we were who will with you
    """.split()  # noqa: SIM905
)
_ELLIPSIS = re.compile(r"\s*(?:\[\.{3}\]|\(\.{3}\)|\.{3,})\s*")
_MIN_PIECE = 8  # letters of a part of a quote that identifies it


class SourceText:
    """A text to search for names and quotes; spans are code points of the text, end exclusive."""

    def __init__(self, text: str) -> None:
        self.text = text

    def places(self, forms: Mapping[str, Sequence[str]]) -> dict[str, list[CharacterSpan]]:
        """Returns for each key the spans of its forms; a longer name takes precedence over a shorter name.

        Exact names are matched first, then other forms of the names not found, then inflected forms.
        """
        taken = _Taken(len(self.text))
        found: dict[str, list[CharacterSpan]] = {key: [] for key in forms}
        sought = sorted({(form, key) for key, names in forms.items() for form in names}, key=lambda pair: (-len(pair[0]), pair))
        for form, key in sought:
            found[key].extend(span for span in self.found(form) if taken.take(span))
        for form, key in sought:
            if not found[key]:
                found[key].extend(span for span in self._found_otherwise(form) if taken.take(span))
        for form, key in sought if self._group else ():
            found[key].extend(span for span in self._inflected(form) if taken.take(span))
        return {key: sorted(spans) for key, spans in found.items()}

    def locate_quote(self, quote: str, ends: Sequence[Sequence[CharacterSpan]]) -> tuple[CharacterSpan, bool]:
        """Returns the sentence around the quote, else around the nearest mentions of both ends, else the whole text.

        The second value is whether the quote was found.
        """
        at = self._quoted_at(quote) if quote.strip() else None
        return self._sentence(at or _nearest(ends) or (0, len(self.text))), at is not None

    def found(self, words: str) -> list[CharacterSpan]:
        """Returns the spans of the words, with matching case if possible."""
        own = self._plain_words(words)
        if not self._may_have(own):
            return self._with_written(words, []) if _MARKS.search(words) else []
        for plain in self._plain, *self._undivided:
            if spans := list(_spans(plain, own)):
                return self._with_written(words, spans)
        if spans := self._with_written(words, []):
            return spans
        for plain in self._plain, *self._undivided:
            folded = _folded(own)
            if spans := [span for span in _spans(plain.folded, folded) if self._may_be(own, span)]:
                return spans
        return []

    @cached_property
    def _plain(self) -> UnformattedText:
        return UnformattedText(self.text)

    @cached_property
    def _undivided(self) -> list[UnformattedText]:
        """The text with its line-end hyphens kept, which may belong to the words."""
        return [UnformattedText(self.text, keeps_hyphens=True)] if self._plain.has_breaks else []

    @cached_property
    def _runs(self) -> frozenset[str]:
        """All runs of letters and digits in the text, case-folded."""
        return frozenset(run for plain in (self._plain, *self._undivided) for run in _RUN.findall(plain.folded.text))

    def _may_have(self, words: str) -> bool:
        """Returns whether all words of a name occur in the text: a quick check; True for scripts without spaces between
        words.
        """
        return (not words.isascii() and bool(JOINED_SCRIPTS.search(words))) or self._runs.issuperset(
            _RUN.findall(_folded(words))
        )

    @cached_property
    def _words(self) -> WordIndex:
        return WordIndex(self._plain.folded, self._group)

    @cached_property
    def _group(self) -> str | None:
        return language_group(self.text)

    @cached_property
    def _breaks(self) -> tuple[list[int], list[int]]:
        """Where sentences and lines begin, and where they end."""
        lines = [match.start() for match in re.finditer("\n", self.text)]
        spans = sentence_spans(self.text)
        return sorted({0, *(start for start, _ in spans), *(at + 1 for at in lines)}), sorted(
            {end for _, end in spans} | {*lines}
        )

    def _plain_words(self, words: str) -> str:
        return (
            " ".join(words.split())
            if words.isascii() and words.replace(" ", "").isalnum()
            else UnformattedText(words).text.strip()
        )

    def _with_written(self, words: str, spans: list[CharacterSpan]) -> list[CharacterSpan]:
        """Adds exact code point matches of the words, for names with Markdown characters."""
        if self._plain.text == self.text or (words.isalnum() and words.isascii()):
            return spans
        taken = _Taken(len(self.text))
        written = [span for span in _written(self.text, words) if stands_alone(self.text, *span)]
        whole = [span for span in written if all(map(self._plain.is_border, span))]
        return sorted(span for span in (*whole, *spans) if taken.take(span))

    def _may_be(self, name: str, span: CharacterSpan) -> bool:
        """Returns whether a name may match there in another case: `IT` does not match `it`."""
        if len(name) > _MAX_COMMON:
            return True
        shown = self.text[slice(*span)]
        return shown.casefold() not in _COMMON or sum(map(str.isupper, shown)) >= sum(map(str.isupper, name))

    def _found_otherwise(self, name: str) -> list[CharacterSpan]:
        """Returns the spans of a name with other punctuation, without title or brackets, or as part of a list of names."""
        plain = self._plain_words(name)
        forms = list(name_forms(plain))
        for form in forms:
            if spans := self.found(form):
                return spans
        for form in (plain, *forms):
            keys = word_keys(_folded(form))
            letters = sum(map(len, keys))
            if letters < 2 or keys == ["&"]:
                continue
            for search in (self._words.runs, self._words.runs_with_initials, self._words.runs_turned, self._words.runs_shared):
                if spans := [span for span in search(keys) if self._may_be(form, span)]:
                    return spans
            if letters >= MIN_LETTERS and (spans := list(self._words.runs_without_accents(keys))):
                return spans
        return []

    def _inflected(self, name: str) -> Iterator[CharacterSpan]:
        return self._words.runs_inflected(word_keys(_folded(self._plain_words(name))))

    def _quoted_at(self, quote: str) -> CharacterSpan | None:
        own = self._plain_words(quote)
        pieces = [piece for piece in _ELLIPSIS.split(own) if len(piece) >= _MIN_PIECE]
        for shown in dict.fromkeys((own, own.strip(" \"'.,;:"), *sorted(pieces, key=len, reverse=True)[:3])):
            if shown and (spans := self.found(shown)):
                return spans[0]
        keys = word_keys(_folded(own))
        return next(self._words.runs(keys), None) or self._words.quoted(keys)

    def _sentence(self, at: CharacterSpan) -> CharacterSpan:
        starts, ends = self._breaks
        start = starts[bisect_right(starts, at[0]) - 1]
        later = bisect_left(ends, at[1])
        end = ends[later] if later < len(ends) else len(self.text)
        piece = self.text[start:end]
        return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _folded(plain_words: str) -> str:
    """Returns plain words with their case folded as in `FoldedText`."""
    return plain_words.translate(DOTTED_I).casefold()


class _Taken:
    """Marks the characters of a text that are part of a name."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, span: CharacterSpan) -> bool:
        """Takes the span; returns False if any part of it is taken."""
        start, end = span
        if self._taken.find(1, start, end) >= 0:
            return False
        self._taken[start:end] = b"\x01" * (end - start)
        return True


def _spans(plain: UnformattedText | FoldedText, words: str) -> Iterator[CharacterSpan]:
    """Yields the spans of the words in a normalized text, between word borders and of whole characters."""
    at = plain.text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        span = plain.span(at, end) if stands_alone(plain.text, at, end) else None
        if span is not None:
            yield span
        at = plain.text.find(words, end if span is not None else at + 1)


def _written(text: str, words: str) -> Iterator[CharacterSpan]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at, at + len(words)
        at = text.find(words, at + len(words))


def _nearest(ends: Sequence[Sequence[CharacterSpan]]) -> CharacterSpan | None:
    """Returns the smallest span around a place of each end; if an end has none, a place of the other."""
    first, second = (sorted(spans) for spans in ends)
    if not first or not second:
        return next(iter(first or second), None)
    best: CharacterSpan | None = None
    for place in first:
        later = bisect_left(second, place)
        for near in second[max(0, later - 1) : later + 1]:
            around = min(place[0], near[0]), max(place[1], near[1])
            if best is None or around[1] - around[0] < best[1] - best[0]:
                best = around
    return best
