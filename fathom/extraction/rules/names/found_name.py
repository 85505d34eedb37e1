"""A name found in a text: the votes for its type, every place it stands, how else it is written."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.name_cleaning import type_by_words

ANY_TYPE = "Entity"  # where the type would be a guess
ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)
_BY_WORDS = 1.5  # votes
_BY_COUNTRY = 3.0

# What is written in several ways; one name joins it over documents.
_KNOWN_AS = {
    "us": "United States",
    "u.s.": "United States",
    "usa": "United States",
    "u.s.a.": "United States",
    "united states of america": "United States",
    "uk": "United Kingdom",
    "u.k.": "United Kingdom",
    "eu": "European Union",
    "un": "United Nations",
    "ussr": "Soviet Union",
    "prc": "People's Republic of China",
    "uae": "United Arab Emirates",
}


@dataclass
class Found:
    """A name of one text, with the votes for its type, every place it stands and how else it is written."""

    name: str
    votes: dict[str, float] = field(default_factory=dict[str, float])
    mentions: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    aliases: set[str] = field(default_factory=set[str])
    surname: str | None = None
    sources: Counter[str] = field(default_factory=Counter[str])  # by what its places were found, and as which type

    decided: str | None = None  # its type, once all that speaks for it is weighed
    confidence: float | None = None  # share of such names that are right, with their type; None where it was not measured

    @property
    def type(self) -> str:
        """The decided type, else the one most votes are for."""
        return self.decided or self.voted

    @property
    def voted(self) -> str:
        """The type most votes are for, those of its own words included; the first by name of equals."""
        votes = dict(self.votes)
        if by_words := type_by_words(self.name):
            votes[by_words] = votes.get(by_words, 0.0) + _BY_WORDS
        if country_of(self.name):
            kind = "Group" if is_adjective(self.name) else "Location"
            votes[kind] = votes.get(kind, 0.0) + _BY_COUNTRY
        return min(votes, key=lambda kind: (-votes[kind], kind))

    @property
    def first(self) -> tuple[int, int]:
        """Where it stands first."""
        return min(self.mentions)

    def absorb(self, other: Found) -> None:
        """The other's places, votes and names are this one's."""
        self.mentions |= other.mentions
        for kind, votes in other.votes.items():
            self.votes[kind] = self.votes.get(kind, 0.0) + votes
        self.aliases |= {other.name, *other.aliases} - {self.name}
        self.sources += other.sources


def canonical(name: str) -> str:
    """The name that stands for all ways to write it, in every document: no article, no shouting, one form for known ones."""
    name = ARTICLE.sub("", " ".join(name.split())) or name
    if known := _KNOWN_AS.get(name.casefold()):
        return known
    if name.isupper() and " " in name and len(name) > 8:
        return " ".join(word.capitalize() if len(word) > 3 else _small(word) for word in name.split())
    return name


def _small(word: str) -> str:
    return word.lower() if word in {"OF", "THE", "AND", "FOR", "IN", "ON", "AT", "BY", "TO"} else word.capitalize()
