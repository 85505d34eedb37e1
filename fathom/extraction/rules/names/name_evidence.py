"""Rejects capitalised words that are no names: contract terms, buttons, all-caps words, code, abbreviated concepts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from fathom.extraction.rules.names.english_words import is_command, is_common_phrase, is_small_word
from fathom.extraction.rules.names.name_cleaning import LEGAL_FORM, type_by_words
from fathom.extraction.rules.names.span_merging import NameSpan

_CODE = re.compile(r"§|\w\(|[=^\\{}<>|~@$%_]|:\S|\w#\w|\(\s*\)|::|->")
_CITED = re.compile(r"(?:Section|Rule|Article|Chapter|Title|Part|Clause|Paragraph|Item)s?\s\d|U\.S\.C\.?|C\.F\.R\.?")
_OF_CITED = re.compile(r"[A-Z][a-z]+s?\s\d[\w().-]*\s(?:of|to)\s(?:the\s)?(?=[A-Z])")  # `Section 5 of the` Bankruptcy Act
_NUMBERED = re.compile(
    r"(?:Section|Sections|Rule|Rules|Article|Articles|Item|Items|Paragraph|Clause|Schedule|Exhibit|Title|Chapter|Annex|Part|Step|"
    r"Level|Version|Phase|Stage|Task|Test|Unit|Equation|Eq|Lemma|Theorem|Definition|Example|Algorithm|Listing|Question|Line|Room|"
    r"Note|Day|Week|Year|Grade|Class|Group|Model|Option|Type|Appendix|Column|Row|Slide|Sheet|Volume|Vol|No)s?\.?"
    r"(?:\s?\d[\dA-Za-z.()-]*|\s[IVXA-Z]{1,4})?"
)
_DETERMINER = re.compile(r"\b(?:a|an|any|each|every|this|these|those|such|no|your|our|my|another|other)\s$", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\ban?\s$")
_NOUN_AFTER = re.compile(r"\s[a-z]")
_POSSESSIVE = re.compile(r"\b(?:his|her|its|their|some|all|both|either)\s$", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(?:of|in|by|from|to|with|at)\s$")
_OPENING = re.compile(r"(?:^|[\n.!?:;•·|]|[-–—*]\s|\d[.)])\s*[\"“'‘(]?\s*$")
_SHOUTED = re.compile(r"\b[A-Z]{2,}\b")
_CONCEPT = re.compile(r"\(([A-Z]{2,7})s?\b")
_BEFORE_CONCEPT = re.compile(r"(?:(?<![\w’'-] )[A-Z][a-z]+[\s-]+)?(?:[a-z][a-z’'-]*[\s-]+){1,8}$")
_BEFORE_CONCEPT = re.compile(r"(?:(?<![\w’'-] )[A-Z][a-z]+[\s-]+)?(?:[a-z][a-z’'-]*[\s-]+){1,8}$")
_DEFINED = re.compile(r"[\"“]([A-Z][\w -]{1,40}?)s?[\"”] (?:shall )?(?:means?|refers? to|includes?|has the meaning)\b")
_LOWER_WORD = re.compile(r"(?<![\w’'-])[a-z][a-z]+(?![\w])")


def keep_names(text: str, places: Sequence[NameSpan]) -> list[NameSpan]:
    """Returns the spans that are names, with balanced brackets."""
    terms, lower = _terms(text), _lower_words(text)
    whole = (_bracketed(text, _uncited(text, place)) for place in places)
    return [place for place in whole if _names(text, place, terms, lower)]


def _names(text: str, place: NameSpan, terms: set[str], lower: set[str]) -> bool:
    name = text[place.start : place.end]
    if LEGAL_FORM.search(name):
        return True
    if "(s)" in name or (is_command(name) if name.isupper() else is_small_word(name)):
        return False
    if _CODE.search(name) or _NUMBERED.fullmatch(name) or _CITED.match(name) or name.removesuffix("s") in terms:
        return False
    if _is_shouted(text, place, name):
        return False
    if (place.source in ("quoted", "nicknamed", "pattern") and " " in name) or not is_common_phrase(name):
        return True
    if name.isupper() and " " in name:
        return False
    before, one_word = text[max(0, place.start - 12) : place.start], " " not in name
    if place.type in ("Location", "Group", "Language") or type_by_words(name):
        return True
    if place.source == "spacy" and not one_word and _ATTRIBUTE.search(before) and _NOUN_AFTER.match(text, place.end):
        return True  # `a United Nations member`
    if _DETERMINER.search(before) or (one_word and _POSSESSIVE.search(before)):
        return False
    opens = _OPENING.search(before) is not None
    if opens and (text[place.end : place.end + 1] in (":", ".") or (one_word and is_command(name))):  # a label, a step
        return False
    if place.source == "lead":
        return True
    spoken = not lower.isdisjoint((name.lower(), name.lower() + "s", name.lower().removesuffix("s")))
    if place.source == "capitals":
        if name.isupper() and before.endswith("("):  # the abbreviation of a name
            return True
        after_preposition = one_word and not spoken and _PREPOSITION.search(before) is not None
        return after_preposition or (not one_word and not opens and _POSSESSIVE.search(before) is None)
    return not one_word or not (spoken or (opens and text[place.end : place.end + 1] in ("\n", "")))


def _is_shouted(text: str, place: NameSpan, name: str) -> bool:
    """Returns whether the name stands among words in all capitals, as in a contract's warning."""
    if not name.isupper():
        return False
    before, after = text[max(0, place.start - 40) : place.start], text[place.end : place.end + 40]
    common = is_common_phrase(name)
    if common and (_SHOUTED.search(before[-15:]) or _SHOUTED.search(after[:15])):
        return True
    return (common or " " in name) and len(_SHOUTED.findall(before)) + len(_SHOUTED.findall(after)) >= 3


@lru_cache(maxsize=2)  # a text is read piece by piece
def _terms(text: str) -> set[str]:
    """Returns the terms that the text defines: abbreviations of lower-case words, and contract terms."""
    return _concepts(text) | {match[1] for match in _DEFINED.finditer(text)}


@lru_cache(maxsize=2)
def _lower_words(text: str) -> set[str]:
    return set(_LOWER_WORD.findall(text))


def _concepts(text: str) -> set[str]:
    """Returns abbreviations of lower-case words: `deep learning (DL)`."""
    found: set[str] = set()
    for match in _CONCEPT.finditer(text):
        before = _BEFORE_CONCEPT.search(text[max(0, match.start() - 90) : match.start()])
        if before is not None:
            letters = iter(word[0].upper() for word in re.split(r"[\s-]+", before[0].strip())[-len(match[1]) - 2 :])
            if all(letter in letters for letter in match[1]):
                found.add(match[1])
    return found


def _uncited(text: str, place: NameSpan) -> NameSpan:
    """Returns the span without the section number before a law's name."""
    if (match := _OF_CITED.match(text, place.start, place.end)) is None:
        return place
    return replace(place, start=match.end())


def _bracketed(text: str, place: NameSpan) -> NameSpan:
    """Returns the span with its closing bracket, or without an unclosed bracket."""
    name = text[place.start : place.end]
    if name.count("(") <= name.count(")"):
        return place
    if text[place.end : place.end + 1] == ")":
        return replace(place, end=place.end + 1)
    cut = len(name[: name.rindex("(")].rstrip())
    return replace(place, end=place.start + cut) if cut else place
