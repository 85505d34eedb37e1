"""The vocabulary of relations: the predicates that name each relation, its Wikidata property and the types of its arguments."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from fathom.extraction.model import FunctionalEnd

UNKNOWN = "Entity"  # the type of things whose type is not known
_FILE = "relation_vocabulary.toml"
_NOT_LETTERS = re.compile(r"[^A-Za-z0-9]+")


class Relation(BaseModel):
    """A relation of the vocabulary; the comment at the top of its TOML file describes the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    property: str | None = None
    source: frozenset[str] = frozenset()
    target: frozenset[str] = frozenset()
    one_at_a_time: FunctionalEnd | None = None
    strict: bool = False
    lasting: bool = False
    verbs: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    back_verbs: tuple[str, ...] = ()
    back_nouns: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    back_headers: tuple[str, ...] = ()
    french_verbs: tuple[str, ...] = ()
    french_nouns: tuple[str, ...] = ()
    french_back_verbs: tuple[str, ...] = ()
    french_back_nouns: tuple[str, ...] = ()


class End(NamedTuple):
    """The type of an argument, and whether the type is sure."""

    type: str
    is_sure: bool


class Reading(NamedTuple):
    """A relation that a predicate may mean, and whether the predicate's subject is the relation's target."""

    name: str
    backwards: bool


def word_set(words: str) -> frozenset[str]:
    """Returns the words of a text as a set."""
    return frozenset(words.split())


@cache
def relations() -> dict[str, Relation]:
    """Returns every relation of the vocabulary by its name, in the order of the file."""
    tables = tomllib.loads(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))
    return {name: Relation.model_validate(table) for name, table in tables.items()}


def readings(key: str, *, noun: bool, french: bool = False) -> list[Reading]:
    """Returns the relations that a predicate may mean, the likelier first; none where the vocabulary lacks the predicate.

    `*` in a key of the vocabulary stands for any object: `open * in`.
    """
    table = _by_words(french)[noun]
    if key in table:
        return table[key]
    words = key.split()
    return table.get(f"{words[0]} * {words[-1]}", []) if len(words) == 3 else []


def relation_of(key: str, ends: tuple[End, End], *, noun: bool, french: bool = False) -> Reading | None:
    """Returns the relation of a predicate between arguments of these types, the subject first; None where no relation fits.

    An unsure type may be overridden: the predicate is better evidence of a type than the form of a name.
    """
    found = readings(key, noun=noun, french=french)
    for by_type in (True, False):
        for reading in found:
            source, target = reversed(ends) if reading.backwards else ends
            relation = relations()[reading.name]
            wanted = ((relation.source, source), (relation.target, target))
            persons = relation.strict and relation.source == relation.target == {"Person"}
            if persons and UNKNOWN in (source.type, target.type):
                continue
            if all(_may_be(end, types, by_type or relation.strict) for types, end in wanted):
                return reading
    return None


def _may_be(end: End, types: frozenset[str], by_type: bool) -> bool:
    return not types or end.type in types or end.type == UNKNOWN or (not by_type and not end.is_sure)


def name_as_written(words: str) -> str:
    """Returns a predicate as a relation name: `led port of` as LED_PORT_OF."""
    plain = unicodedata.normalize("NFKD", words.replace("œ", "oe")).encode("ascii", "ignore").decode()
    return _NOT_LETTERS.sub("_", plain).strip("_").upper()


def relation_of_column(header: str, thing: str, cell: str | None) -> Reading | None:
    """Returns the relation between a row's subject and its cell under a header; None where no relation fits.

    `thing` is the type of the row's subject; `cell` is the type that the header implies for its cells, or None.
    """
    for name, relation in relations().items():
        for headers, backwards in ((relation.headers, False), (relation.back_headers, True)):
            if header in headers:
                ends = (relation.target, relation.source) if backwards else (relation.source, relation.target)
                if all(not types or kind is None or kind in types for types, kind in zip(ends, (thing, cell), strict=True)):
                    return Reading(name, backwards)
    return None


@cache
def name_of_property(code: str) -> str | None:
    """Returns the relation of a Wikidata property; None where the vocabulary has no such relation."""
    return next((name for name, relation in relations().items() if relation.property == code), None)


@cache
def _by_words(french: bool) -> tuple[dict[str, list[Reading]], dict[str, list[Reading]]]:
    verbs: dict[str, list[Reading]] = defaultdict(list)
    nouns: dict[str, list[Reading]] = defaultdict(list)
    for name, relation in relations().items():
        own = (
            (relation.french_verbs, relation.french_nouns, relation.french_back_verbs, relation.french_back_nouns)
            if french
            else (relation.verbs, relation.nouns, relation.back_verbs, relation.back_nouns)
        )
        for keys, table, backwards in zip(own, (verbs, nouns, verbs, nouns), (False, False, True, True), strict=True):
            for key in keys:
                table[key].append(Reading(name, backwards))
    return dict(verbs), dict(nouns)
