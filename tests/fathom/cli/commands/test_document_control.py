"""What a person decides about documents is done, or refused in a sentence."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.errors import CreditSpent
from fathom.ledger.episode_ledger import Ledger, PlannedEpisode, ProducerVersions
from fathom.orchestration.run_submission import run_tags
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.provider_accounts import account_pause, pause_account


@pytest.fixture
def document(call: Any, tmp_path: Path) -> str:
    """A document that was accepted and waits."""
    file = tmp_path / "note.md"
    file.write_text("# Note\n\nThe harbour opened in 1901.\n")
    call("ingest", str(file), "--collection", "research")
    return "research/note.md"


def test_nothing_is_removed_that_nobody_confirmed(call: Any, document: str) -> None:
    shown = call("documents", "remove", document, "--json")
    assert (shown.code, shown.json["error"]) == (4, "Refused")
    assert "--yes" in shown.err
    assert call("documents", "show", document).code == 0


def test_a_cancelled_document_waits_until_it_is_retried(call: Any, document: str, home_settings: Settings) -> None:
    assert call("documents", "cancel", document, "--json").json == {"cancelled": document}
    assert open_intake(home_settings).plan_runs(0) == []
    assert call("documents", "cancel", document).code == 2
    assert call("documents", "retry", document, "--json").json == {"retried": [document]}
    assert [run.documents for run in open_intake(home_settings).plan_runs(0)] == [(document,)]


def test_all_that_failed_is_retried_at_once(call: Any, document: str) -> None:
    assert call("documents", "retry", "--failed", "--json").json == {"retried": []}
    call("documents", "cancel", document)
    assert call("documents", "retry", "--failed", "--collection", "other", "--json").json == {"retried": []}
    assert call("documents", "retry", "--failed", "--json").json == {"retried": [document]}


def test_what_was_set_aside_of_a_document_is_let_go_by_a_retry(call: Any, document: str, home_settings: Settings) -> None:
    intake = open_intake(home_settings)
    version = intake.plan_runs(0)[0].versions[0]
    intake.mark_running(document, version, run_id="r")
    ledger = Ledger(intake.engine)
    ledger.plan(
        document, version, [PlannedEpisode("well", "a", 0), PlannedEpisode("bad", "b", 1)], ProducerVersions("c", "p", "m", "e")
    )
    ledger.mark_written("well", entities=1, facts=0)
    ledger.mark_quarantined(["bad"], "AnswerUnusable: It was no JSON.")
    intake.mark_done(document, version, run_id="r", lacking=1)
    shown = call("documents", "--json").json["documents"][0]
    assert (shown["state"], shown["reason"], shown["episodes_failed"]) == ("done in part", "DoneInPart", 1)
    rows = call("episodes", document, "--json").json["episodes"]
    assert [(row["state"], row["reason"]) for row in rows][1] == ("quarantined", "AnswerUnusable: It was no JSON.")
    assert call("documents", "retry", "--failed", "--json").json == {"retried": [document]}
    assert [row.state for row in ledger.rows(document)] == ["written", "planned"]
    intake.mark_running(document, version, run_id="s")
    assert intake.mark_done(document, version, run_id="s")
    assert call("documents", "--json").json["documents"][0]["state"] == "done"
    assert call("documents", "retry", document).code == 2


def test_retry_wants_one_document_or_all_that_failed(call: Any, document: str) -> None:
    assert call("documents", "retry").code == 2
    assert call("documents", "retry", document, "--failed").code == 2
    assert "nothing to try again" in call("documents", "retry", document).err


@pytest.mark.parametrize("words", [(), ("research",)])
def test_no_run_is_planned_while_paused(call: Any, document: str, home_settings: Settings, words: tuple[str, ...]) -> None:
    assert call("documents", "pause", *words, "--reason", "maintenance").code == 0
    assert open_intake(home_settings).plan_runs(0) == []
    assert call("documents", "resume", *words, "--json").json == {"resumed": True, "account_tried": False, "paused": []}
    assert len(open_intake(home_settings).plan_runs(0)) == 1
    assert call("documents", "resume", *words, "--json").json["resumed"] is False


def test_a_document_that_is_not_there_is_wrong_usage(call: Any) -> None:
    for words in (("remove", "--yes"), ("cancel",), ("retry",)):
        assert call("documents", words[0], "research/none.md", *words[1:]).code == 2


def test_a_document_with_a_priority_is_planned_first_and_its_run_has_it_as_a_tag(
    call: Any, document: str, home_settings: Settings, tmp_path: Path
) -> None:
    for name in ("urgent", "later"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nThe harbour opened in 1901.\n")
    call("ingest", str(tmp_path / "urgent.md"), "--collection", "research", "--priority", "7")
    call("ingest", str(tmp_path / "later.md"), "--collection", "research")
    shown = call("documents", "priority", "research/later.md", "-5", "--json")
    assert (shown.code, shown.json) == (0, {"document": "research/later.md", "priority": -5})
    first, second = open_intake(home_settings).plan_runs(0)
    assert (first.documents, second.documents) == (("research/urgent.md",), (document,))
    assert run_tags(first)["dagster/priority"] == "7"
    assert "dagster/priority" not in run_tags(second)


def test_a_priority_out_of_bounds_is_wrong_usage(call: Any, document: str, tmp_path: Path) -> None:
    assert call("documents", "priority", document, "101").code == 2
    assert call("documents", "priority", "research/nothing.md", "1").code == 2
    file = tmp_path / "other.md"
    file.write_text("# Other\n")
    assert call("ingest", str(file), "--priority", "1000").code == 2
    assert call("documents", "show", "default/other.md").code != 0


def test_a_run_that_is_not_a_documents_first_says_why_it_is_there(call: Any, document: str, home_settings: Settings) -> None:
    intake = open_intake(home_settings)
    (first,) = intake.plan_runs(0)
    assert "fathom/cause" not in run_tags(first)
    call("documents", "cancel", document)
    call("documents", "retry", document)
    (second,) = intake.plan_runs(0)
    assert run_tags(second)["fathom/cause"] == "asked for again"
    intake.mark_running(document, run_id="r2")
    intake.reconcile({second.run_key: "ended"})
    (third,) = intake.plan_runs(0, now=time.time() + 3600)
    assert run_tags(third)["fathom/cause"] == "try 2, after RunLost"


def test_resuming_tries_a_paused_account_at_once(call: Any, home_settings: Settings) -> None:
    engine = open_database(home_settings.operational_url)
    pause_account(engine, "account", CreditSpent("No credit."), time.time())
    found = call("documents", "resume", "--json").json
    assert (found["resumed"], found["account_tried"]) == (False, True)
    pause = account_pause(engine, "account")
    assert pause is not None
    assert pause.probe_at <= time.time()
