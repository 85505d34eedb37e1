"""Gazetteers from installed packages: names of people from mimesis (46 languages), large cities from the time zone database."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SHORTEST = 3  # letters; shorter names are words of too many languages
_WORDS = frozenset(
    {"The", "Her", "His", "She", "And", "For", "But", "Not", "Are", "Was", "You", "All", "One", "New", "Les", "Des"}
)


def is_first_name(word: str) -> bool:
    """Returns whether it is a first name in some language."""
    return word in _first_names()


def is_surname(word: str) -> bool:
    """Returns whether it is a surname in some language."""
    return word in _surnames()


def is_language_or_people(word: str) -> bool:
    """Returns whether it is the English name of a language or a nation's adjective."""
    return word in _languages()


def is_city(name: str) -> bool:
    """Returns whether it is the name of a city; only a vote, as there are cities called Reading, Nice and Lincoln."""
    return name in _cities()


@cache
def _first_names() -> frozenset[str]:
    names: set[str] = set()
    for person in _data("person.json"):
        for group in person.get("names", {}).values():
            names.update(group)
    return frozenset(name for name in names if len(name) >= _SHORTEST) - _WORDS


@cache
def _surnames() -> frozenset[str]:
    names: set[str] = set()
    for person in _data("person.json"):
        listed = person.get("surnames", ())
        for group in listed.values() if isinstance(listed, dict) else (listed,):
            names.update(group)
    return frozenset(name for name in names if len(name) >= _SHORTEST) - _WORDS


@cache
def _languages() -> frozenset[str]:
    listed = [name for person in _data("person.json", "en") for key in ("language", "nationality") for name in person[key]]
    return frozenset(word for name in listed for word in name.split())


@cache
def _cities() -> frozenset[str]:
    cities = {name for address in _data("address.json") for name in address.get("city", ()) if isinstance(name, str)}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    zones = [line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#")]
    cities.update(zone.rsplit("/", 1)[-1].replace("_", " ") for zone in zones)
    return frozenset(name for name in cities if len(name) >= _SHORTEST) - _WORDS


def _data(name: str, language: str = "*") -> list[dict[str, Any]]:
    """Returns the named file of the language, or of each; mimesis is not imported, as that would create all its generators."""
    spec = find_spec("mimesis")
    assert spec is not None and spec.submodule_search_locations is not None  # noqa: PT018
    found = sorted(Path(spec.submodule_search_locations[0], "datasets").glob(f"{language}/{name}"))
    return [json.loads(file.read_text("utf-8")) for file in found]
