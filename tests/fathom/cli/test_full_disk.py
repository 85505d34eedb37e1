"""A home on a disk that is full: told in a sentence, and mended by making room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.hostile


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that is full."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        with pytest.raises(OSError, match="No space left"):
            (folder / "fill").write_bytes(b"\0" * 200_000)
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_up_says_that_there_is_no_room_and_where(run: Any, full: Path) -> None:
    shown = run("up", "--no-samples", "--json", environment={"FATHOM_HOME": str(full / "home")})
    assert (shown.code, shown.json["error"]) == (1, "StoreFull")
    assert f"no room left in {full / 'home'}" in shown.err
    assert "Free some disk space" in shown.err


def test_a_file_that_has_no_room_is_not_taken_and_says_so(run: Any, full: Path, tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    file.write_bytes(b"a" * 300_000)
    shown = run("ingest", str(file), "--json", environment={"FATHOM_HOME": str(full / "home")})
    assert shown.code == 1
    assert "Traceback" not in shown.err
    assert "StoreFull" in shown.out
