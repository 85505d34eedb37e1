"""The supervisor's side of a worker: starts it, gives it documents, watches it, and kills it when it passes a bound."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psutil

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service.converter_status import WorkerState, WorkerStatus
from fathom.conversion.service.protocol import (
    MAX_ANSWER_BYTES,
    TAKEN,
    ConnectionLost,
    Request,
    WireFrame,
    encode_error,
    pack_frame,
    receive_frame_async,
)
from fathom.conversion.service.worker_info import WorkerFacts
from fathom.conversion.service.worker_launch import KILLED_WITHIN_S, LaunchedWorker, end_process, kill_process, launch_worker
from fathom.errors import ConversionCancelled, ConversionFailed, ConversionOutOfMemory, ConversionTimedOut, ConverterUnreachable
from fathom.observability.structured_logging import get_logger

# A loaded machine takes half a minute to import and warm everything; past this something hangs.
WARM_UP_LIMIT_S = 180.0
# How often a worker at work is checked: it may pass its limit by as much as it can allocate in between.
WATCH_EVERY_S = 0.1
IDLE_LOOK_EVERY_S = 0.5
# A worker confirms a document at once, unless it still clears up after the document before: seconds after two thousand
# pages, and longer where others have the cores.
TAKEN_WITHIN_S = 30.0
# A process that is stopped (SIGSTOP) for longer does not go on by itself.
STOPPED_FOR_S = 1.0
# How long a cancelled worker may take to notice; killed after, so that a cancel takes under two seconds.
CANCEL_GRACE_S = 1.0
# A process that dies closes its connection a moment before it has an exit code.
ENDING_GRACE_S = 1.0
# A dead process's last output is read in a moment, unless another process holds its output open.
LAST_WORDS_S = 0.5
# Native heaps fragment: a worker is replaced after so many documents, or when it keeps half of its memory limit.
RECYCLE_AFTER_DOCUMENTS = 1000
RECYCLE_ABOVE_SHARE = 0.5
# Signals that other processes send; a document that crashes its worker ends it by another signal or by an exit code.
FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})

WorkerReply = tuple[WireFrame, bytes]
# Takes a worker's frames about a document before its result: ALIVE with TAKEN when it has it, then PROGRESS.
SendFrame = Callable[[WireFrame, bytes], None]

log = get_logger(__name__)


class WorkerLost(Exception):
    """The worker is gone through no fault of the document: killed from outside, hung, or before it had the document."""

    def __init__(self, message: str, *, taken: bool) -> None:
        super().__init__(message)
        self.taken = taken


class UnkillableWorker(Exception):
    """A process that the kernel does not take away although it was killed; it is left behind."""


@dataclass
class _WorkerTask:
    """The document a worker is at work on."""

    document: str | None
    tell: SendFrame
    answer: asyncio.Future[WorkerReply | WorkerLost]
    since: float = field(default_factory=time.monotonic)
    taken: bool = False


class WorkerProcess:
    """A worker process; `ended` is set when it is gone, which the process itself shows and not its output."""

    def __init__(self, settings: ConverterSettings) -> None:
        self._settings = settings
        self._launched: LaunchedWorker | None = None
        self._seen: psutil.Process | None = None
        self._life: asyncio.Task[None] | None = None
        self._warm: asyncio.Future[WorkerFacts] | None = None
        self._work: _WorkerTask | None = None
        self._given = asyncio.Event()
        self._killed_for: ConversionFailed | None = None
        self._hung: str | None = None
        self._started = self._killed_at = self._stopped_since = self._deaf_since = 0.0  # times of monotonic(); 0: not so
        self.documents = 0
        self.retired = False
        self.ended = asyncio.Event()

    async def start(self) -> WorkerFacts:
        """Returns when the worker is warm. Raises ConverterUnreachable if it cannot be started, dies or hangs before.

        Raises ExceptionGroup where watching it failed, as `gone` does.
        """
        try:
            self._launched = await launch_worker(self._settings)
        except OSError as error:
            self.ended.set()
            reason = error.strerror or type(error).__name__
            raise ConverterUnreachable(f"A conversion worker cannot be started: {reason}.") from error
        self._started = time.monotonic()
        try:
            self._seen = psutil.Process(self._launched.process.pid)
        except psutil.Error:  # it has ended already
            self._seen = None
        self._warm = asyncio.get_running_loop().create_future()
        self._life = asyncio.create_task(self._live(self._launched))
        either: set[asyncio.Future[Any]] = {self._warm, self._life}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._warm.done():
            return self._warm.result()
        self._life.result()
        said = self._launched.output.last_line or "it said nothing"
        message = f"A conversion worker {self.how_it_ended} while it warmed up: {said}."
        raise ConverterUnreachable(message, hint=f"Read {self._settings.logs / 'converter.jsonl'}.")

    async def gone(self) -> None:
        """Returns when the process has ended. Raises ExceptionGroup where watching it failed; it is killed then."""
        assert self._life is not None
        await asyncio.shield(self._life)

    async def work(self, request: Request, tell: SendFrame) -> WorkerReply:
        """Returns the worker's answer to the request, or the named error the document made it end with.

        Cancelling this gives the document up. Raises WorkerLost if the worker is gone through no fault of the document.
        """
        if not self.usable:
            raise WorkerLost("The worker was gone.", taken=False)
        work = self._work = _WorkerTask(request.document, tell, asyncio.get_running_loop().create_future())
        self._given.set()
        self.documents += 1
        try:
            self._send(WireFrame.REQUEST, request.encode())
            answer = await asyncio.shield(work.answer)
        except asyncio.CancelledError:
            await self._give_up(work)
            raise
        finally:
            if not work.answer.done():  # it was cancelled while it was being given up
                self._kill(ConversionCancelled("The conversion was cancelled."))
            self._given.clear()
            self._work = None
        if isinstance(answer, WorkerLost):
            raise answer
        return answer

    @property
    def usable(self) -> bool:
        """True if it may be given another document."""
        warm = self._warm is not None and self._warm.done()
        return warm and not (self.ended.is_set() or self.retired or self._killed_at or self._deaf_since)

    @property
    def worn_out(self) -> bool:
        """True if it should be replaced before its next document."""
        kept = self.rss_bytes > RECYCLE_ABOVE_SHARE * self._settings.memory_mb * 1024**2
        return kept or self.documents >= RECYCLE_AFTER_DOCUMENTS

    @property
    def killed_from_outside(self) -> bool:
        """True if another process ended it by a signal."""
        code = self._launched.process.returncode if self._launched else None
        return code is not None and -code in FROM_OUTSIDE and not self._killed_at

    @property
    def how_it_ended(self) -> str:
        """The cause of the process's end, as the rest of a sentence."""
        code = self._launched.process.returncode if self._launched else None
        if self._hung:
            return self._hung
        if code is None or code >= 0:
            return f"ended with exit code {code}"
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"

    @property
    def rss_bytes(self) -> int:
        """Resident memory of the process; 0 once it is gone."""
        try:
            return int(self._seen.memory_info().rss) if self._seen else 0
        except psutil.Error:
            return 0

    def status(self) -> WorkerStatus:
        """Returns the worker's status in figures."""
        work = self._work
        return WorkerStatus(
            pid=self._launched.process.pid if self._launched else 0,
            state=self._state(),
            rss_bytes=self.rss_bytes,
            documents=self.documents,
            busy_s=time.monotonic() - work.since if work else None,
            document=work.document if work else None,
        )

    def retire(self) -> None:
        """Ends the process between two documents, to be replaced."""
        self.retired = True
        self._kill()

    async def kill(self, reason: ConversionFailed | None = None) -> None:
        """Returns when the process is gone; `reason` is the result of its present document."""
        self._kill(reason)
        if self._life is not None:
            await asyncio.wait({self._life})  # which has a bound: see UnkillableWorker

    async def _live(self, launched: LaunchedWorker) -> None:
        """Watches the process until it is gone. A failure in here is raised, and ends the process."""
        try:
            async with asyncio.TaskGroup() as tasks:
                hearing = tasks.create_task(self._hear(launched.reader))
                relaying = tasks.create_task(launched.output.relay())
                looking = tasks.create_task(self._look())
                await launched.process.wait()
                await asyncio.wait({hearing, relaying}, timeout=LAST_WORDS_S)
                for task in (hearing, relaying, looking):
                    task.cancel()
        finally:
            if launched.process.returncode is None:
                self._kill()
            await end_process(launched.process)
            self._end()
            await launched.close()

    def _end(self) -> None:
        self.ended.set()
        if (work := self._work) and not work.answer.done():
            work.answer.set_result(self._ending_of(work))

    def _ending_of(self, work: _WorkerTask) -> WorkerReply | WorkerLost:
        """Returns the outcome of the document of a process that ended."""
        if self._killed_for:
            return WireFrame.ERROR, encode_error(self._killed_for)
        how = f"The conversion worker {self.how_it_ended}"
        code = self._launched.process.returncode if self._launched else None
        if self._hung or not work.taken or code is None or -code in FROM_OUTSIDE:
            return WorkerLost(how, taken=work.taken)
        return WireFrame.ERROR, encode_error(ConversionFailed(f"{how} over this document."))

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                self._take_in(*await receive_frame_async(reader, MAX_ANSWER_BYTES))
        except ConnectionLost:
            self._deaf_since = time.monotonic()

    def _take_in(self, frame: WireFrame, payload: bytes) -> None:
        work = self._work
        if frame is WireFrame.READY and self._warm is not None and not self._warm.done():
            self._warm.set_result(WorkerFacts.model_validate_json(payload))
        elif frame not in (WireFrame.ALIVE, WireFrame.PROGRESS, WireFrame.RESULT, WireFrame.ERROR):
            raise ConnectionLost("The worker does not speak the converter's protocol.")
        elif work is None or work.answer.done():
            pass  # the document was given up
        elif frame is WireFrame.ALIVE:
            work.taken = True
            work.tell(frame, TAKEN)
        elif frame is WireFrame.PROGRESS:
            work.tell(frame, payload)
        else:
            work.answer.set_result((frame, payload))

    async def _look(self) -> None:
        while True:
            if self._work or self._killed_at:
                await asyncio.sleep(WATCH_EVERY_S)
            else:
                # not wait_for(), which before Python 3.12 can lose the cancellation that ends this
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_LOOK_EVERY_S):
                        await self._given.wait()
            self._examine(time.monotonic())

    def _examine(self, now: float) -> None:
        """Kills the process where it passes a bound."""
        if self._killed_at:
            if now - self._killed_at > KILLED_WITHIN_S:
                raise UnkillableWorker(f"Process {self._launched and self._launched.process.pid} does not end when killed.")
            return
        stopped = self._process_state() == psutil.STATUS_STOPPED
        self._stopped_since = (self._stopped_since or now) if stopped else 0.0
        if self._stopped_since and now - self._stopped_since > STOPPED_FOR_S:
            self._kill_hung("was stopped by a signal and did not go on")
        elif self._deaf_since and now - self._deaf_since > ENDING_GRACE_S:
            self._kill_hung("closed its connection")
        elif self._is_starting and now - self._started > WARM_UP_LIMIT_S:
            self._kill_hung(f"was not warm after {WARM_UP_LIMIT_S:.0f} s")
        elif work := self._work:
            self._examine_work(work, now)

    def _examine_work(self, work: _WorkerTask, now: float) -> None:
        if not work.taken and now - work.since > TAKEN_WITHIN_S:
            self._kill_hung(f"did not take a document within {TAKEN_WITHIN_S:.0f} s")
        elif self.rss_bytes > self._settings.memory_mb * 1024**2:
            message = f"The conversion needed more than {self._settings.memory_mb} MB of memory."
            self._kill(ConversionOutOfMemory(message))
        elif now - work.since > self._settings.timeout_s:
            self._kill(ConversionTimedOut(f"The conversion took longer than {self._settings.timeout_s:g} s."))

    async def _give_up(self, work: _WorkerTask) -> None:
        """Gives the document up: by the worker itself within the grace period, which keeps it warm, else with the worker."""
        self._send(WireFrame.CANCEL, str(self.documents).encode())  # both sides count documents
        done, _ = await asyncio.wait({work.answer}, timeout=CANCEL_GRACE_S)
        if not done:
            await self.kill(ConversionCancelled("The conversion was cancelled."))

    def _send(self, frame: WireFrame, payload: bytes) -> None:
        assert self._launched is not None
        self._launched.writer.write(pack_frame(frame, payload))

    def _kill(self, reason: ConversionFailed | None = None) -> None:
        if self._launched is None or self.ended.is_set():
            return
        self._killed_for = self._killed_for or reason
        self._killed_at = self._killed_at or time.monotonic()
        self._given.set()  # whether it is gone in time is looked at soon
        kill_process(self._launched.process)

    def _kill_hung(self, how: str) -> None:
        log.warning("Hung worker killed", sub_stage="restart", reason=how, worker=self.status().pid)
        self._hung = how
        self._kill()

    @property
    def _is_starting(self) -> bool:
        return self._warm is None or not self._warm.done()

    def _process_state(self) -> str:
        """Returns the system's status of the process; "dead" if it is gone."""
        try:
            return str(self._seen.status() if self._seen else psutil.STATUS_DEAD)
        except psutil.Error:
            return str(psutil.STATUS_DEAD)

    def _state(self) -> WorkerState:
        if self._launched is None and not self.ended.is_set():
            return "starting"
        state = self._process_state()
        if self.ended.is_set() or self._killed_at or state in (psutil.STATUS_DEAD, psutil.STATUS_ZOMBIE):
            return "dead"
        if state == psutil.STATUS_STOPPED or self._deaf_since:
            return "hung"
        if self._is_starting:
            return "starting"
        return "busy" if self._work else "idle"
