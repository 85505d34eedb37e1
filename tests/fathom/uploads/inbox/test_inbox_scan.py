"""What the inbox holds is seen by name and never entered through a link."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from fathom.uploads.inbox.inbox_scan import scan
from tests.fathom.uploads.conftest import Desk


def test_an_absent_inbox_is_an_empty_one(tmp_path: Path) -> None:
    found = scan(tmp_path / "nowhere")
    assert (found.files, found.refused) == ({}, [])


def test_the_first_folder_is_the_collection_and_files_at_the_top_are_default(desk: Desk) -> None:
    for path in ("top.txt", "law/a.txt", "law/deep/er/b.txt"):
        desk.drop(path)
    assert sorted(scan(desk.inbox).files) == ["default/top.txt", "law/a.txt", "law/deep/er/b.txt"]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("with space.txt", "law/with space.txt"),
        ("déjà.txt", "law/déjà.txt"),
        ("🐋.txt", "law/🐋.txt"),
        ("100%.txt", "law/100%25.txt"),
        ("two\nlines.txt", "law/two%0Alines.txt"),
        ("wait....txt", "law/wait%2E%2E..txt"),
        (b"latin-\xe9.txt", "law/latin-%E9.txt"),
        ("n" * 251 + ".txt", "law/" + "n" * 251 + ".txt"),
        ("..hidden-not.txt"[2:], "law/hidden-not.txt"),
    ],
)
def test_every_name_a_disk_can_hold_has_an_id_of_its_own(desk: Desk, name: str | bytes, document: str) -> None:
    desk.drop(b"law/" + os.fsencode(name))
    assert list(scan(desk.inbox).files) == [document]


@pytest.mark.parametrize(
    "name",
    [".hidden.txt", ".DS_Store", "a.part", "a.pdf.PART", "a.tmp", "a.crdownload", "~$report.docx", "Thumbs.db", ".git/a.txt"],
)
def test_hidden_unfinished_and_clutter_is_left_alone(desk: Desk, name: str) -> None:
    desk.drop(f"law/{name}")
    found = scan(desk.inbox)
    assert (found.files, found.refused) == ({}, [])


def test_a_link_is_refused_by_name_wherever_it_leads(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    inside = desk.drop("law/real.txt")
    (desk.inbox / "law/out.txt").symlink_to(outside)
    (desk.inbox / "law/in.txt").symlink_to(inside)
    (desk.inbox / "law/gone.txt").symlink_to(tmp_path / "nothing")
    (desk.inbox / "law/folder").symlink_to(tmp_path)
    (desk.inbox / "top").symlink_to(tmp_path)
    found = scan(desk.inbox)
    assert list(found.files) == ["law/real.txt"]
    assert sorted(entry.path for entry in found.refused) == ["law/folder", "law/gone.txt", "law/in.txt", "law/out.txt", "top"]
    assert {entry.error.name for entry in found.refused} == {"UnsafePath"}


def test_pipes_and_sockets_are_refused_by_name_and_never_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk.inbox / "law").mkdir()
    os.mkfifo(desk.inbox / "law/pipe.pdf")
    monkeypatch.chdir(desk.inbox / "law")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket.pdf")
        found = scan(desk.inbox)
    assert [(entry.path, entry.error.name) for entry in found.refused] == [
        ("law/pipe.pdf", "UnsafePath"),
        ("law/socket.pdf", "UnsafePath"),
    ]


@pytest.mark.parametrize("folder", ["bad name", "-x", "é", "a" * 65])
def test_a_folder_that_cannot_name_a_collection_is_refused_once_and_not_entered(desk: Desk, folder: str) -> None:
    desk.drop(f"{folder}/a.txt")
    desk.drop(f"{folder}/b.txt")
    found = scan(desk.inbox)
    assert found.files == {}
    assert [(entry.path, entry.error.name) for entry in found.refused] == [(folder, "UnsafePath")]


def test_two_files_for_one_id_are_one_upload_and_one_named_refusal(desk: Desk) -> None:
    desk.drop("a.txt", "top")
    desk.drop("default/a.txt", "in its folder")
    found = scan(desk.inbox)
    assert [file.parts for file in found.files.values()] == [("default", "a.txt")]
    assert [entry.path for entry in found.refused] == ["a.txt"]
    assert "default/a.txt" in found.refused[0].error.message
