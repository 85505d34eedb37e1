"""Keeps the last result of each check, as read from the events that checks emit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy.engine import Connection, Engine

from fathom.metrics.metric_sample import MetricSample
from fathom.observability.event_store import RecordedEvent
from fathom.sql import batched, insert_into
from fathom.tables import check_results

CHECKED = "quality.checked"
MAX_DETAIL = 500  # characters

Severity = Literal["block", "warn", "inform"]


class CheckResult(BaseModel):
    """The result of a check: whether it passed, and what was measured against which threshold."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    severity: Severity
    measured: float | None = Field(None, description="null where the check did not apply")
    threshold: float | None = None
    detail: str = ""


_RESULTS = TypeAdapter(list[CheckResult])


def to_json(results: Sequence[CheckResult]) -> str:
    """Returns the results as they stand in an event; the details of passed checks are left out."""
    short = [result.model_copy(update={"detail": "" if result.passed else result.detail[:MAX_DETAIL]}) for result in results]
    return _RESULTS.dump_json(short).decode()


def results_of(event: RecordedEvent) -> list[CheckResult]:
    """Returns the results in an event; none for one that cannot be read."""
    try:
        return _RESULTS.validate_python(json.loads(str(event.metrics.get("results") or "[]")))
    except (ValueError, ValidationError):
        return []


def samples_of_checks(event: RecordedEvent) -> Iterator[MetricSample]:
    """Yields the samples of the checks in an event."""
    asset, collection = str(event.metrics.get("asset") or ""), _collection(event)
    for result in results_of(event):
        labels = {"asset": asset, "collection": collection, "check": result.name}
        yield MetricSample("checks_passed" if result.passed else "checks_failed", 1.0, event.at, labels)


def keep_results(connection: Connection, engine: Engine, recorded: Iterable[RecordedEvent]) -> None:
    """Stores the results of the events, in their order, in place of earlier ones."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for event in recorded:
        about = {"asset": str(event.metrics.get("asset") or ""), "collection": _collection(event)}
        about["document"] = event.document or ""
        for result in results_of(event):
            row = {**about, **result.model_dump(exclude={"name"}), "check_name": result.name}
            row |= {"run_id": event.run, "checked_at": event.at}
            rows[about["asset"], about["collection"], about["document"], result.name] = row
    key = ["asset", "check_name", "collection", "document"]
    for some in batched(rows.values(), 50):
        upsert = insert_into(engine, check_results).values(some)
        changed = {column.name: upsert.excluded[column.name] for column in check_results.c if column.name not in key}
        connection.execute(upsert.on_conflict_do_update(index_elements=key, set_=changed))


def _collection(event: RecordedEvent) -> str:
    return (event.document or "").partition("/")[0] or str(event.metrics.get("collection") or "")
