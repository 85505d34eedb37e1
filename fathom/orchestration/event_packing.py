"""Compresses the events and runs that Dagster stores: JSON of 1 to 6 kB that differs from row to row in a few words.

Deflate with a preset dictionary of such JSON reduces it to about a fifth. The dictionary is part of the storage format and
never changes; a new dictionary gets a file and a mark of its own.
"""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.runs.schema import RunsTable
from sqlalchemy.engine import Dialect

DICTIONARY = Path(__file__).with_name("event_dictionary.txt")
MARK = b"\x01"  # identifies the dictionary
LEVEL = 6
_RAW = -15  # deflate with the largest window, without header and checksum


def pack(text: str) -> bytes:
    """Returns the compressed text."""
    packer = _packer().copy()
    packed: bytes = packer.compress(text.encode()) + packer.flush()
    return MARK + packed


def unpack(stored: bytes) -> str:
    """Returns the decompressed text. Raises ValueError for an unknown format."""
    if not stored.startswith(MARK):
        raise ValueError("This event was packed by another version of Fathom.")
    return zlib.decompressobj(_RAW, _dictionary()).decompress(stored[len(MARK) :]).decode()


class PackedText(sa.types.TypeDecorator[str]):
    """A column type for text that SQLite stores compressed; plain texts stay readable."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Compresses a text for SQLite."""
        return value if value is None or dialect.name != "sqlite" else pack(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> str | None:
        """Decompresses a stored text; returns a plain text unchanged."""
        return unpack(value) if isinstance(value, bytes) else value


def pack_events() -> None:
    """Lets this process store Dagster's events, check outcomes and runs compressed, and read both forms."""
    for column in (SqlEventLogStorageTable.c.event, AssetCheckExecutionsTable.c.evaluation_event, RunsTable.c.run_body):
        column.type = PackedText()


@cache
def _packer() -> Any:
    """Returns a compressor with the dictionary loaded: copying it takes a tenth of the time of loading it."""
    return zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW, 9, zlib.Z_DEFAULT_STRATEGY, _dictionary())


@cache
def _dictionary() -> bytes:
    return DICTIONARY.read_bytes()
