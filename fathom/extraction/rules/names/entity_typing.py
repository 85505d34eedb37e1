"""Assigns each name a type and a confidence; a type that would be a guess is omitted."""

from __future__ import annotations

from collections.abc import Mapping

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.english_words import is_common_phrase
from fathom.extraction.rules.names.found_name import ANY_TYPE, FoundName
from fathom.extraction.rules.names.gazetteer import is_city
from fathom.extraction.rules.names.name_cleaning import LEGAL_FORM, type_by_words
from fathom.extraction.rules.names.type_model import model_features, type_probabilities

SURE = 0.6  # minimum probability; below it the type is a guess
OFTEN_TAKEN = 0.7  # of an organization's
MOSTLY_TAKEN = 0.85  # of an organization named by a single word or abbreviation
ALONE = 0.8  # of a person with a single-word name, or a place that is no known city
_TWICE = 1.5  # votes
_SOURCES = frozenset({"capitals", "joined", "lead", "nicknamed", "pattern", "quoted", "spacy"})
_BY_KIND = {"PER": "Person", "ORG": "Organization", "LOC": "Location"}
_OTHER = ("Event", "Language", "Law", "Product", "Work")
# Precision of each class of names, including their type: by source, whether they have
# several mentions, and whether they have a type. Measured by `python -m tests.evaluation.entity_confidence`.
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


def evidence_of_type(text: str, found: FoundName) -> dict[str, float]:
    """Returns the features of a name for the type model."""
    return model_features(text, found.name, found.mentions, found.votes, found.sources, surname=found.surname is not None)


def assign_type(text: str, found: FoundName, kinds: Mapping[str, float] | None = None) -> None:
    """Sets type and confidence of an English name; the type model supports no other language.

    `kinds` are the type probabilities, by default those of the packaged weights.
    """
    if any(source.startswith("french") for source in found.sources):
        return
    found.decided = _decided(text, found, kinds)
    source, several, _ = key = confidence_class(found)
    found.confidence = RIGHT.get(key, RIGHT_OF_FEW[several] if source in _SOURCES else None)


def confidence_class(found: FoundName) -> tuple[str, bool, bool]:
    """Returns the class by which a name's confidence was measured: its source, several mentions or not, typed or not."""
    most = max(sorted(found.sources), key=lambda source: found.sources[source], default="")
    return most.split(" ")[0], len(found.mentions) > 1, found.decided != ANY_TYPE


def _decided(text: str, found: FoundName, kinds: Mapping[str, float] | None) -> str:
    if LEGAL_FORM.search(found.name):
        return "Organization"
    if country_of(found.name):
        return "Group" if is_adjective(found.name) else "Location"
    if found.voted in ("Group", "Language") and found.votes.get(found.voted, 0.0) >= _PEOPLES * sum(found.votes.values()):
        return found.voted
    kinds = kinds or type_probabilities(evidence_of_type(text, found))
    kind = min(kinds, key=lambda kind: (-kinds[kind], kind))
    return ANY_TYPE if kinds[kind] < _least(found, kind) else _BY_KIND.get(kind) or _other(found)


def _least(found: FoundName, kind: str) -> float:
    """Returns the minimum probability of a type; higher where spaCy takes abbreviations and terms for organizations."""
    name, alone = found.name, " " not in found.name
    if kind == "PER" and is_common_phrase(name):
        return 1.0
    if kind == "ORG":
        return OFTEN_TAKEN if not alone or found.aliases else MOSTLY_TAKEN
    return ALONE if alone and (kind == "PER" or (kind == "LOC" and not is_city(name))) else SURE


def _other(found: FoundName) -> str:
    """Returns the type that is neither person, organization nor place; only where at least two of spaCy's spans agree."""
    if by_words := type_by_words(found.name):
        return by_words
    votes = {kind: found.votes[kind] for kind in _OTHER if found.votes.get(kind, 0.0) >= _TWICE}
    if votes.get("Work", 0.0) < _TWICE and any(source.startswith("quoted") for source in found.sources):
        return "Work"
    return min(votes, key=lambda kind: (-votes[kind], kind)) if votes else ANY_TYPE
