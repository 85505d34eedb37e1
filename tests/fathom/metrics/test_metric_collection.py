"""Events and model calls become metrics and check results exactly once, whatever is read again or killed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from fathom.database import open_database
from fathom.metrics import metric_collection
from fathom.metrics.check_recording import CheckResult, to_json
from fathom.metrics.event_samples import DERIVATIONS, file_type
from fathom.metrics.metric_collection import collect_after, collect_metrics
from fathom.metrics.metric_definitions import METRICS
from fathom.metrics.metric_history import MetricHistory
from fathom.observability.events import BY_NAME
from fathom.quality.check_results import CheckResults
from fathom.tables import events, llm_calls

NOW = time.time() - 60


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An empty operational database."""
    return open_database(f"sqlite:///{tmp_path}/fathom.db")


def happened(engine: Engine, name: str, document: str | None = "c/a.pdf", at: float = NOW, **metrics: Any) -> None:
    row = {"event": name, "document": document, "at": at, "level": 20, "message": "", "host": "h"}
    row |= {"stage": name.partition(".")[0], "metrics": json.dumps(metrics), "run": "r1"}
    with engine.begin() as connection:
        connection.execute(events.insert().values(**row))


def called(engine: Engine, outcome: str, **figures: Any) -> None:
    row = {"at": NOW, "day": "2026-01-01", "document": "c/a.pdf", "collection": "c", "model": "m", "prompt": "p"}
    row |= dict.fromkeys(("tokens_in", "cache_read", "cache_write", "tokens_out"), 0)
    row |= {"outcome": outcome, "cost_usd": 0.0, "saved_usd": 0.0, "seconds": 0.5, **figures}
    with engine.begin() as connection:
        connection.execute(llm_calls.insert().values(**row))


def total(engine: Engine, name: str, **labels: str) -> float:
    found = MetricHistory(engine).window(name, NOW - 600, NOW + 600, labels)
    return found.total if found else 0.0


def test_every_derivation_names_a_metric_and_an_event_with_its_figures() -> None:
    planned = {"chat.failed", "chat.evicted"}  # of the questions, which are not answered yet
    assert {rule.metric for rules in DERIVATIONS.values() for rule in rules} <= set(METRICS)
    assert set(DERIVATIONS) - set(BY_NAME) <= planned
    assert "quality.checked" in BY_NAME


def test_events_are_counted_once(engine: Engine) -> None:
    happened(engine, "docling.complete", seconds=2.5, pages=3, words=700)
    happened(engine, "graphiti.complete", written=4, failed=1, entities=12, facts=6, seconds=1.5)
    happened(engine, "docling.failed", document="c/b.DOCX", error="DocumentDamaged", retryable=False)
    happened(engine, "upload.waiting", bytes=3)
    assert collect_metrics(engine) > 8
    assert collect_metrics(engine) == 0
    assert total(engine, "pages_converted", collection="c") == 3
    assert total(engine, "stage_seconds", stage="graphiti") == 1.5
    assert total(engine, "facts_per_chunk", file_type="pdf") == 1.5
    assert total(engine, "documents_failed", error="DocumentDamaged", stage="docling") == 1
    happened(engine, "docling.complete", seconds=1.0, pages=2)
    collect_metrics(engine)
    assert total(engine, "pages_converted") == 5


def test_calls_are_parted_into_answered_failed_and_remembered(engine: Engine) -> None:
    called(engine, "end_turn", tokens_in=100, tokens_out=20, cost_usd=0.25)
    called(engine, "overloaded")
    called(engine, "remembered", saved_usd=0.5)
    collect_metrics(engine)
    found = {
        name: total(engine, name) for name in ("llm_calls", "llm_errors", "llm_cache_hits", "llm_cost_usd", "llm_saved_usd")
    }
    assert found == {"llm_calls": 1, "llm_errors": 1, "llm_cache_hits": 1, "llm_cost_usd": 0.25, "llm_saved_usd": 0.5}


