"""Classifies an English name as person, organization, place or other, by weights learned from Re-DocRED.

`python -m tests.evaluation.train_entity_types` learns the weights and reports their precision.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.english_words import is_common_phrase
from fathom.extraction.rules.names.gazetteer import is_city, is_first_name, is_surname
from fathom.extraction.rules.names.name_cleaning import type_by_words
from fathom.extraction.rules.names.type_hints import context_votes

KINDS = ("LOC", "MISC", "ORG", "PER")  # the types of Re-DocRED
MAX_MENTIONS = 10  # mentions of a name that are used
_WORD = re.compile(r"[\w’'-]+|[^\w\s]")
_CAMEL = re.compile(r"[a-z][A-Z]")
_MAX_ABBREVIATION = 6  # letters of an abbreviation
_INITIAL = re.compile(r"\b[A-Z]\. ")

MentionSpan = tuple[int, int]


def model_features(
    text: str,
    name: str,
    places: Iterable[MentionSpan],
    votes: Mapping[str, float],
    sources: Mapping[str, int],
    *,
    surname: bool,
) -> dict[str, float]:
    """Returns the features of a name: words around each mention, its own words, and its sources by type."""
    found: dict[str, float] = {}
    for key, count in sources.items():
        found[f"some {key}"] = 1.0
        found[f"part {key}"] = count / sum(sources.values())
    whole = sum(votes.values())
    for kind, vote in votes.items():
        found[f"vote {kind}"] = vote / whole
    _around(text, sorted(places)[:MAX_MENTIONS], found)
    words = name.split()
    found[f"first {words[0].lower()}"] = found[f"last {words[-1].lower()}"] = found[f"words {min(4, len(words))}"] = 1.0
    if by_words := type_by_words(name):
        found[f"names {by_words}"] = 1.0
    if country_of(name):
        found["people" if is_adjective(name) else "country"] = 1.0
    if len(words) == 1:
        found[f"ends {name[-3:].lower()}"] = 1.0
    signs = {
        "upper": name.isupper(),
        "digit": any(map(str.isdigit, name)),
        "initial": _INITIAL.search(name) is not None,
        "of": " of " in name,
        "and": " and " in name or "&" in name,
        "small": len(words) > 1 and any(map(str.islower, words)),
        "short and upper": name.isupper() and len(name) <= _MAX_ABBREVIATION,
        "camel": _CAMEL.search(name) is not None,
        "common": is_common_phrase(name),
        "surname": surname,
        "known surname": len(words) > 1 and is_surname(words[-1]),
        "city": is_city(name),
        f"first name {len(words) > 1}": is_first_name(words[0]),
    }
    found.update(dict.fromkeys((sign for sign, is_so in signs.items() if is_so), 1.0))
    return found


def type_probabilities(found: Mapping[str, float]) -> dict[str, float]:
    """Returns the probability of each type."""
    bias, weights = _weights()
    sums = list(bias)
    for key, value in found.items():
        if (row := weights.get(key)) is not None:
            for at, weight in enumerate(row):
                sums[at] += weight * value
    most = max(sums)
    shares = [math.exp(total - most) for total in sums]
    return {kind: share / sum(shares) for kind, share in zip(KINDS, shares, strict=True)}


def _around(text: str, places: list[MentionSpan], found: dict[str, float]) -> None:
    for start, end in places:
        before, after = (
            _WORD.findall(text[max(0, start - 40) : start].lower())[-2:],
            _WORD.findall(text[end : end + 40].lower())[:2],
        )
        keys = [f"before {before[-1]}"] if before else []
        keys += [f"before {before[0]} {before[1]}"] if len(before) > 1 else []
        keys += [f"after {after[0]}"] if after else []
        keys += [f"after {after[0]} {after[1]}"] if len(after) > 1 else []
        for key in keys:
            found[key] = found.get(key, 0.0) + 1 / len(places)
        for kind, votes in context_votes(text, start, end).items():
            found[f"clue {kind}"] = found.get(f"clue {kind}", 0.0) + votes / len(places)


@cache
def _weights() -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    read = json.loads(files(__package__).joinpath("type_weights.json").read_text("utf-8"))
    return tuple(read["bias"]), {key: tuple(row) for key, row in read["weights"].items()}
