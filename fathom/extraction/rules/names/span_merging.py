"""Merges adjacent name spans and extends spans that spaCy cut short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.gazetteer import is_first_name
from fathom.extraction.rules.names.name_cleaning import has_title, type_by_words


@dataclass(frozen=True)
class NameSpan:
    """A name span in a text: its likely type, its weight, and its source."""

    start: int
    end: int
    type: str
    weight: float = 1.0
    source: str = "spacy"


GUESSED = 0.5  # below it, capitals are the only evidence of a name
_CAPITAL = r"[A-ZÀ-Þ][\w’'-]+"
_FIRST_OF_LINE = re.compile(rf"(?:^|\n)({_CAPITAL}) $")
_NUMBER_AFTER = re.compile(r"\s+(?:\d{1,4}|[IVX]+|[A-Z]\d*|\d+[A-Z]+)\b(?!\s?[%.,-]?\w)")
_ORDINAL_BEFORE = re.compile(
    r"\b(?:[Ff]irst|[Ss]econd|[A-Z][a-z]+ty-(?:first|second|third|(?:four|fif|six|seven|eigh|nin)th)|[A-Z][a-z]+(?:th|ieth)) $"
)
_COUNTED = re.compile(r"(?:World War|Congress|Parliament|Republic|Empire|Army|Amendment)\b")
_ROUTE = re.compile(r"\b(?:Route|Highway|Interstate|Motorway|Autobahn|Type|Flight|Channel|Line|War|Road)$")
_NUMERAL_AFTER = re.compile(r"\s(?:I{1,3}|IV|VI{0,3}|IX|X{1,3}V?I{0,3})\b(?!\.?\w)")
_BEFORE_LAST_WORD = ("'s ", "’s ", "s' ", "s’ ")  # `St. Joseph's` Cemetery
_LAST_WORD = re.compile(r"(?:[A-ZÀ-Þ][\w’'-]+ )?[A-ZÀ-Þ]\w+")
_LETTERS = re.compile(r"[A-Z]{2,4}")  # `AFC` Bournemouth
# `Rage Against the Machine`, `Fall Out Boy`: such words have a capital only within a title
_CAPITAL_LITTLE = re.compile(
    r" (?:(?:Against|And|At|By|For|From|In|Into|Is|It|Like|My|No|Of|On|Or|Out|Over|That|The|This|To|Up|With|You)(?: the)? )+"
)
_SHORTENED = re.compile(r"\b(?:St|Mt|Ft)$")
_INSIDE = re.compile(r"[a-z,] The $")


def merge_adjacent(text: str, places: Sequence[NameSpan]) -> list[NameSpan]:
    """Merges adjacent spans of the same name: `Orlando` and `Magic`, two halves of a person's name, `Act` of `Union`."""
    together: list[NameSpan] = []
    for place in places:
        last = together[-1] if together else None
        kind = _kind_of_both(text, last, place) if last is not None else None
        if last is not None and kind is not None:
            together[-1] = NameSpan(last.start, place.end, kind, max(0.8, min(last.weight, place.weight)), "joined")
        else:
            together.append(place)
    return together


def extend_span(text: str, place: NameSpan) -> NameSpan:
    """Extends the span by a first name, number, ordinal or capital article that spaCy omitted."""
    start, end = place.start, place.end
    before = text[max(0, start - 30) : start]
    if (
        place.type == "Person"
        and (match := _FIRST_OF_LINE.search(before))
        and is_first_name(match[1])
        and not has_title(text, start - len(match[1]) - 1, end)
    ):
        start -= len(match[1]) + 1
    elif (match := _ORDINAL_BEFORE.search(before)) and _COUNTED.match(text, start, end):
        start -= len(match.group())
    elif place.type not in ("Location", "Group", "Person") and _INSIDE.search(before):
        start -= len("The ")
    if place.type in ("Work", "Product") or _ROUTE.search(text, start, end):
        number = _NUMBER_AFTER.match(text, end)
    else:
        number = _NUMERAL_AFTER.match(text, end) if place.type == "Person" else None
    if number is not None:
        end = number.end()
    return replace(place, start=start, end=end)


def _kind_of_both(text: str, last: NameSpan, place: NameSpan) -> str | None:
    """Returns the type of the name that two spans form; None where they are two names."""
    between = text[last.end : place.start]
    by_words = type_by_words(text[last.start : place.end]) if between.strip() in ("", "of", "of the") else None
    if between == "-":
        return _hyphened(text[last.start : last.end], last, place)
    if between in _BEFORE_LAST_WORD and place.type != "Person" and _LAST_WORD.fullmatch(text, place.start, place.end):
        return type_by_words(text[last.start : place.end])
    if between in (".", ". ") and _SHORTENED.search(text, last.start, last.end):
        return last.type if last.weight >= GUESSED else place.type
    if between == ", " and text[place.start : place.end] == "D.C.":
        return "Location"
    if between in (" of ", " of the "):
        return (by_words or "Work") if last.weight < GUESSED else None
    if _CAPITAL_LITTLE.fullmatch(between) and (last.weight < 1.0 or place.weight < 1.0):
        return "Organization" if "Organization" in (last.type, place.type) else "Work"
    if between != " ":
        return None
    one_word = " " not in text[place.start : place.end]
    if one_word and place.type != "Group" and _LETTERS.fullmatch(text, last.start, last.end) and last.weight < GUESSED:
        return by_words or "Organization"
    if last.type == "Person":
        return "Person" if place.type == "Person" else (by_words or "Person") if _follows(last, place) else None
    if last.weight < GUESSED:
        return (by_words or "Work") if place.type == "Person" and one_word else None
    if last.type not in ("Location", "Group", "Organization"):
        return None
    if _follows(last, place) or (last.type == "Organization" and place.type == "Person" and one_word):
        return by_words or "Organization"
    if place.weight == 1.0 and place.type in ("Product", "Event", "Work"):
        return by_words or place.type
    if last.type != "Organization" and place.type in ("Organization", "Location"):
        return by_words or place.type
    both_groups = last.type == place.type == "Group" and not is_adjective(
        text[last.start : last.end]
    )  # Swedish Christians are two
    return "Group" if both_groups else None


def _hyphened(first: str, last: NameSpan, place: NameSpan) -> str | None:
    """Returns the type of `Moravian-Silesian Region`, `Faure-Favier`; two peoples or countries are merged only for an event."""
    if last.type == place.type == "Group" or (country_of(first) and place.type != "Event"):
        return None
    return place.type if place.weight >= GUESSED else last.type


def _follows(last: NameSpan, place: NameSpan) -> bool:
    """Returns whether a guess follows a sure span of spaCy."""
    return place.weight < GUESSED and last.weight == 1.0
