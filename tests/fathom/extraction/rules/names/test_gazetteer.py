"""The packages that carry names of people and cities have those that are asked of them."""

from __future__ import annotations

import pytest

from fathom.extraction.rules.names.gazetteer import is_city, is_first_name


@pytest.mark.parametrize("name", ["Helen", "Ingrid", "Piotr", "François"])
def test_first_names_of_many_languages_are_known(name: str) -> None:
    assert is_first_name(name)


@pytest.mark.parametrize("name", ["Berlin", "Tokyo", "London", "Oslo", "Newcastle", "Port-au-Prince", "Lyon"])
def test_cities_of_the_world_are_known(name: str) -> None:
    assert is_city(name)


@pytest.mark.parametrize("word", ["Trust", "Harbour", "Engineering", "The", "Kelmouth"])
def test_other_words_are_neither(word: str) -> None:
    assert not is_first_name(word)
    assert not is_city(word)
