"""A partition that somebody deleted in Dagster is told, and given back with all that was recorded of it."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from fathom.operations.document_rows import list_documents
from fathom.operations.retry_documents import restore
from fathom.orchestration import run_submission
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.deleted_partitions import partition_warning, without_partition
from fathom.settings import Settings
from fathom.uploads.intake import open_intake

DONE, FAILED, WAITING = "a/done.md", "a/failed.md", "a/waiting.md"


@pytest.fixture
def settings(home_settings: Settings) -> Iterator[Settings]:
    """Settings of a home with a document that is done, one that failed and one that waits, the first two partitions."""
    write_dagster_home(home_settings)
    prepare_storage(home_settings)
    for document in (DONE, FAILED, WAITING):
        place = home_settings.inbox_path / document
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"# {document}")
    intake = open_intake(home_settings)
    while len(intake.list()) < 3:
        intake.look()
    for document in (DONE, FAILED):
        at = intake.mark_running(document, run_id=document.replace("/", "-"))
        if document == DONE:
            intake.mark_done(document, at.version, run_id=document.replace("/", "-"))
        else:
            intake.cancel(document)
    instance = run_submission.open_instance(home_settings)
    instance.add_dynamic_partitions("documents", [DONE, FAILED])
    instance.report_runless_asset_event(dg.AssetMaterialization("documents", partition=DONE))
    yield home_settings
    run_submission._instance.cache_clear()


@pytest.mark.case(91)
def test_documents_whose_partition_was_deleted_are_found_and_listed_as_such(settings: Settings) -> None:
    assert without_partition(settings) == []
    instance = run_submission.open_instance(settings)
    for document in (DONE, FAILED):
        instance.delete_dynamic_partition("documents", document)
    assert without_partition(settings) == [DONE, FAILED], "one that waits has none yet"
    assert without_partition(settings, [WAITING, DONE]) == [DONE]
    listed = {row.id: row.no_partition for row in list_documents(settings).documents}
    assert listed == {DONE: True, FAILED: True, WAITING: False}


@pytest.mark.case(91)
def test_a_deleted_partition_is_given_back_with_what_was_made_of_it(settings: Settings) -> None:
    instance = run_submission.open_instance(settings)
    instance.delete_dynamic_partition("documents", DONE)
    assert restore(settings, DONE) == [DONE]
    assert restore(settings, DONE) == []
    assert restore(settings) == []
    assert without_partition(settings) == []
    assert instance.get_materialized_partitions(dg.AssetKey("documents")) == {DONE}


def test_many_are_told_by_their_first() -> None:
    assert partition_warning(["a/b"]) == "1 document has no partition in Dagster: a/b."
    assert partition_warning(["a", "b", "c", "d", "e"]) == "5 documents have no partition in Dagster: a, b, c and 2 more."


def test_a_home_without_dagsters_storage_lacks_nothing(home_settings: Settings) -> None:
    assert without_partition(home_settings) == []
