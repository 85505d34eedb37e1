"""Spans: made of events, with the names that OpenTelemetry's conventions have, once each, at a receiver that may be away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from fathom.database import open_database
from fathom.errors import SettingsInvalid
from fathom.observability.otlp import SpanExport, headers_of
from fathom.settings import Settings
from fathom.tables import events
from tests.fathom.observability.otlp_receiver import OtlpReceiver, attributes

OK, ERROR = 0, 2
INTERNAL, CLIENT = 1, 3


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    made = OtlpReceiver()
    yield made
    made.stop()


@pytest.fixture
def of(home_settings: Settings, receiver: OtlpReceiver) -> Settings:
    more = {"otlp_endpoint": receiver.url, "otlp_headers": SecretStr("x-tenant=library"), "llm": "anthropic"}
    return home_settings.model_copy(update=more)


def export_of(of: Settings) -> SpanExport:
    """An export that was there before the events."""
    made = SpanExport(of, open_database(of.operational_url))
    made.send()
    return made


def said(
    of: Settings, event: str, at: float, *, run: str | None = "r1", document: str = "law/a.pdf", **metrics: object
) -> None:
    stage, _, sub_stage = event.partition(".")
    row = {"at": at, "level": 20, "event": event, "document": document, "run": run, "stage": stage, "sub_stage": sub_stage}
    with open_database(of.operational_url).begin() as connection:
        connection.execute(
            events.insert().values(**row, message=event, metrics=json.dumps(metrics), host="h", pid=1, request="q1")
        )


def ingested(of: Settings, at: float, *, run: str = "r1", document: str = "law/a.pdf") -> None:
    """The events of a document that went through."""
    told = {"run": run, "document": document}
    said(of, "docling.begun", at, **told)
    said(of, "validation.started", at + 0.1, **told)
    said(of, "validation.complete", at + 0.2, pages=3, **told)
    said(of, "docling.complete", at + 2.0, pages=3, words=900, **told)
    said(of, "chunking.begun", at + 2.1, **told)
    said(of, "chunking.complete", at + 2.5, chunks=4, **told)
    said(of, "graphiti.begun", at + 2.6, **told)
    said(of, "llm.request", at + 2.7, document=document, run=None, model="claude", call=f"c-{document}-{run}")
    figures = {"model": "claude", "call": f"c-{document}-{run}", "tokens_in": 1200, "tokens_out": 80, "cost_usd": 0.004}
    said(of, "llm.response", at + 3.7, document=document, run=None, **figures)
    said(of, "graphiti.complete", at + 5.0, written=4, **told)


def test_a_run_on_a_document_is_a_trace_of_its_stages_and_model_calls(of: Settings, receiver: OtlpReceiver) -> None:
    export = export_of(of)
    began = time.time() - 60
    ingested(of, began)
    assert export.send() == 6
    assert sorted(span.name for span in receiver.spans) == [
        "chat claude",
        "chunking",
        "docling",
        "graphiti",
        "ingest",
        "validation",
    ]
    assert len({span.trace_id for span in receiver.spans}) == 1
    root, call, graph = (receiver.named(name)[0] for name in ("ingest", "chat claude", "graphiti"))
    assert root.parent_span_id == b""
    assert {span.parent_span_id for span in receiver.spans if span.kind == INTERNAL and span is not root} == {root.span_id}
    assert call.parent_span_id == graph.span_id
    assert (root.end_time_unix_nano - root.start_time_unix_nano) / 1e9 == pytest.approx(5.0, abs=0.001)
    assert root.start_time_unix_nano / 1e9 == pytest.approx(began, abs=0.001)
    about = attributes(root)
    assert (about["fathom.document"], about["fathom.collection"], about["fathom.run"]) == ("law/a.pdf", "law", "r1")
    assert attributes(receiver.named("docling")[0])["fathom.words"] == 900
    assert receiver.resources[0]["service.name"] == "fathom"
    assert receiver.paths == ["/v1/traces"]
    assert receiver.headers[0]["x-tenant"] == "library"


def test_a_model_call_is_named_by_the_conventions_for_generative_models(of: Settings, receiver: OtlpReceiver) -> None:
    export = export_of(of)
    ingested(of, time.time() - 60)
    export.send()
    call = receiver.named("chat claude")[0]
    assert call.kind == CLIENT
    found = attributes(call)
    assert {name: value for name, value in found.items() if name.startswith("gen_ai.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude",
        "gen_ai.response.model": "claude",
        "gen_ai.usage.input_tokens": 1200,
        "gen_ai.usage.output_tokens": 80,
    }


def test_what_failed_is_a_span_with_its_error(of: Settings, receiver: OtlpReceiver) -> None:
    export = export_of(of)
    at = time.time() - 60
    said(of, "docling.begun", at)
    said(of, "llm.request", at, model="claude", call="c")
    said(of, "llm.error", at + 1, model="claude", call="c", error="http_529")
    said(of, "docling.failed", at + 1, error="DocumentLocked", retryable=False)
    export.send()
    assert {span.name: (span.status.code, attributes(span)["error.type"]) for span in receiver.spans} == {
        "chat claude": (ERROR, "http_529"),
        "docling": (ERROR, "DocumentLocked"),
        "ingest": (ERROR, "DocumentLocked"),
    }


def test_a_receiver_that_is_away_gets_them_later_and_once(of: Settings, receiver: OtlpReceiver) -> None:
    export = export_of(of)
    ingested(of, time.time() - 60)
    receiver.status = 400  # of which the exporter makes no further tries
    assert export.send() == 0
    receiver.status = 200
    again = SpanExport(of, open_database(of.operational_url))  # after a restart
    assert again.send() == 6
    assert (again.send(), export.send()) == (0, 0)
    ingested(of, time.time() - 30, run="r2")
    assert export.send() == 6
    assert len({(span.trace_id, span.span_id) for span in receiver.spans}) == len(receiver.spans) == 12
    assert len({span.trace_id for span in receiver.spans}) == 2


def test_what_was_before_spans_were_asked_for_is_not_sent(of: Settings, receiver: OtlpReceiver) -> None:
    ingested(of, time.time() - 60)
    assert export_of(of).send() == 0
    assert receiver.spans == []


def test_text_of_documents_and_questions_is_in_no_span(of: Settings, receiver: OtlpReceiver) -> None:
    export = export_of(of)
    ingested(of, time.time() - 60)
    export.send()
    names = {name for span in receiver.spans for name in attributes(span)}
    assert not {name for name in names if "message" in name or "prompt" in name or "content" in name or "text" in name}


def test_headers_are_pairs_and_a_wrong_one_is_not_repeated() -> None:
    assert headers_of("authorization=Bearer a=b, x-y=z") == {"authorization": "Bearer a=b", "x-y": "z"}
    with pytest.raises(SettingsInvalid) as wrong:
        headers_of("secret")
    assert "secret" not in str(wrong.value)
