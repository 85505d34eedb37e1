"""An export appears whole or not at all, and what a killed one left is deleted by the next."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fathom.errors import StoreFull, UsageWrong
from fathom.graph.export.output_place import delete_leftovers, output_place

KILLED = """
import os, sys
from pathlib import Path
from fathom.graph.export.output_place import output_place
with output_place(Path(sys.argv[1])) as place:
    place.made.write_text("half")
    os.kill(os.getpid(), 9)
"""


def half_written(target: Path, error: Exception) -> None:
    with output_place(target) as place:
        place.made.write_text("half")
        raise error


def test_a_file_replaces_the_former_one_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "graph.json"
    target.write_text("old")
    with output_place(target) as place:
        place.made.write_text("new")
        (place.scratch / "more").write_text("x")
        assert target.read_text() == "old"
        place.publish()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"graph.json": "new"}


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "graph.json"
    target.write_text("old")
    with pytest.raises(ValueError, match="broken"):
        half_written(target, ValueError("broken"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"graph.json": "old"}


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(StoreFull) as error:
        half_written(tmp_path / "graph.json", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "graph.json" in error.value.message
    assert "nothing of this export is left" in error.value.what_to_do
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "graph.json")], check=False)
    assert done.returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    with output_place(tmp_path / "other.json") as place:
        assert list(tmp_path.iterdir()) == [place.folder]
        assert delete_leftovers(tmp_path) == 0  # that of a living export stays
        place.made.write_text("new")
        place.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


def test_a_folder_with_files_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "graph").mkdir()
    with output_place(tmp_path / "graph") as place:  # an empty one is
        place.made.mkdir()
        (place.made / "a.csv").write_text("x")
        place.publish()
    with pytest.raises(UsageWrong), output_place(tmp_path / "graph"):
        pass
    assert [path.name for path in (tmp_path / "graph").iterdir()] == ["a.csv"]
