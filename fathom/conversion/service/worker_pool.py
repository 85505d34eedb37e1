"""The worker pool: keeps workers warm, gives each document to the next free worker, replaces dead and worn workers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service.converter_status import WorkerStatus
from fathom.conversion.service.protocol import Request, WireFrame, decode_error, encode_error
from fathom.conversion.service.worker_info import WorkerFacts
from fathom.conversion.service.worker_process import WARM_UP_LIMIT_S, SendFrame, WorkerLost, WorkerProcess, WorkerReply
from fathom.errors import ConversionCancelled, ConversionFailed, ConversionTimedOut, ConverterUnreachable, DocumentRejected
from fathom.observability.structured_logging import bound, get_logger, stage

# After so many failed starts in a row, with no worker left, callers get an error instead of waiting on.
TROUBLE_AFTER_FAILED_STARTS = 3
# Workers that others kill while they warm up are weaker evidence about the next worker.
TROUBLE_AFTER_KILLED_STARTS = 8
MAX_PAUSE_S = 30.0
# Workers warm up in turn; past this the worker that warms up hangs, and the others stop waiting for it.
WARM_TURN_WITHIN_S = 30.0
# A worker is killed at its time limit; where its document has no outcome so much later, the supervision is at fault.
SUPERVISION_SLACK_S = 30.0
# A document whose worker was killed by others goes to another worker so often: it may yet be why (the kernel's OOM killer).
MAX_RETRIES = 1
# Workers may be gone before they have the document, which then cannot be why; so many in a row have another cause.
MAX_LOST_WORKERS = 6

log = get_logger(__name__)


@dataclass
class Counts:
    """Counts documents and workers by outcome since the start."""

    converted: int = 0
    rejected: int = 0
    failed: int = 0
    restarts: int = 0
    recycled: int = 0


class WorkerPool:
    """Keeps workers (`run`) and gives each document to a free worker (`work`)."""

    def __init__(self, settings: ConverterSettings) -> None:
        self._settings = settings
        self._workers: list[WorkerProcess] = []
        self._free: deque[WorkerProcess] = deque()
        self._queue: deque[asyncio.Future[WorkerProcess]] = deque()
        # they warm up in turn: the first is ready soonest, and those at work keep their cores
        self._warming = asyncio.Lock()
        self._failed_starts = 0
        self._closing = False
        self._moved = time.monotonic()
        self.counts = Counts()
        self.facts: WorkerFacts | None = None
        self._trouble: ConverterUnreachable | None = None
        self.in_trouble = asyncio.Event()

    async def run(self) -> None:
        """Keeps as many workers as the settings ask for, until closed. Raises ExceptionGroup where that fails."""
        try:
            async with asyncio.TaskGroup() as keepers:
                for _ in range(self._settings.workers):
                    keepers.create_task(self._keep_one())
        finally:
            self._declare_trouble(ConverterUnreachable("The converter keeps no workers any more."))

    async def work(self, request: Request, tell: SendFrame) -> WorkerReply:
        """Returns a worker's answer to the request, from another worker where the first is killed by others or hangs.

        Raises ConverterUnreachable if no worker can be started, or none becomes free and none does anything.
        """
        killed = lost = 0
        while True:
            worker = await self._take(first=lost > 0)
            started = time.monotonic()
            try:
                frame, payload = await self._bounded_work(worker, request, tell)
            except WorkerLost as loss:
                lost += 1
                killed += loss.taken
                if killed <= MAX_RETRIES and lost < MAX_LOST_WORKERS:
                    with stage("docling", document=request.document, run=request.run), bound(request=request.request):
                        log.warning("Worker lost, document retried on another worker", sub_stage="restart", reason=str(loss))
                    continue
                times = f", the last of {lost} workers that were lost" if lost > 1 else ""
                frame, payload = WireFrame.ERROR, encode_error(ConversionFailed(f"{loss} over this document{times}."))
            finally:
                self._give_back(worker)
            self._moved = time.monotonic()
            with stage("docling", document=request.document, run=request.run), bound(request=request.request):
                self._account(request, frame, payload, time.monotonic() - started)
            return frame, payload

    def workers(self) -> list[WorkerStatus]:
        """Returns the present workers' status."""
        return [worker.status() for worker in self._workers]

    async def close(self) -> None:
        """Ends all workers."""
        self._closing = True
        stopped = ConversionCancelled("The converter was stopped.")
        await asyncio.gather(*(worker.kill(stopped) for worker in list(self._workers)))

    @property
    def waiting(self) -> int:
        """The number of documents that wait for a worker."""
        return len(self._queue)

    @property
    def trouble(self) -> str | None:
        """The reason why no worker can be had, if so."""
        return self._trouble.message if self._trouble else None

    @property
    def _patience_s(self) -> float:
        """The time that documents wait while no worker reports anything: longer than a document or a warm-up may take."""
        return max(self._settings.timeout_s, WARM_UP_LIMIT_S) + SUPERVISION_SLACK_S

    async def _bounded_work(self, worker: WorkerProcess, request: Request, tell: SendFrame) -> WorkerReply:
        def heard(frame: WireFrame, payload: bytes) -> None:
            self._moved = time.monotonic()
            tell(frame, payload)

        try:
            async with asyncio.timeout(self._settings.timeout_s + SUPERVISION_SLACK_S):
                return await worker.work(request, heard)
        except TimeoutError:
            log.error("A worker was not ended at its time limit", sub_stage="restart", document=request.document)
            await worker.kill()
            message = f"The conversion took longer than {self._settings.timeout_s:g} s."
            return WireFrame.ERROR, encode_error(ConversionTimedOut(message))

    async def _take(self, *, first: bool) -> WorkerProcess:
        """Returns the next free worker, in the order of asking; `first` goes before all who wait.

        The wait lasts as long as others are worked on. Raises ConverterUnreachable if no worker can be started, or none
        takes, goes on with or ends a document for longer than its limits allow.
        """
        if self._trouble is not None:
            raise self._trouble_as_error()
        turn: asyncio.Future[WorkerProcess] = asyncio.get_running_loop().create_future()
        (self._queue.appendleft if first else self._queue.append)(turn)
        self._hand_out()
        came = time.monotonic()
        try:
            while not turn.done():
                still = self._patience_s - (time.monotonic() - max(came, self._moved))
                if still <= 0:
                    self._give_up_on_workers()
                await asyncio.wait({turn}, timeout=max(0.0, still))
            return turn.result()
        except asyncio.CancelledError:
            if turn.done() and turn.exception() is None:
                self._give_back(turn.result())
            raise
        finally:
            if not turn.done():
                self._queue.remove(turn)

    def _hand_out(self) -> None:
        while self._queue and self._free:
            worker = self._free.popleft()
            if worker.usable:
                self._queue.popleft().set_result(worker)

    def _give_back(self, worker: WorkerProcess) -> None:
        if not worker.usable:
            return
        if worker.worn_out:
            self.counts.recycled += 1
            worker.retire()
            return
        self._free.append(worker)
        self._hand_out()

    async def _keep_one(self) -> None:
        while not self._closing:
            worker = WorkerProcess(self._settings)
            self._workers.append(worker)
            try:
                await self._warm(worker)
                await worker.gone()
                if not worker.retired and not self._closing:
                    self.counts.restarts += 1
                    log.warning("Worker ended and is replaced", sub_stage="restart", reason=worker.how_it_ended)
            except ConverterUnreachable as error:
                await self._pause_after(error, worker)
            except ExceptionGroup as defects:
                await worker.kill()
                self.counts.restarts += 1
                log.error("A worker could not be watched", sub_stage="restart", exc_info=True)
                await self._pause_after(
                    ConverterUnreachable(f"A worker could not be watched: {defects.exceptions[0]}."), worker
                )
            finally:
                self._workers.remove(worker)
                if worker in self._free:
                    self._free.remove(worker)
                await worker.kill()

    async def _warm(self, worker: WorkerProcess) -> None:
        async with self._turn_to_warm():
            facts = await worker.start()
        self.facts = facts
        self._failed_starts = 0
        log.info("Worker warm", sub_stage="warm_up", metrics={"seconds": round(facts.warm_up_s, 2)})
        self._free.append(worker)
        self._hand_out()

    @asynccontextmanager
    async def _turn_to_warm(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WARM_TURN_WITHIN_S):
                await self._warming.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            self._warming.release()

    async def _pause_after(self, error: ConverterUnreachable, worker: WorkerProcess) -> None:
        if self._closing:
            return
        self._failed_starts += 1
        log.error("A worker cannot be started", sub_stage="warm_up", error=error.message)
        by_others = worker.killed_from_outside
        self.counts.restarts += by_others
        most = TROUBLE_AFTER_KILLED_STARTS if by_others else TROUBLE_AFTER_FAILED_STARTS
        if self._failed_starts >= most and not any(worker.usable for worker in self._workers):
            self._declare_trouble(error)
        await asyncio.sleep(min(MAX_PAUSE_S, (0.125 if by_others else 0.5) * 2**self._failed_starts))

    def _give_up_on_workers(self) -> None:
        states = ", ".join(worker.status().state for worker in self._workers) or "none"
        message = f"No worker did anything for a document for {self._patience_s:.0f} s (workers: {states})."
        log.error(message, sub_stage="restart")
        self._declare_trouble(ConverterUnreachable(message))

    def _declare_trouble(self, error: ConverterUnreachable) -> None:
        """Fails all present and future waiters; the converter leaves, so that the next caller starts another converter."""
        self._trouble = self._trouble or error
        self.in_trouble.set()
        while self._queue:
            self._queue.popleft().set_exception(self._trouble_as_error())

    def _trouble_as_error(self) -> ConverterUnreachable:
        assert self._trouble is not None
        return ConverterUnreachable(self._trouble.message, hint=self._trouble.what_to_do)

    def _account(self, request: Request, frame: WireFrame, payload: bytes, seconds: float) -> None:
        if request.operation != "convert":
            return
        metrics = {"seconds": round(seconds, 3), "answer_bytes": len(payload)}
        if frame is WireFrame.RESULT:
            self.counts.converted += 1
            log.info("Document converted", sub_stage="converted", metrics=metrics)
            return
        error = decode_error(payload)
        if isinstance(error, DocumentRejected):
            self.counts.rejected += 1
        else:
            self.counts.failed += 1
        log.warning("Document not converted", sub_stage="failed", error=error.name, reason=error.message, metrics=metrics)
