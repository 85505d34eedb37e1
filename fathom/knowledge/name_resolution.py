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

UNTYPED = ""  # the type of a mention that may be of anything
PERSON = "Person"
_GENERIC = frozenset({"Entity", "Thing"})
_MAX_WORDS = 4  # of a person's name


class MentionKey(NamedTuple):
    """The normalized name of a mention, with PERSON or UNTYPED, and the form that may distinguish it from others of its key.

    For the form see fathom/knowledge/name_disambiguation.py.
    """

    key: str
    type: str
    form: str = ""

    @property
    def name(self) -> str:
        """The key with the form: that of an entity which texts distinguish from others of its key."""
        return self.key + self.form


def mention_key(name: str, kind: str | None) -> MentionKey:
    """Returns the key of a mention by this name and type."""
    parts = name_parts(name)
    return MentionKey(parts.key, PERSON if kind == PERSON else UNTYPED, form_of(parts))


def with_distinctions(mention: MentionKey, distinctions: Distinctions) -> MentionKey:
    """Returns the mention with its form reduced to the parts that distinguish names of its key."""
    return mention._replace(form=reduce_form(mention.form, distinctions.get(mention.key, ()))) if mention.form else mention


def distinguished_pairs(keys: Iterable[str]) -> set[Pair]:
    """Returns the pairs of keys with forms that share a base key: texts distinguish them, so they do not match."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        by_key[base_key(key)].add(key)
    return {pair_of(*pair) for group in by_key.values() for pair in combinations(sorted(group), 2)}


def is_generic(kind: str | None) -> bool:
    """Returns whether the type says nothing about an entity."""
    return kind is None or kind in _GENERIC


def initial_key(mention: MentionKey) -> str | None:
    """Returns the key with an initial for its first word, `j smith` for `john smith`, whatever the mention's type.

    None unless the key is two to _MAX_WORDS words of letters. Two initials are a single word of a key (`jr smith` for
    `J. R. Smith`), which resolves to nobody.
    """
    words = mention.key.split()
    if not 2 <= len(words) <= _MAX_WORDS or not all(map(str.isalpha, words)):
        return None
    return f"{words[0][0]} {words[-1]}" if "a" <= words[0][0] <= "z" else None


def has_initial(mention: MentionKey) -> bool:
    """Returns whether the name has an initial for its first name, so that its entity depends on the collection's people."""
    return initial_key(mention) == mention.key


def resolve_within_document(
    mentions: Collection[MentionKey], distinctions: Distinctions = NO_DISTINCTIONS
) -> dict[MentionKey, MentionKey]:
    """Resolves the mentions of a single text: mentions that can be the same entity are.

    So no two of the results can turn out to be the same entity by other texts. `distinctions` are those of the text; of several
    forms of a name that it does not distinguish, the fullest is kept.
    """
    own = {mention: with_distinctions(mention, distinctions) for mention in mentions}
    forms: dict[str, str] = {}
    for mention, mine in own.items():
        forms[mine.name] = max(forms.get(mine.name, ""), mention.form, key=_fullness)
    typed = _typed({*own.values()})
    people = _people({*own.values()})
    present = set(typed.values())
    found: dict[MentionKey, MentionKey] = {}
    for mention, read in typed.items():
        person = _person(read, people)
        untyped = person._replace(type=UNTYPED) if person else None
        if person and (person in present or (untyped in present and read.type == PERSON)):
            found[mention] = person
        else:
            found[mention] = untyped if untyped in present and untyped else read
    names = set(found.values())
    for mention, read in found.items():
        if read.type == UNTYPED and read._replace(type=PERSON) in names:
            found[mention] = read._replace(type=PERSON)
    return {mention: found[mine]._replace(form=forms[found[mine].name]) for mention, mine in own.items()}


def resolve_within_collection(
    mentions: Collection[MentionKey], verdicts: MatchVerdicts = NO_VERDICTS, distinctions: Distinctions = NO_DISTINCTIONS
) -> dict[MentionKey, MentionKey]:
    """Resolves mentions to entities of the collection.

    `mentions` must contain all mentions of the collection that share a key or an initial with each other, or match.
    """
    own = {mention: with_distinctions(mention, distinctions) for mention in mentions}
    known = {mention.name: (mention.key, mention.form) for mention in own.values()}
    distinct = MatchVerdicts(non_matches=frozenset(distinguished_pairs(known)))
    canonical = canonical_names(known.keys(), verdicts | distinct)
    persons = {canonical[mention.name] for mention in own.values() if mention.type == PERSON}

    def entity(name: str, kind: str) -> MentionKey:
        key, form = known[name]
        return MentionKey(key, kind, form)

    typed = {
        mention: entity(canonical[mention.name], PERSON if canonical[mention.name] in persons else UNTYPED)
        for mention in own.values()
    }
    people = {
        initial: {entity(canonical[mention.name], PERSON) for mention in group} for initial, group in _people(typed).items()
    }
    present = set(typed.values())
    found: dict[MentionKey, MentionKey] = {}
    for mention, read in typed.items():
        person = _person(read, people)
        found[mention] = person if person and person in present else read
    return {mention: found[mine] for mention, mine in own.items()}


def _fullness(form: str) -> tuple[bool, bool, str]:
    accented, legal = split_form(form)
    return bool(legal), bool(accented), form


def _typed(mentions: Collection[MentionKey]) -> dict[MentionKey, MentionKey]:
    """Returns the mentions, untyped ones as the person of their key where there is one."""
    people = {mention.name for mention in mentions if mention.type == PERSON}
    return {mention: mention._replace(type=PERSON) if mention.name in people else mention for mention in mentions}


def _people(mentions: Collection[MentionKey]) -> Mapping[str, Collection[MentionKey]]:
    """Returns the full names that may be a person's, by their initial key."""
    found: dict[str, set[MentionKey]] = defaultdict(set)
    for mention in mentions:
        if (initial := initial_key(mention)) and initial != mention.key:
            found[initial].add(mention._replace(type=PERSON))
    return found


def _person(mention: MentionKey, people: Mapping[str, Collection[MentionKey]]) -> MentionKey | None:
    """Returns the only person that a name with an initial can match; None where there are several."""
    names = people.get(mention.key, ()) if has_initial(mention) else ()
    return next(iter(names)) if len(names) == 1 else None
