"""A name found in a text, with its type votes, mentions and aliases."""

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

# Canonical names of things with several spellings.
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
class FoundName:
    """A name of a text, with its type votes, mentions and aliases."""

    name: str
    votes: dict[str, float] = field(default_factory=dict[str, float])
    mentions: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    aliases: set[str] = field(default_factory=set[str])
    surname: str | None = None
    sources: Counter[str] = field(default_factory=Counter[str])  # by source of its mentions and their type

    decided: str | None = None  # its type, after weighing all evidence
    confidence: float | None = None  # precision of such names including their type; None if not measured

    @property
    def type(self) -> str:
        """The decided type, else the type with most votes."""
        return self.decided or self.voted

    @property
    def voted(self) -> str:
        """The type with most votes, its own words included; ties are broken by name."""
        votes = dict(self.votes)
        if by_words := type_by_words(self.name):
            votes[by_words] = votes.get(by_words, 0.0) + _BY_WORDS
        if country_of(self.name):
            kind = "Group" if is_adjective(self.name) else "Location"
            votes[kind] = votes.get(kind, 0.0) + _BY_COUNTRY
        return min(votes, key=lambda kind: (-votes[kind], kind))

    @property
    def first(self) -> tuple[int, int]:
        """The first mention."""
        return min(self.mentions)

    def absorb(self, other: FoundName) -> None:
        """Adds the other's mentions, votes and aliases."""
        self.mentions |= other.mentions
        for kind, votes in other.votes.items():
            self.votes[kind] = self.votes.get(kind, 0.0) + votes
        self.aliases |= {other.name, *other.aliases} - {self.name}
        self.sources += other.sources


def canonical(name: str) -> str:
    """Returns the canonical form of a name, the same in every document: no article, no all-caps, a fixed form for known
    variants.
    """
    name = ARTICLE.sub("", " ".join(name.split())) or name
    if known := _KNOWN_AS.get(name.casefold()):
        return known
    if name.isupper() and " " in name and len(name) > 8:
        return " ".join(word.capitalize() if len(word) > 3 else _small(word) for word in name.split())
    return name


def _small(word: str) -> str:
    return word.lower() if word in {"OF", "THE", "AND", "FOR", "IN", "ON", "AT", "BY", "TO"} else word.capitalize()
