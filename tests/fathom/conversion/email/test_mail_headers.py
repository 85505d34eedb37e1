"""Headers of mails are read as their readers see them, whatever the program that wrote them did."""

from __future__ import annotations

import email
from email import policy
from email.message import Message

import pytest

from fathom.conversion.email.mail_headers import date_of, decode_words, header_text, people_of, repair_headers


def mail(headers: str | bytes) -> Message[str, str]:
    data = headers if isinstance(headers, bytes) else headers.encode()
    return email.message_from_bytes(data + b"\n\nBody", policy=policy.compat32)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?Q?Gr=C3=BC?= =?utf-8?Q?=C3=9Fe?= und =?iso-8859-1?Q?K=F6ln?=", "Grüße und Köln"),
        ("Hel=?utf-8?Q?l=C3=B6?=chen", "Hellöchen"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A5?=r", "år"),
        ("=?utf-8?B?w4Vyc3Jh?=\r\n =?utf-8?B?cHBvcnQ=?=", "Årsrapport"),
        ("=?utf-8*en?Q?caf=C3=A9?=", "café"),
        ("=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= (=?us-ascii?q?a_b?=)", "日本語 (a b)"),
        ("=?windows-31j?B?k/qWew==?=", "日本"),
        ("a =?utf-8?b?!?= b =?utf-8?q?open", "a =?utf-8?b?!?= b =?utf-8?q?open"),
        ("a=b ?= c", "a=b ?= c"),
    ],
)
def test_encoded_words_are_decoded_wherever_they_stand(written: str, shown: str) -> None:
    assert decode_words(written) == shown


@pytest.mark.parametrize("codec", ["utf-8", "latin-1"])
def test_headers_of_bytes_beyond_ascii_keep_their_letters(codec: str) -> None:
    found = mail("Subject: Grüße aus Köln an die Bäcker\nFrom: Jürgen Möller <j@example.org>".encode(codec))
    assert header_text(found, "Subject") == "Grüße aus Köln an die Bäcker"
    assert people_of(found, "From") == "Jürgen Möller <j@example.org>"


def test_a_header_that_comes_twice_is_not_lost() -> None:
    found = mail("Subject: First\nTo: a@example.org\nSubject: Second\nTo: b@example.org")
    assert header_text(found, "Subject") == "First"
    assert people_of(found, "To") == "a@example.org, b@example.org"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?Q?Holm=2C_Per?= <p@example.org>", '"Holm, Per" <p@example.org>'),
        ('"Holm, Per" <p@example.org>,\n b@example.org', '"Holm, Per" <p@example.org>, b@example.org'),
        ("Team: a@example.org, B <b@example.org>;", "a@example.org, B <b@example.org>"),
        ("undisclosed-recipients:;", ""),
        ("everybody in the office", "everybody in the office"),
        ("'Per' <p@example.org>", "Per <p@example.org>"),
        ("", ""),
    ],
)
def test_people_are_named_with_their_addresses(written: str, shown: str) -> None:
    assert people_of(mail(f"To: {written}"), "To") == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Mon, 5 May 2025 10:00:00 +0200", "2025-05-05T08:00:00+00:00"),
        ("5 May 2025 10:00 GMT", "2025-05-05T10:00:00+00:00"),
        ("last Tuesday", "last Tuesday"),
        ("", ""),
    ],
)
def test_a_date_that_is_none_is_shown_as_it_is(written: str, shown: str) -> None:
    assert date_of(mail(f"Date: {written}")) == shown


REST = b"To: b@example.org,\n c@example.org\n\nBody : stays\n\nas it is"


@pytest.mark.parametrize(
    "head",
    [
        b"\n\nSubject: Tides\n",
        b"\r\nSubject: Tides\n",
        b">From a@example.org Mon May 5\nSubject: Tides\n",
        b"From a@example.org Mon May 5\nSubject: Tides\n",
        b"Subject : Tides\n",
        b"X-Mailer: y\nno header at all\nSubject: Tides\n",
        b"\n>From a Mon\nX \t: y\n(remark)\nSubject\t: Tides\n",
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_first_lines_that_break_the_rules_hide_no_header(head: bytes, line_end: bytes) -> None:
    data = (head.replace(b"\r\n", b"\n") + REST).replace(b"\n", line_end)
    found = email.message_from_bytes(repair_headers(data), policy=policy.compat32)
    assert header_text(found, "Subject") == "Tides"
    assert people_of(found, "To") == "b@example.org, c@example.org"
    assert str(found.get_payload()).split() == ["Body", ":", "stays", "as", "it", "is"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"no headers here\n\nx", b"Subject: a\n\nb", b"Subject: only", b"\xff" * 90])
def test_a_mail_that_keeps_to_the_rules_stays_as_it_is(data: bytes) -> None:
    assert repair_headers(data) == data
