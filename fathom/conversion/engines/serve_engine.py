"""The engine that has a docling-serve convert, with the same checks and report as any other engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.docling_backends.text.text_document import READ_HERE, text_document
from fathom.conversion.engines.conversion_engine import convert_with
from fathom.conversion.engines.docling_serve_client import ServeClient
from fathom.conversion.engines.engine_choice import require_usable
from fathom.conversion.quality.report_builder import ConversionOutcome
from fathom.conversion.report import ConvertedDocument, Inspection, ProgressCallback
from fathom.errors import FathomError
from fathom.observability.structured_logging import get_logger

log = get_logger(__name__)


class ServeEngine:
    """Sends files to a server; `open_client` returns a client of it for a key, which stays until another key comes."""

    def __init__(self, open_client: Callable[[str | None], ServeClient]) -> None:
        self._open_client = open_client
        self._client: ServeClient | None = None
        self._key: str | None = None

    def warm_up(self) -> None:
        """Loads the client. Whether the server is up shows document by document: it may start later than this process."""
        import docling.service_client  # noqa: F401

        try:
            self._client_of(None).ask_version()
        except FathomError as error:
            log.warning(error.message, sub_stage="models", metrics={"error": error.name})

    def converter_version(self) -> str:
        """Returns the server's converter with its versions, as far as it has been asked yet."""
        return (self._client and self._client.version) or "docling-serve"

    def convert_file(
        self,
        path: Path,
        inspection: Inspection,
        *,
        version: str,
        progress: ProgressCallback | None = None,
        key: str | None = None,
    ) -> ConvertedDocument:
        """Returns the document in the file; see `ConversionEngine`. Plain text is not sent anywhere.

        Raises besides ConverterUnreachable where the server does not answer or has no room, and KeyRefused.
        """
        client = self._client_of(key)
        client.ask_version()
        make = partial(_made, client, path, inspection, progress)
        return convert_with(make, path, inspection, version=version, converter=client.version)

    def _client_of(self, key: str | None) -> ServeClient:
        if self._client is None or key != self._key:
            self._client, self._key = self._open_client(key), key
        return self._client


def open_engine(settings: ConverterSettings) -> ServeEngine:
    """Returns the engine of a worker whose settings name `docling_serve_url`. Raises SettingsInvalid where it is no address."""
    url = settings.docling_serve_url
    assert url is not None
    require_usable(settings.docling_artifacts, url)
    return ServeEngine(partial(ServeClient, url, timeout_s=settings.timeout_s, languages=settings.ocr_languages))


def _made(client: ServeClient, path: Path, inspection: Inspection, progress: ProgressCallback | None) -> ConversionOutcome:
    if inspection.kind in READ_HERE:
        return ConversionOutcome(document=text_document(path, inspection))
    return client.convert(path, inspection, progress)
