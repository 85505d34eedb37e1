"""The entities of one text: places of one name put together, found wherever they stand, with one type and one name each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from fathom.extraction.rules.names.entity_typing import decide
from fathom.extraction.rules.names.found_name import ARTICLE, Found, canonical
from fathom.extraction.rules.names.name_cleaning import folded, initials
from fathom.extraction.rules.names.span_merging import GUESSED, Place
from fathom.extraction.rules.names.type_hints import clues

__all__ = ["Found", "entities_of", "grouped"]

_TOKEN = re.compile(r"\w+")
_ABBREVIATION = re.compile(r"\s*\(\s*(?:the\s+|or\s+)?[\"“]?([A-Z][A-Za-z&.-]{1,9})[\"”]?\s*[),;]")
_BY_COMPANY = 1.1  # votes
MAX_KIN = 60  # characters before a name in which a word of kinship may introduce it
_KIN = re.compile(
    r"\b(?:brothers?|sisters?|sons?|daughters?|father|mother|uncle|aunt|nephew|niece|cousin|children)[,;:]? "
    r"(?:[A-Z][\w’'-]+(?:, | and |, and ))*$"
)
_IN = re.compile(r"\b(?:in|near|from|at|to)\s(?:the\s)?$")
_LISTED = re.compile(r"\s?(?:,|, and|and|&|or|, or)\s")


def entities_of(text: str, places: Sequence[Place]) -> list[Found]:
    """The entities that the places name, in the order in which they first stand."""
    found = grouped(text, places)
    for one in found:
        decide(text, one)
    return found


def grouped(text: str, places: Sequence[Place]) -> list[Found]:
    """The same, their types as votes alone have them."""
    found = _grouped(text, places)
    _join_abbreviations(text, found)
    _join_initials(found)
    _join_surnames(text, found)
    _join_parts(text, found)
    _propagate(text, found)
    return sorted(found.values(), key=lambda one: one.first)


def _company(text: str, places: Sequence[Place]) -> dict[int, str]:
    """The type of the neighbours in a list, `A, B and C`, by where the place begins; only where they agree."""
    beside: dict[int, set[str]] = defaultdict(set)
    for one, other in pairwise(places):
        if _LISTED.fullmatch(text, one.end, other.start):
            if other.weight > GUESSED:
                beside[one.start].add(_alone(text, other))
            if one.weight > GUESSED:
                beside[other.start].add(_alone(text, one))
    return {start: min(types) for start, types in beside.items() if len(types) == 1}


def _alone(text: str, place: Place) -> str:
    """The type of the one place by itself, as spaCy, its own words and those around it say."""
    votes = clues(text, place.start, place.end)
    votes[place.type] = votes.get(place.type, 0.0) + place.weight
    return Found(text[place.start : place.end], votes).type


def _grouped(text: str, places: Sequence[Place]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    company = _company(text, places)
    for place in places:
        written = " ".join(text[place.start : place.end].split())
        name = canonical(written)
        one = found.setdefault(folded(name), Found(name))
        if one.name.isupper() and not name.isupper() and len(name) > 5:
            one.name = name
        one.votes[place.type] = one.votes.get(place.type, 0.0) + place.weight
        one.mentions.add((place.start, place.end))
        one.sources[f"{place.source} {place.type}"] += 1
        for kind, votes in clues(text, place.start, place.end).items():
            one.votes[kind] = one.votes.get(kind, 0.0) + votes
        if (neighbours := company.get(place.start)) is not None:
            one.votes[neighbours] = one.votes.get(neighbours, 0.0) + _BY_COMPANY
        if written not in (one.name, name) and folded(written) != folded(one.name):
            one.aliases.add(ARTICLE.sub("", written))
    return found


def _join_abbreviations(text: str, found: dict[str, Found]) -> None:
    """`Foo Bar Institute (FBI)` and then `FBI` are one."""
    for one in list(found.values()):
        if " " not in one.name:
            continue
        for _, end in sorted(one.mentions):
            match = _ABBREVIATION.match(text, end)
            if match is None or not _abbreviates(match.group(1), one.name):
                continue
            short = match.group(1)
            other = found.pop(folded(canonical(short)), None)
            if other is not None and other is not one:
                one.absorb(other)
            one.aliases.add(short)
            one.mentions.add(match.span(1))


def _abbreviates(short: str, name: str) -> bool:
    wanted = [c for c in short if c.isupper()]
    given = iter(initials(name))
    return len(wanted) >= 2 and sum(c in given for c in wanted) >= max(2, len(wanted) - 1)


def _join_initials(found: dict[str, Found]) -> None:
    """`J. H. Dearle` is John Henry Dearle and `William H. Armstrong` William Hepburn Armstrong, where only one fits."""
    persons: dict[str, list[Found]] = defaultdict(list)
    for one in found.values():
        if one.type == "Person" and " " in one.name:
            persons[folded(one.name.split()[-1])].append(one)
    for key, one in list(found.items()):
        words = one.name.replace(".", ". ").split()[:-1]
        if one.type != "Person" or not any(word.endswith(".") and len(word) == 2 for word in words):
            continue
        fits = [other for other in persons[folded(one.name.split()[-1])] if other is not one and _spells_out(other, words)]
        if len(fits) == 1 and found.get(key) is one:
            fits[0].absorb(found.pop(key))


def _spells_out(person: Found, words: Sequence[str]) -> bool:
    """Whether the person's first names are those words, some of them spelt out."""
    names = person.name.split()[:-1]
    fitting = (name == word or (len(word) == 2 and name.startswith(word[0])) for name, word in zip(names, words, strict=False))
    return len(names) == len(words) and not any("." in name for name in names) and all(fitting)


