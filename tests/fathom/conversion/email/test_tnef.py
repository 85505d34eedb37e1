"""Files and text that Outlook packs into winmail.dat come out of it; a package that is broken is named."""

from __future__ import annotations

import struct
from email.message import EmailMessage
from pathlib import Path

import pytest

from fathom.conversion.email.attachments import attachments_of
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file

BODY, PROPERTIES, NEW_FILE, NAME, DATA, FILE_PROPERTIES = 0x2800C, 0x69003, 0x69002, 0x18010, 0x6800F, 0x69005


def attribute(name: int, value: bytes) -> bytes:
    return struct.pack("<BII", 1, name, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(values: dict[int, str | bytes]) -> bytes:
    """Properties of a message, behind one that is a number and one that has a name of its own."""
    found = struct.pack("<I", len(values) + 2) + struct.pack("<HHI", 3, 0x0E08, 7)
    found += struct.pack("<HH", 3, 0x8001) + bytes(16) + struct.pack("<II", 1, 6) + b"a\0b\0\0\0\0\0" + struct.pack("<I", 9)
    for number, value in values.items():
        kind, content = (0x1F, value.encode("utf-16-le") + b"\0\0") if isinstance(value, str) else (0x102, value)
        found += struct.pack("<HHII", kind, number, 1, len(content)) + content + bytes(-len(content) % 4)
    return found


def package(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


FILE = (
    attribute(NEW_FILE, bytes(14)), attribute(NAME, b"RATES~1.CSV\0"), attribute(DATA, b"berth,boat\n"),
    attribute(FILE_PROPERTIES, properties({0x3707: "Rates of Årdal.csv", 0x370E: "text/csv"})),
)  # fmt: skip


def mail(packed: bytes, text: str = "") -> EmailMessage:
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = "ann@example.org", "bob@example.org", "Rates"
    found.set_content(text)
    found.add_attachment(packed, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return found


def saved(tmp_path: Path, message: EmailMessage) -> Path:
    path = tmp_path / "a.eml"
    path.write_bytes(message.as_bytes())
    return path


def shown(path: Path) -> str:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**7, max_pages=9), version="0" * 64).markdown


def test_files_come_out_of_the_package(tmp_path: Path) -> None:
    path = saved(tmp_path, mail(package(*FILE, *FILE), "See the rates."))
    found, errors = attachments_of(path)
    assert [(one.name, one.media_type, one.content) for one in found] == [
        ("Rates of Årdal.csv", "text/csv", b"berth,boat\n"),
        ("Rates of Årdal (2).csv", "text/csv", b"berth,boat\n"),
    ]
    assert errors == []
    assert "See the rates.\n\n## Attachments\n\n- Rates of Årdal.csv (text/csv)" in shown(path)


def test_text_of_the_package_is_read_where_the_mail_has_no_other(tmp_path: Path) -> None:
    packed = package(attribute(PROPERTIES, properties({0x1000: "Only in here."})))
    assert "Only in here." in shown(saved(tmp_path, mail(packed)))
    assert "Only in here." not in shown(saved(tmp_path, mail(packed, "Said outside.")))
    page = package(
        attribute(BODY, b"Plain.\0"), attribute(PROPERTIES, properties({0x1013: b"<h1>Berth</h1><p>Plain. More to say.</p>"}))
    )
    assert "## Berth" in shown(saved(tmp_path, mail(page)))


@pytest.mark.parametrize(
    "broken",
    [b"", b"x" * 50, package()[:5], package(attribute(PROPERTIES, b"\xff" * 40)), package(b"\1" * 30), package()],
)
def test_a_package_that_is_broken_is_named_and_no_crash(tmp_path: Path, broken: bytes) -> None:
    found = shown(saved(tmp_path, mail(broken, "See the rates.")))
    assert "See the rates." in found
    assert "- winmail.dat (application/ms-tnef)" in found


def test_a_package_that_ends_early_gives_what_is_whole(tmp_path: Path) -> None:
    found, _ = attachments_of(saved(tmp_path, mail(package(*FILE)[:-70], "See the rates.")))
    assert [(one.name, one.content) for one in found] == [("RATES~1.CSV", b"berth,boat\n")]
