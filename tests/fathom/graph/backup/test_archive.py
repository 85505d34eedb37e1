"""A backup's file is whole or refused by name: every flipped bit, every cut, another format, version or passphrase."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from fathom.errors import (
    BackupDamaged,
    BackupForeign,
    BackupMissing,
    BackupRefused,
    BackupTooNew,
    PassphraseMissing,
    PassphraseWrong,
)
from fathom.graph.backup import archive_writer
from fathom.graph.backup.archive_format import HEADER, CollectionContents, Manifest
from fathom.graph.backup.archive_reader import open_archive
from fathom.graph.backup.archive_writer import ArchiveWriter
from fathom.graph.backup.backup_catalog import file_sha256

RECORDS = [{"name": f"node {number}", "text": "x" * 50} for number in range(200)]
CONTENT = bytes(range(256)) * 40


def written(path: Path, passphrase: str | None = None) -> str:
    """The SHA-256 of a small backup that was written to the path."""
    with path.open("w+b") as stream:
        archive = ArchiveWriter.begin(stream, passphrase)
        archive.add_records("nodes", None, "", iter(RECORDS))
        archive.add_file("content", None, "v1", io.BytesIO(CONTENT))
        archive.add_file("content", None, "empty", io.BytesIO())
        contents = CollectionContents(name="c", nodes=200, relationships=0, digest="d", documents=1, episodes=1)
        manifest = Manifest(
            backup_id="b",
            created_at=1.0,
            fathom="0",
            server="s",
            embedder="e",
            indexes=[],
            collections=[contents],
            nodes=200,
            relationships=0,
            digest="d",
            parts=archive.parts,
        )
        return archive.finish(manifest)


def assert_readable(path: Path, passphrase: str | None = None) -> None:
    """The file has everything that was written."""
    with open_archive(path, passphrase) as archive:
        assert list(archive.records("nodes")) == RECORDS
        assert b"".join(archive.data(part) for part in archive.parts("content", key="v1")) == CONTENT
        assert [archive.data(part) for part in archive.parts("content", key="empty")] == [b""]
        archive.verify_parts()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "b.fathom"
    assert written(path) == file_sha256(path)
    assert_readable(path)


def test_large_records_and_files_are_split_into_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_writer, "PART_BYTES", 1000)
    path = tmp_path / "b.fathom"
    written(path)
    with open_archive(path) as archive:
        assert len(archive.parts("nodes")) > 5
        assert len(archive.parts("content", key="v1")) == 11
        assert list(archive.records("nodes")) == RECORDS
        assert b"".join(archive.data(part) for part in archive.parts("content", key="v1")) == CONTENT


def test_a_flipped_bit_anywhere_is_noticed(tmp_path: Path) -> None:
    path, other = tmp_path / "b.fathom", tmp_path / "flipped.fathom"
    written(path)
    data = path.read_bytes()
    chance = random.Random(7)
    for place in [*range(60), *range(len(data) - 60, len(data)), *(chance.randrange(len(data)) for _ in range(150))]:
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        other.write_bytes(changed)
        with pytest.raises(BackupRefused), open_archive(other) as archive:
            archive.verify_parts()


def test_a_cut_file_is_damaged_wherever_it_was_cut(tmp_path: Path) -> None:
    path, cut = tmp_path / "b.fathom", tmp_path / "cut.fathom"
    written(path)
    data = path.read_bytes()
    for length in (100, len(data) // 3, len(data) // 2, len(data) - 80, len(data) - 1):
        cut.write_bytes(data[:length])
        with pytest.raises(BackupDamaged), open_archive(cut):
            pass
    cut.write_bytes(data + b"more")
    with pytest.raises(BackupRefused), open_archive(cut):
        pass


def test_a_file_of_another_kind_is_foreign(tmp_path: Path) -> None:
    path = tmp_path / "other"
    for data in (b"", b"%PDF-1.7", b"PK\x03\x04", b'{"type":"graph"}\n'):
        path.write_bytes(data)
        with pytest.raises(BackupForeign), open_archive(path):
            pass
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BackupForeign), open_archive(path):
        pass
    with pytest.raises(BackupMissing), open_archive(tmp_path / "none"):
        pass


def test_a_file_of_another_version_is_too_new(tmp_path: Path) -> None:
    path = tmp_path / "newer.fathom"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(HEADER, '{"format": "fathom-backup", "version": 2, "encrypted": false, "more": 1}')
    with pytest.raises(BackupTooNew, match="version 2"), open_archive(path):
        pass


def test_an_encrypted_file_needs_its_passphrase_and_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b.fathom"
    written(path, "open sesame")
    assert_readable(path, "open sesame")
    with pytest.raises(PassphraseMissing), open_archive(path):
        pass
    with pytest.raises(PassphraseWrong), open_archive(path, "open barley"):
        pass
    assert b"node 1" not in path.read_bytes()
    assert b"sesame" not in path.read_bytes()
