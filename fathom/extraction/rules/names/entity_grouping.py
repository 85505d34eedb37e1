"""Groups mentions into entities: aliases are joined, all occurrences found, and each entity gets a type and a name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from fathom.extraction.rules.names.entity_typing import assign_type
from fathom.extraction.rules.names.found_name import ARTICLE, FoundName, canonical
from fathom.extraction.rules.names.name_cleaning import folded, initials
from fathom.extraction.rules.names.span_merging import GUESSED, NameSpan
from fathom.extraction.rules.names.type_hints import context_votes

__all__ = ["FoundName", "group_entities", "group_mentions"]

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


def group_entities(text: str, places: Sequence[NameSpan]) -> list[FoundName]:
    """Returns the entities of the mentions, ordered by first mention."""
    found = group_mentions(text, places)
    for entity in found:
        assign_type(text, entity)
    return found


def group_mentions(text: str, places: Sequence[NameSpan]) -> list[FoundName]:
    """Returns the entities with types by votes alone."""
    found = _grouped(text, places)
    _join_abbreviations(text, found)
    _join_initials(found)
    _join_surnames(text, found)
    _join_parts(text, found)
    _propagate(text, found)
    return sorted(found.values(), key=lambda entity: entity.first)


def _company(text: str, places: Sequence[NameSpan]) -> dict[int, str]:
    """Returns the type of the neighbours in a list, `A, B and C`, by the mention's start; only where they agree."""
    beside: dict[int, set[str]] = defaultdict(set)
    for entity, other in pairwise(places):
        if _LISTED.fullmatch(text, entity.end, other.start):
            if other.weight > GUESSED:
                beside[entity.start].add(_alone(text, other))
            if entity.weight > GUESSED:
                beside[other.start].add(_alone(text, entity))
    return {start: min(types) for start, types in beside.items() if len(types) == 1}


def _alone(text: str, place: NameSpan) -> str:
    """Returns the type of a single mention, by spaCy, its own words and its context."""
    votes = context_votes(text, place.start, place.end)
    votes[place.type] = votes.get(place.type, 0.0) + place.weight
    return FoundName(text[place.start : place.end], votes).type


def _grouped(text: str, places: Sequence[NameSpan]) -> dict[str, FoundName]:
    found: dict[str, FoundName] = {}
    company = _company(text, places)
    for place in places:
        written = " ".join(text[place.start : place.end].split())
        name = canonical(written)
        entity = found.setdefault(folded(name), FoundName(name))
        if entity.name.isupper() and not name.isupper() and len(name) > 5:
            entity.name = name
        entity.votes[place.type] = entity.votes.get(place.type, 0.0) + place.weight
        entity.mentions.add((place.start, place.end))
        entity.sources[f"{place.source} {place.type}"] += 1
        for kind, votes in context_votes(text, place.start, place.end).items():
            entity.votes[kind] = entity.votes.get(kind, 0.0) + votes
        if (neighbours := company.get(place.start)) is not None:
            entity.votes[neighbours] = entity.votes.get(neighbours, 0.0) + _BY_COMPANY
        if written not in (entity.name, name) and folded(written) != folded(entity.name):
            entity.aliases.add(ARTICLE.sub("", written))
    return found


def _join_abbreviations(text: str, found: dict[str, FoundName]) -> None:
    """Joins abbreviations with their long form: `Foo Bar Institute (FBI)`, then `FBI`."""
    for entity in list(found.values()):
        if " " not in entity.name:
            continue
        for _, end in sorted(entity.mentions):
            match = _ABBREVIATION.match(text, end)
            if match is None or not _abbreviates(match.group(1), entity.name):
                continue
            short = match.group(1)
            other = found.pop(folded(canonical(short)), None)
            if other is not None and other is not entity:
                entity.absorb(other)
            entity.aliases.add(short)
            entity.mentions.add(match.span(1))


def _abbreviates(short: str, name: str) -> bool:
    wanted = [c for c in short if c.isupper()]
    given = iter(initials(name))
    return len(wanted) >= 2 and sum(c in given for c in wanted) >= max(2, len(wanted) - 1)


def _join_initials(found: dict[str, FoundName]) -> None:
    """Joins `J. H. Dearle` with John Henry Dearle, `William H. Armstrong` with William Hepburn Armstrong, if unambiguous."""
    persons: dict[str, list[FoundName]] = defaultdict(list)
    for entity in found.values():
        if entity.type == "Person" and " " in entity.name:
            persons[folded(entity.name.split()[-1])].append(entity)
    for key, entity in list(found.items()):
        words = entity.name.replace(".", ". ").split()[:-1]
        if entity.type != "Person" or not any(word.endswith(".") and len(word) == 2 for word in words):
            continue
        fits = [
            other for other in persons[folded(entity.name.split()[-1])] if other is not entity and _spells_out(other, words)
        ]
        if len(fits) == 1 and found.get(key) is entity:
            fits[0].absorb(found.pop(key))


