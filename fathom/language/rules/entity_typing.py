"""Gives each name of a text its type and the confidence it deserves; a type that would be a guess is left out."""

from __future__ import annotations

from fathom.language.rules.countries import country_of, is_adjective
from fathom.language.rules.found_name import ANY_TYPE, Found
from fathom.language.rules.type_model import features, likely_kinds

SURE = 0.6  # of a kind's probability; below it the type is a guess
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
    one.decided = ANY_TYPE if kinds[kind] < SURE else _BY_KIND.get(kind) or _other(one)


def _other(one: Found) -> str:
    """Which of the types that are neither persons, organizations nor places; only where something says so."""
    votes = {kind: one.votes[kind] for kind in _OTHER if one.votes.get(kind)}
    return min(votes, key=lambda kind: (-votes[kind], kind)) if votes else ANY_TYPE
