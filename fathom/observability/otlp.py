"""Spans to a receiver of OTLP over HTTP: read from the events table, by one process of a host at a time, none lost by a crash.

Who works knows nothing of it: neither a thread nor a connection is added to a run, whose process is a fork.
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
MAX_ENDS = 500  # events that end a span, in one request
ANSWER_WITHIN_S = 5.0

log = get_logger(__name__)


class SpanExport:
    """Sends what ended since the last time; how far it is stands in the database."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        """Raises SettingsInvalid where no receiver is set."""
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
        """The receiver has every span that ended until now, or until AT_ONCE; answers how many were sent. Raises nothing."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=0):
                return self._send()
        except (Timeout, OSError, FathomError, SQLAlchemyError):
            return 0

    def close(self) -> None:
        """Nothing is sent any more."""
        if self._exporter is not None:
            self._exporter.shutdown()

    def _send(self) -> int:
        cursor = self._cursor()
        if cursor is None:  # what was before somebody asked for spans is not sent
            self._reached(self._events.end())
            return 0
        ends = self._events.named(START_EVENTS, after=cursor, limit=MAX_ENDS)
        if not ends:
            return 0
        documents = sorted({one.document for one in ends if one.document})
        told = self._events.of_documents(documents, set(START_EVENTS.values()))
        spans = spans_of(ends, told, self._provider)
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
            said = "Spans are sent again" if taken else "The receiver of spans takes none; they are sent again later"
            (log.info if taken else log.warning)(said)
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
    """Sends until told to stop, and once more then; yields after each round how many spans were sent."""
    while not stop.wait(every):
        yield export.send()
    yield export.send()
    export.close()


def headers_of(text: str) -> dict[str, str]:
    """`name=value` pairs between commas. Raises SettingsInvalid for what is none, without saying it."""
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
