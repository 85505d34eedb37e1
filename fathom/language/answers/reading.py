"""Reads an answer as an extraction: checked, located in the text, bounded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fathom.language.answers.json_text import NotAsAsked, parsed
from fathom.language.answers.moments import moment
from fathom.language.answers.places import places_of, said_at
from fathom.language.extraction import Ends, Entity, Extraction, Fact
from fathom.language.schema import (
    LONGEST_FACT,
    LONGEST_NAME,
    LONGEST_RELATION,
    MOST_ALIASES,
    MOST_ENTITIES,
    MOST_FACTS,
    Vocabulary,
)


@dataclass(frozen=True)
class Read:
    """An answer that could be read: its extraction, and how many parts of it were left out for which reason."""

    extraction: Extraction
    dropped: Mapping[str, int]


def read_answer(answer: str, text: str, vocabulary: Vocabulary) -> Read:
    """The extraction that the answer gives of the text; what is not in the text or not allowed is left out and counted.

    Raises NotAsAsked where it is not an object with both lists, or nothing of what it names is usable.
    """
    data = parsed(answer)
    if not isinstance(data, dict) or not all(isinstance(data.get(key), list) for key in ("entities", "facts")):
        raise NotAsAsked("it has no lists of entities and facts")
    dropped: Counter[str] = Counter()
    entities, known = _entities(data["entities"], text, vocabulary, dropped)
    facts = _facts(data["facts"], text, known, vocabulary, dropped)
    if data["entities"] and dropped["not an entity"] == len(data["entities"]):
        raise NotAsAsked("none of its entities has a name and a type")
    return Read(Extraction(entities=entities, facts=facts), dict(dropped))


def _entities(
    items: Sequence[Any], text: str, vocabulary: Vocabulary, dropped: Counter[str]
) -> tuple[list[Entity], dict[str, str]]:
    """The entities that the text names, in its order, and the name of each by its folded forms."""
    named: dict[str, tuple[str, str, list[str]]] = {}
    for item in items[:MOST_ENTITIES]:
        name = _words(item.get("name"), LONGEST_NAME) if isinstance(item, dict) else ""
        kind = item.get("type") if name else None
        if not name or not isinstance(kind, str):
            dropped["not an entity"] += 1
            continue
        if kind not in vocabulary.entity_types:
            dropped["type not asked for"] += 1
            kind = "Entity"
        aliases = item.get("aliases")
        words = [_words(one, LONGEST_NAME) for one in aliases[:MOST_ALIASES]] if isinstance(aliases, list) else []
        before = named.setdefault(_folded(name), (name, kind, []))
        before[2].extend(word for word in words if word)
    dropped["too many entities"] += max(0, len(items) - MOST_ENTITIES)
    forms = {key: [name, *aliases] for key, (name, _, aliases) in named.items()}
    places = places_of(text, forms)
    entities = []
    known: dict[str, str] = {}
    for key, (name, kind, aliases) in named.items():
        if not places[key]:
            dropped["entity not in the text"] += 1
            continue
        entities.append(Entity(name=name, type=kind, mentions=places[key]))
        known[key] = name
        for alias in aliases:
            if _folded(alias) not in named:
                known.setdefault(_folded(alias), name)
    return sorted(entities, key=lambda one: one.mentions[0]), known


def _facts(
    items: Sequence[Any], text: str, known: Mapping[str, str], vocabulary: Vocabulary, dropped: Counter[str]
) -> list[Fact]:
    facts: list[Fact] = []
    seen: set[tuple[str, str, str, str]] = set()
    for item in items[:MOST_FACTS]:
        if not isinstance(item, dict):
            dropped["not a fact"] += 1
            continue
        source, target = (known.get(_folded(_words(item.get(end), LONGEST_NAME))) for end in ("source", "target"))
        relation = re.sub(r"\W+", "_", _words(item.get("relation"), LONGEST_RELATION)).strip("_").upper()
        said = _words(item.get("fact"), LONGEST_FACT)
        if not relation or not said:
            dropped["not a fact"] += 1
        elif source is None or target is None or source == target:
            dropped["fact without two entities"] += 1
        elif vocabulary.relations and relation not in vocabulary.relations:
            dropped["relation not asked for"] += 1
        elif (source, relation, target, said) in seen:
            dropped["fact said twice"] += 1
        else:
            seen.add((source, relation, target, said))
            begins, ends = moment(item.get("valid_at")), moment(item.get("invalid_at"))
            if begins and ends and ends < begins:
                dropped["end before its beginning"] += 1
                ends = None
            span = said_at(text, _words(item.get("quote"), LONGEST_FACT), (source, target))
            only = item.get("one_at_a_time")
            facts.append(
                Fact(
                    source=source,
                    target=target,
                    relation=relation,
                    fact=said,
                    span=span,
                    valid_at=begins,
                    invalid_at=ends,
                    one_at_a_time=only if only in get_args(Ends) else None,
                )
            )
    dropped["too many facts"] += max(0, len(items) - MOST_FACTS)
    return facts


def _words(value: object, longest: int) -> str:
    """The text on one line; nothing where it is no text or too long."""
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return words if len(words) <= longest else ""


def _folded(name: str) -> str:
    return name.casefold()
