"""The converter process: takes documents on a Unix socket and has them converted by workers it keeps warm.

It imports nothing that converts, so no document can bring it down. It outlives the process that started it, and leaves on
a stop request, when its settings are no longer its callers', or when its home is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Coroutine
from typing import Any

import psutil
from filelock import Timeout

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service.converter_address import ConverterAddress
from fathom.conversion.service.converter_status import ConverterStatus
from fathom.conversion.service.log_relay import log_to_file
from fathom.conversion.service.protocol import (
    MAX_REQUEST_BYTES,
    ConnectionLost,
    Request,
    WireFrame,
    encode_error,
    pack_frame,
    receive_frame_async,
)
from fathom.conversion.service.worker_pool import WorkerPool
from fathom.errors import ConversionCancelled, ConverterUnreachable, FathomError
from fathom.home import own_home
from fathom.observability.structured_logging import bound, get_logger, stage

# A waiting caller hears from the converter this often, and takes it for dead after several times as long (converter_client.py).
ALIVE_EVERY_S = 5.0
HOME_LOOKED_AT_EVERY_S = 1.0
REQUEST_WITHIN_S = 10.0
# Long enough for callers that wait for it to become warm, and poll every tenth of a second, to see why it never will.
TROUBLE_TOLD_FOR_S = 2.0
# Each waiting document is an open connection; a caller past the bound is asked to come back.
MAX_CONNECTIONS = 512
MAX_UNSENT_BYTES = 1024**2
# The predecessor gives the lock back before it drains, so this is only ever a moment.
LOCK_WITHIN_S = 10.0

log = get_logger("fathom.conversion.service.converter_service")  # it is run as __main__


class ConverterService:
    """Serves callers until `leave` is set; `run` returns when everything it started is gone."""

    def __init__(self, settings: ConverterSettings, address: ConverterAddress) -> None:
        self._settings = settings
        self._address = address
        self._fingerprint = settings.fingerprint()
        self._started = time.monotonic()
        self._pool = WorkerPool(settings)
        self._connections: set[asyncio.Task[None]] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._defect: BaseException | None = None
        self._drain = False
        self._cancels = False
        self.leave = asyncio.Event()
        self.leave_at_once = asyncio.Event()

    async def run(self, ready: int | None) -> None:
        """Serves; `ready` is a descriptor that is written to and closed once callers can connect.

        Raises the failure of a background task, after it has left in the usual way: the next caller starts another converter.
        """
        lock = self._address.owning(LOCK_WITHIN_S)
        with lock:
            listener = self._address.listen()
            mine = self._identity()
            server = await asyncio.start_unix_server(self._accept, sock=listener)
            if ready is not None:
                os.write(ready, b"ready")
                os.close(ready)
            log.info("Converter started", sub_stage="start", fingerprint=self._fingerprint, metrics={"pid": os.getpid()})
            self._depend_on("workers", self._pool.run())
            self._depend_on("home", self._watch_home(mine))
            self._depend_on("trouble", self._watch_workers())
            await self.leave.wait()
            server.close()
            if self._identity() == mine:
                self._address.socket.unlink(missing_ok=True)
        for watch in ("home", "trouble"):
            self._tasks[watch].cancel()
        # the lock is free: a successor may serve while this converter finishes the work it accepted
        if self._drain:
            await self._drained()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        await self._pool.close()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.wait(self._tasks.values())
        log.info("Converter ended", sub_stage="end")
        if self._defect is not None:
            raise self._defect

    def stop(self) -> None:
        """Makes the converter leave at once, also where it was to finish its work. Its callers ask the next converter."""
        self.leave.set()
        self.leave_at_once.set()

    def _depend_on(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Starts a background task that serving depends on: where it fails, the converter logs it and leaves."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error(f"The converter's watch over its {name} failed: it ends", sub_stage="end", reason=repr(error))
                self._defect = self._defect or error
                self.leave.set()

        self._tasks[name] = asyncio.create_task(work)
        self._tasks[name].add_done_callback(ended)

    async def _drained(self) -> None:
        """Returns when no caller waits for anything, or the converter is told to stop."""
        stopped = asyncio.create_task(self.leave_at_once.wait())
        while self._connections and not stopped.done():
            await asyncio.wait({stopped, *self._connections}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()

    def _identity(self) -> tuple[int, int] | None:
        """Returns the identity of the socket's file; None if it is gone."""
        try:
            status = self._address.socket.lstat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    async def _watch_home(self, mine: tuple[int, int] | None) -> None:
        while self._identity() == mine:  # noqa: ASYNC110 - a folder sends no event when it is removed
            await asyncio.sleep(HOME_LOOKED_AT_EVERY_S)
        self._drain = self._address.folder.exists()
        if not self._drain:
            self._cancels = True
            logging.disable()  # the home is gone, and a log line would bring it back
        log.warning("Converter ends: its socket is gone", sub_stage="end")
        self.leave.set()

    async def _watch_workers(self) -> None:
        """Leaves when no workers can be had, so that the next caller starts another converter once the cause is mended."""
        await self._pool.in_trouble.wait()
        await asyncio.sleep(TROUBLE_TOLD_FOR_S)
        log.error("No worker can be started: the converter ends", sub_stage="end", reason=self._pool.trouble)
        self._drain = True
        self.leave.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, TimeoutError):
            pass  # the caller is gone, and nothing can be sent to it
        except asyncio.CancelledError:
            if self._cancels:
                self._tell(writer, ConversionCancelled("The converter was stopped."))
            elif self._defect is None:
                self._send(
                    writer, WireFrame.SUPERSEDED
                )  # a signal is not meant for the documents: their callers go on elsewhere
        except FathomError as error:
            self._tell(writer, error)
        except Exception as error:
            log.exception("A caller could not be answered")
            self._tell(writer, error)
        finally:
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(REQUEST_WITHIN_S):
                    await writer.drain()
            writer.close()
            self._connections.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(REQUEST_WITHIN_S):
            frame, payload = await receive_frame_async(reader, MAX_REQUEST_BYTES)
        if frame is not WireFrame.REQUEST:
            raise ConnectionLost("The caller does not speak the converter's protocol.")
        request = Request.decode(payload)
        if request.operation == "status":
            self._send(writer, WireFrame.RESULT, self.status().model_dump_json().encode())
        elif request.operation == "stop":
            log.info("Converter stop requested", sub_stage="end")
            self._send(writer, WireFrame.RESULT, b"{}")
            self._cancels = True
            self.stop()
        elif request.fingerprint != self._fingerprint:
            log.info("Converter superseded by a caller with other settings or newer code", sub_stage="end")
            self._send(writer, WireFrame.SUPERSEDED)
            self._drain = True
            self.leave.set()
        elif request.operation == "hello":
            self._send(writer, WireFrame.RESULT, b"{}")
        elif len(self._connections) > MAX_CONNECTIONS:
            message = f"More than {MAX_CONNECTIONS} documents wait for the converter."
            busy = ConverterUnreachable(message, hint="Try again later.")
            self._send(writer, WireFrame.ERROR, encode_error(busy))
        else:
            await self._convert(request, reader, writer)

    async def _convert(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Waits until the caller has its reply, or is gone and its document given up."""
        work = asyncio.create_task(self._pool.work(request, lambda frame, said: self._send_if_room(writer, frame, said)))
        gone = asyncio.create_task(reader.read(1))
        alive = asyncio.create_task(self._keep_alive(writer))
        try:
            waited_for: set[asyncio.Future[Any]] = {work, gone, alive}
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                self._send(writer, *work.result())
            elif alive.done():
                alive.result()  # a caller that hears nothing would take the converter for dead
            else:
                with stage("docling", document=request.document, run=request.run), bound(request=request.request):
                    log.info("Caller disconnected, document cancelled")
        finally:
            for task in (work, gone, alive):
                task.cancel()
            await asyncio.gather(work, gone, alive, return_exceptions=True)

    def _tell(self, writer: asyncio.StreamWriter, error: Exception) -> None:
        """Sends the error to the caller; nothing if the converter is at fault, so that the caller asks the next."""
        if self._defect is None:
            self._send(writer, WireFrame.ERROR, encode_error(error))

    async def _keep_alive(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._send(writer, WireFrame.ALIVE)
            await asyncio.sleep(ALIVE_EVERY_S)

    def _send(self, writer: asyncio.StreamWriter, frame: WireFrame, payload: bytes = b"") -> None:
        if not writer.is_closing():
            writer.write(pack_frame(frame, payload))

    def _send_if_room(self, writer: asyncio.StreamWriter, frame: WireFrame, said: bytes) -> None:
        """Sends progress; dropped rather than kept for a caller that does not read it."""
        if writer.transport.get_write_buffer_size() < MAX_UNSENT_BYTES:
            self._send(writer, frame, said)

    def status(self) -> ConverterStatus:
        """Returns the converter's status in figures."""
        workers = self._pool.workers()
        facts, counts = self._pool.facts, self._pool.counts
        own = int(psutil.Process().memory_info().rss)
        return ConverterStatus(
            pid=os.getpid(),
            version=facts.converter if facts else "",
            fingerprint=self._fingerprint,
            uptime_s=time.monotonic() - self._started,
            warm_up_s=facts.warm_up_s if facts else None,
            loaded=facts.loaded if facts else [],
            workers=workers,
            wanted_workers=self._settings.workers,
            waiting=self._pool.waiting,
            documents=counts.converted,
            rejected=counts.rejected,
            failed=counts.failed,
            restarts=counts.restarts,
            recycled=counts.recycled,
            rss_bytes=own + sum(worker.rss_bytes for worker in workers),
            trouble=self._pool.trouble,
        )


async def serve(settings: ConverterSettings, ready: int | None) -> None:
    """Serves until the converter leaves. Raises filelock.Timeout if another converter owns the home."""
    address = ConverterAddress(settings.home)
    address.prepare()
    service = ConverterService(settings, address)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_unseen)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    await service.run(ready)


def _log_unseen(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs exceptions that only the event loop saw, such as that of a task that is awaited nowhere."""
    error = context.get("exception")
    log.error("Something went wrong unseen", sub_stage="run", reason=context.get("message"), error=repr(error) if error else "")


def detach() -> None:
    """Detaches this process, so that its starter neither waits for it nor takes it along."""
    if os.fork() > 0:
        os._exit(0)
    os.setsid()


def main() -> None:
    """Serves in the background. Arguments: the settings as JSON, and the descriptor to write to when ready."""
    settings, ready = ConverterSettings.model_validate_json(sys.argv[1]), int(sys.argv[2])
    detach()
    own_home(settings.home)
    os.chdir("/")
    log_to_file(settings.logs / "converter.jsonl", settings.log_level)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    try:
        asyncio.run(serve(settings, ready))
    except Timeout:
        log.warning("Another converter owns this home", sub_stage="start")
        sys.exit(3)
    except Exception:
        log.exception("The converter ended over a defect of its own", sub_stage="end")
        raise


if __name__ == "__main__":
    main()
