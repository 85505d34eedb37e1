"""What `fathom ingest` puts into the inbox is there whole the moment it has its name, and is taken like a dropped file."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from fathom.errors import DocumentTooLarge, FathomError, StoreFull, UnsafePath
from fathom.uploads.inbox.inbox_writer import ingest_paths, place
from tests.fathom.uploads.conftest import Desk


def _write(path: Path, content: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def _refused(refused: list[tuple[str, FathomError]]) -> list[tuple[str, str]]:
    return [(Path(path).name, error.name) for path, error in refused]


def test_a_placed_file_is_accepted_by_the_next_look_without_a_wait(desk: Desk, tmp_path: Path) -> None:
    placement = ingest_paths([_write(tmp_path / "a.txt", "hello")], "law", desk.settings)
    [placed] = placement.placed
    assert (placed.document, placed.version, placed.size) == ("law/a.txt", hashlib.sha256(b"hello").hexdigest(), 5)
    intake = desk.intake()
    assert intake.look().accepted == ["law/a.txt"]
    assert [row.version for row in intake.list()] == [placed.version]
    assert desk.waits == []


def test_a_folder_goes_in_with_its_paths_and_without_what_is_hidden_or_a_link(desk: Desk, tmp_path: Path) -> None:
    for name in ("x/a.txt", "x/deep/b.txt", "x/.git/c.txt", "x/d.part", "outside.txt"):
        _write(tmp_path / name)
    (tmp_path / "x/link.txt").symlink_to(tmp_path / "outside.txt")
    (tmp_path / "x/links").symlink_to(tmp_path)
    placement = ingest_paths([tmp_path / "x"], "law", desk.settings)
    assert [placed.document for placed in placement.placed] == ["law/a.txt", "law/deep/b.txt"]
    assert sorted(_refused(placement.refused)) == [("link.txt", "UnsafePath"), ("links", "UnsafePath")]


def test_different_content_under_a_known_name_is_a_new_version_even_of_the_same_size(desk: Desk, tmp_path: Path) -> None:
    intake = desk.intake()
    for content in ("one", "two"):
        ingest_paths([_write(tmp_path / "a.txt", content)], "law", desk.settings)
        assert intake.look().accepted == ["law/a.txt"]


def test_two_sources_for_one_document_in_one_call_are_not_silently_one(desk: Desk, tmp_path: Path) -> None:
    first, second = _write(tmp_path / "x/a.txt", "one"), _write(tmp_path / "y/a.txt", "two")
    placement = ingest_paths([first, second], "law", desk.settings)
    assert len(placement.placed) == 1
    assert _refused(placement.refused) == [("a.txt", "UsageWrong")]
    assert (desk.inbox / "law/a.txt").read_text() == "one"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("link.txt", "UnsafePath"),
        ("pipe", "UnsafePath"),
        (".hidden", "UnsafePath"),
        ("gone.txt", "UsageWrong"),
        ("big.bin", "DocumentTooLarge"),
    ],
)
@pytest.mark.timeout(20)
def test_what_cannot_be_taken_is_refused_by_name_and_the_others_go_on(
    desk: Desk, tmp_path: Path, name: str, error: str
) -> None:
    good = _write(tmp_path / "good.txt")
    (tmp_path / "link.txt").symlink_to(good)
    os.mkfifo(tmp_path / "pipe")
    _write(tmp_path / ".hidden")
    os.truncate(_write(tmp_path / "big.bin"), 300 * 1024 * 1024)
    placement = ingest_paths([tmp_path / name, good], "law", desk.settings)
    assert _refused(placement.refused) == [(name, error)]
    assert [placed.document for placed in placement.placed] == ["law/good.txt"]


@pytest.mark.parametrize(
    "relative", ["../a.txt", "x/../../a.txt", "/etc/passwd", "", ".", ".hidden/a.txt", "a.part", "n" * 300, "x/"]
)
def test_a_name_from_outside_that_leaves_the_collection_or_is_no_upload_is_refused(desk: Desk, relative: str) -> None:
    before = sorted(desk.settings.home.rglob("*"))
    if relative == "x/":
        (desk.inbox / "law/x").mkdir(parents=True)
    with pytest.raises(UnsafePath):
        place(desk.settings, "law", relative, io.BytesIO(b"x"))
    left = [path for path in desk.settings.home.rglob("*") if path not in before and path.is_file()]
    assert left == []


def test_a_link_in_the_inbox_is_not_written_through(desk: Desk, tmp_path: Path) -> None:
    (desk.inbox / "law").symlink_to(tmp_path)
    with pytest.raises(UnsafePath):
        place(desk.settings, "law", "a.txt", io.BytesIO(b"x"))
    assert not (tmp_path / "a.txt").exists()


def test_a_stream_over_the_limit_is_cut_off_and_leaves_nothing(desk: Desk) -> None:
    settings = desk.settings.model_copy(update={"max_file_mb": 1})
    with pytest.raises(DocumentTooLarge):
        place(settings, "law", "a.bin", io.BytesIO(b"x" * 1_100_000))
    assert list((desk.inbox / "law").iterdir()) == []


def test_a_full_disk_is_named_keeps_the_old_file_and_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.drop("law/a.txt", "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull):
        place(desk.settings, "law", "a.txt", io.BytesIO(b"new"))
    assert [(path.name, path.read_text()) for path in (desk.inbox / "law").iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize("name", ["with space.txt", "🐋.txt", "two\nlines.txt", os.fsdecode(b"\xff.txt"), "n" * 251 + ".txt"])
def test_every_name_a_disk_can_hold_goes_in_and_is_accepted(desk: Desk, tmp_path: Path, name: str) -> None:
    [placed] = ingest_paths([_write(tmp_path / "from" / name)], "law", desk.settings).placed
    assert desk.intake().look().accepted == [placed.document]
