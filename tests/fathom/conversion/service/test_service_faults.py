"""A document may harm its worker and nothing else: the others go on, the worker is replaced, the fault has a name."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.report import ConvertedDocument, PageProgress
from fathom.conversion.service.converter_client import ConverterClient
from fathom.conversion.service.protocol import HEADER, RemoteTraceback, Request, WireFrame, pack_frame
from fathom.errors import ConversionCancelled, ConversionFailed, ConversionOutOfMemory, ConversionTimedOut
from tests.fathom.conversion.service.own_converters import Converters, alive, eventually

pytestmark = pytest.mark.integration


def good_ones(converters: Converters, client: ConverterClient, pool: ThreadPoolExecutor) -> list[Future[ConvertedDocument]]:
    paths = [converters.text(f"pages 4\n{n}", name=f"{n}.txt") for n in range(10)]
    return [pool.submit(client.convert, path, version="v") for path in paths]


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ("crash", ConversionFailed, "SIGSEGV"),
        ("hang 60", ConversionTimedOut, "longer than 2 s"),
        ("allocate", ConversionOutOfMemory, "more than 512 MB"),
        ("allocate-at-once 4000", ConversionOutOfMemory, "memory"),
        ("defect", ConversionFailed, "ZeroDivisionError"),
    ],
)
def test_a_harmful_document_fails_by_name_while_ten_others_arrive(
    converters: Converters, content: str, error: type[ConversionFailed], says: str
) -> None:
    longest = 2 if error is ConversionTimedOut else 60
    client = converters.client(convert_workers=2, convert_timeout_s=longest, convert_memory_mb=512)
    client.ensure_started(warm=True)
    with ThreadPoolExecutor(11) as pool:
        harmful = pool.submit(client.convert, converters.text(content), version="v", document="a/harmful")
        others = good_ones(converters, client, pool)
        with pytest.raises(error, match=says) as caught:
            harmful.result(30)
        assert [other.result(30).markdown for other in others] == [f"pages 4\n{n}" for n in range(10)]
    assert (caught.value.document, caught.value.retryable) == ("a/harmful", True)
    assert client.convert(converters.text("after"), version="v").markdown == "after"
    eventually(lambda: [worker.state for worker in converters.status(client).workers] == ["idle", "idle"])


def test_a_defect_keeps_its_traceback_as_the_cause_and_its_words_out_of_the_message(converters: Converters) -> None:
    with pytest.raises(ConversionFailed) as caught:
        converters.client().convert(converters.text("defect"), version="v")
    assert "secret" not in caught.value.message
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    assert "in convert_file" in str(caught.value.__cause__)


def test_kill_9_of_the_converter_loses_no_document_and_leaves_no_worker(converters: Converters) -> None:
    client = converters.client()
    at_work = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(client.convert, converters.text("pages 20"), version="v", progress=lambda _: at_work.set())
        assert at_work.wait(20)
        before = converters.status(client)
        os.kill(before.pid, signal.SIGKILL)
        eventually(lambda: not alive(before.workers[0].pid), within=2)
        assert going.result(30).markdown == "pages 20"
    assert converters.status(client).pid != before.pid


def test_a_document_that_waits_while_the_code_is_upgraded_is_converted_by_the_next_converter(
    converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    before = converters.status(client)
    current = ConverterSettings.fingerprint
    asked = iter([True])
    # the first asking is by the code as it was
    monkeypatch.setattr(ConverterSettings, "fingerprint", lambda self: "old" if next(asked, False) else current(self))
    assert client.convert(converters.text("after"), version="v").markdown == "after"
    assert converters.status(client).pid != before.pid


@pytest.mark.parametrize("greeted", [True, False])
def test_a_converter_that_hangs_is_replaced(converters: Converters, monkeypatch: pytest.MonkeyPatch, greeted: bool) -> None:
    monkeypatch.setattr("fathom.conversion.service.converter_lifecycle.GREETING_WITHIN_S", 1.0)
    monkeypatch.setattr(
        "fathom.conversion.service.converter_client.SILENT_FOR_S", 8.0
    )  # longer than it takes between two signs of life
    client = converters.client()
    client.ensure_started(warm=True)
    stopped = converters.status(client).pid
    os.kill(stopped, signal.SIGSTOP)
    if greeted:
        client.ensure_started(warm=True)
        assert not alive(stopped)
    assert client.convert(converters.text("after"), version="v").markdown == "after"
    assert not alive(stopped)


@pytest.mark.parametrize(("content", "keeps_its_worker"), [("pages 200", True), ("hang 60", False)])
def test_a_caller_who_leaves_frees_its_worker_in_two_seconds(
    converters: Converters, content: str, keeps_its_worker: bool
) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    path = converters.text(content)
    fingerprint = converters.status(client).fingerprint
    caller = socket.socket(socket.AF_UNIX)
    caller.connect(str(converters.settings.home / "converter" / "converter.sock"))
    caller.sendall(pack_frame(WireFrame.REQUEST, Request("convert", fingerprint, str(path), path.name, "v").encode()))
    eventually(lambda: converters.status(client).workers[0].state == "busy")
    worker = converters.status(client).workers[0].pid
    left = time.monotonic()
    caller.close()
    if keeps_its_worker:
        eventually(lambda: converters.status(client).workers[0].state == "idle", within=2)
        assert converters.status(client).workers[0].pid == worker
    else:
        eventually(lambda: not alive(worker), within=2)
    assert time.monotonic() - left < 2
    assert client.convert(converters.text("after"), version="v").markdown == "after"


def test_an_exception_in_the_callers_progress_cancels_and_comes_back_to_it(converters: Converters) -> None:
    class Enough(Exception):
        pass

    def stop_at_two(progress: PageProgress) -> None:
        if progress.done == 2:
            raise Enough

    client = converters.client()
    with pytest.raises(Enough):
        client.convert(converters.text("pages 200"), version="v", progress=stop_at_two)
    eventually(lambda: converters.status(client).workers[0].state == "idle", within=2)


def test_stopping_it_cancels_what_it_converts(converters: Converters) -> None:
    client = converters.client()
    at_work = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(client.convert, converters.text("pages 200"), version="v", progress=lambda _: at_work.set())
        assert at_work.wait(20)
        client.stop()
        with pytest.raises(ConversionCancelled):
            going.result(10)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        HEADER.pack(b"Q", 2**32 - 1),
        pack_frame(WireFrame.REQUEST, b"[]"),
        pack_frame(WireFrame.REQUEST, b'{"operation": 5}'),
    ],
)
def test_a_caller_who_talks_nonsense_harms_nobody(converters: Converters, garbage: bytes) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(converters.settings.home / "converter" / "converter.sock"))
        caller.sendall(garbage)
        caller.shutdown(socket.SHUT_WR)
        caller.settimeout(5)
        caller.recv(1)
    assert client.convert(converters.text("after"), version="v").markdown == "after"
    log = (converters.settings.logs_path / "converter.jsonl").read_text()
    assert not [line for line in log.splitlines() if json.loads(line).get("level") == "error"]


def test_a_worker_is_replaced_when_it_is_worn_out(converters: Converters, monkeypatch: pytest.MonkeyPatch) -> None:
    client = converters.client(convert_memory_mb=512)
    # what it keeps between documents passes half of its limit
    first = client.convert(converters.text("keep 300"), version="v").report.converter
    eventually(lambda: converters.status(client).recycled == 1)
    assert client.convert(converters.text("after"), version="v").report.converter != first
    assert converters.status(client).restarts == 0
