"""Converts a file by a docling-serve at an address, with the same checks and report as any other engine."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.docling_backends.text.text_document import READ_HERE, text_document
from fathom.conversion.engines.docling_serve_client import ServeClient
from fathom.conversion.engines.embedded_engine import convert_with
from fathom.conversion.engines.engine_choice import require_usable
from fathom.conversion.quality.report_builder import ConversionOutcome
from fathom.conversion.report import ConvertedDocument, Inspection, ProgressCallback
from fathom.errors import FathomError
from fathom.observability.structured_logging import get_logger

log = get_logger(__name__)

_settings: ConverterSettings | None = None
_clients: dict[str | None, ServeClient] = {}


def configure(settings: ConverterSettings) -> None:
    """Documents go to `docling_serve_url`."""
    global _settings
    _settings = settings


def converter_version() -> str:
    """Returns the server's converter with its versions, as far as it has been asked yet."""
    return next((client.version for client in _clients.values() if client.version), "docling-serve")


def warm_up() -> None:
    """Loads the client. Whether the server is up shows document by document: it may start later than this process."""
    import docling.service_client  # noqa: F401

    assert _settings is not None
    require_usable(_settings.docling_artifacts, _settings.docling_serve_url)
    try:
        _client(None).ask_version()
    except FathomError as error:
        log.warning(error.message, sub_stage="models", metrics={"error": error.name})


def convert_file(
    path: Path,
    inspection: Inspection,
    *,
    version: str,
    progress: ProgressCallback | None = None,
    key: str | None = None,
) -> ConvertedDocument:
    """Returns the document in the file, as `embedded_engine.convert_file` does; plain text is not sent anywhere.

    `key` opens the server. Raises besides ConverterUnreachable where it does not answer or has no room, and KeyRefused.
    """
    client = _client(key)
    client.ask_version()
    make = partial(_made, client, path, inspection, progress)
    return convert_with(make, path, inspection, version=version, converter=client.version)


def _made(client: ServeClient, path: Path, inspection: Inspection, progress: ProgressCallback | None) -> ConversionOutcome:
    if inspection.kind in READ_HERE:
        return ConversionOutcome(document=text_document(path, inspection))
    return client.convert(path, inspection, progress)


def _client(key: str | None) -> ServeClient:
    assert _settings is not None
    assert _settings.docling_serve_url is not None
    if key not in _clients:
        _clients.clear()  # a new key replaces the key before
        _clients[key] = ServeClient(
            _settings.docling_serve_url, key, timeout_s=_settings.timeout_s, languages=_settings.ocr_languages
        )
    return _clients[key]
