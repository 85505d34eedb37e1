"""Nothing that supervision depends on ends unseen: a worker is replaced, or the converter says why it has none and leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service import worker_launch, worker_pool, worker_process
from fathom.conversion.service.converter_address import ConverterAddress
from fathom.conversion.service.converter_service import ConverterService
from fathom.conversion.service.converter_status import ConverterStatus, WorkerState, WorkerStatus
from fathom.conversion.service.document_codec import decode_document
from fathom.conversion.service.protocol import TAKEN, Request, WireFrame, decode_error
from fathom.conversion.service.worker_pool import WorkerPool
from fathom.conversion.service.worker_process import UnkillableWorker, WorkerLost, WorkerProcess
from fathom.errors import ConversionFailed, ConversionTimedOut, ConverterUnreachable, FathomError
from tests.fathom.conversion.service.own_converters import ENGINE, Converters, alive

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(converters: Converters) -> ConverterSettings:
    """Of a converter that keeps one worker with the scripted engine."""
    return ConverterSettings.of(converters.settings, engine=ENGINE)


def request(path: Path) -> Request:
    return Request("convert", path=str(path), name=path.name, version="v", document="a/b")


def deaf(_frame: WireFrame, _payload: bytes) -> None:
    """Hears nothing of a document's progress."""


async def converted(pool: WorkerPool, path: Path) -> str:
    frame, payload = await pool.work(request(path), deaf)
    if frame is WireFrame.ERROR:
        raise decode_error(payload)
    return decode_document(payload).markdown


