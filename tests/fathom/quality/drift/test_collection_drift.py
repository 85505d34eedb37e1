"""A collection is compared with its reference: chosen by itself, looked at in turn, re-based with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.quality.drift.collection_drift import (
    DRIFT_METRICS,
    FIRST_REASON,
    CollectionDrift,
    collection_drift,
    rebase_drift,
)
from fathom.quality.drift.document_profile import DocumentProfile, file_type, pack_profile, unpack_profile
from fathom.quality.drift.look_budget import DAY_S
from fathom.quality.drift.profile_reader import ENTITY_TYPES, FACTS_A_CHUNK, FILE_TYPES, LANGUAGES, RELATIONS
from fathom.quality.drift.reference_store import DriftReferences
from fathom.settings import Settings
from fathom.tables import episodes
from fathom.threshold_overrides import ThresholdOverride
from fathom.thresholds import THRESHOLDS

REFERENCE_DOCUMENTS = THRESHOLDS.drift.reference_documents
NOW = 1_800_000_000.0


def profile_of(document: str) -> DocumentProfile:
    """Office files name firms, abstracts diseases, as their names say."""
    office = "office" in document
    rng = np.random.default_rng(sum(map(ord, document)))
    categories = {
        FILE_TYPES: {file_type(document): 1},
        LANGUAGES: {"en": 3},
        ENTITY_TYPES: {"Organization": 9, "Person": 5} if office else {"Disease": 8, "Person": 1},
        RELATIONS: {"WORKS_FOR": 4} if office else {"TREATS": 3},
    }
    figures = {FACTS_A_CHUNK: rng.normal(5 if office else 1)}
    return DocumentProfile(document, categories, figures, rng.normal(0 if office else 1, size=16))


def read(_: Settings, documents: Sequence[str]) -> list[DocumentProfile]:
    return [profile_of(document) for document in documents]


@pytest.fixture
def engine(home_settings: Settings) -> Engine:
    return open_database(home_settings.operational_url)


@pytest.fixture
def looked_at(home_settings: Settings) -> Looker:
    return Looker(home_settings)


class Looker:
    """Looks at the collection `papers`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, at: float) -> CollectionDrift:
        return collection_drift(self.settings, "papers", now=at, read=read)


def write(engine: Engine, names: Iterable[str], at: float) -> None:
    """Documents of one written chunk, a second apart."""
    same = {"collection": "papers", "version": "v1", "chunk": "c", "position": 0, "state": "written", "entities": 4, "facts": 2}
    made = {"chunker": "c", "prompt": "p", "model": "m", "embedder": "e", "planned_at": at, "updated_at": at}
    rows = [
        {"uuid": name, "document": f"papers/{name}", "written_at": at + number, **same, **made}
        for number, name in enumerate(names)
    ]
    with engine.begin() as connection:
        connection.execute(episodes.insert(), rows)


def office(count: int, start: int = 0) -> list[str]:
    return [f"office-{number}.docx" for number in range(start, start + count)]


def abstracts(count: int) -> list[str]:
    return [f"abstract-{number}.txt" for number in range(count)]


def test_a_collection_with_few_documents_has_no_reference_yet(engine: Engine, looked_at: Looker) -> None:
    write(engine, office(REFERENCE_DOCUMENTS - 1), NOW)
    found = looked_at(NOW + DAY_S)
    assert (found.reference, found.results, found.looked) == (None, (), False)
    assert f"{REFERENCE_DOCUMENTS - 1} documents" in found.detail


def test_the_first_documents_become_the_reference_by_themselves(engine: Engine, looked_at: Looker) -> None:
    write(engine, office(REFERENCE_DOCUMENTS + 30), NOW)
    found = looked_at(NOW + DAY_S)
    assert found.reference is not None
    assert (found.reference.version, found.reference.reason, found.reference.documents) == (
        1,
        FIRST_REASON,
        REFERENCE_DOCUMENTS,
    )
    assert {result.samples for result in found.results} == {0, 30}  # figures that no profile here has
    assert {result.metric for result in found.results} == set(DRIFT_METRICS)
    assert not found.drifted


def test_abstracts_after_office_files_are_drift_of_each_metric_that_they_change(engine: Engine, looked_at: Looker) -> None:
    write(engine, [*office(REFERENCE_DOCUMENTS), *abstracts(40)], NOW)
    found = looked_at(NOW + DAY_S)
    assert {result.metric for result in found.drifted} == {*DRIFT_METRICS} - {LANGUAGES, "chunks", "entities_per_chunk"}
    assert {(result.looks, result.reference_version) for result in found.results} == {(1, 1)}


def test_asking_again_soon_or_without_a_new_document_repeats_the_last_look(engine: Engine, looked_at: Looker) -> None:
    write(engine, [*office(REFERENCE_DOCUMENTS), *abstracts(40)], NOW)
    first, soon, later = (looked_at(NOW + days * DAY_S) for days in (1, 1.1, 3))
    assert [first.looked, soon.looked, later.looked] == [True, False, False]
    assert soon.results == first.results == later.results
    write(engine, ["late.txt"], NOW + 3.5 * DAY_S)
    again = looked_at(NOW + 4 * DAY_S)
    assert again.looked
    assert {result.looks for result in again.results} == {2}


