"""A worker as the supervisor holds it: started, given documents, watched, and killed when it passes a bound."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Literal

import psutil

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.converter_status import WorkerStatus
from fathom.conversion.protocol import MAX_ANSWER_BYTES, ConnectionLost, Frame, Request, encode_error, pack, receive_async
from fathom.conversion.service_log import relay
from fathom.conversion.worker_facts import WorkerFacts
from fathom.errors import ConversionCancelled, ConversionFailed, ConversionOutOfMemory, ConversionTimedOut, ConverterUnreachable
from fathom.observability.logs import get_logger

# A loaded machine takes half a minute to import and warm everything; past this something hangs.
WARM_UP_LIMIT_S = 180.0
# How often a worker at work is looked at: what it can allocate in between is what the limit may be passed by.
WATCH_EVERY_S = 0.1
# How long a cancelled worker may take to notice; killed after, so that a cancel takes under two seconds.
CANCEL_GRACE_S = 1.0
# A process that dies closes its connection a moment before it has an exit code.
ENDING_GRACE_S = 1.0
# Native heaps fragment: a worker is replaced after so many documents, or when what it keeps is half of its limit.
RECYCLE_AFTER_DOCUMENTS = 1000
RECYCLE_ABOVE_SHARE = 0.5
LINE_LIMIT = 256 * 1024
SECRET_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|DATABASE_URL)$", re.I)

Answer = tuple[Frame, bytes]

log = get_logger(__name__)


class WorkerProcess:
    """One worker process. `ended` is set when the process is gone."""

    def __init__(self, settings: ConverterSettings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._watched: psutil.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._output: asyncio.Task[None] | None = None
        self._killed_for: ConversionFailed | None = None
        self._document: str | None = None
        self._last_line = ""
        self._busy_since: float | None = None
        self.state: Literal["starting", "idle", "busy"] = "starting"
        self.documents = 0
        self.retired = False
        self.ended = asyncio.Event()

    async def start(self) -> WorkerFacts:
        """The worker is warm. Raises ConverterUnreachable if it dies or hangs before."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "fathom.conversion.worker",
                str(theirs.fileno()), str(os.getpid()), self._settings.model_dump_json(),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
                limit=LINE_LIMIT, pass_fds=(theirs.fileno(),), env=worker_environment(self._settings.workers),
            )  # fmt: skip
        with contextlib.suppress(psutil.Error):
            self._watched = psutil.Process(self._process.pid)
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        self._output = asyncio.create_task(self._relay_output())
        try:
            frame, payload = await asyncio.wait_for(receive_async(self._reader, MAX_ANSWER_BYTES), WARM_UP_LIMIT_S)
        except TimeoutError as error:
            await self.kill()
            raise ConverterUnreachable(f"A conversion worker was not warm after {WARM_UP_LIMIT_S:.0f} s.") from error
        except ConnectionLost as error:
            await self._let_it_end()
            message = f"A conversion worker {self._how_it_ended()} while it warmed up: {self._last_line or 'it said nothing'}."
            raise ConverterUnreachable(message, hint=f"Read {self._settings.logs / 'converter.jsonl'}.") from error
        if frame is not Frame.READY:
            await self.kill()
            raise ConverterUnreachable("A conversion worker does not speak the converter's protocol.")
        self.state = "idle"
        return WorkerFacts.model_validate_json(payload)

    async def work(self, request: Request, on_progress: Callable[[bytes], None]) -> Answer:
        """The worker's answer to the request, or the named error it ended with. Cancelling this gives the document up."""
        assert self._writer is not None
        self.state, self._document, self._busy_since = "busy", request.document, time.monotonic()
        self.documents += 1
        watch = asyncio.create_task(self._watch())
        listen = asyncio.create_task(self._listen(on_progress))
        try:
            self._writer.write(pack(Frame.REQUEST, request.encode()))
            return await asyncio.shield(listen)
        except asyncio.CancelledError:
            await self._give_up(listen)
            raise
        finally:
            watch.cancel()
            self.state, self._document, self._busy_since = "idle", None, None

    @property
    def usable(self) -> bool:
        """Whether it may be given another document."""
        return not self.ended.is_set() and not self.retired and self._process is not None and self._process.returncode is None

    @property
    def worn_out(self) -> bool:
        """Whether it should be replaced before its next document."""
        kept = self.rss_bytes > RECYCLE_ABOVE_SHARE * self._settings.memory_mb * 1024**2
        return kept or self.documents >= RECYCLE_AFTER_DOCUMENTS

    @property
    def rss_bytes(self) -> int:
        """Resident memory of the process now; 0 once it is gone."""
        try:
            return int(self._watched.memory_info().rss) if self._watched else 0
        except psutil.Error:
            return 0

    def status(self) -> WorkerStatus:
        """The worker in figures."""
        busy = None if self._busy_since is None else time.monotonic() - self._busy_since
        pid = self._process.pid if self._process else 0
        return WorkerStatus(
            pid=pid, state=self.state, rss_bytes=self.rss_bytes, documents=self.documents, busy_s=busy, document=self._document
        )

    async def kill(self, reason: ConversionFailed | None = None) -> None:
        """The process is gone; `reason` is what its present document ends with."""
        self._killed_for = self._killed_for or reason
        if self._process is not None:
            if self._process.returncode is None:
                # not Process.kill(): that looks whether it has ended, and takes its exit code from under asyncio's watcher
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        self.ended.set()

    async def _listen(self, on_progress: Callable[[bytes], None]) -> Answer:
        assert self._reader is not None
        try:
            while True:
                frame, payload = await receive_async(self._reader, MAX_ANSWER_BYTES)
                if frame is not Frame.PROGRESS:
                    return frame, payload
                on_progress(payload)
        except ConnectionLost:
            await self._let_it_end()
            died = ConversionFailed(f"The conversion worker {self._how_it_ended()} over this document.")
            return Frame.ERROR, encode_error(self._killed_for or died)

    async def _let_it_end(self) -> None:
        """The process, which has closed its connection, is gone, by its own end if that comes soon: its exit code says why."""
        if self._output is not None:
            await asyncio.wait({self._output}, timeout=ENDING_GRACE_S)
        await self.kill()

    async def _watch(self) -> None:
        deadline = time.monotonic() + self._settings.timeout_s
        most = self._settings.memory_mb * 1024**2
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if self.rss_bytes > most:
                message = f"The conversion needed more than {self._settings.memory_mb} MB of memory."
                return await self.kill(ConversionOutOfMemory(message))
            if time.monotonic() > deadline:
                return await self.kill(ConversionTimedOut(f"The conversion took longer than {self._settings.timeout_s:g} s."))

    async def _give_up(self, listen: asyncio.Task[Answer]) -> None:
        """The document is given up: by the worker itself within the grace, which keeps it warm, else with the worker."""
        assert self._writer is not None
        self._writer.write(pack(Frame.CANCEL, str(self.documents).encode()))  # both sides count documents
        done, _ = await asyncio.wait({listen}, timeout=CANCEL_GRACE_S)
        if not done:
            await self.kill(ConversionCancelled("The conversion was cancelled."))
            await listen

    async def _relay_output(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:  # a line past the limit; asyncio has dropped it
                continue
            if not line:
                break
            relay(line, self._process.pid)
            self._last_line = line.decode("utf-8", "replace").strip()[:300] or self._last_line
        await self._process.wait()
        self.ended.set()

    def _how_it_ended(self) -> str:
        code = self._process.returncode if self._process else None
        if code is None or code >= 0:
            return f"ended with exit code {code}"
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"


def worker_environment(workers: int) -> dict[str, str]:
    """The environment of a worker: native libraries share the cores among the workers, and no library may fetch anything."""
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    fixed = {"OMP_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    # a worker reads files from strangers, and has no use for anything secret
    inherited = {name: value for name, value in os.environ.items() if not SECRET_NAMES.search(name)}
    return {**inherited, **fixed}
