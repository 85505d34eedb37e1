"""Packed events: whatever was stored, in either form and whenever, is read as it was."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from fathom.orchestration.event_packing import DICTIONARY, PackedText, pack, unpack

PACKED_BY_THE_FIRST_VERSION = "0123f5a6306c97caa1b73ca01ed737d4cb4dc172e79a522d00"
EVENT = '{"__class__": "EventLogEntry", "dagster_event": null, "level": 20, "user_message": "letters/1.md: Chunking complete"}'

table = sa.Table("texts", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", PackedText))


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert unpack(pack(text)) == text


def test_what_was_stored_once_can_be_read_for_ever() -> None:
    assert unpack(bytes.fromhex(PACKED_BY_THE_FIRST_VERSION)) == EVENT
    assert hashlib.sha256(DICTIONARY.read_bytes()).hexdigest()[:16] == "ca7567cd838ad32a"  # another dictionary has another mark


def test_an_event_is_a_fraction_of_its_size() -> None:
    assert len(pack(EVENT)) < len(EVENT) / 2


def test_what_another_version_packed_is_named() -> None:
    with pytest.raises(ValueError, match="another version"):
        unpack(b"\x02" + pack(EVENT)[1:])


def test_rows_from_before_are_read_as_they_are() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.exec_driver_sql("INSERT INTO texts (text) VALUES (?)", (EVENT,))
        connection.execute(table.insert().values(text=EVENT))
        connection.execute(table.insert().values(text=None))
        assert list(connection.execute(sa.select(table.c.text).order_by(table.c.id)).scalars()) == [EVENT, EVENT, None]
        raw: sqlite3.Cursor = connection.exec_driver_sql("SELECT typeof(text) FROM texts ORDER BY id").cursor  # type: ignore[assignment]
        assert [row[0] for row in raw.fetchall()] == ["text", "blob", "null"]
    engine.dispose()
