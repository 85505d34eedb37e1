"""The converter's workers: so many kept warm, each document given to the next free one, the dead and worn out replaced."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.converter_status import WorkerStatus
from fathom.conversion.protocol import Frame, Request, decode_error
from fathom.conversion.worker_facts import WorkerFacts
from fathom.conversion.worker_process import Answer, WorkerProcess
from fathom.errors import ConversionCancelled, ConverterUnreachable, DocumentRejected
from fathom.observability.logs import bound, get_logger, stage

# After so many failed starts in a row, with no worker left, callers are told instead of kept waiting.
TROUBLE_AFTER_FAILED_STARTS = 3
LONGEST_PAUSE_S = 30.0

log = get_logger(__name__)


@dataclass
class Counts:
    """What became of the documents and the workers since the start."""

    converted: int = 0
    rejected: int = 0
    failed: int = 0
    restarts: int = 0
    recycled: int = 0


class WorkerPool:
    """`run` keeps the workers; `work` gives one a document."""

    def __init__(self, settings: ConverterSettings) -> None:
        self._settings = settings
        self._workers: list[WorkerProcess] = []
        # a None wakes one who waits, to see that there is trouble
        self._free: asyncio.Queue[WorkerProcess | None] = asyncio.Queue()
        self._retiring: set[asyncio.Task[None]] = set()
        # one warms up at a time: the first is ready soonest, and those at work keep their cores
        self._warming = asyncio.Lock()
        self._failed_starts = 0
        self._closing = False
        self.waiting = 0
        self.counts = Counts()
        self.facts: WorkerFacts | None = None
        self._trouble: ConverterUnreachable | None = None
        self.in_trouble = asyncio.Event()

    async def run(self) -> None:
        """Keeps as many workers as the settings say, until cancelled or closed."""
        await asyncio.gather(*(self._keep_one() for _ in range(self._settings.workers)))

    async def work(self, request: Request, on_progress: Callable[[bytes], None]) -> Answer:
        """A worker's answer to the request. Raises ConverterUnreachable if no worker can be started."""
        worker = await self._take(request.document)
        started = time.monotonic()
        try:
            frame, payload = await worker.work(request, on_progress)
        finally:
            self._give_back(worker)
        with stage("docling", document=request.document, run=request.run), bound(request=request.request):
            self._account(request, frame, payload, time.monotonic() - started)
        return frame, payload

    def workers(self) -> list[WorkerStatus]:
        """The workers that are there, in figures."""
        return [worker.status() for worker in self._workers]

    async def close(self) -> None:
        """No worker is left."""
        self._closing = True
        stopped = ConversionCancelled("The converter was stopped.")
        await asyncio.gather(*(worker.kill(stopped) for worker in list(self._workers)))

    @property
    def trouble(self) -> str | None:
        """Why no worker can be started, if so."""
        return self._trouble.message if self._trouble else None

    async def _take(self, document: str | None) -> WorkerProcess:
        self.waiting += 1
        try:
            while self._trouble is None:
                worker = await self._free.get()
                if worker is not None and worker.usable:
                    return worker
            raise ConverterUnreachable(self._trouble.message, document=document, hint=self._trouble.what_to_do)
        finally:
            self.waiting -= 1

    def _give_back(self, worker: WorkerProcess) -> None:
        if not worker.usable:
            return
        if not worker.worn_out:
            self._free.put_nowait(worker)
            return
        worker.retired = True
        self.counts.recycled += 1
        task = asyncio.create_task(worker.kill())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _keep_one(self) -> None:
        while not self._closing:
            worker = WorkerProcess(self._settings)
            self._workers.append(worker)
            try:
                await self._warm(worker)
                await worker.ended.wait()
                if not worker.retired and not self._closing:
                    self.counts.restarts += 1
                    log.warning("A worker is gone and is replaced", sub_stage="restart")
            except ConverterUnreachable as error:
                await self._pause_after(error)
            finally:
                self._workers.remove(worker)
                with contextlib.suppress(ProcessLookupError):
                    await worker.kill()

    async def _warm(self, worker: WorkerProcess) -> None:
        async with self._warming:
            facts = await worker.start()
        self.facts = facts
        self._failed_starts = 0
        log.info("A worker is warm", sub_stage="warm_up", metrics={"seconds": round(facts.warm_up_s, 2)})
        self._free.put_nowait(worker)

    async def _pause_after(self, error: ConverterUnreachable) -> None:
        if self._closing:
            return
        self._failed_starts += 1
        log.error("A worker cannot be started", sub_stage="warm_up", error=error.message)
        none_left = all(worker.state == "starting" for worker in self._workers)
        if self._failed_starts >= TROUBLE_AFTER_FAILED_STARTS and none_left:
            self._trouble = error
            self.in_trouble.set()
            for _ in range(self.waiting):
                self._free.put_nowait(None)
        await asyncio.sleep(min(LONGEST_PAUSE_S, 0.5 * 2**self._failed_starts))

    def _account(self, request: Request, frame: Frame, payload: bytes, seconds: float) -> None:
        if request.operation != "convert":
            return
        metrics = {"seconds": round(seconds, 3), "answer_bytes": len(payload)}
        if frame is Frame.RESULT:
            self.counts.converted += 1
            log.info("Document converted", sub_stage="converted", metrics=metrics)
            return
        error = decode_error(payload)
        if isinstance(error, DocumentRejected):
            self.counts.rejected += 1
        else:
            self.counts.failed += 1
        log.warning("Document not converted", sub_stage="failed", error=error.name, reason=error.message, metrics=metrics)
