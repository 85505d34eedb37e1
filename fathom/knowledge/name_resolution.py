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

from fathom.knowledge.clustering import NO_VERDICTS, MatchVerdicts, Pair, canonical_names, pair_of
from fathom.knowledge.name_disambiguation import NO_DISTINCTIONS, Distinctions, base_key, form_of, reduce_form, split_form
from fathom.knowledge.name_normalization import name_parts

UNTYPED = ""  # what may be anything
PERSON = "Person"
_GENERIC = frozenset({"Entity", "Thing"})
_MAX_WORDS = 4  # of a person's name


class MentionKey(NamedTuple):
    """A name's key with PERSON or OPEN, and the form of the name (see telling.py): what of it may tell it from others."""

    key: str
    type: str
    form: str = ""

    @property
    def name(self) -> str:
        """The key with the form: that of an entity which texts tell from others of its key."""
        return self.key + self.form


def mention_key(name: str, kind: str | None) -> MentionKey:
    """What a mention by this name and type says."""
    parts = name_parts(name)
    return MentionKey(parts.key, PERSON if kind == PERSON else UNTYPED, form_of(parts))


def with_distinctions(sense: MentionKey, told: Distinctions) -> MentionKey:
    """The sense with no more of its form than what is told apart of its key."""
    return sense._replace(form=reduce_form(sense.form, told.get(sense.key, ()))) if sense.form else sense


def distinguished_pairs(keys: Iterable[str]) -> set[Pair]:
    """The pairs of these keys with forms that are of one key: texts tell them apart."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        by_key[base_key(key)].add(key)
    return {pair_of(*pair) for some in by_key.values() for pair in combinations(sorted(some), 2)}


def is_generic(kind: str | None) -> bool:
    """Whether the type says nothing of what a thing is."""
    return kind is None or kind in _GENERIC


def initialism_key(sense: MentionKey) -> str | None:
    """The key that the form of one initial has of a person's name, `j smith` of `john smith`; None for other keys."""
    words = sense.key.split()
    if not 2 <= len(words) <= _MAX_WORDS or not all(map(str.isalpha, words)):
        return None
    return f"{words[0][0]} {words[-1]}" if "a" <= words[0][0] <= "z" else None


def is_initial(sense: MentionKey) -> bool:
    """Whether what it means depends on who else is in its collection."""
    return initialism_key(sense) == sense.key


def resolve_within_document(
    senses: Collection[MentionKey], told: Distinctions = NO_DISTINCTIONS
) -> dict[MentionKey, MentionKey]:
    """What each is among those of one text, which is read as meaning one thing by what can be one.

    So no two that are left can turn out to be one by what other texts say. `told` is what the text tells apart; of several
    forms of a name that it does not, the fullest is its.
    """
    own = {sense: with_distinctions(sense, told) for sense in senses}
    forms: dict[str, str] = {}
    for sense, mine in own.items():
        forms[mine.name] = max(forms.get(mine.name, ""), sense.form, key=_fullness)
    typed = _typed({*own.values()})
    people = _people({*own.values()})
    left = set(typed.values())
    found: dict[MentionKey, MentionKey] = {}
    for sense, read in typed.items():
        person = _person(read, people)
        maybe = person._replace(type=UNTYPED) if person else None
        if person and (person in left or (maybe in left and read.type == PERSON)):
            found[sense] = person
        else:
            found[sense] = maybe if maybe in left and maybe else read
    names = set(found.values())
    for sense, read in found.items():
        if read.type == UNTYPED and read._replace(type=PERSON) in names:
            found[sense] = read._replace(type=PERSON)
    return {sense: found[mine]._replace(form=forms[found[mine].name]) for sense, mine in own.items()}


def resolve_within_collection(
    senses: Collection[MentionKey], judged: MatchVerdicts = NO_VERDICTS, told: Distinctions = NO_DISTINCTIONS
) -> dict[MentionKey, MentionKey]:
    """What each is among all those of a collection that share its key or its kin, or were judged to be one with them."""
    own = {sense: with_distinctions(sense, told) for sense in senses}
    known = {sense.name: (sense.key, sense.form) for sense in own.values()}
    named = canonical_names(known.keys(), judged | MatchVerdicts(apart=frozenset(distinguished_pairs(known))))
    persons = {named[sense.name] for sense in own.values() if sense.type == PERSON}

    def read_as(name: str, kind: str) -> MentionKey:
        key, form = known[name]
        return MentionKey(key, kind, form)

    typed = {one: read_as(named[one.name], PERSON if named[one.name] in persons else UNTYPED) for one in own.values()}
    people = {initial: {read_as(named[one.name], PERSON) for one in some} for initial, some in _people(typed).items()}
    there = set(typed.values())
    found: dict[MentionKey, MentionKey] = {}
    for sense, read in typed.items():
        person = _person(read, people)
        found[sense] = person if person and person in there else read
    return {sense: found[mine] for sense, mine in own.items()}


def _fullness(form: str) -> tuple[bool, bool, str]:
    accented, legal = split_form(form)
    return bool(legal), bool(accented), form


def _typed(senses: Collection[MentionKey]) -> dict[MentionKey, MentionKey]:
    """The open ones as the person of their key."""
    people = {sense.name for sense in senses if sense.type == PERSON}
    return {sense: sense._replace(type=PERSON) if sense.name in people else sense for sense in senses}


def _people(senses: Collection[MentionKey]) -> Mapping[str, Collection[MentionKey]]:
    """The whole names that may be a person's, by the key of their form of one initial."""
    found: dict[str, set[MentionKey]] = defaultdict(set)
    for sense in senses:
        if (initial := initialism_key(sense)) and initial != sense.key:
            found[initial].add(sense._replace(type=PERSON))
    return found


def _person(sense: MentionKey, people: Mapping[str, Collection[MentionKey]]) -> MentionKey | None:
    """The one person that a name of one initial can be."""
    names = people.get(sense.key, ()) if is_initial(sense) else ()
    return next(iter(names)) if len(names) == 1 else None
