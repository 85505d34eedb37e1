"""Reads the members of a model's objects under their accepted names, within bounds."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from fathom.clean_text import clean_text
from fathom.extraction.response.json_extraction import MalformedResponse

# Accepted names of an answer's lists, lower-case letters only.
LISTS = {
    "entities": "entities", "extractedentities": "entities", "namedentities": "entities", "nodes": "entities",
    "facts": "facts", "extractedfacts": "facts", "relations": "facts", "relationships": "facts", "edges": "facts",
    "triples": "facts",
}  # fmt: skip
NAME = ("name", "entity", "entityname", "title")
TYPE = ("type", "entitytype", "kind", "category", "label", "labels")
ALIASES = ("aliases", "alias", "alternativenames", "alsoknownas")
ID = ("id", "entityid", "key")
SOURCE = ("source", "sourceentity", "sourcename", "sourceid", "sourceentityid", "subject", "from", "head")
TARGET = ("target", "targetentity", "targetname", "targetid", "targetentityid", "object", "to", "tail")
RELATION = ("relation", "relationtype", "relationship", "predicate", "type", "edge", "label", "name")
FACT = ("fact", "sentence", "statement", "description")
QUOTE = ("quote", "evidence", "excerpt")
BEGINS = ("validat", "validfrom", "startdate")
ENDS = ("invalidat", "validto", "validuntil", "enddate")
ONE_AT_A_TIME = ("oneatatime",)

_SAME_SIGNS = str.maketrans(dict.fromkeys("‘’‛ʼ`´", "'") | dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‐‑‒–—−", "-"))


def items(member: object, of: str) -> list[Any]:
    """Returns the items of a list: none if it is missing; an object is a single item or a list by names; text may be JSON.

    Raises MalformedResponse where it is none of these.
    """
    if isinstance(member, str):
        try:
            member = json.loads(member, strict=False) if member.strip() else None
        except (ValueError, RecursionError):
            member = 0
    if member is None:
        return []
    if isinstance(member, list):
        return member
    if not isinstance(member, dict):
        raise MalformedResponse(f"its {of} are no list")
    if any(key in by_letters(member) for key in (*NAME, *SOURCE)):
        return [member]
    return [item for name, value in member.items() for item in _under(name, value)]


def _under(name: str, value: object) -> list[Any]:
    """Returns the items of an object under a name: a thing of this name, or a type with its names."""
    if isinstance(value, dict):
        return [{"name": name, **value}]
    if isinstance(value, list):
        return [{"name": item, "type": name} if isinstance(item, str) else item for item in value]
    return [{"name": name, "type": value}]


def by_letters(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the members of an object by the lower-case letters of their names."""
    found: dict[str, Any] = {}
    for key, value in item.items():
        found.setdefault("".join(sign for sign in key.casefold() if sign.isalnum()), value)
    return found


def first(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Returns the first member of these names that has a value; the item's names are normalized by `by_letters`."""
    return next((item[name] for name in names if item.get(name) is not None), None)


def words(value: object, longest: int) -> str:
    """Returns the text on a single line; empty if it is no text or too long."""
    text = line(value)
    return text if len(text) <= longest else ""


def line(value: object) -> str:
    """Returns the text on a single line, without control characters; empty if it is no text."""
    return " ".join(clean_text(value).split()) if isinstance(value, str) else ""


def folded(name: str) -> str:
    """Returns the normalized name for comparison within an answer: case, quotes, hyphens, width and composition are folded."""
    plain = unicodedata.normalize("NFKC", name.translate(_SAME_SIGNS))
    return " ".join("".join(sign for sign in plain if unicodedata.category(sign) != "Cf").split()).casefold()