def _spells_out(person: FoundName, words: Sequence[str]) -> bool:
    """Returns whether the person's first names are those words, some of them spelt out."""
    names = person.name.split()[:-1]
    fitting = (name == word or (len(word) == 2 and name.startswith(word[0])) for name, word in zip(names, words, strict=False))
    return len(names) == len(words) and not any("." in name for name in names) and all(fitting)


def _join_surnames(text: str, found: dict[str, FoundName]) -> None:
    """Joins a person named by a single name with the only person whose full name has it."""
    persons = defaultdict(list)
    for entity in found.values():
        words = [word for word in entity.name.split() if word not in ("Jr.", "Sr.", "Jr", "Sr")]
        if entity.type == "Person" and len(words) > 1:
            for word in {folded(words[-1]), folded(words[0])}:
                persons[word].append(entity)
            entity.surname = words[-1]
    for key, entity in list(found.items()):
        if " " in entity.name or len(who := persons.get(key, [])) != 1:
            continue
        person = who[0]
        is_last = folded(person.surname or "") == key
        no_place = not any(_IN.search(text, max(0, start - 12), start) for start, _ in entity.mentions)
        if not is_last and any(_KIN.search(text, max(0, start - MAX_KIN), start) for start, _ in entity.mentions):
            continue  # `his brother, John`
        if entity.type == "Person" or (is_last and (no_place or entity.type != "Location") and person.first < entity.first):
            person.absorb(found.pop(key))
    for entity in found.values():
        if entity.surname and (len(persons[folded(entity.surname)]) != 1 or folded(entity.surname) in found):
            entity.surname = None


def _join_parts(text: str, found: dict[str, FoundName]) -> None:
    """Joins `the Spurs` with the San Antonio Spurs, Henrik Angell with Henrik August Angell, if unambiguous."""
    whole: dict[str, list[FoundName]] = defaultdict(list)
    for entity in found.values():
        words = folded(entity.name).split()
        if len(words) > 1 and entity.type in ("Organization", "Location", "Event", "Group"):
            whole[words[-1]].append(entity)
        if len(words) > 2 and entity.type == "Person":
            whole[f"{words[0]} {words[-1]}"].append(entity)
    for key, entity in list(found.items()):
        plural = found.get(key.removesuffix("s")) if key.endswith("s") and entity.type == "Group" else None
        if plural is not None and plural is not entity:
            plural.absorb(found.pop(key))
        elif len(who := whole.get(key, [])) == 1 and who[0] is not entity and who[0].first < entity.first:
            by_article = all(text[max(0, start - 4) : start].lower() == "the " for start, _ in entity.mentions)
            if by_article or " " in key:
                who[0].absorb(found.pop(key))


def _propagate(text: str, found: dict[str, FoundName]) -> None:
    """Adds every further occurrence of a found name as whole words; longer names take precedence."""
    by_word: dict[str, list[tuple[str, re.Pattern[str], FoundName]]] = defaultdict(list)
    for entity in found.values():
        forms = {entity.name, *entity.aliases} | ({entity.surname} if entity.surname and len(entity.surname) > 3 else set())
        written = {" ".join(text[start:end].split()) for start, end in entity.mentions}
        for form in forms | written:
            first = _TOKEN.search(form)
            if first is not None and first.start() == 0:
                words = r"\s+".join(re.escape(word) for word in form.split())
                by_word[first.group()].append((form, re.compile(rf"{words}(?!\w)"), entity))
    for forms_here in by_word.values():
        forms_here.sort(key=lambda form: (-len(form[0]), form[0]))
    held: dict[int, tuple[tuple[int, int], FoundName]] = {}  # by each offset that a place covers
    for entity in found.values():
        for at in entity.mentions:
            held.update(dict.fromkeys(range(*at), (at, entity)))
    for match in _TOKEN.finditer(text):
        standing = _standing(text, match.start(), by_word.get(match.group(), ()))
        if standing is None:
            continue
        (start, end), entity = standing
        over = {held[at][0]: held[at][1] for at in range(start, end) if at in held}
        if all(start <= other[0] and other[1] <= end and other != (start, end) for other in over):
            for other, whose in over.items():
                whose.mentions.discard(other)
            entity.mentions.add((start, end))
            held.update(dict.fromkeys(range(start, end), ((start, end), entity)))
    for key in [key for key, entity in found.items() if not entity.mentions]:
        del found[key]


def _standing(
    text: str, start: int, forms: Iterable[tuple[str, re.Pattern[str], FoundName]]
) -> tuple[tuple[int, int], FoundName] | None:
    for _, pattern, entity in forms:
        if match := pattern.match(text, start):
            return match.span(), entity
    return None
