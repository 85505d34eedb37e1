"""The sensor of alerts tells what is wrong within a tick, rests while nothing has changed, and pings while it ticks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import dagster as dg
import pytest

from fathom import settings as settings_module
from fathom.database import open_database
from fathom.operations import alert_rounds
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.warm_runs.instance_check import OtherDagster
from fathom.settings import Settings, settings
from fathom.tables import uploads
from sensors import alerts as sensor_module
from sensors.alerts import alerts
from tests.fathom.alerts.receiver import Receiver, receiving

Tick = Callable[[str | None], tuple[str, str | None]]


@pytest.fixture
def pings() -> Iterator[HTTPServer]:
    """A dead man's switch, which counts its pings."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.pings += 1  # type: ignore[attr-defined]
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.pings = 0  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def receiver(home_settings: Settings, monkeypatch: pytest.MonkeyPatch, pings: HTTPServer) -> Iterator[Receiver]:
    """The receiver of the home's only route."""
    with receiving() as served:
        ping_url = f"http://127.0.0.1:{pings.server_address[1]}/s3cret"
        monkeypatch.setenv("FATHOM_ALERTS", json.dumps({"routes": {"hook": {"url": served.url}}, "ping_url": ping_url}))
        settings_module.settings.cache_clear()
        sensor_module._rounds.cache_clear()
        yield served
    settings_module.settings.cache_clear()
    sensor_module._rounds.cache_clear()


@pytest.fixture
def tick(receiver: Receiver) -> Tick:
    write_dagster_home(settings())
    prepare_storage(settings())

    def ticked(cursor: str | None) -> tuple[str, str | None]:
        with (
            dg.DagsterInstance.from_config(str(settings().dagster_home)) as instance,
            dg.build_sensor_context(instance=instance, cursor=cursor) as context,
        ):
            result = alerts(context)
            assert isinstance(result, dg.SkipReason)
            return result.skip_message or "", context.cursor

    return ticked


def fail(document: str, state: str = "failed") -> None:
    row: dict[str, Any] = {"document": document, "collection": "c", "path": document, "size": 1, "mtime_ns": 1, "state": state}
    row |= {"stage": "docling", "reason": "Damaged", "detail": "It ends early.", "updated_at": time.time()}
    with open_database(settings().operational_url).begin() as connection:
        connection.execute(uploads.insert().values(**row))


def test_what_failed_is_delivered_in_the_next_tick_and_once(tick: Tick, receiver: Receiver) -> None:
    fail("c/a.pdf")
    said, cursor = tick(None)
    assert said == "1 incidents open, 1 notices sent."
    assert receiver.titles == ["[WARNING] document_failed"]
    for again in (cursor, None, "nonsense", ""):  # also after a cursor was lost
        tick(again)
    assert len(receiver.titles) == 1


def test_a_daemon_that_was_restarted_neither_loses_nor_repeats(tick: Tick, receiver: Receiver) -> None:
    receiver.status = 500
    fail("c/a.pdf")
    _, cursor = tick(None)
    sensor_module._rounds.cache_clear()  # the process is another
    receiver.status = 200
    tick(cursor)
    assert receiver.titles == []  # it is not due yet
    time.sleep(5.2)
    tick(cursor)
    sensor_module._rounds.cache_clear()
    tick(cursor)
    assert receiver.titles == ["[WARNING] document_failed"]


def test_an_idle_tick_evaluates_nothing(tick: Tick, monkeypatch: pytest.MonkeyPatch) -> None:
    _, cursor = tick(None)
    _, cursor = tick(cursor)  # the first round wrote, at most
    looks: list[bool] = []
    watch_over = alert_rounds.watch_over
    monkeypatch.setattr(
        alert_rounds, "watch_over", lambda found, *, metrics: looks.append(metrics) or watch_over(found, metrics=metrics)
    )
    for _ in range(3):
        said, cursor = tick(cursor)
        assert said == "Nothing has changed."
    assert looks == []
    fail("c/a.pdf")
    tick(cursor)
    assert looks == [False]


def test_the_switch_is_pinged_each_minute_while_it_ticks(
    tick: Tick, pings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level("INFO"):
        _, cursor = tick(None)
        tick(cursor)
        assert pings.pings == 1
        later = time.time() + 61
        monkeypatch.setattr(sensor_module.time, "time", lambda: later)
        tick(cursor)
    assert pings.pings == 2
    assert "s3cret" not in caplog.text


def test_it_touches_no_other_deployment(receiver: Receiver) -> None:
    write_dagster_home(settings())
    fail("c/a.pdf")
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance) as context,
        pytest.raises(OtherDagster),
    ):
        alerts(context)
    assert receiver.titles == []
