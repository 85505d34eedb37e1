"""What a converter process is started with, and the fingerprint that tells whether it still is what its callers want."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from fathom.settings import Settings

DEFAULT_ENGINE = "fathom.conversion.engine"


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
    engine: str

    @classmethod
    def of(cls, settings: Settings, *, engine: str = DEFAULT_ENGINE) -> ConverterSettings:
        """What `settings` say of the converter; `engine` is the module that converts (see worker.py)."""
        return cls(
            home=settings.home,
            logs=settings.logs_path,
            workers=settings.convert_workers,
            timeout_s=settings.convert_timeout_s,
            memory_mb=settings.convert_memory_mb,
            max_bytes=settings.max_file_mb * 1024**2,
            max_pages=settings.max_pages,
            log_level=settings.log_level,
            engine=engine,
        )

    def fingerprint(self) -> str:
        """A word that changes with these settings, with the code of this room and with the version of Docling."""
        return hashlib.sha256(f"{self.model_dump_json()}|{_code_fingerprint()}".encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _code_fingerprint() -> str:
    digest = hashlib.sha256()
    room = Path(__file__).parent
    for source in sorted(room.rglob("*.py")):
        digest.update(source.relative_to(room).as_posix().encode() + b"\0" + source.read_bytes())
    for package in ("docling-slim", "docling-parse", "pypdfium2", "rapidocr"):
        try:
            digest.update(f"{package}={version(package)}".encode())
        except PackageNotFoundError:
            digest.update(f"{package} missing".encode())
    return digest.hexdigest()
