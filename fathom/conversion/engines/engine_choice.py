"""Which of the three converters a deployment has, and whether it can work: embedded, Docling's models, docling-serve."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from fathom.errors import SettingsInvalid

# The files that `docling-tools models download` puts into a folder, as far as the standard pipeline for PDFs needs them.
MODEL_FOLDERS = ("docling-project--docling-layout-heron", "docling-project--docling-models", "RapidOcr")
DOWNLOAD = "`docling-tools models download -o FOLDER layout tableformer rapidocr`"


class Backend(StrEnum):
    """Conversion backends; each name is the start of the converter version in a report."""

    EMBEDDED = "fathom-geometric"
    MODELS = "docling-models"
    SERVE = "docling-serve"


# The module of each engine; `open_engine(settings)` of it returns the engine.
ENGINES = {
    Backend.EMBEDDED: "fathom.conversion.engines.embedded_engine",
    Backend.MODELS: "fathom.conversion.engines.docling_models",
    Backend.SERVE: "fathom.conversion.engines.serve_engine",
}


def backend_of(artifacts: Path | None, serve_url: str | None) -> Backend:
    """Returns the backend that the settings name; whether it can work is another question, see `require_usable`."""
    if serve_url is not None:
        return Backend.SERVE
    return Backend.EMBEDDED if artifacts is None else Backend.MODELS


def require_usable(artifacts: Path | None, serve_url: str | None) -> Backend:
    """Returns the backend if it can work on this machine; docling-serve is not asked. Raises SettingsInvalid."""
    if artifacts is not None and serve_url is not None:
        raise SettingsInvalid(
            "FATHOM_DOCLING_ARTIFACTS and FATHOM_DOCLING_SERVE_URL are both set.", hint="Unset the one you do not want."
        )
    backend = backend_of(artifacts, serve_url)
    if backend is Backend.MODELS and artifacts is not None:
        _require_models(artifacts)
    if backend is Backend.SERVE and serve_url is not None:
        _require_address(serve_url)
    return backend


def _require_models(folder: Path) -> None:
    if not folder.is_dir():
        raise SettingsInvalid(
            f"FATHOM_DOCLING_ARTIFACTS names {folder}, which is no folder.",
            hint=f"Fill one with {DOWNLOAD}, or unset it to convert without model weights.",
        )
    missing = [name for name in MODEL_FOLDERS if not (folder / name).is_dir()]
    if missing:
        raise SettingsInvalid(
            f"FATHOM_DOCLING_ARTIFACTS names {folder}, which lacks {', '.join(missing)}.",
            hint=f"Fill it with {DOWNLOAD}, or unset it to convert without model weights.",
        )
    if find_spec("torch") is None:
        raise SettingsInvalid(
            "FATHOM_DOCLING_ARTIFACTS is set, and torch, which runs Docling's models, is not installed.",
            hint="Install `docling` with its models into this environment (see docs of Docling), or unset it.",
        )


def _require_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        well_formed = False
    hint = "Write it as http://host:5001, without /v1, name or key; the key goes into FATHOM_DOCLING_SERVE_API_KEY."
    if not well_formed or parts.path.rstrip("/").endswith("/v1"):
        raise SettingsInvalid("FATHOM_DOCLING_SERVE_URL is not the base address of a server.", hint=hint)
    if parts.username or parts.password:
        raise SettingsInvalid("FATHOM_DOCLING_SERVE_URL has a user or a password in it.", hint=hint)
