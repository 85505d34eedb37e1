"""Exports spans over OTLP/HTTP: read from the events table by a single process of a host, so that a crash loses none.

Runs, which are forked processes, need neither a thread nor a connection for it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.errors import FathomError, SettingsInvalid
from fathom.observability.event_store import Events
from fathom.observability.structured_logging import get_logger
from fathom.observability.trace_spans import START_EVENTS, TraceSpan, spans_of
from fathom.settings import Settings
from fathom.tables import event_sources

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

EVERY_S = 1.0
MAX_ENDS = 500  # events that end a span, in a request
ANSWER_WITHIN_S = 5.0

log = get_logger(__name__)


class SpanExport:
    """Sends the spans that ended since the last call; its cursor is in the database."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Raises SettingsInvalid if no receiver is configured."""
        if settings.otlp_endpoint is None:
            raise SettingsInvalid("FATHOM_OTLP_ENDPOINT is not set, so no spans are sent.")
        self._engine = engine
        self._events = Events(engine)
        self._provider = settings.llm
        self._lock = settings.home / "locks" / "otlp.lock"
        self._address = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
        self._headers = headers_of(settings.otlp_headers.get_secret_value() if settings.otlp_headers else "")
        self._source = f"otlp:{hashlib.sha256(self._address.encode()).hexdigest()[:24]}"
        self._exporter: Any = None
        self._away = False

    def send(self) -> int:
        """Sends the spans that ended by now, of at most MAX_ENDS events; returns their number. Raises nothing."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=0):
                return self._send()
        except (Timeout, OSError, FathomError, SQLAlchemyError):
            return 0

    def close(self) -> None:
        """Shuts the exporter down."""
        if self._exporter is not None:
            self._exporter.shutdown()

    def _send(self) -> int:
        cursor = self._cursor()
        if cursor is None:  # events from before the export was configured are not sent
            self._reached(self._events.end())
            return 0
        ends = self._events.named(START_EVENTS, after=cursor, limit=MAX_ENDS)
        if not ends:
            return 0
        documents = sorted({event.document for event in ends if event.document})
        events = self._events.of_documents(documents, set(START_EVENTS.values()))
        spans = spans_of(ends, events, self._provider)
        if spans and not self._exported(spans):
            return 0
        self._reached(ends[-1].id)
        return len(spans)

    def _exported(self, spans: Sequence[TraceSpan]) -> bool:
        from opentelemetry.sdk.trace.export import SpanExportResult

        if self._exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            self._exporter = OTLPSpanExporter(endpoint=self._address, headers=self._headers, timeout=ANSWER_WITHIN_S)
        taken: bool = self._exporter.export([_readable(span) for span in spans]) is SpanExportResult.SUCCESS
        if taken == self._away:
            message = "OTLP export works again" if taken else "OTLP export failed; the spans are sent again later"
            (log.info if taken else log.warning)(message)
        self._away = not taken
        return taken

    def _cursor(self) -> int | None:
        with self._engine.connect() as connection:
            found = connection.scalar(sa.select(event_sources.c.read_to).where(event_sources.c.source == self._source))
        return None if found is None else int(found)

    def _reached(self, cursor: int) -> None:
        values = {"read_to": cursor, "updated_at": time.time()}
        mine = event_sources.c.source == self._source
        with self._engine.begin() as connection:
            if connection.execute(event_sources.update().where(mine).values(**values)).rowcount == 0:
                connection.execute(event_sources.insert().values(source=self._source, **values))


def send_until_stopped(export: SpanExport, stop: threading.Event, *, every: float = EVERY_S) -> Iterator[int]:
    """Sends until `stop` is set, and once more then; yields the number of spans after each round."""
    while not stop.wait(every):
        yield export.send()
    yield export.send()
    export.close()


def headers_of(text: str) -> dict[str, str]:
    """Parses comma-separated `name=value` pairs. Raises SettingsInvalid, without the text, which may hold a secret."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if any(not mark or not name.strip() for name, mark, _ in pairs):
        raise SettingsInvalid("FATHOM_OTLP_HEADERS is not of the form name=value,name=value.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _readable(span: TraceSpan) -> ReadableSpan:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
    from opentelemetry.trace.status import Status, StatusCode

    def context(span_id: int) -> SpanContext:
        return SpanContext(span.trace, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    return ReadableSpan(
        name=span.name,
        context=context(span.id),
        parent=context(span.parent) if span.parent else None,
        resource=Resource({"service.name": "fathom", "service.version": version("fathom")}),
        attributes=dict(span.attributes),
        kind=SpanKind.CLIENT if span.kind == "client" else SpanKind.INTERNAL,
        instrumentation_scope=InstrumentationScope("fathom"),
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
        start_time=int(span.began * 1e9),
        end_time=int(span.ended * 1e9),
    )
