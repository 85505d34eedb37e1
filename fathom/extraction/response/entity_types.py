"""Maps an entity type as a model writes it to a type of the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MAX_SAID = 500  # letters
_MAX_PARTS = 12  # of a value, each of which may be a type
_APART = re.compile(r"[^\w\s]+|\s+(?:and|or)\s+|\n", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:an?|the)\s+", re.IGNORECASE)
# Labels of NER tools for the usual types.
_ALSO = {
    "per": "person", "people": "person", "human": "person",
    "org": "organization", "company": "organization", "institution": "organization",
    "loc": "location", "gpe": "location", "place": "location", "city": "location", "country": "location",
}  # fmt: skip


class EntityTypes:
    """The types of a vocabulary by their possible spellings: any case, plural, common synonyms."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        self._wanted = wanted
        self._by_letters: dict[str, str] = {}
        for name in wanted:
            self._by_letters.setdefault(_letters(name), name)
        for name in wanted:
            self._by_letters.setdefault(_letters(name) + "s", name)
        for also, usual in _ALSO.items():
            if usual in self._by_letters:
                self._by_letters.setdefault(also, self._by_letters[usual])

    def read(self, value: object) -> str | None:
        """Returns the first type of the vocabulary in a value, a string or a list; None if there is none."""
        for part in _parts(value):
            if part in self._wanted:
                return part
            if (known := self._by_letters.get(_letters(_ARTICLE.sub("", part)))) is not None:
                return known
        return None


def _parts(value: object, depth: int = 0) -> Iterator[str]:
    """Yields a type as written, then its parts between punctuation, words between them, and members of lists."""
    if isinstance(value, str) and len(value) <= MAX_SAID:
        if "://" in value:  # the URL of a type ends in its name
            value = re.split(r"[/#]", value)[-1]
        yield value.strip()
        yield from (part.strip() for part in _APART.split(value, maxsplit=_MAX_PARTS) if part.strip())
    elif isinstance(value, list) and not depth:
        for member in value[:_MAX_PARTS]:
            yield from _parts(member, 1)
    elif isinstance(value, dict):
        yield from _parts(next((value[key] for key in ("name", "type", "label") if isinstance(value.get(key), str)), None), 1)


def _letters(value: str) -> str:
    letters = "".join(sign for sign in value.casefold() if sign.isalnum())
    return letters.replace("isation", "ization")
