"""Gives each name of a text its type and the confidence it deserves; a type that would be a guess is left out."""

from __future__ import annotations

from fathom.language.rules.countries import country_of, is_adjective
from fathom.language.rules.english_words import is_common_phrase
from fathom.language.rules.found_name import ANY_TYPE, Found
from fathom.language.rules.gazetteer import is_city, is_first_name, is_surname
from fathom.language.rules.name_cleaning import type_by_words
from fathom.language.rules.type_model import features, likely_kinds

SURE = 0.6  # of a kind's probability; below it the type is a guess
OFTEN_TAKEN = 0.7  # of an organization's
MOSTLY_TAKEN = 0.85  # of an organization's that is named by one word or abbreviation alone
ALONE = 0.8  # of a place's or person's that has one word, which no gazetteer knows
_TWICE = 1.5  # votes
_BY_KIND = {"PER": "Person", "ORG": "Organization", "LOC": "Location"}
_OTHER = ("Event", "Language", "Law", "Product", "Work")
_PEOPLES = 0.5  # of all votes, from where on a name is of a people, faith or language


def evidence(text: str, one: Found) -> dict[str, float]:
    """What speaks for the kind of the name, as the model of types weighs it."""
    return features(text, one.name, one.mentions, one.votes, one.sources, surname=one.surname is not None)


def decide(text: str, one: Found) -> None:
    """Sets type and confidence of an English name; the model of types knows no other language."""
    if any(source.startswith("french") for source in one.sources):
        return
    if country_of(one.name):
        one.decided = "Group" if is_adjective(one.name) else "Location"
        return
    if one.voted in ("Group", "Language") and one.votes.get(one.voted, 0.0) >= _PEOPLES * sum(one.votes.values()):
        one.decided = one.voted
        return
    kinds = likely_kinds(evidence(text, one))
    kind = min(kinds, key=lambda kind: (-kinds[kind], kind))
    one.decided = ANY_TYPE if kinds[kind] < _least(one, kind) else _BY_KIND.get(kind) or _other(one)


def _least(one: Found, kind: str) -> float:
    """The least probability at which a kind is said; spaCy takes every abbreviation and term for an organization."""
    name, alone = one.name, " " not in one.name
    if kind == "PER" and is_common_phrase(name):
        return 1.0
    if kind == "ORG":
        return OFTEN_TAKEN if not alone or one.aliases else MOSTLY_TAKEN
    known = is_city(name) or is_first_name(name) or is_surname(name)
    return ALONE if alone and kind in ("LOC", "PER") and not known else SURE


def _other(one: Found) -> str:
    """Which of the types that are neither persons, organizations nor places; only where more than one look of spaCy says so."""
    if by_words := type_by_words(one.name):
        return by_words
    votes = {kind: one.votes[kind] for kind in _OTHER if one.votes.get(kind, 0.0) >= _TWICE}
    if votes.get("Work", 0.0) < _TWICE and any(source.startswith("quoted") for source in one.sources):
        return "Work"
    return min(votes, key=lambda kind: (-votes[kind], kind)) if votes else ANY_TYPE
