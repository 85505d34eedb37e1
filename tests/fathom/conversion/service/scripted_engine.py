"""An engine that does what the document tells it to: the real interface, with faults on demand."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
import time
from pathlib import Path

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.report import ConversionReport, ConvertedDocument, Inspection, PageProgress, ProgressCallback
from fathom.errors import DocumentDamaged
from fathom.observability.structured_logging import get_logger

KEPT: list[bytes] = []
# While the file of this name exists, workers do not become warm.
HOLD = "SCRIPTED_HOLD"

log = get_logger("fathom.conversion.scripted")


class ScriptedEngine:
    """Returns the text of a file as its document, after it has done what the first line says."""

    def warm_up(self) -> None:
        """Loads nothing."""
        held = os.environ.get(HOLD)
        while held and Path(held).exists():
            time.sleep(0.02)

    def converter_version(self) -> str:
        """Returns a name of its own."""
        return "scripted 1"

    def convert_file(
        self,
        path: Path,
        inspection: Inspection,
        *,
        version: str,
        progress: ProgressCallback | None = None,
        key: str | None = None,
    ) -> ConvertedDocument:
        """Returns the text of the file."""
        return convert_file(path, inspection, version, progress)


def open_engine(settings: ConverterSettings) -> ScriptedEngine:
    """Returns the engine."""
    return ScriptedEngine()


def convert_file(
    path: Path, inspection: Inspection, version: str, progress: ProgressCallback | None = None
) -> ConvertedDocument:
    """Returns the text of the file, after it has done what its first line says."""
    text = path.read_text(encoding=inspection.encoding or "utf-8")
    word, _, argument = text.splitlines()[0].partition(" ")
    match word:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":  # as native code does: nothing is reported, nothing listened to
            time.sleep(float(argument))
        case "pages":
            for page in range(1, int(argument) + 1):
                time.sleep(0.05)
                if progress is not None:
                    progress(PageProgress("page", page, int(argument)))
        case "gate":  # until the file of that name beside the document exists
            while not (path.parent / argument).exists():
                time.sleep(0.02)
                if progress is not None:
                    progress(PageProgress("page", 1, 2))
        case "allocate":
            kept = []
            while True:
                kept.append(bytearray(8 * 1024**2))
                time.sleep(0.001)
        case "allocate-at-once":
            bytearray(int(argument) * 1024**2)
        case "keep":  # beyond the document, as a leak does
            KEPT.append(os.urandom(int(argument) * 1024**2))
        case "fetch":
            with contextlib.suppress(OSError):
                socket.create_connection((argument, 9), timeout=5)
        case "import":
            importlib.import_module(argument)
        case "read":
            (path.parent / argument).read_bytes()
        case "reject":
            raise DocumentDamaged("The document is damaged.", hint="Send another copy.")
        case "defect":
            raise ZeroDivisionError("a secret of the document")
        case "warn":  # as conversion_engine.convert_with does
            log.info("The libraries warned of the document", sub_stage="convert", metrics={"warnings": 1})
        case "say":  # the rest of the file goes to stderr as it is, each line's escapes resolved
            sys.stderr.buffer.write(text.partition("\n")[2].encode().decode("unicode_escape").encode("latin-1"))
            sys.stderr.buffer.flush()
        case "close-output":
            os.close(1)
            os.close(2)
        case "hang-up":  # the process lives on, and says nothing any more
            for descriptor in range(3, 64):
                with contextlib.suppress(OSError):
                    socket.socket(fileno=os.dup(descriptor)).shutdown(socket.SHUT_WR)
            time.sleep(60)
        case "leave-child":  # a process that holds the output open, and outlives its parent
            if os.fork() == 0:
                time.sleep(float(argument))
                os._exit(0)
        case "surrogate":
            text = "half a pair: \ud800"
    report = ConversionReport(
        kind=inspection.kind,
        version=version,
        size=inspection.size,
        seconds=0.0,
        words=len(text.split()),
        converter=f"scripted in {os.getpid()}",
    )
    return ConvertedDocument(document={"name": path.name}, markdown=text, report=report)
