"""A document whose last chunks were set aside says so everywhere, and one button takes up only those."""

from __future__ import annotations

import re
from html import unescape

import pytest

from fathom.ledger.episode_ledger import Ledger, PlannedEpisode, ProducerVersions
from tests.fathom.api.conftest import Api
from tests.fathom.api.page.test_page import HERE, many_documents, rows, signed_in
from tests.fathom.api.routes.test_stream_routes import until_complete

SAID = "1 of its chunks failed again and again and was set aside; the others are in the graph."


@pytest.fixture
def in_part(api: Api) -> str:
    """The id, as paths have it, of a document with one chunk in the graph and one set aside."""
    at = api.accepted("c/a.md")
    row = api.intake.state_of("c/a.md")
    assert row is not None
    assert row.version is not None
    api.intake.mark_running("c/a.md", row.version, run_id="r")
    ledger = Ledger(api.intake.engine)
    ledger.plan(
        "c/a.md",
        row.version,
        [PlannedEpisode("well", "a", 0), PlannedEpisode("bad", "b", 1)],
        ProducerVersions("c", "p", "m", "e"),
    )
    ledger.mark_written("well", entities=1, facts=0)
    ledger.mark_quarantined(["bad"], "AnswerUnusable: It was no JSON.")
    api.intake.mark_done("c/a.md", row.version, run_id="r", lacking=1)
    return at


def test_status_and_stream_say_that_it_is_not_whole(api: Api, in_part: str) -> None:
    found = api.client.get(f"/api/upload/status/{in_part}", headers=api.key("reader")).json()
    assert (found["status"], found["state"], found["progress"], found["detail"]) == ("completed", "partial", 100, SAID)
    assert (found["metrics"]["chunks_processed"], found["metrics"]["chunks_failed"]) == (1, 1)
    assert (found["error"]["type"], found["error"]["message"]) == ("DoneInPart", SAID)
    with api.client.websocket_connect(f"/api/upload/{in_part}/stream", headers=api.key("reader")) as socket:
        end = until_complete(socket)[-1]
    assert (end["status"], end["state"], end["error"]["type"]) == ("completed", "partial", "DoneInPart")


def test_a_retry_takes_up_what_was_set_aside_and_nothing_else(api: Api, in_part: str) -> None:
    answer = api.client.post(f"/api/documents/{in_part}/retry", headers=api.key("operator"))
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert [one.state for one in Ledger(api.intake.engine).rows("c/a.md")] == ["written", "planned"]
    again = api.client.post(f"/api/documents/{in_part}/retry", headers=api.key("operator"))
    assert again.status_code == 409


def test_the_page_has_the_button_for_who_may_press_it(api: Api, in_part: str) -> None:
    signed_in(api, "operator")
    html = unescape(api.client.get(f"/documents/{in_part}").text)
    assert f'data-url="/api/documents/{in_part}/retry"' in html
    assert "Only the chunks that were set aside" in html
    assert 'data-state="partial" data-over' in html
    assert SAID in html
    signed_in(api, "reader")
    assert "data-method" not in api.client.get(f"/documents/{in_part}").text


def test_those_done_in_part_are_listed_counted_and_tried_again_together(api: Api, in_part: str) -> None:
    many_documents(api, 3)
    signed_in(api, "operator")
    html = unescape(api.client.get("/").text)
    assert "Done in part" in html
    assert "1 document (1 done in part) will be worked on again" in html
    assert rows(api.client.get("/?state=partial").text) == ["c/a.md"]
    assert len(rows(api.client.get("/?state=done").text)) == 4
    answer = api.client.post("/api/documents/retry-failed", headers=HERE)
    assert answer.json() == {"retried": ["c/a.md"]}
    assert not re.search(r"Done in part|Try failed again", api.client.get("/").text)
