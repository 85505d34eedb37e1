"""Addresses that pages refer to: style sheets and scripts by their digest, and Dagster's pages."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fathom.orchestration.dagster_pages.guard import FROM_FATHOM

ASSETS = Path(__file__).parent.parent / "assets"
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def assets() -> dict[str, bytes]:
    """Returns the contents of the style sheets, scripts and pictures by name."""
    return {file.name: file.read_bytes() for file in sorted(ASSETS.iterdir()) if file.suffix in MEDIA_TYPES}


@cache
def assets_digest() -> str:
    """Returns the digest of all assets, which changes when any of them does."""
    return hashlib.sha256(b"\0".join(assets().values())).hexdigest()[:16]


def asset(name: str) -> str:
    """Returns the address of an asset."""
    return f"/assets/{assets_digest()}/{name}"


def dagster(path: str = "/") -> str:
    """Returns an address that leads to a page of Dagster, on the host name that the browser uses."""
    return f"{FROM_FATHOM}{path}"
