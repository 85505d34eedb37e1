"""A run that somebody started in Dagster is shown as what it is, beside the document's own state; and is cancelled alone."""

from __future__ import annotations

import pytest

from fathom.api.routes.document_paths import encoded
from fathom.errors import ConversionFailed
from fathom.operations.remove import InHandNow, remove
from fathom.uploads.hand_runs import RunStart
from tests.fathom.api.conftest import Api


def done(api: Api) -> str:
    api.accepted("c/a.md")
    document = "c/a.md"
    at = api.intake.mark_running(document, run_id="planned")
    api.intake.mark_done(document, at.version, run_id="planned")
    return document


@pytest.mark.case(85, 90)
def test_a_run_by_hand_is_on_the_pages_and_in_the_api_with_its_assets_and_outcome(api: Api) -> None:
    document = done(api)
    api.intake.mark_running(document, run_id="r1", stage="docling", by=RunStart("backfill", ("documents", "chunks")))
    row = api.client.get(f"/api/documents/{encoded(document)}", headers=api.key("reader")).json()
    assert row["document"]["by_hand"]["sentence"] == "By backfill: documents, chunks in progress"
    api.intake.failed_by_hand(document, "r1", ConversionFailed("The <converter> fell."), stage="docling")
    row = api.client.get(f"/api/documents/{encoded(document)}", headers=api.key("reader")).json()
    shown = row["status"]["by_hand"]
    assert (row["document"]["state"], row["status"]["state"]) == ("done", "complete")
    assert (shown["started"], shown["assets"], shown["state"]) == ("by backfill", ["documents", "chunks"], "failed")
    assert (shown["run"], shown["reason"], shown["stage"]) == ("r1", "ConversionFailed", "docling")
    page = api.client.get(f"/documents/{encoded(document)}", headers=api.key("reader")).text
    assert "Started in Dagster by backfill: documents, chunks failed (ConversionFailed)." in page
    assert "The &lt;converter&gt; fell." in page
    assert "/runs/r1" in page
    listing = api.client.get("/", headers=api.key("reader")).text
    assert "By backfill: documents, chunks failed (ConversionFailed)" in listing


def test_a_document_nobody_started_a_run_over_has_none(api: Api) -> None:
    document = done(api)
    row = api.client.get(f"/api/documents/{encoded(document)}", headers=api.key("reader")).json()
    assert row["document"]["by_hand"] is None
    assert "Started in Dagster" not in api.client.get(f"/documents/{encoded(document)}", headers=api.key("reader")).text


def test_a_document_is_not_removed_while_a_run_by_hand_has_it(api: Api) -> None:
    document = done(api)
    api.intake.mark_running(document, run_id="r1", by=RunStart("hand", ("documents",)))
    with pytest.raises(InHandNow):
        remove(api.settings, document, by="a test")
