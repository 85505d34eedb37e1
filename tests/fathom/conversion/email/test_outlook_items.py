"""Appointments, tasks and contacts of Outlook say what stands in their fields; a body in RTF alone is read."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest
from oxmsg import Message
from oxmsg.storage import Storage, Stream

from fathom.conversion.email import outlook, outlook_items

CLASS, SUBJECT, BODY, RTF = 0x001A, 0x0037, 0x1000, 0x1009
Value = str | bytes | int | bool | float | datetime
PACKED = bytes.fromhex(  # the first example of [MS-OXRTFCP]
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def entry(number: int, value: Value) -> tuple[bytes, Stream | None]:
    """A property of a message: its entry, and its stream if it has one."""
    if isinstance(value, str | bytes):
        kind, content = (0x001F, value.encode("utf-16-le")) if isinstance(value, str) else (0x0102, value)
        stream = Stream(f"__substg1.0_{number:04X}{kind:04X}", content)
        return struct.pack("<HHIII", kind, number, 6, len(content), 0), stream
    if isinstance(value, bool):
        return struct.pack("<HHIQ", 0x000B, number, 6, value), None
    if isinstance(value, int):
        return struct.pack("<HHIII", 0x0003, number, 6, value, 0), None
    if isinstance(value, float):
        return struct.pack("<HHId", 0x0005, number, 6, value), None
    ticks = (value - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
    return struct.pack("<HHIQ", 0x0040, number, 6, ticks), None


def shown(values: dict[int, Value], named: dict[int, Value] | None = None) -> str:
    """The mail that is made of a message with these properties; `named` go by the numbers of their names."""
    names, entries, streams = b"", bytes(32), list[Stream]()
    numbered = {0x8000 + index: value for index, value in enumerate((named or {}).values())}
    for index, number in enumerate(named or {}):
        names += struct.pack("<IHH", number, 0, index)
    for number, value in {**values, **numbered}.items():
        packed, stream = entry(number, value)
        entries += packed
        streams += [stream] if stream is not None else []
    inside = Storage(outlook_items.NAMES_STORAGE, (Stream(outlook_items.NAMES_STREAM, names),), ())
    message = Message(Storage("", (Stream(outlook.ROOT_STREAM, entries), *streams), (inside,)))
    return outlook._mail(message, 0, message._storage).as_bytes().decode()


def test_an_appointment_says_when_and_where() -> None:
    start = datetime(2025, 5, 5, 7, 0, tzinfo=UTC)
    found = shown(
        {CLASS: "IPM.Appointment", SUBJECT: "Round", BODY: "Bring boots."},
        {0x820D: start, 0x820E: start + timedelta(hours=1), 0x8208: "Hall B", 0x8215: False, 0x8232: "every Monday"},
    )
    assert "Start: 2025-05-05 07:00 UTC\nEnd: 2025-05-05 08:00 UTC\nWhere: Hall B\nRepeats: every Monday\n" in found
    assert found.index("Where: Hall B") < found.index("Bring boots.")


def test_a_task_says_its_state_and_when_it_is_due() -> None:
    due = datetime(2025, 6, 1, tzinfo=UTC)
    found = shown({CLASS: "IPM.Task", SUBJECT: "Paint"}, {0x8101: 1, 0x8102: 0.25, 0x8105: due, 0x811F: "Ann"})
    assert "Status: in progress\nDone: 25%\nDue: 2025-06-01 00:00 UTC\nOwner: Ann" in found


def test_a_contact_says_how_to_reach_somebody() -> None:
    found = shown(
        {CLASS: "IPM.Contact", 0x3001: "Ann Holm", 0x3A16: "Harbour", 0x3A1C: "+47 900", 0x3A17: "Pilot"},
        {0x8083: "ann@example.org", 0x801B: "Quay 4\r\n5003 Bergen"},
    )
    assert "Name: Ann Holm\nJob title: Pilot\nCompany: Harbour\nE-mail: ann@example.org\nMobile phone: +47 900\n" in found
    assert "Business address: Quay 4, 5003 Bergen" in found


def test_a_mail_has_no_fields_but_its_own() -> None:
    assert "Where" not in shown({CLASS: "IPM.Note", BODY: "Text."}, {0x8208: "Hall B"})


def test_a_body_that_is_rtf_alone_is_read() -> None:
    assert "hello world" in shown({CLASS: "IPM.Note", SUBJECT: "x", RTF: PACKED})


@pytest.mark.parametrize("names", [b"", b"\x01", b"\xff" * 64])
def test_names_that_are_broken_name_nothing(names: bytes) -> None:
    inside = Storage(outlook_items.NAMES_STORAGE, (Stream(outlook_items.NAMES_STREAM, names),), ())
    packed, stream = entry(CLASS, "IPM.Task")
    assert stream is not None
    message = Message(Storage("", (Stream(outlook.ROOT_STREAM, bytes(32) + packed), stream), (inside,)))
    assert outlook_items.item_lines(message, message._storage) == []
