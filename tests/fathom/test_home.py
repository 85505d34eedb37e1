"""A home is its user's alone, whatever the umask and however it was made."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.deployment.doctor import examine
from fathom.home import close_home, is_shared, open_to_others, own_home, restrict_home
from fathom.settings import PROJECT_ROOT, Settings


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """Files are made for everybody, as where nobody thought of it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A home of a time when everybody could read it, with a socket and an executable."""
    home = tmp_path / "home"
    (home / "store" / "ab").mkdir(parents=True)
    (home / "fathom.db").write_text("x")
    (home / "store" / "ab" / "document").write_text("x")
    (home / "program").write_text("x")
    (home / "program").chmod(0o755)
    (home / "logs").mkdir(mode=0o2775)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / "s"))
    return home


def rights(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_everything_in_an_open_home_is_closed_and_nothing_else_is_lost(old_home: Path) -> None:
    assert restrict_home(old_home) == 8
    assert {path.name: rights(path) for path in (old_home, *old_home.rglob("*"))} == {
        **dict.fromkeys(("home", "store", "ab", "logs"), 0o700),
        **dict.fromkeys(("fathom.db", "document"), 0o600),
        **dict.fromkeys(("program", "s"), 0o700),
    }
    assert open_to_others(old_home) == []
    assert restrict_home(old_home) == 0


def test_links_are_not_followed_out_of_the_home(old_home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("x")
    (old_home / "folder").symlink_to(outside)
    (old_home / "file").symlink_to(outside / "file")
    (old_home / "nowhere").symlink_to(tmp_path / "nowhere")
    restrict_home(old_home)
    assert (rights(outside), rights(outside / "file")) == (0o777, 0o666)
    assert open_to_others(old_home) == []


def test_a_process_that_owns_a_home_writes_for_its_user_only(old_home: Path) -> None:
    assert own_home(old_home) == 8
    (old_home / "later").write_text("x")
    assert rights(old_home / "later") == 0o600


def test_a_closed_home_is_looked_through_only_where_that_is_asked_for(old_home: Path) -> None:
    restrict_home(old_home)
    (old_home / "later").write_text("x")
    assert close_home(old_home) == 0
    assert open_to_others(old_home) == [old_home / "later"]
    assert own_home(old_home, whole=True) == 1


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert own_home(tmp_path / "home", whole=True) == 0
    assert not (tmp_path / "home").exists()


def test_a_folder_that_is_not_fathoms_alone_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert [is_shared(home) for home in (Path("/"), PROJECT_ROOT, tmp_path, tmp_path / "user" / ".fathom")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert restrict_home(tmp_path) == 0
    assert rights(tmp_path / "file") == 0o666


def test_the_doctor_says_whether_others_have_rights(home_settings: Settings) -> None:
    def found() -> tuple[bool, str]:
        return next((one.fine, one.what_to_do) for one in examine() if one.check == "privacy")

    home_settings.home.mkdir()
    assert found() == (False, "Close them: `fathom up`.")
    restrict_home(home_settings.home)
    assert found() == (True, "")
