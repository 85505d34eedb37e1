"""Finds English name spans: spaCy's entities, quoted titles, capitalised runs, abbreviations, with corrected borders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fathom.extraction.rules.names.english_words import is_garbled
from fathom.extraction.rules.names.found_name import ANY_TYPE
from fathom.extraction.rules.names.name_cleaning import (
    LEGAL_FORMS,
    TYPES,
    has_title,
    is_name,
    is_only_building,
    name_span,
    type_by_words,
)
from fathom.extraction.rules.names.name_evidence import keep_names
from fathom.extraction.rules.names.span_merging import NameSpan, extend_span, merge_adjacent

_WORD = r"(?:[A-ZÀ-Þ][\w’'&-]*|\d+(?:st|nd|rd|th))"
_HEAD = (
    "Court|Diocese|Archdiocese|University|Council|Ministry|Department|Bank|Republic|Kingdom|Church|Order|Battle|Treaty|Museum|"
    "Institute|School|College|Academy|House|Duchy|Bureau|Association|Society|Siege|Gulf|Bay|Isle|Cathedral|Library|Board|"
    "Federation|Union|Confederation|Academy|Faculty|Legion|Party|City|Declaration|Convention|Register|Hall|Chamber|Office"
)
# "Circuit Court of Cook County", "Association to Advance …" is left to spaCy
_OF = re.compile(
    rf"\b(?:{_WORD}\s+){{0,6}}(?:{_HEAD})\s+(?:of|for)\s+(?:the\s+)?{_WORD}(?:\s+(?:and\s+|&\s+)?{_WORD}){{0,4}}(?=[^\w]|$)"
)
_SMALL_LAST = re.compile(
    rf"(?<![\w’'-])(?:(?:1\d{{3}}|20\d{{2}}) )?(?:(?:{_WORD}|U\.S\.)\s+){{1,3}}(?:civil war|earthquake|"
    r"(?:presidential|general|parliamentary|legislative|gubernatorial|federal|local|municipal) elections?)\b"
)
_AWARD = re.compile(rf"(?<![\w’'-])(?:{_WORD}\s+){{1,4}}Awards?\s+for\s+{_WORD}(?:\s+{_WORD}){{0,5}}(?=[^\w]|$)")
_PART = rf"(?!(?:Railroad|Railway|In|On|At|From|The)\b){_WORD}(?:\s(?!(?:Railroad|Railway)\b){_WORD}){{0,2}}"
# `Atchison, Topeka and Santa Fe Railroad` is a single railroad
_LINE = re.compile(rf"(?<![\w’'-]){_PART}(?:,\s{_PART}){{0,3}},?\s(?:and|&)\s{_PART}\s(?:Railroad|Railway)(?:\sCompany)?(?!\w)")
_TWO = re.compile(r"\s+(?:and|&)\s+")
_PARTICLE = re.compile(
    r"\s(?:di|de|del|della|da|do|dos|du|des|de la|de los|og|von|von der|van|van der|van den|van de|ibn|bin|al|el)"
    r"\s[A-ZÀ-Þ][\w’'-]+"
)
_VON = (" von", " van", " von der", " van der", " van den")
_AFTER_VON = re.compile(r"\s(?:de[rn]? )?[A-ZÀ-Þ][\w’'-]+")
_QUOTED = re.compile(r"[\"“„«″]([^\"“”„«»″\n]{2,70}?)[\"”“»″]")
_WORD_LAST = re.compile(rf"\w\s$|{_WORD}\s$")
_WORD_NEXT = re.compile(rf"\s{_WORD}")
_SMALL = frozenset(
    {"a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "is", "it", "my", "of", "on", "or", "the", "to"}
)
_YEAR_BEFORE = re.compile(r"(?:1\d{3}|20\d{2})(?:[-–/]\d{2,4})?\s$")
_SPLIT = re.compile(r"\s*(?:\n|\||;|\s/\s|,\s(?=\d)|\s\(|\)\s|[\"“”])\s*")
_SPLIT_PERSONS = re.compile(r"\s+(?:and|&|née)\s+|/|,\s+(?!Jr|Sr)")
_SPLIT_PLACES = re.compile(r"\s+in\s+(?=[A-Z])|(?<=[a-z]),\s+(?=[A-Z])")
_CUTS = {
    "Person": (_SPLIT, _SPLIT_PERSONS, _SPLIT_PLACES),
    "Location": (_SPLIT, _SPLIT_PLACES),
    "Organization": (_SPLIT, _SPLIT_PLACES),
}
_EVENT_WORDS = re.compile(
    r"\b(?:Olympics?|Games|Cup|Championships?|War|Election|Elections|Festival|Open|Tour|census|Census|Season)\b"
)
_WAR = re.compile(r"\bWar$")
_SUFFIX = re.compile(rf",?\s(?:{LEGAL_FORMS}|Co|Jr|Sr)(?!\w)\.?")
_NAME = r"[A-ZÀ-Þ][\w’'-]+"
_NICKNAME = re.compile(
    rf"(?<!\w){_NAME}(?: (?:[A-ZÀ-Þ]\.|{_NAME})){{0,4}} (?:\(\s?{_NAME}\s?\)|[\"“]\s?{_NAME}\s?[\"”]) {_NAME}(?!\w)"
)
_LITTLE = "of|the|de|la|del|and|for|in|a|an|to|von|van"
_LEAD = re.compile(
    rf"(?m)^[ \"“„«‘]*((?:{_WORD})(?:\s(?:{_WORD}|{_LITTLE}|al-\w+|\d+)){{0,9}})[\"”»’.]{{0,2}}"
    r"(\s\([^)\n]{0,200}\))?(?:,[^,.\n]{1,60},)?\s(?:is|was|are|were)\s(?:an?|the|one|both|located|situated|known)\b"
)
_NO_LEAD = frozenset({"this", "that", "these", "those", "it", "he", "she", "they", "there", "what", "who", "in", "on", "its"})
_SAID = {
    "Location": re.compile(
        r"\b(?:village|town|city|hamlet|river|lake|island|municipality|district|mountain|street|suburb|region|county)\b"
    ),
    "Organization": re.compile(
        r"\b(?:company|band|organi[sz]ation|club|school|university|party|agency|newspaper|team|group|firm)\b"
    ),
    "Person": re.compile(
        r"\b(?:politician|actor|actress|singer|footballer|player|writer|author|musician|lawyer|officer|king|name)\b"
    ),
}
_WEEKDAYS_MONTHS = re.compile(
    r"^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day$|^(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December)$"
)


def english_names(text: str, offset: int, doc: Any) -> list[NameSpan]:
    """Returns the names of the parsed piece of `text` that begins at `offset`, without overlaps, in order."""
    end = offset + len(doc.text)
    if is_garbled(doc.text):
        return []
    found = [
        *_nicknamed(text, offset, end),
        *_quoted(text, offset, end),
        *_with_of(text, offset, doc),
        *_with_small_words(text, offset, end),
        *_of_spacy(text, offset, doc),
    ]
    kept: list[NameSpan] = []
    taken = bytearray(end - offset)
    for place in found:  # the surer first
        covered = slice(place.start - offset, place.end - offset)
        if not any(taken[covered]):
            taken[covered] = b"\1" * (place.end - place.start)
            kept.append(place)
    for place in [*_leads(text, offset, doc), *_capitals(text, offset, doc, taken)]:
        covered = slice(place.start - offset, place.end - offset)
        if not any(taken[covered]):
            taken[covered] = b"\1" * (place.end - place.start)
            kept.append(place)
    whole = [extend_span(text, place) for place in merge_adjacent(text, sorted(kept, key=lambda place: place.start))]
    return keep_names(text, [place for place in whole if not is_only_building(text[place.start : place.end])])


def _nicknamed(text: str, start: int, end: int) -> Iterator[NameSpan]:
    """Yields persons with a nickname inside: `Wilfried "Willi" Schneider`, `Conrad S. (Gus) Shinn`."""
    for match in _NICKNAME.finditer(text, start, end):
        yield NameSpan(*match.span(), "Person", source="nicknamed")


def _quoted(text: str, start: int, end: int) -> Iterator[NameSpan]:
    """Yields titles in quotation marks, with every word except small words capitalised."""
    for match in _QUOTED.finditer(text, start, end):
        title = match.group(1)
        words = title.split()
        if title != title.strip() or title[-1] in ".,;:" or len(words) > 10:
            continue
        titled = all(word[0].isupper() or not word[0].isalpha() or word in _SMALL for word in words) and words[0][0].isupper()
        before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 40]
        nickname = len(words) == 1 and before.rstrip()[-1:].isalpha() and _WORD_NEXT.match(after)
        if titled and is_name(title) and not _WORD_LAST.search(before[:-1]) and not nickname:
            yield NameSpan(*match.span(1), "Work", 0.9, "quoted")


def _with_small_words(text: str, start: int, end: int) -> Iterator[NameSpan]:
    """Yields names that hold lower-case words: `Angolan civil war`, `1976 U.S. presidential election`."""
    for match in (*_SMALL_LAST.finditer(text, start, end), *_AWARD.finditer(text, start, end)):
        if at := name_span(text, *match.span(), "Event"):
            yield NameSpan(*at, "Event", source="pattern")


def _with_of(text: str, offset: int, doc: Any) -> Iterator[NameSpan]:
    for match in _LINE.finditer(text, offset, offset + len(doc.text)):
        if at := name_span(text, *match.span(), "Organization"):
            yield NameSpan(*at, "Organization", source="pattern")
    whole = {(offset + span.start_char, offset + span.end_char) for span in doc.ents if " and " not in span.text}
    for match in _OF.finditer(text, offset, offset + len(doc.text)):
        begins, ends = match.span()
        if (two := _TWO.search(text, begins, ends)) and type_by_words(text[two.end() : ends]):
            ends = two.start()
        longer = any(a <= begins and ends <= b and (a, b) != (begins, ends) for a, b in whole)
        if not longer and (at := name_span(text, begins, ends, "Organization")):
            yield NameSpan(*at, type_by_words(text[at[0] : at[1]]) or "Organization", source="pattern")


def _of_spacy(text: str, offset: int, doc: Any) -> Iterator[NameSpan]:
    for span in doc.ents:
        kind = TYPES.get(span.label_)
        if kind is None:
            continue
        for start, end in _parts(text, offset + span.start_char, offset + span.end_char, kind):
            titled = _is_titled(text, start, end, span.label_)
            kind_of_part = "Person" if titled else kind
            if _EVENT_WORDS.search(text, start, end):
                year = None if _WAR.search(text, start, end) else _YEAR_BEFORE.search(text, max(offset, start - 12), start)
                start, kind_here = (year.start(), "Event") if year else (start, kind_of_part)
            else:
                kind_here = kind_of_part
            if kind_here in ("Person", "Location", "Organization") and (more := _PARTICLE.match(text, end)):
                end = min(more.end(), offset + len(doc.text))
            if kind_here == "Person" and (more := _AFTER_VON.match(text, end)) and text.endswith(_VON, start, end):
                end = min(more.end(), offset + len(doc.text))
            if more := _SUFFIX.match(text, end):
                end = more.end()
            at = name_span(text, start, end, kind_here)
            if at is not None:
                yield NameSpan(*at, kind_here)


def _is_titled(text: str, start: int, end: int, label: str) -> bool:
    """Returns whether it holds a person's title: `Admiral Dufek` also where spaCy says organization, not `King County`."""
    if label in ("GPE", "LOC", "FAC") or type_by_words(text[start:end]) not in (None, "Person"):
        return False
    return has_title(text, start, end) and (label != "ORG" or not text.startswith("General ", start))


