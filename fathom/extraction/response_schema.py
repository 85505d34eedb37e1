"""Builds the JSON schema of the answer from a vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from fathom.extraction.model import FunctionalEnd

MAX_ENTITIES, MAX_FACTS, MAX_ALIASES = 300, 500, 20
MAX_NAME_LENGTH, MAX_FACT_LENGTH, MAX_RELATION_LENGTH = 200, 1000, 80
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


@dataclass(frozen=True)
class Vocabulary:
    """Entity types with their meaning, and relations if only these are allowed (empty: any).

    `one_at_a_time` has the functional end of some relations: the end with at most 1 value at a time. The prompt does not list
    these; a model states the end with each fact, and where `one_at_a_time` has the relation, it replaces the stated end.
    """

    entity_types: Mapping[str, str] = field(default_factory=lambda: dict(TYPES))
    relations: Mapping[str, str] = field(default_factory=dict[str, str])
    one_at_a_time: Mapping[str, FunctionalEnd] = field(default_factory=dict[str, FunctionalEnd])

    def described(self) -> str:
        """Returns the vocabulary as the last part of a prompt."""
        types = "".join(f"\n- {name}: {meaning}" for name, meaning in self.entity_types.items())
        wanted = "".join(f"\n- {name}: {meaning}" for name, meaning in self.relations.items())
        return f"\n\nTypes of entities:{types}" + (f"\n\nOnly these relations:{wanted}" if wanted else "")


def answer_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """Returns the JSON schema of an answer, within the subset that providers support for structured output."""
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
        "one_at_a_time": {"type": "string", "enum": list(get_args(FunctionalEnd))},
    }
    return _object(
        {"entities": {"type": "array", "items": _object(entity)}, "facts": {"type": "array", "items": _object(fact)}}
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
