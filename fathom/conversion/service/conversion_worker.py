"""The worker process, which converts documents in turn for the converter and may be killed at any moment.

Its engine (see conversion_engine.py) is made once, by `open_engine(settings)` of the module that the settings name.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.conversion_engine import ConversionEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import INSPECTED, PageProgress
from fathom.conversion.service.document_codec import encode_document
from fathom.conversion.service.log_relay import log_to_stream
from fathom.conversion.service.protocol import (
    MAX_REQUEST_BYTES,
    ConnectionLost,
    Request,
    WireFrame,
    encode_error,
    encode_progress,
    pack_frame,
    receive_frame,
)
from fathom.conversion.service.worker_info import loaded_libraries
from fathom.errors import ConversionCancelled, FathomError
from fathom.observability.structured_logging import bound, stage

PR_SET_PDEATHSIG = 1
OBJECTS_PER_COLLECTION = 100_000


class ConversionCancelledByCaller(BaseException):
    """The caller has cancelled the document; no `except Exception` on the way out may swallow it."""


class Worker:
    """Takes requests from `connection`, one at a time, until it closes."""

    def __init__(self, connection: socket.socket, settings: ConverterSettings, engine: ConversionEngine) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._settings = settings
        self._engine = engine
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        # documents are counted on both sides, so that a cancel which comes too late does not hit the next document
        self._document = 0
        self._given_up = 0

    def run(self) -> None:
        """Runs for ever; ends with the process when the other side of the connection does."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        while True:
            request = self._requests.get()
            self._document += 1
            frame, payload = self._answer(request)
            self._send(frame, payload)
            del payload
            gc.collect()  # documents are webs of cycles; between two of them nothing waits for it

    def _listen(self) -> None:
        try:
            while True:
                frame, payload = receive_frame(self._connection, MAX_REQUEST_BYTES)
                if frame is WireFrame.CANCEL:
                    self._given_up = int(payload)
                elif frame is WireFrame.REQUEST:
                    request = Request.decode(payload)
                    self._send(WireFrame.ALIVE)  # from here on the document may be the cause of this process's end
                    self._requests.put(request)
        except (ConnectionLost, OSError):
            os._exit(0)  # the main thread may be deep in native code, and nothing waits for its result
        except Exception:  # noqa: BLE001 - a process that hears nothing is of no use
            traceback.print_exc()
            os._exit(1)

    def _answer(self, request: Request) -> tuple[WireFrame, bytes]:
        try:
            with stage("docling", document=request.document, run=request.run), bound(request=request.request):
                return WireFrame.RESULT, self._work(request)
        except ConversionCancelledByCaller:
            return WireFrame.ERROR, encode_error(ConversionCancelled("The conversion was cancelled."))
        except FathomError as error:
            return WireFrame.ERROR, encode_error(error)
        except Exception as error:  # noqa: BLE001 - it goes to the caller whole, with its traceback as the cause
            return WireFrame.ERROR, encode_error(error)

    def _work(self, request: Request) -> bytes:
        path = Path(request.path)
        limits = {"max_bytes": self._settings.max_bytes, "max_pages": self._settings.max_pages}
        inspection = inspect_file(path, name=request.name or None, **limits)
        if request.operation == "inspect":
            return inspection.model_dump_json().encode()
        self._report(PageProgress(INSPECTED, 0, inspection.pages))
        converted = self._engine.convert_file(
            path, inspection, version=request.version, progress=self._report, key=request.key or None
        )
        return encode_document(converted)

    def _report(self, progress: PageProgress) -> None:
        if self._given_up == self._document:
            raise ConversionCancelledByCaller
        self._send(WireFrame.PROGRESS, encode_progress(progress))

    def _send(self, frame: WireFrame, payload: bytes = b"") -> None:
        with self._sending:
            self._connection.sendall(pack_frame(frame, payload))


def bind_to_supervisor(supervisor: int) -> None:
    """Makes this process die with its supervisor, even in the middle of native code."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:  # it died before we asked
        os._exit(0)


def bound_memory(memory_mb: int) -> None:
    """Bounds memory: an allocation too sudden for the supervisor's watch fails; the OOM killer takes this process first."""
    import resource

    backstop = 2 * memory_mb * 1024**2
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_DATA, (backstop, backstop))
        Path("/proc/self/oom_score_adj").write_text("800")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def warm_engine(settings: ConverterSettings) -> ConversionEngine:
    """Returns the engine, warm. Ends the process if it cannot be, with the reason as its last line, which callers are shown."""
    try:
        engine: ConversionEngine = importlib.import_module(settings.engine).open_engine(settings)
        engine.warm_up()
    except Exception as error:  # noqa: BLE001 - whatever it is, this process is of no use
        traceback.print_exc()
        reason = str(error).splitlines()[:1] or [""]
        sys.exit(f"{type(error).__name__}: {reason[0]}")
    return engine


def main() -> None:
    """Warms up, reports it, then works. Arguments: the connection's descriptor, the supervisor's pid, the settings as JSON."""
    descriptor, supervisor, settings_json = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bind_to_supervisor(supervisor)
    settings = ConverterSettings.model_validate_json(settings_json)
    bound_memory(settings.memory_mb)
    log_to_stream(sys.stderr, settings.log_level)
    connection = socket.socket(fileno=descriptor)
    started = time.monotonic()
    engine = warm_engine(settings)
    # everything loaded so far stays: the garbage collector need not look at it after each document
    gc.collect()
    gc.freeze()
    # a large document is millions of objects that all live to its end: looking through them again and again costs a fifth
    gc.set_threshold(OBJECTS_PER_COLLECTION, 20, 50)
    facts = loaded_libraries(engine.converter_version(), time.monotonic() - started)
    connection.sendall(pack_frame(WireFrame.READY, facts.model_dump_json().encode()))
    Worker(connection, settings, engine).run()


if __name__ == "__main__":
    main()
