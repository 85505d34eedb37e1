"""Receivers that hang, refuse or limit lose no notice and delay no other; a kill sends the same key again and nothing else."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.alerts import notice_delivery
from fathom.alerts.alert_evaluation import evaluate_alerts
from fathom.alerts.notice_delivery import CLAIMED_S, GIVE_UP_S, deliver_notices, next_due_at, retry_after
from fathom.alerts.receiver_answers import MAX_RETRY_AFTER_S, retry_after_of
from fathom.database import open_database
from fathom.settings import Settings
from fathom.tables import alert_notices
from tests.fathom.alerts.conftest import Watched
from tests.fathom.alerts.receiver import Receiver, receiving

SENDING = """
import sys
from pathlib import Path
from fathom.alerts.notice_delivery import deliver_notices
from fathom.settings import Settings
sys.stdin.readline()
alerts = {"routes": {"hook": {"url": sys.argv[2]}}}
deliver_notices(Settings(home=Path(sys.argv[1]), graph_uri=None, alerts=alerts), float(sys.argv[3]))
"""


def with_routes(watched: Watched, **urls: str) -> None:
    routes: dict[str, Any] = {name: {"url": url} for name, url in urls.items()}
    watched.settings = Settings(home=watched.settings.home, graph_uri=None, alerts={"routes": routes})


def notices(watched: Watched) -> list[Any]:
    with open_database(watched.settings.operational_url).connect() as connection:
        return list(connection.execute(sa.select(alert_notices).order_by(alert_notices.c.created_at)))


@pytest.fixture
def other() -> Iterator[Receiver]:
    """A second receiver."""
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_receiver_that_refuses_gets_it_later_with_backoff(watched: Watched, status: int) -> None:
    watched.receiver.status = status
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == watched.look(after=1) == watched.look(after=5) == []
    watched.receiver.status = 200
    assert watched.look(after=retry_after(3)) == ["[WARNING] document_failed"]
    assert watched.look(after=600) == []


def test_a_receiver_that_asks_for_time_gets_it(watched: Watched) -> None:
    watched.receiver.status, watched.receiver.retry_after = 429, "120"
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == []
    watched.receiver.status = 200
    assert watched.look(after=119) == []
    assert watched.look(after=2) == ["[WARNING] document_failed"]
    assert notices(watched)[0].attempts == 2


def test_a_retry_after_is_seconds_or_a_date_and_bounded() -> None:
    assert retry_after_of({"Retry-After": "120"}) == 120
    assert retry_after_of({"Retry-After": formatdate(1000.0 + 90, usegmt=True)}, 1000.0) == 90
    assert retry_after_of({"Retry-After": formatdate(500.0, usegmt=True)}, 1000.0) == 0
    assert retry_after_of({"Retry-After": "9" * 400}) == MAX_RETRY_AFTER_S
    for wrong in ("soon", "-5", "", "²"):
        assert retry_after_of({"Retry-After": wrong}) == 0
    assert retry_after_of({}) == 0


def test_a_receiver_that_hangs_delays_neither_the_caller_nor_other_routes(
    watched: Watched, other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_delivery, "PASS_S", 0.5)
    with_routes(watched, slow=other.url, hook=watched.receiver.url)
    other.hangs_s = 2.0
    for number in range(5):
        watched.fail(f"c/{number}.pdf", f"Reason{number}")
    evaluate_alerts(watched.settings, watched.now)
    began = time.monotonic()
    found = deliver_notices(watched.settings, watched.now)
    assert time.monotonic() - began < 1.5
    assert (found.sent, found.serving) == (5, 1)
    assert len(watched.receiver.titles) == 5
    # while it is served, no second thread serves it
    assert deliver_notices(watched.settings, watched.now).serving == 0
    other.hangs_s = 0.0
    until = time.monotonic() + 10
    while len(other.titles) < 5 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(other.titles) == 5


def test_a_receiver_that_hangs_is_given_up_in_time_and_asked_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_delivery, "TIMEOUT_S", 1)
    watched.receiver.hangs_s, watched.receiver.status = 3.0, 500
    watched.fail("c/a.pdf", "DocumentDamaged")
    began = time.monotonic()
    assert watched.look() == []
    assert time.monotonic() - began < 2.8
    watched.receiver.hangs_s, watched.receiver.status = 0.0, 200
    assert watched.look(after=retry_after(1)) == ["[WARNING] document_failed"]


def test_after_a_failure_the_route_rests_and_no_notice_blocks_the_others(watched: Watched) -> None:
    watched.receiver.status = 500
    for number in range(5):
        watched.fail(f"c/{number}.pdf", f"Reason{number}")
    watched.look()
    assert sorted(row.attempts for row in notices(watched)) == [0, 0, 0, 0, 1]
    assert next_due_at(open_database(watched.settings.operational_url)) == watched.now + retry_after(1)
    watched.look(after=retry_after(1))
    assert sorted(row.attempts for row in notices(watched)) == [0, 0, 0, 1, 1]  # another is tried first
    watched.receiver.status = 200
    assert len(watched.look(after=60)) == 5


def test_kill_9_between_sending_and_recording_sends_the_same_key_again(watched: Watched) -> None:
    for number in range(3):
        watched.fail(f"c/{number}.pdf", f"Reason{number}")
    evaluate_alerts(watched.settings, watched.now)
    words = [sys.executable, "-c", SENDING, str(watched.settings.home), watched.receiver.url, str(watched.now)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=environment) as process:
        watched.receiver.kills = process.pid
        process.communicate(b"\n", timeout=60)
        assert process.returncode == -9
    watched.receiver.kills = None
    assert len(watched.receiver.notices) == 1
    assert deliver_notices(watched.settings, watched.now + 1).sent == 2  # the first may still be on its way
    assert deliver_notices(watched.settings, watched.now + CLAIMED_S + 1).sent == 1
    keys = [notice["message"].rpartition("Notice ")[2] for notice in watched.receiver.notices]
    assert (len(keys), len(set(keys))) == (4, 3)
    assert keys[0] == keys[3]
    assert deliver_notices(watched.settings, watched.now + 600).sent == 0


def test_the_end_is_told_to_those_who_were_told_of_the_incident(watched: Watched, other: Receiver) -> None:
    routes = {
        "hook": {"url": watched.receiver.url, "severities": ["critical"]},
        "other": {"url": other.url, "severities": ["warning"]},
    }
    watched.settings = Settings(home=watched.settings.home, graph_uri=None, alerts={"routes": routes})
    watched.check("c/a.pdf", "keeps_text", passed=False)
    watched.look()
    watched.check("c/b.pdf", "keeps_text", passed=False, severity="block")
    watched.look(after=5)
    assert (other.titles, watched.receiver.titles) == (["[WARNING] check_failed"], ["[CRITICAL] escalated: check_failed"])
    for document in ("c/a.pdf", "c/b.pdf"):
        watched.check(document, "keeps_text", passed=True)
    watched.look(after=5)
    watched.look(after=70)
    assert other.titles[1:] == watched.receiver.titles[1:] == ["[CRITICAL] resolved: check_failed"]


def test_the_end_of_an_old_incident_is_retried_like_any_other(watched: Watched) -> None:
    watched.measure("disk_free_bytes", 1e9)
    assert watched.look() == ["[WARNING] disk_low"]
    watched.now += GIVE_UP_S + 3600
    watched.measure("disk_free_bytes", 9e9)
    watched.look()
    watched.receiver.status = 500
    watched.measure("disk_free_bytes", 9e9)
    assert watched.look(after=70) == []
    watched.receiver.status = 200
    assert watched.look(after=retry_after(1)) == ["[WARNING] resolved: disk_low"]


def test_notices_of_a_route_that_is_gone_are_given_up(watched: Watched) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    watched.fail("c/b.pdf", "ConversionFailed")
    evaluate_alerts(watched.settings, watched.now)
    with_routes(watched)
    assert deliver_notices(watched.settings, watched.now).failed == 2
    assert {(row.given_up_at, row.error) for row in notices(watched)} == {(watched.now, notice_delivery.UNKNOWN)}
    assert next_due_at(open_database(watched.settings.operational_url)) is None


def test_the_secrets_of_a_url_are_in_no_log_and_in_no_table(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    with_routes(watched, hook=f"json://ada:s3cret@127.0.0.1:{watched.receiver.port}/t0ken")
    watched.receiver.status = 500
    watched.fail("c/a.pdf", "DocumentDamaged")
    with caplog.at_level(logging.INFO):
        watched.look()
    told = f"{caplog.text} {notices(watched)} {watched.settings!r}"
    assert notices(watched)[0].error == "the receiver answered 500"
    assert "s3cret" not in told
    assert "t0ken" not in told
