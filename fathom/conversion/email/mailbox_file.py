"""Reads a file of many mails (mbox) as a mail whose parts are those mails, each with its headers before it."""

from __future__ import annotations

import email
import html
import re
from email import policy
from email.message import Message

from fathom.conversion.email.mail_headers import date_of, header_text, people_of, repair_headers
from fathom.errors import DocumentTooLarge

MAX_MAILS = 2000

_AS_IT_WAS = policy.compat32.clone(max_line_length=None)
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]{1,200}\r?\n(?=[!-9;-~]+:)")
_QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")
_PEOPLE = ("From", "To", "Cc")


def join_mails(data: bytes) -> bytes:
    """Joins a file of two or more mails into a single mail and returns it; other files are unchanged.

    Raises DocumentTooLarge beyond MAX_MAILS.
    """
    if not data.startswith(b"From "):
        return data
    places = [found.start() for found in _FROM_LINE.finditer(data)]
    if len(places) < 2:
        return data
    if len(places) > MAX_MAILS:
        raise DocumentTooLarge(f"It has {len(places)} mails; at most {MAX_MAILS} are converted.", hint="Split it.")
    whole: Message[str, str] = Message(policy=_AS_IT_WAS)
    whole["MIME-Version"], whole["Content-Type"] = "1.0", "multipart/mixed"
    parts: list[Message[str, str]] = []
    for start, end in zip(places, [*places[1:], len(data)], strict=True):
        source = _QUOTED_FROM.sub(rb"\1", data[start:end].rstrip(b"\r\n") + b"\n")
        mail = email.message_from_bytes(repair_headers(source), policy=_AS_IT_WAS)
        parts += [_headers_of(mail), _body_of(mail)]
    whole.set_payload(parts)  # type: ignore[arg-type]
    return whole.as_bytes()


def _headers_of(mail: Message[str, str]) -> Message[str, str]:
    """Returns the visible headers as a part of its own: the subject as a heading."""
    shown = {**{name: people_of(mail, name) for name in _PEOPLE}, "Date": date_of(mail)}
    lines = "".join(f"<p>{name}: {html.escape(value)}</p>" for name, value in shown.items() if value)
    subject = html.escape(header_text(mail, "Subject"))
    part: Message[str, str] = Message(policy=_AS_IT_WAS)
    part["Content-Type"] = 'text/html; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "8bit"
    page = f"<html><body><h1>{subject}</h1>{lines}</body></html>"
    part.set_payload(page.encode("utf-8").decode("ascii", "surrogateescape"))
    return part


def _body_of(mail: Message[str, str]) -> Message[str, str]:
    for name in set(mail.keys()):
        if not name.lower().startswith("content-"):
            del mail[name]
    mail.set_unixfrom(None)  # type: ignore[arg-type]
    if mail.get("Content-Type") is None:
        mail["Content-Type"] = "text/plain"
    return mail
