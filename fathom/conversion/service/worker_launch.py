"""Starts a worker process, with a connection to talk over and a pipe for its output that its end does not wait for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from dataclasses import dataclass

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service.log_relay import relay
from fathom.observability.structured_logging import get_logger

# The kernel takes a killed process away at once, unless it hangs in a disk or network file system that is broken.
KILLED_WITHIN_S = 5.0
LINE_LIMIT = 256 * 1024
SECRET_NAMES = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|DATABASE_URL)$", re.I)

log = get_logger(__name__)


class WorkerOutput:
    """Relays a worker's stdout and stderr to this process's log line by line."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self._pid = pid
        self._reader = reader
        self._transport = transport
        self.last_line = ""

    async def relay(self) -> None:
        """Relays until the output is closed, which says nothing about whether the worker lives."""
        while line := await self._next_line():
            try:
                relay(line, self._pid)
            except Exception:
                log.exception("A line of a worker cannot be logged", worker=self._pid)
            self.last_line = line.decode("utf-8", "replace").strip()[:300] or self.last_line
            await asyncio.sleep(0)  # a worker that writes without end does not keep the others waiting

    def close(self) -> None:
        """Closes this end of the pipe."""
        self._transport.close()

    async def _next_line(self) -> bytes:
        while True:
            try:
                return await self._reader.readline()
            except ValueError:
                continue  # a line past the limit; asyncio has dropped its beginning


@dataclass(frozen=True)
class LaunchedWorker:
    """A started worker process with its connection and output."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    output: WorkerOutput

    async def close(self) -> None:
        """Closes the connection and the output; nothing that was still to be sent is."""
        self.output.close()
        self.writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def launch_worker(settings: ConverterSettings) -> LaunchedWorker:
    """Starts a worker. Raises OSError where the system has no process, memory or descriptor left for it.

    Its output goes to a pipe of ours and not to asyncio's, for which `Process.wait` waits before Python 3.13: a
    process that the worker left behind would keep the pipe open, and its end unseen.
    """
    ours, theirs = socket.socketpair()
    async with contextlib.AsyncExitStack() as undo:
        undo.callback(ours.close)
        with theirs:
            reading, writing = os.pipe()
            pipe = undo.enter_context(os.fdopen(reading, "rb", buffering=0))
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "fathom.conversion.service.conversion_worker",
                    str(theirs.fileno()), str(os.getpid()), settings.model_dump_json(),
                    stdin=asyncio.subprocess.DEVNULL, stdout=writing, stderr=asyncio.subprocess.STDOUT,
                    pass_fds=(theirs.fileno(),), env=worker_environment(settings.workers),
                )  # fmt: skip
            finally:
                os.close(writing)
        undo.push_async_callback(end_process, process)
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        undo.callback(writer.transport.abort)
        lines = asyncio.StreamReader(limit=LINE_LIMIT)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), pipe)
        undo.pop_all()
    return LaunchedWorker(process, reader, writer, WorkerOutput(process.pid, lines, transport))


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Kills the process and returns when it is gone, or after KILLED_WITHIN_S."""
    kill_process(process)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KILLED_WITHIN_S):
            await process.wait()


def kill_process(process: asyncio.subprocess.Process) -> None:
    """Sends SIGKILL, unless the process has ended."""
    if process.returncode is None:
        # not Process.kill(): that looks whether it has ended, and takes its exit code from under asyncio's watcher
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def worker_environment(workers: int) -> dict[str, str]:
    """Returns a worker's environment: native libraries share the cores among workers, and no library may fetch."""
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    fixed = {"OMP_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    # a worker reads files from strangers, and has no use for anything secret
    inherited = {name: value for name, value in os.environ.items() if not SECRET_NAMES.search(name)}
    return {**inherited, **fixed}
