"""Each mail of a file of many is read with its headers, and what came with each is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.conversion.email import mailbox_file
from fathom.conversion.email.attachments import attachments_of
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import DocumentTooLarge

FIRST = (
    b"From ann@example.org Mon May  5 10:00:00 2025\nFrom: Ann <ann@example.org>\nTo: bob@example.org\nSubject: Tides\n"
    b"Date: Mon, 5 May 2025 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
    b"First words.\n>From here on\n\n--b\nContent-Type: text/csv; name=rates.csv\nContent-Disposition: attachment\n\na,b\n"
    b"--b--\n\n"
)
SECOND = (
    b"From bob@example.org Mon May  5 11:00:00 2025\nFrom: bob@example.org\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n"
    b"To: c@example.org\nDate: Mon, 5 May 2025 11:00:00 +0000\nContent-Type: text/html; charset=utf-8\n\n"
    b"<h2>Berth</h2><p>Second w\xc3\xb8rds.</p>\n\n"
)
THIRD = b"From x Mon May  5 12:00:00 2025\nFrom: x@example.org\nSubject: Bare\n\nThird words.\n\nFrom the harbour, Ann\n"


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.mbox"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_all_mails_are_read_in_their_order(tmp_path: Path, line_end: bytes) -> None:
    path = saved(tmp_path, (FIRST + SECOND + THIRD).replace(b"\n", line_end))
    found = EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**7, max_pages=9), version="0" * 64)
    said = (
        "## Tides", "From: Ann", "Date: 2025-05-05T10", "First words.", "From here on", "## Grüße", "### Berth",
        "Second wørds.", "## Bare", "Third words.", "From the harbour, Ann", "- rates.csv",
    )  # fmt: skip
    places = [found.markdown.index(one) for one in said]
    assert places == sorted(places)
    assert [one.name for one in attachments_of(path)[0]] == ["rates.csv"]


def test_a_single_mail_stays_one(tmp_path: Path) -> None:
    assert mailbox_file.join_mails(SECOND) == SECOND
    path = saved(tmp_path, SECOND)
    found = EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**7, max_pages=9), version="0" * 64)
    assert found.markdown.startswith("# Grüße")


def test_too_many_mails_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_file, "MAX_MAILS", 2)
    with pytest.raises(DocumentTooLarge):
        mailbox_file.join_mails(FIRST + SECOND + THIRD)
