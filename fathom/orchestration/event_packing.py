"""Packs the events and runs that Dagster stores: each is JSON of one to six kB that differs from the next in a few words.

Compressed with a dictionary of such JSON it has about a sixth of its size. The dictionary is part of the format of
the stored rows and never changes; a new dictionary gets a file and a mark of its own.
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
MARK = b"\x01"  # which dictionary
LEVEL = 6
_RAW = -15  # deflate with the largest window, without header and checksum


def pack(text: str) -> bytes:
    """Returns the text as it is stored."""
    packer = _packer().copy()
    packed: bytes = packer.compress(text.encode()) + packer.flush()
    return MARK + packed


def unpack(stored: bytes) -> str:
    """Returns the text that was packed. Raises ValueError for what no version of Fathom packed."""
    if not stored.startswith(MARK):
        raise ValueError("This event was packed by another version of Fathom.")
    return zlib.decompressobj(_RAW, _dictionary()).decompress(stored[len(MARK) :]).decode()


class PackedText(sa.types.TypeDecorator[str]):
    """A text that SQLite stores packed; texts that were stored as they are stay readable."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Packs a text on its way to SQLite."""
        return value if value is None or dialect.name != "sqlite" else pack(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> str | None:
        """Unpacks a stored text; returns one that was stored plain as it is."""
        return unpack(value) if isinstance(value, bytes) else value


def pack_events() -> None:
    """From now on this process stores Dagster's events, outcomes of checks and runs packed, and reads both forms."""
    for column in (SqlEventLogStorageTable.c.event, AssetCheckExecutionsTable.c.evaluation_event, RunsTable.c.run_body):
        column.type = PackedText()


@cache
def _packer() -> Any:
    """A compressor that has read the dictionary: to copy it takes a tenth of the time of reading it again."""
    return zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW, 9, zlib.Z_DEFAULT_STRATEGY, _dictionary())


@cache
def _dictionary() -> bytes:
    return DICTIONARY.read_bytes()
