"""`fathom drift`: what a collection is compared with, and what a re-base needs."""

from __future__ import annotations

from dataclasses import replace

from fathom.database import open_database
from fathom.quality.drift import DriftMethod, DriftResult
from fathom.quality.drift.document_profile import DocumentProfile
from fathom.quality.drift.reference_store import DriftReferences
from fathom.settings import Settings
from tests.fathom.cli.conftest import Call

FOUND = DriftResult("languages", DriftMethod.JENSEN_SHANNON, 0.6, 0.3, True, 60, 50, 1, 1, "fr: 0% to 40%.")


def test_a_collection_with_few_documents_has_nothing_to_compare(call: Call) -> None:
    shown = call("drift", "show", "papers", "--json")
    assert (shown.code, shown.json["results"], shown.json["reference"]) == (0, [], None)
    assert "0 documents" in shown.json["detail"]


def test_the_last_look_is_shown_with_what_changed_and_exit_code_1(call: Call, home_settings: Settings) -> None:
    references = DriftReferences(open_database(home_settings.operational_url))
    chosen = references.choose("papers", [DocumentProfile("papers/a.txt")], until=1.0, reason="The first year.", by="ada")
    references.record_look(chosen, [FOUND, replace(FOUND, metric="relations", drifted=False)], at=4e9)
    shown = call("drift", "show", "papers", "--json")
    assert shown.code == 1
    assert [(one["metric"], one["drifted"]) for one in shown.json["results"]] == [("languages", True), ("relations", False)]
    assert shown.json["reference"]["reason"] == "The first year."
    told = call("drift", "show", "papers")
    assert "fr: 0% to 40%." in told.out
    assert "version 1: The first year." in told.err
    assert [(one["collection"], one["drifted"]) for one in call("drift", "--json").json["collections"]] == [
        ("papers", ["languages"])
    ]
    assert "languages" in call("drift").out
    listed = call("drift", "history", "papers", "--json").json["references"]
    assert [(one["version"], one["chosen_by"], one["looks"]) for one in listed] == [(1, "ada", 1)]


def test_a_deployment_without_references_says_when_there_will_be_one(call: Call) -> None:
    assert call("drift", "--json").json == {"collections": []}
    assert "No collection has a reference yet" in call("drift").err


def test_a_rebase_needs_documents_and_says_so(call: Call) -> None:
    refused = call("drift", "rebase", "papers", "--reason", "New.")
    assert refused.code == 2
    assert "0 documents in the graph; a reference needs 20" in refused.err


def test_a_name_that_no_collection_has_is_refused(call: Call) -> None:
    assert call("drift", "show", "a b").code == 4
