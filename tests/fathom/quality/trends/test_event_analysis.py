"""The log of a time is summed up: totals, error rate, the most common errors with examples, popular queries."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.quality.trends.event_analysis import analyze_events, first_id_since, normalized_query
from fathom.settings import Settings
from fathom.tables import events

NOW = 1_800_000_000.0


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "postgres":
        return open_database(request.getfixturevalue("postgres_database"))
    settings: Settings = request.getfixturevalue("home_settings")
    return open_database(settings.operational_url)


def write(engine: Engine, *rows: tuple[float, str | None, str | None, dict[str, Any]], level: int = logging.INFO) -> None:
    with engine.begin() as connection:
        connection.execute(
            events.insert(),
            [
                {"at": at, "level": level, "event": event, "document": document, "message": f"It was {event}.", "host": "h"}
                | {"metrics": json.dumps(metrics)}
                for at, event, document, metrics in rows
            ],
        )


def test_a_log_without_lines_is_empty(engine: Engine) -> None:
    found = analyze_events(engine, NOW - 10, NOW)
    assert (found.total, found.error_rate, found.common_errors, found.popular_queries) == (0, None, (), ())


def test_totals_and_error_rate_are_of_the_time_alone(engine: Engine) -> None:
    write(
        engine,
        (NOW - 9000, "upload.done", "a/0.pdf", {}),
        (NOW - 50, "upload.done", "a/1.pdf", {}),
        (NOW - 40, "upload.done", "a/2.pdf", {}),
        (NOW - 30, "upload.done", "b/3.pdf", {}),
        (NOW - 20, "docling.failed", "a/4.pdf", {"error": "DocumentDamaged"}),
        (NOW + 5, "upload.done", "a/5.pdf", {}),
    )
    found = analyze_events(engine, NOW - 100, NOW)
    assert (found.total, found.finished, found.failed, found.error_rate) == (4, 3, 1, 0.25)
    assert found.by_event == {"upload.done": 3, "docling.failed": 1}
    assert found.by_level == {"info": 4}
    assert analyze_events(engine, NOW - 100, NOW, "b").total == 1


def test_the_most_common_errors_come_first_with_examples_of_different_documents(engine: Engine) -> None:
    damaged = [(NOW - number, "docling.failed", f"a/{number}.pdf", {"error": "DocumentDamaged"}) for number in range(5, 1, -1)]
    write(engine, *damaged, (NOW - 1, "docling.failed", "a/2.pdf", {"error": "DocumentDamaged"}))
    write(engine, (NOW - 1, "llm.error", None, {"error": "LanguageModelUnreachable"}))
    write(engine, (NOW - 1, None, None, {}), level=logging.ERROR)
    found = analyze_events(engine, NOW - 100, NOW).common_errors
    assert [(one.error, one.events, one.documents) for one in found] == [
        ("DocumentDamaged", 5, 4),
        ("LanguageModelUnreachable", 1, 0),
        ("without a name", 1, 0),
    ]
    assert [document for document, _ in found[0].examples] == ["a/2.pdf", "a/3.pdf", "a/4.pdf"]
    assert found[0].examples[0][1] == "It was docling.failed."


def test_equal_questions_are_counted_together_and_answers_are_timed(engine: Engine) -> None:
    questions = ("Who built it?", "who built  it", "When?")
    write(engine, *((NOW - 10, "chat.start", None, {"query": one}) for one in questions))
    write(engine, *((NOW - 9, "chat.complete", None, {"seconds": seconds}) for seconds in (1.0, 2.0, 9.0)))
    write(engine, (NOW - 8, "llm.response", None, {"tokens_in": 100, "tokens_out": 7}), (NOW - 8, "llm.response", None, {}))
    found = analyze_events(engine, NOW - 100, NOW)
    assert found.popular_queries == (("who built it", 2), ("when", 1))
    assert found.seconds is not None
    assert found.seconds[0] == 2.0
    assert found.tokens == {"calls": 2, "tokens_in": 100, "tokens_out": 7}


def test_the_first_event_of_a_time_is_found_without_reading_all(engine: Engine) -> None:
    write(engine, *((NOW - 86_400 * (100 - number), "upload.done", None, {}) for number in range(100)))
    with engine.connect() as connection:
        assert first_id_since(connection, NOW - 86_400 * 10.5) == 91
        assert first_id_since(connection, 0.0) == 1
        assert first_id_since(connection, NOW + 1e6) == 100
    assert analyze_events(engine, NOW - 86_400 * 10.5, NOW).total == 10


def test_a_question_is_shortened_and_loses_its_mark() -> None:
    assert normalized_query("  Who  is\nAda ?! ") == "who is ada"
    assert len(normalized_query("x" * 5000)) == 200
