"""Accepted bytes are kept once, by hash, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from fathom.errors import NotStored, StoreFull
from fathom.files import LEFTOVER_S, Files
from fathom.uploads.content_store import UploadStore


@pytest.fixture(params=["disk", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> UploadStore:
    url = str(tmp_path / "store") if request.param == "disk" else f"memory://{tmp_path.name}"
    return UploadStore(Files(url, scratch=tmp_path / "scratch"))


def _everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_come_back_by_the_hash_they_were_kept_under(store: UploadStore) -> None:
    data = os.urandom(3_000_001)
    kept = store.keep(io.BytesIO(data))
    assert (kept.version, kept.size) == (hashlib.sha256(data).hexdigest(), len(data))
    with store.open_local(kept.version) as path:
        assert path.read_bytes() == data


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    store = UploadStore(Files(str(tmp_path), scratch=tmp_path))
    assert store.keep(io.BytesIO(b"same")) == store.keep(io.BytesIO(b"same"))
    assert len(_everything(tmp_path)) == 1


def test_bytes_nobody_kept_are_missing_by_name(store: UploadStore) -> None:
    with pytest.raises(NotStored), store.open_local("0" * 64):
        pass


def test_what_is_not_confirmed_leaves_nothing_behind(store: UploadStore, tmp_path: Path) -> None:
    def changed() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        store.keep(io.BytesIO(b"half of it"), confirm=changed)
    assert _everything(tmp_path) == []
    with pytest.raises(NotStored), store.open_local(hashlib.sha256(b"half of it").hexdigest()):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to be a full disk")
def test_a_full_disk_is_named_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = UploadStore(Files(str(tmp_path), scratch=tmp_path))
    real_open = Path.open
    monkeypatch.setattr(Path, "open", lambda _path, _mode: real_open(Path("/dev/full"), "wb"))
    with pytest.raises(StoreFull) as caught:
        store.keep(io.BytesIO(b"x" * 100_000))
    assert "accepted is kept" in caught.value.what_to_do
    assert _everything(tmp_path) == []


def test_a_disk_that_fills_up_as_the_file_gets_its_name_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull):
        UploadStore(Files(str(tmp_path), scratch=tmp_path)).keep(io.BytesIO(b"x"))
    assert _everything(tmp_path) == []


def test_only_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    store = UploadStore(Files(str(tmp_path), scratch=tmp_path))
    kept = store.keep(io.BytesIO(b"kept"))
    left, fresh = tmp_path / "tmp/left", tmp_path / "tmp/fresh"
    for path, age in ((left, LEFTOVER_S + 60), (fresh, 1)):
        path.write_bytes(b"half")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert store.sweep() == 1
    assert fresh.exists()
    assert not left.exists()
    with store.open_local(kept.version) as path:
        assert path.read_bytes() == b"kept"
