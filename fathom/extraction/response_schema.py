"""Describes to a language model what its answer must look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from fathom.extraction.model import Ends

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


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
