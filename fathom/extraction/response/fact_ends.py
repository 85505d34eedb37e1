"""Resolves the ends of facts to the entities of the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.extraction.model import Entity
from fathom.extraction.response.entity_types import EntityTypes
from fathom.extraction.response.object_fields import ALIASES, ID, NAME, TYPE, by_letters, first, folded, line, words
from fathom.extraction.response.text_location import SourceText
from fathom.extraction.response_schema import MAX_ALIASES, MAX_ENTITIES, MAX_NAME_LENGTH

ANY_TYPE = "Entity"
# Pronouns are no names, even with a capital at the start of a sentence.
_PRONOUNS = {"i", "he", "she", "it", "we", "they", "you", "him", "her", "them", "us", "this", "that", "these", "those", "who"}


@dataclass
class _Thing:
    """A named thing of an answer."""

    name: str
    type: str
    aliases: list[str] = field(default_factory=list[str])
    declared: bool = True


class NamedThings:
    """The entities of an answer by name, alias and id; a key of several entities is ambiguous and means none."""

    def __init__(self, items: Sequence[Any], types: EntityTypes, dropped: Counter[str]) -> None:
        self._things: dict[str, _Thing] = {}
        self._by_id: dict[str, set[str]] = {}
        self._by_alias: dict[str, set[str]] = {}
        self._dropped = dropped
        self._in_text: dict[str, Entity] = {}
        for item in items[:MAX_ENTITIES]:
            self._add(item, types)
        dropped["too many entities"] += max(0, len(items) - MAX_ENTITIES)
        for key, thing in self._things.items():
            for alias in thing.aliases:
                if folded(alias) not in self._things:
                    self._by_alias.setdefault(folded(alias), set()).add(key)

    def _add(self, item: Any, types: EntityTypes) -> None:
        members = by_letters(item) if isinstance(item, dict) else {"name": item, "type": ANY_TYPE}
        given = first(members, NAME)
        identity = first(members, ID)
        if given is None and isinstance(identity, str) and not identity.strip().isdecimal():
            given = identity  # an object with an id and no name
        name = words(given, MAX_NAME_LENGTH)
        if not name:
            self._dropped["name too long" if line(given) else "not an entity"] += 1
            return
        value = first(members, TYPE)
        kind = types.read(value)
        if kind is None and value != ANY_TYPE:
            self._dropped["entity without a type" if value is None else "type not asked for"] += 1
        thing = self._things.setdefault(folded(name), _Thing(name, kind or ANY_TYPE))
        if thing.type == ANY_TYPE and kind:
            thing.type = kind
        thing.aliases.extend(_aliases(first(members, ALIASES)))
        if isinstance(identity, (str, int)) and not isinstance(identity, bool):
            self._by_id.setdefault(str(identity).strip(), set()).add(folded(name))

    def add_ends(self, ends: Sequence[Any]) -> None:
        """Adds ends of facts that no entity declares, without a type, if they are written like names."""
        for end in ends:
            name = words(_name_of(end), MAX_NAME_LENGTH)
            if not name or self._keys(end) or len(self._things) >= MAX_ENTITIES or not _like_a_name(name):
                continue
            self._things[folded(name)] = _Thing(name, ANY_TYPE, declared=False)

    def entities(self, text: SourceText) -> list[Entity]:
        """Returns the entities that the text mentions, in text order, with all mentions; drops and counts the others."""
        forms = {
            key: [thing.name, *(alias for alias in thing.aliases if self._by_alias.get(folded(alias)) == {key})]
            for key, thing in self._things.items()
        }
        places = text.places(forms)
        for key, thing in self._things.items():
            if places[key]:
                self._in_text[key] = Entity(name=thing.name, type=thing.type, mentions=places[key])
            elif thing.declared:
                self._dropped["entity not in the text"] += 1
        return sorted(self._in_text.values(), key=lambda entity: entity.mentions[0])

    def resolve(self, end: Any) -> Entity | None:
        """Returns the entity that the end of a fact means; None if there is none, or several."""
        keys = self._keys(end)
        if len(keys) > 1:
            self._dropped["end that means several entities"] += 1
        return self._in_text.get(next(iter(keys))) if len(keys) == 1 else None

    def called(self, entity: Entity, text: str) -> list[str]:
        """Returns the other forms of an entity's name in the answer and the text."""
        written = (" ".join(text[start:end].split()) for start, end in entity.mentions)
        return list(dict.fromkeys((*self._things[folded(entity.name)].aliases, *written)))

    def _keys(self, end: Any) -> set[str]:
        """Returns the keys of all entities that an end may mean: by name, else by alias, else by id."""
        name = folded(words(_name_of(end), MAX_NAME_LENGTH))
        if name in self._things:
            return {name}
        if name in self._by_alias:
            return self._by_alias[name]
        return next((self._by_id[identity] for identity in _ids_of(end) if identity in self._by_id), set())


def _aliases(value: Any) -> Iterator[str]:
    for item in (value if isinstance(value, list) else [value])[:MAX_ALIASES]:
        if alias := words(_name_of(item), MAX_NAME_LENGTH):
            yield alias


def _name_of(end: Any) -> Any:
    """Returns the name that an end gives: itself, as an object, or as the only item of a list."""
    if isinstance(end, list) and len(end) == 1:
        end = end[0]
    return first(by_letters(end), NAME) if isinstance(end, dict) else end


def _ids_of(end: Any) -> Iterator[str]:
    if isinstance(end, list) and len(end) == 1:
        end = end[0]
    identity: Any = first(by_letters(end), ID) if isinstance(end, Mapping) else end
    if isinstance(identity, (str, int)) and not isinstance(identity, bool):
        yield str(identity).strip()


def _like_a_name(value: str) -> bool:
    """Returns whether words are written like a name: with a capital, or in a script without case; no pronoun."""
    letters = [sign for sign in value if sign.isalpha()]
    return any(not sign.islower() for sign in letters) and value.casefold() not in _PRONOUNS
