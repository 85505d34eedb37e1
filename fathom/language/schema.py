"""What an answer must look like, and how it becomes an extraction: checked, located in the text, bounded."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args

from fathom.language.extraction import Ends, Entity, Extraction, Fact

MOST_ENTITIES, MOST_FACTS, MOST_ALIASES = 300, 500, 20
LONGEST_NAME, LONGEST_FACT, LONGEST_RELATION = 200, 1000, 80
TYPES = {
    "Person": "a human being, named",
    "Organization": "a company, authority, team, school, band or other body of people",
    "Location": "a place, country, region, building or body of water",
    "Work": "a book, film, song, law, treaty, standard or other thing that was written or made",
    "Product": "a product, device, vehicle, software or brand",
    "Event": "a war, election, match, festival or other named happening",
    "Concept": "a named idea, method, language, disease, award or field",
    "Thing": "whatever else has a name of its own",
}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Vocabulary:
    """The types of entities with their meaning, and of relations where only these are wanted (empty: any).

    `one_at_a_time` is no part of a prompt: which end of a relation has only one of it at a time.
    """

    entity_types: Mapping[str, str] = field(default_factory=lambda: dict(TYPES))
    relations: Mapping[str, str] = field(default_factory=dict[str, str])
    one_at_a_time: Mapping[str, Ends] = field(default_factory=dict[str, Ends])

    def described(self) -> str:
        """The vocabulary as the end of a prompt."""
        types = "".join(f"\n- {name}: {meaning}" for name, meaning in self.entity_types.items())
        wanted = "".join(f"\n- {name}: {meaning}" for name, meaning in self.relations.items())
        return f"\n\nTypes of entities:{types}" + (f"\n\nOnly these relations:{wanted}" if wanted else "")


@dataclass(frozen=True)
class Read:
    """An answer that could be read: its extraction, and how many parts of it were left out for which reason."""

    extraction: Extraction
    dropped: Mapping[str, int]


class NotAsAsked(ValueError):
    """The answer is no JSON object with lists of entities and facts."""


def answer_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The JSON schema of an answer, in the part of the language that providers take for structured output."""
    name = {"type": "string"}
    date = {"type": ["string", "null"], "description": "YYYY, YYYY-MM or YYYY-MM-DD"}
    relation = {"type": "string", "enum": list(vocabulary.relations)} if vocabulary.relations else {"type": "string"}
    entity = {
        "name": name,
        "type": {"type": "string", "enum": list(vocabulary.entity_types)},
        "aliases": {"type": "array", "items": name},
    }
    fact = {
        "source": name,
        "relation": relation,
        "target": name,
        "fact": {"type": "string"},
        "quote": {"type": "string"},
        "valid_at": date,
        "invalid_at": date,
        "one_at_a_time": {"type": "string", "enum": list(get_args(Ends))},
    }
    return _object(
        {"entities": {"type": "array", "items": _object(entity)}, "facts": {"type": "array", "items": _object(fact)}}
    )


def read_answer(answer: str, text: str, vocabulary: Vocabulary) -> Read:
    """The extraction that the answer gives of the text; what is not in the text or not allowed is left out and counted.

    Raises NotAsAsked where it is not an object with both lists, or nothing of what it names is usable.
    """
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        raise NotAsAsked("it is no JSON") from None
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
    places = _places(text, forms)
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
            span = _said_at(text, _words(item.get("quote"), LONGEST_FACT), (source, target))
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


def moment(said: object) -> datetime | None:
    """Midnight UTC of the first day that a date of an answer names; None where it names none."""
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        if match := _DATE.fullmatch(said.strip()):
            return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
        found = datetime.fromisoformat(said.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _places(text: str, forms: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[int, int]]]:
    """Where each entity is named; a longer name's place is not a shorter one's."""
    taken = bytearray(len(text))
    places: dict[str, list[tuple[int, int]]] = {key: [] for key in forms}
    by_length = sorted(
        {(form, key) for key, all_forms in forms.items() for form in all_forms}, key=lambda one: (-len(one[0]), one)
    )
    for form, key in by_length:
        for start, end in _found(text, form):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                places[key].append((start, end))
    return {key: sorted(found) for key, found in places.items()}


def _found(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where the words stand, whatever the white space between them; in any case of letters where not in their own."""
    if not text:
        return iter(())
    if own := _found_as_written(text, words):
        return iter(own)
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    bounded = rf"(?<!\w){pattern}(?!\w)" if words[:1].isascii() else pattern  # some scripts have no gaps between words
    return (match.span() for match in re.finditer(bounded, text, re.IGNORECASE))


def _found_as_written(text: str, words: str) -> list[tuple[int, int]]:
    """Where the words stand in their own case; what an expression for each name would find, without compiling it."""
    first, *rest = words.split() or [""]
    bounded = words[:1].isascii()
    found: list[tuple[int, int]] = []
    start = text.find(first) if first else -1
    while start >= 0:
        end = start + len(first)
        for word in rest:
            after = end
            while after < len(text) and text[after].isspace():
                after += 1
            if after == end or not text.startswith(word, after):
                break
            end = after + len(word)
        else:
            if not bounded or not (_in_word(text[start - 1 : start]) or _in_word(text[end : end + 1])):
                found.append((start, end))
                start = text.find(first, end)
                continue
        start = text.find(first, start + 1)
    return found


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _said_at(text: str, quote: str, ends: tuple[str, str]) -> tuple[int, int]:
    """The sentence around the quote, else around both names, else the whole text."""
    at = next(_found(text, quote), None) if quote else None
    if at is None:
        spots = [next(_found(text, name), None) for name in ends]
        found = [spot for spot in spots if spot]
        at = (min(spot[0] for spot in found), max(spot[1] for spot in found)) if found else (0, len(text))
    start = max((match.end() for match in re.finditer(r"[.!?。]\s+|\n", text[: at[0]])), default=0)
    end = re.compile(r"[.!?。](?=\s|$)|\n").search(text, max(at[1] - 1, 0))
    piece = text[start : end.end() if end else len(text)]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _words(value: object, longest: int) -> str:
    """The text on one line; nothing where it is no text or too long."""
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return words if len(words) <= longest else ""


def _folded(name: str) -> str:
    return name.casefold()


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
