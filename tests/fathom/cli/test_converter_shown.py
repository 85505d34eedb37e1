"""What `status`, `doctor` and `docling status` say of the converter is what its workers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fathom.conversion.service.converter_client import ConverterClient
from fathom.conversion.service.converter_status import ConverterStatus, WorkerState, WorkerStatus
from fathom.errors import ConverterUnreachable

Show = Callable[..., None]


@pytest.fixture
def converter_is(monkeypatch: pytest.MonkeyPatch) -> Show:
    """`converter_is("idle", "dead")`: the converter answers that these are the states of its two workers."""

    def is_so(*states: WorkerState, trouble: str | None = None) -> None:
        workers = [WorkerStatus(pid=100 + n, state=state, rss_bytes=0, documents=0) for n, state in enumerate(states)]
        counts = dict.fromkeys(("waiting", "documents", "rejected", "failed", "recycled", "rss_bytes"), 0)
        status = ConverterStatus(
            pid=99,
            version="v",
            fingerprint="",
            uptime_s=1,
            workers=workers,
            wanted_workers=2,
            trouble=trouble,
            restarts=3,
            **counts,
        )
        monkeypatch.setattr(ConverterClient, "listening", lambda _: 0)  # somebody does, whose process is not known
        monkeypatch.setattr(ConverterClient, "status", lambda _: status)

    return is_so


def converter_part(shown: Any) -> Any:
    (part,) = [part for part in shown.json["parts"] if part["name"] == "converter"]
    return part


def test_a_converter_with_all_workers_is_well(call: Any, converter_is: Show) -> None:
    converter_is("idle", "busy")
    shown = call("docling", "status", "--json")
    assert (shown.code, shown.json["problem"], shown.json["restarts"]) == (0, None, 3)
    assert converter_part(call("status", "--json"))["state"] == "healthy"


@pytest.mark.parametrize("state", ["dead", "hung"])
def test_a_dead_or_hung_worker_is_shown_as_such_everywhere(call: Any, converter_is: Show, state: WorkerState) -> None:
    converter_is("idle", state)
    problem = f"1 of 2 workers live, process 101 is {state}."
    shown = call("docling", "status", "--json")
    assert (shown.code, shown.json["problem"], shown.err.strip()) == (3, problem, problem)
    assert [worker["state"] for worker in shown.json["workers"]] == ["idle", state]
    table = call("docling", "status").out
    assert "1 of 2, 3 restarts" in table
    assert state in table
    shown = call("status", "--json")
    part = converter_part(shown)
    assert (shown.code, part["state"]) == (3, "unhealthy")
    assert problem in part["detail"]
    assert f"converter: {problem}" in shown.err
    doctor = call("doctor", "--json")
    (check,) = [one for one in doctor.json["checks"] if one["check"] == "converter"]
    assert (doctor.code, check["fine"]) == (1, False)
    assert problem in check["what_to_do"]


def test_a_converter_that_can_have_no_worker_says_why(call: Any, converter_is: Show) -> None:
    converter_is(trouble="A conversion worker ended with exit code 1 while it warmed up: no model.")
    assert "no model" in converter_part(call("status", "--json"))["detail"]
    assert "no model" in call("docling", "status").err


def test_a_converter_that_listens_and_does_not_answer_is_unhealthy(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_client: ConverterClient) -> ConverterStatus:
        raise ConverterUnreachable("The converter runs and has not answered for 5 s.")

    monkeypatch.setattr(ConverterClient, "status", silent)
    monkeypatch.setattr(ConverterClient, "listening", lambda _: True)
    part = converter_part(call("status", "--json"))
    assert part["state"] == "unhealthy"
    assert "has not answered" in part["detail"]
    assert call("docling", "status").code == 3
