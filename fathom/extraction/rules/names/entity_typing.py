"""Gives each name of a text its type and the confidence it deserves; a type that would be a guess is left out."""

from __future__ import annotations

from collections.abc import Mapping

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.english_words import is_common_phrase
from fathom.extraction.rules.names.found_name import ANY_TYPE, Found
from fathom.extraction.rules.names.gazetteer import is_city
from fathom.extraction.rules.names.name_cleaning import LEGAL_FORM, type_by_words
from fathom.extraction.rules.names.type_model import features, likely_kinds

SURE = 0.6  # of a kind's probability; below it the type is a guess
OFTEN_TAKEN = 0.7  # of an organization's
MOSTLY_TAKEN = 0.85  # of an organization's that is named by one word or abbreviation alone
ALONE = 0.8  # of a person's that has one word, or a place's that is no known city
_TWICE = 1.5  # votes
_SOURCES = frozenset({"capitals", "joined", "lead", "nicknamed", "pattern", "quoted", "spacy"})
_BY_KIND = {"PER": "Person", "ORG": "Organization", "LOC": "Location"}
_OTHER = ("Event", "Language", "Law", "Product", "Work")
# Share of the names of each standing that are right, with their type where they have one: who found them, whether they have
# several places, whether they have a type. Counted by `python -m tests.evaluation.entity_confidence`.
RIGHT = {
    ("capitals", False, False): 0.61,
    ("capitals", False, True): 0.67,
    ("capitals", True, False): 0.82,
    ("capitals", True, True): 0.89,
    ("joined", False, False): 0.58,
    ("joined", False, True): 0.64,
    ("pattern", False, False): 0.73,
    ("pattern", False, True): 0.56,
    ("quoted", False, True): 0.84,
    ("quoted", True, True): 0.91,
    ("spacy", False, False): 0.81,
    ("spacy", False, True): 0.85,
    ("spacy", True, False): 0.95,
    ("spacy", True, True): 0.94,
}
RIGHT_OF_FEW = {False: 0.9, True: 0.94}  # of the standings that have under 20 names each, by whether they have several places
_PEOPLES = 0.5  # of all votes, from where on a name is of a people, faith or language


def evidence(text: str, one: Found) -> dict[str, float]:
    """Returns the features of a name by which the model of types weighs its kind."""
    return features(text, one.name, one.mentions, one.votes, one.sources, surname=one.surname is not None)


def decide(text: str, one: Found, kinds: Mapping[str, float] | None = None) -> None:
    """Sets type and confidence of an English name; the model of types knows no other language.

    `kinds` are the probabilities of its kinds, by the weights of the package unless they are given.
    """
    if any(source.startswith("french") for source in one.sources):
        return
    one.decided = _decided(text, one, kinds)
    source, several, _ = key = standing(one)
    one.confidence = RIGHT.get(key, RIGHT_OF_FEW[several] if source in _SOURCES else None)


def standing(one: Found) -> tuple[str, bool, bool]:
    """Returns the class of a name by which its confidence was counted: its source, several places or one, typed or not."""
    most = max(sorted(one.sources), key=lambda source: one.sources[source], default="")
    return most.split(" ")[0], len(one.mentions) > 1, one.decided != ANY_TYPE


def _decided(text: str, one: Found, kinds: Mapping[str, float] | None) -> str:
    if LEGAL_FORM.search(one.name):
        return "Organization"
    if country_of(one.name):
        return "Group" if is_adjective(one.name) else "Location"
    if one.voted in ("Group", "Language") and one.votes.get(one.voted, 0.0) >= _PEOPLES * sum(one.votes.values()):
        return one.voted
    kinds = kinds or likely_kinds(evidence(text, one))
    kind = min(kinds, key=lambda kind: (-kinds[kind], kind))
    return ANY_TYPE if kinds[kind] < _least(one, kind) else _BY_KIND.get(kind) or _other(one)


def _least(one: Found, kind: str) -> float:
    """The least probability at which a kind is said; spaCy takes every abbreviation and term for an organization."""
    name, alone = one.name, " " not in one.name
    if kind == "PER" and is_common_phrase(name):
        return 1.0
    if kind == "ORG":
        return OFTEN_TAKEN if not alone or one.aliases else MOSTLY_TAKEN
    return ALONE if alone and (kind == "PER" or (kind == "LOC" and not is_city(name))) else SURE


def _other(one: Found) -> str:
    """Which of the types that are neither persons, organizations nor places; only where more than one look of spaCy says so."""
    if by_words := type_by_words(one.name):
        return by_words
    votes = {kind: one.votes[kind] for kind in _OTHER if one.votes.get(kind, 0.0) >= _TWICE}
    if votes.get("Work", 0.0) < _TWICE and any(source.startswith("quoted") for source in one.sources):
        return "Work"
    return min(votes, key=lambda kind: (-votes[kind], kind)) if votes else ANY_TYPE