def test_a_clock_that_went_back_takes_no_look(engine: Engine, looked_at: Looker) -> None:
    write(engine, office(REFERENCE_DOCUMENTS + 30), NOW)
    looked_at(NOW + DAY_S)
    write(engine, ["late.docx"], NOW + 2 * DAY_S)
    assert not looked_at(NOW - DAY_S).looked


def test_few_documents_since_the_reference_are_no_look(engine: Engine, looked_at: Looker) -> None:
    write(engine, [*office(REFERENCE_DOCUMENTS), *abstracts(19)], NOW)
    found = looked_at(NOW + DAY_S)
    assert (found.looked, found.results) == (False, ())
    assert "19 documents since the reference" in found.detail


def test_what_was_drift_is_usual_after_a_rebase_with_its_reason(
    engine: Engine, home_settings: Settings, looked_at: Looker
) -> None:
    write(engine, [*office(REFERENCE_DOCUMENTS), *abstracts(40)], NOW)
    assert looked_at(NOW + DAY_S).drifted
    write(engine, abstracts(140)[40:], NOW + DAY_S)
    made = rebase_drift(home_settings, "papers", reason="We read abstracts now.", by="ada", read=read)
    assert (made.version, made.reason, made.chosen_by, made.documents) == (2, "We read abstracts now.", "ada", 100)
    write(engine, abstracts(170)[140:], NOW + 2 * DAY_S)
    found = looked_at(NOW + 3 * DAY_S)
    assert found.looked
    assert not found.drifted
    assert {(result.looks, result.reference_version) for result in found.results} == {(1, 2)}
    assert [one.reason for one in DriftReferences(engine).history("papers")] == ["We read abstracts now.", FIRST_REASON]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_rebase_needs_a_reason(engine: Engine, home_settings: Settings, reason: str) -> None:
    write(engine, office(30), NOW)
    with pytest.raises(UsageWrong, match="reason"):
        rebase_drift(home_settings, "papers", reason=reason, by="ada", read=read)


def test_a_rebase_needs_documents(engine: Engine, home_settings: Settings) -> None:
    write(engine, office(5), NOW)
    with pytest.raises(UsageWrong, match="5 documents"):
        rebase_drift(home_settings, "papers", reason="New.", by="ada", read=read)


def test_a_collection_may_have_thresholds_of_its_own(engine: Engine, home_settings: Settings) -> None:
    write(engine, [*office(25), *abstracts(25)], NOW)
    assert collection_drift(home_settings, "papers", now=NOW + DAY_S, read=read).reference is not None
    values = {"drift": {"reference_documents": 25, "max_jensen_shannon": 1.0, "max_ks": 1.0}}
    override = ThresholdOverride(collection="papers", reason="A small collection.", values=values)
    DriftReferences(engine).forget_collection("papers")
    own = home_settings.model_copy(update={"thresholds": [override]})
    found = collection_drift(own, "papers", now=NOW + DAY_S, read=read)
    assert found.reference is not None
    assert found.reference.documents == 25
    assert {result.metric for result in found.drifted} == {FACTS_A_CHUNK, "embeddings"}


def test_of_two_looks_at_the_same_time_one_counts(engine: Engine, looked_at: Looker) -> None:
    write(engine, office(REFERENCE_DOCUMENTS + 30), NOW)
    found = looked_at(NOW + DAY_S)
    assert found.reference is not None
    before = replace(found.reference, looks=0, looked_at=None, results=())
    assert DriftReferences(engine).record_look(before, [], NOW + DAY_S) is None
    kept = DriftReferences(engine).newest("papers")
    assert kept is not None
    assert (kept.looks, kept.results) == (1, found.results)


def test_a_removed_document_is_in_no_reference(engine: Engine, looked_at: Looker) -> None:
    write(engine, office(REFERENCE_DOCUMENTS + 30), NOW)
    looked_at(NOW + DAY_S)
    references = DriftReferences(engine)
    assert references.forget_document("papers/office-7.docx") == 1
    left = {profile.document for profile in references.profiles("papers")}
    assert left == {f"papers/{name}" for name in office(REFERENCE_DOCUMENTS) if name != "office-7.docx"}


def test_a_cleared_collection_has_no_reference(engine: Engine, looked_at: Looker) -> None:
    write(engine, office(REFERENCE_DOCUMENTS + 30), NOW)
    looked_at(NOW + DAY_S)
    DriftReferences(engine).forget_collection("papers")
    assert DriftReferences(engine).history("papers") == []
    assert DriftReferences(engine).profiles("papers") == []


def test_a_profile_comes_back_as_it_was_packed() -> None:
    profile = profile_of("papers/office-1.docx")
    assert profile.vector is not None
    again = unpack_profile(profile.document, pack_profile(profile))
    assert again.vector is not None
    assert (again.document, again.categories, again.figures) == (profile.document, profile.categories, profile.figures)
    np.testing.assert_allclose(again.vector, profile.vector, rtol=1e-3)
    bare = replace(profile, vector=None)
    assert unpack_profile(bare.document, pack_profile(bare)).vector is None


@pytest.mark.parametrize(("name", "kind"), [("a/b.PDF", "pdf"), ("a/mail.eml/x.tar.gz", "gz"), ("a/README", "(no suffix)")])
def test_the_type_of_a_file_is_its_suffix(name: str, kind: str) -> None:
    assert file_type(name) == kind
