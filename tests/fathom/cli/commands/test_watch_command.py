"""`fathom watch`: ends when what it watches has ended, and says how in words and in its exit code."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from fathom.database import open_database
from fathom.operations import document_watch
from fathom.operations.document_watch import WatchSnapshot, watch
from fathom.settings import Settings
from fathom.tables import uploads
from fathom.uploads.upload import UploadState as S

Put = Callable[..., None]


@pytest.fixture
def put(home_settings: Settings) -> Put:
    """`put("c/a.md", "done")`: the document is in that state from now on."""

    def at(document: str, state: S, **values: Any) -> None:
        row = {
            "document": document,
            "collection": document.partition("/")[0],
            "path": document,
            "size": 1,
            "mtime_ns": 1,
            "version": "v",
            "state": state,
            "accepted_at": time.time(),
            "updated_at": time.time(),
            "attempts": 0,
            **values,
        }
        with open_database(home_settings.operational_url).begin() as connection:
            connection.execute(uploads.delete().where(uploads.c.document == document))
            connection.execute(uploads.insert().values(**row))

    return at


def last(
    settings: Settings, target: str | None, steps: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> WatchSnapshot:
    """What is seen last, when one step is taken between every two looks."""
    monkeypatch.setattr(document_watch, "daemon_is_working", lambda _: True)
    taken = iter(steps)
    return list(watch(settings, target, sleep=lambda _: next(taken)()))[-1]


def test_nothing_in_hand_is_told_and_ends_at_once(call: Any, put: Put) -> None:
    put("c/old.md", S.FAILED, updated_at=1.0)
    shown = call("watch")
    assert (shown.code, shown.out) == (0, "")
    assert "Nothing is being worked on." in shown.err


def test_a_document_that_ended_is_told_with_how(call: Any, put: Put) -> None:
    put("c/a.md", S.DONE)
    put("c/b.pdf", S.REJECTED, stage="docling", reason="DocumentLocked", detail="It needs a password.")
    done, failed = call("watch", "c/a.md"), call("watch", "c/b.pdf")
    assert (done.code, done.out.startswith("c/a.md: complete")) == (0, True)
    assert failed.code == 1
    assert "DocumentLocked: It needs a password." in failed.out
    assert "0 done, 1 failed." in failed.err


def test_what_is_neither_document_nor_collection_is_wrong_usage(call: Any, put: Put) -> None:
    put("c/a.md", S.DONE)
    assert call("watch", "c/nothing.md").code == 2
    assert call("watch", "nothing").code == 2
    assert call("watch", "c").code == 0


def test_documents_that_wait_for_parts_that_do_not_run_are_code_3(call: Any, put: Put) -> None:
    put("c/a.md", S.ACCEPTED)
    shown = call("watch")
    assert shown.code == 3
    assert "fathom up" in shown.err
    assert "c/a.md: queued" in shown.out


def test_each_line_of_json_is_a_status(call: Any, put: Put) -> None:
    put("c/a.md", S.DONE)
    lines = [json.loads(line) for line in call("watch", "c/a.md", "--json").out.splitlines()]
    assert [(one["upload_id"], one["state"]) for one in lines] == [("c/a.md", "complete")]


def test_it_ends_when_the_last_has_ended_and_counts_each_once(
    home_settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "d"):
        put(f"c/{name}.md", S.ACCEPTED)
    steps = [
        lambda: put("c/a.md", S.RUNNING),
        lambda: put("c/a.md", S.DONE),
        lambda: put("c/b.md", S.FAILED, reason="RunLost"),
        lambda: put("c/d.md", S.DONE),
    ]
    seen = last(home_settings, "c", steps, monkeypatch)
    assert (seen.done, seen.failed, seen.left, seen.exit_code) == (2, ["c/b.md"], 0, 5)


def test_what_failed_and_was_tried_again_with_success_is_done(
    home_settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("c/a.md", S.RUNNING)
    put("c/b.md", S.RUNNING)
    steps = [
        lambda: put("c/a.md", S.FAILED, reason="RunLost"),
        lambda: put("c/a.md", S.RUNNING),
        lambda: put("c/a.md", S.DONE),
        lambda: put("c/b.md", S.DONE),
    ]
    seen = last(home_settings, None, steps, monkeypatch)
    assert (seen.done, seen.failed, seen.exit_code) == (2, [], 0)


def test_what_waits_for_money_is_not_waited_for(home_settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("c/a.md", S.RUNNING)
    steps = [lambda: put("c/a.md", S.ACCEPTED, reason="BudgetSpent", detail="The day's money is spent.")]
    seen = last(home_settings, "c/a.md", steps, monkeypatch)
    assert (seen.held, seen.exit_code) == (1, 4)


def test_other_collections_are_not_waited_for(home_settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("c/a.md", S.RUNNING)
    put("other/b.md", S.RUNNING)
    seen = last(home_settings, "c", [lambda: put("other/b.md", S.FAILED), lambda: put("c/a.md", S.DONE)], monkeypatch)
    assert (seen.done, seen.failed, seen.exit_code) == (1, [], 0)