def _parts(text: str, start: int, end: int, kind: str) -> list[tuple[int, int]]:
    """Returns the found span, split where it holds two names."""
    pieces = [(start, end)]
    for pattern in _CUTS.get(kind, (_SPLIT,)):
        cut: list[tuple[int, int]] = []
        for begins, ends in pieces:
            for match in pattern.finditer(text, begins, ends):
                cut.append((begins, match.start()))
                begins = match.end()
            cut.append((begins, ends))
        pieces = cut
    return pieces


def _capitals(text: str, offset: int, doc: Any, taken: bytearray) -> Iterator[NameSpan]:
    """Yields runs of proper nouns within a sentence that spaCy gave no type."""
    run: list[Any] = []
    for token in [*doc, None]:
        free = token is not None and not taken[token.idx] and not _WEEKDAYS_MONTHS.match(token.text)
        if free and token.pos_ == "PROPN" and token.text[:1].isupper() and not token.ent_type_:
            run.append(token)
            continue
        if run and _names_something(run):
            at = name_span(text, offset + run[0].idx, offset + run[-1].idx + len(run[-1].text))
            if at is not None:
                name = text[at[0] : at[1]]
                yield NameSpan(*at, type_by_words(name) or ANY_TYPE, 0.4, "capitals")
        run = []


