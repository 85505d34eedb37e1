"""Finds the names and quotes of an answer in the text that it is about, by what they say."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from fathom.chunking.sentences import sentence_spans
from fathom.extraction.response.texts.answer_words import Words, word_keys
from fathom.extraction.response.texts.inflection import language_group
from fathom.extraction.response.texts.name_forms import name_forms
from fathom.extraction.response.texts.unformatted_text import DOTTED_I, FoldedText, PlainText, Span
from fathom.extraction.response.texts.word_borders import JOINED_SCRIPTS, stands_alone

_RUN = re.compile(r"[^\W_]+")
_MARKS = re.compile(r"[*_`~<>&\[\]\\-]")  # of Markdown and HTML, which a name may have as its own
MIN_LETTERS = 5  # of a name that is found with other accents or without its spaces
_MAX_COMMON = 4  # letters
# Words that are no name in small letters, though a name may have their letters.
_COMMON = frozenset(
    """
    a am an and any are art as at be bill but by can did do for go had has he her him his how i if in is it its led let mark may
    me mine my no nor not now of off old on one or our out own rose she so than that the them then they this to too up us use
    was way we were who will with you
    """.split()  # noqa: SIM905
)
_ELLIPSIS = re.compile(r"\s*(?:\[\.{3}\]|\(\.{3}\)|\.{3,})\s*")
_MIN_PIECE = 8  # letters of a part of a quote that stands for it


class SourceText:
    """A text in which names and quotes of an answer are sought; places are code points of the text, end exclusive."""

    def __init__(self, text: str) -> None:
        self.text = text

    def places(self, forms: Mapping[str, Sequence[str]]) -> dict[str, list[Span]]:
        """Returns by key where each thing is named, by any of its forms; a longer name's place is not a shorter one's.

        Names that stand in the text as they are come first, then other forms of those that do not, then inflected ones.
        """
        taken = _Taken(len(self.text))
        found: dict[str, list[Span]] = {key: [] for key in forms}
        sought = sorted({(form, key) for key, some in forms.items() for form in some}, key=lambda one: (-len(one[0]), one))
        for form, key in sought:
            found[key].extend(span for span in self.found(form) if taken.take(span))
        for form, key in sought:
            if not found[key]:
                found[key].extend(span for span in self._found_otherwise(form) if taken.take(span))
        for form, key in sought if self._group else ():
            found[key].extend(span for span in self._inflected(form) if taken.take(span))
        return {key: sorted(spans) for key, spans in found.items()}

    def said_at(self, quote: str, ends: Sequence[Sequence[Span]]) -> tuple[Span, bool]:
        """Returns the sentence around the quote, else around the nearest places of both ends, else the whole text.

        The second value says whether the quote was found.
        """
        at = self._quoted_at(quote) if quote.strip() else None
        return self._sentence(at or _nearest(ends) or (0, len(self.text))), at is not None

    def found(self, words: str) -> list[Span]:
        """Returns where the words stand, in their own case of letters, or in any where they do not."""
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
    def _plain(self) -> PlainText:
        return PlainText(self.text)

    @cached_property
    def _undivided(self) -> list[PlainText]:
        """The text with the hyphens at its lines' ends, which may be words' own."""
        return [PlainText(self.text, keeps_hyphens=True)] if self._plain.has_breaks else []

    @cached_property
    def _runs(self) -> frozenset[str]:
        """The runs of letters and digits of the text, in small letters."""
        return frozenset(run for plain in (self._plain, *self._undivided) for run in _RUN.findall(plain.folded.text))

    def _may_have(self, words: str) -> bool:
        """Whether all words of a name are words of the text: a quick look; True in scripts without gaps between words."""
        return (not words.isascii() and bool(JOINED_SCRIPTS.search(words))) or self._runs.issuperset(
            _RUN.findall(_folded(words))
        )

    @cached_property
    def _words(self) -> Words:
        return Words(self._plain.folded, self._group)

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
            " ".join(words.split()) if words.isascii() and words.replace(" ", "").isalnum() else PlainText(words).text.strip()
        )

    def _with_written(self, words: str, spans: list[Span]) -> list[Span]:
        """Adds the places where the words stand code point by code point, as names with marks of Markdown may."""
        if self._plain.text == self.text or (words.isalnum() and words.isascii()):
            return spans
        taken = _Taken(len(self.text))
        written = [span for span in _written(self.text, words) if stands_alone(self.text, *span)]
        whole = [span for span in written if all(map(self._plain.is_border, span))]
        return sorted(span for span in (*whole, *spans) if taken.take(span))

    def _may_be(self, name: str, span: Span) -> bool:
        """Whether a name may stand there in another case: `IT` is not `it`."""
        if len(name) > _MAX_COMMON:
            return True
        said = self.text[slice(*span)]
        return said.casefold() not in _COMMON or sum(map(str.isupper, said)) >= sum(map(str.isupper, name))

    def _found_otherwise(self, name: str) -> list[Span]:
        """Where a name stands with other signs or spaces, without its title or brackets, or as a part of others."""
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

    def _inflected(self, name: str) -> Iterator[Span]:
        return self._words.runs_inflected(word_keys(_folded(self._plain_words(name))))

    def _quoted_at(self, quote: str) -> Span | None:
        own = self._plain_words(quote)
        pieces = [piece for piece in _ELLIPSIS.split(own) if len(piece) >= _MIN_PIECE]
        for said in dict.fromkeys((own, own.strip(" \"'.,;:"), *sorted(pieces, key=len, reverse=True)[:3])):
            if said and (spans := self.found(said)):
                return spans[0]
        keys = word_keys(_folded(own))
        return next(self._words.runs(keys), None) or self._words.quoted(keys)

    def _sentence(self, at: Span) -> Span:
        starts, ends = self._breaks
        start = starts[bisect_right(starts, at[0]) - 1]
        later = bisect_left(ends, at[1])
        end = ends[later] if later < len(ends) else len(self.text)
        piece = self.text[start:end]
        return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _folded(plain_words: str) -> str:
    """Words in plain text with their case folded, as `FoldedText` folds it."""
    return plain_words.translate(DOTTED_I).casefold()


class _Taken:
    """The characters of a text that names have."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, span: Span) -> bool:
        """Takes the place; False where a part of it is taken."""
        start, end = span
        if self._taken.find(1, start, end) >= 0:
            return False
        self._taken[start:end] = b"\x01" * (end - start)
        return True


def _spans(plain: PlainText | FoldedText, words: str) -> Iterator[Span]:
    """Where the words stand in a text that is read like them, as words of their own and of whole characters."""
    at = plain.text.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        span = plain.span(at, end) if stands_alone(plain.text, at, end) else None
        if span is not None:
            yield span
        at = plain.text.find(words, end if span is not None else at + 1)


def _written(text: str, words: str) -> Iterator[Span]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at, at + len(words)
        at = text.find(words, at + len(words))


def _nearest(ends: Sequence[Sequence[Span]]) -> Span | None:
    """Returns what lies around the two places, one of each end, that are nearest to each other; around the one there is."""
    one, other = (sorted(some) for some in ends)
    if not one or not other:
        return next(iter(one or other), None)
    best: Span | None = None
    for place in one:
        later = bisect_left(other, place)
        for near in other[max(0, later - 1) : later + 1]:
            around = min(place[0], near[0]), max(place[1], near[1])
            if best is None or around[1] - around[0] < best[1] - best[0]:
                best = around
    return best