def _join_surnames(text: str, found: dict[str, Found]) -> None:
    """A person named by one name alone is the one of the full name, where only one person has it."""
    persons = defaultdict(list)
    for one in found.values():
        words = [word for word in one.name.split() if word not in ("Jr.", "Sr.", "Jr", "Sr")]
        if one.type == "Person" and len(words) > 1:
            for word in {folded(words[-1]), folded(words[0])}:
                persons[word].append(one)
            one.surname = words[-1]
    for key, one in list(found.items()):
        if " " in one.name or len(who := persons.get(key, [])) != 1:
            continue
        person = who[0]
        is_last = folded(person.surname or "") == key
        no_place = not any(_IN.search(text, max(0, start - 12), start) for start, _ in one.mentions)
        if not is_last and any(_KIN.search(text, max(0, start - MAX_KIN), start) for start, _ in one.mentions):
            continue  # `his brother, John`
        if one.type == "Person" or (is_last and (no_place or one.type != "Location") and person.first < one.first):
            person.absorb(found.pop(key))
    for one in found.values():
        if one.surname and (len(persons[folded(one.surname)]) != 1 or folded(one.surname) in found):
            one.surname = None


def _join_parts(text: str, found: dict[str, Found]) -> None:
    """`the Spurs` are the San Antonio Spurs, Henrik Angell is Henrik August Angell: where only one fits."""
    whole: dict[str, list[Found]] = defaultdict(list)
    for one in found.values():
        words = folded(one.name).split()
        if len(words) > 1 and one.type in ("Organization", "Location", "Event", "Group"):
            whole[words[-1]].append(one)
        if len(words) > 2 and one.type == "Person":
            whole[f"{words[0]} {words[-1]}"].append(one)
    for key, one in list(found.items()):
        plural = found.get(key.removesuffix("s")) if key.endswith("s") and one.type == "Group" else None
        if plural is not None and plural is not one:
            plural.absorb(found.pop(key))
        elif len(who := whole.get(key, [])) == 1 and who[0] is not one and who[0].first < one.first:
            by_article = all(text[max(0, start - 4) : start].lower() == "the " for start, _ in one.mentions)
            if by_article or " " in key:
                who[0].absorb(found.pop(key))


def _propagate(text: str, found: dict[str, Found]) -> None:
    """Every further place where a found name stands as words of its own; a longer name's place is not a shorter one's."""
    by_word: dict[str, list[tuple[str, re.Pattern[str], Found]]] = defaultdict(list)
    for one in found.values():
        forms = {one.name, *one.aliases} | ({one.surname} if one.surname and len(one.surname) > 3 else set())
        written = {" ".join(text[start:end].split()) for start, end in one.mentions}
        for form in forms | written:
            first = _TOKEN.search(form)
            if first is not None and first.start() == 0:
                words = r"\s+".join(re.escape(word) for word in form.split())
                by_word[first.group()].append((form, re.compile(rf"{words}(?!\w)"), one))
    for forms_here in by_word.values():
        forms_here.sort(key=lambda form: (-len(form[0]), form[0]))
    held: dict[int, tuple[tuple[int, int], Found]] = {}  # by each offset that a place covers
    for one in found.values():
        for at in one.mentions:
            held.update(dict.fromkeys(range(*at), (at, one)))
    for match in _TOKEN.finditer(text):
        standing = _standing(text, match.start(), by_word.get(match.group(), ()))
        if standing is None:
            continue
        (start, end), one = standing
        over = {held[at][0]: held[at][1] for at in range(start, end) if at in held}
        if all(start <= other[0] and other[1] <= end and other != (start, end) for other in over):
            for other, whose in over.items():
                whose.mentions.discard(other)
            one.mentions.add((start, end))
            held.update(dict.fromkeys(range(start, end), ((start, end), one)))
    for key in [key for key, one in found.items() if not one.mentions]:
        del found[key]


def _standing(
    text: str, start: int, forms: Iterable[tuple[str, re.Pattern[str], Found]]
) -> tuple[tuple[int, int], Found] | None:
    for _, pattern, one in forms:
        if match := pattern.match(text, start):
            return match.span(), one
    return None
