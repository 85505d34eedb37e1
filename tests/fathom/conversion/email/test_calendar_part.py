"""A calendar in a mail is told: what is when and where, who asks, who comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.conversion.email.calendar_part import MAX_EVENTS, events_of
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file

EVENT = "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def lines_of(*lines: str, method: str = "REQUEST") -> list[str]:
    (event,) = events_of(EVENT.format(method=method, lines="\r\n".join(lines)))
    return [event.heading, *event.lines, *([event.description] if event.description else [])]


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (["DTSTART:20260512T080000Z", "DTEND:20260512T090000Z"], "2026-05-12 08:00 to 09:00 UTC"),
        (["DTSTART;TZID=Europe/Oslo:20260512T080000", "DURATION:PT1H30M"], "2026-05-12 08:00 to 09:30 (Europe/Oslo)"),
        (
            ['DTSTART;TZID="W. Europe":20260512T230000', 'DTEND;TZID="W. Europe":20260513T010000'],
            "2026-05-12 23:00 to 2026-05-13 01:00 (W. Europe)",
        ),
        (["DTSTART:20260512T080000"], "2026-05-12 08:00"),
        (["DTSTART;VALUE=DATE:20260512", "DTEND;VALUE=DATE:20260513"], "2026-05-12"),
        (["DTSTART;VALUE=DATE:20260512", "DTEND;VALUE=DATE:20260515"], "2026-05-12 to 2026-05-14"),
        (["DTSTART:next week"], "next week"),
    ],
)
def test_times_are_told_with_their_zone(lines: list[str], when: str) -> None:
    assert lines_of(*lines, "SUMMARY:Pilots") == ["Invitation: Pilots", f"When: {when}"]


def test_all_that_an_invitation_says_is_told() -> None:
    found = lines_of(
        "SUMMARY;LANGUAGE=en:Plan\\, the long",
        "  version",
        "LOCATION:Hall B\\; north",
        'ORGANIZER;CN="Holm; Ida":mailto:ida@example.org',
        "ATTENDEE;PARTSTAT=ACCEPTED;CN=Per:MAILTO:per@example.org",
        "ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:bo@example.org",
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        "DESCRIPTION:Bring ropes.\\nSee https://a.example/x?y=1",
        "BEGIN:VALARM",
        "DESCRIPTION:Reminder",
        "END:VALARM",
    )
    assert found == [
        "Invitation: Plan, the long version",
        "Repeats: weekly, byday MO",
        "Where: Hall B; north",
        "Organiser: Holm; Ida <ida@example.org>",
        "Attendees: Per <per@example.org> (accepted), bo@example.org (optional)",
        "Bring ropes.\nSee https://a.example/x?y=1",
    ]


@pytest.mark.parametrize(
    ("method", "called"), [("CANCEL", "Cancelled"), ("REPLY", "Reply"), ("PUBLISH", "Event"), ("", "Event")]
)
def test_what_the_calendar_is_for_is_told(method: str, called: str) -> None:
    assert lines_of("SUMMARY:Pilots", method=method) == [f"{called}: Pilots"]


def test_a_calendar_that_is_none_or_endless_does_no_harm() -> None:
    assert events_of("no calendar at all") == []
    assert events_of("END:VEVENT\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY") == []
    many = "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n" * (MAX_EVENTS + 5)
    assert len(events_of(f"BEGIN:VCALENDAR\n{many}END:VCALENDAR")) == MAX_EVENTS


def test_a_mail_tells_each_event_once_and_lists_a_file_of_it(tmp_path: Path) -> None:
    calendar = EVENT.format(method="REQUEST", lines="UID:1\nDTSTART:20260512T080000Z\nSUMMARY:Pilots\nLOCATION:Hall B")
    mail = (
        "From: a@example.org\nSubject: Meeting\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\n"
        "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nPlease come.\n"
        f"--a\nContent-Type: text/calendar; method=REQUEST; name=invite.ics\n\n{calendar}\n--a--\n"
        f"--m\nContent-Type: application/ics; name=invite.ics\nContent-Disposition: attachment\n\n{calendar}\n--m--\n"
    )
    path = tmp_path / "a.eml"
    path.write_text(mail, "utf-8")
    found = EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**6, max_pages=9), version="v")
    assert found.markdown == (
        "# Meeting\n\nFrom: a@example.org\n\nPlease come.\n\n## Invitation: Pilots\n\n"
        "When: 2026-05-12 08:00 UTC  \nWhere: Hall B\n\n## Attachments\n\n- invite.ics (application/ics)"
    )
    assert [one.name for one in found.attachments] == ["invite.ics"]
