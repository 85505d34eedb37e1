"""References are versions of a collection, chosen once by whoever comes first, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.quality.drift import DriftMethod, DriftResult
from fathom.quality.drift.document_profile import DocumentProfile
from fathom.quality.drift.reference_store import DriftReference, DriftReferences

FOUND = DriftResult("languages", DriftMethod.KS, 0.6, 0.3, True, 60, 50, 1, 1, "fr: 0% to 40%.")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield open_database(request.getfixturevalue("home_settings").operational_url)
    else:
        yield open_database(request.getfixturevalue("postgres_database"))


def choose(engine: Engine, collection: str, reason: str, *names: str, first: bool = False) -> DriftReference:
    profiles = [DocumentProfile(f"{collection}/{name}") for name in names]
    return DriftReferences(engine).choose(collection, profiles, until=1.0, reason=reason, by="ada", first=first)


def test_each_choice_is_a_version_and_the_documents_are_those_of_the_newest(engine: Engine) -> None:
    choose(engine, "a", "First.", "1", "2")
    choose(engine, "b", "Other.", "1")
    choose(engine, "a", "Second.", "3")
    references = DriftReferences(engine)
    assert [(one.version, one.reason, one.documents) for one in references.history("a")] == [
        (2, "Second.", 1),
        (1, "First.", 2),
    ]
    assert [one.document for one in references.profiles("a")] == ["a/3"]
    assert [(one.collection, one.version) for one in references.newest_of_all()] == [("a", 2), ("b", 1)]
    references.forget_collection("a")
    assert [one.collection for one in references.newest_of_all()] == ["b"]


def test_a_look_comes_back_as_it_was_recorded(engine: Engine) -> None:
    made = choose(engine, "a", "First.", "1")
    looked = DriftReferences(engine).record_look(made, [FOUND], at=7.5)
    assert looked == DriftReferences(engine).newest("a")
    assert looked is not None
    assert (looked.looks, looked.looked_at, looked.results) == (1, 7.5, (FOUND,))


def test_the_first_reference_is_that_of_whoever_came_first(engine: Engine) -> None:
    made = choose(engine, "a", "First.", "1", first=True)
    assert choose(engine, "a", "Later.", "2", first=True) == made
    assert [one.document for one in DriftReferences(engine).profiles("a")] == ["a/1"]


def test_those_who_choose_at_once_get_a_version_each(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: choose(engine, "a", f"Choice {number}.", "1"), range(4)))
    assert sorted(one.version for one in made) == [1, 2, 3, 4]
    assert {one.reason for one in DriftReferences(engine).history("a")} == {one.reason for one in made}
