"""Whether the converter that the settings name can work now: its folder, its address, its key, its version."""

from __future__ import annotations

from fathom.conversion.engines.engine_choice import Backend, require_usable
from fathom.conversion.geometric.ocr.ocr_languages import ocr_languages, require_readable
from fathom.settings import Settings

WITHIN_S = 10.0


def examine_backend(settings: Settings) -> str:
    """Returns a sentence that names the converter; a docling-serve is asked for its version.

    Raises SettingsInvalid, ConverterUnreachable, KeyRefused, ConversionFailed; each with advice.
    """
    backend = require_usable(settings.docling_artifacts, settings.docling_serve_url)
    require_readable(ocr_languages(settings.ocr_languages), backend)
    if backend is Backend.MODELS:
        return f"Docling's models in {settings.docling_artifacts}"
    if backend is Backend.EMBEDDED or settings.docling_serve_url is None:
        return "embedded: geometric layout and OCR, no weights to fetch"
    from fathom.conversion.engines.docling_serve_client import ServeClient

    key = settings.docling_serve_api_key
    client = ServeClient(settings.docling_serve_url, key.get_secret_value() if key else None, timeout_s=WITHIN_S, patience_s=())
    try:
        return f"{client.ask_version()} at {settings.docling_serve_url}"
    finally:
        client.close()
