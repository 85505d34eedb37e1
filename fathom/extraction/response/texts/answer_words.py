"""Finds sequences of words in a text, ignoring punctuation and spaces between them, or by their stems."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from fathom.extraction.response.texts.inflection import MIN_STEM, stems, without_accents
from fathom.extraction.response.texts.name_forms import TITLES
from fathom.extraction.response.texts.unformatted_text import CharacterSpan, FoldedText

MAX_TRIED = 20_000  # places of a name's rarest word that are tried
MAX_WORDS = 60  # of a name, which has at most 200 letters
_MAX_BETWEEN = 7  # words between a first name and the shared family name
_MAX_VOTES = 50  # places of a word that locates a quote; more frequent words say little
MIN_QUOTED = 0.6  # share of a loose quote's words that must stand in order
MIN_QUOTED_WORDS = 4

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*|&")
_INITIALS = re.compile(r"(?<![^\W_])(?:[^\W\d_]\. ?){1,6}[^\W\d_](?![^\W_])\.?")
_BETWEEN = re.compile(r"(?:[ \"'()\[\]/\-_·]|[,.:;] )*[.,]?[ \"'()\[\]/\-_·]*")
_MAX_GAP = 4  # signs between two words of a name
_STOP = re.compile(r"[.:;!?]")
_AND = frozenset({"&", "and", "und", "et", "y", "e", "i", "a", "och", "og", "en", "ja", "ve", "и", "та", "і", "és", "ed", "și"})
# Abbreviations, whose dot ends no sentence.
_DOTTED = TITLES | {"inc", "ltd", "co", "corp", "jr", "mt", "no", "vs", "bros", "ste", "ss", "nr", "al", "ca", "univ", "dept"}

WordKeys = Sequence[str]


class WordIndex:
    """Indexes the words of a folded text; `group` is its language group if that inflects names, else None."""

    def __init__(self, folded: FoldedText, group: str | None) -> None:
        self._folded = folded
        self._text = folded.text
        spans = list(_words_of(folded.text))
        self.keys = [word_key(self._text[start:end]) for start, end in spans]
        self._spans = spans
        self._group = group

    @cached_property
    def _at(self) -> Mapping[str, list[int]]:
        return _places(self.keys)

    @cached_property
    def _bare(self) -> list[str]:
        return [key if key.isascii() else without_accents(key) for key in self.keys]

    @cached_property
    def _bare_at(self) -> Mapping[str, list[int]]:
        return _places(self._bare)

    @cached_property
    def _by_stem(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for key in self._at:
            for stem in stems(key, self._group or ""):
                found[stem].add(key)
        return found

    def runs(self, keys: WordKeys) -> Iterator[CharacterSpan]:
        """Yields where these words follow one another, separated only by punctuation that occurs in names."""
        for start in self._aligned([self._at.get(key, ()) for key in keys], lambda at, key: self.keys[at] == key, keys):
            yield from self._span(start, start + len(keys))

    def runs_without_accents(self, keys: WordKeys) -> Iterator[CharacterSpan]:
        """Yields where these words stand, ignoring diacritics."""
        bare = [without_accents(key) for key in keys]
        for start in self._aligned([self._bare_at.get(key, ()) for key in bare], lambda at, key: self._bare[at] == key, bare):
            yield from self._span(start, start + len(keys))

    def runs_with_initials(self, keys: WordKeys) -> Iterator[CharacterSpan]:
        """Yields where a name stands with initials after its first word: `Ada L. Moreno`."""
        if len(keys) < 2:
            return
        for at in self._at.get(keys[0], ())[:MAX_TRIED]:
            after = at + 1
            while after < len(self.keys) and after - at < 4 and len(self.keys[after]) == 1 and self.keys[after].isalpha():
                after += 1
            rest = len(keys) - 1
            if after > at + 1 and self.keys[after : after + rest] == list(keys[1:]):
                yield from self._span(at, after + rest)

    def runs_turned(self, keys: WordKeys) -> Iterator[CharacterSpan]:
        """Yields where a name stands in register order: `Moreno, Ada`."""
        if len(keys) < 2:
            return
        turned = [keys[-1], *keys[:-1]]
        for at in self._aligned([self._at.get(key, ()) for key in turned], lambda at, key: self.keys[at] == key, turned):
            if self._gap(at).strip() == ",":
                yield from self._span(at, at + len(keys))

    def runs_shared(self, keys: WordKeys) -> Iterator[CharacterSpan]:
        """Yields where a name shares its last words with others: `Ada` in `Ada and Bert Moreno`."""
        for cut in range(len(keys) - 1, 0, -1):
            first, last = keys[:cut], list(keys[cut:])
            for at in self._aligned([self._at.get(key, ()) for key in first], lambda at, key: self.keys[at] == key, first):
                if self._shares(at + cut, last):
                    yield from self._span(at, at + cut)

    def runs_inflected(self, keys: WordKeys) -> Iterator[CharacterSpan]:
        """Yields where inflected forms of these words stand; short words and words with digits have none."""
        if self._group is None or not keys:
            return
        forms = [self._forms(key, alone=len(keys) == 1) for key in keys]
        places = [[at for form in variants for at in self._at.get(form, ())] for variants in forms]
        by_key = dict(zip(keys, forms, strict=True))
        for start in self._aligned(places, lambda at, key: self.keys[at] in by_key[key], keys):
            yield from self._span(start, start + len(keys))

    def quoted(self, keys: WordKeys) -> CharacterSpan | None:
        """Returns where most words of a quote stand in order; None if there is no such place."""
        if len(keys) < MIN_QUOTED_WORDS:
            return None
        votes: Counter[int] = Counter()
        for number, key in enumerate(keys):
            found = self._at.get(key, ())
            votes.update(at - number for at in found if len(found) <= _MAX_VOTES)
        if not votes:
            return None
        likely = max(votes, key=lambda shift: (votes[shift], -shift))
        wide = [
            at for at in range(max(0, likely - 3), min(len(self.keys), likely + len(keys) + 3)) if self.keys[at] in set(keys)
        ]
        shared = sum((Counter(keys) & Counter(self.keys[at] for at in wide)).values())
        core = [at for number, key in enumerate(keys) if 0 <= (at := likely + number) < len(self.keys) and self.keys[at] == key]
        if not core or shared < MIN_QUOTED * len(keys):
            return None
        return next(self._span(core[0], core[-1] + 1), None)

    def _forms(self, key: str, *, alone: bool) -> set[str]:
        found = {key}
        for stem in stems(key, self._group or ""):
            if len(stem) > MIN_STEM or not alone:  # a stem has a marker before its letters
                found |= self._by_stem.get(stem, set())
        return found

    def _aligned(self, places: Sequence[Sequence[int]], fits: Callable[[int, str], bool], keys: WordKeys) -> Iterator[int]:
        """Yields where all words fit in sequence, tried at the places of the rarest word."""
        if not 0 < len(keys) <= MAX_WORDS:
            return
        rarest = min(range(len(keys)), key=lambda number: len(places[number]))
        for at in sorted(places[rarest])[:MAX_TRIED]:
            start = at - rarest
            if start < 0 or start + len(keys) > len(self.keys):
                continue
            if all(fits(start + number, key) for number, key in enumerate(keys)) and all(
                self._is_gap(start + number) for number in range(len(keys) - 1)
            ):
                yield start

    def _gap(self, at: int) -> str:
        """Returns the text between a word and the next."""
        return self._text[self._spans[at][1] : self._spans[at + 1][0]]

    def _is_gap(self, at: int) -> bool:
        between = self._gap(at)
        if len(between) > _MAX_GAP or not _BETWEEN.fullmatch(between):
            return False
        return not (_STOP.search(between) and " " in between and len(self.keys[at]) > 1 and self.keys[at] not in _DOTTED)

    def _shares(self, after: int, last: list[str]) -> bool:
        """Returns whether another name with the same last words follows, after an `and`."""
        joined = False
        for at in range(after, min(after + _MAX_BETWEEN, len(self.keys) - len(last) + 1)):
            if (gap := self._gap(at - 1)).strip() not in ("", ",") or len(gap) > _MAX_GAP:
                return False
            if joined and self.keys[at - 1] not in _AND and self.keys[at : at + len(last)] == last:
                return all(self._is_gap(at + number) for number in range(len(last) - 1))
            if self.keys[at] in _AND:
                joined = True
        return False

    def _span(self, first: int, last: int) -> Iterator[CharacterSpan]:
        """Yields the span of words first to last (exclusive) in the original, if it has whole characters."""
        if (span := self._folded.span(self._spans[first][0], self._spans[last - 1][1])) is not None:
            yield span


def word_keys(folded: str) -> list[str]:
    """Returns the comparison keys of a folded name's words."""
    return [word_key(folded[start:end]) for start, end in _words_of(folded)]


def word_key(word: str) -> str:
    """Returns a word without apostrophes and dots; numbers unchanged, every `and` as `&`."""
    key = word if word[0].isdigit() else "".join(sign for sign in word if sign not in "'. ")
    return "&" if key in ("and", "und", "et", "&") else key


def _words_of(text: str) -> Iterator[CharacterSpan]:
    """Yields the spans of a text's words; initials with dots (`U.S.`, `J. R. R.`) are a single word."""
    at = 0
    for initials in _INITIALS.finditer(text):
        yield from (word.span() for word in _WORD.finditer(text, at, initials.start()))
        yield initials.start(), initials.end()
        at = initials.end()
    yield from (word.span() for word in _WORD.finditer(text, at))


def _places(keys: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        found[key].append(at)
    return found
