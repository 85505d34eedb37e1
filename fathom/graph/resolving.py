"""Which names are one thing: those of one key, and a person's initial where a collection leaves it one reading.

A sense is what a mention says by itself: a name's key, and whether it is a person. Types do not tell things of one name
apart, for two texts seldom agree on them; mentions vote on what a thing's is (see fathom/graph/settling.py). A sense that
is not said to be a person is the person of its key, where there is one; a person of an initial, `J. Smith`, is the one
person of the collection whose name that can be. Keys that were judged to be of one thing are one (see
fathom/graph/sameness.py). It is a function of the set of senses and verdicts, so the order in which documents come does
not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from fathom.graph.naming import name_key
from fathom.graph.sameness import NOTHING_JUDGED, Judged, one_name

OPEN = ""  # what may be anything
PERSON = "Person"
_GENERIC = frozenset({"Entity", "Thing"})
_MOST_WORDS = 4  # of a person's name


class Sense(NamedTuple):
    """A name's key with PERSON or OPEN."""

    key: str
    type: str


def sense_of(name: str, kind: str | None) -> Sense:
    """What a mention by this name and type says."""
    return Sense(name_key(name), PERSON if kind == PERSON else OPEN)


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


def one_text(senses: Collection[Sense]) -> dict[Sense, Sense]:
    """What each is among those of one text, which is read as meaning one thing by what can be one.

    So no two that are left can turn out to be one by what other texts say.
    """
    typed = _typed(senses)
    people = _people(senses)
    left = set(typed.values())
    found: dict[Sense, Sense] = {}
    for sense, read in typed.items():
        person = _person(read, people)
        maybe = Sense(person.key, OPEN) if person else None
        if person and (person in left or (maybe in left and read.type == PERSON)):
            found[sense] = person
        else:
            found[sense] = maybe if maybe in left and maybe else read
    names = set(found.values())
    return {
        sense: Sense(read.key, PERSON) if read.type == OPEN and Sense(read.key, PERSON) in names else read
        for sense, read in found.items()
    }


def one_collection(senses: Collection[Sense], judged: Judged = NOTHING_JUDGED) -> dict[Sense, Sense]:
    """What each is among all those of a collection that share its key or its kin, or were judged to be one with them."""
    named = one_name({sense.key for sense in senses}, judged)
    persons = {named[sense.key] for sense in senses if sense.type == PERSON}
    typed = {one: Sense(named[one.key], PERSON if named[one.key] in persons else OPEN) for one in senses}
    people = {initial: {named[key] for key in keys} for initial, keys in _people(senses).items()}
    there = set(typed.values())
    found: dict[Sense, Sense] = {}
    for sense, read in typed.items():
        person = _person(read, people)
        found[sense] = person if person and person in there else read
    return found


def _typed(senses: Collection[Sense]) -> dict[Sense, Sense]:
    """The open ones as the person of their key."""
    people = {sense.key for sense in senses if sense.type == PERSON}
    return {sense: Sense(sense.key, PERSON) if sense.key in people else sense for sense in senses}


def _people(senses: Collection[Sense]) -> Mapping[str, Collection[str]]:
    """The whole names that may be a person's, by the key of their form of one initial."""
    found: dict[str, set[str]] = defaultdict(set)
    for sense in senses:
        if (initial := kin(sense)) and initial != sense.key:
            found[initial].add(sense.key)
    return found


def _person(sense: Sense, people: Mapping[str, Collection[str]]) -> Sense | None:
    """The one person that a name of one initial can be."""
    names = people.get(sense.key, ()) if is_initial(sense) else ()
    return Sense(next(iter(names)), PERSON) if len(names) == 1 else None
