"""Reads the structured fields of Outlook's appointments, tasks and contacts.

A field is a property with a fixed number, or a named property (a number of [MS-OXPROPS]) that the file numbers itself.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oxmsg import Message

NAMES_STORAGE = "__nameid_version1.0"
NAMES_STREAM = "__substg1.0_00030102"
_FIRST_NAMED = 0x8000
_IS_STRING_NAME = 1
MAX_NAMES = 10_000
MAX_VALUE = 10_000  # characters

# Numbers from 0x8000 identify named properties; lower numbers are properties themselves.
_APPOINTMENT = {
    "Start": (0x820D, 0x0060), "End": (0x820E, 0x0061), "All day": (0x8215,), "Where": (0x8208,), "Repeats": (0x8232,),
    "Attendees": (0x8238,),
}  # fmt: skip
_TASK = {
    "Status": (0x8101,), "Done": (0x8102,), "Start": (0x8104,), "Due": (0x8105,), "Completed": (0x810F,), "Owner": (0x811F,),
}  # fmt: skip
_CONTACT = {
    "Name": (0x3001,), "Job title": (0x3A17,), "Department": (0x3A18,), "Company": (0x3A16,), "E-mail": (0x8083,),
    "E-mail 2": (0x8093,), "E-mail 3": (0x80A3,), "Business phone": (0x3A08,), "Mobile phone": (0x3A1C,),
    "Home phone": (0x3A09,), "Other phone": (0x3A1F,), "Fax": (0x3A24,), "Business address": (0x801B, 0x3A15),
    "Home address": (0x801A,), "Other address": (0x801C,), "Messenger": (0x8062,), "Web page": (0x802B, 0x3A51),
    "Birthday": (0x3A42,),
}  # fmt: skip
_ACTIVITY = {"Type": (0x8700,), "Start": (0x8706,), "End": (0x8708,)}
_FIELDS = (
    ("ipm.appointment", _APPOINTMENT), ("ipm.schedule.meeting", _APPOINTMENT), ("ipm.task", _TASK), ("ipm.contact", _CONTACT),
    ("ipm.activity", _ACTIVITY),
)  # fmt: skip
_STATES = ("not started", "in progress", "complete", "waiting on someone else", "deferred")


def item_lines(message: Message, root: Any) -> list[str]:
    """Returns the fields of an appointment, task, contact or activity as lines of `Name: value`; none of a mail.

    `root` is the storage of the whole file, which holds the names of the properties.
    """
    kind = message.message_class.lower()
    fields = next((fields for prefix, fields in _FIELDS if kind.startswith(prefix)), None)
    if fields is None:
        return []
    values = {field.pid: getattr(field, "value", None) for field in message.properties}
    numbers = _named_properties(root)
    lines: list[str] = []
    for name, choices in fields.items():
        found = (values.get(numbers.get(number, 0) if number >= _FIRST_NAMED else number) for number in choices)
        text = next((shown for value in found if (shown := _shown(name, value))), "")
        if text:
            lines.append(f"{name}: {text}")
    return lines


def _named_properties(root: Any) -> Mapping[int, int]:
    """Returns the property of each name that is a number."""
    names = next((storage for storage in root.storages if storage.name == NAMES_STORAGE), None)
    stream = next((stream for stream in names.streams if stream.name == NAMES_STREAM), None) if names is not None else None
    data: bytes = stream.bytes_ if stream is not None else b""
    found: dict[int, int] = {}
    for at in range(0, min(len(data), 8 * MAX_NAMES) - 7, 8):
        number, kind, index = struct.unpack_from("<IHH", data, at)
        if not kind & _IS_STRING_NAME:
            found.setdefault(number, _FIRST_NAMED + index)
    return found


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if name == "Birthday" else f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, float):
        return f"{value:.0%}" if value else ""
    if isinstance(value, int):
        return _STATES[value] if name == "Status" and 0 <= value < len(_STATES) else ""
    if not isinstance(value, str):
        return ""
    return ", ".join(stripped for line in value[:MAX_VALUE].replace("\0", "").split("\n") if (stripped := line.strip()))