async def until(condition: Callable[[], object], within: float = 30.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110  what is waited for is another process
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(pool: WorkerPool) -> AsyncIterator[WorkerPool]:
    """The pool at work; none of its processes is left."""
    task = asyncio.create_task(pool.run())
    pids: set[int] = set()
    try:
        yield pool
    finally:
        pids |= {worker.pid for worker in pool.workers() if worker.pid}
        await pool.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not any(alive(pid) for pid in pids)


def in_pool(settings: ConverterSettings, what: Callable[[WorkerPool], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running(WorkerPool(settings)) as pool:
            await what(pool)

    asyncio.run(run())


def test_a_watch_over_a_worker_that_fails_is_logged_and_the_worker_replaced(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([True])
    examine = WorkerProcess._examine

    def failing_once(self: WorkerProcess, now: float) -> None:
        if not self._is_starting and next(failures, False):
            raise ZeroDivisionError("a defect of the watch")
        examine(self, now)

    monkeypatch.setattr(WorkerProcess, "_examine", failing_once)

    async def what(pool: WorkerPool) -> None:
        await until(lambda: pool.counts.restarts == 1)
        assert await converted(pool, converters.text("after")) == "after"

    in_pool(settings, what)
    assert "A worker could not be watched" in caplog.text


def test_a_document_whose_worker_could_not_be_watched_goes_to_another(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True])
    take_in = WorkerProcess._take_in

    def failing_once(self: WorkerProcess, frame: WireFrame, payload: bytes) -> None:
        if frame is WireFrame.PROGRESS and next(failures, False):
            raise ZeroDivisionError("a defect of the watch")
        take_in(self, frame, payload)

    monkeypatch.setattr(WorkerProcess, "_take_in", failing_once)

    async def what(pool: WorkerPool) -> None:
        assert await converted(pool, converters.text("after")) == "after"
        assert (pool.counts.restarts, pool.counts.converted, pool.counts.failed) == (1, 1, 0)

    in_pool(settings, what)


def test_a_line_that_cannot_be_logged_is_told_and_the_next_one_read(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    relayed: list[bytes] = []

    def relay(line: bytes, _worker: int) -> None:
        relayed.append(line)
        if line == b"first\n":
            raise ZeroDivisionError("a defect of the log")

    monkeypatch.setattr(worker_launch, "relay", relay)

    async def what(pool: WorkerPool) -> None:
        assert await converted(pool, converters.text("say\nfirst\nsecond\n"))
        await until(lambda: b"second\n" in relayed)
        assert pool.counts.restarts == 0

    in_pool(settings, what)
    assert "A line of a worker cannot be logged" in caplog.text


def test_a_worker_that_hangs_up_is_replaced_and_its_document_given_to_another_once(
    settings: ConverterSettings, converters: Converters
) -> None:
    async def what(pool: WorkerPool) -> None:
        with pytest.raises(ConversionFailed, match="closed its connection over this document, the last of 2 workers"):
            await converted(pool, converters.text("hang-up"))
        assert await converted(pool, converters.text("after")) == "after"
        assert pool.counts.restarts == 2

    in_pool(settings, what)


def test_a_worker_that_does_not_take_its_document_is_replaced_and_the_document_given_to_another(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "TAKEN_WITHIN_S", 1.0)
    monkeypatch.setattr(worker_process, "STOPPED_FOR_S", 60.0)  # so that it is the document that shows it

    async def what(pool: WorkerPool) -> None:
        await until(lambda: [worker.state for worker in pool.workers()] == ["idle"])
        (worker,) = pool.workers()
        os.kill(worker.pid, signal.SIGSTOP)
        assert await converted(pool, converters.text("after")) == "after"
        assert not alive(worker.pid)

    in_pool(settings, what)


def test_documents_that_nothing_moves_for_end_by_name_and_the_converter_is_in_trouble(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "WARM_UP_LIMIT_S", 0.2)
    monkeypatch.setattr(worker_pool, "SUPERVISION_SLACK_S", 0.2)
    path = converters.text("after")

    async def never(_pool: WorkerPool) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(WorkerPool, "_keep_one", never)

    async def what(pool: WorkerPool) -> None:
        waiting = [asyncio.create_task(pool.work(request(path), deaf)) for _ in range(3)]
        await until(lambda: pool.waiting == 3)
        for one in waiting:
            with pytest.raises(ConverterUnreachable, match=r"No worker did anything .*\(workers: none\)"):
                await one
        assert pool.in_trouble.is_set()
        assert pool.waiting == 0
        with pytest.raises(ConverterUnreachable):
            await pool.work(request(path), deaf)

    in_pool(settings.model_copy(update={"timeout_s": 0.1}), what)


def test_a_document_has_its_outcome_though_the_time_limit_is_not_watched(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "SUPERVISION_SLACK_S", 0.5)
    monkeypatch.setattr(WorkerProcess, "_examine_work", lambda *_: None)

    async def what(pool: WorkerPool) -> None:
        await until(lambda: [worker.state for worker in pool.workers()] == ["idle"])
        with pytest.raises(ConversionTimedOut):
            await converted(pool, converters.text("hang 60"))

    in_pool(settings.model_copy(update={"timeout_s": 1}), what)


def test_a_system_that_starts_no_process_is_told_and_no_keeper_ends_over_it(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = worker_process.launch_worker
    refusals = iter([OSError(24, "Too many open files")] * 2)

    async def refused(of: ConverterSettings) -> worker_launch.LaunchedWorker:
        if refusal := next(refusals, None):
            raise refusal
        return await launch(of)

    monkeypatch.setattr(worker_process, "launch_worker", refused)

    async def what(pool: WorkerPool) -> None:
        await until(lambda: [worker.state for worker in pool.workers()] == ["dead"])
        assert await converted(pool, converters.text("after")) == "after"

    in_pool(settings, what)


def test_workers_that_never_become_warm_are_given_up_in_bounded_time(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    monkeypatch.setenv("SCRIPTED_HOLD", str(hold))
    monkeypatch.setattr(worker_process, "WARM_UP_LIMIT_S", 0.5)

    async def what(pool: WorkerPool) -> None:
        with pytest.raises(ConverterUnreachable, match="was not warm after 0 s"):
            await converted(pool, converters.text("after"))

    in_pool(settings, what)


def test_a_worker_that_hangs_in_its_warm_up_does_not_keep_the_others_cold(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "WARM_TURN_WITHIN_S", 0.5)
    start = WorkerProcess.start
    hanging = iter([True])

    async def hanging_once(self: WorkerProcess) -> object:
        if next(hanging, False):
            await asyncio.Event().wait()
        return await start(self)

    monkeypatch.setattr(WorkerProcess, "start", hanging_once)

    async def what(pool: WorkerPool) -> None:
        assert await converted(pool, converters.text("after")) == "after"

    in_pool(settings.model_copy(update={"workers": 2}), what)


def test_a_process_that_does_not_end_when_killed_is_left_behind_and_replaced(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "KILLED_WITHIN_S", 0.3)
    monkeypatch.setattr(worker_launch, "KILLED_WITHIN_S", 0.3)
    monkeypatch.setattr(worker_process, "kill_process", lambda _process: None)
    monkeypatch.setattr(worker_launch, "kill_process", lambda _process: None)
    pids: list[int] = []

    async def what() -> None:
        worker = WorkerProcess(settings)
        await worker.start()
        pids.append(worker.status().pid)
        work = asyncio.create_task(worker.work(request(converters.text("hang 60")), deaf))
        await until(lambda: worker.status().state == "busy")
        await worker.kill()
        with pytest.raises(ExceptionGroup) as caught:
            await worker.gone()
        assert isinstance(caught.value.exceptions[0], UnkillableWorker)
        with pytest.raises(WorkerLost):
            await work
        assert worker.status().state == "dead"
        await until(lambda: not alive(pids[0]))  # its connection is closed

    asyncio.run(what())


def test_a_document_that_is_given_to_another_goes_before_those_that_wait(
    settings: ConverterSettings, converters: Converters
) -> None:
    done: list[str] = []

    async def convert(pool: WorkerPool, path: Path) -> None:
        done.append(await converted(pool, path))

    async def what(pool: WorkerPool) -> None:
        first = asyncio.create_task(convert(pool, converters.text("gate open", name="first")))
        await until(lambda: [worker.state for worker in pool.workers()] == ["busy"])
        others = [asyncio.create_task(convert(pool, converters.text(f"{n}", name=f"{n}"))) for n in range(3)]
        await until(lambda: pool.waiting == 3)
        pid = pool.workers()[0].pid
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not alive(pid))
        converters.text("", name="open")
        await asyncio.gather(first, *others)
        assert done == ["gate open", "0", "1", "2"]

    in_pool(settings, what)


def test_a_caller_hears_when_a_worker_has_its_document(settings: ConverterSettings, converters: Converters) -> None:
    heard: list[tuple[WireFrame, bytes]] = []

    async def what(pool: WorkerPool) -> None:
        await pool.work(request(converters.text("pages 1")), lambda frame, payload: heard.append((frame, payload)))

    in_pool(settings, what)
    assert heard[0] == (WireFrame.ALIVE, TAKEN)
    assert [frame for frame, _ in heard[1:]] == [WireFrame.PROGRESS, WireFrame.PROGRESS]
    assert json.loads(heard[1][1])["done"] == 0


@pytest.mark.parametrize(
    "task", [(WorkerPool, "_keep_one"), (ConverterService, "_watch_home"), (ConverterService, "_watch_workers")]
)
def test_a_converter_whose_own_tasks_fail_says_so_and_leaves(
    settings: ConverterSettings,
    converters: Converters,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    task: tuple[type, str],
) -> None:
    async def failing(*_: object) -> None:
        raise ZeroDivisionError("a defect of the supervision")

    monkeypatch.setattr(*task, failing)
    address = ConverterAddress(settings.home)
    address.prepare()

    async def run() -> None:
        async with asyncio.timeout(20):
            await ConverterService(settings, address).run(None)

    with pytest.raises((ZeroDivisionError, ExceptionGroup)):
        asyncio.run(run())
    assert "it ends" in caplog.text
    assert not address.socket.exists()


def test_documents_of_a_converter_whose_own_tasks_fail_are_converted_by_the_next(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = converters.client()
    address = ConverterAddress(settings.home)
    address.prepare()
    paths = [converters.text(f"{n}", name=f"{n}.txt") for n in range(3)]
    keep_one = WorkerPool._keep_one

    async def failing(pool: WorkerPool) -> None:
        await until(lambda: pool.waiting == 2 and pool.workers()[0].state == "busy")
        raise ZeroDivisionError("a defect of the supervision")

    async def keep_and_fail(pool: WorkerPool) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_one(pool))
            tasks.create_task(failing(pool))

    monkeypatch.setattr(WorkerPool, "_keep_one", keep_and_fail)

    async def run() -> list[str]:
        service = asyncio.create_task(ConverterService(settings, address).run(None))
        await until(address.socket.exists)
        calls = [asyncio.to_thread(client.convert, path, version="v") for path in [converters.text("pages 20"), *paths[1:]]]
        answers = [answer.markdown for answer in await asyncio.gather(*calls)]
        with pytest.raises(ExceptionGroup):
            await service
        return answers

    assert asyncio.run(run()) == ["pages 20", "1", "2"]


def test_documents_that_wait_are_told_when_the_keeping_of_workers_fails(
    settings: ConverterSettings, converters: Converters, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = asyncio.Event()

    async def failing(_pool: WorkerPool) -> None:
        await broken.wait()
        raise ZeroDivisionError("a defect of the supervision")

    monkeypatch.setattr(WorkerPool, "_keep_one", failing)

    async def what(pool: WorkerPool) -> None:
        waiting = asyncio.create_task(pool.work(request(converters.text("after")), deaf))
        await until(lambda: pool.waiting == 1)
        broken.set()
        with pytest.raises(FathomError, match="keeps no workers any more"):
            await waiting

    in_pool(settings, what)


@pytest.mark.parametrize(
    ("states", "trouble", "problem"),
    [
        (["idle", "busy"], None, None),
        (["starting", "starting"], None, None),
        (["idle", "hung"], None, "1 of 2 workers live, process 2 is hung."),
        (["dead", "starting"], None, "1 of 2 workers live, process 1 is dead."),
        (["idle"], None, "1 of 2 workers live."),
        ([], None, "0 of 2 workers live."),
        (["idle", "idle"], "No worker can be had.", "No worker can be had."),
    ],
)
def test_a_status_says_what_is_wrong(states: list[WorkerState], trouble: str | None, problem: str | None) -> None:
    workers = [WorkerStatus(pid=n, state=state, rss_bytes=0, documents=0) for n, state in enumerate(states, start=1)]
    counts = dict.fromkeys(("waiting", "documents", "rejected", "failed", "restarts", "recycled", "rss_bytes"), 0)
    status = ConverterStatus(
        pid=1, version="", fingerprint="", uptime_s=0, workers=workers, wanted_workers=2, trouble=trouble, **counts
    )
    assert status.problem == problem
    assert ConverterStatus.model_validate_json(status.model_dump_json()) == status
    assert json.loads(status.model_dump_json())["problem"] == problem
