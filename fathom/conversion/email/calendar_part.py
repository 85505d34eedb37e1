"""Reads the events of a calendar part (RFC 5545): summary, time, place, organiser and attendees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

MAX_EVENTS = 50
MAX_ATTENDEES = 200

_PROPERTY = re.compile(r"([A-Za-z0-9-]+)((?:;[^=;:]+=(?:\"[^\"]*\"|[^;:\",]*)(?:,(?:\"[^\"]*\"|[^;:\",]*))*)*):(.*)", re.S)
_PARAMETER = re.compile(r";([^=;:]+)=((?:\"[^\"]*\"|[^;:])*)")
_DURATION = re.compile(r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_KINDS = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
_METHODS = {
    "REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Reply", "COUNTER": "Proposal of another time",
    "DECLINECOUNTER": "Proposal declined", "REFRESH": "Question for the latest version",
}  # fmt: skip
_NAMES = {"VTODO": "Task", "VJOURNAL": "Entry", "VFREEBUSY": "Times"}
_IDENTITY = ("UID", "RECURRENCE-ID", "DTSTART", "SUMMARY")
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "DELEGATED": "delegated"}


@dataclass(frozen=True, slots=True)
class CalendarProperty:
    """A property with its parameters, in the order of the part."""

    name: str
    value: str
    parameters: dict[str, str]


@dataclass(slots=True)
class CalendarEvent:
    """An event, task or journal entry: `lines` are the text to show, `identity` distinguishes it from other events."""

    heading: str
    lines: list[str] = field(default_factory=list[str])
    description: str = ""
    identity: tuple[str, ...] = ()


def events_of(text: str) -> list[CalendarEvent]:
    """Returns the events of the calendar, at most MAX_EVENTS; none if it is no calendar."""
    events: list[CalendarEvent] = []
    method = ""
    inside: list[str] = []
    properties: list[CalendarProperty] = []
    for found in _properties(text):
        name, value = found.name, found.value.strip().upper()
        if name == "BEGIN":
            inside.append(value)
            if value in _KINDS:
                properties = []
        elif name == "END":
            if not inside or inside[-1] != value:
                continue
            inside.pop()
            if value in _KINDS and len(events) < MAX_EVENTS:
                events.append(_event(value, method, properties))
        elif name == "METHOD" and inside == ["VCALENDAR"]:
            method = value
        elif inside and inside[-1] in _KINDS:
            properties.append(found)
    return events


def _properties(text: str) -> Iterator[CalendarProperty]:
    lines: list[list[str]] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1].append(line[1:])
        elif line.strip():
            lines.append([line])
    for pieces in lines:
        if found := _PROPERTY.fullmatch("".join(pieces)):
            parameters = {name.upper(): value.strip('"') for name, value in _PARAMETER.findall(found[2])}
            yield CalendarProperty(found[1].upper(), found[3], parameters)


def _event(kind: str, method: str, properties: list[CalendarProperty]) -> CalendarEvent:
    first: dict[str, CalendarProperty] = {}
    for entry in properties:
        first.setdefault(entry.name, entry)

    def text(name: str) -> str:
        return _unescape(first[name].value).strip() if name in first else ""

    cancelled = text("STATUS").upper() == "CANCELLED"
    called = "Cancelled" if cancelled else _METHODS.get(method, _NAMES.get(kind, "Event"))
    summary = " ".join(text("SUMMARY").split())
    event = CalendarEvent(f"{called}: {summary}" if summary else called)
    attendees = [_person(entry) for entry in properties if entry.name == "ATTENDEE"]
    fields = {
        "When": _when(first),
        "Due": _moment(first["DUE"]) if "DUE" in first else "",
        "Repeats": _rule(first["RRULE"].value) if "RRULE" in first else "",
        "Not on": ", ".join(_moment(entry) for entry in properties if entry.name == "EXDATE"),
        "Where": text("LOCATION").replace("\n", ", "),
        "Organiser": _person(first["ORGANIZER"]) if "ORGANIZER" in first else "",
        "Attendees": ", ".join(attendees[:MAX_ATTENDEES]) + (", …" if len(attendees) > MAX_ATTENDEES else ""),
        "Status": "tentative" if text("STATUS").upper() == "TENTATIVE" else "",
        "Comment": " ".join(text("COMMENT").split()),
        "Address": text("URL"),
    }
    event.lines = [f"{name}: {value}" for name, value in fields.items() if value]
    event.description = text("DESCRIPTION")
    event.identity = tuple(first[name].value if name in first else "" for name in _IDENTITY)
    return event


def _when(first: dict[str, CalendarProperty]) -> str:
    """Returns begin and end: `2026-05-12 08:00 to 09:00 UTC`; days only where no time is given, the last day included."""
    start, end = first.get("DTSTART"), first.get("DTEND")
    if start is None:
        return _moment(end) if end is not None else ""
    begun = _parse_moment(start)
    if begun is None:
        return start.value
    ended = _parse_moment(end) if end is not None else None
    if ended is None and "DURATION" in first:
        ended = _later(begun, first["DURATION"].value)
    if not isinstance(begun, datetime):
        last = ended - timedelta(days=1) if ended is not None and not isinstance(ended, datetime) and ended > begun else begun
        return f"{begun}" if last == begun else f"{begun} to {last}"
    zone = _zone(start)
    until = ""
    if isinstance(ended, datetime) and ended != begun:
        same_zone = end is None or _zone(end) == zone
        same_day = ended.date() == begun.date() and same_zone
        until = f"{' to '}{ended:%H:%M}" if same_day else f"{'' if same_zone else zone} to {ended:%Y-%m-%d %H:%M}"
        zone = zone if same_zone or end is None else _zone(end)
    return f"{begun:%Y-%m-%d %H:%M}{until}{zone}"


def _moment(entry: CalendarProperty) -> str:
    moments = [CalendarProperty(entry.name, value, entry.parameters) for value in entry.value.split(",")]
    shown = []
    for moment in moments:
        parsed = _parse_moment(moment)
        if isinstance(parsed, datetime):
            shown.append(f"{parsed:%Y-%m-%d %H:%M}{_zone(moment)}")
        else:
            shown.append(f"{parsed}" if parsed is not None else moment.value)
    return ", ".join(shown)


def _parse_moment(entry: CalendarProperty) -> datetime | date | None:
    value = entry.value.strip().upper().removesuffix("Z")
    for pattern in ("%Y%m%dT%H%M%S", "%Y%m%dT%H%M"):
        try:
            return datetime.strptime(value, pattern)  # the time zone is shown by its name in the part
        except ValueError:
            continue
    try:
        return datetime.strptime(value, "%Y%m%d").date()
    except ValueError:
        return None


def _zone(entry: CalendarProperty) -> str:
    if entry.value.strip().upper().endswith("Z"):
        return " UTC"
    zone = entry.parameters.get("TZID", "").strip()
    return f" ({zone})" if zone else ""


def _later(moment: datetime | date, duration: str) -> datetime | date | None:
    found = _DURATION.fullmatch(duration.strip().upper())
    if not found or found[1] == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(piece or 0) for piece in found.groups()[1:])
    try:
        return moment + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def _person(entry: CalendarProperty) -> str:
    address = re.sub(r"(?i)^mailto:", "", entry.value.strip())
    name = " ".join(_unescape(entry.parameters.get("CN", "")).split())
    shown = f"{name} <{address}>" if name and address and name.lower() != address.lower() else address or name
    answer = _ANSWERS.get(entry.parameters.get("PARTSTAT", "").upper())
    optional = entry.parameters.get("ROLE", "").upper() == "OPT-PARTICIPANT"
    remarks = [remark for remark in (answer, "optional" if optional else None) if remark]
    return f"{shown} ({', '.join(remarks)})" if remarks else shown


def _rule(value: str) -> str:
    parts = dict(piece.split("=", 1) for piece in value.strip().split(";") if "=" in piece)
    shown = [parts.pop("FREQ", "").lower()]
    shown += [f"{name.lower()} {setting}" for name, setting in parts.items()]
    return ", ".join(piece for piece in shown if piece)


def _unescape(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
