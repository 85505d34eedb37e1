"""The events table: every line of the log files once, across kills, rotations, restarts and several who collect."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.observability.event_collector import KEEP_DAYS, Collector, collect_until_stopped
from fathom.observability.event_store import Events
from fathom.observability.json_lines_handler import JsonLines, JsonLinesHandler, keep_logs_at
from fathom.observability.structured_logging import get_logger, stage

log = get_logger("fathom.test")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """The table on each database it may stand on."""
    if request.param == "postgres":
        return open_database(request.getfixturevalue("postgres_database"))
    return open_database(f"sqlite:///{tmp_path / 'fathom.db'}")


@pytest.fixture
def collector(engine: Engine, tmp_path: Path) -> Collector:
    return Collector(engine, tmp_path)


def say(tmp_path: Path, *pages: int, document: str = "a/b.pdf") -> None:
    keep_logs_at(tmp_path / "logs" / "runs.jsonl", "INFO")
    with stage("docling", document=document, run="r1"):
        for page in pages:
            log.info(f"Page {page}", sub_stage="page", metrics={"page": page, "pages": 10})


def pages(engine: Engine, document: str = "a/b.pdf") -> list[float | None]:
    return [event.number("page") for event in Events(engine).of_document(document)]


def test_a_line_becomes_a_row_with_all_it_said(tmp_path: Path, engine: Engine, collector: Collector) -> None:
    say(tmp_path, 3)
    assert collector.collect() == 1
    (event,) = Events(engine).of_document("a/b.pdf")
    assert (event.event, event.run, event.stage, event.sub_stage) == ("docling.page", "r1", "docling", "page")
    assert (event.level, event.message, event.metrics) == ("info", "Page 3", {"page": 3, "pages": 10})
    assert abs(event.at - time.time()) < 60
    assert event.pid


def test_each_line_is_there_once_however_often_and_by_whomever_it_is_collected(
    tmp_path: Path, engine: Engine, collector: Collector
) -> None:
    say(tmp_path, 1, 2)
    collector.collect()
    assert Collector(engine, tmp_path).collect() == 0  # as after a restart
    say(tmp_path, 3)
    others = [threading.Thread(target=Collector(engine, tmp_path).collect) for _ in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    collector.collect()
    assert pages(engine) == [1, 2, 3]


def test_a_line_that_is_half_written_waits_for_its_end(tmp_path: Path, engine: Engine, collector: Collector) -> None:
    say(tmp_path, 1)
    file = tmp_path / "logs" / "runs.jsonl"
    whole = file.read_bytes().replace(b'"page": 1', b'"page": 2')
    with file.open("ab") as more:
        more.write(whole[:40])
        more.flush()
        collector.collect()
        assert pages(engine) == [1]
        more.write(whole[40:])
    collector.collect()
    assert pages(engine) == [1, 2]


def test_what_is_no_line_of_ours_is_passed_over(tmp_path: Path, engine: Engine, collector: Collector) -> None:
    say(tmp_path, 1)
    with (tmp_path / "logs" / "runs.jsonl").open("ab") as more:
        more.write(b'not json\n[1]\n{"timestamp": "never", "document": "a/b.pdf"}\n\xff\xfe\n')
    say(tmp_path, 2)
    collector.collect()
    assert pages(engine) == [1, 2]


def test_a_file_that_was_put_aside_is_read_on_from_where_it_was(tmp_path: Path, engine: Engine, collector: Collector) -> None:
    handler = JsonLinesHandler(tmp_path / "logs" / "runs.jsonl", max_bytes=2000, keep=20)
    handler.setFormatter(JsonLines())
    import logging

    logging.getLogger().addHandler(handler)
    logging.getLogger("fathom").setLevel("INFO")
    with stage("docling", document="a/b.pdf"):
        for page in range(1, 41):
            log.info("Page", sub_stage="page", metrics={"page": page})
            if page % 7 == 0:
                collector.collect()
    collector.collect()
    assert len(list((tmp_path / "logs").glob("runs.jsonl.*"))) > 3
    assert sorted(number or 0 for number in pages(engine)) == list(range(1, 41))


def test_lines_of_no_document_are_kept_if_they_are_events_or_warnings(
    tmp_path: Path, engine: Engine, collector: Collector
) -> None:
    keep_logs_at(tmp_path / "logs" / "x.jsonl", "INFO")
    log.info("small talk")
    log.warning("trouble")
    with stage("upload"):
        log.warning("Runs ended", sub_stage="reconciled", metrics={"again": 1})
    collector.collect()
    with engine.connect() as connection:
        found = list(connection.scalars(sa.text("SELECT message FROM events ORDER BY id")))
    assert found == ["trouble", "Runs ended"]


def test_a_database_that_is_away_gets_the_lines_later(tmp_path: Path) -> None:
    broken = sa.create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    collector = Collector(broken, tmp_path)
    say(tmp_path, 1)
    assert collector.collect() == 0
    (tmp_path / "nowhere").mkdir()
    open_database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    assert collector.collect() == 1
    broken.dispose()


def test_pages_are_read_by_cursor_and_filtered(tmp_path: Path, engine: Engine, collector: Collector) -> None:
    say(tmp_path, 1, 2, 3, 4)
    with stage("chunking", document="a/b.pdf"):
        log.warning("Odd", sub_stage="odd")
    say(tmp_path, 9, document="a/other.pdf")
    collector.collect()
    events = Events(engine)
    first = events.of_document("a/b.pdf", limit=2)
    rest = events.of_document("a/b.pdf", after=first[-1].id)
    assert [event.number("page") for event in [*first, *rest]] == [1, 2, 3, 4, None]
    assert [event.message for event in events.of_document("a/b.pdf", level="warning")] == ["Odd"]
    assert [event.message for event in events.of_document("a/b.pdf", stage="chunking")] == ["Odd"]
    assert events.last_of_each("a/b.pdf", 0)["docling.page"].number("page") == 4
    assert events.counted("a/b.pdf", 0) == {"docling.page": 4}


def test_what_followed_from_a_line_never_stands_before_it_though_its_file_is_read_first(
    tmp_path: Path, engine: Engine, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file's reading is held up until the second one's line, and then one of the first, are written."""
    say(tmp_path, 1)
    (tmp_path / "logs" / "api.jsonl").write_bytes((tmp_path / "logs" / "runs.jsonl").read_bytes().replace(b"r1", b"r0"))
    read, row = [], Collector._row

    def slowly(self: Collector, raw: bytes) -> dict[str, Any] | None:
        read.append(raw)
        if len(read) == 1:
            late = json.loads(raw) | {"timestamp": datetime.now(UTC).isoformat()}
            for name, page in (("runs", 2), ("api", 3)):
                with (tmp_path / "logs" / f"{name}.jsonl").open("a") as file:
                    file.write(json.dumps(late | {"metrics": {"page": page}}) + "\n")
        return row(self, raw)

    monkeypatch.setattr(Collector, "_row", slowly)
    assert collector.collect() == 2
    assert pages(engine) == [1, 1]
    assert collector.collect() == 2
    assert pages(engine) == [1, 1, 2, 3]


def test_a_line_from_long_ahead_is_of_a_clock_that_was_set_back_and_is_taken(
    tmp_path: Path, engine: Engine, collector: Collector
) -> None:
    say(tmp_path, 1)
    file = tmp_path / "logs" / "runs.jsonl"
    line = json.loads(file.read_text())
    line["timestamp"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    file.write_text(json.dumps(line) + "\n")
    assert collector.collect() == 1


def test_events_are_dropped_when_they_are_old(tmp_path: Path, engine: Engine, collector: Collector) -> None:
    say(tmp_path, 1)
    collector.collect()
    assert collector.prune() == 0
    assert collector.prune(time.time() + (KEEP_DAYS + 1) * 86400) == 1
    assert pages(engine) == []


def test_who_is_told_to_stop_collects_once_more(tmp_path: Path, collector: Collector) -> None:
    stop = threading.Event()
    rounds = collect_until_stopped(collector, stop, every=0.01)
    assert next(rounds) == 0
    say(tmp_path, 1)
    stop.set()
    assert list(rounds) == [1]
