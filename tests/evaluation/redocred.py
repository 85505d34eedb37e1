"""Re-DocRED as texts with gold names and related pairs, and how near an extraction comes to them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from fathom.extraction.model import Extraction

NAMED = {"PER", "ORG", "LOC", "MISC"}  # dates and numbers are no entities of ours
GOLD_TYPE = {"Person": "PER", "Organization": "ORG", "Location": "LOC", "Group": "LOC"}  # all others are MISC
_NO_SPACE_BEFORE = {".", ",", ";", ":", ")", "]", "?", "!", "%", "'s", "’s", "n't", "'", "’"}
_NO_SPACE_AFTER = {"(", "[", "$", "£", "-"}

Span = tuple[int, int]
Pair = frozenset[int]
Triple = tuple[int, int, str]  # from, to, Wikidata's property


@dataclass(frozen=True)
class Gold:
    """A document's text with its named entities, their types, the related pairs, without and with direction, and sentences."""

    title: str
    text: str
    entities: list[list[Span]]
    types: list[str]
    pairs: set[Pair]
    sentences: list[Span]
    triples: set[Triple] = field(default_factory=set[Triple])
    properties: frozenset[str] = frozenset()  # that the corpus knows


@dataclass(frozen=True)
class Score:
    """Found, right and expected, summed over documents."""

    found: int = 0
    right: int = 0
    gold: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.found + other.found, self.right + other.right, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """Of what was found, the part that is right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Of what there is, the part that was found."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.right / (self.found + self.gold) if self.found + self.gold else 0.0


def documents(file: Path, *, spaced: bool = False) -> list[Gold]:
    """Every document of the file, its tokens put together as a person would write them, or each after a space."""
    read = json.loads(file.read_text("utf-8"))
    properties = frozenset(label["r"] for one in read for label in one["labels"])
    return [replace(_gold(one, spaced), properties=properties) for one in read]


def mention_score(gold: Gold, found: Extraction) -> Score:
    """Exact spans of names."""
    expected = {span for spans in gold.entities for span in spans}
    given = {span for entity in found.entities for span in entity.mentions}
    return Score(len(given), len(given & expected), len(expected))


def cluster_score(gold: Gold, found: Extraction) -> Score:
    """Pairs of places that name the same thing, among the places that both have."""
    expected, given = _whose(gold.entities), _whose([entity.mentions for entity in found.entities])
    both = sorted(expected.keys() & given.keys())
    same = {pair for pair in combinations(both, 2) if expected[pair[0]] == expected[pair[1]]}
    ours = {pair for pair in combinations(both, 2) if given[pair[0]] == given[pair[1]]}
    return Score(len(ours), len(ours & same), len(same))


def type_score(gold: Gold, found: Extraction) -> Score:
    """The types of the names whose spans are exact."""
    expected = {span: kind for spans, kind in zip(gold.entities, gold.types, strict=True) for span in spans}
    given = {span: GOLD_TYPE.get(entity.type, "MISC") for entity in found.entities for span in entity.mentions}
    both = given.keys() & expected.keys()
    return Score(len(both), sum(given[span] == expected[span] for span in both), len(both))


def pair_score(gold: Gold, found: Extraction) -> Score:
    """Undirected pairs that facts join; a found name is the gold entity most of its exact spans belong to, else wrong."""
    return _pairs(gold, found, {(fact.source, fact.target) for fact in found.facts})


def triple_score(gold: Gold, found: Extraction) -> Score:
    """Facts with a property of Wikidata's that the corpus knows, in its direction; others it cannot tell right from wrong."""
    entity_of = gold_numbers(gold, found)
    known = [one for one in found.facts if one.property in gold.properties]
    given = {(entity_of[one.source], entity_of[one.target], one.property) for one in known}
    return Score(len(given), len(given & gold.triples), len(gold.triples))


def cooccurrence_score(gold: Gold, found: Extraction) -> Score:
    """The same, were every two names of a sentence joined: what needs no grammar at all."""
    pairs: set[tuple[str, str]] = set()
    for start, end in gold.sentences:
        here = sorted({e.name for e in found.entities if any(start <= a and b <= end for a, b in e.mentions)})
        pairs.update(combinations(here, 2))
    return _pairs(gold, found, pairs)


def gold_numbers(gold: Gold, found: Extraction) -> dict[str, int]:
    """The number of the gold entity that most exact spans of each found name belong to; below zero where there is none."""
    whose = _whose(gold.entities)
    entity_of: dict[str, int] = {}
    for unknown, entity in enumerate(found.entities):
        votes = Counter(whose[span] for span in entity.mentions if span in whose)
        entity_of[entity.name] = votes.most_common(1)[0][0] if votes else -1 - unknown
    return entity_of


def _pairs(gold: Gold, found: Extraction, pairs: set[tuple[str, str]]) -> Score:
    entity_of = gold_numbers(gold, found)
    given = {frozenset((entity_of[a], entity_of[b])) for a, b in pairs if entity_of[a] != entity_of[b]}
    return Score(len(given), len(given & gold.pairs), len(gold.pairs))


def _whose(entities: list[list[Span]]) -> dict[Span, int]:
    return {span: index for index, spans in enumerate(entities) for span in spans}


def _gold(document: dict[str, Any], spaced: bool) -> Gold:
    text, places, sentences = _spaced(document["sents"]) if spaced else _written(document["sents"])
    kept = [index for index, mentions in enumerate(document["vertexSet"]) if mentions[0]["type"] in NAMED]
    rank = {index: place for place, index in enumerate(kept)}
    entities = []
    for index in kept:
        mentions = document["vertexSet"][index]
        found = {(places[m["sent_id"]][m["pos"][0]][0], places[m["sent_id"]][m["pos"][1] - 1][1]) for m in mentions}
        entities.append(sorted(found))
    triples = {
        (rank[one["h"]], rank[one["t"]], one["r"])
        for one in document["labels"]
        if one["h"] in rank and one["t"] in rank and one["h"] != one["t"]
    }
    pairs = {frozenset((source, target)) for source, target, _ in triples}
    types = [document["vertexSet"][index][0]["type"] for index in kept]
    return Gold(document["title"], text, entities, types, pairs, sentences, triples)


def _spaced(given: list[list[str]]) -> tuple[str, list[list[Span]], list[Span]]:
    text = ""
    places: list[list[Span]] = []
    for tokens in given:
        spans = []
        for token in tokens:
            text += " " if text else ""
            spans.append((len(text), len(text) + len(token)))
            text += token
        places.append(spans)
    return text, places, [(spans[0][0], spans[-1][1]) for spans in places if spans]


def _written(given: list[list[str]]) -> tuple[str, list[list[Span]], list[Span]]:
    text = ""
    places: list[list[Span]] = []
    sentences: list[Span] = []
    open_quote, glue = False, True
    for tokens in given:
        spans = []
        begins = len(text) + (0 if glue else 1)
        for token in tokens:
            # the corpus sets every hyphen apart; those that were dashes cannot be told from the others
            glue = glue or token == "-"
            if not glue and token not in _NO_SPACE_BEFORE and not (token == '"' and open_quote):
                text += " "
            spans.append((len(text), len(text) + len(token)))
            text += token
            glue = token in _NO_SPACE_AFTER
            if token == '"':
                open_quote = not open_quote
                glue = open_quote
        glue, open_quote = False, False
        places.append(spans)
        sentences.append((begins, len(text)))
    return text, places, sentences
