"""Settings of a converter process, and the fingerprint that shows whether a running converter still fits its callers."""

from __future__ import annotations

import contextlib
import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from fathom.conversion.engines.engine_choice import ENGINES, backend_of, require_usable
from fathom.conversion.geometric.ocr.ocr_languages import ocr_languages, require_readable
from fathom.settings import Settings


class ConverterSettings(BaseModel):
    """All a converter process needs to know; nothing in it is secret, for it stands on a command line."""

    model_config = ConfigDict(frozen=True)

    home: Path
    logs: Path
    workers: int
    timeout_s: float
    memory_mb: int
    max_bytes: int
    max_pages: int
    log_level: str
    docling_artifacts: Path | None = None
    docling_serve_url: str | None = None
    ocr_languages: tuple[str, ...] = ()
    engine: str

    @classmethod
    def of(cls, settings: Settings, *, engine: str | None = None) -> ConverterSettings:
        """Returns the converter's share of `settings`; `engine` is the engine's module (see conversion_engine.py)."""
        backend = backend_of(settings.docling_artifacts, settings.docling_serve_url)
        return cls(
            home=settings.home,
            logs=settings.logs_path,
            workers=settings.convert_workers,
            timeout_s=settings.convert_timeout_s,
            memory_mb=settings.convert_memory_mb,
            max_bytes=settings.max_file_mb * 1024**2,
            max_pages=settings.max_pages,
            log_level=settings.log_level,
            docling_artifacts=settings.docling_artifacts,
            docling_serve_url=settings.docling_serve_url,
            ocr_languages=ocr_languages(settings.ocr_languages),
            engine=engine or ENGINES[backend],
        )

    def require_usable(self) -> None:
        """Ensures that the backend works here and reads the languages. Raises SettingsInvalid, also where two are named."""
        require_readable(self.ocr_languages, require_usable(self.docling_artifacts, self.docling_serve_url))

    def fingerprint(self) -> str:
        """Returns a word that changes with these settings, with this room's code on the disk and with the libraries' versions.

        It describes a converter started at this moment, not the code that the calling process once loaded: after an upgrade a
        process that lives long asks for the same new converter as new processes do, and they do not replace each other's.
        """
        return hashlib.sha256(f"{self.model_dump_json()}|{_code_fingerprint(_sources())}".encode()).hexdigest()[:16]


Sources = tuple[tuple[str, int, int], ...]


def _sources() -> Sources:
    """Returns path, time of change in ns and size of each source of this room; 0.3 ms, a tenth of reading them."""
    room = Path(__file__).parent
    sources = []
    for path in sorted(room.rglob("*.py")):
        with contextlib.suppress(FileNotFoundError):  # an upgrade is at work
            status = path.stat()
            sources.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(sources)


@lru_cache(maxsize=2)
def _code_fingerprint(sources: Sources) -> str:
    digest = hashlib.sha256()
    for path, _, _ in sources:
        with contextlib.suppress(FileNotFoundError):
            digest.update(path.encode() + b"\0" + Path(path).read_bytes())
    for package in ("docling-slim", "docling-parse", "pypdfium2", "rapidocr"):
        try:
            digest.update(f"{package}={version(package)}".encode())
        except PackageNotFoundError:
            digest.update(f"{package} missing".encode())
    return digest.hexdigest()
