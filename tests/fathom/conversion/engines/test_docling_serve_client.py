"""A docling-serve converts as the embedded converter does, and whatever it does wrong has a name and says what to do."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytest

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines import docling_serve_client
from fathom.conversion.engines.docling_serve_client import ServeClient
from fathom.conversion.engines.serve_engine import ServeEngine, open_engine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument, PageProgress, ProgressCallback
from fathom.errors import (
    ConversionFailed,
    ConversionTimedOut,
    ConverterUnreachable,
    DocumentDamaged,
    DocumentTooLarge,
    FathomError,
    KeyRefused,
)
from fathom.settings import Settings
from tests.fathom.conversion.engines.docling_serve import Served, docling_serve

SUBMIT, POLL, RESULT = "/v1/convert", "/v1/status", "/v1/result"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docling_serve_client, "LOOK_EVERY_S", 0.05)


def page(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_text("<html><body><h1>Pumps</h1><p>Water rises.</p></body></html>")
    return path


def convert(
    tmp_path: Path, served: Served, *, key: str | None = None, timeout_s: float = 20, progress: ProgressCallback | None = None
) -> ConvertedDocument:
    path = page(tmp_path)
    client = ServeClient(served.url, key, timeout_s=timeout_s, patience_s=(0.01, 0.01))
    engine = ServeEngine(lambda _: client)
    inspection = inspect_file(path, max_bytes=10**6, max_pages=10)
    try:
        return engine.convert_file(path, inspection, version="v", key=key, progress=progress)
    finally:
        client.close()


def test_a_document_comes_back_with_the_report_of_any_other(tmp_path: Path) -> None:
    with docling_serve(key="k") as served:
        made = convert(tmp_path, served, key="k")
    assert (made.report.headings, made.report.words, made.report.errors) == (1, 3, [])
    assert "Water rises." in made.markdown
    assert made.report.converter.startswith("docling-serve 1.38.0 docling 2.142.1 by docling-slim ")
    assert served.files == [("document.html", page(tmp_path).read_bytes())]
    assert (served.options["to_formats"], served.options["target_type"]) == ("json", "inbody")
    assert served.asked[:2] == ["GET /version", "POST /v1/convert/file/async"]


def test_the_languages_of_scans_are_sent_along(tmp_path: Path) -> None:
    path = page(tmp_path)
    with docling_serve() as served:
        client = ServeClient(served.url, None, timeout_s=20, languages=("de",))
        client.convert(path, inspect_file(path, max_bytes=10**6, max_pages=9), None)
        client.close()
    assert served.options["ocr_lang"] == "de"


def test_plain_text_goes_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("A line.\n\nAnother.")
    with docling_serve() as served:
        engine = open_engine(ConverterSettings.of(Settings(home=tmp_path, docling_serve_url=served.url)))
        made = engine.convert_file(path, inspect_file(path, max_bytes=10**6, max_pages=9), version="v")
        engine._client_of(None).close()
    assert "Another" in made.markdown
    assert served.asked == ["GET /version"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize("at", [SUBMIT, POLL, RESULT])
def test_a_server_that_has_no_room_for_a_moment_is_asked_again(tmp_path: Path, status: int, at: str) -> None:
    fault = (status, {"detail": "busy"}, {"Retry-After": "3600"})
    with docling_serve(faults={at: [fault, fault]}) as served:
        assert convert(tmp_path, served).report.words == 3


FAULTS: dict[str, tuple[dict[str, Any], type[FathomError], str]] = {
    "full": ({"faults": {SUBMIT: [(503, {}, {})] * 9}}, ConverterUnreachable, "has no room"),
    "too many": ({"faults": {SUBMIT: [(429, {}, {"Retry-After": "1"})] * 9}}, ConverterUnreachable, "has no room"),
    "broken": ({"faults": {POLL: [(500, b"oops", {})] * 9}}, ConverterUnreachable, "failed over the request"),
    "wrong key": ({"key": "right"}, KeyRefused, "does not take the key"),
    "too large": ({"faults": {SUBMIT: [(413, {}, {})]}}, DocumentTooLarge, "no file of this size"),
    "another API": ({"faults": {SUBMIT: [(422, {"detail": "x"}, {})]}}, ConversionFailed, "refused the request"),
    "no JSON": ({"faults": {SUBMIT: [(200, b"<html>", {})]}}, ConversionFailed, "not what its API describes"),
    "no JSON looked at": ({"faults": {POLL: [(200, b"{", {})]}}, ConversionFailed, "not what its API describes"),
    "other JSON": ({"result": {"status": "success"}}, ConversionFailed, "not what its API describes"),
    "no document": (
        {"result": {"document": {"filename": "a"}, "status": "success", "errors": [], "processing_time": 0}},
        ConversionFailed,
        "not what its API describes",
    ),
    "task lost": ({"faults": {POLL: [(404, {"detail": "Task not found."}, {})]}}, ConversionFailed, "no longer has the task"),
    "result lost": (
        {"faults": {RESULT: [(404, {"detail": "Task result not found."}, {})]}},
        ConversionFailed,
        "no longer has the task",
    ),
    "task failed": (
        {"ends": "failure", "faults": {RESULT: [(404, {"detail": "Task result not found."}, {})]}},
        ConversionFailed,
        "could not convert it",
    ),
    "task failed by category": (
        {
            "ends": "failure",
            "result": {
                "kind": "TaskFailureResult",
                "failure": {
                    "category": "backend_failure",
                    "message": "broken pages",
                    "retryable": False,
                    "phase": "execution",
                },
            },
        },
        DocumentDamaged,
        "broken pages",
    ),
    "conversion failed": (
        {
            "result": {
                "document": {"filename": "a", "json_content": None},
                "status": "failure",
                "errors": [{"component_type": "pipeline", "module_name": "m", "error_message": "no memory"}],
                "processing_time": 0,
            }
        },
        ConversionFailed,
        "no memory",
    ),
    "packed": ({"faults": {RESULT: [(200, b"x", {"Content-Encoding": "gzip"})]}}, ConversionFailed, "more than"),
    "never ends": ({"looks": 10**9}, ConversionTimedOut, "had not converted it"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_it_does_wrong_has_a_name_and_says_what_to_do(tmp_path: Path, name: str) -> None:
    given, error, message = FAULTS[name]
    with docling_serve(**given) as served, pytest.raises(error, match=message) as raised:
        convert(tmp_path, served, key="wrong" if name == "wrong key" else None, timeout_s=1.0)
    assert raised.value.what_to_do or not raised.value.retryable


def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    with docling_serve() as served:
        pass
    with pytest.raises(ConverterUnreachable, match="does not answer") as raised:
        convert(tmp_path, served)
    assert "FATHOM_DOCLING_SERVE_URL" in raised.value.what_to_do


def test_an_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    with docling_serve(chunked=b"a" * 65536) as served:
        client = ServeClient(served.url, None, timeout_s=20, most_bytes=10**6, patience_s=())
        path = page(tmp_path)
        with pytest.raises(ConversionFailed, match="more than"):
            client.convert(path, inspect_file(path, max_bytes=10**6, max_pages=9), None)
        client.close()


class Enough(BaseException):
    """What a worker raises in its progress when the document is given up."""


@pytest.mark.parametrize("given", [{"looks": 10**9}, {"faults": {SUBMIT: [(503, {}, {})] * 99}}])
def test_a_cancel_is_heard_within_two_seconds(tmp_path: Path, given: dict[str, Any]) -> None:
    began = time.monotonic()

    def cancel(_: PageProgress) -> None:
        if time.monotonic() - began > 0.3:
            raise Enough

    path = page(tmp_path)
    inspection = inspect_file(path, max_bytes=10**6, max_pages=9)
    with docling_serve(**given) as served:
        client = ServeClient(served.url, None, timeout_s=60, patience_s=(30.0,))
        with pytest.raises(Enough):
            client.convert(path, inspection, cancel)
        client.close()
    assert time.monotonic() - began < 2.0


def test_the_key_is_in_no_log_and_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with docling_serve(key="other") as served, pytest.raises(KeyRefused) as raised:
        convert(tmp_path, served, key="s3cret-key")
    told = f"{caplog.text} {raised.value!r} {raised.value.as_dict()} {raised.value.__cause__!r}"
    assert "s3cret-key" not in told
