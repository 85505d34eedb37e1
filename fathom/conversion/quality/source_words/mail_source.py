"""The words of a mail: its subject, its sender, and the richest version of each part of its text."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from fathom.conversion.email.charsets import decode_bytes
from fathom.conversion.email.outlook import mail_bytes
from fathom.conversion.quality.source_words.html_source import html_blocks
from fathom.conversion.quality.source_words.source_block import SourceBlock

Mail: TypeAlias = "Message[str, str]"
CALENDAR = re.compile(r"^(SUMMARY|LOCATION|DESCRIPTION)(?:;[^:]*)?:(.*)$", re.M)
# Signatures and reports on a mail, which need not be listed.
SIGNATURES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys"}
)
NOBODY = re.compile(r"\s*undisclosed[- ]recipients", re.I)
MAX_PARTS = 1_000
MAX_ATTACHMENTS = 100
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


def mail_blocks(path: Path, encoding: str | None) -> Iterator[SourceBlock]:
    """Yields the headers that name subject and people, names of attachments, then the paragraphs of the text."""
    data = mail_bytes(path)
    if encoding is not None and encoding.startswith(("utf-16", "utf-32")):  # no mail, but as some programs save mails
        data = data.decode(encoding, "replace").encode()
    mail: Mail = email.message_from_bytes(data, policy=policy.compat32)
    for name in ("Subject", "From", "To", "Cc", "Bcc"):
        for text in _headers(mail, name)[: 1 if name == "Subject" else None]:
            yield SourceBlock(text, name.lower())
    for part in islice((part for part in mail.walk() if part.get_filename()), MAX_ATTACHMENTS):
        attached = _decoded(part.get_filename() or "")
        kind = part.get_content_type()
        is_listed = kind not in SIGNATURES and not (kind.startswith("image/") and _is_beside_text(part))
        yield SourceBlock(attached, "attachments", group="" if is_listed else f"attachment {attached}")
    yield from part_blocks(mail)


def part_blocks(mail: Mail) -> Iterator[SourceBlock]:
    """Yields the paragraphs of the mail's text, and the subjects of mails within it."""
    waiting, taken = [mail], 0
    while waiting and taken < MAX_PARTS:
        part, taken = waiting.pop(), taken + 1
        inside = part.get_payload()
        if part.get_content_type() == "message/rfc822":
            within = inside[0] if isinstance(inside, list) and inside and not part.get_filename() else None
            if isinstance(within, Message):
                yield SourceBlock(_header(within, "Subject"), "attachments")
            continue
        if isinstance(inside, list):
            waiting += reversed(_shown(part, [inner for inner in inside if isinstance(inner, Message)]))
        elif part.get_content_disposition() != "attachment" and not (part is not mail and part.get_filename()):
            yield from _text_blocks(part)


def _shown(part: Mail, inside: list[Mail]) -> list[Mail]:
    """Returns the parts that are shown: the richest of alternatives, and of related parts the part that shows the rest."""
    kind = part.get_content_type()
    if kind == "multipart/alternative":
        calendars = [inner for inner in inside if inner.get_content_type() == "text/calendar"]
        others = [inner for inner in inside if inner.get_content_type() != "text/calendar"]
        rich = [inner for inner in others if _has_html(inner)]
        return [*(rich[-1:] or others[-1:]), *calendars]
    return inside[:1] if kind == "multipart/related" else inside


def _is_beside_text(picture: Mail) -> bool:
    """Returns whether the text may show the picture, so that it is no attachment."""
    return picture.get("Content-ID") is not None or picture.get_content_disposition() != "attachment"


def _has_html(part: Mail) -> bool:
    return any(inner.get_content_type() == "text/html" for inner in part.walk())


def _text_blocks(part: Mail) -> Iterator[SourceBlock]:
    kind = part.get_content_type()
    if not kind.startswith("text/"):
        return
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return
    charset = part.get_content_charset() or "utf-8"
    try:
        text = data.decode(charset, errors="replace")
    except LookupError:
        text = data.decode("latin-1")
    if kind == "text/html":
        yield from html_blocks(text.encode("utf-8", "replace"), "utf-8", "html part")
    elif kind == "text/calendar":
        unfolded = re.sub(r"\r?\n[ \t]", "", text)
        yield from (SourceBlock(re.sub(r"\\[nN]", " ", found[2]), "calendar") for found in CALENDAR.finditer(unfolded))
    else:
        yield from (SourceBlock(line, "plain part") for line in text.splitlines() if line.strip())


def _headers(mail: Mail, name: str) -> list[str]:
    """Returns the headers of the name that say something; letters that are not encoded as mails must are read like a text."""
    said = [str(value) for key, value in mail.raw_items() if key.lower() == name.lower()]
    charset = mail.get_content_charset()
    read = [text if text.isascii() else decode_bytes(text.encode("utf-8", "surrogateescape"), charset) for text in said]
    return [text for header in read if (text := _decoded(header)).strip() and not NOBODY.match(text)]


def _header(mail: Mail, name: str) -> str:
    return next(iter(_headers(mail, name)), "")


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except UNREADABLE:
        return header
