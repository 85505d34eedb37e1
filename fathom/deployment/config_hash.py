"""Hashes the program's files, its interpreter and the settings, to identify what a component was started for."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection

from pydantic import SecretStr

from fathom.settings import PROJECT_ROOT, Settings

_FOLDERS = ("fathom", "ingestion_assets", "resources", "sensors", "checks")


def fingerprint(settings: Settings, *, without: Collection[str] = ()) -> str:
    """Returns a hash of source files, locked requirements, interpreter and settings: 32 hex digits that reveal no secret.

    `without` names settings that do not affect the component.
    """
    digest = hashlib.sha256(sys.executable.encode())
    files = [PROJECT_ROOT / name for name in ("definitions.py", "workspace.yaml", "requirements.lock")]
    files += sorted(file for name in _FOLDERS for file in (PROJECT_ROOT / name).rglob("*.py"))
    for file in files:
        if file.exists():
            status = file.stat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    digest.update(_settings_text(settings, without))
    return digest.hexdigest()[:32]


def settings_fingerprint(settings: Settings) -> str:
    """Returns a hash of the settings alone: 32 hex digits that reveal no secret."""
    return hashlib.sha256(_settings_text(settings, ())).hexdigest()[:32]


def _settings_text(settings: Settings, without: Collection[str]) -> bytes:
    plain = {name: _plain(value) for name, value in settings.model_dump().items() if name not in without}
    return json.dumps(plain, sort_keys=True, default=str).encode()


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