def _leads(text: str, offset: int, doc: Any) -> Iterator[NameSpan]:
    """Yields names that a paragraph begins with and then describes: `Foulsyke is a hamlet`, `Goght (formerly Goghot) was the
    …`.
    """
    for match in _LEAD.finditer(text, offset, offset + len(doc.text)):
        first = doc.char_span(match.start(1) - offset, match.end(1) - offset, alignment_mode="expand")
        kind = _kind_said(text, match.end())
        if first is None or first[0].lower_ in _NO_LEAD or first[0].pos_ in ("PRON", "DET"):
            continue
        if kind is None and first[0].pos_ in ("ADP", "SCONJ", "ADV"):
            continue
        if len(first) == 1 and first[0].pos_ != "PROPN" and match.group(2) is None and kind is None:
            continue
        if at := name_span(text, *match.span(1)):
            yield NameSpan(*at, type_by_words(text[at[0] : at[1]]) or kind or ANY_TYPE, 0.6, "lead")


def _kind_said(text: str, after: int) -> str | None:
    title = text[after : after + 80].split(".")[0]
    return next((kind for kind, words in _SAID.items() if words.search(title)), None)


def _names_something(run: list[Any]) -> bool:
    first = run[0]
    if len(run) > 1:
        return not (first.is_sent_start and len(run) == 2 and first.lower_ in _SMALL)
    return bool(not first.is_sent_start and len(first.text) > 2)
