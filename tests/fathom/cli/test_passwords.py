"""`fathom ingest --password-file`: what a password opens is accepted without its lock, and no password is left anywhere."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from fathom.settings import Settings

if TYPE_CHECKING:
    from conftest import Call

SECRET = "correct-horse-battery"


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    path = tmp_path / "minutes.pdf"
    canvas = Canvas(str(path), encrypt=StandardEncryption(SECRET, strength=128))
    canvas.drawString(72, 720, "The minutes of the closed meeting.")
    canvas.save()
    return path


def password_file(path: Path, *passwords: str, mode: int = 0o600) -> str:
    path.write_text("".join(f"{password}\n" for password in passwords))
    path.chmod(mode)
    return str(path)


def holding(folder: Path, word: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_a_locked_pdf_is_accepted_without_its_lock(call: Call, home_settings: Settings, locked: Path, tmp_path: Path) -> None:
    words = password_file(tmp_path / "words", "wrong one", SECRET)
    done = call("ingest", str(locked), "-c", "law", "--password-file", words, "--json")
    assert done.code == 0, done.err
    [placed] = done.json["documents"]
    assert placed["document"] == "law/minutes.pdf"
    kept = home_settings.inbox_path / "law/minutes.pdf"
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == placed["version"]
    document = pypdfium2.PdfDocument(kept)
    assert "closed meeting" in document[0].get_textpage().get_text_range()
    document.close()
    assert holding(home_settings.home, SECRET) == []
    assert SECRET not in done.out + done.err
    again = call("ingest", str(locked), "-c", "law", "--password-file", words, "--json")
    assert again.json["documents"][0]["version"] == placed["version"]


def test_wrong_passwords_are_named_as_such_and_the_others_go_on(
    call: Call, home_settings: Settings, locked: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nOf the open meeting.")
    words = password_file(tmp_path / "words", "wrong-one", "wrong-two")
    done = call("ingest", str(locked), str(tmp_path / "notes.md"), "-c", "law", "--password-file", words, "--json")
    assert done.code == 5
    assert [one["document"] for one in done.json["documents"]] == ["law/notes.md"]
    [refused] = done.json["refused"]
    assert (refused["error"], refused["source"]) == ("PasswordWrong", str(locked))
    assert "wrong-one" not in done.out + done.err
    assert holding(home_settings.home, "wrong-one") == []


def test_a_password_file_open_to_others_is_pointed_out_and_one_without_passwords_refused(
    call: Call, locked: Path, tmp_path: Path
) -> None:
    done = call("ingest", str(locked), "--password-file", password_file(tmp_path / "words", SECRET, mode=0o644))
    assert done.code == 0
    assert "chmod 600" in done.err
    assert call("ingest", str(locked), "--password-file", password_file(tmp_path / "none")).code == 2
    for words in (["-", "--name", "a.pdf"], [str(locked), "--estimate"]):
        assert call("ingest", *words, "--password-file", str(tmp_path / "words")).code == 2


def test_a_file_to_convert_that_no_password_opens_is_named_before_a_converter_is_asked(
    call: Call, locked: Path, tmp_path: Path
) -> None:
    done = call("convert", str(locked), "--password-file", password_file(tmp_path / "words", "wrong-one"), "--json")
    assert done.code == 1
    assert "PasswordWrong" in done.out + done.err
    assert "wrong-one" not in done.out + done.err
