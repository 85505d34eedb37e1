"""A check or document that failed in a run is told by the API within ten seconds, also while nobody looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.metrics.check_recording import CheckResult, to_json
from fathom.observability.structured_logging import emit, stage
from fathom.settings import Settings
from tests.fathom.alerts.receiver import Receiver, receiving
from tests.fathom.api.conftest import Api, serving

GOAL_S = 10.0


@pytest.fixture
def told(home_settings: Settings) -> Iterator[tuple[Api, Receiver]]:
    """The application with a route to a receiver."""
    with receiving() as receiver:
        routes = {"routes": {"hook": {"url": receiver.url}}}
        with serving(home_settings.model_copy(update={"alerts": Settings(home=Path("x"), alerts=routes).alerts})) as api:
            yield api, receiver


def seconds_until(receiver: Receiver, count: int) -> float:
    began = time.monotonic()
    while len(receiver.titles) < count and time.monotonic() - began < 2 * GOAL_S:
        time.sleep(0.05)
    return time.monotonic() - began


def checked(passed: bool) -> None:
    """What a run logs when its checks were evaluated."""
    result = CheckResult(name="keeps_text", passed=passed, severity="warn", measured=0.5, threshold=0.9, detail="Half is lost.")
    with stage("quality", document="c/a.md", run="r1"):
        emit("quality.checked", "Checks were evaluated", asset="documents", results=to_json([result]), collection="c")


def test_a_failed_check_is_delivered_within_ten_seconds(told: tuple[Api, Receiver]) -> None:
    _, receiver = told
    checked(passed=False)
    assert seconds_until(receiver, 1) < GOAL_S
    assert receiver.titles == ["[WARNING] check_failed"]
    assert "Half is lost." in receiver.notices[0]["message"]


def test_a_notice_that_was_refused_is_retried_without_another_failure(told: tuple[Api, Receiver]) -> None:
    _, receiver = told
    receiver.status = 503
    checked(passed=False)
    time.sleep(4)
    assert receiver.titles == []
    receiver.status = 200
    assert seconds_until(receiver, 1) < GOAL_S
