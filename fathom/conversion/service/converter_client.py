"""Client of the warm converter: a call that converts, and starts the converter if it does not run yet."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.inspection.file_inspection import check_size
from fathom.conversion.report import ConvertedDocument, Inspection, ProgressCallback
from fathom.conversion.service.converter_address import ConverterAddress
from fathom.conversion.service.converter_lifecycle import ConverterLifecycle, kill_listener, listening_pid
from fathom.conversion.service.converter_status import ConverterStatus
from fathom.conversion.service.document_codec import decode_document
from fathom.conversion.service.protocol import (
    MAX_ANSWER_BYTES,
    TAKEN,
    ConnectionLost,
    Request,
    WireFrame,
    decode_error,
    decode_progress,
    pack_frame,
    receive_frame,
)
from fathom.errors import ConverterUnreachable, DocumentRejected, StoreFailed
from fathom.observability.structured_logging import propagated_fields
from fathom.settings import Settings

# The converter sends ALIVE every 5 s; on a machine under load it may be late, but not by this.
SILENT_FOR_S = 30.0
# A converter may be on its way out, or be replaced by a caller with other settings; past this those callers are fighting.
MAX_ATTEMPTS = 6
# A converter may vanish while a document is at work in it; once more, and the document may be why.
MAX_VANISHED = 1


class ConverterGone(ConnectionLost):
    """The converter was gone before a worker had the document."""


class ConverterClient:
    """Converts by the converter process of `settings.home`; safe to share between threads.

    `engine` names the module that converts in the workers (see conversion_worker.py); callers with another engine or other
    settings get a converter of their own, and the converter before it leaves when it has finished its work.
    """

    def __init__(self, settings: Settings, *, engine: str | None = None) -> None:
        self._settings = ConverterSettings.of(settings, engine=engine)
        key = settings.docling_serve_api_key
        self._key = key.get_secret_value() if key and self._settings.docling_serve_url else None
        self._address = ConverterAddress(settings.home)
        self._lifecycle = ConverterLifecycle(self._settings)

    def convert(
        self,
        path: Path,
        *,
        version: str,
        name: str | None = None,
        document: str | None = None,
        progress: ProgressCallback | None = None,
    ) -> ConvertedDocument:
        """Returns the file as a structured document, inspected and converted in a worker that nothing else depends on.

        `version` is the SHA-256 of the bytes, `name` the file's name when it was uploaded. `progress` is called on
        this thread; an exception it raises cancels the conversion and goes on to the caller, as Ctrl-C does.

        Raises DocumentRejected (its subclasses say why), ConversionFailed (TimedOut, OutOfMemory, Cancelled), StoreFailed if
        the file cannot be read, ConverterUnreachable if no converter can be had, SettingsInvalid if its backend cannot work.
        """
        payload = self._ask(self._request("convert", path, name, version, document), progress)
        return decode_document(payload)

    def inspect(self, path: Path, *, name: str | None = None, document: str | None = None) -> Inspection:
        """Inspects the file in a worker, which a file made to crash its reader may crash. Raises as `convert`."""
        return Inspection.model_validate_json(self._ask(self._request("inspect", path, name, "", document), None))

    def ensure_started(self, *, warm: bool = False, timeout: float = 180.0) -> None:
        """Ensures that the converter of this home runs with our settings; with `warm`, that a worker is ready for a document.

        Of any number of callers at once, one starts it. Raises ConverterUnreachable, and SettingsInvalid where the backend
        that the settings name cannot work here.
        """
        self._settings.require_usable()
        deadline = time.monotonic() + timeout
        self._lifecycle.ensure_started(deadline)
        while warm and not (status := self.status()).warm:
            if status.trouble or time.monotonic() > deadline:
                message = status.trouble or f"The converter is not warm after {timeout:.0f} s."
                raise ConverterUnreachable(message, hint=self._lifecycle.log_hint)
            time.sleep(0.1)

    def status(self) -> ConverterStatus:
        """Returns the converter's status. Raises ConverterUnreachable if none is running; starts none."""
        return self._lifecycle.status()

    def listening(self) -> int | None:
        """Returns the pid of the converter, even if it does not answer, 0 where the system does not tell; starts none."""
        return self._lifecycle.listening()

    def stop(self) -> bool:
        """Stops the converter of this home and cancels its documents. Returns True if one was running."""
        return self._lifecycle.stop()

    def _request(self, operation: str, path: Path, name: str | None, version: str, document: str | None) -> Request:
        self._settings.require_usable()
        try:
            # rejections that need no reading come before anything is started
            check_size(path, max_bytes=self._settings.max_bytes)
        except DocumentRejected as rejection:
            rejection.document = document
            raise
        except OSError as error:
            message = f"The file cannot be read: {error.strerror or type(error).__name__}."
            raise StoreFailed(message, document=document) from error
        fields = propagated_fields()
        return Request(
            operation="inspect" if operation == "inspect" else "convert",
            path=str(path.absolute()),
            name=name if name is not None else path.name,
            version=version,
            document=document,
            run=fields.get("run"),
            request=fields.get("request"),
            key=self._key,
        )

    def _ask(self, request: Request, progress: ProgressCallback | None) -> bytes:
        """Returns the converter's reply.

        The request is sent once more to a converter that vanishes over the document, and a few times where it vanishes
        while the document waits for a worker, or leaves for another converter.
        """
        vanished = 0
        for attempt in range(MAX_ATTEMPTS):
            # with the fingerprint of the current code: an upgrade while the document waits makes the next converter another one
            current = replace(request, fingerprint=self._settings.fingerprint())
            try:
                with self._connected() as connection:
                    answer = self._converse(connection, current, progress)
            except ConverterGone:
                time.sleep(0.1 * attempt)  # it was just dying or leaving, and has not seen the document
                continue
            except ConnectionLost as error:
                vanished += 1
                if vanished > MAX_VANISHED:
                    message = "The converter vanished twice over this document."
                    raise ConverterUnreachable(message, document=request.document, hint=self._lifecycle.log_hint) from error
                continue
            if answer is not None:
                return answer
        raise ConverterUnreachable(
            "The converter leaves again and again before it takes the document.",
            document=request.document,
            hint="Do callers with different settings share this FATHOM_HOME? Give each deployment its own.",
        )

    def _connected(self) -> socket.socket:
        """Connects to the converter, and starts it if it does not run. Raises ConverterGone if it is gone again at once."""
        try:
            return self._address.connect(SILENT_FOR_S)
        except OSError:
            self.ensure_started()
        try:
            return self._address.connect(SILENT_FOR_S)
        except OSError as error:
            raise ConverterGone("The converter ended as soon as it was started.") from error

    def _converse(self, connection: socket.socket, request: Request, progress: ProgressCallback | None) -> bytes | None:
        """Returns the result's bytes, or None if the converter leaves because its settings are not ours.

        Raises the converter's error, ConverterGone or ConnectionLost if it dies or falls silent before or after a worker
        had the document, and whatever `progress` raises.
        """
        try:
            connection.sendall(pack_frame(WireFrame.REQUEST, request.encode()))
            frame, payload = receive_frame(connection, MAX_ANSWER_BYTES)  # it says that it is alive before anything else
        except TimeoutError as error:
            kill_listener(listening_pid(connection))
            raise ConverterGone(f"The converter said nothing for {SILENT_FOR_S:.0f} s.") from error
        except OSError as error:
            raise ConverterGone("The converter was leaving.") from error
        taken = False
        while True:
            taken = taken or frame is WireFrame.PROGRESS or (frame is WireFrame.ALIVE and payload == TAKEN)
            if frame is WireFrame.RESULT:
                return payload
            if frame is WireFrame.ERROR:
                raise decode_error(payload, document=request.document)
            if frame is WireFrame.SUPERSEDED:
                return None
            if frame is WireFrame.PROGRESS and progress is not None:
                progress(decode_progress(payload))
            frame, payload = self._hear(connection, ConnectionLost if taken else ConverterGone)

    def _hear(self, connection: socket.socket, lost: type[ConnectionLost]) -> tuple[WireFrame, bytes]:
        try:
            return receive_frame(connection, MAX_ANSWER_BYTES)
        except TimeoutError as error:
            kill_listener(listening_pid(connection))
            raise lost(f"The converter said nothing for {SILENT_FOR_S:.0f} s.") from error
        except OSError as error:
            raise lost("The converter closed the connection.") from error
