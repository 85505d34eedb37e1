"""Resolves mentions of a collection to entities by their normalized names.

Mentions of the same key are the same entity. Types do not separate entities of the same name, since two texts seldom agree on
them; mentions vote on an entity's type (see fathom/graph/write/aggregates.py). A mention of unknown type belongs to the person
of its key, where there is one. A person's initial, `J. Smith`, resolves to the only person of the collection that it can
match; if there are several, it stays separate. Keys that were judged to match are the same entity (see
fathom/knowledge/clustering.py); names that texts distinguish by accents or legal form are not (see
fathom/knowledge/name_disambiguation.py). The result is a function of the set of mentions and verdicts, so the order in which
documents arrive does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from fathom.knowledge.clustering import NOTHING_JUDGED, Judged, Pair, one_name, pair_of
from fathom.knowledge.name_disambiguation import NOTHING_TOLD, Told, form_of, key_alone, reduced, split_form
from fathom.knowledge.name_normalization import name_parts

OPEN = ""  # what may be anything
PERSON = "Person"
_GENERIC = frozenset({"Entity", "Thing"})
_MOST_WORDS = 4  # of a person's name


class Sense(NamedTuple):
    """A name's key with PERSON or OPEN, and the form of the name (see telling.py): what of it may tell it from others."""

    key: str
    type: str
    form: str = ""

    @property
    def name(self) -> str:
        """The key with the form: that of an entity which texts tell from others of its key."""
        return self.key + self.form


def sense_of(name: str, kind: str | None) -> Sense:
    """What a mention by this name and type says."""
    parts = name_parts(name)
    return Sense(parts.key, PERSON if kind == PERSON else OPEN, form_of(parts))


def as_told(sense: Sense, told: Told) -> Sense:
    """The sense with no more of its form than what is told apart of its key."""
    return sense._replace(form=reduced(sense.form, told.get(sense.key, ()))) if sense.form else sense


def told_apart(keys: Iterable[str]) -> set[Pair]:
    """The pairs of these keys with forms that are of one key: texts tell them apart."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        by_key[key_alone(key)].add(key)
    return {pair_of(*pair) for some in by_key.values() for pair in combinations(sorted(some), 2)}


def is_generic(kind: str | None) -> bool:
    """Whether the type says nothing of what a thing is."""
    return kind is None or kind in _GENERIC


def kin(sense: Sense) -> str | None:
    """The key that the form of one initial has of a person's name, `j smith` of `john smith`; None for other keys."""
    words = sense.key.split()
    if not 2 <= len(words) <= _MOST_WORDS or not all(map(str.isalpha, words)):
        return None
    return f"{words[0][0]} {words[-1]}" if "a" <= words[0][0] <= "z" else None


def is_initial(sense: Sense) -> bool:
    """Whether what it means depends on who else is in its collection."""
    return kin(sense) == sense.key


def one_text(senses: Collection[Sense], told: Told = NOTHING_TOLD) -> dict[Sense, Sense]:
    """What each is among those of one text, which is read as meaning one thing by what can be one.

    So no two that are left can turn out to be one by what other texts say. `told` is what the text tells apart; of several
    forms of a name that it does not, the fullest is its.
    """
    own = {sense: as_told(sense, told) for sense in senses}
    forms: dict[str, str] = {}
    for sense, mine in own.items():
        forms[mine.name] = max(forms.get(mine.name, ""), sense.form, key=_fullness)
    typed = _typed({*own.values()})
    people = _people({*own.values()})
    left = set(typed.values())
    found: dict[Sense, Sense] = {}
    for sense, read in typed.items():
        person = _person(read, people)
        maybe = person._replace(type=OPEN) if person else None
        if person and (person in left or (maybe in left and read.type == PERSON)):
            found[sense] = person
        else:
            found[sense] = maybe if maybe in left and maybe else read
    names = set(found.values())
    for sense, read in found.items():
        if read.type == OPEN and read._replace(type=PERSON) in names:
            found[sense] = read._replace(type=PERSON)
    return {sense: found[mine]._replace(form=forms[found[mine].name]) for sense, mine in own.items()}


def one_collection(senses: Collection[Sense], judged: Judged = NOTHING_JUDGED, told: Told = NOTHING_TOLD) -> dict[Sense, Sense]:
    """What each is among all those of a collection that share its key or its kin, or were judged to be one with them."""
    own = {sense: as_told(sense, told) for sense in senses}
    known = {sense.name: (sense.key, sense.form) for sense in own.values()}
    named = one_name(known.keys(), judged | Judged(apart=frozenset(told_apart(known))))
    persons = {named[sense.name] for sense in own.values() if sense.type == PERSON}

    def read_as(name: str, kind: str) -> Sense:
        key, form = known[name]
        return Sense(key, kind, form)

    typed = {one: read_as(named[one.name], PERSON if named[one.name] in persons else OPEN) for one in own.values()}
    people = {initial: {read_as(named[one.name], PERSON) for one in some} for initial, some in _people(typed).items()}
    there = set(typed.values())
    found: dict[Sense, Sense] = {}
    for sense, read in typed.items():
        person = _person(read, people)
        found[sense] = person if person and person in there else read
    return {sense: found[mine] for sense, mine in own.items()}


def _fullness(form: str) -> tuple[bool, bool, str]:
    accented, legal = split_form(form)
    return bool(legal), bool(accented), form


def _typed(senses: Collection[Sense]) -> dict[Sense, Sense]:
    """The open ones as the person of their key."""
    people = {sense.name for sense in senses if sense.type == PERSON}
    return {sense: sense._replace(type=PERSON) if sense.name in people else sense for sense in senses}


def _people(senses: Collection[Sense]) -> Mapping[str, Collection[Sense]]:
    """The whole names that may be a person's, by the key of their form of one initial."""
    found: dict[str, set[Sense]] = defaultdict(set)
    for sense in senses:
        if (initial := kin(sense)) and initial != sense.key:
            found[initial].add(sense._replace(type=PERSON))
    return found


def _person(sense: Sense, people: Mapping[str, Collection[Sense]]) -> Sense | None:
    """The one person that a name of one initial can be."""
    names = people.get(sense.key, ()) if is_initial(sense) else ()
    return next(iter(names)) if len(names) == 1 else None