def test_a_kill_in_the_middle_loses_and_doubles_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        happened(engine, "upload.done")
    monkeypatch.setattr(metric_collection, "AT_ONCE", 3)
    passes = iter(range(10))

    def dies(*of: Any) -> None:
        if next(passes) == 1:
            raise KeyboardInterrupt
        set_cursor(*of)

    set_cursor = metric_collection.set_cursor
    monkeypatch.setattr(metric_collection, "set_cursor", dies)
    with pytest.raises(KeyboardInterrupt):
        collect_metrics(engine)
    assert total(engine, "documents_done") == 3
    collect_metrics(engine)
    assert total(engine, "documents_done") == 7


def checked(engine: Engine, *results: CheckResult, document: str | None = "c/a.pdf", **about: Any) -> None:
    happened(engine, "quality.checked", document=document, asset="documents", results=to_json(results), **about)


def test_the_last_result_of_each_check_is_kept(engine: Engine) -> None:
    kept = CheckResult(name="keeps_text", passed=True, severity="warn", measured=0.99, threshold=0.9)
    lost = CheckResult(name="keeps_text", passed=False, severity="warn", measured=0.5, threshold=0.9, detail="x" * 900)
    empty = CheckResult(name="has_text", passed=False, severity="block", measured=0, threshold=1, detail="Nothing in it.")
    checked(engine, kept, empty)
    checked(engine, lost)
    checked(engine, kept, document=None, collection="c")
    happened(engine, "quality.checked", asset="documents", results="{broken")
    collect_metrics(engine)
    results = CheckResults(engine)
    found = {(state.document, state.check): state for state in results.list()}
    assert found["c/a.pdf", "keeps_text"].passed is False
    assert (found["c/a.pdf", "keeps_text"].measured, len(found["c/a.pdf", "keeps_text"].detail)) == (0.5, 500)
    assert (found["c/a.pdf", "has_text"].detail, found["c/a.pdf", "has_text"].run) == ("Nothing in it.", "r1")
    assert found[None, "keeps_text"].collection == "c"
    assert [state.check for state in results.failed()] == ["has_text", "keeps_text"]
    assert len(results.of_document("c/a.pdf")) == 2
    assert results.list(collection="other") == []
    summary = {row.check: (row.passed, row.failed, row.worst) for row in results.summary()}
    assert summary == {"has_text": (0, 1, 0), "keeps_text": (1, 1, 0.5)}
    assert (total(engine, "checks_failed", check="keeps_text"), total(engine, "checks_passed")) == (1, 2)


def test_collecting_goes_on_after_the_database_was_away(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_collection, "EVERY_S", 0.0)
    happened(engine, "upload.done")
    collect = metric_collection.collect_metrics

    def away(engine: Engine) -> int:
        raise OperationalError("", {}, Exception("locked"))

    monkeypatch.setattr(metric_collection, "collect_metrics", away)
    rounds = collect_after(iter([1, 0, 0]), engine)
    assert next(rounds) == 1
    monkeypatch.setattr(metric_collection, "collect_metrics", collect)
    assert list(rounds) == [0, 0]
    assert total(engine, "documents_done") == 1


@pytest.mark.parametrize(
    ("document", "kind"), [("c/a.PDF", "pdf"), ("c/a", "none"), ("c/x.tar.gz", "gz"), ("c/a.this-is-no-suffix", "none")]
)
def test_a_file_type_is_a_short_suffix(document: str, kind: str) -> None:
    assert file_type(document) == kind


def test_a_failure_is_told_at_once_and_only_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_collection, "EVERY_S", 0.0)
    told: list[int] = []
    rounds = collect_after(iter([1, 1, 1, 0]), engine, lambda: told.append(1))
    happened(engine, "upload.done")
    next(rounds)
    assert told == []
    happened(engine, "docling.failed", at=NOW + 1, error="DocumentDamaged")
    next(rounds)
    assert told == [1]
    happened(engine, "upload.done", at=NOW + 2)
    list(rounds)
    assert told == [1]
