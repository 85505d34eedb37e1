"""A file is read only whole, only the one that was seen, and never through a link."""

from __future__ import annotations

import mmap
import os
import shutil
import sys
from pathlib import Path

import pytest

from fathom.errors import UnsafePath
from fathom.uploads.inbox.inbox_scan import FoundFile, scan
from fathom.uploads.inbox.safe_open import StillChanging, is_being_written, open_whole
from tests.fathom.uploads.conftest import Desk

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says whether a file has a writer")


def _found(desk: Desk, path: str = "law/a.txt") -> FoundFile:
    return scan(desk.inbox).files[path]


def test_a_quiet_file_is_read_whole(desk: Desk) -> None:
    desk.drop("law/a.txt", b"x" * 3_000_000)
    with open_whole(desk.inbox, _found(desk)) as (stream, settled):
        data = b"".join(iter(lambda: stream.read(1 << 20), b""))
        settled.check()
    assert data == b"x" * 3_000_000


@linux
def test_a_file_somebody_has_open_for_writing_is_not_whole_however_old(desk: Desk) -> None:
    place = desk.drop("law/a.txt")
    found = _found(desk)
    with place.open("ab"), pytest.raises(StillChanging), open_whole(desk.inbox, found):
        pass


@linux
def test_a_file_mapped_for_writing_is_being_written_after_its_descriptor_is_closed(desk: Desk) -> None:
    place = desk.drop("law/a.txt")
    with place.open("r+b") as stream:
        mapped = mmap.mmap(stream.fileno(), 0)
    with place.open("rb") as reader:
        assert is_being_written(reader.fileno())
        mapped.close()
        assert not is_being_written(reader.fileno())


@pytest.mark.parametrize("change", ["grow", "rewrite", "replace"])
def test_a_change_while_reading_is_noticed(desk: Desk, change: str) -> None:
    place = desk.drop("law/a.txt", b"before")
    found = _found(desk)
    with open_whole(desk.inbox, found) as (stream, settled):
        stream.read(3)
        if change == "replace":
            desk.drop("law/other.txt", b"before").replace(place)
            found = _found(desk)
            settled.check()  # the one that is open has not changed; the other is for the next look
            assert stream.read(9) == b"ore"
            return
        place.write_bytes(b"before and more" if change == "grow" else b"behind")
        with pytest.raises(StillChanging):
            settled.check()


def test_a_file_that_was_replaced_or_removed_since_it_was_seen_is_left_for_the_next_look(desk: Desk) -> None:
    place = desk.drop("law/a.txt")
    found = _found(desk)
    desk.drop("law/b.txt", "another").replace(place)
    with pytest.raises(StillChanging), open_whole(desk.inbox, found):
        pass
    place.unlink()
    with pytest.raises(StillChanging), open_whole(desk.inbox, found):
        pass


def test_a_link_put_in_the_place_of_the_file_is_refused(desk: Desk, tmp_path: Path) -> None:
    place = desk.drop("law/a.txt")
    found = _found(desk)
    place.unlink()
    place.symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UnsafePath), open_whole(desk.inbox, found):
        pass


def test_a_link_put_in_the_place_of_a_folder_above_is_refused(desk: Desk, tmp_path: Path) -> None:
    place = desk.drop("law/sub/a.txt")
    found = _found(desk, "law/sub/a.txt")
    shutil.move(place.parent, tmp_path / "elsewhere")
    place.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePath), open_whole(desk.inbox, found):
        pass


@pytest.mark.timeout(20)
def test_a_pipe_put_in_the_place_of_the_file_does_not_hold_the_look_up(desk: Desk) -> None:
    place = desk.drop("law/a.txt")
    found = _found(desk)
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(StillChanging), open_whole(desk.inbox, found):
        pass
