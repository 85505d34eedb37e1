"""Client of a docling-serve: Docling's own client, with bounds, patience, and errors with advice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from fathom.conversion.engines.docling_formats import NAMES, source_bytes
from fathom.conversion.engines.docling_result import outcome_of
from fathom.conversion.quality.report_builder import ConversionOutcome
from fathom.conversion.report import Inspection, PageProgress, ProgressCallback
from fathom.errors import (
    ConversionFailed,
    ConversionTimedOut,
    ConverterUnreachable,
    DocumentDamaged,
    DocumentTooLarge,
    FathomError,
    KeyRefused,
)
from fathom.observability.structured_logging import get_logger

if TYPE_CHECKING:
    from docling.service_client import DoclingServiceClient, ServiceError

MAX_ANSWER_BYTES = 512 * 1024**2
# A server that is restarting or has a full queue is asked again after these seconds, then the run is tried again later.
PATIENCE_S = (0.5, 1.0, 2.0)
MAX_WAIT_S = 10.0
# Between two looks at a task; also how long a cancel can stay unheard.
LOOK_EVERY_S = 0.4
SLICE_S = 0.2

ReplyT = TypeVar("ReplyT")
log = get_logger(__name__)


class AnswerTooLarge(Exception):
    """The answer has more bytes than any document makes."""


class ServeClient:
    """Conversions by the docling-serve at `url`; `key` is sent as X-Api-Key and never logged."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        timeout_s: float,
        most_bytes: int = MAX_ANSWER_BYTES,
        patience_s: tuple[float, ...] = PATIENCE_S,
        languages: Sequence[str] = (),
    ) -> None:
        self._url = url
        self._patience_s = patience_s
        self._languages = languages
        self._key = key
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._client: DoclingServiceClient | None = None
        self.version = ""

    def ask_version(self) -> str:
        """Returns the server's versions, asked once. Raises ConverterUnreachable, KeyRefused, ConversionFailed."""
        if not self.version:
            answer = self._patiently(lambda: self._opened().version(), None)
            versions = answer if isinstance(answer, dict) else {}
            named = (f"{name} {str(versions[name])[:40]}" for name in ("docling-serve", "docling") if name in versions)
            said = " ".join(named) or "docling-serve of no named version"
            self.version = f"{said} by docling-slim {installed('docling-slim')}"
        return self.version

    def convert(self, path: Path, inspection: Inspection, progress: ProgressCallback | None) -> ConversionOutcome:
        """Returns the server's result for the file. An exception of `progress` ends the waiting, and goes on to the caller.

        docling-serve has no way to take a task back: a task that is given up here runs on there, at most `timeout_s`.
        Raises ConverterUnreachable, KeyRefused, DocumentTooLarge, DocumentDamaged, ConversionFailed, ConversionTimedOut.
        """
        from docling.datamodel.base_models import DocumentStream
        from docling.datamodel.service.targets import InBodyTarget

        client = self._opened()
        deadline = time.monotonic() + self._timeout_s

        def submit() -> Any:
            source = DocumentStream(name=NAMES[inspection.kind], stream=source_bytes(path, inspection))
            return client.submit(source, options=self._options(), target=InBodyTarget())

        job = self._patiently(submit, progress)
        while not job.done:
            if time.monotonic() > deadline:
                raise ConversionTimedOut(f"docling-serve had not converted it after {self._timeout_s:g} s.")
            began = time.monotonic()
            self._patiently(lambda: job.poll(wait=LOOK_EVERY_S), progress)
            _tell(progress, job.status, inspection)
            if not job.done:
                _wait(LOOK_EVERY_S - (time.monotonic() - began), progress)
        result = self._patiently(lambda: job.result(timeout=MAX_WAIT_S), progress)
        document = result.document
        if document.origin is None and not document.pages and not document.texts and not result.errors:
            raise _not_understood()  # the client puts an empty document where the answer has none
        return outcome_of(result, inspection)

    def close(self) -> None:
        """Closes all connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _options(self) -> Any:
        from docling.datamodel.base_models import OutputFormat
        from docling.datamodel.service.options import ConvertDocumentsOptions
        from docling_core.types.doc import ImageRefMode

        return ConvertDocumentsOptions(
            to_formats=[OutputFormat.JSON],
            image_export_mode=ImageRefMode.PLACEHOLDER,
            include_images=False,
            document_timeout=self._timeout_s,
            ocr_lang=list(self._languages) or None,
        )

    def _opened(self) -> DoclingServiceClient:
        if self._client is None:
            from docling.service_client import DoclingServiceClient, StatusWatcherKind

            client = DoclingServiceClient(
                self._url,
                self._key or "",
                status_watcher=StatusWatcherKind.POLLING,
                http_retries=0,  # it sleeps for as long as the server says, and cannot be woken: the patience is ours
                job_timeout=self._timeout_s,
                http_connect_timeout=5.0,
                http_read_timeout=min(60.0, self._timeout_s),
            )
            # the client reads an answer whole, whatever its size, and has no setting for a bound
            connections = client._http_client
            connections.headers["Accept-Encoding"] = "identity"
            connections.event_hooks["response"] = [self._bound]
            self._client = client
        return self._client

    def _bound(self, response: Any) -> None:
        """Counts the response's bytes as they come. Raises AnswerTooLarge."""
        announced = response.headers.get("Content-Length", "")
        packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
        if packed or (announced.isdigit() and int(announced) > self._most_bytes):
            raise AnswerTooLarge
        response.stream = _Counted(response.stream, self._most_bytes)

    def _patiently(self, ask: Callable[[], ReplyT], progress: ProgressCallback | None) -> ReplyT:
        """Returns the response; retries where the server has no room or is away for a moment. Raises named errors."""
        for wait_s in self._patience_s:
            try:
                with self._named():
                    return ask()
            except ConverterUnreachable as error:
                log.warning(error.message, sub_stage="waiting", metrics={"wait_s": wait_s})
                _wait(wait_s, progress)
        with self._named():
            return ask()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turns exceptions of the client into errors of Fathom, with advice."""
        from docling.service_client import (
            DoclingServiceClientError,
            ResponseSchemaMismatchError,
            ServiceError,
            TaskExecutionError,
            TaskTimeoutError,
        )

        try:
            yield
        except ResponseSchemaMismatchError as error:
            raise _not_understood() from error
        except ServiceError as error:
            raise self._of_service(error) from None  # its cause holds the request, and that the key
        except TaskTimeoutError as error:
            raise ConversionTimedOut(f"docling-serve had not converted it after {self._timeout_s:g} s.") from error
        except TaskExecutionError as error:
            raise _of_task(error) from error
        except DoclingServiceClientError as error:
            message = "docling-serve no longer has the task, or its result; was it restarted?"
            raise ConversionFailed(message) from error
        except AnswerTooLarge as error:
            message = f"docling-serve's answer has more than {self._most_bytes // 1024**2} MB."
            raise ConversionFailed(message, hint="Split the document.") from error
        except ValueError as error:  # pydantic's and JSON's: an answer of another form
            raise _not_understood() from error

    def _of_service(self, error: ServiceError) -> FathomError:
        code = error.status_code
        if code is None:
            return ConverterUnreachable(
                f"docling-serve at {self._url} does not answer.",
                hint="Start it, or look at FATHOM_DOCLING_SERVE_URL; unset it to convert on this machine.",
            )
        if code in (401, 403):
            return KeyRefused(
                f"docling-serve at {self._url} {'does not take the key' if self._key else 'wants a key'} (HTTP {code}).",
                hint="Set FATHOM_DOCLING_SERVE_API_KEY to the key that the server has as DOCLING_SERVE_API_KEY.",
            )
        if code == 413:
            return DocumentTooLarge("docling-serve takes no file of this size.", hint="Split it, or raise the server's limit.")
        if code in (402, 429, 503):
            return ConverterUnreachable(
                f"docling-serve at {self._url} has no room for another document now (HTTP {code}).",
                hint="It is tried again by itself; give the server more workers, or set FATHOM_CONVERT_WORKERS lower.",
            )
        if code >= 500:
            return ConverterUnreachable(
                f"docling-serve at {self._url} failed over the request (HTTP {code}).", hint="Read the server's log."
            )
        hint = "Is it a docling-serve, of 1.21 or newer? Its log says more."
        return ConversionFailed(f"docling-serve at {self._url} refused the request (HTTP {code}).", hint=hint)


class _Counted(httpx.SyncByteStream):
    """A body that may not be longer than it should be."""

    def __init__(self, stream: Any, most_bytes: int) -> None:
        self._stream = stream
        self._most_bytes = most_bytes

    def __iter__(self) -> Iterator[bytes]:
        count = 0
        for piece in self._stream:
            count += len(piece)
            if count > self._most_bytes:
                raise AnswerTooLarge
            yield piece

    def close(self) -> None:
        """Gives the connection back."""
        self._stream.close()


def _of_task(error: Any) -> FathomError:
    category = getattr(error.failure, "category", None)
    said = " ".join(str(error).split())[:300].rstrip(".")
    if str(getattr(category, "value", category)) in ("backend_failure", "invalid_input"):
        return DocumentDamaged(f"docling-serve says that its structure gives way: {said}.")
    return ConversionFailed(f"docling-serve could not convert it: {said}.")


def _not_understood() -> ConversionFailed:
    return ConversionFailed(
        "docling-serve's answer is not what its API describes.",
        hint="Its version and that of docling-slim here may be too far apart; `fathom docling status` shows both.",
    )


def _tell(progress: ProgressCallback | None, phase: str, inspection: Inspection) -> None:
    if progress is not None:
        progress(PageProgress(str(getattr(phase, "value", phase)), 0, inspection.pages))


def _wait(seconds: float, progress: ProgressCallback | None) -> None:
    """Waits so many seconds, in which a cancel is heard."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(SLICE_S, left))
        if progress is not None:
            progress(PageProgress("waiting", 0, None))
