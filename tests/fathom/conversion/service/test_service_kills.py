"""Whichever process of the converter is killed or stopped, in whatever state: it is replaced, and no document is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fathom.conversion.engines.engine_choice import ENGINES, Backend
from fathom.conversion.report import ConvertedDocument, PageProgress
from fathom.conversion.service.converter_client import ConverterClient
from fathom.conversion.service.converter_status import ConverterStatus, WorkerStatus
from fathom.deployment.converter_component import ConverterComponent
from fathom.errors import ConversionFailed, ConverterUnreachable
from tests.fathom.conversion.service.own_converters import Converters, alive, eventually

pytestmark = pytest.mark.integration

CASES = Path(__file__).parents[1] / "cases" / "files"
FROM_OUTSIDE = [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP]
# A converter hears SIGTERM and leaves, and does not hear SIGKILL.
ENDED_BY = [signal.SIGKILL, signal.SIGTERM]
NEXT_DOCUMENT_WITHIN_S = 60.0  # the tests' machine may be busy


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that call the converter."""
    with ThreadPoolExecutor(12) as threads:
        yield threads


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file exists, workers do not become warm."""
    hold = tmp_path / "hold"
    monkeypatch.setenv("SCRIPTED_HOLD", str(hold))
    return hold


def only_worker(converters: Converters, client: ConverterClient) -> WorkerStatus:
    (worker,) = converters.status(client).workers
    return worker


def idle_workers(converters: Converters, client: ConverterClient, count: int = 1) -> list[WorkerStatus]:
    eventually(lambda: [worker.state for worker in converters.status(client).workers] == ["idle"] * count)
    return converters.status(client).workers


def begun(client: ConverterClient, path: Path, pool: ThreadPoolExecutor) -> Future[ConvertedDocument]:
    """A conversion that a worker is at work on."""
    at_work = threading.Event()
    going = pool.submit(client.convert, path, version="v", progress=lambda _: at_work.set())
    assert at_work.wait(NEXT_DOCUMENT_WITHIN_S)
    return going


def replaced(converters: Converters, client: ConverterClient, old: int) -> ConverterStatus:
    """The status once the worker is gone, another one is warm, and nothing is wrong."""
    eventually(lambda: not alive(old))
    eventually(lambda: only_worker(converters, client).state == "idle")
    status = converters.status(client)
    assert status.workers[0].pid != old
    assert status.problem is None
    return status


@pytest.mark.parametrize("sent", [*FROM_OUTSIDE, signal.SIGSEGV])
def test_an_idle_worker_is_replaced_after_a_document_that_libraries_warned_of(converters: Converters, sent: int) -> None:
    client = converters.client()
    client.convert(converters.text("warn"), version="v")
    (worker,) = idle_workers(converters, client)
    os.kill(worker.pid, sent)
    assert replaced(converters, client, worker.pid).restarts == 1
    assert client.convert(converters.text("after"), version="v").markdown == "after"


@pytest.mark.parametrize("case", ["42-ragged-preamble.csv", "95-workbook-that-warns.xlsx"])
def test_an_idle_worker_is_replaced_after_a_real_document_that_libraries_warned_of(converters: Converters, case: str) -> None:
    client = converters.client(ENGINES[Backend.EMBEDDED])
    for _ in range(4):
        client.convert(CASES / case, version="v")
    (worker,) = idle_workers(converters, client)
    os.kill(worker.pid, signal.SIGKILL)
    eventually(lambda: converters.status(client).restarts == 1)
    assert client.convert(CASES / case, version="v").markdown
    converters.status(client)


@pytest.mark.parametrize("sent", FROM_OUTSIDE)
def test_an_idle_worker_that_is_gone_keeps_no_document_waiting(converters: Converters, sent: int) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    os.kill(only_worker(converters, client).pid, sent)
    assert client.convert(converters.text("after"), version="v").markdown == "after"
    eventually(lambda: converters.status(client).restarts == 1)


@pytest.mark.parametrize("sent", FROM_OUTSIDE)
def test_the_document_of_a_busy_worker_goes_to_another(converters: Converters, pool: ThreadPoolExecutor, sent: int) -> None:
    client = converters.client()
    going = begun(client, converters.text("gate open"), pool)
    worker = only_worker(converters, client)
    os.kill(worker.pid, sent)
    eventually(lambda: not alive(worker.pid))
    converters.text("", name="open")
    assert going.result(NEXT_DOCUMENT_WITHIN_S).markdown == "gate open"
    status = replaced(converters, client, worker.pid)
    assert (status.restarts, status.documents, status.failed) == (1, 1, 0)


def test_a_document_whose_workers_are_killed_twice_fails_by_name(converters: Converters, pool: ThreadPoolExecutor) -> None:
    client = converters.client()
    going = begun(client, converters.text("gate closed"), pool)
    for killed in (1, 2):
        eventually(lambda: [worker.state for worker in converters.status(client).workers] == ["busy"])
        os.kill(only_worker(converters, client).pid, signal.SIGKILL)
        eventually(lambda killed=killed: converters.status(client).restarts == killed)  # type: ignore[misc]
    with pytest.raises(ConversionFailed, match=r"was ended by SIGKILL over this document.* 2 workers"):
        going.result(NEXT_DOCUMENT_WITHIN_S)
    assert client.convert(converters.text("after"), version="v").markdown == "after"


def test_a_document_that_makes_its_worker_crash_is_not_given_to_another(converters: Converters) -> None:
    client = converters.client()
    with pytest.raises(ConversionFailed, match="SIGSEGV"):
        client.convert(converters.text("crash"), version="v")
    eventually(lambda: only_worker(converters, client).state == "idle")
    assert converters.status(client).restarts == 1


@pytest.mark.parametrize("sent", FROM_OUTSIDE)
def test_a_warming_worker_is_replaced(converters: Converters, pool: ThreadPoolExecutor, held: Path, sent: int) -> None:
    held.touch()
    client = converters.client()
    client.ensure_started()
    eventually(lambda: only_worker(converters, client).pid)
    waiting = pool.submit(client.convert, converters.text("after"), version="v")
    worker = only_worker(converters, client)
    assert worker.state == "starting"
    os.kill(worker.pid, sent)
    eventually(lambda: not alive(worker.pid))
    held.unlink()
    assert waiting.result(NEXT_DOCUMENT_WITHIN_S).markdown == "after"
    assert converters.status(client).problem is None


def test_workers_that_are_killed_each_time_they_warm_up_are_replaced_each_time(
    converters: Converters, pool: ThreadPoolExecutor, held: Path
) -> None:
    held.touch()
    client = converters.client()
    client.ensure_started()
    waiting = pool.submit(client.convert, converters.text("after"), version="v")
    for count in range(4):
        eventually(lambda: [worker.state for worker in converters.status(client).workers] == ["starting"])
        eventually(lambda: only_worker(converters, client).pid)
        os.kill(only_worker(converters, client).pid, signal.SIGKILL)
        eventually(lambda count=count: converters.status(client).restarts == count + 1)  # type: ignore[misc]
    held.unlink()
    assert waiting.result(NEXT_DOCUMENT_WITHIN_S).markdown == "after"


@pytest.mark.parametrize("sent", FROM_OUTSIDE)
def test_the_worker_of_a_converter_that_finishes_its_work_is_replaced(
    converters: Converters, pool: ThreadPoolExecutor, sent: int
) -> None:
    client = converters.client()
    going = begun(client, converters.text("gate open"), pool)
    waiting = pool.submit(client.convert, converters.text("pages 2\nwaits", name="waits.txt"), version="v")
    eventually(lambda: converters.status(client).waiting == 1)
    draining = converters.status(client)
    changed = converters.client(convert_timeout_s=77)
    changed.ensure_started(warm=True)
    assert converters.status(changed).pid != draining.pid
    os.kill(draining.workers[0].pid, sent)
    eventually(lambda: not alive(draining.workers[0].pid))
    converters.text("", name="open")
    assert going.result(NEXT_DOCUMENT_WITHIN_S).markdown == "gate open"
    assert waiting.result(NEXT_DOCUMENT_WITHIN_S).markdown == "pages 2\nwaits"
    assert changed.convert(converters.text("after"), version="v").markdown == "after"
    eventually(lambda: not alive(draining.pid))


def kill_converter(converters: Converters, client: ConverterClient, sent: int = signal.SIGKILL) -> None:
    """Ends the converter by a signal, and waits until its workers are gone too."""
    status = converters.status(client)
    os.kill(status.pid, sent)
    processes = [status.pid, *(worker.pid for worker in status.workers if worker.pid)]
    eventually(lambda: not any(alive(pid) for pid in processes))


def test_a_converter_that_is_killed_idle_is_started_by_the_next_document(converters: Converters) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    kill_converter(converters, client)
    eventually(lambda: ConverterComponent(converters.settings).status().state == "stopped")
    assert client.convert(converters.text("after"), version="v").markdown == "after"


@pytest.mark.parametrize("sent", ENDED_BY)
def test_a_converter_that_is_killed_busy_loses_neither_the_document_at_work_nor_those_that_wait(
    converters: Converters, pool: ThreadPoolExecutor, sent: int
) -> None:
    client = converters.client()
    going = [begun(client, converters.text("gate open"), pool)]
    going += [pool.submit(client.convert, converters.text(f"{n}", name=f"{n}.txt"), version="v") for n in range(3)]
    eventually(lambda: converters.status(client).waiting == 3)
    kill_converter(converters, client, sent)
    converters.text("", name="open")
    assert [one.result(60).markdown for one in going] == ["gate open", "0", "1", "2"]


@pytest.mark.parametrize("sent", ENDED_BY)
def test_a_converter_that_is_killed_again_and_again_loses_no_document_that_waits(
    converters: Converters, pool: ThreadPoolExecutor, held: Path, sent: int
) -> None:
    held.touch()
    client = converters.client()
    client.ensure_started()
    going = [pool.submit(client.convert, converters.text(f"{n}", name=f"{n}.txt"), version="v") for n in range(3)]
    for _ in range(3):
        eventually(lambda: waiting(client) == 3)
        kill_converter(converters, client, sent)
    held.unlink()
    assert [one.result(60).markdown for one in going] == ["0", "1", "2"]


def waiting(client: ConverterClient) -> int:
    """How many documents wait; none while no converter answers."""
    try:
        return client.status().waiting
    except ConverterUnreachable:
        return 0


@pytest.mark.parametrize("sent", ENDED_BY)
def test_a_converter_that_is_killed_while_it_finishes_its_work_loses_no_document(
    converters: Converters, pool: ThreadPoolExecutor, sent: int
) -> None:
    client = converters.client()
    going = begun(client, converters.text("gate open"), pool)
    draining = converters.status(client)
    changed = converters.client(convert_timeout_s=77)
    changed.ensure_started(warm=True)
    os.kill(draining.pid, sent)
    eventually(lambda: not alive(draining.workers[0].pid))
    converters.text("", name="open")
    assert going.result(60).markdown == "gate open"
    assert changed.convert(converters.text("after"), version="v").markdown == "after"


def test_a_process_that_holds_the_output_of_a_dead_worker_does_not_hide_its_end(converters: Converters) -> None:
    client = converters.client()
    client.convert(converters.text("leave-child 20"), version="v")
    (worker,) = idle_workers(converters, client)
    children = psutil.Process(worker.pid).children()
    try:
        os.kill(worker.pid, signal.SIGKILL)
        assert replaced(converters, client, worker.pid).restarts == 1
        assert client.convert(converters.text("after"), version="v").markdown == "after"
        assert all(child.is_running() for child in children)
        assert len(children) == 1
    finally:
        for child in children:
            child.kill()


def test_a_worker_that_closed_its_output_goes_on_and_its_end_is_noticed(converters: Converters) -> None:
    client = converters.client()
    first = client.convert(converters.text("close-output"), version="v").report.converter
    assert client.convert(converters.text("again"), version="v").report.converter == first
    (worker,) = idle_workers(converters, client)
    os.kill(worker.pid, signal.SIGKILL)
    assert replaced(converters, client, worker.pid).restarts == 1


def test_no_line_that_a_worker_writes_harms_its_supervision(converters: Converters) -> None:
    lines = [
        r'{"event": "docling.convert", "level": "info", "message": "m", "worker": 1, "exc_info": true, "self": 2}',
        r'{"stage": {"a": 1}, "sub_stage": [], "event": {"b": 1}, "event_name": [1], "document": 1, "metrics": 7}',
        r'{"level": {"a": 1}}',
        r"\xff\xfe\x00 rubbish",
        "[" * 4000,
        "x" * 600_000,
        "no end",
    ]
    client = converters.client()
    said = client.convert(converters.text("say\n" + r"\n".join(lines)), version="v").report.converter
    assert client.convert(converters.text("again"), version="v").report.converter == said
    (worker,) = idle_workers(converters, client)
    os.kill(worker.pid, signal.SIGKILL)
    assert replaced(converters, client, worker.pid).restarts == 1
    log = (converters.settings.logs_path / "converter.jsonl").read_text()
    assert "cannot be logged" not in log
    assert "docling.convert" in log


def test_documents_that_wait_their_turn_do_not_fail_by_the_time_limit(converters: Converters, pool: ThreadPoolExecutor) -> None:
    client = converters.client(convert_timeout_s=3)
    client.ensure_started(warm=True)
    paths = [converters.text(f"hang 1\n{number}", name=f"{number}.txt") for number in range(6)]
    began = time.monotonic()
    done = list(pool.map(lambda path: client.convert(path, version="v").markdown, paths))
    assert time.monotonic() - began > 5  # longer than any one of them may take
    assert done == [f"hang 1\n{number}" for number in range(6)]


def test_documents_behind_one_that_hangs_go_on_when_it_is_ended(converters: Converters, pool: ThreadPoolExecutor) -> None:
    client = converters.client(convert_timeout_s=2)
    client.ensure_started(warm=True)
    hanging = [pool.submit(client.convert, converters.text("hang 60", name=f"h{n}.txt"), version="v") for n in range(2)]
    eventually(lambda: converters.status(client).waiting == 1)
    assert client.convert(converters.text("after"), version="v").markdown == "after"
    for one in hanging:
        with pytest.raises(ConversionFailed, match="longer than 2 s"):
            one.result(NEXT_DOCUMENT_WITHIN_S)


def test_a_stopped_worker_is_shown_as_hung_and_the_part_as_unhealthy(converters: Converters) -> None:
    client = converters.client()
    client.ensure_started(warm=True)
    worker = only_worker(converters, client)
    assert ConverterComponent(converters.settings).status().state == "healthy"
    os.kill(worker.pid, signal.SIGSTOP)
    shown: list[ConverterStatus] = []
    eventually(lambda: shown.append(converters.status(client)) or shown[-1].workers[0].state == "hung")
    assert not shown[-1].warm
    assert shown[-1].problem == f"0 of 1 workers live, process {worker.pid} is hung."
    assert replaced(converters, client, worker.pid).restarts == 1


def test_a_converter_that_does_not_answer_is_no_healthy_part_and_no_stopped_one(
    converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fathom.conversion.service.converter_lifecycle.STATUS_WITHIN_S", 0.5)
    client = converters.client()
    client.ensure_started(warm=True)
    pid = converters.status(client).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)
        shown = ConverterComponent(converters.settings).status()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert shown.state == "unhealthy"
    assert "stopped by a signal" in (shown.detail or "")
    client.stop()
    assert ConverterComponent(converters.settings).status().state == "stopped"


def test_progress_begins_again_with_the_other_worker(converters: Converters, pool: ThreadPoolExecutor) -> None:
    client = converters.client()
    seen: list[PageProgress] = []
    going = pool.submit(client.convert, converters.text("pages 20"), version="v", progress=seen.append)
    eventually(lambda: len(seen) > 3)
    os.kill(only_worker(converters, client).pid, signal.SIGKILL)
    assert going.result(NEXT_DOCUMENT_WITHIN_S).markdown == "pages 20"
    again = [progress.done for progress in seen].index(0, 1)
    assert [progress.done for progress in seen[again:]] == list(range(21))
