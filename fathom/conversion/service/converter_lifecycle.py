"""Starts, greets and ends the converter process of a home, for any of its callers."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
import subprocess
import sys
import time

from filelock import Timeout

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service.converter_address import ConverterAddress
from fathom.conversion.service.converter_status import ConverterStatus
from fathom.conversion.service.protocol import MAX_ANSWER_BYTES, Request, WireFrame, pack_frame, receive_frame
from fathom.errors import ConverterUnreachable
from fathom.home import UMASK

# It answers a greeting without touching a document; a loaded machine may make it late, not by this.
GREETING_WITHIN_S = 20.0
# Interpreter, settings and socket; the workers warm up afterwards.
START_WITHIN_S = 60.0
# For interactive callers.
STATUS_WITHIN_S = 2.0
STOP_WITHIN_S = 10.0
# A converter may be replaced at once by a caller with other settings or newer code; more often than this is a fault.
MAX_STARTS = 3
MODULE = "fathom.conversion.service.converter_service"


class ConverterLifecycle:
    """The converter of `settings.home` as a process: finds, checks, starts and ends it."""

    def __init__(self, settings: ConverterSettings) -> None:
        self._settings = settings
        self._address = ConverterAddress(settings.home)

    @property
    def log_hint(self) -> str:
        """The log files to read when it does not start."""
        return f"Read {self._settings.logs / 'converter.jsonl'} and converter.start.log beside it."

    def ensure_started(self, deadline: float) -> None:
        """Ensures that a converter with our settings runs. Of any number of callers at once, one starts it.

        Raises ConverterUnreachable if none answers by `deadline` (of time.monotonic).
        """
        if self._greet():
            return
        try:
            self._address.prepare()
            with self._address.starting(max(0.0, deadline - time.monotonic())):
                for _ in range(MAX_STARTS):
                    if self._greet():
                        return
                    if time.monotonic() > deadline:
                        break
                    if not self._spawn():
                        continue  # it was killed before it could say why
                if not self._greet():
                    raise ConverterUnreachable("The converter does not stay started.", hint=self.log_hint)
        except Timeout as error:
            raise ConverterUnreachable("Another process has been starting the converter for too long.") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConverterUnreachable(f"The converter cannot be started in its home: {reason}.") from error

    def status(self) -> ConverterStatus:
        """Returns the converter's status. Raises ConverterUnreachable if none is running or it does not answer; starts none."""
        try:
            with self._address.connect(STATUS_WITHIN_S) as connection:
                connection.sendall(pack_frame(WireFrame.REQUEST, Request("status").encode()))
                _, payload = receive_frame(connection, MAX_ANSWER_BYTES)
        except TimeoutError as error:
            message = f"The converter runs and has not answered for {STATUS_WITHIN_S:.0f} s."
            raise ConverterUnreachable(message, hint=f"The next document replaces it. {self.log_hint}") from error
        except OSError as error:
            raise ConverterUnreachable("The converter is not running.") from error
        return ConverterStatus.model_validate_json(payload)

    def listening(self) -> int | None:
        """Returns the pid of the process that has the socket, even if it does not answer; 0 where the system does not tell."""
        try:
            with self._address.connect(STATUS_WITHIN_S) as connection:
                return listening_pid(connection) or 0
        except OSError:
            return None

    def stop(self) -> bool:
        """Stops the converter of this home and cancels its documents. Returns True if one was running."""
        try:
            connection = self._address.connect(GREETING_WITHIN_S)
        except OSError:
            return False
        with connection:
            pid = listening_pid(connection)
            try:
                connection.sendall(pack_frame(WireFrame.REQUEST, Request("stop").encode()))
                receive_frame(connection, MAX_ANSWER_BYTES)
            except TimeoutError:
                kill_listener(pid)
            except OSError:
                pass  # it was just leaving
        wait_until_gone(pid, STOP_WITHIN_S)
        return True

    def _greet(self) -> bool:
        """Returns True if a converter with our settings answers. A silent converter is killed, another version leaves."""
        try:
            connection = self._address.connect(GREETING_WITHIN_S)
        except OSError:
            return False
        with connection:
            try:
                connection.sendall(pack_frame(WireFrame.REQUEST, Request("hello", self._settings.fingerprint()).encode()))
                return receive_frame(connection, MAX_ANSWER_BYTES)[0] is WireFrame.RESULT
            except TimeoutError:
                kill_listener(listening_pid(connection))
                return False
            except OSError:
                return False

    def _spawn(self) -> bool:
        """Starts a converter. Returns False if it ended without a word; raises ConverterUnreachable with its last words."""
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        said = self._settings.logs / "converter.start.log"
        ready, theirs = os.pipe()
        with os.fdopen(ready, "rb", buffering=0) as readiness, selectors.DefaultSelector() as waiting:
            try:
                with said.open("wb") as output:
                    starter = subprocess.Popen(
                        [sys.executable, "-m", MODULE, self._settings.model_dump_json(), str(theirs)],
                        stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=(theirs,), start_new_session=True,
                        umask=UMASK,
                    )  # fmt: skip
            finally:
                os.close(theirs)
            starter.wait()
            waiting.register(readiness, selectors.EVENT_READ)
            ended = bool(waiting.select(START_WITHIN_S))
            if ended and readiness.read(16) == b"ready":
                return True
        last = said.read_text("utf-8", "replace").strip().splitlines()[-1:]
        if ended and not last:
            return False
        raise ConverterUnreachable(f"The converter does not start: {(last or ['it hangs'])[0][:300]}.", hint=self.log_hint)


def listening_pid(connection: socket.socket) -> int | None:
    """Returns the pid of the process that listens at the other end, where the system tells."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(pid)


def kill_listener(pid: int | None) -> None:
    """Kills the converter with this pid, which listened and did not answer."""
    import psutil

    if pid is None:
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if MODULE in process.cmdline():  # the pid may have been reused since it died
            process.kill()
    wait_until_gone(pid, STOP_WITHIN_S)


def wait_until_gone(pid: int | None, timeout: float) -> None:
    """Waits until the process has ended, and kills it past the time. A zombie counts as ended."""
    import psutil

    if pid is None:
        return
    deadline = time.monotonic() + timeout
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                process.kill()
                deadline += timeout
            time.sleep(0.02)
