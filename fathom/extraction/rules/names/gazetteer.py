"""First names, surnames and cities that packages carry: mimesis for 46 languages, the time zone database for large cities."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SHORTEST = 3  # letters; shorter ones are words of too many languages
_WORDS = frozenset(
    {"The", "Her", "His", "She", "And", "For", "But", "Not", "Are", "Was", "You", "All", "One", "New", "Les", "Des"}
)


def is_first_name(word: str) -> bool:
    """Whether people of some language have such a first name."""
    return word in _first_names()


def is_surname(word: str) -> bool:
    """Whether people of some language have such a surname."""
    return word in _surnames()


def is_language_or_people(word: str) -> bool:
    """Whether it is the English name of a language or a nation's adjective."""
    return word in _languages()


def is_city(name: str) -> bool:
    """Whether a city is called so; a vote and no proof, as cities are called Reading, Nice and Lincoln."""
    return name in _cities()


@cache
def _first_names() -> frozenset[str]:
    names: set[str] = set()
    for person in _data("person.json"):
        for some in person.get("names", {}).values():
            names.update(some)
    return frozenset(name for name in names if len(name) >= _SHORTEST) - _WORDS


@cache
def _surnames() -> frozenset[str]:
    names: set[str] = set()
    for person in _data("person.json"):
        said = person.get("surnames", ())
        for some in said.values() if isinstance(said, dict) else (said,):
            names.update(some)
    return frozenset(name for name in names if len(name) >= _SHORTEST) - _WORDS


@cache
def _languages() -> frozenset[str]:
    said = [name for person in _data("person.json", "en") for key in ("language", "nationality") for name in person[key]]
    return frozenset(word for name in said for word in name.split())


@cache
def _cities() -> frozenset[str]:
    cities = {name for address in _data("address.json") for name in address.get("city", ()) if isinstance(name, str)}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    zones = [line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#")]
    cities.update(zone.rsplit("/", 1)[-1].replace("_", " ") for zone in zones)
    return frozenset(name for name in cities if len(name) >= _SHORTEST) - _WORDS


def _data(name: str, language: str = "*") -> list[dict[str, Any]]:
    """The named file of the language, or of each; the package is not imported, as it makes all its generators then."""
    spec = find_spec("mimesis")
    assert spec is not None and spec.submodule_search_locations is not None  # noqa: PT018
    found = sorted(Path(spec.submodule_search_locations[0], "datasets").glob(f"{language}/{name}"))
    return [json.loads(file.read_text("utf-8")) for file in found]
